import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Predictions } from '../../../shared/data/predictions.js';
import type { Labels } from '../../../shared/data/table.js';
import { computeMetric, computeMetrics } from '../../../shared/evaluation/metrics.js';
import { type MetricName, metricsOfTask } from '../../../shared/spec/metrics.js';
import { binaryPredictions } from './sample-data.js';

interface GoldenCase {
  readonly name: string;
  readonly task: 'binary' | 'multiclass' | 'regression';
  readonly labels: readonly number[];
  readonly scores: readonly number[];
  readonly classes?: readonly string[];
  readonly threshold?: number;
  readonly weights?: readonly number[];
  readonly metrics: Readonly<Record<string, number | null>>;
}

const golden = JSON.parse(readFileSync(new URL('./golden/golden.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly GoldenCase[];
};

function read(golden: GoldenCase): { labels: Labels; predictions: Predictions } {
  const { task, classes = [] } = golden;
  const rows = golden.labels.length;
  const scores = Float64Array.from(golden.scores);
  return task === 'regression'
    ? { labels: { task, values: Float64Array.from(golden.labels) }, predictions: { task, rows, scores } }
    : { labels: { task, classes, values: Int32Array.from(golden.labels) }, predictions: { task, classes, rows, scores } };
}

/** Equal within 1e-12 of 1 or of the value itself. */
function expectSame(found: number, expected: number | null, what: string): void {
  if (expected === null) {
    expect(found, what).toBeNaN();
    return;
  }
  expect(Math.abs(found - expected) / Math.max(1, Math.abs(expected)), `${what}: ${found} for ${expected}`).toBeLessThan(2e-12);
}

describe('metrics equal scikit-learn', () => {
  test.each(golden.cases.map((item) => [`${item.task}: ${item.name}`, item] as const))('%s', (_, item) => {
    const { labels, predictions } = read(item);
    const names = metricsOfTask(item.task);
    expect(Object.keys(item.metrics).sort()).toEqual([...names].sort());
    const options = {
      ...(item.threshold !== undefined && { threshold: item.threshold }),
      ...(item.weights && { weights: item.weights }),
    };
    const together = computeMetrics(names, labels, predictions, options);
    for (const name of names) {
      expectSame(together[name], item.metrics[name]!, name);
      expect(computeMetric(name, labels, predictions, options)).toBe(together[name]);
    }
  });
});

describe('weights, rows and labels', () => {
  const tasks = [
    ...new Map(golden.cases.filter((item) => item.name.startsWith('plain')).map((item) => [item.task, item])).values(),
  ];

  test.each(tasks.map((item) => [item.task, item] as const))('%s: integer weights are repeated rows', (_, item) => {
    const { labels, predictions } = read(item);
    const names = metricsOfTask(item.task);
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: predictions.rows, maxLength: predictions.rows }), (weights) => {
        const rows = weights.flatMap((weight, row) => new Array<number>(weight).fill(row));
        const weighted = computeMetrics(names, labels, predictions, { weights });
        const expanded = computeMetrics(names, labels, predictions, { rows });
        for (const name of names) expectSame(weighted[name], Number.isNaN(expanded[name]) ? null : expanded[name], name);
      }),
      { numRuns: 40 },
    );
  });

  test('sparse weights are repeated rows as well', () => {
    const labels: Labels = { task: 'regression', values: Float64Array.of(1, 1, 2, 5, 5, 7) };
    const predictions: Predictions = { task: 'regression', rows: 6, scores: Float64Array.of(1, 2, 2, 4, 8, 7) };
    const names = metricsOfTask('regression');
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }), (weights) => {
        const rows = weights.flatMap((weight, row) => new Array<number>(weight).fill(row));
        const weighted = computeMetrics(names, labels, predictions, { weights });
        const expanded = computeMetrics(names, labels, predictions, { rows });
        for (const name of names) expectSame(weighted[name], Number.isNaN(expanded[name]) ? null : expanded[name], name);
      }),
    );
  });

  test('rows without a label are left out', () => {
    const labels: Labels = { task: 'binary', classes: ['no', 'yes'], values: Int32Array.of(0, -1, 1, 1, -1) };
    const predictions = binaryPredictions([0.2, 0.9, 0.8, 0.1, 0.4]);
    expect(computeMetric('accuracy', labels, predictions)).toBeCloseTo(2 / 3, 15);
    expect(computeMetric('accuracy', labels, predictions, { weights: [1, 9, 1, 2, 9] })).toBe(0.5);
  });

  test('a score that is no number makes the metric undefined', () => {
    const labels: Labels = { task: 'regression', values: Float64Array.of(1, 2, 3) };
    const predictions: Predictions = { task: 'regression', rows: 3, scores: Float64Array.of(1, Number.NaN, 3) };
    expect(computeMetric('rmse', labels, predictions)).toBeNaN();
    expect(computeMetric('rmse', labels, predictions, { rows: [0, 2] })).toBe(0);
  });

  test('score columns are found by class name', () => {
    const labels: Labels = { task: 'multiclass', classes: ['a', 'b', 'c'], values: Int32Array.of(0, 1, 2) };
    const scores = Float64Array.of(0.1, 0.7, 0.2, 0.2, 0.1, 0.7, 0.6, 0.3, 0.1);
    const predictions: Predictions = { task: 'multiclass', classes: ['c', 'a', 'b'], rows: 3, scores };
    expect(computeMetric('accuracy', labels, predictions)).toBe(1);
  });

  test('no rows: every metric is undefined', () => {
    const labels: Labels = { task: 'binary', classes: ['no', 'yes'], values: new Int32Array(0) };
    const values = computeMetrics(metricsOfTask('binary'), labels, binaryPredictions([]));
    for (const value of Object.values(values)) expect(value).toBeNaN();
  });

  test('a metric of another task is a mistake of the caller', () => {
    const labels: Labels = { task: 'binary', classes: ['no', 'yes'], values: Int32Array.of(0, 1) };
    expect(() => computeMetric('rmse' satisfies MetricName, labels, binaryPredictions([0, 1]))).toThrow('does not fit');
  });
});
