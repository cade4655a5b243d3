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
  const { bounds } = leaf;
  const minRows = Math.max(1, settings.minDataInLeaf);
  const rowsPerHessian = leaf.rows / leaf.hessian;
  const toBeat = gainToBeat(leaf, settings);
  let bestGain = best.gain;
  let bestBin = -1;
  let bestGradient = 0;
  let bestHessian = 0;
  let leftGradient = startGradient;
  let leftHessian = startHessian;
  for (let bin = 0; bin < candidates; bin++) {
    leftGradient += histogram[offset + 2 * bin]!;
    leftHessian += histogram[offset + 2 * bin + 1]!;
    const leftRows = Math.floor(leftHessian * rowsPerHessian + 0.5);
    if (leftRows < minRows || leftHessian < minSumHessianInLeaf) continue;
    const rightHessian = leaf.hessian - leftHessian;
    if (leaf.rows - leftRows < minRows || rightHessian < minSumHessianInLeaf) break;
    const rightGradient = leaf.gradient - leftGradient;
    const gain = bounds
      ? boundedGain(
          { gradient: leftGradient, hessian: leftHessian },
          { gradient: rightGradient, hessian: rightHessian },
          lambdaL1,
          lambdaL2,
          bounds,
          direction,
        ) - toBeat
      : lambdaL1 === 0 && leftHessian > 0 && rightHessian > 0
        ? (leftGradient * leftGradient) / (leftHessian + lambdaL2) +
          (rightGradient * rightGradient) / (rightHessian + lambdaL2) -
          toBeat
        : leafGain(leftGradient, leftHessian, lambdaL1, lambdaL2) +
          leafGain(rightGradient, rightHessian, lambdaL1, lambdaL2) -
          toBeat;
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
