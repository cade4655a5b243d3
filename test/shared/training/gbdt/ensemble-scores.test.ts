import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { scoreRows } from '../../../../shared/training/gbdt/ensemble-scores.js';
import type { Tree } from '../../../../shared/training/gbdt/tree.js';
import { matrixOf } from './matrices.js';
import { randomTree } from './random-tree.js';

/** The value of a row's leaf, from the definition of a tree. */
function leafValueOf(tree: Tree, row: readonly number[], node = 0): number {
  if (node < 0) return tree.values[~node]!;
  const value = Math.fround(row[tree.columns[node]!]!);
  const set = tree.categories[node];
  let goesLeft = set ? set.includes(value) : value <= tree.thresholds[node]!;
  if (Number.isNaN(value)) goesLeft = tree.missingLeft[node] === 1;
  return leafValueOf(tree, row, goesLeft ? tree.left[node]! : tree.right[node]!);
}

describe('scoreRows', () => {
  it("adds the value of each row's leaf, for numbers, categories, missing values and any number of rows", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 200 }), (seed, count) => {
        const random = new Random(seed);
        const rows = Array.from({ length: count }, () => [
          [random.normal(), 0.25, Number.NaN, Number.POSITIVE_INFINITY, -0][random.integer(5)]!,
          [random.integer(200), Number.NaN, 199, 31, 32, 5000][random.integer(6)]!,
        ]);
        const rounds = Array.from({ length: 4 }, () => [randomTree(random, 2 + random.integer(30)), undefined]);
        const base = Float64Array.of(0.5, -2);
        const [first, second] = scoreRows({ base, rounds }, matrixOf(rows, { 1: 200 }));
        rows.forEach((row, at) => {
          expect(first![at]).toBe(rounds.reduce((sum, [tree]) => sum + leafValueOf(tree!, row), 0.5));
          expect(second![at]).toBe(-2);
        });
      }),
      { numRuns: 60 },
    );
  });
});
