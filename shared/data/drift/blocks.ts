import type { Random } from '../../core/random.js';
import type { ColumnDistribution, Distribution } from '../distribution/distribution.js';
import { blockTables } from './block-tables.js';
import { monteCarlo, type TestResult } from './rows.js';
import { studentTails } from './tails.js';

/**
 * Tests for rows that come in blocks, such as days. Rows of a day are alike, so that the difference of two samples has a
 * larger variance than their rows suggest: for each group of values it is multiplied by the design effect
 * 1 + ρ (n̄ − 1), where ρ is the correlation within blocks and n̄ the size of the block that an average row is in (Kish 1965).
 * ρ is estimated group by group from the blocks of both sides, each about its own side's share, so that drift itself
 * does not count as correlation. The statistic is the sum over the groups of (1 − share) · difference² / variance; for
 * rows that do not depend on each other it is Pearson's χ² (Rao and Scott 1984 correct it in the same way).
 *
 * Its distribution is found by letting whole blocks change sides. Sides may have blocks of very different sizes (a file
 * of millions and a young service), which the variances allow for.
 */

/** Fewer ways to divide the blocks would not tell a rare event from a common one; then Student's t is taken. */
const FEWEST_DIVISIONS = 5_000;

/** Blocks of a side less one, both sides together: with fewer nothing is known of how blocks differ. */
const FEWEST_DEGREES = 2;

/** Sums over blocks: what the statistic needs of a side. */
interface Sums {
  /** Σ N, Σ N², Σ N³. */
  rows: number;
  squares: number;
  cubes: number;
  /** Of each group, Σ x, Σ x², Σ x N. */
  readonly counts: Float64Array;
  readonly countSquares: Float64Array;
  readonly products: Float64Array;
}

/** @returns undefined when the blocks do not allow a test: there are too few, or the column is constant */
export function testBlocks(
  reference: Distribution,
  current: Distribution,
  columns: readonly [reference: ColumnDistribution, current: ColumnDistribution],
  random: Random,
): TestResult | undefined {
  const tables = blockTables(...columns);
  if (!tables) return undefined;
  const [before, after] = tables;
  // Rows without a time are taken as independent of one another: they add nothing to what is known of blocks.
  const [isBefore, isAfter] = [reference.blocks !== undefined, current.blocks !== undefined];
  const blocks = (isBefore ? before.length : 0) + (isAfter ? after.length : 0);
  const degrees = blocks - (isBefore ? 1 : 0) - (isAfter ? 1 : 0);
  if (degrees < FEWEST_DEGREES || before.length === 0 || after.length === 0) return undefined;
  const found = statistic(sumsOf(before), sumsOf(after), isBefore, isAfter);
  if (found === undefined) return undefined;
  if (!isBefore || !isAfter || divisions(blocks, after.length) < FEWEST_DIVISIONS) {
    // Groups that all move together are the worst case: one t, squared.
    return { method: 't', pValue: studentTails(Math.sqrt(found), degrees) };
  }
  const all = [...before, ...after];
  const total = sumsOf(all);
  const chosen = Math.min(before.length, after.length);
  const [side, rest] = [emptySums(total.counts.length), emptySums(total.counts.length)];
  return {
    method: 'blocks',
    pValue: monteCarlo(() => {
      for (let at = 0; at < chosen; at++) {
        const other = at + random.integer(all.length - at);
        [all[at], all[other]] = [all[other]!, all[at]!];
      }
      addUp(all, chosen, side);
      subtract(total, side, rest);
      const drawn = statistic(rest, side, true, true);
      return drawn === undefined || drawn >= found * (1 - 1e-12);
    }),
  };
}

/** In how many ways `chosen` of `blocks` can be one side; beyond a billion it does not matter. */
function divisions(blocks: number, chosen: number): number {
  let ways = 1;
  for (let step = 1; step <= Math.min(chosen, blocks - chosen) && ways < 1e9; step++) ways *= (blocks - step + 1) / step;
  return ways;
}

function sumsOf(blocks: readonly Float64Array[]): Sums {
  const sums = emptySums(blocks[0]?.length ?? 0);
  addUp(blocks, blocks.length, sums);
  return sums;
}

