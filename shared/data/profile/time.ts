import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows } from '../duckdb.js';
import { identifier } from '../sql.js';
import type { ColumnProfile, LaterColumn } from './result.js';

/**
 * Dates that are later than the event itself: what happened afterwards is not known when the prediction is made.
 * @param time the column with the time of the event
 * @param from a table or view that has the columns
 */
export async function findLater(
  connection: DuckDBConnection,
  columns: readonly ColumnProfile[],
  time: string,
  from = 'source',
): Promise<LaterColumn[]> {
  const dates = columns.filter(({ name, type }) => (type === 'date' || type === 'timestamp') && name !== time);
  if (dates.length === 0) return [];
  const counts = dates.map(
    ({ name }, index) => `count(*) FILTER (WHERE ${identifier(name)} > ${identifier(time)}) AS n${index}`,
  );
  const [row = {}] = await readRows(connection, `SELECT ${counts.join(', ')} FROM ${from}`);
  return dates.flatMap(({ name }, index) => {
    const rows = Number(row[`n${index}`]);
    return rows > 0 ? [{ column: name, rows }] : [];
  });
}
