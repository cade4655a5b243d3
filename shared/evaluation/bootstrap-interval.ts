import type { Interval } from './comparison.js';
import { normalCdf, normalQuantile, quantileOfSorted } from './statistics.js';

/** An interval needs this share of the resamples to give a number. */
export const MIN_DEFINED = 0.95;

/**
 * Between two quantiles of the resamples. Undefined when too many of them are NaN; a few are left out.
 * @param half how far each side reaches, in standard errors of a normal number
 */
export function percentileInterval(values: Float64Array, half: number): Interval | undefined {
  return quantilesOf(values, half, (z) => z);
}

/**
 * The same, bias-corrected and accelerated (BCa, Efron 1987): the quantiles move where the resamples lie beside the value, and
 * where the value's spread grows with the value.
 * @param without the value without each unit in turn
 */
export function acceleratedInterval(
  values: Float64Array,
  half: number,
  value: number,
  without: Float64Array,
): Interval | undefined {
  return quantilesOf(values, half, correctionOf(values, value, without));
}

/** As far to each side of the value as to the side to which it reaches farther. */
export function evenInterval({ low, high }: Interval, value: number): Interval {
  const reach = Math.max(value - low, high - value);
  return { low: value - reach, high: value + reach };
}

function quantilesOf(values: Float64Array, half: number, corrected: (z: number) => number): Interval | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0 || sorted.length < MIN_DEFINED * values.length) return undefined;
  return {
    low: quantileOfSorted(sorted, normalCdf(corrected(-half))),
    high: quantileOfSorted(sorted, normalCdf(corrected(half))),
  };
}

/** Where the quantile of a normal z is to be read instead. */
function correctionOf(values: Float64Array, value: number, without: Float64Array): (z: number) => number {
  let below = 0;
  let known = 0;
  for (const one of values) {
    if (Number.isNaN(one)) continue;
    known++;
    if (one < value) below++;
    else if (one === value) below += 0.5;
  }
  const bias = normalQuantile(below / known);
  const acceleration = skewness(without) / 6;
  if (!Number.isFinite(bias) || !Number.isFinite(acceleration) || below === 0 || below === known) return (z) => z;
  return (z) => {
    const scale = 1 - acceleration * (bias + z);
    return scale > 0 ? bias + (bias + z) / scale : z * Number.POSITIVE_INFINITY;
  };
}

/** Of the units' influences: how far the value falls when a unit is left out. 0 where none has any. */
function skewness(without: Float64Array): number {
  const mean = without.reduce((sum, one) => sum + one, 0) / without.length;
  let squares = 0;
  let cubes = 0;
  for (const one of without) {
    squares += (mean - one) ** 2;
    cubes += (mean - one) ** 3;
  }
  return squares === 0 ? 0 : cubes / squares ** 1.5;
}
