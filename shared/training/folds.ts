import { UserError } from '../core/errors.js';
import { Random } from '../core/random.js';
import type { Labels } from '../data/table.js';

/** Rows that must be in one fold together, by their order or their group. */
export type FoldOrder =
  /** Rows with the same number are in the same fold. */
  | { readonly by: 'group'; readonly groups: ArrayLike<number> }
  /** Folds are stretches of time: rows in the order of these numbers. Missing times (NaN) come first. */
  | { readonly by: 'time'; readonly times: Float64Array };

/** Keeps the draws of folds apart from others that take the spec's seed. */
const STREAM = 0xf01d;

/** No fold: the row has no label. */
export const NO_FOLD = 0xffff;

/**
 * The fold of each row, of as equal sizes as can be: drawn within each class (classification), or at random, or by `order`. Depends on
 * the seed and the order of the rows alone.
 * @returns 0 to folds − 1, or NO_FOLD for a row without a label
 * @throws UserError when a fold would have no row, or no row of some class
 */
export function assignFolds(labels: Labels, folds: number, seed: number, order?: FoldOrder): Uint16Array {
  const fold = new Uint16Array(labels.values.length).fill(NO_FOLD);
  const rows: number[] = [];
  labels.values.forEach((value, row) => {
    if (labels.task === 'regression' ? Number.isFinite(value) : value >= 0) rows.push(row);
  });
  if (rows.length < folds) throw tooFew(folds, `${folds} rows`, `the train part has ${rows.length} with a label`);
  if (order?.by === 'time') {
    const { times } = order;
    const value = (row: number): number => (Number.isNaN(times[row]!) ? Number.NEGATIVE_INFINITY : times[row]!);
    const sorted = rows.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a - b));
    sorted.forEach((row, place) => {
      fold[row] = Math.floor((place * folds) / sorted.length);
    });
    return fold;
  }
  const random = new Random(seed, STREAM);
  if (order?.by === 'group') {
    dealGroups(rows, order.groups, folds, random, fold);
    return fold;
  }
  if (labels.task === 'regression') {
    deal(rows, 0, folds, random, fold);
    return fold;
  }
  // One class goes on where the last one ended, so that folds differ by a row at most.
  let next = 0;
  for (const [label, name] of labels.classes.entries()) {
    const own = rows.filter((row) => labels.values[row] === label);
    if (own.length === 0) continue;
    if (own.length < folds)
      throw tooFew(folds, `${folds} rows of each class`, `the train part has ${own.length} of ${JSON.stringify(name)}`);
    deal(own, next, folds, random, fold);
    next = (next + own.length) % folds;
  }
  return fold;
}

function tooFew(folds: number, needed: string, found: string): UserError {
  return new UserError(
    `out-of-fold predictions of ${folds} folds need at least ${needed}, and ${found}; lower train.cross_validation, or set split.calibration for calibrate and threshold`,
  );
}

/** Shuffles (Fisher and Yates) and deals one row a fold in turn. */
function deal(rows: number[], first: number, folds: number, random: Random, fold: Uint16Array): void {
  shuffle(rows, random);
  rows.forEach((row, place) => {
    fold[row] = (first + place) % folds;
  });
}

/** The largest group first, each into the fold with the fewest rows so far. */
function dealGroups(rows: number[], groups: ArrayLike<number>, folds: number, random: Random, fold: Uint16Array): void {
  const members = new Map<number, number[]>();
  for (const row of rows) {
    const own = members.get(groups[row]!);
    if (own) own.push(row);
    else members.set(groups[row]!, [row]);
  }
  if (members.size < folds) throw tooFew(folds, `${folds} groups`, `the train part has ${members.size}`);
  const drawn = [...members.values()];
  shuffle(drawn, random);
  drawn.sort((a, b) => b.length - a.length);
  const sizes = new Float64Array(folds);
  for (const group of drawn) {
    const smallest = sizes.indexOf(Math.min(...sizes));
    sizes[smallest]! += group.length;
    for (const row of group) fold[row] = smallest;
  }
}

function shuffle<Item>(items: Item[], random: Random): void {
  for (let at = items.length - 1; at > 0; at--) {
    const other = random.integer(at + 1);
    [items[at], items[other]] = [items[other]!, items[at]!];
  }
}
