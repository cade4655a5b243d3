import { binomialInterval, upperTail } from './binomial.js';
import type { Interval } from './comparison.js';

/** What two models make of the same rows, counted: accuracy over all of them, recall over the positive ones. */
export interface PairedCounts {
  readonly rows: number;
  /** Rows that the candidate gets right and the champion wrong. */
  readonly wins: number;
  /** Rows that the champion gets right and the candidate wrong. */
  readonly losses: number;
}

/**
 * The interval of the difference between two shares of the same rows. The difference is (share of rows that change sides) x
 * (wins less losses among them). The second factor's mid-p interval is exact given the number of changes; the first factor is
 * uncertain as well, most where all changes go one way, and is joined by Newcombe's MOVER-R (2016). The interval
 * excludes 0 exactly when McNemar's mid-p is below twice the tail, and is never of width 0.
 * @param tail the chance on each side of the interval, below 0.5
 */
export function pairedShareInterval(counts: PairedCounts, tail: number): Interval {
  return { low: lowEnd(counts, tail), high: highEnd(counts, tail) };
}

/**
 * The chance of a difference that is at least so far below the limit when the true one is at the limit: the smallest tail with
 * which the interval stays below it; at a limit of 0 it is half of McNemar's mid-p. 1 where nothing speaks for it.
 */
export function pairedShareBelow(counts: PairedCounts, limit: number): number {
  const { wins, losses } = counts;
  if (limit === 0) return upperTail(losses, wins + losses, 0.5, 0.5);
  let [low, high] = [Math.log(1e-16), Math.log(0.5)];
  if (highEnd(counts, Math.exp(high)) >= limit) return 1;
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (highEnd(counts, Math.exp(middle)) < limit) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

function highEnd({ rows, wins, losses }: PairedCounts, tail: number): number {
  return -lowEnd({ rows, wins: losses, losses: wins }, tail);
}

/**
 * MOVER-R for balance / inverse, where balance is wins less losses among the changes and inverse is 1 / share of changes:
 * the difference x at which the lower limit of balance − x · inverse is 0.
 */
function lowEnd({ rows, wins, losses }: PairedCounts, tail: number): number {
  const changes = wins + losses;
  const share = binomialInterval(changes, rows, tail, 0.5);
  if (changes === 0) return -share.high;
  const balance = (wins - losses) / changes;
  const lowest = 2 * binomialInterval(wins, changes, tail, 0.5).low - 1;
  const inverse = rows / changes;
  const farther = 1 / (lowest > 0 ? share.low : share.high);
  const square = farther * (2 * inverse - farther);
  const product = balance * inverse;
  const constant = lowest * (2 * balance - lowest);
  const root = Math.sqrt(Math.max(0, product * product - square * constant));
  // The same root of the quadratic twice, written so that nothing cancels.
  const end = balance < 0 ? (product - root) / square : constant / (product + root);
  return Math.max(-1, end);
}
