import { messageOf, UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { countRows, openDatabase, readArray, readRows } from './duckdb.js';
import type { Predictions } from './predictions.js';
import { identifier, literal } from './sql.js';

/** What the predictions of a user's own program have to be. */
export interface GivenPredictions {
  /** How messages name the file. */
  readonly what: string;
  readonly task: Predictions['task'];
  /** The positive one last; empty for regression. */
  readonly classes: readonly string[];
  /** Rows of the file that they are for. */
  readonly rows: number;
}

/**
 * Reads the Parquet file that a program wrote instead of a model: a row for every row that it was given, in the same order.
 * Regression: a column `prediction`. Classification: `score_<class>` for every class, or for two classes `score`, the
 * probability of the positive one.
 * @throws UserError that says what is wrong with the file
 */
export async function readGivenPredictions(
  file: string,
  { what, task, classes, rows }: GivenPredictions,
): Promise<Predictions> {
  const database = await openDatabase();
  try {
    const { connection } = database;
    const from = `read_parquet(${literal(file)}, hive_partitioning = false)`;
    const types = new Map(
      (await readRows(connection, `DESCRIBE SELECT * FROM ${from}`)).map((row) => [String(row.column_name), row.column_type]),
    );
    const count = await countRows(connection, from);
    if (count !== rows)
      throw new UserError(
        `${what} has ${formatCount(count)} rows for the ${formatCount(rows)} of MLOPS_TEST; write one a row, in its order`,
      );
    const single = task === 'binary' && types.has('score');
    const names = task === 'regression' ? ['prediction'] : single ? ['score'] : classes.map((name) => `score_${name}`);
    const absent = names.filter((name) => !types.has(name));
    if (absent.length > 0)
      throw new UserError(
        `${what} has no column ${absent.join(', ')}; found: ${[...types.keys()].slice(0, 20).join(', ')}; expected: ${names.join(', ')}` +
          (task === 'binary' ? `, or score, the probability of ${classes.at(-1)}` : ''),
      );
    const columns: Float64Array[] = [];
    for (const name of names) {
      const sql = `SELECT coalesce(CAST(${identifier(name)} AS DOUBLE), 'NaN'::DOUBLE) FROM ${from}`;
      const values = await readArray(connection, sql, 'float64', rows);
      checkValues(values, `${what}, column ${name}`, task !== 'regression');
      columns.push(values);
    }
    if (task === 'regression') return { task, rows, scores: columns[0]! };
    if (single) columns.unshift(columns[0]!.map((value) => 1 - value));
    const scores = new Float64Array(rows * columns.length);
    for (const [k, values] of columns.entries())
      for (let row = 0; row < rows; row++) scores[row * columns.length + k] = values[row]!;
    return { task, classes, rows, scores };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${what} cannot be read as Parquet: ${messageOf(error).split('\n')[0]}`, { cause: error });
  } finally {
    database.close();
  }
}

function checkValues(values: Float64Array, where: string, probabilities: boolean): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value) || (probabilities && !(value >= 0 && value <= 1)));
  if (wrong < 0) return;
  const accepted = probabilities ? 'probabilities from 0 to 1' : 'finite numbers';
  throw new UserError(
    `${where}, row ${wrong + 1} is ${Number.isNaN(values[wrong]) ? 'missing' : values[wrong]}; accepted are ${accepted}`,
  );
}
