import { expect, test } from 'vitest';
import { curveOf } from '../../../shared/evaluation/curve.js';
import { disagreementOf } from '../../../shared/evaluation/disagreement.js';
import { computeMetric } from '../../../shared/evaluation/metrics.js';
import { pairSamples } from '../../../shared/evaluation/pair.js';
import type { Sample } from '../../../shared/evaluation/sample.js';
import { binaryDuel, regressionDuel } from './sample-data.js';

test('ROC: rises from 0 to 1, and its area is the AUC', () => {
  const duel = binaryDuel(2000, 1, { candidate: 0.2, champion: 1.5 });
  const pair = pairSamples(duel);
  const curve = curveOf(pair.candidate, pair.champion)!;
  expect(curve.kind).toBe('roc');
  expect(curve.x).toHaveLength(41);
  for (const [model, y] of [
    ['candidate', curve.candidate],
    ['champion', curve.champion!],
  ] as const) {
    expect(y.at(-1)).toBe(1);
    expect(y.every((value, index) => index === 0 || value >= y[index - 1]!)).toBe(true);
    const area = y.slice(1).reduce((sum, value, index) => sum + (value + y[index]!) / 2 / 40, 0);
    expect(Math.abs(area - computeMetric('auc', duel.labels, duel[model]))).toBeLessThan(0.003);
  }
});

const binary = (labels: number[], positive: number[]): Sample => ({
  task: 'binary',
  rows: labels.length,
  classes: 2,
  labels: Int32Array.from(labels),
  scores: Float64Array.from(positive.flatMap((score) => [1 - score, score])),
});

test('ROC: a perfect model, a constant one, one class', () => {
  expect(curveOf(binary([0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8]))!.candidate.every((value) => value === 1)).toBe(true);
  const constant = curveOf(binary([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]))!;
  expect(constant.candidate).toEqual(constant.x);
  expect(curveOf(binary([1, 1], [0.5, 0.6]))).toBeUndefined();
  expect(curveOf(binary([], []))).toBeUndefined();
});

test('regression: the share of rows by error', () => {
  const pair = pairSamples(regressionDuel(1000, 1, { candidate: 0.1, champion: 2 }));
  const curve = curveOf(pair.candidate, pair.champion)!;
  expect(curve.kind).toBe('residuals');
  expect(Math.min(curve.candidate.at(-1)!, curve.champion!.at(-1)!)).toBeCloseTo(0.95, 2);
  expect(curve.candidate[20]).toBeGreaterThan(curve.champion![20]!);
  const perfect: Sample = { task: 'regression', rows: 2, labels: Float64Array.of(1, 2), scores: Float64Array.of(1, 2) };
  expect(curveOf(perfect)).toBeUndefined();
});

test('more classes: rows that are equally sure share their hits', () => {
  const sample = (labels: number[]): Sample => ({
    task: 'multiclass',
    rows: 4,
    classes: 3,
    labels: Int32Array.from(labels),
    scores: Float64Array.of(0.9, 0.05, 0.05, 0.5, 0.3, 0.2, 0.3, 0.5, 0.2, 0.2, 0.3, 0.5),
  });
  const curve = curveOf(sample([0, 0, 0, 2]))!;
  expect(curve.x.at(-1)).toBe(1);
  const at = (share: number): number => curve.candidate[curve.x.indexOf(share)]!;
  expect(at(0.25)).toBe(1);
  expect(at(0.5)).toBe(0.8333);
  expect(at(1)).toBe(0.75);
});

test('disagreement', () => {
  const candidate = binary([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1]);
  const champion = binary([1, 1, 0, 0], [0.2, 0.7, 0.9, 0.2]);
  expect(disagreementOf(candidate, champion)).toEqual({ rows: 2, forTheBetter: 1, forTheWorse: 1 });
  expect(disagreementOf(candidate, champion, { candidate: 0.3 })).toEqual({ rows: 1, forTheBetter: 1, forTheWorse: 0 });
  const value = (scores: number[]): Sample => ({
    task: 'regression',
    rows: 4,
    labels: Float64Array.of(0, 0, 0, 0),
    scores: Float64Array.from(scores),
  });
  // The champion's median error is 1.5: only changes beyond it count.
  expect(disagreementOf(value([0, 4, 2, 3]), value([1, 1, 2, 5]))).toEqual({ rows: 2, forTheBetter: 1, forTheWorse: 1 });
});
