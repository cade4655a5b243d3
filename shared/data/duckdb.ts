import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBVector } from '@duckdb/node-api';
import { UserError } from '../core/errors.js';
import { formatBytes, formatCount } from '../core/format.js';
import { heapBytes, memoryBytes } from '../core/memory.js';
import { loadNative } from '../runner/native.js';
import { literal } from './sql.js';

/**
 * A database in memory, of at most half of the machine's: the other half is for typed arrays, models and the program
 * itself. What is larger spills into a directory of its own under the runner's temporary directory.
 */
export interface Database {
  readonly connection: DuckDBConnection;
  /** Ends the connection, frees the memory and removes what was spilled. Twice is once. */
  close(): void;
}

/** The engine, loaded when it is first needed: it is native code and no part of the bundles. */
export function duckdb(): Promise<typeof import('@duckdb/node-api')> {
  return loadNative<typeof import('@duckdb/node-api')>('@duckdb/node-api');
}

/** Opens an empty database whose results depend neither on the machine's time zone nor on installed extensions. */
export async function openDatabase(options: { threads?: number } = {}): Promise<Database> {
  const { DuckDBInstance } = await duckdb();
  const spill = join(process.env.RUNNER_TEMP || tmpdir(), `mlops-actions-duckdb-${randomUUID()}`);
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
    memory_limit: `${memoryLimit()}MiB`,
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  });
  const connection = await instance.connect();
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    connection.closeSync();
    instance.closeSync();
    rmSync(spill, { recursive: true, force: true });
  };
  try {
    await connection.run(`SET temp_directory = ${literal(spill)}`);
    await connection.run("SET TimeZone = 'UTC'");
  } catch (error) {
    close();
    throw error;
  }
  return { connection, close };
}

const FEWEST_MEBIBYTES = 1024;

/** The different texts of one column may take so much of what JavaScript has: there are other columns, and what is made of the texts. */
const SHARE_OF_TEXTS = 0.3;
/** Of a text, beside its characters: itself, and its places in a list and in a map. */
const BYTES_OF_TEXT = 80;

/** In mebibytes; of a container what it may have. */
function memoryLimit(): number {
  return Math.max(FEWEST_MEBIBYTES, Math.floor(memoryBytes() / 2 / 1024 / 1024));
}

/** The typed array that a result's column becomes; `hash` is 16 bytes a row, of a UHUGEINT. */
export interface ColumnArrays {
  float64: Float64Array;
  float32: Float32Array;
  int64: BigInt64Array;
  uint32: Uint32Array;
  hash: Uint8Array;
}
export type ArrayKind = keyof ColumnArrays;

const BYTES_OF_HASH = 16;

/**
 * One column of a query as a typed array, copied from DuckDB's vectors block by block. The query's only column has
 * the SQL type that `kind` names (DOUBLE, FLOAT, BIGINT, UINTEGER, UHUGEINT) and holds no NULL.
 */
export async function readArray<K extends ArrayKind>(
  connection: DuckDBConnection,
  sql: string,
  kind: K,
  rows: number,
): Promise<ColumnArrays[K]> {
  const target = allocate(kind, rows);
  const result = await connection.run(sql);
  let row = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const block = blockOf(chunk.getColumnVector(0), kind);
    if (row + chunk.rowCount > rows) throw new Error(`more than the ${rows} rows that were expected`);
    if (target instanceof BigInt64Array) target.set(block as BigInt64Array, row);
    else target.set(block as Float64Array, kind === 'hash' ? row * BYTES_OF_HASH : row);
    row += chunk.rowCount;
  }
  if (row !== rows) throw new Error(`${row} rows instead of the ${rows} that were expected`);
  return target;
}

/** Several columns of a query, all DOUBLE and without NULL, in one go: what `readArray` gives of each. */
export async function readNumbers(
  connection: DuckDBConnection,
  sql: string,
  columns: number,
  rows: number,
): Promise<readonly Float64Array[]> {
  const targets = Array.from({ length: columns }, () => new Float64Array(rows));
  const result = await connection.run(sql);
  let row = 0;
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    if (row + chunk.rowCount > rows) throw new Error(`more than the ${rows} rows that were expected`);
    for (const [column, target] of targets.entries()) {
      target.set(blockOf(chunk.getColumnVector(column), 'float64') as Float64Array, row);
    }
    row += chunk.rowCount;
  }
  if (row !== rows) throw new Error(`${row} rows instead of the ${rows} that were expected`);
  return targets;
}

/**
 * One column of text (or NULL) of a query. Not for hot paths: every value becomes a JavaScript string.
 * @param what is read, for messages
 * @param most bytes that the texts may take
 * @throws UserError when they need more, before Node ends for want of memory
 */
export async function readTexts(
  connection: DuckDBConnection,
  sql: string,
  { what = 'a column of text', most = heapBytes() * SHARE_OF_TEXTS } = {},
): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  let bytes = 0;
  await visitTexts(connection, sql, (text) => {
    texts.push(text);
    bytes += BYTES_OF_TEXT + (text?.length ?? 0);
    if (bytes > most)
      throw new UserError(
        `${what} needs more than ${formatBytes(most)} of memory (${formatCount(texts.length)} texts so far, ` +
          `${formatCount(Math.round(bytes / texts.length) - BYTES_OF_TEXT)} characters each): leave it out (features.exclude), take fewer rows (data.where), ` +
          'or give Node more memory (NODE_OPTIONS: --max-old-space-size=<megabytes>)',
      );
  });
  return texts;
}

/** The texts of a query one after the other, none of which is kept. */
export async function visitTexts(
  connection: DuckDBConnection,
  sql: string,
  visit: (text: string | null) => void,
): Promise<void> {
  const result = await connection.run(sql);
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const value of chunk.getColumnValues(0)) visit(value === null ? null : String(value));
  }
}

/** The rows of a small result as objects of JSON values (64-bit integers come as decimal text). */
export async function readRows(connection: DuckDBConnection, sql: string): Promise<Record<string, unknown>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

/** The number of rows of a table or view, whose name is quoted already. */
export async function countRows(connection: DuckDBConnection, from: string): Promise<number> {
  const [row] = await readRows(connection, `SELECT count(*) AS n FROM ${from}`);
  return Number(row?.n);
}

function allocate<K extends ArrayKind>(kind: K, rows: number): ColumnArrays[K] {
  const makers: { [kind in ArrayKind]: () => ColumnArrays[kind] } = {
    float64: () => new Float64Array(rows),
    float32: () => new Float32Array(rows),
    int64: () => new BigInt64Array(rows),
    uint32: () => new Uint32Array(rows),
    hash: () => new Uint8Array(rows * BYTES_OF_HASH),
  };
  return makers[kind]();
}

/** The memory behind a vector. The library keeps it in a field that its types call private; its version is pinned. */
function blockOf(vector: DuckDBVector, kind: ArrayKind): ArrayLike<number> | BigInt64Array {
  const { items, dataView } = vector as unknown as { items?: unknown; dataView?: unknown };
  if (kind === 'hash' && dataView instanceof DataView) {
    return new Uint8Array(dataView.buffer, dataView.byteOffset, dataView.byteLength);
  }
  if (kind === 'float64' && items instanceof Float64Array) return items;
  if (kind === 'float32' && items instanceof Float32Array) return items;
  if (kind === 'int64' && items instanceof BigInt64Array) return items;
  if (kind === 'uint32' && items instanceof Uint32Array) return items;
  throw new Error(`a ${vector.type.toString()} vector has no ${kind} array`);
}
