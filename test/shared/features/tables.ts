import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import type { Column, ColumnSchema, ColumnType, Table } from '../../../shared/data/table.js';

/** A value of a cell; null is missing. */
export type Cell = string | number | bigint | boolean | null;

/** A table from plain values, for tests. */
export function tableOf(columns: Readonly<Record<string, readonly [ColumnType, readonly Cell[]]>>): Table {
  const entries = Object.entries(columns).map(([name, [type, cells]]) => [name, columnOf(type, cells)] as const);
  return { rows: Object.values(columns)[0]?.[1].length ?? 0, columns: new Map(entries) };
}

/** The schema of such a table. */
export function schemaOf(table: Table): ColumnSchema[] {
  return [...table.columns].map(([name, column]) => ({ name, type: column.type }));
}

/** Microseconds since 1970 of an ISO date or time, UTC. */
export function moment(iso: string): bigint {
  return BigInt(Date.parse(iso)) * 1000n;
}

function columnOf(type: ColumnType, cells: readonly Cell[]): Column {
  if (type === 'number')
    return { type, values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))) };
  if (type === 'boolean')
    return { type, values: Float32Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))) };
  if (type === 'string') {
    const dictionary = ['', ...new Set(cells.filter((cell) => cell !== null && cell !== '').map(String))];
    return { type, dictionary, codes: Uint32Array.from(cells, (cell) => dictionary.indexOf(String(cell ?? ''))) };
  }
  const values = new BigInt64Array(cells.length);
  for (const [row, cell] of cells.entries()) values[row] = cell === null ? MISSING_INTEGER : BigInt(cell as bigint);
  return { type, values };
}
