import type { Interval } from './comparison.js';

/**
 * How much of the observed count's own probability a tail takes: all of it makes exact (Clopper-Pearson) results, half of it
 * mid-p ones, which are not wider than they need be (Lancaster 1961; Agresti and Gottard 2005).
 */
export type OwnShare = 1 | 0.5;

/** The chance of at least so many successes, less what of the observed count's own chance does not count. */
export function upperTail(successes: number, trials: number, probability: number, own: OwnShare): number {
  if (probability <= 0) return successes === 0 ? own : 0;
  if (probability >= 1) return successes === trials ? own : 1;
  const point = pointProbability(successes, trials, probability);
  // Each tail is summed on its own side of the mean, where its terms fall; the other follows from it.
  if (successes >= trials * probability) return sumAbove(successes, trials, probability, point) - (1 - own) * point;
  return 1 - sumAbove(trials - successes, trials, 1 - probability, point) + own * point;
}

/** The chance of at most so many successes; see upperTail. */
export function lowerTail(successes: number, trials: number, probability: number, own: OwnShare): number {
  return upperTail(trials - successes, trials, 1 - probability, own);
}

/**
 * The probabilities that the observed count does not contradict: those for which each tail has at least this chance.
 * @param tail the chance on each side of the interval, below 0.5
 */
export function binomialInterval(successes: number, trials: number, tail: number, own: OwnShare): Interval {
  return { low: lowest(successes, trials, tail, own), high: 1 - lowest(trials - successes, trials, tail, own) };
}

function lowest(successes: number, trials: number, tail: number, own: OwnShare): number {
  if (successes === 0) return 0;
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return low;
    if (upperTail(successes, trials, middle, own) < tail) low = middle;
    else high = middle;
  }
}

/** P(X = from) + P(X = from + 1) + …, for a count at or above the mean. */
function sumAbove(from: number, trials: number, probability: number, point: number): number {
  const odds = probability / (1 - probability);
  let term = point;
  let sum = point;
  for (let count = from; count < trials && term > sum * 1e-17; count++) {
    term *= ((trials - count) / (count + 1)) * odds;
    sum += term;
  }
  return sum;
}

function pointProbability(successes: number, trials: number, probability: number): number {
  const failures = trials - successes;
  const ways = logFactorial(trials) - logFactorial(successes) - logFactorial(failures);
  return Math.exp(ways + successes * Math.log(probability) + failures * Math.log1p(-probability));
}

/** ln n!, within 1e-14 relative: a product below 20, Stirling's series from there. */
function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const inverse = 1 / (n * n);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / n;
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + series;
}
