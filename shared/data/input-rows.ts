import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { canonicalText } from './canonical.js';
import { columnKey, meantColumn } from './column-names.js';
import { countRows, openDatabase, readRows } from './duckdb.js';
import { ROW, type StoredColumn, unionStages } from './load.js';
import type { SourceFile } from './sources.js';
import { identifier } from './sql.js';
import { loadStages } from './stage.js';
import type { ColumnSchema, ColumnType, Table } from './table.js';
import { readColumn } from './typed-columns.js';

/** Rows of files that a model is to be asked about, in the order of the files and of the rows in them. */
export interface InputRows {
  readonly connection: DuckDBConnection;
  readonly rows: number;
  /** The columns of the files, in their order. */
  readonly columns: readonly StoredColumn[];
  readonly notices: readonly string[];
  /** The model's inputs of the rows [start, end), in the types that it was trained with. */
  table(start: number, end: number): Promise<Table>;
  close(): void;
}

/** The table that holds the rows: `__row` counts from 1. */
export const INPUT_ROWS = '__input';
const UNION = '__union';
const BLOCK = '__block';

/**
 * Reads files for a model. The types are those that the model was trained with, not those that these few rows would be
 * taken for: a column of text stays text though every value in it is a number, and one of numbers must hold numbers.
 * @param inputs the raw columns that the model takes
 * @throws UserError at `location` for a column that is absent, or holds what its type cannot
 */
export async function openInputRows(
  files: readonly SourceFile[],
  inputs: readonly ColumnSchema[],
  location: Location,
): Promise<InputRows> {
  const database = await openDatabase();
  try {
    const { connection } = database;
    const stages = await loadStages(connection, files);
    const total = stages.reduce((sum, stage) => sum + stage.rows, 0);
    if (total === 0) throw new UserError({ message: 'the files have no rows', location: { file: files[0]!.display } });
    const texts = inputs.filter(({ type }) => type === 'string').map(({ name }) => name);
    const { columns, notices } = await unionStages(connection, stages, UNION, texts);
    await connection.run(
      `CREATE TABLE ${INPUT_ROWS} AS SELECT ${[...columns.map(({ name }) => identifier(name)), ROW].join(', ')} FROM ${UNION} ORDER BY ${ROW}`,
    );
    await connection.run(`DROP VIEW ${UNION}`);
    for (const { table } of stages) await connection.run(`DROP TABLE ${identifier(table)}`);
    const expressions: { name: string; type: ColumnType; sql: string }[] = [];
    for (const { name, type } of inputs) {
      expressions.push({ name, type, sql: await inputSql(connection, name, type, columns, location) });
    }
    return {
      ...{ connection, rows: total, columns, notices },
      async table(start, end) {
        await connection.run(
          `CREATE OR REPLACE VIEW ${BLOCK} AS SELECT * FROM ${INPUT_ROWS} WHERE ${ROW} > ${start} AND ${ROW} <= ${end} ORDER BY ${ROW}`,
        );
        const read = new Map();
        for (const { name, type, sql } of expressions)
          read.set(name, await readColumn(connection, sql, type, BLOCK, end - start));
        return { rows: end - start, columns: read };
      },
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQL of a column of the files in the type that the model takes. */
async function inputSql(
  connection: DuckDBConnection,
  name: string,
  type: ColumnType,
  columns: readonly StoredColumn[],
  location: Location,
): Promise<string> {
  const fail = (message: string): never => {
    throw new UserError({ message, location });
  };
  const column = columns.find((candidate) => columnKey(candidate.name) === columnKey(name));
  if (!column) {
    const names = columns.map((candidate) => candidate.name);
    return fail(`the model takes the column ${JSON.stringify(name)}, which the files do not have${meantColumn(name, names)}`);
  }
  const sql = identifier(column.name);
  const found = column.type;
  if (found === 'nested') return fail(`column ${JSON.stringify(name)} holds lists or objects, and is ${type} for the model`);
  if (type === 'string') return found === 'string' ? sql : canonicalText(sql, found);
  if (found === type) return sql;
  const isDay = (one: ColumnType): boolean => one === 'date' || one === 'timestamp';
  if (isDay(found) && isDay(type)) return sql;
  if (type === 'number' && (found === 'integer' || found === 'boolean')) return `CAST(${sql} AS DOUBLE)`;
  // A file without any value of the column says nothing about its type.
  const present = `${INPUT_ROWS} WHERE ${sql} IS NOT NULL`;
  if ((await countRows(connection, present)) === 0) return `CAST(NULL AS ${SQL_TYPES[type]})`;
  if (type === 'integer' && found === 'number') {
    const broken = await firstValue(connection, sql, `${sql} <> trunc(${sql}) OR abs(${sql}) >= 9223372036854775808`);
    if (broken === undefined) return `CAST(${sql} AS BIGINT)`;
    return fail(
      `column ${JSON.stringify(name)} is a whole number for the model, and ${broken.value} in row ${broken.row} is none`,
    );
  }
  const readable = found === 'string' ? `TRY_CAST(${sql} AS ${SQL_TYPES[type]}) IS NULL` : `${sql} IS NOT NULL`;
  const example = (await firstValue(connection, sql, readable)) ?? (await firstValue(connection, sql, `${sql} IS NOT NULL`));
  return fail(
    `column ${JSON.stringify(name)} is ${type} for the model, and ${found} in the files; the first value that is none: ` +
      `${JSON.stringify(example?.value)} in row ${example?.row}`,
  );
}

const SQL_TYPES = {
  string: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const;

async function firstValue(
  connection: DuckDBConnection,
  sql: string,
  where: string,
): Promise<{ value: string; row: string } | undefined> {
  const [found] = await readRows(
    connection,
    `SELECT CAST(${sql} AS VARCHAR) AS value, ${ROW} AS row FROM ${INPUT_ROWS} WHERE ${sql} IS NOT NULL AND (${where}) ORDER BY ${ROW} LIMIT 1`,
  );
  return found && { value: String(found.value).slice(0, 60), row: formatCount(Number(found.row)) };
}
