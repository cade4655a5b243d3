import fc from 'fast-check';
import { Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import type { ColumnType } from '../../../shared/data/table.js';
import type { TensorType } from '../../../shared/onnx/signature.js';
import { createColumnBuffer } from '../../../shared/serving/column-buffer.js';

/** What a column makes of a value: the tensor's value, or that it refuses it. */
function cell(type: ColumnType, tensor: TensorType, value: unknown): unknown {
  const buffer = createColumnBuffer({ name: 'x', type, tensor, rank: 2, width: 1 }, 3);
  // The cell before and the one after must not change.
  buffer.setMissing(0);
  buffer.setMissing(2);
  const around = [...buffer.tensor({ Tensor }, 0, 3).data].filter((_, at) => at !== 1);
  const fits = buffer.set(1, value);
  const { data, dims, type: kind } = buffer.tensor({ Tensor }, 0, 3);
  expect([kind, dims]).toEqual([tensor, [3, 1]]);
  expect([...data].filter((_, at) => at !== 1)).toEqual(around);
  return fits ? data[1] : `refused, ${String(data[1])}`;
}

describe('a column of a bundle', () => {
  test.each<[ColumnType, TensorType, unknown, unknown]>([
    ['string', 'string', 'SFO', 'SFO'],
    ['string', 'string', '', ''],
    ['string', 'string', null, ''],
    ['string', 'string', 12, 'refused, '],
    ['number', 'float64', 1.25, 1.25],
    ['number', 'float64', null, Number.NaN],
    ['number', 'float64', '1.25', 'refused, NaN'],
    ['number', 'float64', true, 'refused, NaN'],
    ['number', 'float64', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['boolean', 'float32', true, 1],
    ['boolean', 'float32', false, 0],
    ['boolean', 'float32', 1, 1],
    ['boolean', 'float32', null, Number.NaN],
    ['boolean', 'float32', 2, 'refused, NaN'],
    ['boolean', 'float32', 'true', 'refused, NaN'],
    ['integer', 'int64', 12, 12n],
    ['integer', 'int64', null, MISSING_INTEGER],
    ['integer', 'int64', 1.5, `refused, ${MISSING_INTEGER}`],
    ['integer', 'int64', 2 ** 53, `refused, ${MISSING_INTEGER}`],
    ['integer', 'int64', '9007199254740993', 9007199254740993n],
    ['integer', 'int64', '-9223372036854775807', -9223372036854775807n],
    ['integer', 'int64', '-9223372036854775808', `refused, ${MISSING_INTEGER}`],
    ['integer', 'int64', '9223372036854775808', `refused, ${MISSING_INTEGER}`],
    ['integer', 'int64', '12.0', `refused, ${MISSING_INTEGER}`],
    ['integer', 'int64', {}, `refused, ${MISSING_INTEGER}`],
    ['date', 'int64', '1970-01-02', 86_400_000_000n],
    ['date', 'int64', '1970-01-02T00:00:00Z', 86_400_000_000n],
    ['date', 'int64', '1970-01-02T00:00:01Z', `refused, ${MISSING_INTEGER}`],
    ['date', 'int64', -86_400_000_000, -86_400_000_000n],
    ['date', 'int64', 5, `refused, ${MISSING_INTEGER}`],
    ['timestamp', 'int64', '1969-12-31T23:59:59.999999', -1n],
    ['timestamp', 'int64', '9999-12-31T23:59:59.999999Z', 253402300799999999n],
    ['timestamp', 'int64', '0001-01-01', -62135596800000000n],
    ['timestamp', 'int64', 5, 5n],
    ['timestamp', 'int64', 'yesterday', `refused, ${MISSING_INTEGER}`],
    ['integer', 'int32', 2 ** 31, 'refused, 0'],
    ['integer', 'int32', -5, -5],
    ['integer', 'int32', null, 'refused, 0'],
    ['boolean', 'bool', true, 1],
    ['boolean', 'bool', null, 'refused, 0'],
  ])('%s as %s: %j', (type, tensor, value, expected) => {
    expect(cell(type, tensor, value)).toEqual(expected);
  });

  test('holds every whole number that a double holds exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(cell('integer', 'int64', value)).toBe(BigInt(value));
      }),
    );
  });

  test('refuses what has no form of it, and never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<ColumnType>('integer', 'number', 'boolean', 'date', 'timestamp'),
        fc.jsonValue(),
        (type, value) => {
          const tensor = type === 'number' ? 'float64' : type === 'boolean' ? 'float32' : 'int64';
          if (typeof value === 'object' && value !== null) expect(String(cell(type, tensor, value))).toMatch(/^refused/);
          else cell(type, tensor, value);
        },
      ),
    );
  });
});

describe('a list of features', () => {
  const list = (tensor: TensorType, value: unknown): unknown => {
    const buffer = createColumnBuffer({ name: 'x', type: 'number', tensor, rank: 2, width: 3 }, 2);
    const fits = buffer.set(1, value);
    return fits ? [...buffer.tensor({ Tensor }, 1, 2).data] : 'refused';
  };

  test('holds a number for each', () => {
    expect(list('float32', [1, 2.5, null])).toEqual([1, 2.5, Number.NaN]);
    expect(list('int64', [1, 2, null])).toEqual([1n, 2n, MISSING_INTEGER]);
    expect(list('int64', [1, 2, 2.5])).toBe('refused');
    expect(list('float64', [1, 2])).toBe('refused');
    expect(list('float64', [1, 2, '3'])).toBe('refused');
    expect(list('float64', [1, 2, [3]])).toBe('refused');
    expect(list('float64', 5)).toBe('refused');
  });
});
