/**
 * How far two distributions are apart. `p` is the reference and `q` the current one: shares over the same bins, each adding
 * up to 1. What must not meet an empty bin says so.
 */

type Shares = readonly number[];

/** Σ p ln(p/q), in nats (Kullback and Leibler 1951); infinite where q has nothing and p something. */
export function kullbackLeibler(p: Shares, q: Shares): number {
  return p.reduce((sum, share, bin) => (share > 0 ? sum + share * Math.log(share / q[bin]!) : sum), 0);
}

/** The Jensen-Shannon divergence in nats, in [0, ln 2] (Lin 1991). Finite whatever the bins. */
export function jensenShannonDivergence(p: Shares, q: Shares): number {
  const middle = p.map((share, bin) => (share + q[bin]!) / 2);
  return Math.max(0, (kullbackLeibler(p, middle) + kullbackLeibler(q, middle)) / 2);
}

/** The Jensen-Shannon distance, the root of the divergence to that base (Endres and Schindelin 2003); in [0, 1] to base 2. */
export function jensenShannon(p: Shares, q: Shares, base: number = Math.E): number {
  return Math.sqrt(jensenShannonDivergence(p, q) / Math.log(base));
}

/** Shares below this count as this, so that an empty bin does not make the index infinite. */
const SMALLEST_SHARE = 1e-4;

/** The population stability index, Σ (p − q) ln(p/q): the divergence both ways. Empty bins count as 0.0001. */
export function populationStability(p: Shares, q: Shares): number {
  return p.reduce((sum, share, bin) => {
    const [a, b] = [Math.max(share, SMALLEST_SHARE), Math.max(q[bin]!, SMALLEST_SHARE)];
    return share === 0 && q[bin] === 0 ? sum : sum + (a - b) * Math.log(a / b);
  }, 0);
}

/** The Hellinger distance, ‖√p − √q‖ / √2, in [0, 1]. */
export function hellinger(p: Shares, q: Shares): number {
  return Math.sqrt(p.reduce((sum, share, bin) => sum + (Math.sqrt(share) - Math.sqrt(q[bin]!)) ** 2, 0) / 2);
}

/** The bin whose share differs most (the L∞ distance), the first of several. */
export function largestDifference(p: Shares, q: Shares): { readonly bin: number; readonly difference: number } {
  let found = { bin: 0, difference: 0 };
  for (let bin = 0; bin < p.length; bin++) {
    const difference = Math.abs(p[bin]! - q[bin]!);
    if (difference > found.difference) found = { bin, difference };
  }
  return found;
}

/** Shares over intervals of the line that do not overlap, ascending; within an interval rows are spread evenly. */
export interface SharesOnLine {
  readonly ranges: readonly { readonly low: number; readonly high: number }[];
  readonly p: Shares;
  readonly q: Shares;
}

/**
 * The Wasserstein distance, ∫ |F − G|: how far a row has to move on average. Exact for the histograms; for the values
 * behind them it is off by at most the width of a bin.
 */
export function wasserstein({ ranges, p, q }: SharesOnLine): number {
  let distance = 0;
  let gap = 0;
  for (const [bin, { low, high }] of ranges.entries()) {
    if (bin > 0) distance += Math.abs(gap) * (low - ranges[bin - 1]!.high);
    const next = gap + p[bin]! - q[bin]!;
    distance += (high - low) * meanSize(gap, next);
    gap = next;
  }
  return distance;
}

/** The same of values themselves, ascending, with the rows of each; exact. */
export function wassersteinOfValues(reference: ValuesOnLine, current: ValuesOnLine): number {
  const [n, m] = [reference, current].map(({ counts }) => Array.from(counts).reduce((sum, count) => sum + count, 0));
  let [a, b, belowA, belowB, distance] = [0, 0, 0, 0, 0];
  let last = Number.NaN;
  while (a < reference.values.length || b < current.values.length) {
    const value = Math.min(reference.values[a] ?? Number.POSITIVE_INFINITY, current.values[b] ?? Number.POSITIVE_INFINITY);
    if (!Number.isNaN(last)) distance += (value - last) * Math.abs(belowA / n! - belowB / m!);
    if (reference.values[a] === value) belowA += reference.counts[a++]!;
    if (current.values[b] === value) belowB += current.counts[b++]!;
    last = value;
  }
  return distance;
}

interface ValuesOnLine {
  readonly values: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

/** The mean of |x| while x goes evenly from one number to another. */
function meanSize(from: number, to: number): number {
  if (from * to >= 0) return (Math.abs(from) + Math.abs(to)) / 2;
  return (from ** 2 + to ** 2) / (2 * Math.abs(to - from));
}
