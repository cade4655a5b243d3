import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import { largestValues, valueText } from '../../../shared/data/largest-values.js';
import type { Column } from '../../../shared/data/table.js';

const rows = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 40 });

const column: fc.Arbitrary<Column> = fc.oneof(
  // Some texts of the dictionary stand in no row.
  rows(fc.nat(4)).map(
    (codes): Column => ({
      type: 'string',
      codes: Uint32Array.from(codes),
      dictionary: ['', 'b', 'a', 'c', 'none', 'unused'],
    }),
  ),
  rows(fc.constantFrom(0, -0, 1, 0.5, Number.NaN)).map(
    (values): Column => ({
      type: 'number',
      values: Float64Array.from(values),
    }),
  ),
  rows(fc.constantFrom(0, 1, Number.NaN)).map((values): Column => ({ type: 'boolean', values: Float32Array.from(values) })),
  rows(fc.constantFrom(7n, -7n, 10n, MISSING_INTEGER)).map(
    (values): Column => ({
      type: 'integer',
      values: BigInt64Array.from(values),
    }),
  ),
  // Two of them differ by less than their texts do.
  rows(fc.constantFrom(0n, 1n, 86_400_000_000n, MISSING_INTEGER)).map(
    (values): Column => ({
      type: 'timestamp',
      values: BigInt64Array.from(values),
    }),
  ),
);

test('the largest values and the rows of each are those that counting the texts of all rows gives', () => {
  fc.assert(
    fc.property(column, fc.integer({ min: 1, max: 4 }), (data, most) => {
      const count = data.type === 'string' ? data.codes.length : data.values.length;
      const texts = Array.from({ length: count }, (_, row) => valueText(data, row));
      const totals = new Map<string, number>();
      for (const text of texts) if (text !== undefined) totals.set(text, (totals.get(text) ?? 0) + 1);
      const largest = [...totals].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, most);

      const found = largestValues(data, most);

      expect(found.texts).toEqual(largest.map(([text]) => text));
      expect(found.counts).toEqual(largest.map(([, total]) => total));
      expect([...found.of]).toEqual(texts.map((text) => found.texts.indexOf(text ?? '')));
    }),
  );
});
