import type { Loss } from './loss.js';
import { largest, ROUND } from './whole-units.js';

/** Half the squared error, as LightGBM's `l2`: gradient s − y, second derivative 1. Its value is the squared error. */
export const SQUARED_ERROR: Loss = {
  outputs: 1,
  metric: 'rmse',
  limitsChange: true,
  limits({ targets, weights, scores }) {
    const own = scores[0]!;
    let most = 0;
    for (let row = 0; row < targets.length; row++) {
      const size = Math.abs(own[row]! - targets[row]!) * (weights ? weights[row]! : 1);
      if (size > most) most = size;
    }
    return [most, largest(weights)];
  },
  gradients({ targets, weights, scores }, scales, [out]) {
    const own = scores[0]!;
    for (let row = 0; row < targets.length; row++) {
      const weight = weights ? weights[row]! : 1;
      out![2 * row] = (own[row]! - targets[row]!) * weight * scales.gradient + ROUND - ROUND;
      out![2 * row + 1] = weight * scales.hessian + ROUND - ROUND;
    }
  },
  sum({ targets, weights, scores }, from, to) {
    const own = scores[0]!;
    let sum = 0;
    for (let row = from; row < to; row++) sum += (weights ? weights[row]! : 1) * (own[row]! - targets[row]!) ** 2;
    return sum;
  },
};

/**
 * Quantile (pinball) loss at level alpha: alpha · (y − s) above the prediction, (1 − alpha) · (s − y) below it (Koenker
 * and Bassett 1978). Its second derivative is 0, so that 1 stands in its place, as in LightGBM; the leaves' values are
 * quantiles of what is left (see Grower).
 */
export function quantileLoss(alpha: number): Loss {
  return {
    outputs: 1,
    metric: 'quantile_loss',
    limitsChange: false,
    limits({ weights }) {
      return [largest(weights) * Math.max(alpha, 1 - alpha), largest(weights)];
    },
    gradients({ targets, weights, scores }, scales, [out]) {
      const own = scores[0]!;
      for (let row = 0; row < targets.length; row++) {
        const weight = weights ? weights[row]! : 1;
        const slope = own[row]! >= targets[row]! ? 1 - alpha : -alpha;
        out![2 * row] = slope * weight * scales.gradient + ROUND - ROUND;
        out![2 * row + 1] = weight * scales.hessian + ROUND - ROUND;
      }
    },
    sum({ targets, weights, scores }, from, to) {
      const own = scores[0]!;
      let sum = 0;
      for (let row = from; row < to; row++) {
        const short = targets[row]! - own[row]!;
        sum += (weights ? weights[row]! : 1) * (short >= 0 ? alpha * short : (alpha - 1) * short);
      }
      return sum;
    },
  };
}

/** By so much a step may overshoot: LightGBM's default of `poisson_max_delta_step`. */
const MAX_DELTA_STEP = 0.7;

/** Above this logarithm a mean is no 32-bit float any more. */
const MAX_SCORE = 88;

const meanOf = (score: number): number => Math.exp(Math.min(score, MAX_SCORE));

/**
 * Poisson loss of a logarithmic score: exp(s) − y · s, with gradient exp(s) − y. The second derivative exp(s) is taken at
 * s + 0.7, which keeps steps short, as in LightGBM. Its value is the mean Poisson deviance, as scikit-learn has it.
 */
export const POISSON: Loss = {
  outputs: 1,
  metric: 'poisson_deviance',
  limitsChange: true,
  limits({ targets, weights, scores }) {
    const own = scores[0]!;
    let most = 0;
    let steepest = 0;
    for (let row = 0; row < targets.length; row++) {
      const weight = weights ? weights[row]! : 1;
      const mean = meanOf(own[row]!);
      most = Math.max(most, Math.abs(mean - targets[row]!) * weight);
      steepest = Math.max(steepest, mean * weight);
    }
    return [most, steepest * Math.exp(MAX_DELTA_STEP)];
  },
  gradients({ targets, weights, scores }, scales, [out]) {
    const own = scores[0]!;
    const steps = Math.exp(MAX_DELTA_STEP);
    for (let row = 0; row < targets.length; row++) {
      const weight = weights ? weights[row]! : 1;
      const mean = meanOf(own[row]!);
      out![2 * row] = (mean - targets[row]!) * weight * scales.gradient + ROUND - ROUND;
      out![2 * row + 1] = mean * steps * weight * scales.hessian + ROUND - ROUND;
    }
  },
  sum({ targets, weights, scores }, from, to) {
    const own = scores[0]!;
    let sum = 0;
    for (let row = from; row < to; row++) {
      const target = targets[row]!;
      const seen = target > 0 ? target * (Math.log(target) - own[row]!) - target : 0;
      sum += (weights ? weights[row]! : 1) * 2 * (seen + meanOf(own[row]!));
    }
    return sum;
  },
};
