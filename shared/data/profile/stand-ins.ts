import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows } from '../duckdb.js';
import { identifier, literal } from '../sql.js';
import { axis } from './columns.js';
import type { ColumnProfile, StandIn } from './result.js';

/**
 * Values that stand in for a missing one: a text such as "." or "N/A", or a number such as -999 far beside all others. What
 * reads the data takes them for values like any other.
 */

const TEXTS = [
  ...['.', '..', '-', '--', '?', '??', '*', 'N/A', 'n/a', 'NA', '#N/A', 'NULL', 'null', '(null)', 'NaN', 'nan', 'None', 'nil'],
  ...['missing', 'Missing', 'MISSING', '-99', '-999', '-9999', '9999', '99999'],
];

/** Written by somebody who had no value: nines, of either sign. */
const NUMBERS = new Set([99, 999, 9_999, 99_999, 999_999, 9_999_999].flatMap((nines) => [nines, -nines]));

/** A number is beside the others when it is further away than this part of their range. */
const FAR = 0.5;

/** A text that half of the rows have is what the column says. */
const MOST_SHARE = 0.5;

/**
 * @param rows of `from`
 * @param from a table or view that has the columns
 */
export async function findStandIns(
  connection: DuckDBConnection,
  columns: readonly ColumnProfile[],
  rows: number,
  from = 'source',
): Promise<StandIn[]> {
  const texts = await textsIn(connection, columns, rows, from);
  const found: StandIn[] = [];
  for (const column of columns) {
    found.push(...texts.filter((text) => text.column === column.name));
    const { numbers, type } = column;
    if (type !== 'integer' && type !== 'number') continue;
    for (const end of ['min', 'max'] as const) {
      if (numbers && NUMBERS.has(numbers[end])) found.push(...(await numberAt(connection, column, end, from)));
    }
  }
  return found;
}

async function textsIn(
  connection: DuckDBConnection,
  columns: readonly ColumnProfile[],
  rows: number,
  from: string,
): Promise<StandIn[]> {
  const strings = columns.filter(({ type, missing }) => type === 'string' && missing < rows);
  if (strings.length === 0) return [];
  const selects = strings.map(({ name }, index) => {
    const value = identifier(name);
    return `SELECT ${index} AS c, ${value} AS v, count(*) AS n FROM ${from} WHERE ${value} IN (${TEXTS.map(literal).join(', ')}) GROUP BY ${value}`;
  });
  const counted = await readRows(connection, `${selects.join(' UNION ALL ')} ORDER BY c, n DESC, v`);
  return counted
    .map(({ c, v, n }) => ({ column: strings[Number(c)]!.name, value: String(v), rows: Number(n) }))
    .filter(({ rows: count }) => count <= MOST_SHARE * rows);
}

/** The number at an end of the column, when it is far from the rest. */
async function numberAt(
  connection: DuckDBConnection,
  { name, type, numbers }: ColumnProfile,
  end: 'min' | 'max',
  from: string,
): Promise<StandIn[]> {
  const value = numbers![end];
  const sql = axis({ sql: identifier(name), type });
  const [rest = {}] = await readRows(
    connection,
    `SELECT min(v) FILTER (WHERE v <> ${value}) AS low, max(v) FILTER (WHERE v <> ${value}) AS high,
       count(*) FILTER (WHERE v = ${value}) AS n FROM (SELECT ${sql} AS v FROM ${from})`,
  );
  if (rest.low === null || rest.high === null) return [];
  const [low, high] = [Number(rest.low), Number(rest.high)];
  const gap = end === 'min' ? low - value : value - high;
  if (gap <= FAR * (high - low) || gap < 1) return [];
  return [{ column: name, value, rows: Number(rest.n), rest: { low, high } }];
}
