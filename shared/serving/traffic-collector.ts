import type { TrafficBlock, TrafficSource, TrafficValues } from '../data/traffic-log.js';
import type { ValueLog } from './column-buffer.js';
import type { RowProblem } from './request-error.js';
import type { RowBuffer } from './row-buffer.js';
import type { ScoredRows } from './scored-rows.js';
import type { Servable } from './servable.js';

const MS_A_DAY = 86_400_000;

/** Whose rows the log of a version holds. */
export function trafficSource({ name, version, digest, columns }: Servable): TrafficSource {
  return { model: name, version, digest, columns: columns.map(({ name, type, width }) => ({ name, type, width })) };
}

/** Collects rows of one version until there is a block of them: copies of typed arrays, no object a row. */
export class TrafficCollector {
  readonly #servable: Servable;
  readonly #capacity: number;
  readonly #width: number;
  readonly #emit: (block: TrafficBlock) => void;
  #rows = 0;
  #day = 0;
  #ids: string[] = [];
  #times: Float64Array;
  #labels: (string | null)[] = [];
  #scores: Float64Array;
  #problems: (string | null)[] = [];
  #values: ValueLog[] = [];

  /**
   * @param capacity rows of a block
   * @param emit is given each block; its arrays are nobody else's any more
   */
  constructor(servable: Servable, capacity: number, emit: (block: TrafficBlock) => void) {
    this.#servable = servable;
    this.#capacity = capacity;
    const { scores } = servable;
    this.#width = scores ? Math.max(1, scores.classes.length) : 0;
    this.#emit = emit;
    this.#times = new Float64Array(capacity);
    this.#scores = new Float64Array(capacity * this.#width);
  }

  /** @param now milliseconds since 1970 UTC */
  add(scored: ScoredRows, now: number): void {
    const { scores } = this.#servable;
    for (let row = 0; row < scored.rows; row++) {
      const at = this.#begin(scored.buffer, scored.at + row, now);
      this.#ids[at] = scored.ids[row]!;
      this.#problems[at] = null;
      this.#labels[at] = scores && scores.task !== 'regression' ? scores.classes[scored.labelIndex(row)]! : null;
      for (let index = 0; index < this.#width; index++) {
        this.#scores[at * this.#width + index] = scores ? scored.score(row, index) : Number.NaN;
      }
    }
  }

  /** Rows that were refused, with what could be read of them. */
  addRefused(buffer: RowBuffer, first: number, problems: readonly RowProblem[], ids: readonly string[], now: number): void {
    for (const { row, message } of problems) {
      const at = this.#begin(buffer, first + row, now);
      this.#ids[at] = ids[row]!;
      this.#problems[at] = message;
      this.#labels[at] = null;
    }
  }

  /** Hands over what there is. */
  flush(): void {
    if (this.#rows === 0) return;
    const rows = this.#rows;
    this.#emit({
      rows,
      ids: this.#ids,
      times: this.#times,
      labels: this.#labels,
      scores: this.#scores,
      width: this.#width,
      problems: this.#problems,
      values: this.#values as readonly TrafficValues[],
    });
    this.#rows = 0;
    this.#ids = [];
    this.#times = new Float64Array(this.#capacity);
    this.#labels = [];
    this.#scores = new Float64Array(this.#capacity * this.#width);
    this.#problems = [];
  }

  /** Copies a row's values, and returns its place. A block holds rows of one UTC day. */
  #begin(buffer: RowBuffer, row: number, now: number): number {
    const day = Math.floor(now / MS_A_DAY);
    if (this.#rows === this.#capacity || day !== this.#day) {
      this.flush();
      this.#day = day;
    }
    if (this.#rows === 0) this.#values = buffer.columns.map((column) => column.createLog(this.#capacity));
    const at = this.#rows++;
    for (let index = 0; index < buffer.columns.length; index++) {
      buffer.columns[index]!.copy(this.#values[index]!, at, row, row + 1);
    }
    this.#times[at] = now;
    return at;
  }
}

/** The arrays of a block that a thread can be given instead of copies. */
export function transferables({ times, scores, values }: TrafficBlock): ArrayBuffer[] {
  const arrays = [times, scores, ...values.filter((list) => ArrayBuffer.isView(list))];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
