import type { FeatureBins } from './binning.js';

/**
 * Where each feature's bins stand in a histogram. A histogram is one run of 64-bit floats: bin b of feature f has its sum of
 * gradients at `offsets[f] + 2 * b` and its sum of second derivatives next to it. Missing values are the last bin of a feature.
 */
export interface HistogramLayout {
  /** One a byte of a row; those of the padding share a place at the end that nobody reads. */
  readonly offsets: Int32Array;
  /** Numbers a histogram. */
  readonly size: number;
}

/** Bytes of bins a row: one a feature, padded to what the kernel takes at a time. */
export function widthOf(features: number): number {
  return Math.max(1, Math.ceil(features / 8)) * 8;
}

/** The layout for features. */
export function layoutOf(features: readonly Pick<FeatureBins, 'valueBins'>[]): HistogramLayout {
  const offsets = new Int32Array(widthOf(features.length));
  let size = 0;
  for (let position = 0; position < offsets.length; position++) {
    offsets[position] = size;
    const feature = features[position];
    if (feature) size += 2 * (feature.valueBins + 1);
  }
  return { offsets, size: size + 2 };
}

/** Sorting a category takes as long as trying so many thresholds. Measured. */
const CATEGORY_COST = 8;

/** How long a feature is searched for its best split, in thresholds. */
export function searchCost({ kind, valueBins }: Pick<FeatureBins, 'kind' | 'valueBins'>): number {
  return (kind === 'numeric' ? 1 : CATEGORY_COST) * (valueBins + 1);
}

/** The first feature of each of `parts` stretches that take about equally long to search, and the end. */
export function partFeatures(features: readonly Pick<FeatureBins, 'kind' | 'valueBins'>[], parts: number): number[] {
  const edges = [0];
  const total = features.reduce((sum, feature) => sum + searchCost(feature), 0);
  let before = 0;
  features.forEach((feature, index) => {
    if (edges.length < parts && before >= (total * edges.length) / parts) edges.push(index);
    before += searchCost(feature);
  });
  while (edges.length <= parts) edges.push(features.length);
  return edges;
}
