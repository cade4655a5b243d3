import type { BinnedMatrix } from './binning.js';

/**
 * Where each feature's bins stand in a histogram. A histogram is one Float64Array: bin b of feature f has its sum of gradients
 * at `offsets[f] + 2 * b` and its sum of second derivatives next to it. Missing values are the last bin of a feature.
 */
export interface HistogramLayout {
  /** One a byte of a row of the matrix; those of the padding share a place at the end that nobody reads. */
  readonly offsets: Int32Array;
  /** Numbers a histogram. */
  readonly size: number;
}

/** The layout for a matrix. */
export function layoutOf(matrix: Pick<BinnedMatrix, 'features' | 'width'>): HistogramLayout {
  const offsets = new Int32Array(matrix.width);
  let size = 0;
  for (let position = 0; position < matrix.width; position++) {
    offsets[position] = size;
    const feature = matrix.features[position];
    if (feature) size += 2 * (feature.valueBins + 1);
  }
  return { offsets, size: size + 2 };
}

/**
 * Sums the gradients of the rows `order[begin .. end)` into a histogram.
 * Rows outside, features inside: a row's bins lie in one cache line, its gradients are read once a block of eight
 * features, and the block's offsets stay in registers.
 */
export function buildHistogram(
  histogram: Float64Array,
  layout: HistogramLayout,
  matrix: BinnedMatrix,
  gradients: Float64Array,
  order: Int32Array,
  begin: number,
  end: number,
): void {
  histogram.fill(0);
  const { bins, width } = matrix;
  let first = 0;
  for (; first + 8 <= width; first += 8) addEight(histogram, layout.offsets, bins, width, first, gradients, order, begin, end);
  if (first < width) addFour(histogram, layout.offsets, bins, width, first, gradients, order, begin, end);
}

/** The histogram of the other child: parent − child, in place of the parent. */
export function subtractHistogram(parent: Float64Array, child: Float64Array): void {
  for (let at = 0; at < parent.length; at++) parent[at]! -= child[at]!;
}

function addEight(
  histogram: Float64Array,
  offsets: Int32Array,
  bins: Uint8Array,
  width: number,
  first: number,
  gradients: Float64Array,
  order: Int32Array,
  begin: number,
  end: number,
): void {
  const offset0 = offsets[first]!;
  const offset1 = offsets[first + 1]!;
  const offset2 = offsets[first + 2]!;
  const offset3 = offsets[first + 3]!;
  const offset4 = offsets[first + 4]!;
  const offset5 = offsets[first + 5]!;
  const offset6 = offsets[first + 6]!;
  const offset7 = offsets[first + 7]!;
  for (let at = begin; at < end; at++) {
    const row = order[at]!;
    const gradient = gradients[2 * row]!;
    const hessian = gradients[2 * row + 1]!;
    const from = row * width + first;
    let bin = offset0 + 2 * bins[from]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset1 + 2 * bins[from + 1]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset2 + 2 * bins[from + 2]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset3 + 2 * bins[from + 3]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset4 + 2 * bins[from + 4]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset5 + 2 * bins[from + 5]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset6 + 2 * bins[from + 6]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset7 + 2 * bins[from + 7]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
  }
}

function addFour(
  histogram: Float64Array,
  offsets: Int32Array,
  bins: Uint8Array,
  width: number,
  first: number,
  gradients: Float64Array,
  order: Int32Array,
  begin: number,
  end: number,
): void {
  const offset0 = offsets[first]!;
  const offset1 = offsets[first + 1]!;
  const offset2 = offsets[first + 2]!;
  const offset3 = offsets[first + 3]!;
  for (let at = begin; at < end; at++) {
    const row = order[at]!;
    const gradient = gradients[2 * row]!;
    const hessian = gradients[2 * row + 1]!;
    const from = row * width + first;
    let bin = offset0 + 2 * bins[from]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset1 + 2 * bins[from + 1]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset2 + 2 * bins[from + 2]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
    bin = offset3 + 2 * bins[from + 3]!;
    histogram[bin]! += gradient;
    histogram[bin + 1]! += hessian;
  }
}
