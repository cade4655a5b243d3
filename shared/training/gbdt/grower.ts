import type { BinnedMatrix } from './binning.js';
import { buildHistogram, type HistogramLayout, layoutOf, subtractHistogram } from './histogram.js';
import type { TreeSettings } from './settings.js';
import { emptySplit, leafValue, type Split } from './split.js';
import { Splitter } from './splitter.js';
import type { GrownNode, GrownTree } from './tree.js';

/** Histograms are kept for subtraction up to this many bytes; beyond, a leaf's is built anew when it is needed. */
const HISTOGRAM_BYTES = 2 ** 29;

/** A leaf while its tree grows: a stretch of the row order and its sums. */
interface Leaf {
  begin: number;
  end: number;
  rows: number;
  gradient: number;
  hessian: number;
  depth: number;
  value: number;
  histogram: Float64Array | undefined;
  /** The node above it and which of its children it is; -1 for the root. */
  parent: number;
  isLeft: boolean;
  readonly split: Split;
}

/**
 * Grows trees leaf by leaf, always where the gain is largest, as LightGBM does. All memory that depends on rows or leaves is
 * allocated once and used by every tree.
 */
export class Grower {
  readonly #matrix: BinnedMatrix;
  readonly #settings: TreeSettings;
  readonly #layout: HistogramLayout;
  readonly #splitter: Splitter;
  /** Row numbers, grouped by leaf; ascending inside a leaf, since the partition is stable. */
  readonly #order: Int32Array;
  readonly #scratch: Int32Array;
  readonly #allRows: Int32Array;
  readonly #goesLeft = new Uint8Array(256);
  readonly #leaves: Leaf[] = [];
  /** Histograms that no leaf holds. */
  readonly #free: Float64Array[] = [];
  readonly #heldLimit: number;
  #held = 0;
  #leafCount = 0;

  /** @param histogramBytes memory for histograms; it changes speed, and the last bits of sums */
  constructor(matrix: BinnedMatrix, settings: TreeSettings, histogramBytes = HISTOGRAM_BYTES) {
    this.#matrix = matrix;
    this.#settings = settings;
    this.#layout = layoutOf(matrix);
    this.#splitter = new Splitter(matrix.features, this.#layout, settings.split);
    this.#order = new Int32Array(matrix.rows);
    this.#scratch = new Int32Array(matrix.rows);
    this.#allRows = Int32Array.from({ length: matrix.rows }, (_, row) => row);
    this.#heldLimit = Math.max(2, Math.floor(histogramBytes / (8 * this.#layout.size)));
  }

