import type { Matrix } from '../../features/plan.js';
import type { FeatureBins } from './binning.js';

/** The bin of a category that has none and shares none: no split sends it left, as it sends no unseen category. */
export const UNSEEN_BIN = 255;

/** Rows that are filled at a time, so that they stay in the cache from the first feature to the last. */
const BLOCK = 2048;

/** Fewer rows than this are not worth a table of the bins. */
const TABLE_ROWS = 4096;

/** Writes the bins of some rows of one column: `bins[row * width]`. */
type Fill = (from: number, to: number, bins: Uint8Array, width: number) => void;

/**
 * Puts the values of a matrix into bins, row by row.
 * @param bins `width` bytes a row; the bin of feature f in a row becomes `bins[row * width + f]`
 */
export function fillBins(matrix: Matrix, features: readonly FeatureBins[], bins: Uint8Array, width: number): void {
  const fills = features.map((feature): Fill => {
    const { values, levels } = matrix.columns[feature.column]!;
    return feature.kind === 'numeric' ? numberFill(feature, values) : categoryFill(feature, values, levels ?? 0);
  });
  for (let from = 0; from < matrix.rows; from += BLOCK) {
    const to = Math.min(matrix.rows, from + BLOCK);
    for (const [feature, fill] of fills.entries()) fill(from, to, bins.subarray(feature), width);
  }
}

/**
 * Finds bins by binary search. Among many rows the upper half of a value's bits first says between which thresholds it can be: for
 * most values that is one bin already.
 */
function numberFill({ thresholds, valueBins }: FeatureBins & { kind: 'numeric' }, values: Float32Array): Fill {
  if (values.length < TABLE_ROWS) {
    return (from, to, bins, width) => {
      for (let row = from; row < to; row++) {
        const value = values[row]!;
        bins[row * width] = Number.isNaN(value) ? valueBins : search(thresholds, value, 0, thresholds.length);
      }
    };
  }
  const first = firstBins(thresholds);
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  return (from, to, bins, width) => {
    for (let row = from, at = from * width; row < to; row++, at += width) {
      const value = values[row]!;
      if (Number.isNaN(value)) {
        bins[at] = valueBins;
        continue;
      }
      const key = upperBits(bits[row]!);
      let low = first[key]!;
      let high = first[key + 1]!;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (value <= thresholds[middle]!) high = middle;
        else low = middle + 1;
      }
      bins[at] = low;
    }
  };
}

function search(thresholds: Float32Array, value: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= thresholds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The upper 16 bits of a 32-bit float, ordered as the numbers are. */
function upperBits(bits: number): number {
  return (bits ^ ((bits >> 31) | 0x80000000)) >>> 16;
}

/** By upper bits: how many thresholds have smaller ones, so how many are certainly below the value. */
function firstBins(thresholds: Float32Array): Uint8Array {
  const bits = new Int32Array(thresholds.buffer, thresholds.byteOffset, thresholds.length);
  const first = new Uint8Array(65536 + 1);
  let next = 0;
  for (let bin = 0; bin < thresholds.length; bin++) {
    const key = upperBits(bits[bin]!);
    first.fill(bin, next, key + 1);
    next = Math.max(next, key + 1);
  }
  return first.fill(thresholds.length, next);
}

function categoryFill(
  { categories, valueBins }: FeatureBins & { kind: 'categorical' },
  values: Float32Array,
  levels: number,
): Fill {
  // Where all have a bin of their own, the others are unseen; else the last bin is theirs.
  const other = categories.length === valueBins ? UNSEEN_BIN : valueBins - 1;
  const binOf = new Uint8Array(levels).fill(other);
  categories.forEach((category, bin) => {
    binOf[category] = bin;
  });
  return (from, to, bins, width) => {
    for (let row = from, at = from * width; row < to; row++, at += width) {
      const value = values[row]!;
      bins[at] = Number.isNaN(value) ? valueBins : (binOf[value] ?? other);
    }
  };
}
