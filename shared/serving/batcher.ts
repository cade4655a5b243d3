import type { ParsedRequest } from './protocols/protocol.js';
import { InvalidRows } from './request-error.js';
import { RowBuffer } from './row-buffer.js';
import { type OutputValues, ScoredRows } from './scored-rows.js';
import { CHUNK_ROWS, type Scorer } from './scorer.js';
import type { Servable } from './servable.js';

/**
 * What becomes of a request; one of these is called (`failed` also after another one, where that has thrown). What they are
 * given is only valid during the call.
 */
export interface Sink {
  scored(rows: ScoredRows): void;
  /** The request has rows that the model cannot take; they stand in the buffer from `at` on. */
  refused(buffer: RowBuffer, at: number, error: InvalidRows): void;
  failed(error: unknown): void;
}

interface Entry {
  readonly at: number;
  readonly rows: number;
  readonly fetches: readonly string[];
  readonly ids: readonly string[];
  readonly sink: Sink;
}

/** Rows that will be scored together. */
interface Batch {
  readonly buffer: RowBuffer;
  readonly entries: Entry[];
  rows: number;
  fetches: readonly string[];
}

/** Buffers that are kept for the next batches. */
const MOST_SPARE = 8;

/**
 * Scores the requests of one turn of the event loop together: nobody waits for company, but whoever came in the same turn
 * shares a run of the model. A request with more rows than a run takes is scored on its own.
 */
export class Batcher {
  readonly #servable: Servable;
  readonly #scorer: Pick<Scorer, 'run'>;
  readonly #spare: RowBuffer[] = [];
  #open: Batch | undefined;

  constructor(servable: Servable, scorer: Pick<Scorer, 'run'>) {
    this.#servable = servable;
    this.#scorer = scorer;
  }

  /**
   * @param ids one a row
   * @throws RequestError for a request that has neither rows nor the model's columns
   */
  submit(request: ParsedRequest, ids: readonly string[], sink: Sink): void {
    const { rows, fetches } = request;
    if (rows > CHUNK_ROWS || rows === 0) {
      this.#scoreAlone(request, ids, sink).catch((error: unknown) => sink.failed(error));
      return;
    }
    if (this.#open && this.#open.rows + rows > CHUNK_ROWS) this.#launch(this.#open);
    const batch = this.#open ?? this.#begin();
    const problems = request.write(batch.buffer, batch.rows);
    if (problems.length > 0) {
      sink.refused(batch.buffer, batch.rows, new InvalidRows(problems, rows));
      return;
    }
    batch.entries.push({ at: batch.rows, rows, fetches, ids, sink });
    batch.rows += rows;
    if (batch.fetches !== fetches) batch.fetches = union(batch.fetches, fetches);
  }

  #begin(): Batch {
    const batch: Batch = {
      buffer: this.#spare.pop() ?? new RowBuffer(this.#servable, CHUNK_ROWS),
      entries: [],
      rows: 0,
      fetches: [],
    };
    this.#open = batch;
    setImmediate(() => {
      if (this.#open === batch) this.#launch(batch);
    });
    return batch;
  }

  #launch(batch: Batch): void {
    this.#open = undefined;
    this.#score(batch).catch((error: unknown) => {
      for (const { sink } of batch.entries) sink.failed(error);
    });
  }

  async #score(batch: Batch): Promise<void> {
    const { buffer, entries, rows, fetches } = batch;
    if (entries.length > 0) {
      const outputs = await this.#scorer.run(buffer, 0, rows, fetches).catch((error: unknown) => {
        if (entries.length === 1) entries[0]!.sink.failed(error);
      });
      if (outputs) for (const entry of entries) this.#tell(entry, buffer, outputs, 0, rows);
      else if (entries.length > 1) await this.#scoreApart(batch);
    }
    if (this.#spare.length < MOST_SPARE) this.#spare.push(buffer);
  }

  /** One request's rows on which the model fails do not fail the others that came with it. */
  async #scoreApart({ buffer, entries }: Batch): Promise<void> {
    for (const entry of entries) {
      const { at, rows, fetches, sink } = entry;
      const outputs = await this.#scorer.run(buffer, at, at + rows, fetches).catch((error: unknown) => sink.failed(error));
      if (outputs) this.#tell(entry, buffer, outputs, at, at + rows);
    }
  }

  async #scoreAlone(request: ParsedRequest, ids: readonly string[], sink: Sink): Promise<void> {
    const { rows, fetches } = request;
    const buffer = new RowBuffer(this.#servable, rows);
    const problems = request.write(buffer, 0);
    if (problems.length > 0) {
      sink.refused(buffer, 0, new InvalidRows(problems, rows));
      return;
    }
    const outputs = await this.#scorer.run(buffer, 0, rows, fetches).catch((error: unknown) => sink.failed(error));
    if (outputs) this.#tell({ at: 0, rows, fetches, ids, sink }, buffer, outputs, 0, rows);
  }

  #tell(
    { at, rows, ids, sink }: Entry,
    buffer: RowBuffer,
    outputs: ReadonlyMap<string, OutputValues>,
    start: number,
    end: number,
  ): void {
    let scored: ScoredRows;
    try {
      scored = new ScoredRows({ servable: this.#servable, buffer, at, rows, ids, outputs, scored: { start, end } });
    } catch (error) {
      sink.failed(error);
      return;
    }
    sink.scored(scored);
  }
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.length === 0) return b;
  const more = b.filter((name) => !a.includes(name));
  return more.length === 0 ? a : [...a, ...more];
}
