import type { Tensor } from 'onnxruntime-node';
import { MISSING_INTEGER } from '../core/missing.js';
import type { ColumnType } from '../data/table.js';
import type { Runtime } from '../onnx/tensors.js';
import { type Instant, parseInstant } from './instants.js';
import type { ServedColumn } from './servable.js';

/** Where a traffic log collects a column's values, whatever tensor they fill. */
export type ValueLog = string[] | Float32Array | Float64Array | BigInt64Array;

/**
 * One column of the rows that are scored together, in the form of the tensor that it fills, so that a value is written
 * once, at the place where the model reads it.
 */
export interface ColumnBuffer {
  /**
   * Writes a value as JSON has it: null is missing.
   * @returns false for a value that the column cannot hold; then the cell is missing
   */
  set(row: number, value: unknown): boolean;
  setMissing(row: number): void;
  /** Characters of a row's text; only of columns of text. */
  textLength?(row: number): number;
  /** The tensor of the rows [start, end). */
  tensor(runtime: Runtime, start: number, end: number): Tensor;
  /** Room for the values of as many rows; a list's values stand one after the other. */
  createLog(rows: number): ValueLog;
  /** Copies the rows [start, end) into a log that this column made, the first one to the row `at`. */
  copy(log: ValueLog, at: number, start: number, end: number): void;
}

/** @param capacity rows */
export function createColumnBuffer(column: ServedColumn, capacity: number): ColumnBuffer {
  const tensor = column.tensor ?? CONTEXT_TENSORS[column.type];
  if (column.width > 1) return new ListBuffer(column, capacity);
  switch (tensor) {
    case 'string':
      return new TextBuffer(column.rank);
    case 'int64':
      return new Int64Buffer(column, capacity);
    case 'float32':
      return new NumberBuffer(column, new Float32Array(capacity), 'float32');
    case 'float64':
      return new NumberBuffer(column, new Float64Array(capacity), 'float64');
    case 'int32':
      return new SmallBuffer(column, new Int32Array(capacity), 'int32');
    case 'bool':
      return new SmallBuffer(column, new Uint8Array(capacity), 'bool');
  }
}

const CONTEXT_TENSORS = {
  string: 'string',
  boolean: 'float32',
  integer: 'int64',
  number: 'float64',
  date: 'int64',
  timestamp: 'int64',
} as const;

function dims(rank: 1 | 2, rows: number, width = 1): number[] {
  return rank === 1 ? [rows] : [rows, width];
}

/** Missing is the empty text. */
class TextBuffer implements ColumnBuffer {
  readonly #rank: 1 | 2;
  readonly #texts: string[] = [];

  constructor(rank: 1 | 2) {
    this.#rank = rank;
  }

  set(row: number, value: unknown): boolean {
    const isText = typeof value === 'string';
    this.#texts[row] = isText ? value : '';
    return isText || value === null;
  }

  setMissing(row: number): void {
    this.#texts[row] = '';
  }

  textLength(row: number): number {
    return this.#texts[row]!.length;
  }

  tensor(runtime: Runtime, start: number, end: number): Tensor {
    return new runtime.Tensor('string', this.#texts.slice(start, end), dims(this.#rank, end - start));
  }

  createLog(): string[] {
    return [];
  }

  copy(log: ValueLog, at: number, start: number, end: number): void {
    for (let row = start; row < end; row++) (log as string[])[at + row - start] = this.#texts[row]!;
  }
}

/** Numbers, and booleans as 0 and 1; missing is NaN. */
class NumberBuffer implements ColumnBuffer {
  readonly #rank: 1 | 2;
  readonly #isBoolean: boolean;
  readonly #values: Float32Array | Float64Array;
  readonly #kind: 'float32' | 'float64';

  constructor({ rank, type }: ServedColumn, values: Float32Array | Float64Array, kind: 'float32' | 'float64') {
    this.#rank = rank;
    this.#isBoolean = type === 'boolean';
    this.#values = values;
    this.#kind = kind;
  }

