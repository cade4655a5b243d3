import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { messageOf, UserError } from '../core/errors.js';
import { sha256OfFile } from '../core/file-digest.js';
import { formatCount } from '../core/format.js';
import type { Dataset } from './dataset.js';
import { openDatabase, readRows, readTexts } from './duckdb.js';
import { closeFence } from './fence.js';
import type { Predictions } from './predictions.js';
import { identifier, literal } from './sql.js';
import type { Labels } from './table.js';

/** Predictions that were made elsewhere, by any model. */
export interface PredictionFile {
  /** For messages. */
  readonly shown: string;
  /** Of the file's bytes. */
  readonly digest: string;
  readonly bytes: number;
  /** Of rows of the data, in their order. @throws UserError for a row that the file does not have */
  of(rows: Uint32Array): Promise<Predictions>;
}

/** Whether a path names predictions instead of a model. */
export function isPredictionPath(path: string): boolean {
  return /\.(parquet|csv|csv\.gz|tsv)$/i.test(path);
}

/**
 * Reads a file of predictions. Its rows are named by `id` (or by the column of `data.key`), as in the bundles' `predictions.parquet`.
 * Scores: `prediction` (regression); `score_<class>` for every class; binary also the probability of the positive class as
 * `score` or `prediction`; or the class itself as `prediction`, which then is certain.
 * @param shown the path as the user wrote it
 * @throws UserError where the file cannot be read, ids are missing or stand twice, or scores are not what they must be
 */
export async function openPredictionFile(
  file: string,
  shown: string,
  { dataset, labels, input }: { dataset: Dataset; labels: Labels; input: string },
): Promise<PredictionFile> {
  const fail = (message: string, cause?: unknown): never => {
    throw new UserError(`Input "${input}", ${JSON.stringify(shown)}: ${message}`, { cause });
  };
  if (!existsSync(file)) return fail('there is no such file');
  const database = await openDatabase();
  try {
    const { connection } = database;
    const reader = /\.parquet$/i.test(file)
      ? `read_parquet(${literal(file)})`
      : `read_csv(${literal(file)}, all_varchar = true, header = true)`;
    await connection
      .run(`CREATE TABLE answers AS SELECT * FROM ${reader}`)
      .catch((error: unknown) => fail(`it cannot be read: ${messageOf(error).split('\n')[0]}`, error));
    await closeFence(connection);
    const names = (await readRows(connection, 'DESCRIBE answers')).map((row) => String(row.column_name));
    const { key } = dataset.spec.data;
    const id = ['id', ...(typeof key === 'string' ? [key] : [])].find((name) => names.includes(name));
    if (id === undefined)
      return fail(
        `it has no column ${JSON.stringify(typeof key === 'string' ? key : 'id')} that names its rows; its columns: ${names.slice(0, 20).join(', ')}`,
      );
    const texts = async (name: string): Promise<(string | null)[]> =>
      readTexts(connection, `SELECT CAST(${identifier(name)} AS VARCHAR) FROM answers`);
    const places = new Map<string, number>();
    for (const [place, text] of (await texts(id)).entries()) {
      if (text === null || text === '') return fail(`row ${formatCount(place + 1)} has no ${id}`);
      if (places.has(text)) return fail(`${id} ${JSON.stringify(text)} stands twice; every row is predicted once`);
      places.set(text, place);
    }
    const scores = await readScores(names, texts, labels, fail);
    const width = labels.task === 'regression' ? 1 : labels.classes.length;
    return {
      shown,
      digest: await sha256OfFile(file),
      bytes: (await stat(file)).size,
      async of(rows) {
        const found = new Float64Array(rows.length * width);
        const absent: string[] = [];
        for (const [at, name] of (await dataset.rowIds(rows)).entries()) {
          const place = places.get(name);
          if (place === undefined) {
            absent.push(name);
            continue;
          }
          for (let column = 0; column < width; column++) found[at * width + column] = scores[place * width + column]!;
        }
        if (absent.length === rows.length) {
          const named =
            key === undefined
              ? 'data.key of the spec says which column names a row'
              : `rows are named by ${[key].flat().join(', ')}`;
          return fail(
            `it has none of the ${formatCount(rows.length)} rows that judge, such as ${JSON.stringify(absent[0])}; ${named}`,
          );
        }
        if (absent.length > 0) {
          return fail(
            `it has no prediction for ${formatCount(absent.length)} of the ${formatCount(rows.length)} rows that judge, such as ${JSON.stringify(absent[0])}`,
          );
        }
        return labels.task === 'regression'
          ? { task: labels.task, rows: rows.length, scores: found }
          : { task: labels.task, classes: labels.classes, rows: rows.length, scores: found };
      },
    };
  } finally {
    database.close();
  }
}

type Fail = (message: string) => never;

/** NaN where there is no number; then the model gives none for that row. */
async function readScores(
  names: readonly string[],
  texts: (name: string) => Promise<(string | null)[]>,
  labels: Labels,
  fail: Fail,
): Promise<Float64Array> {
  const numbers = async (name: string): Promise<Float64Array> =>
    Float64Array.from(await texts(name), (text) => (text === null || text.trim() === '' ? Number.NaN : Number(text)));
  if (labels.task === 'regression') {
    if (!names.includes('prediction'))
      return fail(`it has no column prediction; its columns: ${names.slice(0, 20).join(', ')}`);
    return numbers('prediction');
  }
  const { classes, task } = labels;
  const perClass = classes.map((name) => `score_${name}`);
  if (perClass.every((name) => names.includes(name))) {
    const columns = await Promise.all(perClass.map(numbers));
    for (const [at, column] of columns.entries()) checkProbabilities(column, perClass[at]!, fail);
    return Float64Array.from(
      { length: columns[0]!.length * classes.length },
      (_, at) => columns[at % classes.length]![Math.floor(at / classes.length)]!,
    );
  }
  const single = ['score', 'prediction'].find((name) => names.includes(name));
  const accepted = `${perClass.slice(0, 5).join(', ')}${task === 'binary' ? `, or the probability of ${classes.at(-1)} as score` : ''}, or the class as prediction`;
  if (single === undefined)
    return fail(`it has no scores; accepted columns: ${accepted}; its columns: ${names.slice(0, 20).join(', ')}`);
  const given = await texts(single);
  if (given.every((text) => text === null || text === '' || classes.includes(text))) {
    const scores = new Float64Array(given.length * classes.length);
    for (const [row, text] of given.entries()) {
      for (const [column, name] of classes.entries()) {
        scores[row * classes.length + column] = text === null || text === '' ? Number.NaN : text === name ? 1 : 0;
      }
    }
    return scores;
  }
  const unknown = given.find((text) => text !== null && text !== '' && Number.isNaN(Number(text)));
  if (typeof unknown === 'string')
    return fail(
      `${single} has ${JSON.stringify(unknown.slice(0, 60))}, which is no class of the labels (${classes.slice(0, 10).join(', ')})`,
    );
  if (task !== 'binary')
    return fail(`${single} has numbers, and there are ${classes.length} classes; accepted columns: ${accepted}`);
  const probabilities = await numbers(single);
  checkProbabilities(probabilities, single, fail);
  return Float64Array.from({ length: probabilities.length * 2 }, (_, at) =>
    at % 2 === 1 ? probabilities[at >> 1]! : 1 - probabilities[at >> 1]!,
  );
}

function checkProbabilities(values: Float64Array, name: string, fail: Fail): void {
  const row = values.findIndex((value) => value < 0 || value > 1);
  if (row >= 0) fail(`${name} is ${values[row]} in row ${formatCount(row + 1)}; probabilities are between 0 and 1`);
}
