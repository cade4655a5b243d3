import type { DuckDBConnection } from '@duckdb/node-api';
import type { StoredType } from '../canonical.js';
import { countRows, readArray } from '../duckdb.js';
import { rounded } from './association.js';
import { chooseBins } from './bins.js';
import type { NumberProfile } from './result.js';

/** Shares of the rows whose quantiles are kept. */
export const QUANTILES = [0.01, ...Array.from({ length: 19 }, (_, index) => (index + 1) / 20), 0.99];

/** The different finite values of a column, ascending, and how many rows have each. */
export interface ValueCounts {
  readonly values: Float64Array;
  readonly counts: Float64Array;
  readonly rows: number;
}

/**
 * The value counts of an expression. Repeated values are counted by the engine, which then hands over few; where most
 * values differ, it is several times faster to sort them here. Both ways give the same.
 * @param axis a DOUBLE over `source`, NULL where it is missing
 */
export async function countValues(
  connection: DuckDBConnection,
  axis: string,
  rows: number,
  mostlyDifferent: boolean,
): Promise<ValueCounts> {
  if (mostlyDifferent) {
    const all = await readArray(connection, `SELECT coalesce(${axis}, 'NaN'::DOUBLE) FROM source`, 'float64', rows);
    return runLengths(all.filter((value) => !Number.isNaN(value)).sort());
  }
  // -0 and 0 are one value. The names are given outside of `source`, whose columns may have the same.
  await connection.run(
    `CREATE TEMP TABLE __counted AS SELECT x, CAST(count(*) AS DOUBLE) AS n FROM (SELECT ${axis} + 0 AS x FROM source)
     WHERE x IS NOT NULL GROUP BY x ORDER BY x`,
  );
  try {
    const different = await countRows(connection, '__counted');
    const values = await readArray(connection, 'SELECT x FROM __counted', 'float64', different);
    const counts = await readArray(connection, 'SELECT n FROM __counted', 'float64', different);
    return { values, counts, rows: counts.reduce((sum, count) => sum + count, 0) };
  } finally {
    await connection.run('DROP TABLE __counted');
  }
}

function runLengths(sorted: Float64Array): ValueCounts {
  const values = new Float64Array(sorted.length);
  const counts = new Float64Array(sorted.length);
  let different = 0;
  for (let row = 0; row < sorted.length; row++) {
    // Sorting puts -0 before 0; adding 0 makes them one.
    const value = sorted[row]! + 0;
    if (different === 0 || values[different - 1] !== value) values[different++] = value;
    counts[different - 1]! += 1;
  }
  return { values: values.slice(0, different), counts: counts.slice(0, different), rows: sorted.length };
}

/**
 * Everything that is said of a numeric column, exactly.
 * @param infinite rows whose value is infinite, or too large
 */
export function describeNumbers(type: StoredType, counted: ValueCounts, infinite: number): NumberProfile {
  const { values, counts, rows } = counted;
  const [min, max] = [values[0]!, values.at(-1)!];
  // About the first value, so that neither large offsets (dates) nor the order of sums cost digits.
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index]! - min) * counts[index]!;
  const mean = min + sum / rows;
  let squares = 0;
  for (let index = 0; index < values.length; index++) squares += (values[index]! - mean) ** 2 * counts[index]!;
  const quantiles = interpolated(counted, QUANTILES);
  const at = (p: number): number => quantiles[QUANTILES.indexOf(p)]!;
  const reach = 3 * (at(0.75) - at(0.25));
  const count = (holds: (value: number) => boolean): number => {
    let total = 0;
    for (let index = 0; index < values.length; index++) if (holds(values[index]!)) total += counts[index]!;
    return total;
  };
  const median = at(0.5);
  return {
    min,
    max,
    mean: tidy(mean),
    ...(rows > 1 && { sd: tidy(Math.sqrt(squares / (rows - 1))) }),
    quantiles: QUANTILES.map((p, index) => ({ p, value: tidy(quantiles[index]!) })),
    infinite,
    zeros: count((value) => value === 0),
    negative: count((value) => value < 0),
    outliers: reach === 0 ? 0 : count((value) => value < at(0.25) - reach || value > at(0.75) + reach),
    median: { value: tidy(median), rows: count((value) => value === median) },
    histogram: histogram(type, counted, at(0.01), at(0.99)),
  };
}

/** Without the digits that only say how doubles are stored; sums here are always in the same order. */
function tidy(value: number): number {
  return rounded(value, 14);
}

/** Neighbouring values together; both ends are values that there are. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/**
 * Cuts the values into at most `most` groups of neighbours, of about equal size and at least `fewest` rows where there
 * are so many. A value that fills a group by itself gets its own, so that the others are told apart all the same.
 */
export function valueGroups({ values, counts, rows }: ValueCounts, most: number, fewest: number): ValueRange[] {
  const heavy = (index: number): boolean => counts[index]! >= rows / most;
  let heavyGroups = 0;
  let lightRows = rows;
  for (let index = 0; index < values.length; index++) {
    if (!heavy(index)) continue;
    heavyGroups += 1;
    lightRows -= counts[index]!;
  }
  const lightGroups = Math.max(1, Math.min(most - heavyGroups, Math.floor(lightRows / fewest)));
  const size = lightRows / lightGroups;
  const groups: ValueRange[] = [];
  let start = 0;
  let inGroup = 0;
  const close = (end: number): void => {
    groups.push({ low: values[start]!, high: values[end]! });
    start = end + 1;
    inGroup = 0;
  };
  for (let index = 0; index < values.length; index++) {
    // A few rows before a heavy value join it: they are too few to stand alone.
    if (heavy(index) && inGroup >= fewest) close(index - 1);
    inGroup += counts[index]!;
    if (heavy(index) || inGroup >= size) close(index);
  }
  if (start < values.length) {
    const last = groups.at(-1);
    if (!last || inGroup >= fewest) close(values.length - 1);
    else groups[groups.length - 1] = { low: last.low, high: values.at(-1)! };
  }
  return groups;
}

/** Quantiles by linear interpolation between the order statistics about (rows − 1) · p (Hyndman & Fan's type 7). */
function interpolated({ values, counts, rows }: ValueCounts, shares: readonly number[]): number[] {
  const ends = new Float64Array(counts.length);
  let total = 0;
  for (let index = 0; index < counts.length; index++) {
    total += counts[index]!;
    ends[index] = total;
  }
  const valueAt = (row: number): number => {
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle]! > row) high = middle;
      else low = middle + 1;
    }
    return values[low]!;
  };
  return shares.map((share) => {
    const position = (rows - 1) * share;
    const below = valueAt(Math.floor(position));
    return below + (valueAt(Math.ceil(position)) - below) * (position - Math.floor(position));
  });
}

function histogram(type: StoredType, { values, counts }: ValueCounts, low: number, high: number): NumberProfile['histogram'] {
  const bins = chooseBins(type, { min: values[0]!, max: values.at(-1)!, low, high });
  const bars = new Array<number>(bins.count).fill(0);
  let below = 0;
  let above = 0;
  for (let index = 0; index < values.length; index++) {
    // Values are decimals whose quotient may fall just below a whole number.
    const bin = Math.floor((values[index]! - bins.from) / bins.step + 1e-9);
    if (bin < 0) below += counts[index]!;
    else if (bin >= bins.count) above += counts[index]!;
    else bars[bin]! += counts[index]!;
  }
  return { from: bins.from, step: bins.step, counts: bars, below, above };
}
