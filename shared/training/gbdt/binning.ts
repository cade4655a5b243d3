import { Random } from '../../core/random.js';
import type { Matrix, MatrixColumn } from '../../features/plan.js';
import { sortFloats } from './sort-floats.js';

/** Value bins that one byte can number besides the bin of missing values. */
const MAX_VALUE_BINS = 255;

/** Categories that can all have bins of their own: one value of a byte stays free for those that training has not seen. */
const MAX_OWN_BINS = MAX_VALUE_BINS - 1;

/** Bins of numbers are made from so many rows at most (LightGBM: bin_construct_sample_cnt). */
const SAMPLE_ROWS = 200_000;

/** Fewer rows than this share a bin with their neighbours (LightGBM: min_data_in_bin). */
const MIN_DATA_IN_BIN = 3;

const SAMPLE_STREAM = 0x62696e;

/**
 * How one matrix column is put into bins 0 .. valueBins − 1; bin `valueBins` holds missing values.
 *
 * Numbers: bin b holds the values x with thresholds[b − 1] < x <= thresholds[b].
 * Categories: bin b holds category categories[b]; those without a bin of their own share the last value bin,
 * which exists only then, and which no split ever picks out, so that they take the way of an unseen category.
 */
export type FeatureBins =
  | { readonly kind: 'numeric'; readonly column: number; readonly valueBins: number; readonly thresholds: Float32Array }
  | { readonly kind: 'categorical'; readonly column: number; readonly valueBins: number; readonly categories: Int32Array };

/**
 * Chooses bins from the training matrix. Columns that are constant are left out.
 * @param maxBin largest number of value bins of a feature, at most 255
 * @param seed chooses the rows that bins of numbers are made from, where there are more than 200,000
 */
export function chooseBins(matrix: Matrix, maxBin: number, seed: number): FeatureBins[] {
  const limit = Math.min(maxBin, MAX_VALUE_BINS);
  const sample = sampleRows(matrix.rows, seed);
  // Made once: the leavings of 120 columns would wait for the garbage collector while the arena is filled.
  const scratch = new Float32Array(sample ? sample.length : matrix.rows);
  const room = new Int32Array(scratch.length);
  return matrix.columns
    .map((column, index) =>
      column.levels === undefined
        ? numericBins(column, index, limit, sample, scratch, room)
        : categoricalBins(column, index, column.levels, limit),
    )
    .filter((feature, index) => feature.valueBins > 1 || hasBoth(matrix.columns[index]!));
}

/** Whether a column has missing values and others. */
function hasBoth(column: MatrixColumn): boolean {
  let missing = false;
  let present = false;
  for (const value of column.values) {
    if (Number.isNaN(value)) missing = true;
    else present = true;
    if (missing && present) return true;
  }
  return false;
}

/** Rows that bins are made from, ascending; undefined: all. */
function sampleRows(rows: number, seed: number): Int32Array | undefined {
  if (rows <= SAMPLE_ROWS) return undefined;
  const random = new Random(seed, SAMPLE_STREAM);
  const sample = new Int32Array(SAMPLE_ROWS);
  let taken = 0;
  for (let row = 0; taken < SAMPLE_ROWS; row++) {
    if (random.uniform() * (rows - row) < SAMPLE_ROWS - taken) sample[taken++] = row;
  }
  return sample;
}

function numericBins(
  { values }: MatrixColumn,
  index: number,
  limit: number,
  sample: Int32Array | undefined,
  scratch: Float32Array,
  room: Int32Array,
): FeatureBins {
  const present = takePresent(values, sample, scratch);
  const sorted = sortFloats(scratch, present, room);
  const counts = room.subarray(0, present).fill(0);
  const distinct = countDistinct(sorted, counts);
  const last = lastOfEachBin(counts.subarray(0, distinct), present, limit);
  const thresholds = new Float32Array(Math.max(0, last.length - 1));
  for (let bin = 0; bin < thresholds.length; bin++) {
    thresholds[bin] = thresholdBetween(sorted[last[bin]!]!, sorted[last[bin]! + 1]!);
  }
  return { kind: 'numeric', column: index, valueBins: last.length, thresholds };
}

