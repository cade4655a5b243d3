import type { Predictions } from '../data/predictions.js';
import type { Table } from '../data/table.js';
import type { MetricName } from '../spec/metrics.js';
import type { ThresholdMetric } from '../spec/threshold-metrics.js';
import { type CalibrationMethod, type Calibrator, fitCalibrator } from './calibration.js';
import { checkEnough, type ScoredRows, scoredRows } from './calibration-rows.js';
import { type CrossValidation, crossValidate } from './cross-validation.js';
import { type FitRequest, type FittedModel, fitModel } from './fit.js';
import type { FoldOrder } from './folds.js';
import { keepLabelled, type LabelledRows } from './labelled.js';
import { chooseThreshold, type Threshold } from './threshold.js';

/** What comes after a training: what it is worth by cross-validation, and how its probabilities become right and decisions. */
export interface FinishOptions {
  readonly calibrate?: CalibrationMethod;
  readonly threshold?: { readonly metric: ThresholdMetric };
  readonly crossValidation?: { readonly folds: number; readonly metrics: readonly MetricName[] };
  /** Which rows stay together in folds. */
  readonly foldOrder?: FoldOrder;
  /** The rows of split.calibration; without rows, out-of-fold predictions calibrate and choose. */
  readonly calibration: LabelledRows;
}

export interface FinishedModel extends FittedModel {
  readonly crossValidation?: Omit<CrossValidation, 'predictions'>;
  readonly calibration?: Pick<Calibrator, 'method' | 'rows' | 'source'>;
  readonly threshold?: Threshold & Pick<ScoredRows, 'source'>;
}

/** Folds of the out-of-fold predictions where the spec does not say how many. */
const DEFAULT_FOLDS = 5;

/** A threshold is not chosen on fewer rows. */
const LEAST_ROWS = 50;

/**
 * Trains, and calibrates and chooses the threshold on rows that neither trained the model nor stopped its training: those of
 * split.calibration, else the train part by out-of-fold predictions (then the curve is that of models trained on fewer rows,
 * applied to the final one, as scikit-learn's `ensemble=False`).
 * @throws UserError when rows are too few, and all that fitModel throws
 */
export async function fitFinished(request: FitRequest, options: FinishOptions): Promise<FinishedModel> {
  const started = performance.now();
  const { calibrate, threshold } = options;
  const isFinished = calibrate !== undefined || threshold !== undefined;
  const { rows: calibration } = keepLabelled(options.calibration, 'calibration');
  const hasPart = calibration.table.rows > 0;
  const folds = options.crossValidation ?? (isFinished && !hasPart ? { folds: DEFAULT_FOLDS, metrics: [] } : undefined);
  const validated =
    folds && (await crossValidate(request, { ...folds, ...(options.foldOrder && { order: options.foldOrder }) }));

  const made: { calibrator?: Calibrator; threshold?: FinishedModel['threshold'] } = {};
  const finish = (predict: (table: Table) => Predictions): { calibrator?: Calibrator; threshold?: number } => {
    const rows = hasPart
      ? scoredRows(calibration.labels, predict(calibration.table), calibration.weights, 'split.calibration')
      : scoredRows(request.train.labels, validated!.predictions, request.train.weights, 'out-of-fold predictions');
    if (calibrate) made.calibrator = fitCalibrator(calibrate, rows);
    if (threshold) {
      checkEnough(rows, 'train.threshold', LEAST_ROWS);
      const predictions = (made.calibrator?.apply(rows.predictions) ?? rows.predictions) as ScoredRows['predictions'];
      made.threshold = { ...chooseThreshold(threshold.metric, { ...rows, predictions }), source: rows.source };
    }
    return {
      ...(made.calibrator && { calibrator: made.calibrator }),
      ...(made.threshold && { threshold: made.threshold.value }),
    };
  };
  const fitted = await fitModel({ ...request, ...(isFinished && { finish }) });

  const { predictions: _, ...crossValidation } = validated ?? {};
  return {
    ...fitted,
    params: { ...fitted.params, ...(calibrate && { calibrate }) },
    seconds: (performance.now() - started) / 1000,
    ...(validated &&
      validated.metrics.length > 0 && { crossValidation: crossValidation as Omit<CrossValidation, 'predictions'> }),
    ...(made.calibrator && {
      calibration: { method: made.calibrator.method, rows: made.calibrator.rows, source: made.calibrator.source },
    }),
    ...(made.threshold && { threshold: made.threshold }),
  };
}
