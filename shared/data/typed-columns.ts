import type { DuckDBConnection } from '@duckdb/node-api';
import { readArray, readTexts, visitTexts } from './duckdb.js';
import { identifier } from './sql.js';
import type { Column, ColumnType } from './table.js';

/** Columns of a table of the database as typed arrays, in the order that its rows are stored in. */

/** SQL of the missing value of 64-bit integers (table.ts). */
const MISSING = 'CAST(-9223372036854775808 AS BIGINT)';

/** A numeric expression; missing is NaN. */
export function readFloat64(connection: DuckDBConnection, sql: string, table: string, rows: number): Promise<Float64Array> {
  const select = `SELECT coalesce(CAST(${sql} AS DOUBLE), 'NaN'::DOUBLE) FROM ${identifier(table)}`;
  return readArray(connection, select, 'float64', rows);
}

/**
 * An expression of the SQL type that belongs to `type` (column-types.ts), in the array that `type` has in memory.
 * @param table the table that it reads, by name
 */
export async function readColumn(
  connection: DuckDBConnection,
  sql: string,
  type: ColumnType,
  table: string,
  rows: number,
): Promise<Column> {
  const from = `FROM ${identifier(table)}`;
  switch (type) {
    case 'number':
      return { type, values: await readFloat64(connection, sql, table, rows) };
    case 'boolean': {
      const select = `SELECT CASE WHEN ${sql} IS NULL THEN 'NaN'::FLOAT ELSE CAST(${sql} AS FLOAT) END ${from}`;
      return { type, values: await readArray(connection, select, 'float32', rows) };
    }
    case 'integer':
      return { type, values: await readArray(connection, `SELECT coalesce(${sql}, ${MISSING}) ${from}`, 'int64', rows) };
    case 'date':
    case 'timestamp': {
      const select = `SELECT coalesce(epoch_us(CAST(${sql} AS TIMESTAMP)), ${MISSING}) ${from}`;
      return { type, values: await readArray(connection, select, 'int64', rows) };
    }
    case 'string':
      return readStrings(connection, sql, table, rows);
  }
}

/** Beyond this many distinct texts an ENUM costs more than it saves. */
const MOST_LEVELS = 50_000;

/** Numbers the temporary types, so that two reads at a time do not meet. */
let typesMade = 0;

/**
 * Text through a dictionary that DuckDB makes: an ENUM of the sorted distinct values turns each row into a number there,
 * so that JavaScript sees every distinct text once and not every row's.
 */
async function readStrings(connection: DuckDBConnection, sql: string, table: string, rows: number): Promise<Column> {
  const from = `FROM ${identifier(table)}`;
  const levels = `SELECT DISTINCT ${sql} AS level ${from} WHERE nullif(${sql}, '') IS NOT NULL ORDER BY level`;
  const dictionary = ['', ...((await readTexts(connection, levels, { what: `the text ${sql}` })) as string[])];
  if (dictionary.length === 1) return { type: 'string', codes: new Uint32Array(rows), dictionary };
  if (dictionary.length > MOST_LEVELS) {
    const codeOf = new Map<string | null, number>(dictionary.map((text, code) => [text, code]));
    const codes = new Uint32Array(rows);
    let row = 0;
    await visitTexts(connection, `SELECT ${sql} ${from}`, (text) => {
      codes[row++] = codeOf.get(text ?? '')!;
    });
    if (row !== rows) throw new Error(`${row} rows instead of the ${rows} that were expected`);
    return { type: 'string', codes, dictionary };
  }
  typesMade += 1;
  const type = `__levels_${typesMade}`;
  await connection.run(`CREATE TYPE ${type} AS ENUM (${levels})`);
  try {
    const code = `CAST(enum_code(CAST(nullif(${sql}, '') AS ${type})) AS UINTEGER) + 1::UINTEGER`;
    const codes = await readArray(connection, `SELECT CAST(coalesce(${code}, 0) AS UINTEGER) ${from}`, 'uint32', rows);
    return { type: 'string', codes, dictionary };
  } finally {
    await connection.run(`DROP TYPE ${type}`);
  }
}

/** The given rows of a column, in their order. */
export function selectRows(column: Column, rows: Uint32Array): Column {
  switch (column.type) {
    case 'string': {
      const codes = new Uint32Array(rows.length);
      for (let index = 0; index < rows.length; index++) codes[index] = column.codes[rows[index]!]!;
      return { type: 'string', codes, dictionary: column.dictionary };
    }
    case 'number': {
      const values = new Float64Array(rows.length);
      for (let index = 0; index < rows.length; index++) values[index] = column.values[rows[index]!]!;
      return { type: 'number', values };
    }
    case 'boolean': {
      const values = new Float32Array(rows.length);
      for (let index = 0; index < rows.length; index++) values[index] = column.values[rows[index]!]!;
      return { type: 'boolean', values };
    }
    default: {
      const values = new BigInt64Array(rows.length);
      for (let index = 0; index < rows.length; index++) values[index] = column.values[rows[index]!]!;
      return { type: column.type, values };
    }
  }
}
