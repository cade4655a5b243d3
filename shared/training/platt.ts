import { sigmoid } from './families.js';

/** sigmoid(slope · x + intercept). */
export interface Sigmoid {
  readonly slope: number;
  readonly intercept: number;
}

const STEPS = 100;

/**
 * Platt's scaling (Platt 1999): logistic regression of outcomes on one number. Outcomes are drawn in by Bayes' rule to
 * (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2), so that no finite sample asks for certainty. Newton's method with halved steps (Lin, Lin and
 * Weng 2007).
 * @param y 1 or 0
 */
export function fitSigmoid(x: Float64Array, y: Float64Array, weights?: Float64Array): Sigmoid {
  let positive = 0;
  let negative = 0;
  y.forEach((value, row) => {
    if (value === 1) positive += weights ? weights[row]! : 1;
    else negative += weights ? weights[row]! : 1;
  });
  const high = (positive + 1) / (positive + 2);
  const low = 1 / (negative + 2);
  const loss = (slope: number, intercept: number): number => {
    let sum = 0;
    for (let row = 0; row < x.length; row++) {
      const score = slope * x[row]! + intercept;
      const target = y[row] === 1 ? high : low;
      sum += (weights ? weights[row]! : 1) * (Math.max(score, 0) - target * score + Math.log1p(Math.exp(-Math.abs(score))));
    }
    return sum;
  };
  let slope = 0;
  let intercept = Math.log((positive + 1) / (negative + 1));
  let best = loss(slope, intercept);
  for (let step = 0; step < STEPS; step++) {
    // A speck on the diagonal: x may be the same in every row.
    let [xx, xi, ii, gx, gi] = [1e-12, 0, 1e-12, 0, 0];
    for (let row = 0; row < x.length; row++) {
      const weight = weights ? weights[row]! : 1;
      const probability = sigmoid(slope * x[row]! + intercept);
      const curvature = weight * probability * (1 - probability);
      const error = weight * (probability - (y[row] === 1 ? high : low));
      xx += curvature * x[row]! * x[row]!;
      xi += curvature * x[row]!;
      ii += curvature;
      gx += error * x[row]!;
      gi += error;
    }
    const determinant = xx * ii - xi * xi;
    if (!(determinant > 0)) break;
    const bySlope = (gi * xi - gx * ii) / determinant;
    const byIntercept = (gx * xi - gi * xx) / determinant;
    let share = 1;
    let next = loss(slope + bySlope, intercept + byIntercept);
    while (!(next <= best) && share > 1e-10) {
      share /= 2;
      next = loss(slope + share * bySlope, intercept + share * byIntercept);
    }
    if (!(next <= best)) break;
    slope += share * bySlope;
    intercept += share * byIntercept;
    const saved = best - next;
    best = next;
    if (saved <= 1e-14 * Math.abs(best)) break;
  }
  return { slope, intercept };
}