/** Copies the values that are not missing, of the sample or of all rows, and says how many they are. */
function takePresent(values: Float32Array, sample: Int32Array | undefined, scratch: Float32Array): number {
  let present = 0;
  for (let at = 0; at < scratch.length; at++) {
    const value = values[sample ? sample[at]! : at]!;
    scratch[present] = value;
    present += Number.isNaN(value) ? 0 : 1;
  }
  return present;
}

/** Moves distinct values to the front and counts each; -0 sorts before 0 and equals it, so the two share an entry. */
function countDistinct(sorted: Float32Array, counts: Int32Array): number {
  let distinct = 0;
  for (let at = 0; at < sorted.length; at++) {
    const value = sorted[at]!;
    if (at === 0 || value !== sorted[distinct - 1]) sorted[distinct++] = value;
    counts[distinct - 1]!++;
  }
  return distinct;
}

/**
 * Cuts sorted distinct values into at most `limit` bins of about equal weight: a value that outweighs a bin closes one, and has it
 * to itself unless the values before it fill less than half of one; the others share what is left.
 * @param counts rows of each distinct value
 * @returns the index of the last distinct value of each bin
 */
export function lastOfEachBin(counts: ArrayLike<number>, total: number, limit: number): number[] {
  const last: number[] = [];
  if (counts.length <= limit) {
    let inBin = 0;
    for (let at = 0; at < counts.length; at++) {
      inBin += counts[at]!;
      if (inBin >= MIN_DATA_IN_BIN || at === counts.length - 1) {
        last.push(at);
        inBin = 0;
      }
    }
    return mergeSmallTail(last, counts);
  }
  let restBins = limit;
  let restRows = total;
  const mean = total / limit;
  for (let at = 0; at < counts.length; at++) {
    if (counts[at]! < mean) continue;
    restBins--;
    restRows -= counts[at]!;
  }
  const isBig = (at: number): boolean => counts[at]! >= mean;
  let size = restRows / Math.max(1, restBins);
  let inBin = 0;
  for (let at = 0; at < counts.length - 1 && last.length < limit - 1; at++) {
    if (!isBig(at)) restRows -= counts[at]!;
    inBin += counts[at]!;
    const full = isBig(at) || inBin >= size || (isBig(at + 1) && inBin >= Math.max(MIN_DATA_IN_BIN, size / 2));
    if (!full || inBin < MIN_DATA_IN_BIN) continue;
    last.push(at);
    inBin = 0;
    if (isBig(at)) continue;
    restBins--;
    size = restRows / Math.max(1, restBins);
  }
  last.push(counts.length - 1);
  return last;
}

/** A last bin of fewer rows than a bin must have joins the one before it. */
function mergeSmallTail(last: number[], counts: ArrayLike<number>): number[] {
  if (last.length < 2) return last;
  let tail = 0;
  for (let at = last[last.length - 2]! + 1; at < counts.length; at++) tail += counts[at]!;
  if (tail < MIN_DATA_IN_BIN) last.splice(last.length - 2, 1);
  return last;
}

/** A 32-bit float t with low <= t < high, near the middle, so that `x <= t` separates them in 32-bit arithmetic. */
export function thresholdBetween(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  // Not -0: what sorts by bits would tell it from 0.
  return (middle >= low && middle < high ? middle : low) + 0;
}

function categoricalBins({ values }: MatrixColumn, index: number, levels: number, limit: number): FeatureBins {
  const counts = new Float64Array(levels);
  for (let row = 0; row < values.length; row++) if (!Number.isNaN(values[row]!)) counts[values[row]!]!++;
  const seen = Array.from({ length: levels }, (_, level) => level).filter((level) => counts[level]! > 0);
  if (seen.length <= Math.min(limit, MAX_OWN_BINS))
    return { kind: 'categorical', column: index, valueBins: seen.length, categories: Int32Array.from(seen) };
  const kept = seen.sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, limit - 1);
  return { kind: 'categorical', column: index, valueBins: limit, categories: Int32Array.from(kept.sort((a, b) => a - b)) };
}
