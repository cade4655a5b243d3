import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderOf } from '../../../shared/evaluation/row-order.js';

const value = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, 1e300),
);

test('many rows are ordered as comparisons order them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 60 }),
      fc.integer({ min: 5000, max: 9000 }),
      (few, rows) => {
        const pick = (column: 0 | 1, step: number): Float64Array =>
          Float64Array.from({ length: rows }, (_, row) => few[(row * step + column) % few.length]![column]);
        const columns = [pick(0, 7), pick(1, 13)];
        const expected = Array.from({ length: rows }, (_, row) => row).sort((a, b) => {
          for (const column of columns) if (column[a] !== column[b]) return column[a]! < column[b]! ? -1 : 1;
          return a - b;
        });
        expect([...orderOf(columns, rows)]).toEqual(expected);
      },
    ),
    { numRuns: 15 },
  );
});

test.each([20, 9000])('NaN comes last among %i rows', (rows) => {
  const column = Float64Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? Number.NaN : -row));
  const sorted = Array.from(orderOf([column], rows), (row) => column[row]!);
  expect(sorted[0]).toBe(Math.min(...column.filter((item) => !Number.isNaN(item))));
  expect(sorted.findIndex(Number.isNaN)).toBe(column.filter((item) => !Number.isNaN(item)).length);
});
