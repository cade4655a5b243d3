import { describe, expect, it } from 'vitest';
import { chosenMetrics, primaryMetric } from '../../../shared/spec/chosen-metrics.js';
import { parseSpec } from '../../../shared/spec/load.js';
import {
  betterOf,
  DEFAULT_METRICS,
  DEFAULT_PRIMARY,
  fitsTask,
  isMeasurement,
  isMetric,
  MEASUREMENT_NAMES,
  METRIC_NAMES,
  METRICS,
  metricByOtherName,
  metricsOfTask,
  rangeOf,
} from '../../../shared/spec/metrics.js';

const TASKS = ['binary', 'multiclass', 'regression'] as const;

it.each(TASKS)('defaults of %s fit the task, the primary among them', (task) => {
  expect(DEFAULT_METRICS[task].every((name) => fitsTask(name, task))).toBe(true);
  expect(DEFAULT_METRICS[task]).toContain(DEFAULT_PRIMARY[task]);
});

it('the metrics of each task', () => {
  expect(metricsOfTask('binary')).toEqual(
    'auc pr_auc log_loss brier ece accuracy balanced_accuracy precision recall f1 mcc'.split(' '),
  );
  expect(metricsOfTask('multiclass')).toEqual(
    'auc log_loss brier ece accuracy balanced_accuracy precision_macro recall_macro f1_macro mcc top_3_accuracy top_5_accuracy'.split(
      ' ',
    ),
  );
  expect(metricsOfTask('regression')).toEqual(
    'rmse mae median_ae mape r2 pinball_10 pinball_50 pinball_90 poisson_deviance'.split(' '),
  );
});

it('every name has a direction and a range', () => {
  for (const name of [...METRIC_NAMES, ...MEASUREMENT_NAMES]) {
    expect(betterOf(name)).toMatch(/^(higher|lower)$/);
    const [low, high] = rangeOf(name)!;
    expect(low).toBeLessThan(high);
  }
  expect(betterOf('constructor')).toBeUndefined();
  expect([isMetric('toString'), isMeasurement('__proto__'), isMeasurement('rows')]).toEqual([false, false, true]);
});

it('knows what others call them', () => {
  expect(metricByOtherName('ROC-AUC')).toBe('auc');
  expect(metricByOtherName('f1_score', 'multiclass')).toBe('f1_macro');
  expect(metricByOtherName('precision_macro', 'binary')).toBe('precision');
  expect(metricByOtherName('mse', 'binary')).toBeUndefined();
  expect(METRICS[metricByOtherName('mse')!].title).toBe('RMSE');
});

describe('what a spec asks for', () => {
  const parse = (more: string) =>
    parseSpec(`name: m\ntask: multiclass\ndata: { path: a.csv }\ntarget: { column: y }\n${more}`, 'm.yaml').spec;

  it('defaults, the primary first', () => {
    expect(primaryMetric(parse(''))).toBe('log_loss');
    expect(chosenMetrics(parse(''))).toEqual(DEFAULT_METRICS.multiclass);
  });

  it('the primary and the metrics of gates come along', () => {
    const spec = parse(
      'evaluate: { primary: mcc, metrics: [auc, accuracy] }\ngates: [auc > 0.5, slice ece <= champion + 0.01, rows >= 3]',
    );
    expect(primaryMetric(spec)).toBe('mcc');
    expect(chosenMetrics(spec)).toEqual(['mcc', 'auc', 'accuracy', 'ece']);
  });
});
