import type { Labels } from '../../data/table.js';
import { computeMetric } from '../../evaluation/metrics.js';
import type { Matrix } from '../../features/plan.js';
import type { TrainedModel } from '../trainer.js';

/** The rows that choose, as the trainer sees them. */
export interface ValidationRows {
  readonly matrix: Matrix;
  readonly labels: Labels;
  readonly weights: Float64Array | undefined;
}

/** What a selection is held against. */
export const lossName = (labels: Labels): 'log_loss' | 'rmse' => (labels.task === 'regression' ? 'rmse' : 'log_loss');

/** The loss of a model on these rows; NaN when there are none. */
export function lossOf(model: TrainedModel, { matrix, labels, weights }: ValidationRows): number {
  return computeMetric(lossName(labels), labels, model.predict(matrix), { ...(weights && { weights }) });
}
