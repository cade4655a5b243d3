import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import type { Matrix } from '../../../../shared/features/plan.js';
import type { Ensemble } from '../../../../shared/training/gbdt/booster.js';
import { scoreRows } from '../../../../shared/training/gbdt/ensemble-scores.js';
import { gbdt } from '../../../../shared/training/gbdt/gbdt.js';
import type { Tree } from '../../../../shared/training/gbdt/tree.js';
import { treeContributions } from '../../../../shared/training/gbdt/tree-shap.js';
import type { Contributions } from '../../../../shared/training/trainer.js';
import { binary, inputOf, matrixOf, mixedMatrix, mixedSignal, multiclass, regression } from './matrices.js';
import { randomTree } from './random-tree.js';

/** What golden/make-shap.py stored of the shap package. */
interface Golden {
  readonly cases: readonly {
    readonly name: string;
    readonly columns: number;
    readonly base: number;
    readonly trees: readonly {
      readonly nodes: readonly {
        readonly column: number;
        readonly threshold: number;
        readonly missingLeft: number;
        readonly categories?: readonly number[];
        readonly left: number;
        readonly right: number;
      }[];
      readonly leaves: readonly (readonly [value: number, rows: number])[];
    }[];
    readonly expected: number;
    readonly values: readonly (readonly number[])[];
  }[];
}

const read = (name: string): string => readFileSync(new URL(`golden/${name}`, import.meta.url), 'utf8');
const golden = JSON.parse(read('shap.json')) as Golden;
const rows = read('exact.csv')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',').map((cell) => (cell === '' ? Number.NaN : Number(cell))));

function treeFrom({ nodes, leaves }: Golden['cases'][number]['trees'][number]): Tree {
  return {
    columns: Int32Array.from(nodes, (node) => node.column),
    thresholds: Float32Array.from(nodes, (node) => node.threshold),
    missingLeft: Uint8Array.from(nodes, (node) => node.missingLeft),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    categories: nodes.map(({ categories }) => categories && Int32Array.from(categories)),
    gains: new Float64Array(nodes.length),
    values: Float64Array.from(leaves, ([value]) => value),
    rows: Float64Array.from(leaves, ([, count]) => count),
  };
}

function contributionsOf({ values, outputs, columns }: Contributions, row: number, output = 0): Float64Array {
  const from = (row * outputs + output) * columns;
  return values.subarray(from, from + columns);
}

describe("the shap package's values", () => {
  it.each(golden.cases)('$name', ({ columns, base, trees, expected, values }) => {
    const ensemble = { base: Float64Array.of(base), rounds: trees.map((tree) => [treeFrom(tree)]) };
    const matrix = matrixOf(
      rows.slice(0, values.length).map((row) => row.slice(3, 3 + columns)),
      columns > 2 ? { 2: 20, 3: 3 } : {},
    );
    const ours = treeContributions(ensemble, matrix);
    expect(ours.base[0]).toBeCloseTo(expected, 5);
    values.forEach((theirs, row) => {
      theirs.forEach((value, column) => {
        expect(Math.abs(contributionsOf(ours, row)[column]! - value)).toBeLessThan(1e-5);
      });
    });
  });
});

/** The mean of a tree where the columns of a set are known, and training rows decide where they are not. */
function meanKnowing(tree: Tree, matrix: Matrix, row: number, known: number): number {
  const coverOf = (node: number): number =>
    node < 0 ? tree.rows[~node]! : coverOf(tree.left[node]!) + coverOf(tree.right[node]!);
  const of = (node: number): number => {
    if (node < 0) return tree.values[~node]!;
    const [left, right] = [tree.left[node]!, tree.right[node]!];
    const column = tree.columns[node]!;
    if (((known >> column) & 1) === 0) {
      return (coverOf(left) * of(left) + coverOf(right) * of(right)) / (coverOf(left) + coverOf(right));
    }
    const value = matrix.columns[column]!.values[row]!;
    const isIn = tree.categories[node]?.includes(value) ?? value <= tree.thresholds[node]!;
    return of((Number.isNaN(value) ? tree.missingLeft[node] === 1 : isIn) ? left : right);
  };
  return tree.columns.length > 0 ? of(0) : tree.values[0]!;
}

it('is what the definition of Shapley values gives, subset by subset', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 2, max: 40 }), (seed, leaves) => {
      const random = new Random(seed);
      const tree = randomTree(random, leaves);
      const drawn = Array.from({ length: 5 }, () => [
        random.uniform() < 0.2 ? Number.NaN : random.normal(),
        random.uniform() < 0.2 ? Number.NaN : random.integer(200),
      ]);
      const matrix = matrixOf(drawn, { 1: 200 });
      const ours = treeContributions({ base: Float64Array.of(0), rounds: [[tree]] }, matrix);
      for (let row = 0; row < 5; row++) {
        const [none, first, second, both] = [0, 1, 2, 3].map((known) => meanKnowing(tree, matrix, row, known));
        expect(ours.base[0]).toBeCloseTo(none!, 9);
        const own = contributionsOf(ours, row);
        expect(own[0]).toBeCloseTo((first! - none! + both! - second!) / 2, 9);
        expect(own[1]).toBeCloseTo((second! - none! + both! - first!) / 2, 9);
      }
    }),
    { numRuns: 60 },
  );
});

describe('of a trained model', () => {
  const matrix = mixedMatrix(1500, 8);
  const signal = mixedSignal(matrix, 8);
  const some: Matrix = { rows: 100, columns: matrix.columns.map((own) => ({ ...own, values: own.values.slice(0, 100) })) };

  it.each([
    ['regression', regression([...signal])],
    ['binary', binary(Array.from(signal, (value) => (value > 0 ? 1 : 0)))],
    ['multiclass', multiclass(Array.from(signal, (value) => (value > 1 ? 2 : value > -0.5 ? 1 : 0)))],
  ] as const)('%s: base and contributions add up to the prediction', async (_, labels) => {
    const params = { num_iterations: 40, bagging_fraction: 0.7, bagging_freq: 1 };
    const model = await gbdt.train(inputOf(matrix, labels, { params }));
    const ours = model.explain!.contributions(some);
    const { scores } = model.predict(some);
    for (let row = 0; row < 100; row++) {
      const raw = Array.from(ours.base, (base, output) =>
        contributionsOf(ours, row, output).reduce((sum, value) => sum + value, base),
      );
      const powers = raw.map((score) => Math.exp(score));
      const total = powers.reduce((sum, power) => sum + power, 0);
      const expected =
        labels.task === 'regression'
          ? raw
          : labels.task === 'binary'
            ? [1 / (1 + powers[0]!), powers[0]! / (1 + powers[0]!)]
            : powers.map((power) => power / total);
      expected.forEach((value, at) => {
        expect(Math.abs(scores[row * expected.length + at]! - value)).toBeLessThan(1e-9);
      });
      // A constant and a column without any value say nothing.
      expect([...contributionsOf(ours, row).subarray(2, 4)]).toEqual([0, 0]);
    }
  });

  it('without a tree is the base alone', () => {
    const ensemble: Ensemble = { base: Float64Array.of(0.25), rounds: [[undefined]] };
    const ours = treeContributions(ensemble, some);
    expect(ours.base).toEqual(Float64Array.of(0.25));
    expect(ours.values.every((value) => value === 0)).toBe(true);
    expect(scoreRows(ensemble, some)[0]![0]).toBe(0.25);
  });
});
