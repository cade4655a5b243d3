import { readFile } from 'node:fs/promises';
import type { InferenceSession } from 'onnxruntime-node';
import { messageOf, UserError } from '../core/errors.js';
import type { Predictions } from '../data/predictions.js';
import type { Table } from '../data/table.js';
import { loadNative } from '../runner/native.js';
import type { Task } from '../spec/schema.js';
import { alikeRows } from './alike-rows.js';
import { discoverInputs, discoverOutputs, discoverSignature, type InputLayout } from './discover.js';
import { CHECKED_ROWS, createReader } from './outputs.js';
import type { Signature } from './signature.js';
import { columnSource, matrixSource, type TensorSource } from './tensors.js';
import { MOST_CHARACTERS, runEnds } from './text-budget.js';

/**
 * Rows a run. Measured on 2 cores with boosted trees and with linear models from raw columns: up to 512 the fixed cost
 * of a run shows, and beyond 2048 nothing is gained.
 */
const CHUNK_ROWS = 2048;

/** What the predictions mean; from the manifest or the spec. */
export interface PredictContext {
  readonly task: Task;
  /** The classes in the order of the scores; empty for regression. */
  readonly classes: readonly string[];
  /** The raw columns in order, for a model with a single [N, F] input. */
  readonly columns?: readonly string[];
}

/** A model that is ready to score. */
export interface OnnxModel {
  readonly signature: Signature;
  /**
   * Scores every row of the table.
   * @throws UserError when the table lacks a column, a column's type does not fit, or the outputs do not fit the task
   */
  predict(table: Table, context: PredictContext): Promise<Predictions>;
  /**
   * What scores some rows and throws the answers away, tensors included: for a clock.
   * @throws UserError as predict
   */
  runner(table: Table): (start: number, end: number) => Promise<void>;
  /** Frees the native memory. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Threads of a batch run; default 2. */
  readonly threads?: number;
  /** Most rows a run; the scores do not depend on it. */
  readonly chunkRows?: number;
  /** Whether somebody has opened these bytes already and found nothing in them that reaches outside. */
  readonly inspected?: boolean;
}

type OnnxRuntime = typeof import('onnxruntime-node');

/**
 * Opens a model from its bytes or its path.
 * @throws UserError when it is not a model, needs operators or files that are not there, or takes what rows cannot give
 */
