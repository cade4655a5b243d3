import { UserError } from '../core/errors.js';
import { type ColumnSchema, columnOf, type StringColumn, type Table } from '../data/table.js';
import { nearest } from '../spec/nearest.js';
import type { DerivedFeature, Spec, Task } from '../spec/schema.js';
import type { Feature, FeaturePlan } from './plan.js';
import { tensorText } from './text.js';

/** Levels that fewer training rows have are rare: they share one index. */
export const MIN_LEVEL_ROWS = 5;

/** Most frequent levels that keep an index of their own; with the shared index and "missing" they fit into 8 bits. */
export const MAX_LEVELS = 254;

export interface FitFeaturesRequest {
  readonly schema: readonly ColumnSchema[];
  /** The raw columns that are features. Dates and timestamps among them give features only through `derive`. */
  readonly use: readonly string[];
  readonly derive: Spec['features']['derive'];
  /** Training rows only. */
  readonly train: Table;
  readonly task: Task;
}

/**
 * Fits the features on the training rows: first the columns of `use` in their order, then the derived ones.
 * Numbers and booleans are numeric, text is categorical.
 * @throws UserError, with all problems at once, for columns that the data lacks or whose type does not fit, for
 *   transforms that this version does not know, for two features of one name, and when no feature is left
 */
export function fitFeatures(request: FitFeaturesRequest): FeaturePlan {
  const types = new Map(request.schema.map((column) => [column.name, column.type]));
  const problems: string[] = [];
  const features: Feature[] = [];
  for (const name of request.use) {
    const type = types.get(name);
    if (type === undefined) problems.push(unknownColumn('features.use', name, request.schema));
    else if (type === 'string') {
      const column = columnOf(request.train, name) as StringColumn;
      features.push({ name, kind: 'categorical', from: name, levels: frequentLevels(column) });
    } else if (type !== 'date' && type !== 'timestamp') features.push({ name, kind: 'numeric', from: name });
  }
  for (const item of request.derive ?? []) {
    for (const feature of derive(item, request.schema, problems)) features.push(feature);
  }
  const names = features.map((feature) => feature.name);
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    problems.push(`two features are named ${JSON.stringify(name)}: give one of them another \`name\` in features.derive`);
  }
  if (features.length === 0 && problems.length === 0) {
    problems.push(
      'no column is left as a feature: name columns in features.use, or derive parts of a date in features.derive ' +
        '(dates and timestamps are no features by themselves)',
    );
  }
  if (problems.length > 0) throw new UserError(problems.map((message) => ({ message })));
  return { features };
}

function derive(item: DerivedFeature, schema: readonly ColumnSchema[], problems: string[]): Feature[] {
  const parts = item.parts;
  if (!parts) {
    const transform = Object.keys(item).find((key) => key !== 'from' && key !== 'name');
    problems.push(`features.derive: the transform \`${transform}\` is not built yet; this version accepts: parts`);
    return [];
  }
  const columns = typeof item.from === 'string' ? [item.from] : item.from;
  const features: Feature[] = [];
  for (const from of columns) {
    const type = schema.find((column) => column.name === from)?.type;
    if (type === undefined) problems.push(unknownColumn('features.derive', from, schema));
    else if (type !== 'date' && type !== 'timestamp') {
      problems.push(`features.derive: parts need a date or timestamp, but column ${JSON.stringify(from)} is of type ${type}`);
    }
    const stem = item.name ?? from;
    for (const part of parts) {
      const name = item.name !== undefined && parts.length === 1 ? item.name : `${stem}_${part}`;
      features.push({ name, kind: 'date_part', from, part });
    }
  }
  return features;
}

/** The levels with rows enough, most frequent first, ties by text. */
function frequentLevels(column: StringColumn): string[] {
  const rowsOfCode = new Float64Array(column.dictionary.length);
  for (const code of column.codes) rowsOfCode[code]! += 1;
  const rowsOfLevel = new Map<string, number>();
  for (const [code, text] of column.dictionary.entries()) {
    const level = tensorText(text);
    if (level !== '') rowsOfLevel.set(level, (rowsOfLevel.get(level) ?? 0) + rowsOfCode[code]!);
  }
  return [...rowsOfLevel]
    .filter(([, rows]) => rows >= MIN_LEVEL_ROWS)
    .sort(([textA, rowsA], [textB, rowsB]) => rowsB - rowsA || (textA < textB ? -1 : 1))
    .slice(0, MAX_LEVELS)
    .map(([level]) => level);
}

function unknownColumn(where: string, name: string, schema: readonly ColumnSchema[]): string {
  const known = schema.map((column) => column.name);
  const near = nearest(name, known);
  const advice = near === undefined ? `it has: ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`;
  return `${where}: the data has no column ${JSON.stringify(name)}; ${advice}`;
}
