import type { Matrix } from '../../../../shared/features/plan.js';
import { chooseBins, type FeatureBins } from '../../../../shared/training/gbdt/binning.js';
import { fillBins } from '../../../../shared/training/gbdt/fill-bins.js';
import { type HistogramLayout, layoutOf, widthOf } from '../../../../shared/training/gbdt/histogram.js';

/** A matrix in bins of its own, column by column, as tests look at it. */
export interface Binned {
  readonly features: readonly FeatureBins[];
  readonly columns: readonly Uint8Array[];
  readonly layout: HistogramLayout;
}

export function binned(matrix: Matrix): Binned {
  const features = chooseBins(matrix, 255, 1);
  const width = widthOf(features.length);
  const bins = new Uint8Array(matrix.rows * width);
  fillBins(matrix, features, bins, width);
  const columns = features.map((_, feature) =>
    Uint8Array.from({ length: matrix.rows }, (_, row) => bins[row * width + feature]!),
  );
  return { features, columns, layout: layoutOf(features) };
}

/** Sums by bin, row by row: gradients `[2 * row]` and second derivatives `[2 * row + 1]`. */
export function histogramOf({ features, columns, layout }: Binned, gradients: Float64Array): Float64Array {
  const histogram = new Float64Array(layout.size);
  features.forEach((_, feature) => {
    columns[feature]!.forEach((bin, row) => {
      const at = layout.offsets[feature]! + 2 * bin;
      histogram[at]! += gradients[2 * row]!;
      histogram[at + 1]! += gradients[2 * row + 1]!;
    });
  });
  return histogram;
}