  /**
   * Grows one tree.
   * @param gradients of every row, `[2 * row]`, and second derivatives, `[2 * row + 1]`
   * @param rows which rows count, ascending; absent: all
   * @param allowed features that may be used, by position: 1 or 0
   */
  grow(gradients: Float64Array, rows: Int32Array | undefined, allowed: Uint8Array): GrownTree {
    const nodes: GrownNode[] = [];
    this.#startRoot(gradients, rows, allowed);
    while (this.#leafCount < this.#settings.numLeaves) {
      const index = this.#bestLeaf();
      if (index < 0) break;
      this.#splitLeaf(index, nodes, gradients, allowed);
    }
    for (let index = 0; index < this.#leafCount; index++) this.#drop(this.#leaves[index]!);
    return { nodes, values: Float64Array.from({ length: this.#leafCount }, (_, index) => this.#leaves[index]!.value) };
  }

  /** Adds the last tree's values to the scores of the rows it was grown on. */
  addTo(scores: Float64Array): void {
    const order = this.#order;
    for (let index = 0; index < this.#leafCount; index++) {
      const { begin, end, value } = this.#leaves[index]!;
      for (let at = begin; at < end; at++) scores[order[at]!]! += value;
    }
  }

  #startRoot(gradients: Float64Array, rows: Int32Array | undefined, allowed: Uint8Array): void {
    const inside = rows ?? this.#allRows;
    this.#order.set(inside);
    this.#leafCount = 0;
    const root = this.#newLeaf(0, inside.length, 0, 0, 0, -1);
    if (this.#matrix.features.length === 0 || !this.#maySplit(root)) return;
    root.histogram = this.#take();
    buildHistogram(root.histogram, this.#layout, this.#matrix, gradients, this.#order, 0, inside.length);
    // Every row is in one bin of the first feature, whose bins stand first.
    const bins = 2 * (this.#matrix.features[0]!.valueBins + 1);
    for (let at = 0; at < bins; at += 2) {
      root.gradient += root.histogram[at]!;
      root.hessian += root.histogram[at + 1]!;
    }
    this.#findSplit(root, allowed);
  }

  /** The leaf with the largest gain, of equal ones the first; -1 when none can be split. */
  #bestLeaf(): number {
    let best = -1;
    let gain = 0;
    for (let index = 0; index < this.#leafCount; index++) {
      const leaf = this.#leaves[index]!;
      if (leaf.split.gain > gain) {
        gain = leaf.split.gain;
        best = index;
      }
    }
    return best;
  }

  #splitLeaf(index: number, nodes: GrownNode[], gradients: Float64Array, allowed: Uint8Array): void {
    const leaf = this.#leaves[index]!;
    const { split } = leaf;
    const middle = this.#partition(leaf);
    if (middle === leaf.begin || middle === leaf.end) {
      // The counts are estimates: a split can turn out to have one side only.
      split.gain = 0;
      return;
    }
    const node = nodes.length;
    const rightIndex = this.#leafCount;
    nodes.push({
      feature: split.feature,
      categorical: split.categorical,
      bin: split.bin,
      missingLeft: split.missingLeft,
      leftSet: split.categorical ? split.leftSet.slice() : undefined,
      gain: split.gain,
      left: ~index,
      right: ~rightIndex,
    });
    if (leaf.parent >= 0) {
      const above = nodes[leaf.parent]!;
      if (leaf.isLeft) above.left = node;
      else above.right = node;
    }
    const parentHistogram = leaf.histogram;
    leaf.histogram = undefined;
    const right = this.#newLeaf(middle, leaf.end, split.rightGradient, split.rightHessian, leaf.depth + 1, node);
    right.value = this.#valueOf(split.rightGradient, split.rightHessian, split.lambdaL2);
    leaf.end = middle;
    leaf.rows = middle - leaf.begin;
    leaf.gradient = split.leftGradient;
    leaf.hessian = split.leftHessian;
    leaf.depth++;
    leaf.parent = node;
    leaf.isLeft = true;
    leaf.value = this.#valueOf(split.leftGradient, split.leftHessian, split.lambdaL2);
    split.gain = 0;
    this.#prepareChildren(leaf, right, parentHistogram, gradients, allowed);
  }

  /** Histograms and best splits of two new leaves: the smaller's is built, the larger's is what the parent has beyond it. */
  #prepareChildren(
    left: Leaf,
    right: Leaf,
    parentHistogram: Float64Array | undefined,
    gradients: Float64Array,
    allowed: Uint8Array,
  ): void {
    const smaller = left.rows <= right.rows ? left : right;
    const larger = smaller === left ? right : left;
    if (this.#leafCount === this.#settings.numLeaves || !(this.#maySplit(smaller) || this.#maySplit(larger))) {
      if (parentHistogram) this.#give(parentHistogram);
      return;
    }
    smaller.histogram = this.#take();
    buildHistogram(smaller.histogram, this.#layout, this.#matrix, gradients, this.#order, smaller.begin, smaller.end);
    if (parentHistogram) {
      larger.histogram = parentHistogram;
      subtractHistogram(parentHistogram, smaller.histogram);
    } else {
      larger.histogram = this.#take();
      buildHistogram(larger.histogram, this.#layout, this.#matrix, gradients, this.#order, larger.begin, larger.end);
    }
    this.#findSplit(left, allowed);
    this.#findSplit(right, allowed);
  }

  /** Finds a leaf's best split; keeps its histogram only if that split may come and there is room. */
  #findSplit(leaf: Leaf, allowed: Uint8Array): void {
    if (this.#maySplit(leaf)) this.#splitter.find(leaf.histogram!, leaf, allowed, leaf.split);
    if (leaf.split.gain <= 0 || this.#held > this.#heldLimit) this.#drop(leaf);
  }

  #maySplit(leaf: Leaf): boolean {
    const { maxDepth, split } = this.#settings;
    return leaf.rows >= 2 * Math.max(1, split.minDataInLeaf) && (maxDepth <= 0 || leaf.depth < maxDepth);
  }

  #valueOf(gradient: number, hessian: number, lambdaL2: number): number {
    const value = Math.fround(
      this.#settings.learningRate * leafValue(gradient, hessian, this.#settings.split.lambdaL1, lambdaL2),
    );
    return Number.isFinite(value) ? value : 0;
  }

  /** Brings the rows that go left to the front of the leaf's stretch, keeping order; returns where the others begin. */
  #partition(leaf: Leaf): number {
    const order = this.#order;
    const scratch = this.#scratch;
    const goesLeft = this.#goesLeft;
    const bins = this.#matrix.columns[leaf.split.feature]!;
    this.#fillGoesLeft(leaf.split);
    const { begin, end } = leaf;
    let left = begin;
    let right = 0;
    // Both places are written and one is kept: which way a row goes cannot be predicted, so a branch would cost more.
    for (let at = begin; at < end; at++) {
      const row = order[at]!;
      const goes = goesLeft[bins[row]!]!;
      order[left] = row;
      scratch[right] = row;
      left += goes;
      right += 1 - goes;
    }
    order.set(scratch.subarray(0, right), left);
    return left;
  }

  #fillGoesLeft(split: Split): void {
    const goesLeft = this.#goesLeft;
    if (split.categorical) {
      for (let bin = 0; bin < 256; bin++) goesLeft[bin] = (split.leftSet[bin >> 5]! >>> (bin & 31)) & 1;
      return;
    }
    for (let bin = 0; bin < 256; bin++) goesLeft[bin] = bin <= split.bin ? 1 : 0;
    goesLeft[this.#matrix.features[split.feature]!.valueBins] = split.missingLeft ? 1 : 0;
  }

  #newLeaf(begin: number, end: number, gradient: number, hessian: number, depth: number, parent: number): Leaf {
    const index = this.#leafCount++;
    let leaf = this.#leaves[index];
    if (!leaf) {
      leaf = {
        begin: 0,
        end: 0,
        rows: 0,
        gradient: 0,
        hessian: 0,
        depth: 0,
        value: 0,
        histogram: undefined,
        parent: -1,
        isLeft: false,
        split: emptySplit(),
      };
      this.#leaves.push(leaf);
    }
    leaf.begin = begin;
    leaf.end = end;
    leaf.rows = end - begin;
    leaf.gradient = gradient;
    leaf.hessian = hessian;
    leaf.depth = depth;
    leaf.value = 0;
    leaf.parent = parent;
    leaf.isLeft = false;
    leaf.split.gain = 0;
    return leaf;
  }

  #take(): Float64Array {
    this.#held++;
    return this.#free.pop() ?? new Float64Array(this.#layout.size);
  }

  #give(histogram: Float64Array): void {
    this.#held--;
    this.#free.push(histogram);
  }

  #drop(leaf: Leaf): void {
    if (leaf.histogram) this.#give(leaf.histogram);
    leaf.histogram = undefined;
  }
}
