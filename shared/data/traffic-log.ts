import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { MISSING_INTEGER } from '../core/missing.js';
import { columnKey } from './column-names.js';
import { duckdb, openDatabase } from './duckdb.js';
import { identifier, listLiteral, literal } from './sql.js';
import type { ColumnType } from './table.js';

/**
 * The traffic log: what a server was asked and what it answered, one row a row. Parquet files
 * `<directory>/<model>/<YYYY-MM-DD>/<HHMMSS>-<random>.parquet`, by the UTC time of their first row; each is written under
 * another name first, so that a reader sees whole files only. A file holds rows of one version and of one UTC day.
 */

/** What the ids of rows begin with by which a deployment is tried; they are no traffic. */
export const GOLDEN_ID_PREFIX = 'mlops-smoke-';

/** The log's own columns, before those of the data, with their SQL types. */
export const TRAFFIC_COLUMNS = [
  /** What the caller called the row, else a name that the server gave it. */
  { name: 'mlops_id', sql: 'VARCHAR' },
  /** When it was answered, UTC. */
  { name: 'mlops_time', sql: 'TIMESTAMP' },
  { name: 'mlops_version', sql: 'VARCHAR' },
  { name: 'mlops_digest', sql: 'VARCHAR' },
  /** The predicted class; NULL for regression. */
  { name: 'mlops_label', sql: 'VARCHAR' },
  /** The probabilities in the order of the model's classes, or the one value of a regression; NULL for a refused row. */
  { name: 'mlops_scores', sql: 'DOUBLE[]' },
  /** NULL, or why the row was refused. */
  { name: 'mlops_problem', sql: 'VARCHAR' },
] as const;

/** A raw column of the data: an input of the model, or context (key, event time). */
export interface TrafficColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Values a row; default 1. More are a list of numbers. */
  readonly width?: number;
}

/** The values of a raw column, with the missing values of table.ts; lists stand one after the other. */
export type TrafficValues = readonly string[] | Float32Array | Float64Array | BigInt64Array;

/** Whose rows a file holds. */
export interface TrafficSource {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  /** Names that are one to SQL, and names of the log's own columns, are left out by `loggedColumns`. */
  readonly columns: readonly TrafficColumn[];
}

/** Rows of one source, by column. */
export interface TrafficBlock {
  readonly rows: number;
  readonly ids: readonly string[];
  /** Milliseconds since 1970 UTC. */
  readonly times: Float64Array;
  readonly labels: readonly (string | null)[];
  /** `scores[row * width + k]`; those of a refused row mean nothing. */
  readonly scores: Float64Array;
  readonly width: number;
  readonly problems: readonly (string | null)[];
  /** In the order of the source's columns. */
  readonly values: readonly TrafficValues[];
}

/** The indexes of the columns that can stand in a log: the first of names that are one to SQL, and none of the log's own. */
export function loggedColumns(columns: readonly TrafficColumn[]): readonly number[] {
  const taken = new Set<string>(TRAFFIC_COLUMNS.map(({ name }) => name));
  return columns.flatMap(({ name }, index) => {
    const key = columnKey(name);
    if (taken.has(key) || name === '' || name.includes('\0')) return [];
    taken.add(key);
    return [index];
  });
}

/** The SQL type of a raw column in the log. */
export function trafficSqlType({ type, width = 1 }: TrafficColumn): string {
  if (width > 1) return 'DOUBLE[]';
  const types = { string: 'VARCHAR', boolean: 'BOOLEAN', integer: 'BIGINT', number: 'DOUBLE' } as const;
  return type === 'date' || type === 'timestamp' ? 'TIMESTAMP' : types[type];
}

/**
 * Writes blocks of one source and one UTC day as a new file of the log.
 * @returns its path
 */
export async function writeTraffic(directory: string, source: TrafficSource, blocks: readonly TrafficBlock[]): Promise<string> {
  const first = new Date(blocks[0]!.times[0]!).toISOString();
  const folder = join(directory, source.model, first.slice(0, 10));
  await mkdir(folder, { recursive: true });
  const name = `${first.slice(11, 19).replaceAll(':', '')}-${randomBytes(6).toString('hex')}.parquet`;
  const unfinished = join(folder, `.${name}.unfinished`);
  const database = await openDatabase({ threads: 1 });
  try {
    const { connection } = database;
    await fillTable(connection, source, blocks);
    await connection.run(`COPY traffic TO ${literal(unfinished)} (FORMAT parquet, COMPRESSION zstd)`);
    await rename(unfinished, join(folder, name));
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  } finally {
    database.close();
  }
  return join(folder, name);
}

