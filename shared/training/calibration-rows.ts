import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import { keepLabelled } from './labelled.js';

/** Labelled rows of a classification, and what a model that has not seen them says. */
export interface ScoredRows {
  readonly labels: Exclude<Labels, { readonly task: 'regression' }>;
  readonly predictions: Exclude<Predictions, { readonly task: 'regression' }>;
  /** Of mean 1; absent: all count the same. */
  readonly weights?: Float64Array;
  readonly source: 'split.calibration' | 'out-of-fold predictions';
}

/**
 * The labelled ones of rows with their predictions.
 * @throws UserError when a weight cannot be
 */
export function scoredRows(
  labels: Labels,
  predictions: Predictions,
  weights: Float64Array | undefined,
  source: ScoredRows['source'],
): ScoredRows {
  if (labels.task === 'regression' || predictions.task === 'regression') throw new Error('regression has no probabilities');
  const table = { rows: predictions.rows, columns: new Map() };
  const { rows } = keepLabelled({ table, labels, ...(weights && { weights }) }, 'calibration');
  const width = predictions.classes.length;
  const scores = new Float64Array(rows.table.rows * width);
  let place = 0;
  for (let row = 0; row < predictions.rows; row++) {
    if (labels.values[row]! < 0) continue;
    scores.set(predictions.scores.subarray(row * width, (row + 1) * width), place * width);
    place++;
  }
  return {
    labels: rows.labels as ScoredRows['labels'],
    predictions: { ...predictions, rows: place, scores },
    ...(rows.weights && { weights: rows.weights }),
    source,
  };
}

/** Below so many rows of a class its probabilities are guesses. */
const LEAST_OF_CLASS = 10;

/**
 * @param key what is fitted, as the spec calls it
 * @param least rows in all
 * @throws UserError when there are fewer, or too few of some class
 */
export function checkEnough({ labels, source }: ScoredRows, key: string, least: number): void {
  const counts = new Uint32Array(labels.classes.length);
  for (const value of labels.values) counts[value]!++;
  const rarest = counts.indexOf(Math.min(...counts));
  if (labels.values.length >= least && counts[rarest]! >= LEAST_OF_CLASS) return;
  const found = `${formatCount(labels.values.length)}, ${formatCount(counts[rarest]!)} of them ${JSON.stringify(labels.classes[rarest])}`;
  const place = source === 'split.calibration' ? 'the calibration part' : 'the train part';
  const fix =
    source === 'split.calibration' ? 'raise split.calibration, or leave it out to use out-of-fold predictions' : 'leave it out';
  throw new UserError(
    `${key} needs at least ${least} labelled rows and ${LEAST_OF_CLASS} of each class, and ${place} has ${found}; ${fix}`,
  );
}
