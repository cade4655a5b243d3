import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Labels } from '../../../shared/data/table.js';
import { assignFolds, NO_FOLD } from '../../../shared/training/folds.js';

const classes = ['a', 'b', 'c'];
const multiclass = (values: readonly number[]): Labels => ({ task: 'multiclass', classes, values: Int32Array.from(values) });
const regression = (values: readonly number[]): Labels => ({ task: 'regression', values: Float64Array.from(values) });

const sizes = (fold: Uint16Array, folds: number): number[] =>
  Array.from({ length: folds }, (_, own) => fold.filter((other) => other === own).length);

describe('assignFolds', () => {
  it('deals every labelled row to one fold, each class and all rows as evenly as can be', () => {
    const labels = fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 60, maxLength: 200 });
    fc.assert(
      fc.property(labels, fc.integer({ min: 2, max: 5 }), fc.integer({ min: 0, max: 9 }), (values, folds, seed) => {
        fc.pre([0, 1, 2].every((label) => values.filter((own) => own === label).length >= folds));
        const fold = assignFolds(multiclass(values), folds, seed);
        expect(Array.from(fold, (own) => own === NO_FOLD)).toEqual(values.map((value) => value < 0));
        for (const label of [0, 1, 2, undefined]) {
          const own = fold.filter((_, row) => values[row]! >= 0 && (label === undefined || values[row] === label));
          const counts = sizes(own, folds);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
        expect(assignFolds(multiclass(values), folds, seed)).toEqual(fold);
      }),
      { numRuns: 50 },
    );
  });

  it('is another deal with another seed', () => {
    const labels = regression(Array.from({ length: 100 }, (_, row) => row));
    expect(assignFolds(labels, 5, 1)).not.toEqual(assignFolds(labels, 5, 2));
  });

  it('keeps groups together', () => {
    const groups = Array.from({ length: 300 }, (_, row) => Math.floor(Math.sqrt(row)));
    const fold = assignFolds(regression(groups.map(() => 1)), 4, 42, { by: 'group', groups });
    for (const group of new Set(groups))
      expect(new Set(fold.filter((_, row) => groups[row] === group)).size, `group ${group}`).toBe(1);
    for (const size of sizes(fold, 4)) expect(Math.abs(size - 75)).toBeLessThan(20);
  });

  it('cuts time into stretches', () => {
    const times = Float64Array.from({ length: 100 }, (_, row) => (row * 37) % 100);
    times[0] = Number.NaN;
    const fold = assignFolds(regression(Array.from(times, () => 1)), 5, 42, { by: 'time', times });
    expect([...fold]).toEqual(Array.from(times, (time) => (Number.isNaN(time) ? 0 : Math.floor(time / 20))));
  });

  it('says in one line that there are too few rows', () => {
    const rows = multiclass([0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2]);
    expect(() => assignFolds(rows, 5, 1)).toThrow(
      /^out-of-fold predictions of 5 folds need at least 5 rows of each class, and the train part has 3 of "b"; lower train\.cross_validation/,
    );
    expect(() => assignFolds(regression([1, 2]), 3, 1)).toThrow(/at least 3 rows, and the train part has 2 with a label/);
    expect(() => assignFolds(regression([1, 2, 3]), 3, 1, { by: 'group', groups: [1, 1, 2] })).toThrow(
      /at least 3 groups, and the train part has 2/,
    );
  });
});
