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
  refuseUncountable(dataset, column);
  const values = await dataset.numbers(column.sql, dataset.locate(column.path));
  if (!judging) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    let present = false;
    for (const value of values) {
      if (Number.isNaN(value)) continue;
      present = true;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    refuseQuantity(dataset, column, present ? { low, high } : undefined, values.length);
  }
  return { task: 'regression', values };
}

/** Where keys of the spec stand. */
export type LabelPlace = Pick<Dataset, 'locate'>;

function refuseUncountable(place: LabelPlace, { name, type, path }: LabelColumn): void {
  if (type === 'number' || type === 'integer') return;
  const message = `task regression needs a numeric target, but ${name} is ${type}`;
  throw new UserError({ message, location: place.locate(path) });
}

/**
 * What would stop the training on a quantity.
 * @param ends its smallest and its largest value; undefined where it has none
 * @throws UserError at the target's line
 */
export function refuseQuantity(
  place: LabelPlace,
  column: LabelColumn,
  ends: { readonly low: number; readonly high: number } | undefined,
  rows: number,
): void {
  refuseUncountable(place, column);
  if (!ends) throw allMissing(column, rows, place);
  const { low, high } = ends;
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    throw new UserError({ message: `target ${column.name} holds an infinite value`, location: place.locate(column.path) });
  }
  if (low === high) throw constant(column, String(low), place);
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
  const found = dictionary.flatMap((text, code) => (code > 0 && counts[code]! > 0 ? [[text, counts[code]!] as const] : []));
  const classes = given ?? chooseClasses(dataset, spec, column, new Map(found), codes.length);
  const indexOf = new Map(classes.map((text, index) => [text, index]));
  const ofCode = Int32Array.from(dictionary, (text, code) => (code === 0 ? -1 : (indexOf.get(text) ?? -1)));
  const values = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) values[row] = ofCode[codes[row]!]!;
  return { task, classes, values };
}

/**
 * The classes of a target.
 * @param counts rows by its canonical text
 * @param rows of all, also those without a label
 * @throws UserError at the target's line
 */
export function chooseClasses(
  place: LabelPlace,
  spec: Spec,
  column: LabelColumn,
  counts: ReadonlyMap<string, number>,
  rows: number,
): readonly string[] {
  const found = [...counts.keys()];
  if (found.length === 0) throw allMissing(column, rows, place);
  if (found.length === 1) throw constant(column, found[0]!, place);
  const listed = spec.target.classes?.map(classText);
  if (listed) {
    const other = found.find((text) => !listed.includes(text));
    if (other !== undefined) {
      throw new UserError({
        message: `target ${column.name} is ${JSON.stringify(other)} in ${formatCount(counts.get(other)!)} rows, which is none of classes: ${listed.join(', ')}; add it, or leave these rows out with data.where`,
        location: place.locate(['target', 'classes']),
      });
    }
  }
  const classes = listed ?? sortClasses(found);
  if (spec.task === 'binary') return binaryClasses(place, spec, column, classes, listed !== undefined);
  if (classes.length > MOST_CLASSES) {
    throw new UserError({
      message: `target ${column.name} has ${formatCount(classes.length)} different values, more than ${formatCount(MOST_CLASSES)} classes; a quantity needs \`task: regression\``,
      location: place.locate(column.path),
    });
  }
  return classes;
}

/** The two classes, the positive one last. */
function binaryClasses(
  place: LabelPlace,
  spec: Spec,
  column: LabelColumn,
  classes: readonly string[],
  listed: boolean,
): readonly string[] {
  if (classes.length !== 2) {
    const some = classes.slice(0, 5).map((text) => JSON.stringify(text));
    throw new UserError({
      message: `task binary needs two classes, but target ${column.name} has ${formatCount(classes.length)}: ${some.join(', ')}${classes.length > 5 ? ', ...' : ''}; use \`task: multiclass\`, or derive two with target.sql`,
      location: place.locate(column.path),
    });
  }
  const [first, second] = classes as readonly [string, string];
  if (spec.target.positive !== undefined) {
    const positive = classText(spec.target.positive);
    if (positive === second) return classes;
    if (positive === first) return [second, first];
    throw new UserError({
      message: `positive is ${JSON.stringify(positive)}, but target ${column.name} has the values ${JSON.stringify(first)} and ${JSON.stringify(second)}`,
      location: place.locate(['target', 'positive']),
    });
  }
  if (listed) return classes;
  for (const [negative, positive] of KNOWN_PAIRS) {
    if (first.toLowerCase() === negative && second.toLowerCase() === positive) return [first, second];
    if (second.toLowerCase() === negative && first.toLowerCase() === positive) return [second, first];
  }
  throw new UserError({
    message: `which value of target ${column.name} is the positive class: ${JSON.stringify(first)} or ${JSON.stringify(second)}? Add target.positive`,
    location: place.locate(column.path),
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

function allMissing(column: LabelColumn, rows: number, place: LabelPlace): UserError {
  return new UserError({
    message: `target ${column.name} is missing in all ${formatCount(rows)} rows`,
    location: place.locate(column.path),
  });
}

function constant(column: LabelColumn, value: string, place: LabelPlace): UserError {
  return new UserError({
    message: `target ${column.name} is ${JSON.stringify(value)} in every row that has one; there is nothing to learn`,
    location: place.locate(column.path),
  });
}
