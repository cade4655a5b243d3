import type { Tensor } from 'onnxruntime-node';
import type { Runtime } from '../onnx/tensors.js';
import { type ColumnBuffer, createColumnBuffer } from './column-buffer.js';
import type { RowProblem } from './request-error.js';
import type { Servable } from './servable.js';

/** Rows on their way into a model, by column. Rows of several requests may stand in one buffer. */
export class RowBuffer {
  readonly capacity: number;
  /** In the order of the servable's columns. */
  readonly columns: readonly ColumnBuffer[];
  /** Characters of the longest text that a row gives to the model; absent where it takes no text. */
  readonly textLength: ((row: number) => number) | undefined;
  readonly #inputs: readonly { readonly name: string; readonly buffer: ColumnBuffer }[];

  constructor(servable: Servable, capacity: number) {
    this.capacity = capacity;
    this.columns = servable.columns.map((column) => createColumnBuffer(column, capacity));
    this.#inputs = servable.columns.flatMap(({ name, tensor }, index) =>
      tensor === undefined ? [] : [{ name, buffer: this.columns[index]! }],
    );
    const texts = this.#inputs.flatMap(({ buffer }) => (buffer.textLength ? [buffer as Required<ColumnBuffer>] : []));
    this.textLength =
      texts.length === 0 ? undefined : (row) => texts.reduce((most, text) => Math.max(most, text.textLength(row)), 0);
  }

  /** The model's inputs for the rows [start, end). */
  feeds(runtime: Runtime, start: number, end: number): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = Object.create(null);
    for (const { name, buffer } of this.#inputs) feeds[name] = buffer.tensor(runtime, start, end);
    return feeds;
  }
}

/** The rows of a request, before they are in a buffer. */
export interface RowSource {
  readonly rows: number;
  /** What the caller calls the rows. */
  readonly ids?: readonly string[];
  /**
   * Writes all rows to a buffer, the first one at `at`.
   * @returns at most one problem a row; a cell with a problem is missing then
   */
  write(buffer: RowBuffer, at: number): readonly RowProblem[];
}
