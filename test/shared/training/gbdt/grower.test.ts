import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../../../shared/features/plan.js';
import { scoreRows } from '../../../../shared/training/gbdt/ensemble-scores.js';
import { type Tree, treeOf } from '../../../../shared/training/gbdt/tree.js';
import { crewOf } from './crews.js';
import { mixedMatrix, mixedSignal, regression } from './matrices.js';

const matrix = mixedMatrix(1500, 8);
const signal = mixedSignal(matrix, 8);
const labels = regression([...signal]);
/** Gradients are taken at 0, so that leaves become means. */
const base = Float64Array.of(0);

async function grow(
  params: Record<string, number>,
  options: { inside?: (row: number) => boolean; allowed?: number[]; histogramBytes?: number; threads?: number } = {},
) {
  const { inside, histogramBytes, threads = 1 } = options;
  const { crew, features, grower } = await crewOf(matrix, labels, {
    params: { learning_rate: 1, ...params },
    base,
    threads,
    ...(histogramBytes !== undefined && { histogramBytes }),
  });
  const { arena } = crew;
  if (inside) for (let row = 0; row < matrix.rows; row++) arena.inside[row] = inside(row) ? 1 : 0;
  const allowed = Uint8Array.from(options.allowed ?? features.map(() => 1));
  const grown = grower.grow(0, inside !== undefined, allowed);
  return { crew, arena, grower, grown, features, allowed, tree: treeOf(grown, features) };
}

function depthOf(tree: Tree, node = 0): number {
  if (node < 0) return 0;
  return 1 + Math.max(depthOf(tree, tree.left[node]!), depthOf(tree, tree.right[node]!));
}

/** The value of each row's leaf, by the prediction table. */
function valuesOf(tree: Tree, rows: Matrix): Float64Array {
  return scoreRows({ base, rounds: [[tree]] }, rows)[0]!;
}

/** The leaf of each row, by the prediction table. */
function leavesOf(tree: Tree, rows: Matrix): Float64Array {
  return valuesOf({ ...tree, values: Float64Array.from(tree.values, (_, leaf) => leaf) }, rows);
}

describe('Grower', () => {
  it('gives each leaf the mean of its rows when nothing is penalised', async () => {
    const { tree } = await grow({ num_leaves: 12, cat_l2: 0 });
    const leaves = leavesOf(tree, matrix);
    for (let leaf = 0; leaf < tree.values.length; leaf++) {
      const rows = [...leaves.keys()].filter((row) => leaves[row] === leaf);
      expect(rows.length).toBeGreaterThanOrEqual(20);
      expect(tree.values[leaf]).toBeCloseTo(rows.reduce((sum, row) => sum + signal[row]!, 0) / rows.length, 5);
    }
  });

  it('scores its own rows by leaf as the table scores them by value', async () => {
    const { grower, grown, arena, tree } = await grow({ num_leaves: 40, min_data_in_leaf: 5, min_data_per_group: 10 });
    grower.addToScores(0, grown);
    expect(arena.scores[0]).toEqual(valuesOf(tree, matrix));
    expect(tree.categories.some((set) => set)).toBe(true);
    expect(tree.values.length).toBe(40);
  });

  it('keeps to num_leaves, max_depth and min_data_in_leaf', async () => {
    expect((await grow({ num_leaves: 7 })).tree.values.length).toBe(7);
    const flat = (await grow({ num_leaves: 100, max_depth: 3 })).tree;
    expect(depthOf(flat)).toBe(3);
    expect(flat.values.length).toBeLessThanOrEqual(8);
    const { tree } = await grow({ num_leaves: 200, min_data_in_leaf: 60 });
    const sizes = new Map<number, number>();
    for (const leaf of leavesOf(tree, matrix)) sizes.set(leaf, (sizes.get(leaf) ?? 0) + 1);
    expect(Math.min(...sizes.values())).toBeGreaterThanOrEqual(60);
  });

  it('grows down to single rows when it may', async () => {
    const { tree } = await grow({ num_leaves: 1500, min_data_in_leaf: 1, min_data_per_group: 1, cat_smooth: 0 });
    const sizes = new Map<number, number>();
    for (const leaf of leavesOf(tree, matrix)) sizes.set(leaf, (sizes.get(leaf) ?? 0) + 1);
    expect(Math.min(...sizes.values())).toBe(1);
    expect(sizes.size).toBe(tree.values.length);
  });

  it('grows on the rows of the bag only, and scores the others by where they fall', async () => {
    const inside = (row: number): boolean => row % 3 === 0;
    const { grower, grown, arena, tree } = await grow({ cat_l2: 0 }, { inside });
    grower.addToScores(0, grown);
    expect(arena.scores[0]).toEqual(valuesOf(tree, matrix));
    const leaves = leavesOf(tree, matrix);
    tree.values.forEach((value, leaf) => {
      const rows = [...leaves.keys()].filter((row) => leaves[row] === leaf && inside(row));
      expect(value).toBeCloseTo(rows.reduce((sum, row) => sum + signal[row]!, 0) / rows.length, 5);
    });
  });

  it('uses the features that it may use', async () => {
    const { tree } = await grow({}, { allowed: [0, 1, 0, 0] });
    expect(new Set(tree.columns)).toEqual(new Set([1]));
  });

  it('finds the very same tree when it may keep almost no histograms, since their sums are exact', async () => {
    const roomy = await grow({ num_leaves: 300, min_data_in_leaf: 2, min_data_per_group: 5 });
    const tight = await grow({ num_leaves: 300, min_data_in_leaf: 2, min_data_per_group: 5 }, { histogramBytes: 0 });
    expect(tight.arena.shape.slots).toBe(3);
    expect(tight.grown).toEqual(roomy.grown);
    expect(roomy.tree.values.length).toBe(300);
  });

  it('uses its memory anew for each tree', async () => {
    const { grower, grown, allowed } = await grow({ num_leaves: 20 });
    expect(grower.grow(0, false, allowed)).toEqual(grown);
  });

  it('leaves a leaf as it is where a split has one side only after all', async () => {
    // Estimated by second derivatives of unequal size, three rows can look like many.
    const { crew, features, grower } = await crewOf(matrix, labels, { params: { num_leaves: 60, min_data_in_leaf: 1 }, base });
    const { gradients } = crew.arena;
    for (let row = 0; row < matrix.rows; row++) gradients[0]![2 * row + 1] = row % 50 === 0 ? 2 ** 30 : 0;
    const grown = grower.grow(0, false, new Uint8Array(features.length).fill(1));
    const leaves = leavesOf(treeOf(grown, features), matrix);
    expect(new Set(leaves).size).toBe(grown.values.length);
    expect(grown.values.length).toBeGreaterThan(2);
  });
});
