import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { Bundle } from '../../bundle/read.js';
import { type Location, UserError } from '../../core/errors.js';
import { formatBytes, formatCount, formatDuration } from '../../core/format.js';
import type { Progress } from '../../core/progress.js';
import { columnKey } from '../../data/column-names.js';
import { duckdb, readRows } from '../../data/duckdb.js';
import { INPUT_ROWS, type InputRows, openInputRows } from '../../data/input-rows.js';
import type { SourceFile } from '../../data/sources.js';
import { identifier, literal } from '../../data/sql.js';
import type { ColumnSchema } from '../../data/table.js';
import { openModel, type PredictContext } from '../../onnx/session.js';
import { TOLERANCE } from '../answers.js';
import type { Candidate, Check, Plan, Rollback, Step, Target } from '../target.js';
import { decisionOf, outputColumns } from './output-columns.js';
import { scoreBlocks } from './score-pool.js';

export interface BatchOptions {
  readonly candidate: Candidate;
  readonly bundle: Bundle;
  /** `features.use`, for models with a single input for all features. */
  readonly features?: readonly string[];
  readonly files: readonly SourceFile[];
  /** Where the scores go: a file, or with `partition` a folder. */
  readonly output: string;
  /** The same as the spec has it, for messages. */
  readonly shownOutput: string;
  /** A column whose every value becomes a folder `<column>=<value>`. */
  readonly partition?: string;
  /** Columns of the input that stay beside the scores; none means all. */
  readonly kept: readonly string[];
  /** Of `deploy.batch` in the spec. */
  readonly location: Location;
  readonly progress: Progress;
  readonly threads?: number;
}

/** Rows of a block: large enough that handing it over costs little, small enough that a few of them fit anywhere. */
const BLOCK_ROWS = 65_536;

/** Rows of the finished output that are scored again, one by one, by a session of their own. */
const CHECKED_ROWS = 64;

const SCORES = '__scores';

/**
 * Files in, Parquet out. The output has the rows in the order of the input; it is written beside its place and moved there
 * when it has been verified, so that a reader sees the old scores or the new ones, and never half of them.
 */
export class BatchTarget implements Target {
  readonly kind = 'batch';
  readonly #options: BatchOptions;
  readonly #draft: string;
  readonly #moved: string[] = [];
  #rows: InputRows | undefined;
  #outputNames: readonly string[] = [];

  constructor(options: BatchOptions) {
    this.#options = options;
    // In the same folder, so that moving it is one step; names that begin with a dot are no match of a pattern.
    this.#draft = join(dirname(options.output), `.${basename(options.output)}.${randomUUID().slice(0, 8)}`);
  }

  url(): undefined {
    return undefined;
  }

  async plan(): Promise<Plan> {
    const { files, shownOutput, partition, candidate } = this.#options;
    const sizes = await Promise.all(files.map(async ({ path }) => (await stat(path)).size));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const many = files.length === 1 ? files[0]!.display : `${formatCount(files.length)} files`;
    return {
      unchanged: false,
      steps: [
        `score ${many} (${formatBytes(bytes)}) with ${candidate.version}`,
        `write ${shownOutput}${partition === undefined ? '' : `, a folder for each value of ${partition}`}`,
      ],
      notices: [],
    };
  }

  async *apply(): AsyncIterable<Step> {
    const { bundle, files, location, progress, features } = this.#options;
    const { manifest } = bundle;
    const isMatrix = features !== undefined && manifest.signature.inputs.length === 1;
    const inputs: readonly ColumnSchema[] = isMatrix
      ? features.map((name) => ({ name, type: 'number' }))
      : manifest.signature.inputs.map(({ name, column }) => ({ name, type: column }));
    const context: PredictContext = {
      ...{ task: manifest.task, classes: manifest.classes },
      ...(isMatrix && { columns: features }),
    };
    const started = performance.now();
    const rows = await openInputRows(files, inputs, location);
    this.#rows = rows;
    const kept = this.#keptColumns(rows);
    const scores = outputColumns(manifest, kept, location);
    this.#outputNames = scores.map(({ name }) => name);
    progress(
      `${formatCount(rows.rows)} rows in ${files.length === 1 ? files[0]!.display : `${formatCount(files.length)} files`}`,
    );
    await this.#score(rows, context);
    const took = (performance.now() - started) / 1000;
    progress(`scored ${formatCount(rows.rows)} rows in ${formatDuration(took)}`);
    await this.#write(rows, kept);
    yield { name: `scored ${formatCount(rows.rows)} rows` };
    await this.#move();
    this.#close();
  }

