import type { ColumnRules } from '../../spec/schema.js';
import { andersonTwoSample } from './anderson.js';
import { jensenShannon, wassersteinOfValues } from './distances.js';
import { kolmogorovTwoSample } from './kolmogorov.js';
import { chiSquareTail, normalTails } from './tails.js';

/**
 * The tests of drift that Evidently takes by default, and that of Anderson and Darling, by its own formulas, so that a threshold which a team knows from
 * there means the same here. Missing values and infinities are left out, as it does. Each decides alone: a distance by a
 * fixed threshold whatever the rows, a p-value whatever the size of the change.
 */

export type DriftMethod = NonNullable<NonNullable<ColumnRules['drift']>['method']>;

/** The rows of one side by value. */
export type CountedValues = CountedNumbers | CountedLevels;

export interface CountedNumbers {
  readonly kind: 'numbers';
  /** Ascending, each once, finite. */
  readonly values: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
  /** All are whole and none is missing: the edges of a histogram are then at least 1 apart, as in numpy. */
  readonly whole: boolean;
}

export interface CountedLevels {
  readonly kind: 'levels';
  readonly counts: ReadonlyMap<string, number>;
}

/** What a method takes, what its number is, and from where on it speaks of drift. */
interface MethodFacts {
  readonly takes: readonly CountedValues['kind'][];
  readonly gives: 'p-value' | 'distance';
  readonly threshold: number;
  readonly title: string;
}

export const METHOD_FACTS: Readonly<Record<DriftMethod, MethodFacts>> = {
  ks: { takes: ['numbers'], gives: 'p-value', threshold: 0.05, title: 'Kolmogorov and Smirnov' },
  psi: { takes: ['numbers', 'levels'], gives: 'distance', threshold: 0.1, title: 'population stability index' },
  wasserstein: { takes: ['numbers'], gives: 'distance', threshold: 0.1, title: 'Wasserstein distance / standard deviation' },
  js: { takes: ['numbers', 'levels'], gives: 'distance', threshold: 0.1, title: 'Jensen-Shannon distance (base e)' },
  chi2: { takes: ['numbers', 'levels'], gives: 'p-value', threshold: 0.05, title: 'chi-square' },
  anderson: { takes: ['numbers'], gives: 'p-value', threshold: 0.1, title: 'Anderson and Darling' },
  z: { takes: ['numbers', 'levels'], gives: 'p-value', threshold: 0.05, title: 'z-test of a share' },
};

/** Whether the method's number means drift at a threshold. */
export function isDrift(method: DriftMethod, value: number, threshold: number): boolean {
  if (METHOD_FACTS[method].gives === 'distance') return value >= threshold;
  return method === 'ks' ? value <= threshold : value < threshold;
}

/** @throws RangeError when a side has no value, or the method does not take this kind */
export function driftByMethod(method: DriftMethod, reference: CountedValues, current: CountedValues): number {
  const [n, m] = [rowsOf(reference), rowsOf(current)];
  if (n === 0 || m === 0) throw new RangeError('a side has no value');
  if (method === 'ks' || method === 'wasserstein' || method === 'anderson') {
    if (reference.kind !== 'numbers' || current.kind !== 'numbers') throw new RangeError(`${method} takes numbers`);
    if (method === 'anderson') return andersonTwoSample(reference, current);
    return method === 'ks'
      ? kolmogorovTwoSample(n, m, largestGap(reference, current))
      : wassersteinOfValues(reference, current) / Math.max(deviation(reference), 0.001);
  }
  if (method === 'chi2') return fitOf(sidesByValue(reference, current));
  if (method === 'z') return shareTest(sidesByValue(reference, current));
  const [p, q] = binned(reference, current);
  return method === 'psi' ? stability(p, q) : jensenShannon(p, q);
}

