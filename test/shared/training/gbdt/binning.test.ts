import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { binMatrix, type FeatureBins, lastOfEachBin, thresholdBetween } from '../../../../shared/training/gbdt/binning.js';
import { matrixOf, mixedMatrix } from './matrices.js';

const float = fc.float({ noNaN: true });

function numeric(feature: FeatureBins): FeatureBins & { kind: 'numeric' } {
  if (feature.kind !== 'numeric') throw new Error('expected a numeric feature');
  return feature;
}

describe('thresholdBetween', () => {
  it('gives a 32-bit float that separates any two different 32-bit floats', () => {
    fc.assert(
      fc.property(float, float, (a, b) => {
        fc.pre(a !== b);
        const low = Math.min(a, b);
        const high = Math.max(a, b);
        const threshold = thresholdBetween(low, high);
        expect(Math.fround(threshold)).toBe(threshold);
        expect(low <= threshold && threshold < high).toBe(true);
      }),
    );
  });

  it('separates neighbours, where the middle rounds to one of them', () => {
    const bits = new Uint32Array(1);
    const asFloat = new Float32Array(bits.buffer);
    for (const start of [0x3f800000, 0x3f800001, 0x00000001, 0x7f7ffffe, 0x7f7fffff]) {
      bits[0] = start;
      const low = asFloat[0]!;
      bits[0] = start + 1;
      const high = asFloat[0]!;
      const threshold = thresholdBetween(low, high);
      expect(low <= threshold && threshold < high, `${low} and ${high}`).toBe(true);
    }
  });
});

describe('lastOfEachBin', () => {
  it('keeps to the limit, covers every value once and in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 600 }),
        fc.integer({ min: 2, max: 255 }),
        (counts, limit) => {
          const last = lastOfEachBin(
            counts,
            counts.reduce((sum, count) => sum + count, 0),
            limit,
          );
          expect(last.length).toBeLessThanOrEqual(limit);
          expect(last.at(-1)).toBe(counts.length - 1);
          expect(last.every((end, bin) => bin === 0 || end > last[bin - 1]!)).toBe(true);
        },
      ),
    );
  });

  it('gives many single values bins of equal size', () => {
    const last = lastOfEachBin(new Array(10_000).fill(1), 10_000, 100);
    expect(last.length).toBe(100);
    const sizes = last.map((end, bin) => end - (last[bin - 1] ?? -1));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(99);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(101);
  });

  it('gives a value that outweighs a bin one of its own', () => {
    const counts = new Array(1000).fill(1);
    counts[520] = 5000;
    const last = lastOfEachBin(counts, 5999, 20);
    expect(last).toContain(519);
    expect(last).toContain(520);
  });

  it('puts fewer than three rows with their neighbours', () => {
    expect(lastOfEachBin([1, 1, 1, 5, 2], 10, 255)).toEqual([2, 4]);
  });
});

describe('binMatrix', () => {
  it('puts every value where its thresholds say, missing ones last, in both layouts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(float, fc.constant(Number.NaN)), { minLength: 2, maxLength: 200 }),
        fc.integer({ min: 2, max: 20 }),
        (values, maxBin) => {
          const matrix = matrixOf(values.map((value) => [value]));
          const binned = binMatrix(matrix, maxBin, 1);
          if (binned.features.length === 0) return;
          const feature = numeric(binned.features[0]!);
          expect(feature.valueBins).toBeLessThanOrEqual(maxBin);
          expect(feature.thresholds.length).toBe(feature.valueBins - 1);
          values.forEach((value, row) => {
            const expected = Number.isNaN(value)
              ? feature.valueBins
              : feature.thresholds.filter((threshold) => value > threshold).length;
            expect(binned.columns[0]![row]).toBe(expected);
            expect(binned.bins[row * binned.width]).toBe(expected);
          });
        },
      ),
    );
  });

  it('leaves out columns that say nothing, keeps one whose only signal is that values are missing', () => {
    const matrix = matrixOf([
      [1, Number.NaN, Number.NaN, 3],
      [1, Number.NaN, 5, 4],
      [1, Number.NaN, 5, 3],
      [1, Number.NaN, Number.NaN, 4],
      [1, Number.NaN, 5, 3],
      [1, Number.NaN, 5, 4],
      [1, Number.NaN, 5, 3],
    ]);
    const binned = binMatrix(matrix, 255, 1);
    expect(binned.features.map(({ column, valueBins }) => [column, valueBins])).toEqual([
      [2, 1],
      [3, 2],
    ]);
    expect(binned.width).toBe(4);
  });

  it('uses at most 255 bins for values and one byte for all', () => {
    const random = new Random(3);
    const matrix = matrixOf(Array.from({ length: 20_000 }, () => [random.uniform() < 0.01 ? Number.NaN : random.normal()]));
    const feature = numeric(binMatrix(matrix, 255, 1).features[0]!);
    expect(feature.valueBins).toBe(255);
  });

  it('gives categories of too large a set one shared last bin', () => {
    const rows = Array.from({ length: 3000 }, (_, row) => [row < 1000 ? 0 : row % 400]);
    const binned = binMatrix(matrixOf(rows, { 0: 400 }), 255, 1);
    const feature = binned.features[0]!;
    if (feature.kind !== 'categorical') throw new Error('expected categories');
    expect(feature.valueBins).toBe(255);
    expect(feature.categories.length).toBe(254);
    const own = new Set(feature.categories);
    rows.forEach(([category], row) => {
      const bin = binned.columns[0]![row]!;
      if (own.has(category!)) expect(feature.categories[bin]).toBe(category);
      else expect(bin).toBe(254);
    });
  });

  it('draws the same sample for the same seed on more than 200,000 rows', () => {
    const random = new Random(9);
    const values = Float32Array.from({ length: 210_000 }, () => random.normal());
    const matrix = { rows: values.length, columns: [{ name: 'x', values }] };
    const first = numeric(binMatrix(matrix, 63, 5).features[0]!).thresholds;
    expect(numeric(binMatrix(matrix, 63, 5).features[0]!).thresholds).toEqual(first);
    expect(numeric(binMatrix(matrix, 63, 6).features[0]!).thresholds).not.toEqual(first);
    expect(first.length).toBe(62);
  });

  it('takes every kind of column at once', () => {
    const binned = binMatrix(mixedMatrix(500, 4), 255, 1);
    expect(binned.features.map(({ column, kind }) => `${column} ${kind}`)).toEqual([
      '0 numeric',
      '1 numeric',
      '4 categorical',
      '5 categorical',
    ]);
  });
});
