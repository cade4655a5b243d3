import type { DuckDBValue } from '@duckdb/node-api';
import { refuseDuplicates } from './column-names.js';
import { duckdb, openDatabase } from './duckdb.js';
import { identifier, literal } from './sql.js';
import type { Labels } from './table.js';

/** What `predictions.parquet` holds of the rows, in their order. */
export interface PredictionRows {
  readonly ids: readonly string[];
  readonly labels: Labels;
  /** `scores[row * classes + class]`; one a row for regression. */
  readonly predictions: { readonly rows: number; readonly scores: Float64Array };
  /** The classes of the scores; empty for regression. */
  readonly classes: readonly string[];
}

/** Rows of a DuckDB vector: what is handed over at a time. */
const BLOCK = 2048;

/**
 * Writes predictions as Parquet: `id` (text), `label` (the class's text, or a number; NULL is missing), and
 * `score_<class>` a class (DOUBLE), or `prediction` for regression. The same rows give the same bytes: one thread, fixed
 * row groups, and nothing of the time or the machine in the file.
 */
export async function writePredictions(file: string, { ids, labels, predictions, classes }: PredictionRows): Promise<void> {
  const { rows, scores } = predictions;
  const width = labels.task === 'regression' ? 1 : classes.length;
  if (ids.length !== rows || labels.values.length !== rows || scores.length !== rows * width) {
    throw new Error(
      `${ids.length} ids, ${labels.values.length} labels and ${scores.length} scores for ${rows} rows of ${width}`,
    );
  }
  const scoreNames = scoreColumns(labels, classes);
  const { DOUBLE, DuckDBDataChunk, VARCHAR } = await duckdb();
  const labelType = labels.task === 'regression' ? DOUBLE : VARCHAR;
  const types = [VARCHAR, labelType, ...scoreNames.map(() => DOUBLE)];
  const names = ['id', 'label', ...scoreNames];
  const database = await openDatabase({ threads: 1 });
  try {
    const { connection } = database;
    await connection.run(
      `CREATE TABLE predictions (${names.map((name, index) => `${identifier(name)} ${types[index]!.toString()}`).join(', ')})`,
    );
    const appender = await connection.createAppender('predictions');
    for (let start = 0; start < rows; start += BLOCK) {
      const count = Math.min(BLOCK, rows - start);
      const column = (valueAt: (row: number) => DuckDBValue): DuckDBValue[] =>
        Array.from({ length: count }, (_, index) => valueAt(start + index));
      const chunk = DuckDBDataChunk.create(types, count);
      chunk.setColumns([
        column((row) => ids[row]!),
        column((row) => labelOf(labels, row)),
        ...scoreNames.map((_, score) => column((row) => scores[row * width + score]!)),
      ]);
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    await connection.run(`COPY predictions TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`);
  } finally {
    database.close();
  }
}

function scoreColumns(labels: Labels, classes: readonly string[]): string[] {
  if (labels.task === 'regression') return ['prediction'];
  const names = classes.map((text) => `score_${text}`);
  try {
    refuseDuplicates(names, { file: '' });
    return names;
  } catch {
    // Classes that differ in upper and lower case only cannot be names of columns; their places can.
    return classes.map((_, index) => `score_${index}`);
  }
}

function labelOf(labels: Labels, row: number): DuckDBValue {
  const value = labels.values[row]!;
  if (labels.task === 'regression') return Number.isNaN(value) ? null : value;
  return labels.classes[value] ?? null;
}
