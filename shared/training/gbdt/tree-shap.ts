import type { Matrix } from '../../features/plan.js';
import type { Contributions } from '../trainer.js';
import type { Ensemble } from './booster.js';
import type { Tree } from './tree.js';

/**
 * Shapley values of every row's raw scores, exact for the trees ("path-dependent" TreeSHAP, Algorithm 2 of Lundberg et al. 2018, Consistent
 * Individualized Feature Attribution for Tree Ensembles): what is unknown is averaged over the training rows below a node. O(leaves · depth²) a
 * tree and row.
 */
export function treeContributions({ base, rounds }: Ensemble, matrix: Matrix): Contributions {
  const outputs = base.length;
  const columns = matrix.columns.length;
  const expected = Float64Array.from(base);
  const values = new Float64Array(matrix.rows * outputs * columns);
  const row = new Float32Array(columns);
  const explainers = rounds.flatMap((round) =>
    round.flatMap((tree, output) => {
      if (!tree) return [];
      const explainer = new TreeExplainer(tree);
      expected[output]! += explainer.expected;
      return [{ explainer, output }];
    }),
  );
  for (let index = 0; index < matrix.rows; index++) {
    matrix.columns.forEach((column, at) => {
      row[at] = column.values[index]!;
    });
    for (const { explainer, output } of explainers) {
      const from = (index * outputs + output) * columns;
      explainer.explain(row, values.subarray(from, from + columns));
    }
  }
  return { rows: matrix.rows, outputs, columns, base: expected, values };
}

/** How much work a row is, in steps: leaves times the square of the depth, over all trees. */
export function explainingWork({ rounds }: Ensemble): number {
  let work = 0;
  for (const tree of rounds.flat()) if (tree) work += tree.values.length * depthOf(tree) ** 2;
  return work;
}

/** One tree; its memory is reused from row to row. */
class TreeExplainer {
  /** The mean of the tree over its training rows. */
  readonly expected: number;
  readonly #tree: Tree;
  readonly #members: readonly (ReadonlySet<number> | undefined)[];
  /** Training rows below each node. */
  readonly #covers: Float64Array;
  // Paths of unique features, one after the other, a level deeper each: feature, share of the training rows and of this row (0 or 1) that
  // go along while the feature is unknown or known, and the weights of subsets by size.
  readonly #feature: Int32Array;
  readonly #zero: Float64Array;
  readonly #one: Float64Array;
  readonly #weight: Float64Array;
  #row: Float32Array = new Float32Array();
  #out: Float64Array = new Float64Array();

  constructor(tree: Tree) {
    this.#tree = tree;
    this.#members = tree.categories.map((set) => set && new Set(set));
    this.#covers = coversOf(tree);
    const total = tree.rows.reduce((sum, rows) => sum + rows, 0);
    this.expected = tree.values.reduce((sum, value, leaf) => sum + (value * tree.rows[leaf]!) / total, 0);
    const levels = depthOf(tree) + 2;
    const size = (levels * (levels + 1)) / 2;
    this.#feature = new Int32Array(size);
    this.#zero = new Float64Array(size);
    this.#one = new Float64Array(size);
    this.#weight = new Float64Array(size);
  }

  /** Adds the contributions of a row's features to `out`. */
  explain(row: Float32Array, out: Float64Array): void {
    this.#row = row;
    this.#out = out;
    this.#descend(0, 0, 0, 1, 1, -1);
  }

