import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { shortened } from '../onnx/session.js';
import type { Runtime } from '../onnx/tensors.js';
import { runEnds } from '../onnx/text-budget.js';
import { RequestError } from './request-error.js';
import type { RowBuffer } from './row-buffer.js';
import type { OutputValues } from './scored-rows.js';

/**
 * Most rows a run. Measured on trees and on linear models: the fixed cost of a run is spread over this many, and beyond it trees
 * get slower a row, while a run keeps the event loop for longer.
 */
export const CHUNK_ROWS = 64;

/** Runs a session on rows of a buffer. */
export class Scorer {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;

  constructor(runtime: Runtime, session: InferenceSession) {
    this.#runtime = runtime;
    this.#session = session;
  }

  /**
   * The outputs for the rows [start, end), however many: a chunk at a time, with a turn of the event loop for others
   * between two chunks.
   * @throws RequestError 500 when the graph fails on them
   */
  async run(
    buffer: RowBuffer,
    start: number,
    end: number,
    fetches: readonly string[],
  ): Promise<ReadonlyMap<string, OutputValues>> {
    const ends = runEnds(start, end, CHUNK_ROWS, buffer.textLength);
    if (ends.length === 1) return this.#runOnce(buffer, start, end, fetches);
    const parts: ReadonlyMap<string, OutputValues>[] = [];
    let from = start;
    for (const to of ends) {
      parts.push(await this.#runOnce(buffer, from, to, fetches));
      from = to;
    }
    return new Map(fetches.map((name) => [name, joined(parts.map((part) => part.get(name)!))]));
  }

  async #runOnce(
    buffer: RowBuffer,
    start: number,
    end: number,
    fetches: readonly string[],
  ): Promise<ReadonlyMap<string, OutputValues>> {
    try {
      const outputs = await this.#session.run(buffer.feeds(this.#runtime, start, end), fetches);
      return new Map(fetches.map((name) => [name, (outputs[name] as Tensor).data as OutputValues]));
    } catch (error) {
      throw new RequestError(500, `the model fails on the request's rows: ${shortened(error)}`, { cause: error });
    }
  }

  /** Frees the native memory. Nothing may run any more. */
  release(): Promise<void> {
    return this.#session.release();
  }
}

function joined(parts: readonly OutputValues[]): OutputValues {
  const [first] = parts;
  if (first === undefined) return [];
  if (!(first instanceof Float32Array)) return parts.flatMap((part) => Array.from(part));
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part as Float32Array, at);
    at += part.length;
  }
  return all;
}
