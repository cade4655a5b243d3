import type { GraphBuilder } from '../../onnx/graph.js';
import type { Ensemble } from './booster.js';
import type { Tree } from './tree.js';

/** Node modes of ai.onnx.ml 5, TreeEnsemble. */
const BRANCH_LEQ = 0;
const BRANCH_MEMBER = 6;

/** A category that no row has: the set of a node that only missing values leave to the left. */
const NO_CATEGORY = -1;

/**
 * Writes an ensemble as one TreeEnsemble node (ai.onnx.ml 5) with the base scores added behind it.
 * @param features the name of a float32 tensor [N, F]
 * @returns the name of a float32 tensor [N, outputs] of raw scores
 */
export function addEnsemble(graph: GraphBuilder, features: string, ensemble: Ensemble): string {
  const table = new NodeTable();
  for (const round of ensemble.rounds) {
    round.forEach((tree, output) => {
      if (tree) table.addTree(tree, output);
    });
  }
  if (table.isEmpty()) table.addConstant();
  const sums = graph.node('TreeEnsemble', [features], table.attributes(ensemble.base.length), { domain: 'ai.onnx.ml' });
  const base = graph.constant(
    { type: 'float32', shape: [1, ensemble.base.length], values: Float32Array.from(ensemble.base) },
    'base_score',
  );
  return graph.node('Add', [sums, base]);
}

/**
 * From raw scores [N, 1] to the probabilities of both classes [N, 2].
 * @param tails whether a small probability of the first class keeps its digits too
 */
export function addSigmoid(graph: GraphBuilder, scores: string, tails = false): string {
  const positive = graph.node('Sigmoid', [scores]);
  if (tails) {
    const other = graph.node('Sigmoid', [graph.node('Neg', [scores])]);
    return graph.node('Concat', [other, positive], { axis: { int: 1 } });
  }
  const one = graph.constant({ type: 'float32', shape: [1], values: [1] }, 'one');
  const negative = graph.node('Sub', [one, positive]);
  return graph.node('Concat', [negative, positive], { axis: { int: 1 } });
}

/** From raw scores [N, classes] to probabilities. */
export function addSoftmax(graph: GraphBuilder, scores: string): string {
  return graph.node('Softmax', [scores], { axis: { int: 1 } });
}

/** Gathers the operator's attributes: inner nodes and leaves are numbered through all trees. */
class NodeTable {
  readonly #roots: number[] = [];
  readonly #features: number[] = [];
  readonly #modes: number[] = [];
  readonly #splits: number[] = [];
  readonly #missingTrue: number[] = [];
  readonly #trueIds: number[] = [];
  readonly #falseIds: number[] = [];
  readonly #trueLeaves: number[] = [];
  readonly #falseLeaves: number[] = [];
  readonly #members: number[] = [];
  readonly #leafTargets: number[] = [];
  readonly #leafWeights: number[] = [];

  isEmpty(): boolean {
    return this.#roots.length === 0;
  }

  addTree(tree: Tree, output: number): void {
    const firstNode = this.#features.length;
    const firstLeaf = this.#leafTargets.length;
    this.#roots.push(firstNode);
    for (let node = 0; node < tree.columns.length; node++) {
      const categories = tree.categories[node];
      this.#features.push(tree.columns[node]!);
      this.#modes.push(categories ? BRANCH_MEMBER : BRANCH_LEQ);
      this.#splits.push(tree.thresholds[node]!);
      this.#missingTrue.push(tree.missingLeft[node]!);
      // Sets stand one after the other in the order of their nodes, each closed by a NaN.
      if (categories) this.#members.push(...(categories.length > 0 ? categories : [NO_CATEGORY]), Number.NaN);
      const left = tree.left[node]!;
      const right = tree.right[node]!;
      this.#trueIds.push(left >= 0 ? firstNode + left : firstLeaf + ~left);
      this.#falseIds.push(right >= 0 ? firstNode + right : firstLeaf + ~right);
      this.#trueLeaves.push(left >= 0 ? 0 : 1);
      this.#falseLeaves.push(right >= 0 ? 0 : 1);
    }
    for (const value of tree.values) {
      this.#leafTargets.push(output);
      this.#leafWeights.push(value);
    }
  }

  /** The operator needs a tree: this one gives 0 to every row. */
  addConstant(): void {
    this.#roots.push(0);
    this.#features.push(0);
    this.#modes.push(BRANCH_LEQ);
    this.#splits.push(0);
    this.#missingTrue.push(0);
    this.#trueIds.push(0);
    this.#falseIds.push(0);
    this.#trueLeaves.push(1);
    this.#falseLeaves.push(1);
    this.#leafTargets.push(0);
    this.#leafWeights.push(0);
  }

  attributes(outputs: number): Parameters<GraphBuilder['node']>[2] {
    const floats = (values: readonly number[]) => ({
      tensor: { type: 'float32' as const, shape: [values.length], values: Float32Array.from(values) },
    });
    return {
      n_targets: { int: outputs },
      aggregate_function: { int: 1 },
      post_transform: { int: 0 },
      tree_roots: { ints: this.#roots },
      nodes_featureids: { ints: this.#features },
      nodes_modes: {
        tensor: { type: 'uint8', shape: [this.#modes.length], values: Uint8Array.from(this.#modes) },
      },
      nodes_splits: floats(this.#splits),
      nodes_missing_value_tracks_true: { ints: this.#missingTrue },
      nodes_truenodeids: { ints: this.#trueIds },
      nodes_falsenodeids: { ints: this.#falseIds },
      nodes_trueleafs: { ints: this.#trueLeaves },
      nodes_falseleafs: { ints: this.#falseLeaves },
      leaf_targetids: { ints: this.#leafTargets },
      leaf_weights: floats(this.#leafWeights),
      ...(this.#members.length > 0 ? { membership_values: floats(this.#members) } : {}),
    };
  }
}
