import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import { isMetric } from '../spec/metrics.js';
import { computeMetrics } from './metrics.js';

/**
 * What can be said of every row without a model: the class shares of the training rows, or their mean.
 * @param train the labels that the candidate has trained on; unlabelled rows do not count
 * @param rows how many rows it is said of
 * @returns undefined where no training row has a label
 */
export function constantPredictions(train: Labels, rows: number): Predictions | undefined {
  if (train.task === 'regression') {
    const known = train.values.filter(Number.isFinite);
    if (known.length === 0) return undefined;
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    return { task: 'regression', rows, scores: new Float64Array(rows).fill(mean) };
  }
  const { task, classes } = train;
  const counts = new Float64Array(classes.length);
  let known = 0;
  for (const label of train.values) {
    if (label < 0) continue;
    counts[label]!++;
    known++;
  }
  if (known === 0) return undefined;
  const scores = new Float64Array(rows * classes.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < classes.length; column++) scores[row * classes.length + column] = counts[column]! / known;
  }
  return { task, classes, rows, scores };
}

/** The metrics of such predictions; those that are undefined are left out. */
export function baselineMetrics(
  names: readonly string[],
  labels: Labels,
  baseline: Predictions,
  weights?: Float64Array | undefined,
): Record<string, number> {
  const values = computeMetrics(names.filter(isMetric), labels, baseline, weights ? { weights } : {});
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}
