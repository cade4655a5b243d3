import { openDatabase, readArray, readRows, readTexts } from './duckdb.js';
import { identifier, literal } from './sql.js';

/** All scores of a `predictions.parquet` that writePredictions made. */
export interface StoredScores {
  /** The place of every row, by its id. */
  readonly places: ReadonlyMap<string, number>;
  /** A column a score, in the order of the file. */
  readonly columns: readonly Float64Array[];
}

/** @param width scores a row that the file must have */
export async function readStoredScores(file: string, width: number): Promise<StoredScores> {
  const database = await openDatabase({ threads: 1 });
  try {
    const { connection } = database;
    const from = `read_parquet(${literal(file)})`;
    const found = (await readRows(connection, `DESCRIBE SELECT * FROM ${from}`)).map((row) => String(row.column_name));
    const names = found.filter((name) => name !== 'id' && name !== 'label');
    if (names.length !== width) throw new Error(`${file} has ${names.length} scores a row instead of ${width}`);
    const ids = await readTexts(connection, `SELECT CAST(id AS VARCHAR) FROM ${from}`);
    const columns: Float64Array[] = [];
    for (const name of names) {
      const sql = `SELECT coalesce(CAST(${identifier(name)} AS DOUBLE), 'NaN'::DOUBLE) FROM ${from}`;
      columns.push(await readArray(connection, sql, 'float64', ids.length));
    }
    return { places: new Map(ids.map((id, index) => [id ?? '', index])), columns };
  } finally {
    database.close();
  }
}
