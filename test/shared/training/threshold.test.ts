import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeMetric } from '../../../shared/evaluation/metrics.js';
import { THRESHOLD_METRICS } from '../../../shared/spec/threshold-metrics.js';
import { scoredRows } from '../../../shared/training/calibration-rows.js';
import { chooseThreshold } from '../../../shared/training/threshold.js';

const classes = ['no', 'yes'];

function rowsOf(rows: readonly (readonly [score: number, label: number])[]) {
  const labels = { task: 'binary', classes, values: Int32Array.from(rows, ([, label]) => label) } as const;
  const scores = Float64Array.from(rows.flatMap(([score]) => [1 - score, score]));
  const predictions = { task: 'binary', classes, rows: rows.length, scores } as const;
  return { labels, predictions, scored: scoredRows(labels, predictions, undefined, 'split.calibration') };
}

describe('chooseThreshold', () => {
  const score = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.25, 0.5, 0.75, 1));
  const rows = fc.array(fc.tuple(score, fc.integer({ min: 0, max: 1 })), { minLength: 2, maxLength: 40 });

  it.each([...THRESHOLD_METRICS])('%s: what it reached is what evaluation says at it, and no cut is better', (metric) => {
    fc.assert(
      fc.property(rows, (drawn) => {
        const { labels, predictions, scored } = rowsOf(drawn);
        const chosen = chooseThreshold(metric, scored);
        const at = (threshold: number): number => computeMetric(metric, labels, predictions, { threshold });
        expect(Math.fround(chosen.value)).toBe(chosen.value);
        const floats = drawn.map(([value]) => Math.fround(value));
        const cuts = floats.filter((value) => value > Math.min(...floats));
        if (cuts.length === 0) {
          expect(chosen.value).toBe(0.5);
          return;
        }
        // Evaluation takes 64-bit floats; a row whose score rounds across is a row that a graph cannot tell from the cut either.
        fc.pre(drawn.every(([value]) => value >= chosen.value === Math.fround(value) >= chosen.value));
        expect(chosen.reached).toBeCloseTo(at(chosen.value), 12);
        for (const cut of cuts) {
          if (drawn.some(([value]) => value >= cut !== Math.fround(value) >= cut)) continue;
          expect(chosen.reached).toBeGreaterThanOrEqual(at(cut) - 1e-12);
        }
      }),
    );
  });

  it('of equals takes the one nearest to 0.5', () => {
    expect(
      chooseThreshold(
        'accuracy',
        rowsOf([
          [0.9, 1],
          [0.8, 1],
          [0.1, 0],
          [0.2, 0],
        ]).scored,
      ).value,
    ).toBe(0.5);
    expect(
      chooseThreshold(
        'f1',
        rowsOf([
          [0.3, 1],
          [0.1, 0],
          [0.2, 0],
        ]).scored,
      ).value,
    ).toBeCloseTo(0.25, 6);
  });
});
