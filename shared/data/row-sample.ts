import type { DuckDBConnection } from '@duckdb/node-api';
import { columnKey } from './column-names.js';
import { countRows, readRows } from './duckdb.js';
import { ROW, type StoredColumn, storeCanonical } from './load.js';
import { identifier } from './sql.js';

/**
 * A sample of many rows for what would have to sort or hash all of them. Rows are chosen by a hash of their values, so that
 * the sample depends neither on their order nor on the format of the files, and rows that are equal are in it all or none:
 * the share of duplicates in it is that of all rows.
 */

export interface SampleRequest {
  /** More rows than this are sampled. */
  readonly above: number;
  /** About this many are kept. */
  readonly rows: number;
}

/** All rows, beside a sample of them. */
export interface Everything {
  /** A view or table of them, quoted, with the columns of `source`, in the order of the files. */
  readonly from: string;
  readonly rows: number;
}

/** How far the sample may be from its size; it is further where many rows are equal. */
const MOST_DEVIATION = 0.2;

/** A sample of rows that are mostly equal to others says little: the few that are different would be in it or not by luck. */
const FEWEST_DIFFERENT = 0.5;

/**
 * Writes a sample of rows as a table in canonical order.
 * @param key columns that name a row: without them, rows that say the same are equal
 * @returns whether it was done; it is not where so many rows are equal that a sample by their values would not stand for all
 */
export async function storeSample(
  connection: DuckDBConnection,
  columns: readonly StoredColumn[],
  key: readonly string[],
  { from, rows }: Everything,
  wanted: number,
  target: string,
): Promise<boolean> {
  const keys = new Set(key.map(columnKey));
  const others = columns.filter(({ name }) => !keys.has(columnKey(name)));
  const hashed = (others.length > 0 ? others : columns).map(({ name }) => identifier(name));
  const hash = `hash(${hashed.join(', ')})`;
  const limit = BigInt(Math.floor((wanted / rows) * 2 ** 53)) << 11n;
  await storeCanonical(connection, from, columns, `${hash} < ${limit}`, target);
  const kept = await countRows(connection, identifier(target));
  const [row] = await readRows(connection, `SELECT count(DISTINCT ${hash}) AS n FROM ${identifier(target)}`);
  if (Math.abs(kept / wanted - 1) <= MOST_DEVIATION && Number(row?.n) >= FEWEST_DIFFERENT * kept) return true;
  await connection.run(`DROP TABLE ${identifier(target)}`);
  return false;
}

/** Puts all rows where they can be read again and again: those that can be already stay there. */
export async function keepEverything(
  connection: DuckDBConnection,
  columns: readonly StoredColumn[],
  from: string,
  isView: boolean,
  rows: number,
): Promise<Everything> {
  const names = [...columns.map(({ name }) => identifier(name)), ROW].join(', ');
  await connection.run(`CREATE ${isView ? 'VIEW' : 'TABLE'} __everything AS SELECT ${names} FROM ${from}`);
  return { from: '__everything', rows };
}
