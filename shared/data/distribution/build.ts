import { coarserKey, fittingResolution } from './bins.js';
import {
  type LevelBlocks,
  type LevelDistribution,
  MOST_BINS,
  MOST_BLOCK_BINS,
  MOST_LEVELS,
  type NumberBlocks,
  type NumberDistribution,
  type OtherLevels,
} from './distribution.js';

/** From counted cells to the distribution of a column. A cell is what rows of one block and one value have in common. */

/** Rows by bin and block, in any order; a bin and block may stand several times. */
export interface NumberCells {
  readonly resolution: number;
  /** NaN: the value is missing. */
  readonly keys: ArrayLike<number>;
  /** Number of the kept block, −1 for rows of none; 0 for all where the rows have no time. */
  readonly blocks: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

/** Rows by value and block. */
export interface LevelCells {
  readonly values: readonly string[];
  /** Index into `values`; `values.length`: any other value; −1: missing. */
  readonly codes: ArrayLike<number>;
  /** Bucket of each cell's value; anything where it is missing. */
  readonly buckets: ArrayLike<number>;
  readonly blocks: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
  /** The values that are not among `values`, over all groups of rows. */
  readonly other: Omit<OtherLevels, 'count'>;
}

/** A histogram whose bins ascend. */
export interface Bins {
  readonly resolution: number;
  readonly keys: readonly number[];
  readonly counts: readonly number[];
}

/** @param blocks how many kept blocks there are */
export function numberDistribution(
  name: string,
  cells: NumberCells,
  moments: NumberDistribution['moments'],
  blocks: number,
): NumberDistribution {
  const totals = new Map<number, number>();
  let missing = 0;
  for (let cell = 0; cell < cells.keys.length; cell++) {
    const key = cells.keys[cell]!;
    if (Number.isNaN(key)) missing += cells.counts[cell]!;
    else totals.set(key, (totals.get(key) ?? 0) + cells.counts[cell]!);
  }
  const keys = Float64Array.from(totals.keys()).sort();
  const fine = { resolution: cells.resolution, keys: [...keys], counts: Array.from(keys, (key) => totals.get(key)!) };
  return {
    kind: 'numbers',
    name,
    missing,
    moments,
    ...collapsed(fine, fittingResolution(keys, cells.resolution, MOST_BINS)),
    blocks: numberBlocks(cells, keys, blocks),
  };
}

function numberBlocks(cells: NumberCells, keys: ArrayLike<number>, blocks: number): NumberBlocks {
  const resolution = fittingResolution(keys, cells.resolution, MOST_BLOCK_BINS);
  const steps = cells.resolution - resolution;
  const bins = [...new Set(Array.from(keys, (key) => coarserKey(key, steps)))];
  const binOf = new Map(bins.map((key, bin) => [key, bin]));
  const counts = Array.from({ length: blocks }, () => new Array<number>(bins.length).fill(0));
  const missing = new Array<number>(blocks).fill(0);
  for (let cell = 0; cell < cells.keys.length; cell++) {
    const block = cells.blocks[cell]!;
    if (block < 0) continue;
    const key = cells.keys[cell]!;
    if (Number.isNaN(key)) missing[block]! += cells.counts[cell]!;
    else counts[block]![binOf.get(coarserKey(key, steps))!]! += cells.counts[cell]!;
  }
  return { resolution, keys: bins, counts, missing };
}

/** The same rows in the bins of a coarser resolution, or of the same. */
export function collapsed(bins: Bins, resolution: number): Bins {
  const steps = bins.resolution - resolution;
  if (steps === 0) return { resolution, keys: bins.keys, counts: bins.counts };
  if (steps < 0) throw new Error(`bins of resolution ${bins.resolution} cannot be divided into those of ${resolution}`);
  const keys: number[] = [];
  const counts: number[] = [];
  for (const [bin, fine] of bins.keys.entries()) {
    const key = coarserKey(fine, steps);
    if (keys.at(-1) !== key) {
      keys.push(key);
      counts.push(0);
    }
    counts[counts.length - 1]! += bins.counts[bin]!;
  }
  return { resolution, keys, counts };
}

/** @param bins what is counted block by block (see LevelBlocks) */
export function levelDistribution(
  name: string,
  cells: LevelCells,
  blocks: number,
  bins: LevelBlocks['bins'],
): LevelDistribution {
  const { values, codes, counts, other } = cells;
  const totals = new Float64Array(values.length + 1);
  let missing = 0;
  for (let cell = 0; cell < codes.length; cell++) {
    if (codes[cell]! < 0) missing += counts[cell]!;
    else totals[codes[cell]!]! += counts[cell]!;
  }
  const sorted = values
    .map((value, code) => ({ value, count: totals[code]! }))
    .filter(({ count }) => count > 0)
    .sort(byCount);
  return {
    kind: 'levels',
    name,
    missing,
    ...withoutTail(sorted, MOST_LEVELS, { ...other, count: totals[values.length]! }),
    blocks: levelBlocks(cells, bins, blocks),
  };
}

/** Names at most so many values, the most frequent; the others join those that are not named already. */
export function withoutTail(
  sorted: LevelDistribution['levels'],
  most: number,
  other: OtherLevels,
): Pick<LevelDistribution, 'levels' | 'other'> {
  const tail = sorted.slice(most);
  return {
    levels: sorted.slice(0, most),
    other: {
      levels: other.levels + tail.length,
      count: tail.reduce((sum, { count }) => sum + count, other.count),
      most: Math.max(other.most, tail[0]?.count ?? 0),
    },
  };
}

/** Most rows first; of equally many, by the value. */
export function byCount(
  a: { readonly value: string; readonly count: number },
  b: { readonly value: string; readonly count: number },
): number {
  return b.count - a.count || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
}

function levelBlocks(cells: LevelCells, bins: LevelBlocks['bins'], blocks: number): LevelBlocks {
  const width = typeof bins === 'number' ? bins : bins.length;
  const placeOf = typeof bins === 'number' ? undefined : new Map(bins.map((value, place) => [value, place]));
  const placeOfCode = cells.values.map((value) => placeOf?.get(value) ?? -1);
  const counts = Array.from({ length: blocks }, () => new Array<number>(width).fill(0));
  const other = new Array<number>(blocks).fill(0);
  const missing = new Array<number>(blocks).fill(0);
  for (let cell = 0; cell < cells.codes.length; cell++) {
    const block = cells.blocks[cell]!;
    if (block < 0) continue;
    const code = cells.codes[cell]!;
    const place = placeOf ? (placeOfCode[code] ?? -1) : cells.buckets[cell]!;
    if (code < 0) missing[block]! += cells.counts[cell]!;
    else if (place < 0) other[block]! += cells.counts[cell]!;
    else counts[block]![place]! += cells.counts[cell]!;
  }
  return { bins, counts, other, missing };
}
