import { readFile } from 'node:fs/promises';
import type { Bundle } from '../bundle/read.js';
import { messageOf, UserError } from '../core/errors.js';
import { sha256 } from '../core/json.js';
import { classNames } from '../onnx/class-names.js';
import { openSession } from '../onnx/session.js';
import { describeBundle, describeGraph, type GraphMetadata, type Naming } from './describe-model.js';
import { RowBuffer } from './row-buffer.js';
import { CHUNK_ROWS, Scorer } from './scorer.js';
import type { Servable } from './servable.js';

/** A model in memory, ready to score. */
export interface LoadedModel {
  readonly servable: Servable;
  readonly scorer: Scorer;
  /** Where other threads find the same bytes. */
  readonly file: string;
  readonly sha256: string;
}

/**
 * Loads the model of a bundle that has been verified, and runs it on rows of missing values so that the first request
 * does not pay for the start.
 * @throws UserError when manifest and graph do not go together, or the graph cannot run
 */
export async function loadBundleModel({ manifest, modelFile }: Bundle, version: string): Promise<LoadedModel> {
  const bytes = await readFile(modelFile);
  return load(modelFile, bytes, (graph) => describeBundle(manifest, version, graph));
}

/**
 * Loads a graph that comes alone, made by whatever tool.
 * @throws UserError when it is no model, or takes what rows cannot give
 */
export async function loadGraph(file: string, naming: Omit<Naming, 'digest'>): Promise<LoadedModel> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UserError(`the model file ${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const digest = sha256(bytes);
  return load(file, bytes, (graph) => describeGraph({ ...naming, digest }, graph, (count) => classNames(bytes, count)));
}

/**
 * Loads a model that another thread has described.
 * @throws UserError when the file is not the one that was described
 */
export async function loadAgain(servable: Servable, file: string, digest: string): Promise<Scorer> {
  const bytes = await readFile(file);
  if (sha256(bytes) !== digest) throw new UserError(`${file} has been changed since it was loaded`);
  const { runtime, session } = await openSession(bytes, file, 1);
  return warmedUp(servable, new Scorer(runtime, session));
}

async function load(file: string, bytes: Uint8Array, describe: (graph: GraphMetadata) => Servable): Promise<LoadedModel> {
  const { runtime, session } = await openSession(bytes, file, 1);
  try {
    const servable = describe({ inputs: session.inputMetadata, outputs: session.outputMetadata });
    const scorer = await warmedUp(servable, new Scorer(runtime, session));
    return { servable, scorer, file, sha256: sha256(bytes) };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** Runs one row, then a full chunk. A graph made elsewhere may refuse missing values, which says nothing of others. */
async function warmedUp(servable: Servable, scorer: Scorer): Promise<Scorer> {
  const buffer = new RowBuffer(servable, CHUNK_ROWS);
  for (const column of buffer.columns) for (let row = 0; row < CHUNK_ROWS; row++) column.setMissing(row);
  const fetches = servable.outputs.map(({ name }) => name);
  for (const rows of [1, CHUNK_ROWS]) await scorer.run(buffer, 0, rows, fetches).catch(() => {});
  return scorer;
}
