import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import { computeMetrics } from '../evaluation/metrics.js';
import type { MetricName } from '../spec/metrics.js';
import { type FitRequest, fitModel } from './fit.js';
import { assignFolds, type FoldOrder, NO_FOLD } from './folds.js';
import { selectLabelled } from './labelled.js';

export interface CrossValidationOptions {
  readonly folds: number;
  /** What is computed on each fold; none: the predictions alone are wanted. */
  readonly metrics: readonly MetricName[];
  readonly order?: FoldOrder;
}

/** A metric over the folds. */
export interface FoldMetric {
  readonly name: MetricName;
  /** Null where the metric is not defined on some fold. */
  readonly mean: number | null;
  /** Standard deviation over the folds (n − 1); not the error of the mean, since folds share their training rows. */
  readonly sd: number | null;
  readonly values: readonly (number | null)[];
}

export interface CrossValidation {
  readonly folds: number;
  /** Rows with an out-of-fold prediction. */
  readonly rows: number;
  readonly metrics: readonly FoldMetric[];
  /** Of every row of the train part, by the model that did not see it; NaN where the row has no label. */
  readonly predictions: Predictions;
}

/**
 * Trains once a fold on the other folds, features included, and predicts the fold. The validation rows choose in each of these
 * trainings as they do in the final one, and are in no fold. Folds are trained one after the other, on all threads.
 * @throws UserError when there are too few rows for the folds, and all that fitModel throws
 */
export async function crossValidate(request: FitRequest, options: CrossValidationOptions): Promise<CrossValidation> {
  const { labels } = request.train;
  const { folds, metrics } = options;
  const fold = assignFolds(labels, folds, request.seed, options.order);
  const everyRow = Array.from(fold.keys());
  const rowsWhere = (keep: (own: number) => boolean): Uint32Array =>
    Uint32Array.from(everyRow.filter((row) => keep(fold[row]!)));
  const width = labels.task === 'regression' ? 1 : labels.classes.length;
  const scores = new Float64Array(fold.length * width).fill(Number.NaN);
  const values: Record<string, number>[] = [];
  let rows = 0;
  for (let own = 0; own < folds; own++) {
    const { finish: _, ...plain } = request;
    const fitted = await fitModel({
      ...plain,
      train: selectLabelled(
        request.train,
        rowsWhere((other) => other !== own && other !== NO_FOLD),
      ),
      progress: (line) => request.progress(`fold ${own + 1} of ${folds}: ${line}`),
    });
    const held = rowsWhere((other) => other === own);
    const part = selectLabelled(request.train, held);
    const predicted = fitted.predict(part.table);
    held.forEach((row, place) => {
      scores.set(predicted.scores.subarray(place * width, (place + 1) * width), row * width);
    });
    values.push(computeMetrics(metrics, part.labels, predicted));
    rows += held.length;
  }
  return {
    folds,
    rows,
    metrics: metrics.map((name) => {
      const own = values.map((one) => one[name]!);
      const mean = own.reduce((sum, value) => sum + value, 0) / folds;
      const sd = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (folds - 1));
      const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
      return { name, mean: orNull(mean), sd: orNull(sd), values: own.map(orNull) };
    }),
    predictions: predictionsOf(labels, scores),
  };
}

function predictionsOf(labels: Labels, scores: Float64Array): Predictions {
  const rows = labels.values.length;
  if (labels.task === 'regression') return { task: 'regression', rows, scores };
  return { task: labels.task, classes: labels.classes, rows, scores };
}
