import { UserError } from '../../core/errors.js';
import type { Labels } from '../../data/table.js';

/** Second derivatives never fall below this, so that a leaf of certain rows still has a finite value. */
const MIN_HESSIAN = 1e-16;

/** A class that no row has gets the score of this probability. */
const MIN_PROBABILITY = 1e-15;

const MAX_FLOAT32 = 3.4028234663852886e38;

/**
 * A loss: what boosting minimises. Scores are raw, before sigmoid or softmax: `scores[output][row]`.
 * Gradients and second derivatives of the row's loss stand side by side: `[2 * row]` and `[2 * row + 1]`.
 */
export interface Objective {
  /** Trees a round: 1, or the number of classes. */
  readonly outputs: number;
  readonly metric: 'log_loss' | 'rmse';
  /** The best constant score of each output (32-bit floats): the prior or the mean. */
  readonly base: Float64Array;
  /** Whether the rows say anything about this output: false for a class that no row has. */
  learns(output: number): boolean;
  /** Fills gradients[output] for the training rows. */
  gradients(scores: readonly Float64Array[], gradients: readonly Float64Array[]): void;
}

/** The loss of the task on the training rows. */
export function objectiveOf(labels: Labels, weights: Float64Array | undefined): Objective {
  checkLabels(labels);
  if (labels.task === 'regression') return squaredError(labels.values, weights);
  if (labels.task === 'binary') return binaryLogLoss(labels.values, weights);
  return softmaxLogLoss(labels.values, labels.classes.length, weights);
}

function checkLabels(labels: Labels): void {
  if (labels.task !== 'regression') {
    for (const value of labels.values) {
      if (value < 0 || value >= labels.classes.length)
        throw new Error(`a training row has the class ${value} of ${labels.classes.length}`);
    }
    return;
  }
  for (const value of labels.values) {
    if (Number.isNaN(value)) throw new Error('a training row has no target');
    if (Math.abs(value) > MAX_FLOAT32) {
      throw new UserError(
        `target: found ${value}, but models hold 32-bit floats (up to 3.4e38 in size); rescale the target or leave the row out`,
      );
    }
  }
}

const totalOf = (rows: number, weights: Float64Array | undefined): number =>
  weights ? weights.reduce((sum, weight) => sum + weight, 0) : rows;

/** Half the squared error, as LightGBM's `l2`: gradient s − y, second derivative 1. */
function squaredError(values: Float64Array, weights: Float64Array | undefined): Objective {
  let sum = 0;
  const total = totalOf(values.length, weights);
  for (let row = 0; row < values.length; row++) sum += (values[row]! * (weights?.[row] ?? 1)) / total;
  return {
    outputs: 1,
    metric: 'rmse',
    base: Float64Array.of(Math.fround(sum)),
    learns: () => true,
    gradients([scores], [out]) {
      for (let row = 0; row < values.length; row++) {
        const weight = weights ? weights[row]! : 1;
        out![2 * row] = (scores![row]! - values[row]!) * weight;
        out![2 * row + 1] = weight;
      }
    },
  };
}

/** Logistic loss: gradient p − y, second derivative p (1 − p), with p = sigmoid(s). */
function binaryLogLoss(values: Int32Array, weights: Float64Array | undefined): Objective {
  let positive = 0;
  for (let row = 0; row < values.length; row++) positive += values[row]! * (weights?.[row] ?? 1);
  const prior = Math.min(1 - MIN_PROBABILITY, Math.max(MIN_PROBABILITY, positive / totalOf(values.length, weights)));
  return {
    outputs: 1,
    metric: 'log_loss',
    base: Float64Array.of(Math.fround(Math.log(prior / (1 - prior)))),
    learns: () => prior > MIN_PROBABILITY && prior < 1 - MIN_PROBABILITY,
    gradients([scores], [out]) {
      for (let row = 0; row < values.length; row++) {
        const probability = 1 / (1 + Math.exp(-scores![row]!));
        const weight = weights ? weights[row]! : 1;
        out![2 * row] = (probability - values[row]!) * weight;
        out![2 * row + 1] = Math.max(probability * (1 - probability), MIN_HESSIAN) * weight;
      }
    },
  };
}

/**
 * Softmax loss: gradient p_k − [y = k]; second derivative K / (K − 1) p_k (1 − p_k), which keeps K trees a round from
 * overshooting (Friedman 2001, LogitBoost's factor, as in LightGBM).
 */
function softmaxLogLoss(values: Int32Array, classes: number, weights: Float64Array | undefined): Objective {
  const shares = new Float64Array(classes);
  const total = totalOf(values.length, weights);
  for (let row = 0; row < values.length; row++) shares[values[row]!]! += (weights?.[row] ?? 1) / total;
  const factor = classes / (classes - 1);
  const own = new Float64Array(classes);
  return {
    outputs: classes,
    metric: 'log_loss',
    base: shares.map((share) => Math.fround(Math.log(Math.max(MIN_PROBABILITY, share)))),
    learns: (output) => shares[output]! > MIN_PROBABILITY && shares[output]! < 1 - MIN_PROBABILITY,
    gradients(scores, out) {
      for (let row = 0; row < values.length; row++) {
        for (let k = 0; k < classes; k++) own[k] = scores[k]![row]!;
        softmaxInPlace(own);
        const weight = weights ? weights[row]! : 1;
        const label = values[row]!;
        for (let k = 0; k < classes; k++) {
          const probability = own[k]!;
          out[k]![2 * row] = (probability - (k === label ? 1 : 0)) * weight;
          out[k]![2 * row + 1] = Math.max(factor * probability * (1 - probability), MIN_HESSIAN) * weight;
        }
      }
    },
  };
}

/** Turns the scores of one row into probabilities. */
export function softmaxInPlace(scores: Float64Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > largest) largest = score;
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    const power = Math.exp(scores[k]! - largest);
    scores[k] = power;
    sum += power;
  }
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum;
}

/**
 * The objective's metric on rows with raw scores: mean log loss, or root mean squared error. Computed from scores, so that no
 * probability needs clipping.
 */
export function metricOf(labels: Labels, weights: Float64Array | undefined, scores: readonly Float64Array[]): number {
  const rows = labels.values.length;
  let sum = 0;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights ? weights[row]! : 1;
    sum += weight * lossOf(labels, scores, row);
    total += weight;
  }
  return labels.task === 'regression' ? Math.sqrt(sum / total) : sum / total;
}

function lossOf(labels: Labels, scores: readonly Float64Array[], row: number): number {
  const label = labels.values[row]!;
  const score = scores[0]![row]!;
  if (labels.task === 'regression') return (score - label) ** 2;
  if (labels.task === 'binary') return Math.max(score, 0) - score * label + Math.log1p(Math.exp(-Math.abs(score)));
  let largest = Number.NEGATIVE_INFINITY;
  for (const output of scores) if (output[row]! > largest) largest = output[row]!;
  let sum = 0;
  for (const output of scores) sum += Math.exp(output[row]! - largest);
  return largest + Math.log(sum) - scores[label]![row]!;
}
