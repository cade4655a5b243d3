import type { ArrayColumn } from './distribution/arrays.js';
import type { Predictions } from './predictions.js';

/**
 * What is watched of a model's answers: the predicted class and how probable the model calls it, or the predicted number.
 * The names are the same wherever answers come from.
 */
export interface PredictionNames {
  /** The predicted class; undefined for regression. */
  readonly label?: string;
  /** The number: the probability of the positive class (binary), of the predicted class (multiclass), or the value. */
  readonly score: string;
}

export function predictionNames(task: Predictions['task'], classes: readonly string[]): PredictionNames {
  if (task === 'regression') return { score: 'prediction' };
  return { label: 'label', score: task === 'binary' ? `probability of ${classes.at(-1)}` : 'confidence' };
}

/**
 * The watched columns of predictions in memory.
 * @param threshold positive from this probability on (binary)
 */
export function predictionColumns(predictions: Predictions, threshold = 0.5): ArrayColumn[] {
  const { rows, scores } = predictions;
  if (predictions.task === 'regression') {
    return [{ name: predictionNames('regression', []).score, kind: 'numbers', values: scores }];
  }
  const { classes, task } = predictions;
  const names = predictionNames(task, classes);
  const labels = new Int32Array(rows);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const start = row * classes.length;
    let best = 0;
    for (let index = 1; index < classes.length; index++) if (scores[start + index]! > scores[start + best]!) best = index;
    if (task === 'binary') best = scores[start + 1]! >= threshold ? 1 : 0;
    labels[row] = best;
    values[row] = scores[start + (task === 'binary' ? 1 : best)]!;
  }
  return [
    { name: names.label!, kind: 'levels', values: labels, names: classes },
    { name: names.score, kind: 'numbers', values },
  ];
}
