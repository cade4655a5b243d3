import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divide, fittedCuts, plainCuts } from '../../../shared/data/cuts.js';

describe('divide', () => {
  it('gives every used part a value, in order, and nobody could be nearer at the first boundary', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 40 });
    const weights = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 9 })));
    fc.assert(
      fc.property(counts, weights, (sizes, parts) => {
        const total = parts.reduce((sum, part) => sum + part, 1);
        const shares = [...parts, 1].map((part) => part / total);
        let sum = 0;
        const ends = sizes.map((size) => (sum += size));
        const boundaries = [0, ...divide(ends, shares)!, sizes.length];
        shares.forEach((share, part) => {
          const values = boundaries[part + 1]! - boundaries[part]!;
          expect(share > 0 ? values >= 1 : values === 0).toBe(true);
        });
        const first = shares.findIndex((share) => share > 0);
        if (first === 3) return;
        const target = Math.round(sum * shares[first]!);
        const distance = Math.abs(ends[boundaries[first + 1]! - 1]! - target);
        const used = shares.filter((share) => share > 0).length;
        const possible = ends.slice(0, sizes.length - used + 1).map((end) => Math.abs(end - target));
        expect(distance).toBe(Math.min(...possible));
      }),
    );
  });

  it('cannot fill more parts than there are values', () => {
    expect(divide([5], [0.5, 0.5])).toBeUndefined();
    expect(divide([], [1])).toBeUndefined();
    expect(divide([5], [0, 1])).toEqual([0]);
  });
});

describe('cuts', () => {
  it('that are plain add the shares up without dust', () => {
    expect(plainCuts({ test: 0.2, validation: 0.1, calibration: 0.3 })).toEqual({
      test: 0.2,
      validation: 0.3,
      calibration: 0.6,
    });
  });

  it('that are fitted count exactly where positions differ', () => {
    const positions = Float64Array.from({ length: 100 }, (_, index) => index / 100 + 0.001);
    const { test, validation, calibration } = fittedCuts(positions, { test: 0.2, validation: 0.1, calibration: 0 });
    expect(positions.filter((u) => u < test)).toHaveLength(20);
    expect(positions.filter((u) => u >= test && u < validation)).toHaveLength(10);
    expect(calibration).toBe(validation);
  });

  it('of parts without a share take no row that comes later', () => {
    expect(fittedCuts(Float64Array.of(0.5, 0.6), { test: 0, validation: 0, calibration: 0 })).toEqual({
      test: 0,
      validation: 0,
      calibration: 0,
    });
  });

  it('of a single row leave it to train', () => {
    const { test, validation, calibration } = fittedCuts(Float64Array.of(0.05), { test: 0.2, validation: 0.1, calibration: 0 });
    expect([test, validation, calibration]).toEqual([0.05, 0.05, 0.05]);
  });
});
