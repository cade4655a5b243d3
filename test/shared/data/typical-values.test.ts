import { expect, test } from 'vitest';
import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import type { Column, Table } from '../../../shared/data/table.js';
import { pickRows, typicalRow } from '../../../shared/data/typical-values.js';

const text: Column = { type: 'string', codes: Uint32Array.of(1, 2, 2, 0), dictionary: ['', 'a', 'b'] };
const whole: Column = { type: 'integer', values: BigInt64Array.of(9n, 3n, MISSING_INTEGER, 1n) };
const number: Column = { type: 'number', values: Float64Array.of(Number.NaN, 4, 2, 3) };
const flag: Column = { type: 'boolean', values: Float32Array.of(1, Number.NaN, 0, 0) };

test('a typical value is the median, or the most frequent one, and never a missing number', () => {
  expect([text, whole, number, flag].map(typicalRow)).toEqual([1, 1, 3, 2]);
  expect(typicalRow({ type: 'number', values: Float64Array.of(Number.NaN, Number.NaN) })).toBe(1);
});

test('rows are picked column by column, in the form that a tensor takes', () => {
  const table: Table = { rows: 4, columns: new Map(Object.entries({ text, whole, number, flag })) };
  const picked = pickRows(table, 2, (name) => (name === 'whole' ? [0, 0] : [3, 1]));
  expect(picked.rows).toBe(2);
  expect(picked.columns.get('text')).toEqual({ ...text, codes: Uint32Array.of(0, 2) });
  expect(picked.columns.get('whole')).toEqual({ type: 'integer', values: BigInt64Array.of(9n, 9n) });
  expect(picked.columns.get('number')).toEqual({ type: 'number', values: Float64Array.of(3, 4) });
  expect(picked.columns.get('flag')).toEqual({ type: 'boolean', values: Float32Array.of(0, Number.NaN) });
});
