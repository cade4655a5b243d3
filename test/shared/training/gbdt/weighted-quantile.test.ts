import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weightedQuantile } from '../../../../shared/training/gbdt/weighted-quantile.js';

const value = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: -2, max: 2 }));
const level = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('weightedQuantile', () => {
  it('is linear between sorted values, in any order', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), level, (values, at) => {
        const sorted = values.toSorted((a, b) => a - b);
        const place = (sorted.length - 1) * at;
        const below = Math.floor(place);
        const low = sorted[below]!;
        const expected = low + ((sorted[below + 1] ?? low) - low) * (place - below);
        const found = weightedQuantile(Float64Array.from(values), undefined, at);
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
      }),
    );
  });

  it('with whole weights is a value of the rows written out', () => {
    const rows = fc.array(fc.tuple(value, fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(rows, level, (drawn, at) => {
        const written = drawn.flatMap(([own, times]) => Array<number>(times).fill(own)).sort((a, b) => a - b);
        fc.pre(written.length > 0);
        const values = Float64Array.from(drawn, ([own]) => own);
        const weights = Float64Array.from(drawn, ([, times]) => times);
        expect(weightedQuantile(values, weights, at)).toBe(written[Math.floor(at * written.length)]);
      }),
    );
  });
});
