import { describe, expect, it } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import type { Design } from '../../../shared/training/design.js';
import { type Family, logistic, softmaxLoss, squaredError } from '../../../shared/training/families.js';
import { minimise } from '../../../shared/training/newton.js';

const ROWS = 400;
const random = new Random(11);
const numbers = (): Float64Array => Float64Array.from({ length: ROWS }, () => random.normal());
const signal = numbers();
const level = Int32Array.from({ length: ROWS }, () => 3 + random.integer(20));
const design: Design = {
  rows: ROWS,
  width: 23,
  dense: [
    { at: 1, values: signal },
    { at: 2, values: numbers() },
  ],
  sparse: [level],
};
const weights = Float64Array.from({ length: ROWS }, () => random.integer(3));
const noisy = signal.map((value, row) => value + random.normal() + (level[row]! % 2));

const FAMILIES: Readonly<Record<string, Family>> = {
  'squared error': squaredError(noisy, weights),
  logistic: logistic(
    Int32Array.from(noisy, (value) => (value > 0.5 ? 1 : 0)),
    weights,
  ),
  softmax: softmaxLoss(
    Int32Array.from(noisy, (value) => (value > 1 ? 2 : value > 0 ? 1 : 0)),
    weights,
    3,
  ),
};

describe.each(Object.entries(FAMILIES))('%s', (_, family) => {
  const start = new Float64Array(23 * family.outputs);

  it.each([0.01, 3])('has the same minimum by factorisation and by conjugate gradients (l2 %d)', (l2) => {
    const direct = minimise(design, family, l2, start, 50, 'direct');
    const iterative = minimise(design, family, l2, start, 50, 'iterative');
    expect([direct.converged, iterative.converged]).toEqual([true, true]);
    expect(Math.max(...direct.beta.map((value, index) => Math.abs(value - iterative.beta[index]!)))).toBeLessThan(1e-6);
  });

  it('ends where no small step in any direction is lower', () => {
    const l2 = 0.5;
    const { beta } = minimise(design, family, l2, start, 50);
    const objective = (of: Float64Array): number => {
      const predictors = Array.from({ length: family.outputs }, (_, output) => {
        const own = of.subarray(output * 23, (output + 1) * 23);
        return signal.map(
          (value, row) => own[0]! + own[1]! * value + own[2]! * design.dense[1]!.values[row]! + own[level[row]!]!,
        );
      });
      return (
        family.loss(predictors) + (l2 / 2) * of.reduce((sum, value, index) => sum + (index % 23 === 0 ? 0 : value * value), 0)
      );
    };
    const lowest = objective(beta);
    for (let index = 0; index < beta.length; index++) {
      for (const step of [-1e-3, 1e-3]) {
        const moved = beta.slice();
        moved[index]! += step;
        expect(objective(moved)).toBeGreaterThan(lowest - 1e-9);
      }
    }
  });
});