function rowsOf(side: CountedValues): number {
  const counts = side.kind === 'numbers' ? Array.from(side.counts) : [...side.counts.values()];
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The largest difference of the empirical distributions. */
function largestGap(a: CountedNumbers, b: CountedNumbers): number {
  const [n, m] = [rowsOf(a), rowsOf(b)];
  let [atA, atB, belowA, belowB, largest] = [0, 0, 0, 0, 0];
  while (atA < a.values.length || atB < b.values.length) {
    const value = Math.min(a.values[atA] ?? Number.POSITIVE_INFINITY, b.values[atB] ?? Number.POSITIVE_INFINITY);
    if (a.values[atA] === value) belowA += a.counts[atA++]!;
    if (b.values[atB] === value) belowB += b.counts[atB++]!;
    largest = Math.max(largest, Math.abs(belowA / n - belowB / m));
  }
  return largest;
}

/** Of the population: divided by the rows. */
function deviation({ values, counts }: CountedNumbers): number {
  let [rows, sum, squares] = [0, 0, 0];
  for (let index = 0; index < values.length; index++) {
    rows += counts[index]!;
    sum += values[index]! * counts[index]!;
  }
  const mean = sum / rows;
  for (let index = 0; index < values.length; index++) squares += counts[index]! * (values[index]! - mean) ** 2;
  return Math.sqrt(squares / rows);
}

/** Rows of both sides by value, values of either ascending. */
type Sides = readonly (readonly [reference: number, current: number])[];

function sidesByValue(reference: CountedValues, current: CountedValues): Sides {
  const [a, b] = [entriesOf(reference), entriesOf(current)];
  const isNumbers = reference.kind === 'numbers' && current.kind === 'numbers';
  const keys = [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => {
    if (isNumbers) return (x as number) - (y as number);
    return x < y ? -1 : 1;
  });
  return keys.map((key) => [a.get(key) ?? 0, b.get(key) ?? 0] as const);
}

function entriesOf(side: CountedValues): ReadonlyMap<string | number, number> {
  if (side.kind === 'levels') return side.counts;
  return new Map(Array.from(side.values, (value, index) => [value, side.counts[index]!]));
}

/** χ² of the current counts against those that the reference's shares foretell; a new value is infinitely unlikely. */
function fitOf(sides: Sides): number {
  const n = sides.reduce((sum, [a]) => sum + a, 0);
  const m = sides.reduce((sum, [, b]) => sum + b, 0);
  if (sides.length < 2) return 1;
  const statistic = sides.reduce((sum, [a, b]) => {
    const expected = (a * m) / n;
    return sum + (b - expected) ** 2 / expected;
  }, 0);
  return Number.isFinite(statistic) ? chiSquareTail(statistic, sides.length - 1) : 0;
}

/** Of the share of the rows that do not have the first value. */
function shareTest(sides: Sides): number {
  const n = sides.reduce((sum, [a]) => sum + a, 0);
  const m = sides.reduce((sum, [, b]) => sum + b, 0);
  if (sides.length < 2) return 1;
  const [a, b] = [1 - sides[0]![0] / n, 1 - sides[0]![1] / m];
  const both = (a * n + b * m) / (n + m);
  return normalTails((a - b) / Math.sqrt(both * (1 - both) * (1 / n + 1 / m)));
}

/** Values up to so many in the reference are bins of their own. */
const MOST_SINGLE = 20;

/** Shares of both sides: a bin a value, or numpy's histogram of both by Sturges' rule. */
function binned(reference: CountedValues, current: CountedValues): [number[], number[]] {
  const isHistogram = reference.kind === 'numbers' && current.kind === 'numbers' && reference.values.length > MOST_SINGLE;
  const [n, m] = [rowsOf(reference), rowsOf(current)];
  if (!isHistogram) {
    const sides = sidesByValue(reference, current);
    return [sides.map(([a]) => a / n), sides.map(([, b]) => b / m)];
  }
  const edges = sturgesEdges(reference, current, n + m);
  return [inBins(reference, edges).map((count) => count / n), inBins(current, edges).map((count) => count / m)];
}

/** ⌈range / width⌉ bins of equal width, where the width is the range by 1 + log2 of the rows. */
function sturgesEdges(a: CountedNumbers, b: CountedNumbers, rows: number): number[] {
  const low = Math.min(a.values[0]!, b.values[0]!);
  const high = Math.max(a.values[a.values.length - 1]!, b.values[b.values.length - 1]!);
  const sturges = (high - low) / (Math.log2(rows) + 1);
  const width = a.whole && b.whole ? Math.max(1, sturges) : sturges;
  const bins = Math.max(1, Math.ceil((high - low) / width));
  const step = (high - low) / bins;
  return Array.from({ length: bins + 1 }, (_, edge) => (edge === bins ? high : low + edge * step));
}

/** Bins hold their lower edge; the last holds its upper edge too. */
function inBins({ values, counts }: CountedNumbers, edges: readonly number[]): number[] {
  const rows = new Array<number>(edges.length - 1).fill(0);
  let bin = 0;
  for (let index = 0; index < values.length; index++) {
    while (bin < rows.length - 1 && values[index]! >= edges[bin + 1]!) bin++;
    rows[bin]! += counts[index]!;
  }
  return rows;
}

/** Empty bins count as 0.0001, or as a millionth of the smallest share where that is smaller. */
function stability(p: readonly number[], q: readonly number[]): number {
  const [a, b] = [filled(p), filled(q)];
  return a.reduce((sum, share, bin) => sum + (share - b[bin]!) * Math.log(share / b[bin]!), 0);
}

function filled(shares: readonly number[]): number[] {
  const smallest = Math.min(...shares.filter((share) => share > 0));
  const stand = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
  return shares.map((share) => (share === 0 ? stand : share));
}
