/** The few textbook functions that intervals and p-values need. */

/**
 * The quantile of ascending numbers by linear interpolation between order statistics (Hyndman and Fan's type 7, the
 * default of numpy and R).
 * @param share in [0, 1]
 * @returns NaN of no numbers
 */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const low = sorted[below];
  if (low === undefined) return Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/**
 * The probability that a standard normal number is below z. Absolute error below 1e-15, relative error below 1e-10 in both
 * tails: a Taylor series near 0, the continued fraction of Mills' ratio outside (Abramowitz and Stegun 26.2.10, 26.2.14).
 */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  const size = Math.abs(z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (size < 3) {
    let term = z;
    let sum = z;
    for (let power = 3; Math.abs(term) > 1e-17; power += 2) {
      term *= (z * z) / power;
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = size;
  for (let depth = 120; depth >= 1; depth--) fraction = size + depth / fraction;
  const tail = density / fraction;
  return z < 0 ? tail : 1 - tail;
}

/**
 * Holm's step-down adjustment: comparing the results with α keeps the chance of any false rejection below α, whatever the
 * dependence between the tests (Holm 1979).
 * @returns adjusted p-values, in the order given
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]! || a - b);
  const adjusted = new Array<number>(pValues.length);
  let highest = 0;
  for (const [position, index] of order.entries()) {
    highest = Math.max(highest, Math.min(1, pValues[index]! * (pValues.length - position)));
    adjusted[index] = highest;
  }
  return adjusted;
}
