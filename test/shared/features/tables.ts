import fc from 'fast-check';
import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import type { Column, ColumnSchema, ColumnType, Table } from '../../../shared/data/table.js';

/** Values of any size and kind, the awkward ones often. */
export const INT64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }),
  fc.bigInt({ min: -40n, max: 40n }),
  fc.constantFrom(
    -(2n ** 63n),
    -(2n ** 63n) + 1n,
    2n ** 63n - 1n,
    2n ** 53n + 1n,
    16_777_217n,
    -16_777_217n,
    9_007_199_791_611_905n,
  ),
);
export const FLOAT64 = fc.oneof(
  fc.double(),
  fc.constantFrom(0.1, -0, 1e300, -1e300, 1e-310, Number.POSITIVE_INFINITY, Number.NaN, 16_777_217),
);
export const TEXT = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('', ' ', 'a\0b', '\0', 'a', 'é', 'e\u0301', '𝒳', '\ud83d', '\udc00x', '"; DROP', '\ufffd', '\n', 'NaN'),
);
export const MOMENT = fc.oneof(
  fc
    .date({ min: new Date('1600-01-01T00:00:00Z'), max: new Date('2400-12-31T23:59:59Z'), noInvalidDate: true })
    .chain((date) => fc.integer({ min: 0, max: 999 }).map((micro) => BigInt(date.getTime()) * 1000n + BigInt(micro))),
  INT64,
);

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
