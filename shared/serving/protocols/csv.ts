import { parse } from 'csv-parse/sync';
import { messageOf } from '../../core/errors.js';
import { wrongValue } from '../column-problems.js';
import { quote, RequestError } from '../request-error.js';
import { Unreadable } from '../row-readers.js';
import type { ServedColumn } from '../servable.js';

/** A CSV body: the first record names the columns. */
export interface CsvTable {
  readonly names: readonly string[];
  readonly records: readonly (readonly string[])[];
}

/** @throws RequestError 400 for text that is no CSV, or has no first record */
export function readCsv(text: string): CsvTable {
  let records: string[][];
  try {
    records = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true });
  } catch (error) {
    throw new RequestError(400, `the body is not valid CSV: ${messageOf(error).split('\n')[0]}`, { cause: error });
  }
  const [names, ...rows] = records;
  if (!names) throw new RequestError(400, 'the body is empty; accepted is CSV whose first line names the columns');
  return { names, records: rows };
}

/** Spellings of "missing" in columns of numbers, as in training data. */
const MISSING_NUMBERS = new Set(['', 'NA', 'N/A', 'n/a', 'NaN', 'nan', 'NULL', 'null', 'None']);
const NUMBER = /^ *[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)? *$/;
const INFINITY = /^([+-]?)(inf|Inf|INF|infinity|Infinity)$/;
const WHOLE = /^[+-]?\d+$/;

/** The value of a cell as JSON would have it; what cannot be read is left for the column to refuse. */
export function csvValue(text: string | undefined, column: ServedColumn): unknown {
  if (text === undefined) return new Unreadable(`column ${quote(column.name)}: the line ends before it`);
  switch (column.type) {
    case 'string':
      return text;
    case 'boolean':
      if (/^(true|True|TRUE|1)$/.test(text)) return true;
      if (/^(false|False|FALSE|0)$/.test(text)) return false;
      return text === '' ? null : unreadable(text, column);
    case 'integer':
      if (MISSING_NUMBERS.has(text)) return null;
      // Whole numbers are written as 3.0 by tools that keep them as fractions.
      return WHOLE.test(text) ? wholeOf(text) : NUMBER.test(text) ? Number(text) : unreadable(text, column);
    case 'number': {
      if (MISSING_NUMBERS.has(text)) return null;
      const infinite = INFINITY.exec(text);
      if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      return NUMBER.test(text) ? Number(text) : unreadable(text, column);
    }
    case 'date':
    case 'timestamp':
      return text === '' ? null : text;
  }
}

function unreadable(text: string, column: ServedColumn): Unreadable {
  return new Unreadable(wrongValue(column, text));
}

/** As digits where a number would lose some. */
function wholeOf(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}
