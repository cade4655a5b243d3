/** Tails of the distributions that tests need, and the adjustment for many tests. */

/** Terms of series and fractions; each needs a few dozen, more only far from its best range. */
const MOST_TERMS = 10_000;
const PRECISION = 1e-15;
/** Stands for 0 in a continued fraction (Lentz). */
const TINY = 1e-300;

/** ln Γ(x) for x > 0 (Lanczos 1964, with the nine coefficients of Godfrey). */
export function logGamma(x: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const at = x - 1;
  const sum = coefficients.slice(1).reduce((total, value, index) => total + value / (at + index + 1), coefficients[0]!);
  const base = at + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (at + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** The chance that a χ² number of these degrees of freedom is at least x: Γ(k/2, x/2) / Γ(k/2). */
export function chiSquareTail(x: number, degrees: number): number {
  if (!(x > 0)) return 1;
  const [shape, at] = [degrees / 2, x / 2];
  const front = Math.exp(shape * Math.log(at) - at - logGamma(shape));
  if (at < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let index = 1; index < MOST_TERMS && term > sum * PRECISION; index++) {
      term *= at / (shape + index);
      sum += term;
    }
    return Math.max(0, 1 - sum * front);
  }
  let b = at + 1 - shape;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let index = 1; index < MOST_TERMS; index++) {
    const a = -index * (index - shape);
    b += 2;
    d = 1 / nonZero(a * d + b);
    c = nonZero(b + a / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return front * fraction;
}

/** The chance that a standard normal number is at least so large, to either side: χ² of one degree is its square. */
export function normalTails(z: number): number {
  return chiSquareTail(z * z, 1);
}

/** The chance that Student's t of these degrees of freedom is at least so large, to either side. */
export function studentTails(t: number, degrees: number): number {
  const square = t * t;
  return incompleteBeta(degrees / (degrees + square), degrees / 2, 0.5);
}

/** The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun 26.5.8). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return front * fraction;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/**
 * Benjamini and Hochberg's step-up adjustment (1995): taking those below α as discoveries keeps the expected share of
 * false ones among them below α, and, where there is nothing to discover, the chance of any.
 * @returns adjusted p-values, in the order given
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = new Array<number>(pValues.length);
  let lowest = 1;
  for (const [position, index] of order.entries()) {
    lowest = Math.min(lowest, (pValues[index]! * pValues.length) / (pValues.length - position));
    adjusted[index] = lowest;
  }
  return adjusted;
}
