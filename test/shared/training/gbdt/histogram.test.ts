import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { binMatrix } from '../../../../shared/training/gbdt/binning.js';
import { buildHistogram, layoutOf, subtractHistogram } from '../../../../shared/training/gbdt/histogram.js';
import { matrixOf } from './matrices.js';

/** Gradients that are multiples of 1/64, so that sums are exact in any order. */
function randomCase(seed: number, rows: number, width: number) {
  const random = new Random(seed);
  const matrix = matrixOf(
    Array.from({ length: rows }, () =>
      Array.from({ length: width }, () => (random.uniform() < 0.1 ? Number.NaN : random.integer(12))),
    ),
  );
  const binned = binMatrix(matrix, 255, 1);
  const gradients = Float64Array.from({ length: 2 * rows }, () => (random.integer(200) - 100) / 64);
  const order = Int32Array.from({ length: rows }, (_, row) => row).filter(() => random.uniform() < 0.7);
  return { binned, gradients, order, layout: layoutOf(binned), random };
}

describe('histograms', () => {
  it('equal sums made row by row, for any number of features', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 19 }), (seed, width) => {
        const { binned, gradients, order, layout } = randomCase(seed, 120, width);
        const histogram = new Float64Array(layout.size).fill(99);
        const begin = Math.floor(order.length / 4);
        buildHistogram(histogram, layout, binned, gradients, order, begin, order.length);
        binned.features.forEach((feature, position) => {
          for (let bin = 0; bin <= feature.valueBins; bin++) {
            const rows = [...order.subarray(begin)].filter((row) => binned.columns[position]![row] === bin);
            const at = layout.offsets[position]! + 2 * bin;
            expect(histogram[at]).toBe(rows.reduce((sum, row) => sum + gradients[2 * row]!, 0));
            expect(histogram[at + 1]).toBe(rows.reduce((sum, row) => sum + gradients[2 * row + 1]!, 0));
          }
        });
      }),
      { numRuns: 50 },
    );
  });

  it('of a sibling: parent minus child equals the sums made directly', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { binned, gradients, order, layout, random } = randomCase(seed, 150, 5);
        const middle = random.integer(order.length + 1);
        const parent = new Float64Array(layout.size);
        const child = new Float64Array(layout.size);
        const direct = new Float64Array(layout.size);
        buildHistogram(parent, layout, binned, gradients, order, 0, order.length);
        buildHistogram(child, layout, binned, gradients, order, 0, middle);
        buildHistogram(direct, layout, binned, gradients, order, middle, order.length);
        subtractHistogram(parent, child);
        const used = layout.size - 2;
        expect(parent.subarray(0, used)).toEqual(direct.subarray(0, used));
      }),
      { numRuns: 50 },
    );
  });
});
