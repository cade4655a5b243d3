import { effectiveNumber, studentQuantile } from './statistics.js';

/** The expansion of studentQuantile is good from here on. */
const MIN_DEGREES = 4;

/**
 * How far an interval is to reach to each side, in standard errors of the resamples: by Student's t, since that error is known only
 * as well as its degrees of freedom say, and by the share that resamples of few units are too narrow.
 */
export function expandedReach(units: number, degrees: number, confidence: number): number {
  return Math.sqrt(units / (units - 1)) * studentQuantile((1 + confidence) / 2, Math.max(MIN_DEGREES, degrees));
}

/*
 * What it is worth, on 1,000 to 1,200 samples of flights: the 95 % interval of the difference in Matthews' correlation missed in 5.5
 * instead of 7.7 % at 3,000 rows, where some 15 decisions weigh most, that of the mean percentage error in 3.7 instead of 7.6 % at 1,000;
 * the interval of one model's root mean square error in 6.4 instead of 9.6 % at 30 rows. Sums of like parts do not change.
 */

/**
 * The degrees of freedom of a spread that rows of different influence make (Satterthwaite 1946): 2 / (1 / d - 1 / n), where d of the n
 * rows, were their influences alike, would make its square as sure. Those of n normal influences are n.
 * @param without the number without each unit in turn
 */
export function differenceDegrees(without: Float64Array, units: number): number {
  const spare = 1 / decidingNumber(without) - 1 / without.length;
  return Math.min(units - 1, spare > 0 ? 2 / spare : units);
}

/**
 * The same for a model's own value, more strictly: it errs to one side mostly, where the sample happens to lack the rows that weigh most.
 */
export function valueDegrees(without: Float64Array, units: number): number {
  return Math.min(units, decidingNumber(without)) - 1;
}

/** How many units of like influence would make the square of the spread as sure: (sum x²)² / sum x⁴. All where none has any. */
function decidingNumber(without: Float64Array): number {
  const mean = without.reduce((sum, one) => sum + one, 0) / without.length;
  return effectiveNumber(without.map((one) => (one - mean) ** 2)) || without.length;
}
