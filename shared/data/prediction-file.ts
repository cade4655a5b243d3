import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf, UserError } from '../core/errors.js';
import { sha256OfFile } from '../core/file-digest.js';
import { formatCount } from '../core/format.js';
import { textHash } from './canonical.js';
import type { Dataset } from './dataset.js';
import { countRows, openDatabase, readArray, readRows } from './duckdb.js';
import { closeFence } from './fence.js';
import { type HashIndex, hashWords, indexHashes } from './hash-index.js';
import type { Predictions } from './predictions.js';
import { identifier, listLiteral, literal } from './sql.js';
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
    const rows = await countRows(connection, 'answers');
    const idSql = `CAST(${identifier(id)} AS VARCHAR)`;
    const nameless = await firstRow(connection, `${idSql} IS NULL OR ${idSql} = ''`);
    if (nameless) return fail(`row ${formatCount(nameless.row)} has no ${id}`);
    // Names become hashes: a text a row costs seconds and hundreds of megabytes among many.
    const index = indexHashes(await readArray(connection, `SELECT ${textHash([idSql])} FROM answers`, 'hash', rows));
    if (!index) {
      const twice = `SELECT ${idSql} AS id FROM answers GROUP BY ALL HAVING count(*) > 1 ORDER BY min(rowid) LIMIT 1`;
      const [repeated] = await readRows(connection, twice);
      return fail(`${id} ${JSON.stringify(repeated?.id)} stands twice; every row is predicted once`);
    }
    const scores = await readScores(connection, names, rows, labels, fail);
    const width = labels.task === 'regression' ? 1 : labels.classes.length;
    return {
      shown,
      digest: await sha256OfFile(file),
      bytes: (await stat(file)).size,
      async of(rows) {
        const found = new Float64Array(rows.length * width);
        const absent: number[] = [];
        const placeOf = await places(dataset, index);
        for (let at = 0; at < rows.length; at++) {
          const place = placeOf(rows[at]!);
          if (place === undefined) {
            absent.push(rows[at]!);
            continue;
          }
          for (let column = 0; column < width; column++) found[at * width + column] = scores[place * width + column]!;
        }
        const [example] = absent.length > 0 ? await dataset.rowIds(Uint32Array.of(absent[0]!)) : [];
        if (absent.length === rows.length) {
          const named =
            key === undefined
              ? 'data.key of the spec says which column names a row'
              : `rows are named by ${[key].flat().join(', ')}`;
          return fail(
            `it has none of the ${formatCount(rows.length)} rows that judge, such as ${JSON.stringify(example)}; ${named}`,
          );
        }
        if (absent.length > 0) {
          return fail(
            `it has no prediction for ${formatCount(absent.length)} of the ${formatCount(rows.length)} rows that judge, such as ${JSON.stringify(example)}`,
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

/** Where the file has a row of the data. */
async function places(dataset: Dataset, index: HashIndex): Promise<(row: number) => number | undefined> {
  const hashes = await dataset.rowIdHashes();
  if (hashes) {
    const words = hashWords(hashes);
    return (row) => index.get(words[row * 4]!, words[row * 4 + 1]!);
  }
  const ids = await dataset.rowIds();
  return (row) => {
    const digest = createHash('md5').update(ids[row]!).digest();
    return index.get(digest.readUInt32LE(0), digest.readUInt32LE(4));
  };
}

/** The first row of the file of which a condition holds, counted from 1. */
async function firstRow(
  connection: DuckDBConnection,
  condition: string,
  value = 'NULL',
): Promise<{ readonly row: number; readonly value: string } | undefined> {
  const sql = `SELECT rowid + 1 AS row, ${value} AS value FROM answers WHERE ${condition} ORDER BY rowid LIMIT 1`;
  const [found] = await readRows(connection, sql);
  return found && { row: Number(found.row), value: String(found.value) };
}

/** NaN where there is no number; then the model gives none for that row. */
async function readScores(
  connection: DuckDBConnection,
  names: readonly string[],
  rows: number,
  labels: Labels,
  fail: Fail,
): Promise<Float64Array> {
  const textOf = (name: string): string => `trim(CAST(${identifier(name)} AS VARCHAR))`;
  const numbers = (name: string): Promise<Float64Array> =>
    readArray(connection, `SELECT coalesce(TRY_CAST(${textOf(name)} AS DOUBLE), 'NaN'::DOUBLE) FROM answers`, 'float64', rows);
  if (labels.task === 'regression') {
    if (!names.includes('prediction'))
      return fail(`it has no column prediction; its columns: ${names.slice(0, 20).join(', ')}`);
    return numbers('prediction');
  }
  const { classes, task } = labels;
  const perClass = classes.map((name) => `score_${name}`);
  if (perClass.every((name) => names.includes(name))) {
    const columns: Float64Array[] = [];
    for (const name of perClass) columns.push(await numbers(name));
    for (const [at, column] of columns.entries()) checkProbabilities(column, perClass[at]!, fail);
    return joined(columns);
  }
  const single = ['score', 'prediction'].find((name) => names.includes(name));
  const accepted = `${perClass.slice(0, 5).join(', ')}${task === 'binary' ? `, or the probability of ${classes.at(-1)} as score` : ''}, or the class as prediction`;
  if (single === undefined)
    return fail(`it has no scores; accepted columns: ${accepted}; its columns: ${names.slice(0, 20).join(', ')}`);
  const text = `CAST(${identifier(single)} AS VARCHAR)`;
  const isGiven = `${text} IS NOT NULL AND ${text} <> ''`;
  const list = listLiteral(classes);
  if (!(await firstRow(connection, `${isGiven} AND NOT list_contains(${list}, ${text})`))) {
    const place = `coalesce(CAST(list_position(${list}, ${text}) AS DOUBLE), 'NaN'::DOUBLE)`;
    const found = await readArray(connection, `SELECT ${place} FROM answers`, 'float64', rows);
    return joined(classes.map((_, column) => found.map((at) => (Number.isNaN(at) ? at : at === column + 1 ? 1 : 0))));
  }
  const unknown = await firstRow(connection, `${isGiven} AND TRY_CAST(${textOf(single)} AS DOUBLE) IS NULL`, text);
  if (unknown)
    return fail(
      `${single} has ${JSON.stringify(unknown.value.slice(0, 60))}, which is no class of the labels (${classes.slice(0, 10).join(', ')})`,
    );
  if (task !== 'binary')
    return fail(`${single} has numbers, and there are ${classes.length} classes; accepted columns: ${accepted}`);
  const probabilities = await numbers(single);
  checkProbabilities(probabilities, single, fail);
  return joined([probabilities.map((probability) => 1 - probability), probabilities]);
}

/** A row's scores one after the other. */
function joined(columns: readonly Float64Array[]): Float64Array {
  const width = columns.length;
  const scores = new Float64Array(columns[0]!.length * width);
  for (const [column, values] of columns.entries()) {
    for (let row = 0; row < values.length; row++) scores[row * width + column] = values[row]!;
  }
  return scores;
}

function checkProbabilities(values: Float64Array, name: string, fail: Fail): void {
  const row = values.findIndex((value) => value < 0 || value > 1);
  if (row >= 0) fail(`${name} is ${values[row]} in row ${formatCount(row + 1)}; probabilities are between 0 and 1`);
}