/** Rows of a DuckDB vector. */
const VECTOR = 2048;

async function fillTable(connection: DuckDBConnection, source: TrafficSource, blocks: readonly TrafficBlock[]): Promise<void> {
  const logged = loggedColumns(source.columns);
  const { BIGINT, BOOLEAN, DOUBLE, DuckDBDataChunk, DuckDBListValue, DuckDBTimestampValue, LIST, TIMESTAMP, VARCHAR } =
    await duckdb();
  const sqlTypes: Readonly<Record<string, DuckDBType>> = {
    BIGINT,
    BOOLEAN,
    DOUBLE,
    TIMESTAMP,
    VARCHAR,
    'DOUBLE[]': LIST(DOUBLE),
  };
  const columns = [
    ...TRAFFIC_COLUMNS,
    ...logged.map((index) => ({ name: source.columns[index]!.name, sql: trafficSqlType(source.columns[index]!) })),
  ];
  await connection.run(`CREATE TABLE traffic (${columns.map(({ name, sql }) => `${identifier(name)} ${sql}`).join(', ')})`);
  const appender = await connection.createAppender('traffic');
  const list = (values: Iterable<number>): DuckDBValue => new DuckDBListValue([...values]);
  const instant = (micros: bigint): DuckDBValue => new DuckDBTimestampValue(micros);
  for (const block of blocks) {
    const cells = logged.map((index) => cellReader(source.columns[index]!, block.values[index]!, { list, instant }));
    for (let start = 0; start < block.rows; start += VECTOR) {
      const count = Math.min(VECTOR, block.rows - start);
      const column = (valueAt: (row: number) => DuckDBValue): DuckDBValue[] =>
        Array.from({ length: count }, (_, at) => valueAt(start + at));
      const chunk = DuckDBDataChunk.create(
        columns.map(({ sql }) => sqlTypes[sql]!),
        count,
      );
      chunk.setColumns([
        column((row) => block.ids[row]!),
        column((row) => instant(BigInt(Math.trunc(block.times[row]!)) * 1000n)),
        column(() => source.version),
        column(() => source.digest),
        column((row) => block.labels[row]!),
        column((row) =>
          block.problems[row] === null ? list(block.scores.subarray(row * block.width, (row + 1) * block.width)) : null,
        ),
        column((row) => block.problems[row]!),
        ...cells.map((cell) => column(cell)),
      ]);
      appender.appendDataChunk(chunk);
    }
  }
  appender.closeSync();
}

interface ValueMakers {
  readonly list: (values: Iterable<number>) => DuckDBValue;
  readonly instant: (micros: bigint) => DuckDBValue;
}

function cellReader(
  { type, width = 1 }: TrafficColumn,
  values: TrafficValues,
  make: ValueMakers,
): (row: number) => DuckDBValue {
  if (width > 1) return (row) => make.list((values as Float64Array).subarray(row * width, (row + 1) * width));
  return (row) => {
    const value = values[row]!;
    if (value === '' || value === MISSING_INTEGER || Number.isNaN(value)) return null;
    if (type === 'boolean') return Number(value) === 1;
    if (type === 'date' || type === 'timestamp') return make.instant(value as bigint);
    if (type === 'integer') return BigInt(value);
    return type === 'number' ? Number(value) : value;
  };
}

/** The files of a model's log, oldest first. @returns none when there is no such folder */
export async function trafficFiles(directory: string, model: string): Promise<readonly string[]> {
  const folder = join(directory, model);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isFile() && /^[^.].*\.parquet$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Makes a view of files of a log. A version that does not have a column has NULL in it.
 * @param view its name, not quoted
 * @param files at least one
 */
export async function openTraffic(connection: DuckDBConnection, view: string, files: readonly string[]): Promise<void> {
  await connection.run(
    `CREATE VIEW ${identifier(view)} AS SELECT * FROM read_parquet(${listLiteral(files)}, union_by_name = true, hive_partitioning = false)`,
  );
}
