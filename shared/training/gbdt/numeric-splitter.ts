import type { SplitSettings } from './settings.js';
import { boundedGain, gainToBeat, type LeafSums, leafGain, type Split } from './split.js';

/**
 * The best threshold of a numeric feature, written into `best` where it beats what is there.
 *
 * Where the leaf has missing values, both directions are tried for each threshold, and also all values against the missing ones (bin
 * `valueBins − 1`). Where it has none, later missing values go with the larger child.
 *
 * Rows are counted through their second derivatives, as LightGBM does (a histogram holds no counts): exact for squared
 * error without weights, close for the others.
 * @param offset where the feature's bins start in the histogram
 * @param direction of the feature's monotone constraint; matters where the leaf has bounds
 */
export function findThreshold(
  histogram: Float64Array,
  offset: number,
  valueBins: number,
  feature: number,
  leaf: LeafSums,
  settings: SplitSettings,
  best: Split,
  direction: number,
): void {
  const missingGradient = histogram[offset + 2 * valueBins]!;
  const missingHessian = histogram[offset + 2 * valueBins + 1]!;
  const rowsPerHessian = leaf.rows / leaf.hessian;
  // Subtraction leaves specks of rounding in bins without rows.
  if (missingHessian * rowsPerHessian < 0.5) {
    scan(histogram, offset, valueBins - 1, feature, leaf, settings, best, 0, 0, undefined, direction);
    return;
  }
  scan(histogram, offset, valueBins, feature, leaf, settings, best, 0, 0, false, direction);
  scan(histogram, offset, valueBins - 1, feature, leaf, settings, best, missingGradient, missingHessian, true, direction);
}

/** Tries the thresholds after bins 0 .. candidates − 1, with `startGradient` and `startHessian` on the left already. */
function scan(
  histogram: Float64Array,
  offset: number,
  candidates: number,
  feature: number,
  leaf: LeafSums,
  settings: SplitSettings,
  best: Split,
  startGradient: number,
  startHessian: number,
  missingLeft: boolean | undefined,
  direction: number,
): void {
  const { lambdaL1, lambdaL2, minSumHessianInLeaf } = settings;
  const isFree = leaf.bounds === undefined && lambdaL1 === 0;
  const minRows = Math.max(1, settings.minDataInLeaf);
  const rowsPerHessian = leaf.rows / leaf.hessian;
  const toBeat = gainToBeat(leaf, settings);
  let bestGain = best.gain;
  let bestBin = -1;
  let bestGradient = 0;
  let bestHessian = 0;
  // The signs tell V8 that these are numbers: sums that begin with an argument as it comes are put on the heap bin by bin.
  let leftGradient = +startGradient;
  let leftHessian = +startHessian;
  for (let bin = 0; bin < candidates; bin++) {
    leftGradient += histogram[offset + 2 * bin]!;
    leftHessian += histogram[offset + 2 * bin + 1]!;
    const leftRows = Math.floor(leftHessian * rowsPerHessian + 0.5);
    if (leftRows < minRows || leftHessian < minSumHessianInLeaf) continue;
    const rightHessian = leaf.hessian - leftHessian;
    if (leaf.rows - leftRows < minRows || rightHessian < minSumHessianInLeaf) break;
    const rightGradient = leaf.gradient - leftGradient;
    const gain =
      isFree && leftHessian > 0 && rightHessian > 0
        ? (leftGradient * leftGradient) / (leftHessian + lambdaL2) +
          (rightGradient * rightGradient) / (rightHessian + lambdaL2) -
          toBeat
        : gainOf(leaf, leftGradient, leftHessian, settings, direction) - toBeat;
    if (!(gain > bestGain)) continue;
    bestGain = gain;
    bestBin = bin;
    bestGradient = leftGradient;
    bestHessian = leftHessian;
  }
  if (bestBin < 0) return;
  best.gain = bestGain;
  best.feature = feature;
  best.categorical = false;
  best.bin = bestBin;
  best.leftGradient = bestGradient;
  best.leftHessian = bestHessian;
  best.rightGradient = leaf.gradient - bestGradient;
  best.rightHessian = leaf.hessian - bestHessian;
  best.missingLeft = missingLeft ?? best.leftHessian >= best.rightHessian;
  best.lambdaL2 = lambdaL2;
}

/** The gain of a threshold with these sums on its left, where the short form does not do. */
function gainOf(leaf: LeafSums, gradient: number, hessian: number, settings: SplitSettings, direction: number): number {
  const { lambdaL1, lambdaL2 } = settings;
  const rest = { gradient: leaf.gradient - gradient, hessian: leaf.hessian - hessian };
  if (leaf.bounds) return boundedGain({ gradient, hessian }, rest, lambdaL1, lambdaL2, leaf.bounds, direction);
  return leafGain(gradient, hessian, lambdaL1, lambdaL2) + leafGain(rest.gradient, rest.hessian, lambdaL1, lambdaL2);
}
