/**
 * How the rows of a table are distributed, column by column: counts that can be added to those of other rows, and that
 * name nobody once they are sealed (seal.ts). What a model was trained on is kept like this in its bundle, and what it is asked
 * later is held against it (drift/drift.ts).
 *
 * Rows that come together (of one day) resemble each other, so that a thousand rows of one day say less than a thousand
 * of many. That is why bins are also counted block by block: drift is what days do not do by themselves.
 */

/** What rows are taken together by; in UTC. */
export const BLOCK_UNITS = ['hour', 'day', 'week'] as const;
export type BlockUnit = (typeof BLOCK_UNITS)[number];

export interface Distribution {
  readonly rows: number;
  /** Absent where the rows have no time; their columns then count one block of all rows. */
  readonly blocks?: RowBlocks;
  readonly columns: readonly ColumnDistribution[];
}

export interface RowBlocks {
  readonly unit: BlockUnit;
  /** How many blocks there are, also of those that are not kept. */
  readonly total: number;
  /** The kept blocks, ascending: whole units since the epoch; weeks since Monday, 1969-12-29. */
  readonly ids: readonly number[];
  /** Rows of each kept block. */
  readonly rows: readonly number[];
}

export type ColumnDistribution = NumberDistribution | LevelDistribution;

interface AnyDistribution {
  readonly name: string;
  readonly missing: number;
}

/** Whole and other numbers: a histogram over bins that are the same for everybody (bins.ts). */
export interface NumberDistribution extends AnyDistribution {
  readonly kind: 'numbers';
  /** Of the values that are finite and below 1e150 in size; `squares` is the sum of squares about the mean. */
  readonly moments: { readonly count: number; readonly mean: number; readonly squares: number };
  readonly resolution: number;
  /** Bins that have rows, ascending. */
  readonly keys: readonly number[];
  readonly counts: readonly number[];
  readonly blocks: NumberBlocks;
}

/** Rows of each kept block by bin, over bins that are at most as fine as the histogram's. */
export interface NumberBlocks {
  readonly resolution: number;
  readonly keys: readonly number[];
  /** `counts[block][bin]`. */
  readonly counts: readonly (readonly number[])[];
  readonly missing: readonly number[];
}

/** Texts, truth values and parts of dates: how many rows have each value. */
export interface LevelDistribution extends AnyDistribution {
  readonly kind: 'levels';
  /** The most frequent values, most rows first. */
  readonly levels: readonly { readonly value: string; readonly count: number }[];
  readonly other: OtherLevels;
  readonly blocks: LevelBlocks;
}

/** The values that are not named, together. */
export interface OtherLevels {
  /** How many there are, at most. */
  readonly levels: number;
  readonly count: number;
  /** Rows of the most frequent of them, at most. */
  readonly most: number;
}

/**
 * Rows of each kept block by value. Few values are counted each; many by a hash of theirs, which chance alone fills evenly:
 * to count the most frequent ones would pick those that are frequent in these rows by luck, and miss that luck in others.
 */
export interface LevelBlocks {
  /** Every value that there is, or how many buckets the hashes have (hash.ts). */
  readonly bins: readonly string[] | number;
  /** `counts[block][bin]`. */
  readonly counts: readonly (readonly number[])[];
  /** Rows of values that are not among `bins`: too few to be named, or new to the distribution that was held against. */
  readonly other: readonly number[];
  readonly missing: readonly number[];
}

/** Bins of a histogram: enough to see and measure a shape. */
export const MOST_BINS = 256;
/** Bins that are counted block by block. */
export const MOST_BLOCK_BINS = 32;
/** Values that are counted by name. */
export const MOST_LEVELS = 1000;
/** Values that are counted block by block; more are put into as many buckets. */
export const MOST_BLOCK_LEVELS = 24;

const HOUR_MS = 3_600_000;

/** Milliseconds of a block. */
export const BLOCK_MS: Readonly<Record<BlockUnit, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS };

/** 1970-01-01 was a Thursday: weeks are counted from the Monday before it. */
export const WEEK_OFFSET_MS = 3 * 24 * HOUR_MS;

/** The block of an instant. */
export function blockOf(milliseconds: number, unit: BlockUnit): number {
  return Math.floor((milliseconds + (unit === 'week' ? WEEK_OFFSET_MS : 0)) / BLOCK_MS[unit]);
}
