import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { chooseBins, type FeatureBins } from '../../../../shared/training/gbdt/binning.js';
import { fillBins, UNSEEN_BIN } from '../../../../shared/training/gbdt/fill-bins.js';
import { matrixOf, mixedMatrix, pick } from './matrices.js';

/** The bin of a value, from the definition. */
function binOf(feature: FeatureBins, value: number): number {
  if (Number.isNaN(value)) return feature.valueBins;
  if (feature.kind === 'numeric') return feature.thresholds.filter((threshold) => value > threshold).length;
  const own = feature.categories.indexOf(value);
  if (own >= 0) return own;
  return feature.categories.length === feature.valueBins ? UNSEEN_BIN : feature.valueBins - 1;
}

function expectBins(matrix: ReturnType<typeof matrixOf>, features: readonly FeatureBins[]): void {
  const width = 8;
  const bins = new Uint8Array(matrix.rows * width).fill(77);
  fillBins(matrix, features, bins, width);
  for (let row = 0; row < matrix.rows; row++) {
    features.forEach((feature, position) => {
      const value = matrix.columns[feature.column]!.values[row]!;
      const bin = bins[row * width + position];
      if (bin !== binOf(feature, value)) throw new Error(`row ${row}, feature ${position}: ${value} is in bin ${bin}`);
    });
    expect(bins[row * width + features.length]).toBe(77);
  }
}

describe('fillBins', () => {
  it('puts every number where its thresholds say, missing ones last', () => {
    const float = fc.float({ noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(float, fc.constant(Number.NaN)), { minLength: 2, maxLength: 200 }),
        fc.integer({ min: 2, max: 20 }),
        (values, maxBin) => {
          const matrix = matrixOf(values.map((value) => [value]));
          expectBins(matrix, chooseBins(matrix, maxBin, 1));
        },
      ),
    );
  });

  it('does so among many rows as well, where a table says most bins: any scale, sign and crowding', () => {
    const random = new Random(31);
    const draws = [
      () => random.normal(),
      () => random.integer(2000) - 1000,
      () => 1000 + random.uniform() / 1000,
      () => Math.exp(40 * random.normal()) * (random.uniform() < 0.5 ? -1 : 1),
      () => [0, -0, 1e-45, -1e-45, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN][random.integer(7)]!,
      () => (random.uniform() < 0.9 ? 0 : random.normal()),
    ];
    const matrix = matrixOf(Array.from({ length: 5000 }, () => draws.map((draw) => draw())));
    expectBins(matrix, chooseBins(matrix, 255, 1));
  });

  it('tells categories that training has not seen from all others', () => {
    const matrix = matrixOf(
      Array.from({ length: 90 }, (_, row) => [row % 9 === 8 ? Number.NaN : row % 7]),
      { 0: 12 },
    );
    const features = chooseBins(matrix, 255, 1);
    expectBins(matrix, features);
    expectBins(matrixOf([[8], [11], [3], [Number.NaN]], { 0: 12 }), features);
  });

  it('takes rows that share the last bin of too large a set', () => {
    const matrix = matrixOf(
      Array.from({ length: 3000 }, (_, row) => [row < 1000 ? 0 : row % 400]),
      { 0: 400 },
    );
    expectBins(matrix, chooseBins(matrix, 255, 1));
  });

  it('gives rows of another matrix the bins of the training matrix', () => {
    const matrix = mixedMatrix(1200, 5);
    expectBins(mixedMatrix(700, 6), chooseBins(pick(matrix, [...matrix.columns[0]!.values.keys()].slice(0, 400)), 63, 1));
  });
});
