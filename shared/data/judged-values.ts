import type { DuckDBValue } from '@duckdb/node-api';
import { type Location, messageOf, UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { storedType } from './column-types.js';
import type { Dataset } from './dataset.js';
import { duckdb, readArray } from './duckdb.js';
import { checkExpression } from './fence.js';
import type { Predictions } from './predictions.js';
import { identifier } from './sql.js';
import type { Labels } from './table.js';
import { withTimeLimit } from './time-limit.js';

/** A model on judged rows: labels and predictions in the rows' order. */
export interface JudgedModelRows {
  readonly labels: Labels;
  readonly predictions: Predictions;
  /** Of two classes; default 0.5. */
  readonly threshold?: number | undefined;
}

/** A view of the judged rows, in the order of `place`. */
interface Judgement {
  readonly view: string;
  /** The column that orders the rows. */
  readonly place: string;
  /** The columns of the data that can be read: all but those whose names mean the judgement's. */
  readonly columns: readonly string[];
  /** Of more than two classes: the columns with the probability of each, in their order. */
  readonly scores: readonly string[];
}

/** An expression of the spec over the data's columns and the three of a judgement. */
export interface JudgedExpression {
  readonly name: string;
  readonly sql: string;
  readonly location: Location;
}

const TABLE = '__judged';
const VIEW = '__judgement';
const PLACE = '__place';
/** Columns of the data with these names cannot be read in such expressions: they mean the judgement's. */
export const JUDGED = ['label', 'prediction', 'decision'] as const;
const BLOCK = 2048;

/**
 * The values of expressions over judged rows, one number a row; NULL is NaN. Beside the columns of the data they read
 * `label`, `prediction` and `decision`. Binary: 1 for the positive class and 0, the probability of the positive class, 1 from the
 * threshold on and 0. More classes: the class, the probability of the decided class, the decided class. Regression: the label, the
 * prediction, and the prediction again.
 * @param rows the judged rows in the dataset's order; labels and predictions have the same order
 * @throws UserError at the expression that is wrong, fails on a value, or is not a finite number
 */
export function judgedValues(
  dataset: Dataset,
  rows: Uint32Array,
  model: JudgedModelRows,
  expressions: readonly JudgedExpression[],
): Promise<Float64Array[]> {
  return withJudgement(dataset, rows, model, (judgement) => valuesOf(dataset, rows, judgement, expressions));
}

/** Lays the judged rows of a model beside the data as a view for as long as `work` takes. */
export async function withJudgement<Result>(
  dataset: Dataset,
  rows: Uint32Array,
  { labels, predictions, threshold = 0.5 }: JudgedModelRows,
  work: (judgement: Judgement) => Promise<Result>,
): Promise<Result> {
  const { connection } = dataset;
  const scores = labels.task === 'multiclass' ? labels.classes.map((_, index) => `__score_${index}`) : [];
  await loadJudged(dataset, rows, { labels, predictions, threshold, scores });
  try {
    const columns = dataset.columnNames.filter((name) => !(JUDGED as readonly string[]).includes(name.toLowerCase()));
    const own = columns.map((name) => `s.${identifier(name)}`);
    await connection.run(
      `CREATE OR REPLACE TEMP VIEW ${VIEW} AS SELECT ${[...own, ...[...JUDGED, ...scores, PLACE].map((name) => `j.${name}`)].join(', ')} FROM source s POSITIONAL JOIN ${TABLE} j WHERE j.${PLACE} IS NOT NULL`,
    );
    return await work({ view: VIEW, place: PLACE, columns, scores });
  } finally {
    await connection.run(`DROP VIEW IF EXISTS ${VIEW}`);
    await connection.run(`DROP TABLE IF EXISTS ${TABLE}`);
  }
}

async function valuesOf(
  { connection }: Dataset,
  rows: Uint32Array,
  { columns }: Judgement,
  expressions: readonly JudgedExpression[],
): Promise<Float64Array[]> {
  const found: Float64Array[] = [];
  for (const { name, sql, location } of expressions) {
    const fail = (message: string, cause?: unknown): never => {
      throw new UserError({ message: `evaluate.custom.${name}: ${message}`, location }, { cause });
    };
    const checked = await checkExpression(connection, sql, VIEW, [...columns, ...JUDGED], location);
    if (!['integer', 'number', 'boolean'].includes(storedType(checked.type))) {
      fail(`the expression is ${checked.type}; a metric is the mean of a number (or of true and false) a row`);
    }
    const values = await withTimeLimit(connection, () =>
      readArray(
        connection,
        `SELECT coalesce(CAST(${checked.sql} AS DOUBLE), 'NaN'::DOUBLE) FROM ${VIEW} ORDER BY ${PLACE}`,
        'float64',
        rows.length,
      ),
    ).catch((error: unknown) => fail(`the expression fails on the data: ${messageOf(error).split('\n')[0]}`, error));
    const infinite = values.reduce((count, value) => count + (Math.abs(value) === Number.POSITIVE_INFINITY ? 1 : 0), 0);
    if (infinite > 0) fail(`the expression is infinite for ${formatCount(infinite)} rows; NULL leaves a row out`);
    found.push(values);
  }
  return found;
}

async function loadJudged(
  { connection, rows: all }: Dataset,
  rows: Uint32Array,
  {
    labels,
    predictions,
    threshold,
    scores,
  }: { labels: Labels; predictions: Predictions; threshold: number; scores: readonly string[] },
): Promise<void> {
  const { BIGINT, DOUBLE, DuckDBDataChunk, VARCHAR } = await duckdb();
  const isText = labels.task === 'multiclass';
  const classType = isText ? VARCHAR : DOUBLE;
  const types = [BIGINT, classType, DOUBLE, classType, ...scores.map(() => DOUBLE)];
  const sqlClass = isText ? 'VARCHAR' : 'DOUBLE';
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${TABLE} (${PLACE} BIGINT, label ${sqlClass}, prediction DOUBLE, decision ${sqlClass}${scores.map((name) => `, ${name} DOUBLE`).join('')})`,
  );
  const answers = answersOf(labels, predictions, threshold);
  // All rows of the data stand in the table in their order, so that the two are joined by position.
  const placeOf = new Int32Array(all).fill(-1);
  for (const [place, row] of rows.entries()) placeOf[row] = place;
  const appender = await connection.createAppender(TABLE, 'main', 'temp');
  for (let start = 0; start < all; start += BLOCK) {
    const count = Math.min(BLOCK, all - start);
    const column = (valueAt: (place: number) => DuckDBValue): DuckDBValue[] =>
      Array.from({ length: count }, (_, index) => {
        const place = placeOf[start + index]!;
        return place < 0 ? null : valueAt(place);
      });
    const chunk = DuckDBDataChunk.create(types, count);
    chunk.setColumns([
      column((place) => BigInt(place)),
      column(answers.label),
      column(answers.prediction),
      column(answers.decision),
      ...scores.map((_, index) => column(scoreOf(labels, predictions, index))),
    ]);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** The probability of the class at an index of the labels. */
function scoreOf(labels: Labels, { task, ...predictions }: Predictions, index: number): Answer {
  if (labels.task === 'regression' || !('classes' in predictions)) throw new Error(`task ${task} has no scores of classes`);
  const { classes, scores } = predictions;
  const at = classes.indexOf(labels.classes[index]!);
  return (row) => scores[row * classes.length + at]!;
}

type Answer = (row: number) => DuckDBValue;

function answersOf(
  labels: Labels,
  predictions: Predictions,
  threshold: number,
): { readonly label: Answer; readonly prediction: Answer; readonly decision: Answer } {
  const { scores } = predictions;
  if (labels.task === 'regression' || predictions.task === 'regression') {
    const prediction = (row: number): DuckDBValue => scores[row]!;
    return { label: (row) => labels.values[row]!, prediction, decision: prediction };
  }
  const { classes } = predictions;
  const width = classes.length;
  if (labels.task === 'binary') {
    const positive = classes.indexOf(labels.classes.at(-1)!);
    const prediction = (row: number): number => scores[row * width + positive]!;
    return { label: (row) => labels.values[row]!, prediction, decision: (row) => (prediction(row) >= threshold ? 1 : 0) };
  }
  const decided = (row: number): number => {
    let best = 0;
    for (let column = 1; column < width; column++)
      if (scores[row * width + column]! > scores[row * width + best]!) best = column;
    return best;
  };
  return {
    label: (row) => labels.classes[labels.values[row]!]!,
    prediction: (row) => scores[row * width + decided(row)]!,
    decision: (row) => classes[decided(row)]!,
  };
}
