import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortFloats } from '../../../../shared/training/gbdt/sort-floats.js';

describe('sortFloats', () => {
  it('sorts as Float32Array does: infinities, denormals and signed zeros included', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)),
          {
            maxLength: 300,
          },
        ),
        fc.nat(5),
        (values, rest) => {
          const array = Float32Array.from([...values, ...new Array(rest).fill(9)]);
          const sorted = sortFloats(array, values.length, new Int32Array(array.length));
          const expected = Float32Array.from(values).sort();
          expect(Array.from(sorted, (value) => Object.is(value, -0))).toEqual(
            Array.from(expected, (value) => Object.is(value, -0)),
          );
          expect([...sorted]).toEqual([...expected]);
        },
      ),
    );
  });
});
