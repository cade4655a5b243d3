/** A loss of a generalised linear model: how far linear predictors are from what was seen. */
export interface Family {
  /** Linear predictors a row. */
  readonly outputs: number;
  /** Σ over the rows of weight · loss. */
  loss(predictors: readonly Float64Array[]): number;
  /** Writes d loss / d predictor, row by row, and keeps what curvature() needs. */
  residuals(predictors: readonly Float64Array[], out: readonly Float64Array[]): void;
  /** Writes d² loss / d predictor a · d predictor b at the predictors that residuals() saw last. */
  curvature(a: number, b: number, out: Float64Array): void;
  /** Writes the second derivatives times a change of the predictors, row by row: for many outputs, whose pairs are too many. */
  bend(change: readonly Float64Array[], out: readonly Float64Array[]): void;
}

/** ½ (prediction − value)². */
export function squaredError(values: Float64Array, weights: Float64Array): Family {
  return {
    outputs: 1,
    loss([predictor]) {
      let sum = 0;
      for (let row = 0; row < values.length; row++) sum += 0.5 * weights[row]! * (predictor![row]! - values[row]!) ** 2;
      return sum;
    },
    residuals([predictor], [out]) {
      for (let row = 0; row < values.length; row++) out![row] = weights[row]! * (predictor![row]! - values[row]!);
    },
    curvature(_a, _b, out) {
      out.set(weights);
    },
    bend([change], [out]) {
      for (let row = 0; row < values.length; row++) out![row] = weights[row]! * change![row]!;
    },
  };
}

/** Log loss of two classes; class 1 has the probability 1 / (1 + exp(−predictor)). */
export function logistic(classes: Int32Array, weights: Float64Array): Family {
  const probabilities = new Float64Array(classes.length);
  return {
    outputs: 1,
    loss([predictor]) {
      let sum = 0;
      for (let row = 0; row < classes.length; row++) {
        const value = predictor![row]!;
        sum += weights[row]! * (Math.log1p(Math.exp(-Math.abs(value))) + Math.max(value, 0) - classes[row]! * value);
      }
      return sum;
    },
    residuals([predictor], [out]) {
      for (let row = 0; row < classes.length; row++) {
        probabilities[row] = sigmoid(predictor![row]!);
        out![row] = weights[row]! * (probabilities[row]! - classes[row]!);
      }
    },
    curvature(_a, _b, out) {
      for (let row = 0; row < classes.length; row++) out[row] = weights[row]! * probabilities[row]! * (1 - probabilities[row]!);
    },
    bend([change], [out]) {
      for (let row = 0; row < classes.length; row++) {
        out![row] = weights[row]! * probabilities[row]! * (1 - probabilities[row]!) * change![row]!;
      }
    },
  };
}

/** Log loss of several classes, whose probabilities are the softmax of the predictors. */
export function softmaxLoss(classes: Int32Array, weights: Float64Array, outputs: number): Family {
  const probabilities = Array.from({ length: outputs }, () => new Float64Array(classes.length));
  const scores = new Float64Array(outputs);
  return {
    outputs,
    loss(predictors) {
      let sum = 0;
      for (let row = 0; row < classes.length; row++) {
        let top = Number.NEGATIVE_INFINITY;
        for (const predictor of predictors) top = Math.max(top, predictor[row]!);
        let total = 0;
        for (const predictor of predictors) total += Math.exp(predictor[row]! - top);
        sum += weights[row]! * (top + Math.log(total) - predictors[classes[row]!]![row]!);
      }
      return sum;
    },
    residuals(predictors, out) {
      for (let row = 0; row < classes.length; row++) {
        for (let output = 0; output < outputs; output++) scores[output] = predictors[output]![row]!;
        softmax(scores, 0, outputs);
        for (let output = 0; output < outputs; output++) {
          probabilities[output]![row] = scores[output]!;
          out[output]![row] = weights[row]! * (scores[output]! - (classes[row] === output ? 1 : 0));
        }
      }
    },
    curvature(a, b, out) {
      const left = probabilities[a]!;
      const right = probabilities[b]!;
      for (let row = 0; row < classes.length; row++) {
        out[row] = weights[row]! * left[row]! * ((a === b ? 1 : 0) - right[row]!);
      }
    },
    bend(change, out) {
      for (let row = 0; row < classes.length; row++) {
        let mean = 0;
        for (let output = 0; output < outputs; output++) mean += probabilities[output]![row]! * change[output]![row]!;
        for (let output = 0; output < outputs; output++) {
          out[output]![row] = weights[row]! * probabilities[output]![row]! * (change[output]![row]! - mean);
        }
      }
    },
  };
}

/** 1 / (1 + exp(−value)), without overflow. */
export function sigmoid(value: number): number {
  if (value >= 0) return 1 / (1 + Math.exp(-value));
  const power = Math.exp(value);
  return power / (1 + power);
}

/** Turns `width` scores from `from` on into probabilities, in place. */
export function softmax(scores: Float64Array, from: number, width: number): void {
  let top = Number.NEGATIVE_INFINITY;
  for (let index = from; index < from + width; index++) top = Math.max(top, scores[index]!);
  let total = 0;
  for (let index = from; index < from + width; index++) {
    scores[index] = Math.exp(scores[index]! - top);
    total += scores[index]!;
  }
  for (let index = from; index < from + width; index++) scores[index]! /= total;
}
