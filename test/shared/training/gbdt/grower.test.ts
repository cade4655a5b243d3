import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../../../shared/features/plan.js';
import { binMatrix } from '../../../../shared/training/gbdt/binning.js';
import { Grower } from '../../../../shared/training/gbdt/grower.js';
import { readSettings } from '../../../../shared/training/gbdt/settings.js';
import { addTree, type Tree, treeOf } from '../../../../shared/training/gbdt/tree.js';
import { mixedMatrix, mixedSignal } from './matrices.js';

const matrix = mixedMatrix(1500, 8);
const signal = mixedSignal(matrix, 8);
const gradients = Float64Array.from({ length: 2 * matrix.rows }, (_, at) => (at % 2 === 0 ? -signal[at >> 1]! : 1));

function grow(params: Record<string, number>, options: { rows?: Int32Array; allowed?: number[]; bytes?: number } = {}) {
  const binned = binMatrix(matrix, 255, 1);
  const { settings } = readSettings({ learning_rate: 1, ...params });
  const grower =
    options.bytes === undefined ? new Grower(binned, settings.tree) : new Grower(binned, settings.tree, options.bytes);
  const allowed = Uint8Array.from(options.allowed ?? binned.features.map(() => 1));
  const grown = grower.grow(gradients, options.rows, allowed);
  return { grower, grown, tree: treeOf(grown, binned.features) };
}

function depthOf(tree: Tree, node = 0): number {
  if (node < 0) return 0;
  return 1 + Math.max(depthOf(tree, tree.left[node]!), depthOf(tree, tree.right[node]!));
}

/** The leaf of each row, by the prediction table. */
function leavesOf(tree: Tree, rows: Matrix): Float64Array {
  const numbered = { ...tree, values: Float64Array.from(tree.values, (_, leaf) => leaf) };
  const leaves = new Float64Array(rows.rows);
  addTree(numbered, rows, leaves);
  return leaves;
}

describe('Grower', () => {
  it('gives each leaf the mean of its rows when nothing is penalised', () => {
    const { tree } = grow({ num_leaves: 12, cat_l2: 0 });
    const leaves = leavesOf(tree, matrix);
    for (let leaf = 0; leaf < tree.values.length; leaf++) {
      const rows = [...leaves.keys()].filter((row) => leaves[row] === leaf);
      expect(rows.length).toBeGreaterThanOrEqual(20);
      expect(tree.values[leaf]).toBeCloseTo(rows.reduce((sum, row) => sum + signal[row]!, 0) / rows.length, 5);
    }
  });

  it('scores its own rows by leaf as the table scores them by value', () => {
    const { grower, tree } = grow({ num_leaves: 40, min_data_in_leaf: 5, min_data_per_group: 10 });
    const byLeaf = new Float64Array(matrix.rows);
    const byValue = new Float64Array(matrix.rows);
    grower.addTo(byLeaf);
    addTree(tree, matrix, byValue);
    expect(byLeaf).toEqual(byValue);
    expect(tree.categories.some((set) => set)).toBe(true);
    expect(tree.values.length).toBe(40);
  });

  it('keeps to num_leaves, max_depth and min_data_in_leaf', () => {
    expect(grow({ num_leaves: 7 }).tree.values.length).toBe(7);
    const flat = grow({ num_leaves: 100, max_depth: 3 }).tree;
    expect(depthOf(flat)).toBe(3);
    expect(flat.values.length).toBeLessThanOrEqual(8);
    const { tree } = grow({ num_leaves: 200, min_data_in_leaf: 60 });
    const sizes = new Map<number, number>();
    for (const leaf of leavesOf(tree, matrix)) sizes.set(leaf, (sizes.get(leaf) ?? 0) + 1);
    expect(Math.min(...sizes.values())).toBeGreaterThanOrEqual(60);
  });

  it('grows down to single rows when it may', () => {
    const { tree } = grow({ num_leaves: 1500, min_data_in_leaf: 1, min_data_per_group: 1, cat_smooth: 0 });
    const sizes = new Map<number, number>();
    for (const leaf of leavesOf(tree, matrix)) sizes.set(leaf, (sizes.get(leaf) ?? 0) + 1);
    expect(Math.min(...sizes.values())).toBe(1);
    expect(sizes.size).toBe(tree.values.length);
  });

  it('sees only the rows of the bag and the features that it may use', () => {
    const rows = Int32Array.from({ length: 500 }, (_, index) => index * 3);
    const { grower } = grow({}, { rows });
    const scores = new Float64Array(matrix.rows);
    grower.addTo(scores);
    const touched = [...scores.keys()].filter((row) => scores[row] !== 0);
    expect(touched.every((row) => row % 3 === 0)).toBe(true);
    expect(touched.length).toBe(500);
    const { tree } = grow({}, { allowed: [0, 1, 0, 0] });
    expect(new Set(tree.columns)).toEqual(new Set([1]));
  });

  it('finds the same tree when it may keep almost no histograms', () => {
    const roomy = grow({ num_leaves: 30 });
    const tight = grow({ num_leaves: 30 }, { bytes: 0 });
    expect(leavesOf(tight.tree, matrix)).toEqual(leavesOf(roomy.tree, matrix));
  });

  it('uses its memory anew for each tree', () => {
    const { grower, grown } = grow({ num_leaves: 20 });
    expect(grower.grow(gradients, undefined, new Uint8Array(4).fill(1))).toEqual(grown);
  });
});
