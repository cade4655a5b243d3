import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import type { Dataset } from '../../../shared/data/dataset.js';
import { openDatabase } from '../../../shared/data/duckdb.js';
import { openDataset } from '../../../shared/data/open-dataset.js';
import { literal } from '../../../shared/data/sql.js';
import { type Spec, specSchema } from '../../../shared/spec/schema.js';

/** The real data files (vega-datasets). */
export const REAL = fileURLToPath(new URL('../../../node_modules/vega-datasets/data/', import.meta.url));

const directories: string[] = [];
const datasets: Dataset[] = [];

/** What a test file opened is closed and removed after its last test. */
export function cleanUp(): void {
  afterAll(() => {
    for (const dataset of datasets.splice(0)) dataset.close();
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
  });
}

/** A new working directory with these files. */
export function workspace(files: { readonly [path: string]: string | Uint8Array } = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mlops-data-')));
  directories.push(directory);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  return directory;
}

/** A spec of a small binary model, with sections replaced. */
export function spec(sections: { readonly [section: string]: unknown } = {}): Spec {
  return specSchema.parse({ name: 'test', task: 'binary', data: { path: 'data.csv' }, target: { column: 'y' }, ...sections });
}

/** Locations that name the key. */
export const locate = (path: readonly (string | number)[]) => ({ file: `mlops.yaml#${path.join('.')}` });

export async function open(directory: string, sections: { readonly [section: string]: unknown } = {}): Promise<Dataset> {
  const parsed = spec(sections);
  const paths = [parsed.data.path].flat();
  // The real files stand outside; only the workflow can name such.
  const data = paths.every((path) => path.startsWith(REAL)) && { data: paths };
  const dataset = await openDataset({ spec: parsed, directory, locate, ...data });
  datasets.push(dataset);
  return dataset;
}

/** A dataset of one CSV file. */
export function openCsv(text: string, sections: { readonly [section: string]: unknown } = {}): Promise<Dataset> {
  return open(workspace({ 'data.csv': text }), sections);
}

/** The message of the UserError that something ends with. */
export async function userError(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
}

/** Runs statements in a database of its own: makes the data files of a test. */
export async function duck(...statements: string[]): Promise<void> {
  const { connection, close } = await openDatabase();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    close();
  }
}

/** The rows of a real file in another order, written in every format that we read; returns the paths. */
export async function everyFormat(source: string, directory: string): Promise<string[]> {
  const from = source.endsWith('.csv') ? `read_csv(${literal(source)})` : `read_json(${literal(source)})`;
  const formats = {
    'data.csv': 'FORMAT csv, HEADER',
    'data.tsv': "FORMAT csv, HEADER, DELIMITER '\t'",
    'packed.csv.gz': 'FORMAT csv, HEADER, COMPRESSION gzip',
    'packed.csv.zst': 'FORMAT csv, HEADER, COMPRESSION zstd',
    'data.json': 'FORMAT json, ARRAY true',
    'data.ndjson': 'FORMAT json',
    'packed.ndjson.gz': 'FORMAT json, COMPRESSION gzip',
    'data.parquet': 'FORMAT parquet',
  };
  const paths = Object.keys(formats).map((name) => join(directory, name));
  await duck(
    `CREATE TABLE t AS SELECT * FROM ${from}`,
    ...Object.values(formats).map(
      (format, index) =>
        `COPY (SELECT * FROM t ORDER BY hash(rowid + ${index * 1000}), rowid) TO ${literal(paths[index]!)} (${format})`,
    ),
  );
  return paths;
}
