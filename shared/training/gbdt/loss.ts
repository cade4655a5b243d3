import type { Kernels } from './kernels.js';
import { POISSON, quantileLoss, SQUARED_ERROR } from './regression-losses.js';
import { largest, ROUND } from './whole-units.js';

/** Rows as a loss sees them: a stretch of the training or of the held-out rows, whose arrays are views of the arena. */
export interface LossRows {
  /** The value, or the index of the class. */
  readonly targets: Float64Array;
  /** Absent: every row counts 1. */
  readonly weights: Float64Array | undefined;
  /** Raw scores by output, before sigmoid or softmax. */
  readonly scores: readonly Float64Array[];
}

/** How many units of a gradient and of a second derivative are 1; powers of two. */
export interface Scales {
  readonly gradient: number;
  readonly hessian: number;
}

/** A loss: its derivatives by score and its value, over any stretch of rows. Any thread can compute it. */
export interface Loss {
  /** Trees a round: 1, or the number of classes. */
  readonly outputs: number;
  readonly metric: 'log_loss' | 'rmse' | 'quantile_loss' | 'poisson_deviance';
  /** Whether `limits` has to be asked before every round, since it depends on the scores. */
  readonly limitsChange: boolean;
  /** What no gradient (`[0]`) and no second derivative (`[1]`) of these rows exceeds in size. */
  limits(rows: LossRows): readonly [gradient: number, hessian: number];
  /** Writes gradients `[2 * row]` and second derivatives `[2 * row + 1]` of each output, rounded to whole units. */
  gradients(rows: LossRows, scales: Scales, out: readonly Int32Array[]): void;
  /** Σ weight · loss of the rows [from, to). Computed from scores, so that no probability needs clipping. */
  sum(rows: LossRows, from: number, to: number): number;
}

export type LossName = 'regression' | 'quantile' | 'poisson' | 'binary' | 'multiclass';

/**
 * The loss of that name.
 * @param classes how many classes multiclass has
 * @param kernels of the arena that the rows are in
 * @param alpha the level of quantile
 */
export function lossOf(name: LossName, classes: number, kernels: Kernels, alpha = 0.5): Loss {
  switch (name) {
    case 'regression':
      return SQUARED_ERROR;
    case 'quantile':
      return quantileLoss(alpha);
    case 'poisson':
      return POISSON;
    case 'binary':
      return binaryLogLoss(kernels);
    case 'multiclass':
      return softmaxLogLoss(classes);
  }
}

/** Trees a round of a loss. */
export function outputsOf(name: LossName, classes: number): number {
  return name === 'multiclass' ? classes : 1;
}

/** From Σ weight · loss and Σ weight to the metric. */
export function metricOf(loss: Loss, sum: number, weight: number): number {
  return loss.metric === 'rmse' ? Math.sqrt(sum / weight) : sum / weight;
}

/** Logistic loss: gradient p − y, second derivative p (1 − p), with p = sigmoid(s). */
function binaryLogLoss(kernels: Kernels): Loss {
  return {
    outputs: 1,
    metric: 'log_loss',
    limitsChange: false,
    limits({ weights }) {
      return [largest(weights), largest(weights) / 4];
    },
    gradients({ targets, weights, scores }, scales, [out]) {
      const from = scores[0]!.byteOffset;
      kernels.logistic(
        from,
        from + 8 * targets.length,
        targets.byteOffset,
        weights?.byteOffset ?? 0,
        out!.byteOffset,
        scales.gradient,
        scales.hessian,
      );
    },
    sum({ targets, weights, scores }, from, to) {
      const own = scores[0]!;
      let sum = 0;
      for (let row = from; row < to; row++) {
        const score = own[row]!;
        const loss = Math.max(score, 0) - score * targets[row]! + Math.log1p(Math.exp(-Math.abs(score)));
        sum += (weights ? weights[row]! : 1) * loss;
      }
      return sum;
    },
  };
}

/**
 * Softmax loss: gradient p_k − [y = k]; second derivative K / (K − 1) p_k (1 − p_k), which keeps K trees a round from
 * overshooting (Friedman 2001, LogitBoost's factor, as in LightGBM).
 */
function softmaxLogLoss(classes: number): Loss {
  const factor = classes / (classes - 1);
  const own = new Float64Array(classes);
  return {
    outputs: classes,
    metric: 'log_loss',
    limitsChange: false,
    limits({ weights }) {
      return [largest(weights), (factor * largest(weights)) / 4];
    },
    gradients({ targets, weights, scores }, scales, out) {
      for (let row = 0; row < targets.length; row++) {
        for (let k = 0; k < classes; k++) own[k] = scores[k]![row]!;
        softmaxInPlace(own);
        const weight = weights ? weights[row]! : 1;
        const label = targets[row]!;
        for (let k = 0; k < classes; k++) {
          const probability = own[k]!;
          out[k]![2 * row] = (probability - (k === label ? 1 : 0)) * weight * scales.gradient + ROUND - ROUND;
          out[k]![2 * row + 1] = factor * probability * (1 - probability) * weight * scales.hessian + ROUND - ROUND;
        }
      }
    },
    sum({ targets, weights, scores }, from, to) {
      let sum = 0;
      for (let row = from; row < to; row++) {
        let top = Number.NEGATIVE_INFINITY;
        for (let k = 0; k < classes; k++) top = Math.max(top, scores[k]![row]!);
        let powers = 0;
        for (let k = 0; k < classes; k++) powers += Math.exp(scores[k]![row]! - top);
        sum += (weights ? weights[row]! : 1) * (top + Math.log(powers) - scores[targets[row]!]![row]!);
      }
      return sum;
    },
  };
}

/** Turns the scores of one row into probabilities. */
export function softmaxInPlace(scores: Float64Array): void {
  let top = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > top) top = score;
  let sum = 0;
  for (let k = 0; k < scores.length; k++) {
    const power = Math.exp(scores[k]! - top);
    scores[k] = power;
    sum += power;
  }
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum;
}
