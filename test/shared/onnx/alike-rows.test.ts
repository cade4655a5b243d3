import { expect, test } from 'vitest';
import type { Table } from '../../../shared/data/table.js';
import { alikeRows } from '../../../shared/onnx/alike-rows.js';

const ROWS = 20_000;
const FEW = ['', 'a', 'b', 'c'];
const MANY = ['', ...Array.from({ length: 50 }, (_, index) => `m${index}`)];

const codesOf = (texts: readonly string[], step: number): Uint32Array =>
  Uint32Array.from({ length: ROWS }, (_, row) => (row * step + (row >> 5)) % texts.length);

const table: Table = {
  rows: ROWS,
  columns: new Map([
    ['many', { type: 'string', codes: codesOf(MANY, 7), dictionary: MANY }],
    ['few', { type: 'string', codes: codesOf(FEW, 3), dictionary: FEW }],
    ['number', { type: 'number', values: new Float64Array(ROWS) }],
  ]),
};

test('rows are put by the column of the fewest texts, then by the others, then as they came; the first and the last stay', () => {
  const [few, many] = ['few', 'many'].map((name) => (table.columns.get(name) as { codes: Uint32Array }).codes);
  const rest = Array.from({ length: ROWS - 150 }, (_, at) => at + 100);
  const expected = rest.sort((a, b) => few![a]! - few![b]! || many![a]! - many![b]! || a - b);
  const order = alikeRows(table, ['number', 'many', 'few'], 100, ROWS - 50)!;
  expect([...order.subarray(0, 100)]).toEqual(Array.from({ length: 100 }, (_, row) => row));
  expect([...order.subarray(100, ROWS - 50)]).toEqual(expected);
  expect([...order.subarray(ROWS - 50)]).toEqual(Array.from({ length: 50 }, (_, at) => ROWS - 50 + at));
});

test('without texts, and of few rows, the order is left', () => {
  expect(alikeRows(table, ['number'], 0, ROWS)).toBeUndefined();
  expect(alikeRows({ ...table, rows: 1000 }, ['few'], 0, 1000)).toBeUndefined();
});
