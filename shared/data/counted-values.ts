import type { DuckDBConnection } from '@duckdb/node-api';
import { binRange } from './distribution/bins.js';
import type { ColumnDistribution, LevelDistribution } from './distribution/distribution.js';
import { levelSql, type WatchedColumn } from './distribution/watched-column.js';
import { commonBins } from './drift/groups.js';
import type { CountedNumbers, CountedValues } from './drift/methods.js';
import { countRows, readArray, readTexts } from './duckdb.js';

/** What the methods of drift/methods.ts are computed from: every value of a column with its rows, or the bins of a profile. */

/** More different texts than this are no categories, and no test of them says anything. */
export const MOST_COUNTED_LEVELS = 100_000;

/**
 * The values of a column as they are in the table.
 * @param from the table or view, quoted, or a query in parentheses
 * @returns undefined when it is a text with too many different values
 */
export async function readCountedValues(
  connection: DuckDBConnection,
  from: string,
  column: WatchedColumn,
): Promise<CountedValues | undefined> {
  const isNumeric = column.type === 'integer' || column.type === 'number';
  const value = isNumeric ? `CAST(${column.sql} AS DOUBLE)` : levelSql(column.sql, column);
  const kept = isNumeric ? 'isfinite(v)' : 'v IS NOT NULL';
  const limit = isNumeric ? '' : `LIMIT ${MOST_COUNTED_LEVELS + 1}`;
  await connection.run(
    `CREATE TEMP TABLE __values AS SELECT v, CAST(count(*) AS DOUBLE) AS n FROM (SELECT ${value} AS v FROM ${from}) WHERE ${kept} GROUP BY v ${limit}`,
  );
  try {
    const rows = await countRows(connection, '__values');
    if (!isNumeric && rows > MOST_COUNTED_LEVELS) return undefined;
    const counts = await readArray(connection, 'SELECT n FROM __values ORDER BY v', 'float64', rows);
    if (isNumeric) {
      const values = await readArray(connection, 'SELECT v FROM __values ORDER BY v', 'float64', rows);
      const counted = counts.reduce((sum, count) => sum + count, 0);
      const whole = column.type === 'integer' && counted === (await countRows(connection, from));
      return { kind: 'numbers', values, counts, whole };
    }
    const texts = await readTexts(connection, 'SELECT v FROM __values ORDER BY v');
    return { kind: 'levels', counts: new Map(texts.map((text, index) => [String(text), counts[index]!])) };
  } finally {
    await connection.run('DROP TABLE __values');
  }
}

/** Stands for the values that a profile does not name; no text of a file holds it. */
const OTHER = '\u0000other';

/**
 * The same from what a profile keeps. Numbers stand in the middle of their bin: a largest difference is then off by at most
 * the rows of a bin, a distance by at most its width. Values that the reference does not name are one.
 */
export function countedFromProfile(
  reference: ColumnDistribution,
  current: ColumnDistribution,
): readonly [reference: CountedValues, current: CountedValues] | undefined {
  if (reference.kind === 'numbers' && current.kind === 'numbers') {
    const bins = commonBins(reference, current);
    const ranges = bins.keys.map((key) => binRange(key, bins.resolution));
    const side = (counts: readonly number[]): CountedNumbers => {
      const kept = ranges.flatMap(({ low, high }, bin) =>
        counts[bin]! > 0 && Number.isFinite(low) && Number.isFinite(high) ? [bin] : [],
      );
      const values = kept.map((bin) => (ranges[bin]!.low + ranges[bin]!.high) / 2);
      return { kind: 'numbers', values, counts: kept.map((bin) => counts[bin]!), whole: false };
    };
    return [side(bins.reference), side(bins.current)];
  }
  if (reference.kind !== 'levels' || current.kind !== 'levels') return undefined;
  const named = reference.other.count > 0 ? new Set(reference.levels.map(({ value }) => value)) : undefined;
  return [countedLevels(reference, undefined), countedLevels(current, named)];
}

function countedLevels({ levels, other }: LevelDistribution, named: ReadonlySet<string> | undefined): CountedValues {
  const counts = new Map<string, number>();
  const add = (value: string, count: number): void => {
    if (count > 0) counts.set(value, (counts.get(value) ?? 0) + count);
  };
  for (const { value, count } of levels) add(named && !named.has(value) ? OTHER : value, count);
  add(OTHER, other.count);
  return { kind: 'levels', counts };
}
