import { missingColumn, unknownColumn, wrongValue } from './column-problems.js';
import { describe, quote, RequestError, type RowProblem } from './request-error.js';
import type { RowBuffer } from './row-buffer.js';
import type { Servable, ServedColumn } from './servable.js';

const NO_PROBLEMS: readonly RowProblem[] = [];

/** Unknown columns of a request for which the one that was meant is looked for. */
const MOST_SUGGESTIONS = 20;

/** Reads rows that are objects by column name. */
export class RecordReader {
  readonly #columns: readonly ServedColumn[];
  readonly #names: readonly string[];
  /** A name such as "constructor" is there in every object; only an own member is a value. */
  readonly #inherited: readonly boolean[];

  constructor({ columns }: Pick<Servable, 'columns'>) {
    this.#columns = columns;
    this.#names = columns.map(({ name }) => name);
    this.#inherited = this.#names.map((name) => name in Object.prototype);
  }

  /** See RowSource. */
  write(records: readonly unknown[], buffer: RowBuffer, at: number): readonly RowProblem[] {
    let problems: RowProblem[] | undefined;
    for (let row = 0; row < records.length; row++) {
      const suggest = problems === undefined || problems.length < MOST_SUGGESTIONS;
      const message = this.#writeRow(records[row], buffer, at + row, suggest);
      if (message !== undefined) {
        problems ??= [];
        problems.push({ row, message });
      }
    }
    return problems ?? NO_PROBLEMS;
  }

  #writeRow(record: unknown, buffer: RowBuffer, at: number, suggest: boolean): string | undefined {
    if (!isRecord(record)) {
      for (const column of buffer.columns) column.setMissing(at);
      return `found ${describe(record)}; accepted is an object with a value for each column`;
    }
    let message: string | undefined;
    let known = 0;
    for (let index = 0; index < this.#names.length; index++) {
      const name = this.#names[index]!;
      const value = this.#inherited[index] && !Object.hasOwn(record, name) ? undefined : record[name];
      if (value === undefined) {
        buffer.columns[index]!.setMissing(at);
        if (this.#columns[index]!.tensor !== undefined) message ??= missingColumn(name);
        continue;
      }
      known++;
      if (!buffer.columns[index]!.set(at, value)) message ??= wrongValue(this.#columns[index]!, value);
    }
    let found = 0;
    for (const _ in record) found++;
    return found === known ? message : this.#unknownIn(record, suggest);
  }

  /** A name that is not known explains better what is wrong than a column that is missing for it. */
  #unknownIn(record: Readonly<Record<string, unknown>>, suggest: boolean): string {
    const name = Object.keys(record).find((key) => !this.#names.includes(key));
    return unknownColumn(name ?? '', this.#columns, suggest);
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Which columns of a table that a request brings are which of the model's. */
export interface ColumnPlan {
  /** For each name the index of the model's column; -1 for one that it does not know. */
  readonly indexes: readonly number[];
  /** What is wrong with the names; then it is wrong with every row. */
  readonly problem?: string;
}

export function planColumns({ columns }: Pick<Servable, 'columns'>, names: readonly string[]): ColumnPlan {
  const indexOf = new Map(columns.map(({ name }, index) => [name, index]));
  const seen = new Set<string>();
  let problem: string | undefined;
  const indexes = names.map((name) => {
    const index = indexOf.get(name);
    if (index === undefined) problem ??= unknownColumn(name, columns);
    else if (seen.has(name)) problem ??= `column ${quote(name)} is there twice`;
    seen.add(name);
    return index ?? -1;
  });
  const missing = columns.find(({ name, tensor }) => tensor !== undefined && !seen.has(name));
  if (missing) problem ??= missingColumn(missing.name);
  return problem === undefined ? { indexes } : { indexes, problem };
}

/** Writes a table, whatever form it has in the request. See RowSource for the result. */
export function writeTable(
  { columns }: Pick<Servable, 'columns'>,
  plan: ColumnPlan,
  rows: number,
  /** The value at a row and a position of the plan, as JSON would have it; an `Unreadable` where there is none. */
  valueAt: (row: number, position: number) => unknown,
  buffer: RowBuffer,
  at: number,
): readonly RowProblem[] {
  // Without a row there is nothing that the problem could be told of.
  if (plan.problem !== undefined && rows === 0) throw new RequestError(400, plan.problem);
  const messages = new Map<number, string>();
  const given = new Set(plan.indexes);
  for (let index = 0; index < columns.length; index++) {
    if (given.has(index)) continue;
    for (let row = 0; row < rows; row++) buffer.columns[index]!.setMissing(at + row);
  }
  for (const [position, index] of plan.indexes.entries()) {
    if (index < 0) continue;
    const column = buffer.columns[index]!;
    for (let row = 0; row < rows; row++) {
      const value = valueAt(row, position);
      if (value instanceof Unreadable) {
        column.setMissing(at + row);
        if (!messages.has(row)) messages.set(row, value.message);
      } else if (!column.set(at + row, value) && !messages.has(row)) messages.set(row, wrongValue(columns[index]!, value));
    }
  }
  if (plan.problem !== undefined) return Array.from({ length: rows }, (_, row) => ({ row, message: plan.problem! }));
  if (messages.size === 0) return NO_PROBLEMS;
  return [...messages].sort(([a], [b]) => a - b).map(([row, message]) => ({ row, message }));
}

/** Stands for a value that cannot be read from what the request has in its place. */
export class Unreadable {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}