  set(row: number, value: unknown): boolean {
    const number = this.#isBoolean ? booleanOf(value) : numberOf(value);
    this.#values[row] = number ?? Number.NaN;
    return number !== undefined;
  }

  setMissing(row: number): void {
    this.#values[row] = Number.NaN;
  }

  tensor(runtime: Runtime, start: number, end: number): Tensor {
    const values = this.#values.subarray(start, end) as Float32Array;
    return new runtime.Tensor(this.#kind as 'float32', values, dims(this.#rank, end - start));
  }

  createLog(rows: number): ValueLog {
    return this.#kind === 'float32' ? new Float32Array(rows) : new Float64Array(rows);
  }

  copy(log: ValueLog, at: number, start: number, end: number): void {
    for (let row = start; row < end; row++) (log as Float32Array)[at + row - start] = this.#values[row]!;
  }
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value === null ? Number.NaN : undefined;
}

function booleanOf(value: unknown): number | undefined {
  if (value === true || value === 1) return 1;
  if (value === false || value === 0) return 0;
  return value === null ? Number.NaN : undefined;
}

const MICROS = 1_000_000;

/** Seconds whose microseconds are whole numbers that a double holds exactly. */
const MOST_EXACT_SECONDS = Math.floor(Number.MAX_SAFE_INTEGER / MICROS) - 1;

const SECONDS_A_DAY = 86_400;
const WHOLE_TEXT = /^[+-]?\d{1,19}$/;
const HIGH_WORD_OF_MISSING = -(2 ** 31);

/**
 * Whole numbers, and dates and timestamps as microseconds since 1970 UTC; missing is the smallest value. Numbers are
 * written as two words, since a BigInt a value is slow.
 */
class Int64Buffer implements ColumnBuffer {
  readonly #rank: 1 | 2;
  readonly #type: ColumnType;
  readonly #values: BigInt64Array;
  readonly #words: Int32Array;

  constructor({ rank, type }: ServedColumn, capacity: number) {
    this.#rank = rank;
    this.#type = type;
    this.#values = new BigInt64Array(capacity);
    this.#words = new Int32Array(this.#values.buffer);
  }

  set(row: number, value: unknown): boolean {
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value) && this.#isWhole(value)) return this.#write(row, value);
    } else if (typeof value === 'string' && this.#setText(row, value)) return true;
    this.setMissing(row);
    return value === null;
  }

  setMissing(row: number): void {
    this.#words[row * 2 + LOW] = 0;
    this.#words[row * 2 + HIGH] = HIGH_WORD_OF_MISSING;
  }

  tensor(runtime: Runtime, start: number, end: number): Tensor {
    return new runtime.Tensor('int64', this.#values.subarray(start, end), dims(this.#rank, end - start));
  }

  createLog(rows: number): BigInt64Array {
    return new BigInt64Array(rows);
  }

  copy(log: ValueLog, at: number, start: number, end: number): void {
    (log as BigInt64Array).set(this.#values.subarray(start, end), at);
  }

  /** A date is a whole day. */
  #isWhole(micros: number): boolean {
    return this.#type !== 'date' || micros % (SECONDS_A_DAY * MICROS) === 0;
  }

  #setText(row: number, text: string): boolean {
    if (this.#type === 'date' || this.#type === 'timestamp') {
      const instant = parseInstant(text);
      if (!instant || (this.#type === 'date' && (instant.seconds % SECONDS_A_DAY !== 0 || instant.micros !== 0))) return false;
      return this.#writeInstant(row, instant);
    }
    // Whole numbers beyond what a JSON number holds exactly come as digits.
    if (this.#type !== 'integer' || !WHOLE_TEXT.test(text)) return false;
    const value = BigInt(text);
    if (value <= MISSING_INTEGER || value >= -MISSING_INTEGER) return false;
    this.#values[row] = value;
    return true;
  }

  #writeInstant(row: number, { seconds, micros }: Instant): boolean {
    if (Math.abs(seconds) <= MOST_EXACT_SECONDS) return this.#write(row, seconds * MICROS + micros);
    this.#values[row] = BigInt(seconds) * BigInt(MICROS) + BigInt(micros);
    return true;
  }

  #write(row: number, value: number): true {
    // Storing takes the value modulo 2^32.
    this.#words[row * 2 + LOW] = value;
    this.#words[row * 2 + HIGH] = Math.floor(value / 2 ** 32);
    return true;
  }
}

/** Where the lower half of a 64-bit integer stands on this machine. */
const LOW = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** Types that have no missing value: a model made elsewhere takes them. */
class SmallBuffer implements ColumnBuffer {
  readonly #rank: 1 | 2;
  readonly #values: Int32Array | Uint8Array;
  readonly #kind: 'int32' | 'bool';

