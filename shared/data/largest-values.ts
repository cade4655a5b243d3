import { filled } from '../core/filled.js';
import { MISSING_INTEGER } from '../core/missing.js';
import type { Column } from './table.js';

/** The values that most rows have. */
export interface LargestValues {
  /** For people; those of most rows first. */
  readonly texts: readonly string[];
  /** Rows of each. */
  readonly counts: readonly number[];
  /** Which of them a row has; −1 for none. */
  readonly of: Int32Array;
}

/** Values are told apart by their texts, of which one is made a value: one a row would take seconds among many. */
export function largestValues(column: Column, most: number): LargestValues {
  const { codes, count } = column.type === 'string' ? textCodes(column) : valueCodes(column);
  const rowsOf = new Uint32Array(count);
  const firstOf = new Uint32Array(count);
  for (let row = codes.length - 1; row >= 0; row--) {
    rowsOf[codes[row]!]!++;
    firstOf[codes[row]!] = row;
  }
  const texts = Array.from(rowsOf, (rows, code) => (rows > 0 ? valueText(column, firstOf[code]!) : undefined));
  const totals = new Map<string, number>();
  for (const [code, text] of texts.entries()) if (text !== undefined) totals.set(text, (totals.get(text) ?? 0) + rowsOf[code]!);
  const largest = [...totals].sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1)).slice(0, most);
  const placeOf = new Map(largest.map(([text], place) => [text, place]));
  const places = filled(new Int32Array(count), (code) => placeOf.get(texts[code] ?? '') ?? -1);
  return {
    texts: largest.map(([text]) => text),
    counts: largest.map(([, rows]) => rows),
    of: filled(new Int32Array(codes.length), (row) => places[codes[row]!]!),
  };
}

function textCodes({ codes, dictionary }: Extract<Column, { type: 'string' }>): { codes: Uint32Array; count: number } {
  return { codes, count: dictionary.length };
}

/** A number for each value that there is. */
function valueCodes({ values }: Exclude<Column, { type: 'string' }>): { codes: Uint32Array; count: number } {
  const known = new Map<number | bigint, number>();
  const codes = filled(new Uint32Array(values.length), (row) => {
    const value = values[row]!;
    const code = known.get(value) ?? known.size;
    if (code === known.size) known.set(value, code);
    return code;
  });
  return { codes, count: known.size };
}

/** A value for people; undefined when it is missing. */
export function valueText(column: Column, row: number): string | undefined {
  if (column.type === 'string') return column.dictionary[column.codes[row]!] || undefined;
  const value = column.values[row]!;
  if (value === MISSING_INTEGER || Number.isNaN(value)) return undefined;
  if (column.type === 'boolean') return value === 1 ? 'true' : 'false';
  if (column.type === 'date' || column.type === 'timestamp') {
    const instant = new Date(Number(value) / 1000).toISOString();
    return column.type === 'date' ? instant.slice(0, 10) : instant;
  }
  return String(value);
}
