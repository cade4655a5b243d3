import { binRange } from '../distribution/bins.js';
import type { ColumnDistribution, NumberDistribution } from '../distribution/distribution.js';
import { jensenShannonDivergence, wasserstein } from './distances.js';
import { type CommonBins, commonBins, type Grouped, sum } from './groups.js';

/**
 * How much a column has changed, in a number that does not grow with the rows.
 *
 * Numbers: the Wasserstein distance in standard deviations of the reference, since it knows order and size: 0.1 is a
 * typical value that moved by a tenth of the spread. Values beyond the reference's 1 % and 99 % quantiles count as those,
 * so that a few outliers do not make the distance. Values: the Jensen-Shannon distance to base 2, which lies in [0, 1], is
 * finite when a value is new, and is 0.1 when a value goes from 20 to 30 % of the rows. Both less what chance alone gives:
 * two samples of one distribution are never quite the same.
 */
export interface Effect {
  readonly value: number;
  readonly measure: 'wasserstein' | 'jensen-shannon';
}

/** Shares of the reference beyond which values count as the quantile. */
const TAIL = 0.01;

/** A spread below this part of the values' size is rounding. */
const NO_SPREAD = 1e-9;

export function effectOf(reference: ColumnDistribution, current: ColumnDistribution, grouped: Grouped): Effect {
  const missing = distanceOf(
    [reference.missing, rowsOf(grouped.reference) - reference.missing],
    [current.missing, rowsOf(grouped.current) - current.missing],
  );
  const present = grouped.groups.flatMap(({ kind }, group) => (kind === 'missing' ? [] : [group]));
  const values = reference.kind === 'numbers' && current.kind === 'numbers' ? standardisedMove(reference, current) : undefined;
  const own: Effect =
    values !== undefined
      ? { value: values, measure: 'wasserstein' }
      : {
          value: distanceOf(
            present.map((group) => grouped.reference[group]!),
            present.map((group) => grouped.current[group]!),
          ),
          measure: 'jensen-shannon',
        };
  return missing > own.value ? { value: missing, measure: 'jensen-shannon' } : own;
}

function rowsOf(counts: readonly number[]): number {
  return sum(counts);
}

/**
 * The Jensen-Shannon distance to base 2 of two samples. Of equal distributions, the divergence is about
 * (groups − 1)(1/n + 1/m)/8 by chance, an eighth of χ² over its rows: so much is taken off.
 */
export function distanceOf(reference: readonly number[], current: readonly number[]): number {
  const [n, m] = [sum(reference), sum(current)];
  if (n === 0 || m === 0) return n === m ? 0 : 1;
  const filled = reference.filter((count, group) => count + current[group]! > 0).length;
  const divergence = jensenShannonDivergence(
    reference.map((count) => count / n),
    current.map((count) => count / m),
  );
  return Math.sqrt(Math.max(0, divergence - ((filled - 1) * (1 / n + 1 / m)) / 8) / Math.LN2);
}

/** Undefined where the reference does not vary, or a side has no value. */
function standardisedMove(reference: NumberDistribution, current: NumberDistribution): number | undefined {
  const bins = commonBins(reference, current);
  const [n, m] = [sum(bins.reference), sum(bins.current)];
  if (n === 0 || m === 0) return undefined;
  const p = bins.reference.map((count) => count / n);
  const ranges = clippedRanges(bins, p);
  const middle = ranges.map(({ low, high }) => (low + high) / 2);
  const mean = p.reduce((total, share, bin) => total + share * middle[bin]!, 0);
  const variance = p.reduce((total, share, bin) => {
    const width = ranges[bin]!.high - ranges[bin]!.low;
    return total + share * ((middle[bin]! - mean) ** 2 + width ** 2 / 12);
  }, 0);
  const size = Math.max(Math.abs(ranges[0]!.low), Math.abs(ranges.at(-1)!.high));
  const isConstant = p.filter((share) => share > 0).length < 2;
  if (isConstant || !(Math.sqrt(variance) > NO_SPREAD * size)) return undefined;
  const q = bins.current.map((count) => count / m);
  const moved = wasserstein({ ranges, p, q });
  return Math.sqrt(Math.max(0, moved ** 2 - chanceMove(ranges, p, q, 1 / n + 1 / m) ** 2) / variance);
}

/**
 * How far two samples of the distribution of both would be apart by chance: ∫ E|F − G|, where F − G is about normal with the
 * variance H (1 − H)(1/n + 1/m).
 */
function chanceMove(
  ranges: readonly { readonly low: number; readonly high: number }[],
  p: readonly number[],
  q: readonly number[],
  weight: number,
): number {
  const spread = (share: number): number => Math.sqrt(Math.max(0, share * (1 - share)));
  let below = 0;
  let integral = 0;
  for (const [bin, { low, high }] of ranges.entries()) {
    if (bin > 0) integral += (low - ranges[bin - 1]!.high) * spread(below);
    const above = Math.min(1, below + (p[bin]! + q[bin]!) / 2);
    integral += (high - low) * spread((below + above) / 2);
    below = above;
  }
  return Math.sqrt((2 / Math.PI) * weight) * integral;
}

/** Where the bins are, those of the reference's tails at its quantiles. */
function clippedRanges(bins: CommonBins, p: readonly number[]): { low: number; high: number }[] {
  const ranges = bins.keys.map((key) => finite(binRange(key, bins.resolution)));
  let below = 0;
  let [first, last] = [-1, 0];
  for (const [bin, share] of p.entries()) {
    if (share === 0) continue;
    if (first < 0 && below + share > TAIL) first = bin;
    if (below < 1 - TAIL) last = bin;
    below += share;
  }
  const [low, high] = [ranges[first]!.low, ranges[last]!.high];
  const inside = (value: number): number => Math.min(high, Math.max(low, value));
  return ranges.map((range) => ({ low: inside(range.low), high: inside(range.high) }));
}

const LARGEST = 1e150;

/** The infinities stand at the end of what can be squared. */
function finite({ low, high }: { low: number; high: number }): { low: number; high: number } {
  const inside = (value: number): number => Math.min(LARGEST, Math.max(-LARGEST, value));
  return { low: inside(low), high: inside(high) };
}
