import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { chooseBins, type FeatureBins, lastOfEachBin, thresholdBetween } from '../../../../shared/training/gbdt/binning.js';
import { matrixOf, mixedMatrix } from './matrices.js';

const float = fc.float({ noNaN: true });

function numeric(feature: FeatureBins): FeatureBins & { kind: 'numeric' } {
  if (feature.kind !== 'numeric') throw new Error('expected a numeric feature');
  return feature;
}

function categorical(feature: FeatureBins): FeatureBins & { kind: 'categorical' } {
  if (feature.kind !== 'categorical') throw new Error('expected categories');
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

describe('chooseBins', () => {
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
    expect(chooseBins(matrix, 255, 1).map(({ column, valueBins }) => [column, valueBins])).toEqual([
      [2, 1],
      [3, 2],
    ]);
  });

  it('puts thresholds between neighbouring values, and 0 and -0 together', () => {
    const rows = Array.from({ length: 60 }, (_, row) => [[-2, -0, 0, 1][row % 4]!]);
    const { thresholds } = numeric(chooseBins(matrixOf(rows), 255, 1)[0]!);
    expect([...thresholds]).toEqual([-1, 0.5]);
  });

  it('never makes a threshold of -0', () => {
    const rows = Array.from({ length: 60 }, (_, row) => [row % 2 === 0 ? -0 : 1e-45]);
    const [threshold] = numeric(chooseBins(matrixOf(rows), 255, 1)[0]!).thresholds;
    expect(Object.is(threshold, 0)).toBe(true);
  });

  it('uses at most 255 bins for values and one byte for all', () => {
    const random = new Random(3);
    const matrix = matrixOf(Array.from({ length: 20_000 }, () => [random.uniform() < 0.01 ? Number.NaN : random.normal()]));
    expect(numeric(chooseBins(matrix, 255, 1)[0]!).valueBins).toBe(255);
  });

  it('gives categories of too large a set one shared last bin', () => {
    const rows = Array.from({ length: 3000 }, (_, row) => [row < 1000 ? 0 : row % 400]);
    const feature = categorical(chooseBins(matrixOf(rows, { 0: 400 }), 255, 1)[0]!);
    expect(feature.valueBins).toBe(255);
    expect(feature.categories.length).toBe(254);
  });

  it('keeps a byte for unseen categories: 254 have bins of their own, of 255 the rarest shares', () => {
    const rows = (levels: number) => Array.from({ length: levels * 10 }, (_, row) => [row % levels]);
    expect(categorical(chooseBins(matrixOf(rows(254), { 0: 254 }), 255, 1)[0]!)).toMatchObject({ valueBins: 254 });
    const shared = categorical(chooseBins(matrixOf(rows(255), { 0: 255 }), 255, 1)[0]!);
    expect([shared.valueBins, shared.categories.length]).toEqual([255, 254]);
  });

  it('draws the same sample for the same seed on more than 200,000 rows', () => {
    const random = new Random(9);
    const values = Float32Array.from({ length: 210_000 }, () => random.normal());
    const matrix = { rows: values.length, columns: [{ name: 'x', values }] };
    const first = numeric(chooseBins(matrix, 63, 5)[0]!).thresholds;
    expect(numeric(chooseBins(matrix, 63, 5)[0]!).thresholds).toEqual(first);
    expect(numeric(chooseBins(matrix, 63, 6)[0]!).thresholds).not.toEqual(first);
    expect(first.length).toBe(62);
  });

  it('takes every kind of column at once', () => {
    expect(chooseBins(mixedMatrix(500, 4), 255, 1).map(({ column, kind }) => `${column} ${kind}`)).toEqual([
      '0 numeric',
      '1 numeric',
      '4 categorical',
      '5 categorical',
    ]);
  });
});