  async verify(): Promise<readonly Check[]> {
    const rows = this.#rows!;
    const pattern = this.#options.partition === undefined ? this.#draft : join(this.#draft, '**', '*.parquet');
    const from = `read_parquet(${literal(pattern)}, hive_partitioning = false)`;
    const [counted] = await readRows(rows.connection, `SELECT count(*) AS n FROM ${from}`);
    const written = Number(counted?.n);
    const checks: Check[] = [
      {
        name: 'rows',
        ok: written === rows.rows,
        detail: `${formatCount(written)} of ${formatCount(rows.rows)} rows are in the output`,
      },
      await this.#scoredAgain(rows),
    ];
    return checks;
  }

  async rollback(): Promise<Rollback> {
    this.#close();
    await rm(this.#draft, { recursive: true, force: true });
    if (this.#moved.length === 0) return { complete: true, note: 'the output is as it was before' };
    return { complete: false, note: `${this.#moved.length} of the new partitions are in place already: run the job again` };
  }

  output(): { readonly folder: string; readonly files: readonly string[] } {
    const { output, partition } = this.#options;
    if (partition === undefined) return { folder: dirname(output), files: [output] };
    return {
      folder: output,
      files: this.#moved.flatMap((name) => readdirSync(join(output, name)).map((file) => join(output, name, file))),
    };
  }

  #keptColumns({ columns }: InputRows): readonly string[] {
    const { kept, partition, location } = this.#options;
    const find = (name: string, what: string): string => {
      const column = columns.find((candidate) => columnKey(candidate.name) === columnKey(name));
      if (column) return column.name;
      throw new UserError({ message: `${what} is ${JSON.stringify(name)}, and the files have no such column`, location });
    };
    // Lists and objects cannot be told apart from scores by a reader; all else stays.
    const names =
      kept.length === 0
        ? columns.filter(({ type }) => type !== 'nested').map(({ name }) => name)
        : kept.map((name) => find(name, 'data.key'));
    const folder = partition === undefined ? [] : [find(partition, 'deploy.batch.partition')];
    return [...new Set([...names, ...folder])];
  }

  async #score(rows: InputRows, context: PredictContext): Promise<void> {
    const { bundle, progress, threads = availableParallelism() } = this.#options;
    const { manifest, modelFile } = bundle;
    const { DOUBLE, DuckDBDataChunk, VARCHAR } = await duckdb();
    const width = manifest.task === 'regression' ? 1 : manifest.classes.length;
    const isRegression = manifest.task === 'regression';
    const types = [...(isRegression ? [] : [VARCHAR]), ...Array.from({ length: width }, () => DOUBLE)];
    const names = this.#outputNames.map((name, at) => `${identifier(name)} ${types[at]!.toString()}`);
    await rows.connection.run(`CREATE TABLE ${SCORES} (${names.join(', ')})`);
    const appender = await rows.connection.createAppender(SCORES);
    const decide = decisionOf(manifest);
    async function* blocks() {
      for (let start = 0; start < rows.rows; start += BLOCK_ROWS)
        yield { start, table: await rows.table(start, Math.min(rows.rows, start + BLOCK_ROWS)) };
    }
    let said = performance.now();
    const onScores = async (start: number, scores: Float64Array): Promise<void> => {
      const count = scores.length / width;
      for (let from = 0; from < count; from += VECTOR) {
        const size = Math.min(VECTOR, count - from);
        const column = (valueAt: (row: number) => DuckDBValue): DuckDBValue[] =>
          Array.from({ length: size }, (_, at) => valueAt(from + at));
        const chunk = DuckDBDataChunk.create(types, size);
        const values = Array.from({ length: width }, (_, score) => column((row) => scores[row * width + score]!));
        chunk.setColumns(isRegression ? values : [column((row) => decide(scores, row)), ...values]);
        appender.appendDataChunk(chunk);
      }
      if (performance.now() - said < 1000) return;
      said = performance.now();
      progress(`${formatCount(start + count)} of ${formatCount(rows.rows)} rows`);
    };
    const lanes = Math.max(1, Math.min(threads, Math.ceil(rows.rows / BLOCK_ROWS)));
    await scoreBlocks({ modelFile, context }, lanes, blocks(), onScores);
    appender.closeSync();
  }

