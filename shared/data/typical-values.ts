import { MISSING_INTEGER } from '../core/missing.js';
import type { Column, Table } from './table.js';

/** A median needs no more rows than these; of more, every so many are looked at. */
const ROWS_FOR_A_MEDIAN = 20_000;

/** A row whose value is the column's typical one: the median of numbers and times, else the most frequent. -1 for no rows. */
export function typicalRow(column: Column): number {
  if (column.type === 'string') return mostFrequent(column.codes);
  if (column.type === 'boolean') return mostFrequent(column.values);
  const values = column.values as ArrayLike<number | bigint>;
  const step = Math.ceil(values.length / ROWS_FOR_A_MEDIAN) || 1;
  const present = Uint32Array.from({ length: Math.ceil(values.length / step) }, (_, at) => at * step).filter(
    (row) => values[row] !== MISSING_INTEGER && !Number.isNaN(values[row]),
  );
  if (present.length === 0) return values.length - 1;
  present.sort((a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : a - b));
  return present[Math.floor((present.length - 1) / 2)]!;
}

/** Missing values are one value of many. */
function mostFrequent(values: ArrayLike<number>): number {
  const counts = new Map<number, { row: number; count: number }>();
  for (let row = 0; row < values.length; row++) {
    const found = counts.get(values[row]!);
    if (found) found.count++;
    else counts.set(values[row]!, { row, count: 1 });
  }
  let best = { row: -1, count: 0 };
  for (const found of counts.values()) if (found.count > best.count) best = found;
  return best.row;
}

/** Rows of a table, repeats allowed, and which of its rows each column takes may differ. @param rowsOf of one length */
export function pickRows(table: Table, count: number, rowsOf: (column: string) => ArrayLike<number>): Table {
  const columns = [...table.columns].map(([name, column]) => [name, pickColumn(column, rowsOf(name))] as const);
  return { rows: count, columns: new Map(columns) };
}

function pickColumn(column: Column, rows: ArrayLike<number>): Column {
  switch (column.type) {
    case 'string':
      return { ...column, codes: Uint32Array.from(rows, (row) => column.codes[row]!) };
    case 'number':
      return { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) };
    case 'boolean':
      return { ...column, values: Float32Array.from(rows, (row) => column.values[row]!) };
    default:
      return { ...column, values: BigInt64Array.from(rows as ArrayLike<never>, (row) => column.values[row]!) };
  }
}
