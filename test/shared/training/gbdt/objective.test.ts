import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../shared/core/errors.js';
import { Random } from '../../../../shared/core/random.js';
import type { Labels } from '../../../../shared/data/table.js';
import { metricOf, objectiveOf } from '../../../../shared/training/gbdt/objective.js';
import { binary, multiclass, regression } from './matrices.js';

const random = new Random(5);
const ROWS = 20;
const weights = Float64Array.from({ length: ROWS }, () => 0.5 + random.uniform());
const tasks: [string, Labels, number, number][] = [
  // Task, labels, what the loss must be multiplied by, and LightGBM's factor on second derivatives.
  ['squared error', regression(Array.from({ length: ROWS }, () => random.normal() * 3)), 0.5, 1],
  ['binary', binary(Array.from({ length: ROWS }, () => random.integer(2))), 1, 1],
  ['softmax', multiclass(Array.from({ length: ROWS }, () => random.integer(3))), 1, 1.5],
];

/** The weighted loss of one row, as the metric has it for that row alone. */
function lossOfRow(labels: Labels, scores: readonly Float64Array[], row: number): number {
  const one: Labels =
    labels.task === 'regression'
      ? { task: 'regression', values: labels.values.slice(row, row + 1) }
      : { ...labels, values: labels.values.slice(row, row + 1) };
  const value = metricOf(
    one,
    undefined,
    scores.map((output) => output.slice(row, row + 1)),
  );
  return weights[row]! * (labels.task === 'regression' ? value ** 2 : value);
}

describe.each(tasks)('%s', (_, labels, scale, curvature) => {
  it('has the derivatives of its loss (central differences)', () => {
    const objective = objectiveOf(labels, weights);
    const scores = Array.from({ length: objective.outputs }, () => Float64Array.from({ length: ROWS }, () => random.normal()));
    const gradients = Array.from({ length: objective.outputs }, () => new Float64Array(2 * ROWS));
    objective.gradients(scores, gradients);
    const step = 1e-4;
    for (let output = 0; output < objective.outputs; output++) {
      for (let row = 0; row < ROWS; row++) {
        const at = (shift: number): number => {
          const moved = scores.map((values) => values.slice());
          moved[output]![row]! += shift;
          return scale * lossOfRow(labels, moved, row);
        };
        expect(gradients[output]![2 * row]).toBeCloseTo((at(step) - at(-step)) / (2 * step), 5);
        expect(gradients[output]![2 * row + 1]).toBeCloseTo((curvature * (at(step) - 2 * at(0) + at(-step))) / step ** 2, 4);
      }
    }
  });

  it('starts from the constant that no other constant beats', () => {
    const objective = objectiveOf(labels, weights);
    const constant = (shift: number, output: number): number =>
      metricOf(
        labels,
        weights,
        Array.from(objective.base, (base, index) => new Float64Array(ROWS).fill(base + (index === output ? shift : 0))),
      );
    for (let output = 0; output < objective.outputs; output++) {
      for (const shift of [-0.1, -0.01, 0.01, 0.1]) expect(constant(shift, output)).toBeGreaterThan(constant(0, output));
    }
  });
});

describe('metricOf', () => {
  it('equals scikit-learn on hand-made scores', () => {
    // log_loss([1, 0], [sigmoid(2), sigmoid(-1)]), mean_squared_error([1, 5], [2, 3]) ** 0.5
    expect(metricOf(binary([1, 0]), undefined, [Float64Array.of(2, -1)])).toBeCloseTo(
      (Math.log1p(Math.exp(-2)) + Math.log1p(Math.exp(-1))) / 2,
      12,
    );
    expect(metricOf(regression([1, 5]), undefined, [Float64Array.of(2, 3)])).toBeCloseTo(Math.sqrt(2.5), 12);
  });

  it('stays finite for certain and wrong scores', () => {
    expect(metricOf(binary([1, 0]), undefined, [Float64Array.of(-800, 800)])).toBe(800);
    expect(metricOf(multiclass([0]), undefined, [Float64Array.of(-800), Float64Array.of(0), Float64Array.of(0)])).toBeCloseTo(
      800 + Math.LN2,
      9,
    );
  });

  it('weighs rows', () => {
    const scores = [Float64Array.of(0, 3)];
    const doubled = metricOf(binary([1, 1, 1]), undefined, [Float64Array.of(0, 3, 3)]);
    expect(metricOf(binary([1, 1]), Float64Array.of(1, 2), scores)).toBeCloseTo(doubled, 12);
  });
});

describe('objectiveOf', () => {
  it('learns nothing of a class that no row has', () => {
    const objective = objectiveOf(multiclass([0, 2, 0, 2]), undefined);
    expect([0, 1, 2].map((output) => objective.learns(output))).toEqual([true, false, true]);
    expect(objective.base.every(Number.isFinite)).toBe(true);
  });

  it('refuses targets beyond 32-bit floats and says why', () => {
    expect(() => objectiveOf(regression([1, 1e39]), undefined)).toThrow(UserError);
    expect(() => objectiveOf(regression([1, 1e39]), undefined)).toThrow(/target: found 1e\+39/);
  });

  it('treats rows without a label as a bug of the caller', () => {
    expect(() => objectiveOf(binary([1, -1]), undefined)).toThrow(/class -1/);
    expect(() => objectiveOf(regression([Number.NaN]), undefined)).toThrow(/no target/);
  });
});
