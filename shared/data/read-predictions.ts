import { openDatabase, readRows } from './duckdb.js';
import { identifier, listLiteral, literal } from './sql.js';

/**
 * The scores that `predictions.parquet` (writePredictions) holds of some rows, in the order of its columns.
 * @param ids the rows; those that the file does not have are left out
 */
export async function readPredictions(file: string, ids: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
  const database = await openDatabase({ threads: 1 });
  try {
    const { connection } = database;
    const from = `read_parquet(${literal(file)})`;
    const names = (await readRows(connection, `DESCRIBE SELECT * FROM ${from}`)).map((row) => String(row.column_name));
    const scores = names.filter((name) => name !== 'id' && name !== 'label');
    const list = scores.map((name) => `CAST(${identifier(name)} AS DOUBLE)`).join(', ');
    const rows = await readRows(
      connection,
      `SELECT id, [${list}] AS scores FROM ${from} WHERE list_contains(${listLiteral(ids)}, id)`,
    );
    return new Map(rows.map(({ id, scores: values }) => [String(id), (values as readonly unknown[]).map(Number)]));
  } finally {
    database.close();
  }
}