  async #write(rows: InputRows, kept: readonly string[]): Promise<void> {
    const { candidate, partition, output } = this.#options;
    await mkdir(dirname(output), { recursive: true });
    const { connection } = rows;
    const select = [
      ...kept.map((name) => `i.${identifier(name)}`),
      ...this.#outputNames.map((name) => `s.${identifier(name)}`),
    ];
    const folder = partition === undefined ? undefined : kept.find((name) => columnKey(name) === columnKey(partition));
    const options = [
      'FORMAT parquet',
      'COMPRESSION zstd',
      `KV_METADATA { mlops_model: ${literal(candidate.model)}, mlops_version: ${literal(candidate.version)}, mlops_digest: ${literal(candidate.digest)} }`,
      ...(folder === undefined
        ? ['ROW_GROUP_SIZE 122880']
        : [`PARTITION_BY (${identifier(folder)})`, "FILENAME_PATTERN 'scores_{i}'"]),
    ];
    // Several writers of one partition would each have a file, in no order.
    if (folder !== undefined) await connection.run('SET threads = 1');
    await connection.run(
      `COPY (SELECT ${select.join(', ')} FROM ${INPUT_ROWS} i POSITIONAL JOIN ${SCORES} s) TO ${literal(this.#draft)} (${options.join(', ')})`,
    );
  }

  /** Scores some of the output's rows again, by themselves: what the threads have joined together must be each row's own. */
  async #scoredAgain(rows: InputRows): Promise<Check> {
    const { bundle, features } = this.#options;
    const { manifest } = bundle;
    const width = manifest.task === 'regression' ? 1 : manifest.classes.length;
    const names = manifest.task === 'regression' ? this.#outputNames : this.#outputNames.slice(1);
    const count = Math.min(CHECKED_ROWS, rows.rows);
    const model = await openModel(bundle.modelFile, { threads: 1 });
    try {
      let worst = 0;
      for (let at = 0; at < count; at++) {
        const row = Math.floor((at * rows.rows) / count);
        const isMatrix = features !== undefined && manifest.signature.inputs.length === 1;
        const context = { task: manifest.task, classes: manifest.classes, ...(isMatrix && { columns: features }) };
        const { scores } = await model.predict(await rows.table(row, row + 1), context);
        const found = await scoresAt(rows.connection, names, row);
        for (let score = 0; score < width; score++) {
          const scale = manifest.task === 'regression' ? Math.max(1, Math.abs(scores[score]!)) : 1;
          worst = Math.max(worst, Math.abs(found[score]! - scores[score]!) / scale);
        }
      }
      const ok = worst <= TOLERANCE;
      return {
        name: 'scored again',
        ok,
        detail: `${count} rows by themselves differ by at most ${worst === 0 ? '0' : worst.toExponential(1)}`,
      };
    } finally {
      await model.close();
    }
  }

  /** Puts the finished output in its place. Partitions that this run has not written stay. */
  async #move(): Promise<void> {
    const { output, partition } = this.#options;
    if (partition === undefined) {
      await rename(this.#draft, output);
      this.#moved.push(output);
      return;
    }
    await mkdir(output, { recursive: true });
    for (const name of (await readdir(this.#draft)).sort()) {
      const place = join(output, name);
      const aside = join(output, `.${name}.${basename(this.#draft)}`);
      await rename(place, aside).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
      await rename(join(this.#draft, name), place);
      this.#moved.push(relative(output, place));
      await rm(aside, { recursive: true, force: true });
    }
    await rm(this.#draft, { recursive: true, force: true });
  }

  #close(): void {
    this.#rows?.close();
    this.#rows = undefined;
  }
}

/** Rows of a DuckDB vector: what is handed over at a time. */
const VECTOR = 2048;

async function scoresAt(connection: DuckDBConnection, names: readonly string[], row: number): Promise<readonly number[]> {
  const list = names.map((name) => identifier(name)).join(', ');
  const [found] = await readRows(connection, `SELECT [${list}] AS scores FROM ${SCORES} WHERE rowid = ${row}`);
  return ((found?.scores ?? []) as readonly unknown[]).map(Number);
}
