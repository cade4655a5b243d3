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

/** The z below which a standard normal number is with this probability, within 1e-12: normalCdf inverted by bisection. */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  let [low, high] = [-40, 0];
  while (high - low > 1e-13 * Math.max(1, -high)) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (normalCdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The quantile of Student's t, by its expansion around the normal one (Abramowitz and Stegun 26.7.5, four terms). For
 * probabilities from 0.005 to 0.995 the relative error is below 0.03 from 4 degrees of freedom on, and below 1e-4 from 10.
 */
export function studentQuantile(probability: number, degrees: number): number {
  const z = normalQuantile(probability);
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return terms.reduce((sum, term, index) => sum + term / degrees ** (index + 1), z);
}

/** How many parts of equal size would be as many (Kish 1965): (sum |x|)² / sum x². 0 where all are 0. */
export function effectiveNumber(parts: Float64Array): number {
  let sizes = 0;
  let squares = 0;
  for (const part of parts) {
    sizes += Math.abs(part);
    squares += part * part;
  }
  return squares > 0 ? (sizes * sizes) / squares : 0;
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