  /**
   * @param node the node, or the complement (~) of a leaf
   * @param parent where the path of the node above begins; this node's stands behind it
   * @param depth elements of that path
   */
  #descend(node: number, parent: number, depth: number, zero: number, one: number, feature: number): void {
    const path = parent + depth;
    this.#feature.copyWithin(path, parent, parent + depth);
    this.#zero.copyWithin(path, parent, parent + depth);
    this.#one.copyWithin(path, parent, parent + depth);
    this.#weight.copyWithin(path, parent, parent + depth);
    this.#extend(path, depth, zero, one, feature);
    if (node < 0) {
      const value = this.#tree.values[~node]!;
      for (let at = 1; at <= depth; at++) {
        const weight = this.#sumWithout(path, depth, at);
        this.#out[this.#feature[path + at]!]! += weight * (this.#one[path + at]! - this.#zero[path + at]!) * value;
      }
      return;
    }
    const { columns, left, right } = this.#tree;
    const column = columns[node]!;
    const goesLeft = this.#goesLeft(node, this.#row[column]!);
    let [zeroBefore, oneBefore, own] = [1, 1, depth];
    for (let at = 1; at <= depth; at++) {
      if (this.#feature[path + at] !== column) continue;
      zeroBefore = this.#zero[path + at]!;
      oneBefore = this.#one[path + at]!;
      this.#takeOut(path, depth, at);
      own = depth - 1;
      break;
    }
    for (const child of [left[node]!, right[node]!]) {
      const isHot = (child === left[node]) === goesLeft;
      const share = (this.#coverOf(child) / this.#covers[node]!) * zeroBefore;
      // Nothing goes this way, known or unknown.
      if (share === 0 && !(isHot && oneBefore > 0)) continue;
      this.#descend(child, path, own + 1, share, isHot ? oneBefore : 0, column);
    }
  }

  #coverOf(node: number): number {
    return node < 0 ? this.#tree.rows[~node]! : this.#covers[node]!;
  }

  #goesLeft(node: number, value: number): boolean {
    const { thresholds, missingLeft } = this.#tree;
    if (Number.isNaN(value)) return missingLeft[node] === 1;
    return this.#members[node]?.has(value) ?? value <= thresholds[node]!;
  }

  /** EXTEND of the algorithm: subsets grow by a feature. */
  #extend(path: number, depth: number, zero: number, one: number, feature: number): void {
    const weight = this.#weight;
    this.#feature[path + depth] = feature;
    this.#zero[path + depth] = zero;
    this.#one[path + depth] = one;
    weight[path + depth] = depth === 0 ? 1 : 0;
    for (let at = depth - 1; at >= 0; at--) {
      weight[path + at + 1]! += (one * weight[path + at]! * (at + 1)) / (depth + 1);
      weight[path + at] = (zero * weight[path + at]! * (depth - at)) / (depth + 1);
    }
  }

  /** UNWIND: takes an element out of the path again. */
  #takeOut(path: number, depth: number, index: number): void {
    const weight = this.#weight;
    const zero = this.#zero[path + index]!;
    const one = this.#one[path + index]!;
    let next = weight[path + depth]!;
    for (let at = depth - 1; at >= 0; at--) {
      if (one !== 0) {
        const before = weight[path + at]!;
        weight[path + at] = (next * (depth + 1)) / ((at + 1) * one);
        next = before - (weight[path + at]! * zero * (depth - at)) / (depth + 1);
      } else weight[path + at] = (weight[path + at]! * (depth + 1)) / (zero * (depth - at));
    }
    this.#feature.copyWithin(path + index, path + index + 1, path + depth + 1);
    this.#zero.copyWithin(path + index, path + index + 1, path + depth + 1);
    this.#one.copyWithin(path + index, path + index + 1, path + depth + 1);
  }

  /** The sum of the weights as if an element had been taken out. */
  #sumWithout(path: number, depth: number, index: number): number {
    const weight = this.#weight;
    const zero = this.#zero[path + index]!;
    const one = this.#one[path + index]!;
    let next = weight[path + depth]!;
    let total = 0;
    for (let at = depth - 1; at >= 0; at--) {
      if (one !== 0) {
        const own = (next * (depth + 1)) / ((at + 1) * one);
        total += own;
        next = weight[path + at]! - (own * zero * (depth - at)) / (depth + 1);
      } else total += (weight[path + at]! * (depth + 1)) / (zero * (depth - at));
    }
    return total;
  }
}

function coversOf({ left, right, rows }: Tree): Float64Array {
  const covers = new Float64Array(left.length);
  const of = (node: number): number => {
    if (node < 0) return rows[~node]!;
    covers[node] = of(left[node]!) + of(right[node]!);
    return covers[node]!;
  };
  if (left.length > 0) of(0);
  return covers;
}

/** Splits on the longest way to a leaf. */
function depthOf({ left, right }: Tree): number {
  const of = (node: number): number => (node < 0 ? 0 : 1 + Math.max(of(left[node]!), of(right[node]!)));
  return left.length > 0 ? of(0) : 0;
}
