import type { DuckDBValue } from '@duckdb/node-api';
import type { Dataset } from './dataset.js';
import { duckdb } from './duckdb.js';

/** Holds `__part`, the index into PARTS, of every row of `source`, for a POSITIONAL JOIN with it. */
export const PARTS_TABLE = '__parts';

/** Rows of a DuckDB vector: what is handed over at a time. */
const BLOCK = 2048;

/** Makes the table. Rows stand in it in the order of the parts, so that it is joined with the data by position. */
export async function loadParts({ connection }: Pick<Dataset, 'connection'>, parts: Uint8Array): Promise<void> {
  const { DuckDBDataChunk, UTINYINT } = await duckdb();
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${PARTS_TABLE} (__part UTINYINT)`);
  const appender = await connection.createAppender(PARTS_TABLE, 'main', 'temp');
  for (let start = 0; start < parts.length; start += BLOCK) {
    const count = Math.min(BLOCK, parts.length - start);
    const chunk = DuckDBDataChunk.create([UTINYINT], count);
    chunk.setColumns([Array.from(parts.subarray(start, start + count)) as DuckDBValue[]]);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}