function emptySums(groups: number): Sums {
  const zeros = (): Float64Array => new Float64Array(groups);
  return { rows: 0, squares: 0, cubes: 0, counts: zeros(), countSquares: zeros(), products: zeros() };
}

/** Of the first `count` blocks. */
function addUp(blocks: readonly Float64Array[], count: number, sums: Sums): void {
  const { counts, countSquares, products } = sums;
  for (const values of [counts, countSquares, products]) values.fill(0);
  sums.rows = sums.squares = sums.cubes = 0;
  for (let block = 0; block < count; block++) {
    const values = blocks[block]!;
    let size = 0;
    for (let group = 0; group < values.length; group++) size += values[group]!;
    sums.rows += size;
    sums.squares += size ** 2;
    sums.cubes += size ** 3;
    for (let group = 0; group < values.length; group++) {
      const value = values[group]!;
      counts[group]! += value;
      countSquares[group]! += value * value;
      products[group]! += value * size;
    }
  }
}

function subtract(total: Sums, part: Sums, rest: Sums): void {
  rest.rows = total.rows - part.rows;
  rest.squares = total.squares - part.squares;
  rest.cubes = total.cubes - part.cubes;
  for (let group = 0; group < total.counts.length; group++) {
    rest.counts[group] = total.counts[group]! - part.counts[group]!;
    rest.countSquares[group] = total.countSquares[group]! - part.countSquares[group]!;
    rest.products[group] = total.products[group]! - part.products[group]!;
  }
}

/** The mean over the groups of difference² / variance; undefined where a side is empty or nothing varies. */
function statistic(before: Sums, after: Sums, isBefore: boolean, isAfter: boolean): number | undefined {
  const [n, m] = [before.rows, after.rows];
  if (!(n > 0 && m > 0)) return undefined;
  const length = before.counts.length;
  const [excess, room] = [new Float64Array(length), new Float64Array(length)];
  if (isBefore) addScatter(before, excess, room);
  if (isAfter) addScatter(after, excess, room);
  const overall = correlationOf(total(excess), total(room)) ?? 0;
  const [sizeBefore, sizeAfter] = [isBefore ? before.squares / n - 1 : 0, isAfter ? after.squares / m - 1 : 0];
  let statistic = 0;
  let groups = 0;
  for (let group = 0; group < length; group++) {
    const share = (before.counts[group]! + after.counts[group]!) / (n + m);
    const variance = share * (1 - share);
    if (!(variance > 0)) continue;
    groups++;
    const own = correlationOf(excess[group]!, room[group]!) ?? overall;
    // A few blocks of one side say little of a group by itself.
    const correlation = isBefore && isAfter ? own : Math.max(own, overall);
    const effect = (1 + correlation * sizeBefore) / n + (1 + correlation * sizeAfter) / m;
    const gap = before.counts[group]! / n - after.counts[group]! / m;
    statistic += ((1 - share) * gap ** 2) / (variance * effect);
  }
  return groups < 2 ? undefined : statistic / (groups - 1);
}

/** Undefined where nothing scatters: of a group that no block of a side has, or every row. */
function correlationOf(excess: number, room: number): number | undefined {
  return room > 0 ? Math.min(1, Math.max(0, excess / room)) : undefined;
}

function total(values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum;
}

/**
 * Adds how the groups scatter over the blocks of a side. With own = Σ N − Σ N²/n and full = Σ N² − 2 Σ N³/n + (Σ N²/n)²,
 * the expectation of Σ (x − p N)² is p (1 − p) · (own + ρ (full − own)).
 * @param excess what each group scatters beyond independent rows
 * @param room what it would if each block were of one value
 */
function addScatter(side: Sums, excess: Float64Array, room: Float64Array): void {
  const { rows, squares, cubes, counts, countSquares, products } = side;
  const own = rows - squares / rows;
  const full = squares - (2 * cubes) / rows + (squares / rows) ** 2;
  for (let group = 0; group < counts.length; group++) {
    const p = counts[group]! / rows;
    const scatter = countSquares[group]! - 2 * p * products[group]! + p * p * squares;
    excess[group]! += scatter - p * (1 - p) * own;
    room[group]! += p * (1 - p) * (full - own);
  }
}
