import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeDecisions } from '../../../shared/evaluation/decisions.js';
import type { ClassSample } from '../../../shared/evaluation/sample.js';

const binary = (labels: readonly number[], positive: readonly number[]): ClassSample => ({
  ...{ task: 'binary', rows: labels.length, classes: 2, labels: Int32Array.from(labels) },
  scores: Float64Array.from(positive.flatMap((probability) => [1 - probability, probability])),
});

describe('what both models decide', () => {
  test('is a row a label, and each model by its own threshold', () => {
    const sample = binary([0, 0, 1, 1], [0.1, 0.6, 0.6, 0.9]);
    const { confusion } = describeDecisions(['no', 'yes'], sample, sample, { candidate: 0.5, champion: 0.7 });
    expect(confusion).toEqual({
      classes: ['no', 'yes'],
      candidate: [
        [1, 1],
        [0, 2],
      ],
      champion: [
        [2, 0],
        [1, 1],
      ],
    });
  });

  test('is nothing for numbers, for no rows, and for more classes than a table can show', () => {
    const many = Array.from({ length: 13 }, (_, index) => `c${index}`);
    expect(
      describeDecisions(
        [],
        { task: 'regression', rows: 1, labels: new Float64Array(1), scores: new Float64Array(1) },
        undefined,
      ),
    ).toEqual({});
    expect(describeDecisions(['no', 'yes'], binary([], []), undefined)).toEqual({});
    const wide = { task: 'multiclass' as const, rows: 1, classes: 13, labels: new Int32Array(1), scores: new Float64Array(13) };
    expect(describeDecisions(many, wide, undefined)).toEqual({});
  });

  test('calibration holds every row once, its groups ascend, and equal probabilities stay together', () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 200 }), (rows) => {
        const sample = binary(
          rows.map(([label]) => label),
          rows.map(([, twentieths]) => twentieths / 20),
        );
        const bins = describeDecisions(['no', 'yes'], sample, undefined).calibration!.candidate;
        expect(bins.length).toBeLessThanOrEqual(10);
        expect(bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(rows.length);
        const positives = rows.filter(([label]) => label === 1).length;
        expect(bins.reduce((sum, bin) => sum + bin.rows * bin.observed, 0)).toBeCloseTo(positives, 8);
        for (const [index, bin] of bins.entries())
          if (index > 0) expect(bin.predicted).toBeGreaterThan(bins[index - 1]!.predicted);
      }),
    );
    const same = describeDecisions(['no', 'yes'], binary([0, 1, 1, 0], [0.5, 0.5, 0.5, 0.5]), undefined).calibration!;
    expect(same.candidate).toEqual([{ rows: 4, predicted: 0.5, observed: 0.5 }]);
  });
});
