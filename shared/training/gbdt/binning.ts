import { Random } from '../../core/random.js';
import type { Matrix, MatrixColumn } from '../../features/plan.js';

/** Value bins that one byte can number besides the bin of missing values. */
const MAX_VALUE_BINS = 255;

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
 * The training matrix in bins, twice: row by row for histograms, which read all features of scattered rows, and column by column for
 * the partition of a leaf, which reads one feature of ascending rows.
 */
export interface BinnedMatrix {
  readonly rows: number;
  /** Columns that can be split on at all, in the matrix's order. */
  readonly features: readonly FeatureBins[];
  /** Bytes a row: the features and then zeros up to a multiple of 4, which the histogram loop is unrolled by. */
  readonly width: number;
  /** The bin of feature f in a row: `bins[row * width + f]`. */
  readonly bins: Uint8Array;
  /** The bin of feature f in a row: `columns[f][row]`. */
  readonly columns: readonly Uint8Array[];
}

/**
 * Chooses bins from the training matrix and puts its values into them. Columns that are constant are left out.
 * @param maxBin largest number of value bins of a feature, at most 255
 * @param seed chooses the rows that bins are made from, where there are more than 200,000
 */
export function binMatrix(matrix: Matrix, maxBin: number, seed: number): BinnedMatrix {
  const limit = Math.min(maxBin, MAX_VALUE_BINS);
  const sample = sampleRows(matrix.rows, seed);
  const features = matrix.columns
    .map((column, index) =>
      column.levels === undefined
        ? numericBins(column, index, limit, sample)
        : categoricalBins(column, index, column.levels, limit),
    )
    .filter((feature, index) => feature.valueBins > 1 || hasBoth(matrix.columns[index]!));
  const columns = features.map((feature) => {
    const column = matrix.columns[feature.column]!;
    return feature.kind === 'numeric' ? binNumbers(feature, column.values) : binCategories(feature, column);
  });
  const width = Math.ceil(features.length / 4) * 4;
  return { rows: matrix.rows, features, width, bins: interleave(columns, matrix.rows, width), columns };
}

/** Columns to rows of `width` bytes. */
function interleave(columns: readonly Uint8Array[], rows: number, width: number): Uint8Array {
  const bins = new Uint8Array(rows * width);
  columns.forEach((column, position) => {
    for (let row = 0, at = position; row < rows; row++, at += width) bins[at] = column[row]!;
  });
  return bins;
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

function numericBins(column: MatrixColumn, index: number, limit: number, sample: Int32Array | undefined): FeatureBins {
  const sorted = sample ? Float32Array.from(sample, (row) => column.values[row]!) : column.values.slice();
  // Typed arrays sort by value, with NaN last.
  sorted.sort();
  let present = sorted.length;
  while (present > 0 && Number.isNaN(sorted[present - 1]!)) present--;
  const distinct: number[] = [];
  const counts: number[] = [];
  for (let at = 0; at < present; at++) {
    const value = sorted[at]!;
    // -0 sorts before 0 and equals it, so the two share an entry.
    if (distinct.length > 0 && value === distinct[distinct.length - 1]) counts[counts.length - 1]!++;
    else {
      distinct.push(value);
      counts.push(1);
    }
  }
  const last = lastOfEachBin(counts, present, limit);
  const thresholds = new Float32Array(Math.max(0, last.length - 1));
  for (let bin = 0; bin < thresholds.length; bin++) {
    thresholds[bin] = thresholdBetween(distinct[last[bin]!]!, distinct[last[bin]! + 1]!);
  }
  return { kind: 'numeric', column: index, valueBins: last.length, thresholds };
}

/**
 * Cuts sorted distinct values into at most `limit` bins of about equal weight: a value that outweighs a bin closes one, and has it
 * to itself unless the values before it fill less than half of one; the others share what is left.
 * @param counts rows of each distinct value
 * @returns the index of the last distinct value of each bin
 */
export function lastOfEachBin(counts: readonly number[], total: number, limit: number): number[] {
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
  for (const count of counts) {
    if (count < mean) continue;
    restBins--;
    restRows -= count;
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
function mergeSmallTail(last: number[], counts: readonly number[]): number[] {
  if (last.length < 2) return last;
  let tail = 0;
  for (let at = last[last.length - 2]! + 1; at < counts.length; at++) tail += counts[at]!;
  if (tail < MIN_DATA_IN_BIN) last.splice(last.length - 2, 1);
  return last;
}

/** A 32-bit float t with low <= t < high, near the middle, so that `x <= t` separates them in 32-bit arithmetic. */
export function thresholdBetween(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}

function categoricalBins(column: MatrixColumn, index: number, levels: number, limit: number): FeatureBins {
  const counts = new Float64Array(levels);
  for (const value of column.values) if (!Number.isNaN(value)) counts[value]!++;
  const seen = Array.from({ length: levels }, (_, level) => level).filter((level) => counts[level]! > 0);
  if (seen.length <= limit)
    return { kind: 'categorical', column: index, valueBins: seen.length, categories: Int32Array.from(seen) };
  const kept = seen.sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, limit - 1);
  return { kind: 'categorical', column: index, valueBins: limit, categories: Int32Array.from(kept.sort((a, b) => a - b)) };
}

function binNumbers(feature: FeatureBins & { kind: 'numeric' }, values: Float32Array): Uint8Array {
  const { thresholds, valueBins } = feature;
  const bins = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) {
      bins[row] = valueBins;
      continue;
    }
    let low = 0;
    let high = thresholds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= thresholds[middle]!) high = middle;
      else low = middle + 1;
    }
    bins[row] = low;
  }
  return bins;
}

function binCategories(feature: FeatureBins & { kind: 'categorical' }, column: MatrixColumn): Uint8Array {
  const { categories, valueBins } = feature;
  const binOf = new Uint8Array(column.levels ?? 0).fill(Math.max(0, valueBins - 1));
  categories.forEach((category, bin) => {
    binOf[category] = bin;
  });
  return Uint8Array.from(column.values, (value) => (Number.isNaN(value) ? valueBins : binOf[value]!));
}
