import { quote, RequestError } from './request-error.js';
import type { RowBuffer } from './row-buffer.js';
import type { Servable } from './servable.js';

/** Values of a graph's output, row after row. */
export type OutputValues = ArrayLike<number | string | bigint>;

/** The rows of one request with what the model says of them. */
export class ScoredRows {
  readonly servable: Servable;
  readonly buffer: RowBuffer;
  /** Where the request's rows stand in the buffer. */
  readonly at: number;
  readonly rows: number;
  /** One a row. */
  readonly ids: readonly string[];
  readonly #outputs: ReadonlyMap<string, OutputValues>;
  /** Where the request's rows stand in the outputs. */
  readonly #outputAt: number;
  /** Rows that the outputs hold in all. */
  readonly #scored: number;
  readonly #scores: ArrayLike<number>;
  readonly #scoreWidth: number;
  /** Classes; 1 for regression. */
  readonly #classes: number;

  /** @throws RequestError 500 when the outputs are not of these rows, or not of the classes */
  constructor(place: {
    readonly servable: Servable;
    readonly buffer: RowBuffer;
    readonly at: number;
    readonly rows: number;
    readonly ids: readonly string[];
    readonly outputs: ReadonlyMap<string, OutputValues>;
    /** The rows of the buffer that the outputs are of. */
    readonly scored: { readonly start: number; readonly end: number };
  }) {
    this.servable = place.servable;
    this.buffer = place.buffer;
    this.at = place.at;
    this.rows = place.rows;
    this.ids = place.ids;
    this.#outputs = place.outputs;
    this.#outputAt = place.at - place.scored.start;
    this.#scored = place.scored.end - place.scored.start;
    const { scores } = place.servable;
    this.#scores = scores ? ((place.outputs.get(scores.output) ?? []) as ArrayLike<number>) : [];
    this.#scoreWidth = this.#scored === 0 ? 0 : this.#scores.length / this.#scored;
    this.#classes = scores ? Math.max(1, scores.classes.length) : 0;
    if (this.#scored > 0) this.#assertWhole();
  }

  /** A graph made elsewhere may give what its metadata does not say. */
  #assertWhole(): void {
    for (const [name, { length }] of this.#outputs) {
      if (length % this.#scored === 0) continue;
      throw new RequestError(500, `the model's output ${quote(name)} has ${length} values for ${this.#scored} rows`);
    }
    const isOneOfTwo = this.#classes === 2 && this.#scoreWidth === 1;
    if (this.#scoreWidth === this.#classes || isOneOfTwo || !this.servable.scores) return;
    throw new RequestError(
      500,
      `the model's output ${quote(this.servable.scores.output)} has ${this.#scoreWidth} values a row where ${this.#classes} are expected`,
    );
  }

  /** The value of a regression, or the probability of a class, for a row of the request. */
  score(row: number, index = 0): number {
    const start = (this.#outputAt + row) * this.#scoreWidth;
    if (this.#scoreWidth === this.#classes) return this.#scores[start + index]!;
    // A binary model that gives the positive class's probability alone.
    const positive = this.#scores[start]!;
    return index === 1 ? positive : 1 - positive;
  }

  /** The index of the predicted class. */
  labelIndex(row: number): number {
    const { task, threshold } = this.servable.scores!;
    if (task === 'binary') return this.score(row, 1) >= threshold ? 1 : 0;
    let best = 0;
    for (let index = 1; index < this.#classes; index++) if (this.score(row, index) > this.score(row, best)) best = index;
    return best;
  }

  /** All values of one of the graph's outputs for the request's rows, and how many a row has. */
  output(name: string): { readonly values: OutputValues; readonly start: number; readonly width: number } | undefined {
    const values = this.#outputs.get(name);
    if (!values) return undefined;
    const width = this.#scored === 0 ? 0 : values.length / this.#scored;
    return { values, start: this.#outputAt * width, width };
  }
}
