import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import type { Spec } from '../spec/schema.js';
import type { Dataset, LabelColumn } from './dataset.js';
import type { Labels } from './table.js';

/** Beyond this many, a multiclass target is a number or an id by mistake. */
const MOST_CLASSES = 1000;

/** Spellings of "no" and "yes" whose order needs no asking: the second is the positive class. */
const KNOWN_PAIRS = [
  ['false', 'true'],
  ['0', '1'],
  ['-1', '1'],
  ['no', 'yes'],
  ['n', 'y'],
  ['f', 't'],
  ['negative', 'positive'],
];

/**
 * The labels of a dataset in canonical order; `Dataset.labels` is this.
 * @param classes those of a model that is to be judged: other values count as unlabelled, and nothing is asked of the
 * target's distribution. Without them the classes are those of the spec, else those that are found.
 * @throws UserError at the target's line
 */
export async function readLabels(dataset: Dataset, spec: Spec, classes?: readonly string[]): Promise<Labels> {
  const column = await dataset.labelColumn();
  return spec.task === 'regression'
    ? regressionLabels(dataset, column, classes !== undefined)
    : classLabels(dataset, spec, column, classes);
}

async function regressionLabels(dataset: Dataset, column: LabelColumn, judging: boolean): Promise<Labels> {
  const location = dataset.locate(column.path);
  if (column.type !== 'number' && column.type !== 'integer') {
    throw new UserError({ message: `task regression needs a numeric target, but ${column.name} is ${column.type}`, location });
  }
  const values = await dataset.numbers(column.sql, location);
  if (!judging) {
    let first: number | undefined;
    let differs = false;
    for (const value of values) {
      if (Number.isNaN(value)) continue;
      if (!Number.isFinite(value)) throw new UserError({ message: `target ${column.name} holds an infinite value`, location });
      first ??= value;
      differs ||= value !== first;
    }
    if (first === undefined) throw allMissing(column, values.length, dataset);
    if (!differs) throw constant(column, String(first), dataset);
  }
  return { task: 'regression', values };
}

async function classLabels(
  dataset: Dataset,
  spec: Spec,
  column: LabelColumn,
  given: readonly string[] | undefined,
): Promise<Labels> {
  const task = spec.task === 'binary' ? 'binary' : 'multiclass';
  const { codes, dictionary } = await dataset.labelText();
  const counts = new Float64Array(dictionary.length);
  for (const code of codes) counts[code]!++;
  const found = dictionary.filter((_, code) => code > 0 && counts[code]! > 0);
  if (!given && found.length === 0) throw allMissing(column, codes.length, dataset);
  if (!given && found.length === 1) throw constant(column, found[0]!, dataset);
  const classes = given ?? chooseClasses(dataset, spec, column, found, (text) => counts[dictionary.indexOf(text)]!);
  const indexOf = new Map(classes.map((text, index) => [text, index]));
  const ofCode = Int32Array.from(dictionary, (text, code) => (code === 0 ? -1 : (indexOf.get(text) ?? -1)));
  const values = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) values[row] = ofCode[codes[row]!]!;
  return { task, classes, values };
}

function chooseClasses(
  dataset: Dataset,
  spec: Spec,
  column: LabelColumn,
  found: readonly string[],
  countOf: (text: string) => number,
): readonly string[] {
  const listed = spec.target.classes?.map(classText);
  if (listed) {
    const other = found.find((text) => !listed.includes(text));
    if (other !== undefined) {
      throw new UserError({
        message: `target ${column.name} is ${JSON.stringify(other)} in ${formatCount(countOf(other))} rows, which is none of classes: ${listed.join(', ')}; add it, or leave these rows out with data.where`,
        location: dataset.locate(['target', 'classes']),
      });
    }
  }
  const classes = listed ?? sortClasses(found);
  if (spec.task === 'binary') return binaryClasses(dataset, spec, column, classes, listed !== undefined);
  if (classes.length > MOST_CLASSES) {
    throw new UserError({
      message: `target ${column.name} has ${formatCount(classes.length)} different values, more than ${formatCount(MOST_CLASSES)} classes; a quantity needs \`task: regression\``,
      location: dataset.locate(column.path),
    });
  }
  return classes;
}

/** The two classes, the positive one last. */
function binaryClasses(
  dataset: Dataset,
  spec: Spec,
  column: LabelColumn,
  classes: readonly string[],
  listed: boolean,
): readonly string[] {
  if (classes.length !== 2) {
    const some = classes.slice(0, 5).map((text) => JSON.stringify(text));
    throw new UserError({
      message: `task binary needs two classes, but target ${column.name} has ${formatCount(classes.length)}: ${some.join(', ')}${classes.length > 5 ? ', ...' : ''}; use \`task: multiclass\`, or derive two with target.sql`,
      location: dataset.locate(column.path),
    });
  }
  const [first, second] = classes as readonly [string, string];
  if (spec.target.positive !== undefined) {
    const positive = classText(spec.target.positive);
    if (positive === second) return classes;
    if (positive === first) return [second, first];
    throw new UserError({
      message: `positive is ${JSON.stringify(positive)}, but target ${column.name} has the values ${JSON.stringify(first)} and ${JSON.stringify(second)}`,
      location: dataset.locate(['target', 'positive']),
    });
  }
  if (listed) return classes;
  for (const [negative, positive] of KNOWN_PAIRS) {
    if (first.toLowerCase() === negative && second.toLowerCase() === positive) return [first, second];
    if (second.toLowerCase() === negative && first.toLowerCase() === positive) return [second, first];
  }
  throw new UserError({
    message: `which value of target ${column.name} is the positive class: ${JSON.stringify(first)} or ${JSON.stringify(second)}? Add target.positive`,
    location: dataset.locate(column.path),
  });
}

/** A class of the spec as the canonical text that the data's values have. */
function classText(value: string | number | boolean): string {
  return Object.is(value, -0) ? '0' : String(value);
}

/** Numbers by size, everything else by code unit (which puts false before true). */
function sortClasses(classes: readonly string[]): readonly string[] {
  const numeric = classes.every((text) => text.trim() !== '' && Number.isFinite(Number(text)));
  return [...classes].sort((a, b) => (numeric ? Number(a) - Number(b) : 0) || (a < b ? -1 : a > b ? 1 : 0));
}

function allMissing(column: LabelColumn, rows: number, dataset: Dataset): UserError {
  return new UserError({
    message: `target ${column.name} is missing in all ${formatCount(rows)} rows`,
    location: dataset.locate(column.path),
  });
}

function constant(column: LabelColumn, value: string, dataset: Dataset): UserError {
  return new UserError({
    message: `target ${column.name} is ${JSON.stringify(value)} in every row that has one; there is nothing to learn`,
    location: dataset.locate(column.path),
  });
}
