import type { FeatureBins } from './binning.js';

/** A node as growth leaves it, in bins. Children: a node's index, or the complement (~) of a leaf's. */
export interface GrownNode {
  /** Position among the binned features. */
  readonly feature: number;
  readonly categorical: boolean;
  readonly bin: number;
  readonly missingLeft: boolean;
  readonly leftSet: Uint32Array | undefined;
  readonly gain: number;
  left: number;
  right: number;
}

/** What growth gives: nodes in the order of their splits (the first is the root; none: a single leaf), values by leaf. */
export interface GrownTree {
  readonly nodes: readonly GrownNode[];
  /** 32-bit floats, already times the learning rate. */
  readonly values: Float64Array;
  /** Training rows of each leaf (in the bag). */
  readonly rows: Float64Array;
}

/**
 * A tree as a table over matrix values, the form that predicts and that becomes ONNX.
 * Numbers go left when `x <= threshold` in 32-bit floats, categories when `categories` of the node holds them, missing values when
 * `missingLeft`. Children: a node's index, or the complement (~) of a leaf's.
 */
export interface Tree {
  /** Matrix column of each node. */
  readonly columns: Int32Array;
  readonly thresholds: Float32Array;
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Categories that go left, ascending; undefined: the node compares with its threshold. */
  readonly categories: readonly (Int32Array | undefined)[];
  readonly gains: Float64Array;
  readonly values: Float64Array;
  /** Training rows of each leaf (in the bag). */
  readonly rows: Float64Array;
}

/** From bins to values. */
export function treeOf(grown: GrownTree, features: readonly FeatureBins[]): Tree {
  const { nodes, values, rows } = grown;
  const bins = nodes.map((node) => features[node.feature]!);
  return {
    columns: Int32Array.from(bins, (feature) => feature.column),
    thresholds: Float32Array.from(nodes, (node, index) => {
      const feature = bins[index]!;
      // Above all values: only missing ones go right.
      return feature.kind === 'numeric' ? (feature.thresholds[node.bin] ?? Number.POSITIVE_INFINITY) : 0;
    }),
    missingLeft: Uint8Array.from(nodes, (node) => (node.missingLeft ? 1 : 0)),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    categories: nodes.map((node, index) => {
      const feature = bins[index]!;
      const set = node.leftSet;
      if (feature.kind === 'numeric' || !set) return undefined;
      return feature.categories.filter((_, bin) => ((set[bin >> 5]! >>> (bin & 31)) & 1) === 1);
    }),
    gains: Float64Array.from(nodes, (node) => node.gain),
    values,
    rows,
  };
}