export async function openModel(source: Uint8Array | string, options: OpenOptions = {}): Promise<OnnxModel> {
  const what = typeof source === 'string' ? source : 'the model';
  const bytes = typeof source === 'string' ? await readModel(source) : source;
  const { runtime, session } = await openSession(bytes, what, options.threads ?? 2, options.inspected);
  try {
    const inputs = discoverInputs(session.inputMetadata);
    const outputs = discoverOutputs(session.outputMetadata);
    const signature = discoverSignature(session.inputMetadata, session.outputMetadata);
    const chunkRows = options.chunkRows ?? CHUNK_ROWS;
    return {
      signature,
      async predict(table, context) {
        const lengthOf = textLength(table, session.inputNames, chunkRows);
        // The runs stay as long as they are: of few rows the runtime adds up the trees in another order.
        const lastRun = table.rows - (table.rows % chunkRows);
        const isOrdered = inputs.kind === 'columns' && !lengthOf;
        const order = isOrdered ? alikeRows(table, session.inputNames, CHECKED_ROWS, lastRun) : undefined;
        const sources = inputSources(runtime, inputs, table, context.columns, order);
        const reader = createReader(outputs, context, table.rows, order);
        let start = 0;
        for (const end of runEnds(0, table.rows, chunkRows, lengthOf)) {
          reader.read(await run(session, sources, start, end, reader.fetches(start), order), start, end);
          start = end;
        }
        return reader.predictions();
      },
      runner(table) {
        const sources = inputSources(runtime, inputs, table, undefined);
        const fetches = [...session.outputNames];
        const lengthOf = textLength(table, session.inputNames, chunkRows);
        return async (start, end) => {
          let from = start;
          for (const to of runEnds(start, end, chunkRows, lengthOf)) {
            await run(session, sources, from, to, fetches);
            from = to;
          }
        };
      },
      async close() {
        await session.release();
      },
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/**
 * Opens a model for a caller that makes the tensors itself.
 * @param what how messages name the model
 * @throws UserError when it is not a model, or needs operators or files that are not there
 */
export async function openSession(
  bytes: Uint8Array,
  what: string,
  threads: number,
  inspected = false,
): Promise<{ readonly runtime: OnnxRuntime; readonly session: InferenceSession }> {
  if (!inspected) (await import('./inspect.js')).assertSelfContained(bytes, what);
  const runtime = await loadNative<OnnxRuntime>('onnxruntime-node');
  return { runtime, session: await createSession(runtime, bytes, threads, what) };
}

async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new UserError(`the model file ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function createSession(
  runtime: OnnxRuntime,
  bytes: Uint8Array,
  threads: number,
  what: string,
): Promise<InferenceSession> {
  try {
    return await runtime.InferenceSession.create(bytes, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 4,
      // A thread that spins while it waits takes the processor from whoever has work on a small runner.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw new UserError(`${what} cannot be loaded by ONNX Runtime: ${shortened(error)}`, { cause: error });
  }
}

function inputSources(
  runtime: OnnxRuntime,
  layout: InputLayout,
  table: Table,
  columns: readonly string[] | undefined,
  rowOrder?: Uint32Array,
): Map<string, TensorSource> {
  if (layout.kind === 'columns') {
    const names = layout.inputs.map((input) => input.name);
    assertColumns(table, names);
    return new Map(
      layout.inputs.map(({ name, tensor, rank }) => [
        name,
        columnSource(runtime, name, table.columns.get(name)!, tensor, rank, rowOrder),
      ]),
    );
  }
  const order = columns ?? (table.columns.has(layout.name) ? [layout.name] : undefined);
  if (!order) {
    throw new UserError(
      `the model has a single input ${JSON.stringify(layout.name)} for all features: name its columns in order in features.use`,
    );
  }
  if (layout.width !== undefined && layout.width !== order.length) {
    throw new UserError(
      `the model's input ${JSON.stringify(layout.name)} takes ${layout.width} columns, but features.use names ${order.length}: ${order.join(', ')}`,
    );
  }
  if (layout.tensor === 'string' || layout.tensor === 'bool') {
    throw new UserError(
      `the model's input ${JSON.stringify(layout.name)} is of type ${layout.tensor}; a single input for all features takes numbers`,
    );
  }
  assertColumns(table, order);
  return new Map([[layout.name, matrixSource(runtime, table, order, layout.tensor)]]);
}

function assertColumns(table: Table, names: readonly string[]): void {
  const missing = names.filter((name) => !table.columns.has(name));
  if (missing.length === 0) return;
  throw new UserError(
    `the model takes ${missing.length === 1 ? 'a column' : `${missing.length} columns`} that the data does not have: ${missing.join(', ')}`,
  );
}

/** Characters of the longest text that a row gives to the model; undefined where no text is long enough to count. */
function textLength(table: Table, names: readonly string[], rows: number): ((row: number) => number) | undefined {
  const texts = names.flatMap((name) => {
    const column = table.columns.get(name);
    if (column?.type !== 'string') return [];
    const lengths = Uint32Array.from(column.dictionary, (text) => text.length);
    return lengths.some((length) => length * rows > MOST_CHARACTERS) ? [{ codes: column.codes, lengths }] : [];
  });
  if (texts.length === 0) return undefined;
  return (row) => texts.reduce((most, { codes, lengths }) => Math.max(most, lengths[codes[row]!]!), 0);
}

async function run(
  session: InferenceSession,
  sources: ReadonlyMap<string, TensorSource>,
  start: number,
  end: number,
  fetches: readonly string[],
  order?: Uint32Array,
): Promise<InferenceSession.OnnxValueMapType> {
  const feeds = Object.fromEntries(Array.from(sources, ([name, source]) => [name, source(start, end)]));
  try {
    return await session.run(feeds, fetches);
  } catch (error) {
    const rows = order ? `row ${order[start]! + 1} or others that are scored with it` : `rows ${start + 1} to ${end}`;
    throw new UserError(`the model fails on ${rows}: ${shortened(error)}`, { cause: error });
  }
}

/** The useful first line of ONNX Runtime's message, without its source paths and C++ signatures. */
export function shortened(error: unknown): string {
  const [line = ''] = messageOf(error)
    .replace(/^Error:\s*/, '')
    .replace(/\S*\/?onnxruntime\/\S+\.(?:cc|h):\d+\s+\S*.*?\)\s*(?:\[[^\]]*\]\s*)?/g, '')
    .split('\n')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  return line.length > 240 ? `${line.slice(0, 239)}…` : line;
}
