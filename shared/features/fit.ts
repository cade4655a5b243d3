import { UserError } from '../core/errors.js';
import { type ColumnSchema, columnOf, type Labels, type Table } from '../data/table.js';
import { nearest } from '../spec/nearest.js';
import type { DerivedFeature, Spec, Task } from '../spec/schema.js';
import { countProblem, sourceProblem, transformOf } from '../spec/transforms.js';
import type { Feature, FeaturePlan } from './plan.js';
import { categoriesOf, frequentLevels } from './raw.js';
import type { FitContext } from './transform.js';
import { DERIVATIONS } from './transforms/index.js';

/** Most frequent levels that keep an index of their own; with the shared index and "missing" they fit into 8 bits. */
export const MAX_LEVELS = 254;

export interface FitFeaturesRequest {
  readonly schema: readonly ColumnSchema[];
  /** The raw columns that are features. Dates and timestamps among them give features only through `derive`. */
  readonly use: readonly string[];
  readonly derive: Spec['features']['derive'];
  /** Training rows only. */
  readonly train: Table;
  /** The target of these rows, none missing, and their weights; target encoding needs them. */
  readonly labels?: Labels;
  readonly weights?: Float64Array | undefined;
  readonly task: Task;
}

/**
 * Fits the features on the training rows: first the columns of `use` in their order, then the derived ones.
 * Numbers and booleans are numeric, text is categorical.
 * @throws UserError, with all problems at once, for columns that the data lacks or whose type does not fit, for two
 *   features of one name, and when no feature is left
 */
export function fitFeatures(request: FitFeaturesRequest): FeaturePlan {
  const types = new Map(request.schema.map((column) => [column.name, column.type]));
  const problems: string[] = [];
  const features: Feature[] = [];
  for (const name of request.use) {
    const type = types.get(name);
    if (type === undefined) problems.push(unknownColumn('features.use', name, request.schema));
    else if (type === 'string') {
      const levels = frequentLevels(categoriesOf(columnOf(request.train, name)), MAX_LEVELS);
      features.push({ name, kind: 'categorical', from: name, levels });
    } else if (type !== 'date' && type !== 'timestamp') features.push({ name, kind: 'numeric', from: name });
  }
  const context: FitContext = {
    typeOf: (name) => types.get(name),
    column: (name) => columnOf(request.train, name),
    labels: request.labels,
    weights: request.weights,
    task: request.task,
    problem: (message) => problems.push(message),
  };
  for (const item of request.derive ?? []) {
    for (const feature of derive(item, request.schema, context)) features.push(feature);
  }
  const names = features.map((feature) => feature.name);
  for (const name of duplicates(names)) {
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

function derive(item: DerivedFeature, schema: readonly ColumnSchema[], context: FitContext): Feature[] {
  const transform = transformOf(item);
  const from = [item.from].flat();
  const problems = from.flatMap((name) => {
    const type = context.typeOf(name);
    if (type === undefined) return [unknownColumn('features.derive', name, schema)];
    return sourceProblem(transform, name, type) ?? [];
  });
  const count = countProblem(transform, from.length);
  if (count !== undefined) problems.push(count);
  for (const message of problems) context.problem(message);
  return problems.length > 0 ? [] : DERIVATIONS[transform](item, from, context);
}

function duplicates(names: readonly string[]): Set<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

function unknownColumn(where: string, name: string, schema: readonly ColumnSchema[]): string {
  const known = schema.map((column) => column.name);
  const near = nearest(name, known);
  const advice = near === undefined ? `it has: ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`;
  return `${where}: the data has no column ${JSON.stringify(name)}; ${advice}`;
}
