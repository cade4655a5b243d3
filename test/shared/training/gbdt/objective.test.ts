import { describe, expect, it } from 'vitest';
import { UserError } from '../../../../shared/core/errors.js';
import { Random } from '../../../../shared/core/random.js';
import { objectiveOf } from '../../../../shared/training/gbdt/objective.js';
import { binary, multiclass, regression } from './matrices.js';

const random = new Random(5);
const weights = Float64Array.from({ length: 20 }, () => 0.5 + random.uniform());
const share = (of: (row: number) => number): number => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.reduce((sum, weight, row) => sum + weight * of(row), 0) / total;
};

describe('objectiveOf', () => {
  it('starts from the mean, the log odds, or the logarithms of the shares, by weight', () => {
    const values = Array.from({ length: 20 }, () => random.normal() * 3);
    expect(objectiveOf(regression(values), weights).base[0]).toBeCloseTo(
      share((row) => values[row]!),
      6,
    );
    const labels = Array.from({ length: 20 }, () => random.integer(2));
    const positive = share((row) => labels[row]!);
    expect(objectiveOf(binary(labels), weights).base[0]).toBeCloseTo(Math.log(positive / (1 - positive)), 6);
    const classes = Array.from({ length: 20 }, (_, row) => row % 3);
    objectiveOf(multiclass(classes), weights).base.forEach((base, output) => {
      expect(base).toBeCloseTo(Math.log(share((row) => (classes[row] === output ? 1 : 0))), 6);
    });
  });

  it('learns nothing of a class that no row has', () => {
    const objective = objectiveOf(multiclass([0, 2, 0, 2]), undefined);
    expect([0, 1, 2].map((output) => objective.learns(output))).toEqual([true, false, true]);
    expect(objective.base.every(Number.isFinite)).toBe(true);
    expect(objectiveOf(binary([1, 1]), undefined).learns(0)).toBe(false);
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
