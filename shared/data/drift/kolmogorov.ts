import { logGamma } from './tails.js';

/**
 * The p-values of the two-sample test of Kolmogorov and Smirnov: how likely two samples of one distribution are to have
 * empirical distributions that differ somewhere by so much.
 */

/** Samples up to this size get the exact p-value, as in scipy. */
const LARGEST_EXACT = 10_000;

/** @param difference the largest difference of the two empirical distributions, in [0, 1] */
export function kolmogorovTwoSample(n: number, m: number, difference: number): number {
  if (Math.max(n, m) <= LARGEST_EXACT) return exactTwoSample(n, m, difference);
  return kolmogorovTail(effectiveRows(n, m), difference);
}

/** Two samples are as good as one of so many values held against the true distribution; halves go to the even number, as in numpy. */
export function effectiveRows(n: number, m: number): number {
  const rows = (n * m) / (n + m);
  const below = Math.floor(rows);
  return rows - below === 0.5 ? below + (below % 2) : Math.round(rows);
}

/**
 * All orders of the n + m values are equally likely, and each is a way over a grid from one corner to the other. Counted are
 * those that touch a point whose distance from the diagonal is at least the difference (Hodges 1958). Without ties exact;
 * with ties too large.
 */
export function exactTwoSample(n: number, m: number, difference: number): number {
  const [rows, columns] = n >= m ? [n, m] : [m, n];
  const shared = greatestDivisor(rows, columns);
  const [row, column] = [columns / shared, rows / shared];
  // In steps of one over the least common multiple the distance of (i, j) from the diagonal is |row i − column j|.
  const limit = Math.round(difference * row * rows);
  if (limit === 0) return 1;
  // The chance that a way to the point (i, j) has touched: 1 for those that are outside themselves.
  const touched = new Float64Array(columns + 1).fill(1);
  for (let j = 0; j <= columns && column * j < limit; j++) touched[j] = 0;
  let first = 0;
  for (let i = 1; i <= rows; i++) {
    const from = Math.max(0, Math.floor((row * i - limit) / column) + 1);
    const to = Math.min(columns, Math.ceil((row * i + limit) / column) - 1);
    for (let j = first; j < Math.min(from, columns + 1); j++) touched[j] = 1;
    first = from;
    for (let j = from; j <= to; j++) {
      const left = j === 0 ? 0 : touched[j - 1]! * j;
      touched[j] = (touched[j]! * i + left) / (i + j);
    }
  }
  return touched[columns]!;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Where the two one-sided events hardly ever happen together. */
const TAIL = 2.2;
const LARGEST_MATRIX = 5_000;
const LARGEST_SUM = 100_000;

/** The chance that the empirical distribution of n values is somewhere at least so far from the true one, to either side. */
export function kolmogorovTail(n: number, difference: number): number {
  if (difference >= 1) return 0;
  if (n * difference <= 0.5) return 1;
  const square = n * difference * difference;
  if (square >= TAIL && n <= LARGEST_SUM) return Math.min(1, 2 * smirnovTail(n, difference));
  if (n <= LARGEST_MATRIX) return Math.max(0, 1 - kolmogorovBelow(n, difference));
  // The limit, at a difference that is corrected for n (Vrbik 2018).
  const root = difference * Math.sqrt(n);
  const at = root + 1 / (6 * Math.sqrt(n)) + (root - 1) / (4 * n);
  let tail = 0;
  for (let k = 1; k <= 100; k++) tail += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * at * at);
  return Math.min(1, Math.max(0, tail));
}

/** To one side: Σ x C(n, j) (x + j/n)^(j−1) (1 − x − j/n)^(n−j) (Smirnov 1944, Birnbaum and Tingey 1951). */
function smirnovTail(n: number, x: number): number {
  let tail = 0;
  for (let j = 0; j <= Math.floor(n * (1 - x)); j++) {
    const rest = 1 - x - j / n;
    if (rest <= 0) continue;
    const choose = logGamma(n + 1) - logGamma(j + 1) - logGamma(n - j + 1);
    tail += Math.exp(choose + (j - 1) * Math.log(x + j / n) + (n - j) * Math.log(rest) + Math.log(x));
  }
  return tail;
}

/** The chance of less, by the n-th power of a matrix (Marsaglia, Tsang and Wang 2003, after Durbin 1973). */
function kolmogorovBelow(n: number, difference: number): number {
  const k = Math.ceil(n * difference);
  const h = k - n * difference;
  const size = 2 * k - 1;
  const factorial = new Float64Array(size + 1).fill(1);
  for (let i = 1; i <= size; i++) factorial[i] = factorial[i - 1]! * i;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (i - j + 1 < 0) continue;
      let value = 1;
      if (j === 0) value -= h ** (i + 1);
      if (i === size - 1) value -= h ** (size - j);
      if (j === 0 && i === size - 1) value += Math.max(0, 2 * h - 1) ** size;
      matrix[i * size + j] = value / factorial[i - j + 1]!;
    }
  }
  const { power, exponent } = powerOf(matrix, size, n);
  // n! / n^n times the element in the middle.
  const logScale = logGamma(n + 1) - n * Math.log(n) + exponent * Math.LN2;
  return power[(k - 1) * size + (k - 1)]! * Math.exp(logScale);
}

/** matrix^n = power · 2^exponent; the exponent keeps the elements within doubles. */
function powerOf(matrix: Float64Array, size: number, n: number): { power: Float64Array; exponent: number } {
  let power = new Float64Array(size * size);
  for (let i = 0; i < size; i++) power[i * size + i] = 1;
  let [exponent, baseExponent] = [0, 0];
  let base = matrix;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      power = product(power, base, size);
      exponent += baseExponent + normalise(power);
    }
    if (left === 1) break;
    base = product(base, base, size);
    baseExponent = 2 * baseExponent + normalise(base);
  }
  return { power, exponent };
}

/** Divides by the power of two that brings the largest element near to 1. */
function normalise(matrix: Float64Array): number {
  let largest = 0;
  for (const value of matrix) largest = Math.max(largest, Math.abs(value));
  if (!(largest > 0)) return 0;
  const exponent = Math.floor(Math.log2(largest));
  const scale = 2 ** -exponent;
  for (let index = 0; index < matrix.length; index++) matrix[index]! *= scale;
  return exponent;
}

function product(a: Float64Array, b: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const value = a[i * size + k]!;
      if (value === 0) continue;
      for (let j = 0; j < size; j++) result[i * size + j]! += value * b[k * size + j]!;
    }
  }
  return result;
}