  constructor({ rank }: ServedColumn, values: Int32Array | Uint8Array, kind: 'int32' | 'bool') {
    this.#rank = rank;
    this.#values = values;
    this.#kind = kind;
  }

  set(row: number, value: unknown): boolean {
    const number = this.#kind === 'bool' ? booleanOf(value) : value;
    const fits = typeof number === 'number' && (number | 0) === number;
    this.#values[row] = fits ? number : 0;
    return fits;
  }

  setMissing(row: number): void {
    this.#values[row] = 0;
  }

  tensor(runtime: Runtime, start: number, end: number): Tensor {
    const values = this.#values.subarray(start, end) as Int32Array;
    return new runtime.Tensor(this.#kind as 'int32', values, dims(this.#rank, end - start));
  }

  createLog(rows: number): ValueLog {
    return this.#kind === 'bool' ? new Float32Array(rows) : new BigInt64Array(rows);
  }

  copy(log: ValueLog, at: number, start: number, end: number): void {
    for (let row = start; row < end; row++) {
      const value = this.#values[row]!;
      if (log instanceof BigInt64Array) log[at + row - start] = BigInt(value);
      else log[at + row - start] = value;
    }
  }
}

const LIST_ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, int64: BigInt64Array } as const;

/** All features of a row as one list of numbers, for a model with a single input [N, width]. */
class ListBuffer implements ColumnBuffer {
  readonly #width: number;
  readonly #kind: keyof typeof LIST_ARRAYS;
  readonly #values: Float32Array | Float64Array | Int32Array | BigInt64Array;

  constructor({ width, tensor }: ServedColumn, capacity: number) {
    this.#width = width;
    this.#kind = tensor as keyof typeof LIST_ARRAYS;
    this.#values = new LIST_ARRAYS[this.#kind](capacity * width);
  }

  set(row: number, value: unknown): boolean {
    if (!Array.isArray(value) || value.length !== this.#width) {
      this.setMissing(row);
      return false;
    }
    let fits = true;
    for (let at = 0; at < this.#width; at++) if (!this.#setAt(row * this.#width + at, value[at])) fits = false;
    if (!fits) this.setMissing(row);
    return fits;
  }

  setMissing(row: number): void {
    for (let at = row * this.#width; at < (row + 1) * this.#width; at++) this.#setAt(at, null);
  }

  tensor(runtime: Runtime, start: number, end: number): Tensor {
    const values = this.#values.subarray(start * this.#width, end * this.#width) as Float32Array;
    return new runtime.Tensor(this.#kind as 'float32', values, [end - start, this.#width]);
  }

  createLog(rows: number): Float64Array {
    return new Float64Array(rows * this.#width);
  }

  copy(log: ValueLog, at: number, start: number, end: number): void {
    const offset = (at - start) * this.#width;
    for (let place = start * this.#width; place < end * this.#width; place++) {
      log[place + offset] = Number(this.#values[place]);
    }
  }

  #setAt(at: number, value: unknown): boolean {
    const values = this.#values;
    if (values instanceof BigInt64Array) {
      const isWhole = Number.isSafeInteger(value);
      values[at] = isWhole ? BigInt(value as number) : MISSING_INTEGER;
      return isWhole || value === null;
    }
    const number = numberOf(value);
    const fits = number !== undefined && (!(values instanceof Int32Array) || (number | 0) === number);
    values[at] = number !== undefined && fits ? number : Number.NaN;
    return fits;
  }
}
