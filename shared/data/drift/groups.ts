import { binRange } from '../distribution/bins.js';
import { type Bins, collapsed } from '../distribution/build.js';
import type { ColumnDistribution, LevelDistribution, NumberDistribution } from '../distribution/distribution.js';

/**
 * The same groups of values for two distributions. Which values share a group depends on the rows of both together and
 * never on which side they are of: otherwise a group would be chosen for what it is to show, and chance would look like
 * drift.
 */

/** A column of both sides in the same groups, with rows a group. */
export interface Grouped {
  /** What each group holds, in words or numbers. */
  readonly groups: readonly Group[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

export type Group =
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  | { readonly kind: 'value'; readonly value: string }
  /** Values that are too rare to be looked at by themselves, or that the reference does not name. */
  | { readonly kind: 'other' }
  | { readonly kind: 'missing' };

/** A test has more power with few groups, and the expected numbers in them are larger. */
const MOST_RANGES = 10;
const MOST_VALUES = 50;

/** Rows that a group would have on the smaller side if both were alike. */
const FEWEST_EXPECTED = 5;

/** Both histograms over the same bins; keys ascend. */
export interface CommonBins {
  readonly resolution: number;
  readonly keys: readonly number[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

export function commonBins(reference: Bins, current: Bins): CommonBins {
  const resolution = Math.min(reference.resolution, current.resolution);
  const parts = [collapsed(reference, resolution), collapsed(current, resolution)];
  const keys = [...new Set(parts.flatMap((part) => part.keys))].sort((a, b) => a - b);
  const [a, b] = parts.map((part) => {
    const counts = new Map(part.keys.map((key, bin) => [key, part.counts[bin]!]));
    return keys.map((key) => counts.get(key) ?? 0);
  });
  return { resolution, keys, reference: a!, current: b! };
}

/** The groups that a test of independent rows takes. */
export function groupsOf(reference: ColumnDistribution, current: ColumnDistribution): Grouped {
  if (reference.kind === 'numbers' && current.kind === 'numbers') return rangeGroups(reference, current);
  if (reference.kind === 'levels' && current.kind === 'levels') return valueGroups(reference, current);
  throw new Error(`column ${reference.name} is of two kinds`);
}

function rangeGroups(reference: NumberDistribution, current: NumberDistribution): Grouped {
  const bins = commonBins(reference, current);
  const cuts = evenCuts(
    bins.reference.map((count, bin) => count + bins.current[bin]!),
    mostGroups(sum(bins.reference), sum(bins.current), MOST_RANGES),
  );
  const ranges = cuts.map(
    ([from, to]): Group => ({
      kind: 'range',
      low: binRange(bins.keys[from]!, bins.resolution).low,
      high: binRange(bins.keys[to]!, bins.resolution).high,
    }),
  );
  const add = (counts: readonly number[]): number[] => cuts.map(([from, to]) => sum(counts.slice(from, to + 1)));
  return withMissing(
    { groups: ranges, reference: add(bins.reference), current: add(bins.current) },
    reference.missing,
    current.missing,
  );
}

/** As many groups as leave each the fewest expected rows on the smaller side. */
export function mostGroups(reference: number, current: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(Math.min(reference, current) / FEWEST_EXPECTED)));
}

/**
 * Cuts neighbouring bins into at most so many groups of about equally many rows; a bin that fills a group stands alone.
 * @param rows of both sides together
 * @returns first and last bin of each group
 */
export function evenCuts(rows: readonly number[], most: number): [from: number, to: number][] {
  const cuts: [number, number][] = [];
  let left = sum(rows);
  let start = 0;
  let inGroup = 0;
  for (let bin = 0; bin < rows.length; bin++) {
    inGroup += rows[bin]!;
    const size = left / Math.max(1, most - cuts.length);
    const next = rows[bin + 1] ?? 0;
    // Closed where that comes nearer to the even size than going on would.
    const isFull = inGroup >= size || (inGroup + next > size && inGroup + next - size > size - inGroup);
    const isLast = bin === rows.length - 1;
    if (!isLast && (!isFull || cuts.length >= most - 1 || inGroup === 0)) continue;
    cuts.push([start, bin]);
    left -= inGroup;
    start = bin + 1;
    inGroup = 0;
  }
  return cuts;
}

function valueGroups(reference: LevelDistribution, current: LevelDistribution): Grouped {
  const counts = new Map<string, [reference: number, current: number]>();
  for (const [side, { levels }] of [reference, current].entries()) {
    for (const { value, count } of levels) {
      const both = counts.get(value) ?? [0, 0];
      both[side] = count;
      counts.set(value, both as [number, number]);
    }
  }
  const rows = [rowsOf(reference), rowsOf(current)] as const;
  const fewest = fewestTogether(rows, [reference.other.most, current.other.most]);
  const large = [...counts]
    .filter(([, [a, b]]) => a + b >= fewest)
    .sort(([x, [a, b]], [y, [c, d]]) => c + d - (a + b) || (x < y ? -1 : 1))
    .slice(0, MOST_VALUES);
  const [named, others] = [0, 1].map((side) => {
    const counted = large.map(([, both]) => both[side as 0 | 1]);
    return { counted, other: rows[side as 0 | 1] - sum(counted) };
  }) as [{ counted: number[]; other: number }, { counted: number[]; other: number }];
  const hasOther = named.other + others.other > 0;
  return withMissing(
    {
      groups: [...large.map(([value]): Group => ({ kind: 'value', value })), ...(hasOther ? [{ kind: 'other' } as const] : [])],
      reference: [...named.counted, ...(hasOther ? [named.other] : [])],
      current: [...others.counted, ...(hasOther ? [others.other] : [])],
    },
    reference.missing,
    current.missing,
  );
}

/**
 * Rows of both sides together that a value needs to be looked at by itself: so many that chance would not have left it
 * among the values that a side does not name.
 * @param folded rows of the most frequent unnamed value of each side
 */
export function fewestTogether(rows: readonly [number, number], folded: readonly [number, number]): number {
  const all = rows[0] + rows[1];
  const needed = rows.map((side, index) => {
    const most = folded[index]!;
    const expected = most > 0 ? most + 5 * Math.sqrt(most) + 8 : 0;
    return side > 0 ? (Math.max(expected, side === Math.min(...rows) ? FEWEST_EXPECTED : 0) * all) / side : 0;
  });
  return Math.max(1, ...needed);
}

function rowsOf({ levels, other }: LevelDistribution): number {
  return levels.reduce((total, { count }) => total + count, other.count);
}

function withMissing(grouped: Grouped, reference: number, current: number): Grouped {
  if (reference + current === 0) return grouped;
  return {
    groups: [...grouped.groups, { kind: 'missing' }],
    reference: [...grouped.reference, reference],
    current: [...grouped.current, current],
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
