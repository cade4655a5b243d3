import { NODE_BYTES, SPLIT_NUMBERS } from './arena.js';
import type { FeatureBins } from './binning.js';
import type { Crew } from './crew.js';
import type { TreeSettings } from './settings.js';
import { type Bounds, boundedValue, emptySplit, leafValue, readSplit, type Split, UNBOUNDED } from './split.js';
import type { GrownNode, GrownTree } from './tree.js';
import { weightedQuantile } from './weighted-quantile.js';
import { COMMAND, NONE, NUMBER } from './work.js';

/** Bytes of records and histograms below which waking other threads costs more than they save. Measured on two cores. */
const ALONE_BYTES = 2 ** 17;

/** A leaf while its tree grows: its sums and its best split. Which rows it has is in the arena, shard by shard. */
interface Leaf {
  rows: number;
  gradient: number;
  hessian: number;
  depth: number;
  value: number;
  /** What monotone constraints leave to its value. */
  bounds: Bounds;
  /** Where its histogram is kept; NONE: nowhere. */
  slot: number;
  /** The node above it and which of its children it is; -1 for the root. */
  parent: number;
  isLeft: boolean;
  readonly split: Split;
}

/**
 * Grows trees leaf by leaf, always where the gain is largest, as LightGBM does: decides what is split, and has the crew do the work on
 * the rows. All memory that depends on rows or leaves is allocated once and used by every tree.
 */
export class Grower {
  readonly #crew: Crew;
  readonly #features: readonly FeatureBins[];
  readonly #settings: TreeSettings;
  readonly #leafQuantile: number | undefined;
  readonly #leaves: Leaf[] = [];
  /** Histograms that no leaf holds. */
  readonly #free: number[];
  #leafCount = 0;

  /** @param leafQuantile the level whose quantile of what is left becomes a leaf's value; absent: derivatives give it */
  constructor(crew: Crew, features: readonly FeatureBins[], settings: TreeSettings, leafQuantile?: number) {
    this.#crew = crew;
    this.#features = features;
    this.#settings = settings;
    this.#leafQuantile = leafQuantile;
    this.#free = Array.from({ length: crew.arena.shape.slots }, (_, slot) => slot).reverse();
  }

  /**
   * Grows one tree on the gradients of an output that are in the arena.
   * @param bagged only on the rows that `arena.inside` marks
   * @param allowed features that may be used, by position: 1 or 0
   */
  grow(output: number, bagged: boolean, allowed: Uint8Array): GrownTree {
    const nodes: GrownNode[] = [];
    this.#crew.arena.allowed.set(allowed);
    this.#startRoot(output, bagged);
    while (this.#leafCount < this.#settings.numLeaves) {
      const index = this.#bestLeaf();
      if (index < 0) break;
      this.#splitLeaf(index, nodes);
    }
    for (let index = 0; index < this.#leafCount; index++) this.#drop(this.#leaves[index]!);
    if (this.#leafQuantile !== undefined) {
      for (let index = 0; index < this.#leafCount; index++)
        this.#leaves[index]!.value = this.#quantileOf(index, output, this.#leafQuantile);
    }
    const leaves = this.#leaves.slice(0, this.#leafCount);
    return {
      nodes,
      values: Float64Array.from(leaves, (leaf) => leaf.value),
      rows: Float64Array.from(leaves, (leaf) => leaf.rows),
    };
  }

  /** Adds the last tree to an output's scores: those of all training rows, in the bag or not, and of the held-out rows. */
  addToScores(output: number, { nodes, values }: GrownTree): void {
    const { arena } = this.#crew;
    arena.leafValues.set(values);
    const words = NODE_BYTES / 4;
    nodes.forEach((node, index) => {
      this.#fillGoesLeft(node);
      const at = index * words;
      arena.nodes[at] = node.feature;
      arena.nodes[at + 1] = node.left;
      arena.nodes[at + 2] = node.right;
      arena.nodes.fill(0, at + 4, at + words);
      for (let bin = 0; bin < 256; bin++) arena.nodes[at + 4 + (bin >> 5)]! |= arena.goesLeft[bin]! << (bin & 31);
    });
    this.#run(COMMAND.score, [output, values.length], arena.shape.rows);
  }

  /** The value of a leaf whose loss has no second derivative. */
  #quantileOf(leaf: number, output: number, level: number): number {
    const { ids, stretches, shape, targets, weights } = this.#crew.arena;
    const scores = this.#crew.arena.scores[output]!;
    const rest = new Float64Array(this.#rowsOf(leaf));
    const own = this.#crew.isWeighted ? new Float64Array(rest.length) : undefined;
    let count = 0;
    for (let shard = 0; shard < shape.shards; shard++) {
      const place = 3 * (shard * shape.leaves + leaf);
      const rows = ids[stretches[place + 2] as 0 | 1].subarray(stretches[place], stretches[place + 1]);
      for (const row of rows) {
        if (own) own[count] = weights[row]!;
        rest[count++] = targets[row]! - scores[row]!;
      }
    }
    return Math.fround(this.#settings.learningRate * weightedQuantile(rest, own, level));
  }

  #startRoot(output: number, bagged: boolean): void {
    const { arena } = this.#crew;
    this.#leafCount = 0;
    const root = this.#newLeaf(arena.shape.rows, 0, 0, 0, -1);
    root.slot = this.#take();
    this.#run(COMMAND.root, [output, bagged ? 1 : 0, root.slot], arena.shape.rows);
    if (bagged) root.rows = this.#rowsOf(0);
    // Every row is in one bin of the first allowed feature.
    const feature = arena.allowed.indexOf(1);
    const first = arena.bases[feature]! / 8;
    const last = first + 2 * (this.#features[feature]!.valueBins + 1);
    for (let shard = 0; shard < arena.shape.shards; shard++) {
      const sums = this.#histogramOf(shard, root.slot);
      for (let at = first; at < last; at += 2) {
        root.gradient += sums[at]!;
        root.hessian += sums[at + 1]!;
      }
    }
    this.#search(root.slot, NONE, root, undefined);
  }

  #histogramOf(shard: number, slot: number): Float64Array {
    const { arena } = this.#crew;
    if (shard === 0) return arena.histogram(slot);
    return new Float64Array(arena.memory.buffer, arena.partial(shard), arena.shape.histogram);
  }

  /** The rows of a leaf, in all shards. */
  #rowsOf(leaf: number): number {
    const { stretches, shape } = this.#crew.arena;
    let rows = 0;
    for (let shard = 0; shard < shape.shards; shard++) {
      const place = 3 * (shard * shape.leaves + leaf);
      rows += stretches[place + 1]! - stretches[place]!;
    }
    return rows;
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

  #splitLeaf(index: number, nodes: GrownNode[]): void {
    const leaf = this.#leaves[index]!;
    const { split } = leaf;
    const rightIndex = this.#leafCount;
    // The true counts are known when the rows have been moved; either child may be the one whose histogram is made.
    const leftRows = (split.leftHessian / leaf.hessian) * leaf.rows;
    const smaller = leftRows <= leaf.rows / 2 ? index : rightIndex;
    const mayGoOn = rightIndex + 1 < this.#settings.numLeaves && this.#isDeepEnough(leaf.depth + 1);
    const fresh = mayGoOn ? this.#take() : NONE;
    this.#fillGoesLeft(split);
    this.#run(COMMAND.split, [index, rightIndex, split.feature, smaller, fresh], leaf.rows);
    const left = this.#rowsOf(index);
    const parentSlot = leaf.slot;
    leaf.slot = NONE;
    if (left === 0 || left === leaf.rows) {
      this.#undoSplit(leaf, index, rightIndex, [fresh, parentSlot]);
      return;
    }
    const node = nodes.length;
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
    const right = this.#newLeaf(leaf.rows - left, split.rightGradient, split.rightHessian, leaf.depth + 1, node);
    right.bounds = leaf.bounds;
    const rightValue = this.#valueOf(split.rightGradient, split.rightHessian, split.lambdaL2, right.bounds);
    const leftValue = this.#valueOf(split.leftGradient, split.leftHessian, split.lambdaL2, leaf.bounds);
    const direction = this.#crew.directions?.[split.feature] ?? 0;
    if (direction !== 0) [leaf.bounds, right.bounds] = partBounds(leaf.bounds, (leftValue + rightValue) / 2, direction);
    right.value = this.#shrunk(rightValue);
    leaf.rows = left;
    leaf.gradient = split.leftGradient;
    leaf.hessian = split.leftHessian;
    leaf.depth++;
    leaf.parent = node;
    leaf.isLeft = true;
    leaf.value = this.#shrunk(leftValue);
    split.gain = 0;
    this.#prepareChildren(leaf, right, smaller === index, fresh, parentSlot);
  }

  /** Counts are estimates: a split can turn out to have one side only. The leaf keeps its rows and is not split again. */
  #undoSplit(leaf: Leaf, index: number, rightIndex: number, slots: readonly number[]): void {
    const { stretches, shape } = this.#crew.arena;
    for (let shard = 0; shard < shape.shards; shard++) {
      const left = 3 * (shard * shape.leaves + index);
      stretches[left + 1] = stretches[3 * (shard * shape.leaves + rightIndex) + 1]!;
    }
    for (const slot of slots) this.#give(slot);
    leaf.split.gain = 0;
  }

  /**
   * Histograms and best splits of two new leaves.
   * @param fresh where one child's histogram has just been made: the left one's, if `isLeftFresh`
   * @param parentSlot their parent's, which becomes the other child's by subtraction; NONE: it was not kept
   */
  #prepareChildren(left: Leaf, right: Leaf, isLeftFresh: boolean, fresh: number, parentSlot: number): void {
    if (fresh === NONE || !(this.#maySplit(left) || this.#maySplit(right))) {
      this.#give(fresh);
      this.#give(parentSlot);
      return;
    }
    const made = isLeftFresh ? left : right;
    const other = isLeftFresh ? right : left;
    made.slot = fresh;
    if (parentSlot !== NONE) {
      other.slot = parentSlot;
      this.#search(fresh, parentSlot, left, right);
      return;
    }
    this.#search(fresh, NONE, made, undefined);
    if (!this.#maySplit(other)) return;
    other.slot = this.#take();
    this.#run(COMMAND.histogram, [this.#leaves.indexOf(other), other.slot], other.rows);
    this.#search(other.slot, NONE, other, undefined);
  }

  /**
   * Completes histograms and finds the best splits of one leaf or two.
   * @param fresh a histogram that the shards have just made their parts of
   * @param parent one to subtract it from
   */
  #search(fresh: number, parent: number, first: Leaf, second: Leaf | undefined): void {
    const { arena } = this.#crew;
    const { numbers, shape, splits } = arena;
    numbers.set([first.rows, first.gradient, first.hessian], NUMBER.first);
    if (second) numbers.set([second.rows, second.gradient, second.hessian], NUMBER.second);
    numbers.set([first.bounds.lower, first.bounds.upper], NUMBER.bounds);
    if (second) numbers.set([second.bounds.lower, second.bounds.upper], NUMBER.bounds + 2);
    const isSearched = (leaf: Leaf | undefined): number => (leaf && this.#maySplit(leaf) ? 1 : 0);
    const args = [fresh, parent, isSearched(first), first.slot, isSearched(second), second?.slot ?? NONE];
    const alone = 8 * shape.histogram < ALONE_BYTES;
    this.#crew.run(COMMAND.search, args, alone);
    for (const [index, leaf] of [first, second].entries()) {
      if (!leaf) continue;
      readSplit(leaf.split, splits, index * SPLIT_NUMBERS);
      for (let part = 1; part < (alone ? 1 : shape.shards); part++) {
        const at = (2 * part + index) * SPLIT_NUMBERS;
        if (splits[at]! > leaf.split.gain) readSplit(leaf.split, splits, at);
      }
      // Its histogram is kept only if that split may come and there is room for the next two.
      if (leaf.split.gain <= 0 || this.#free.length < 2) this.#drop(leaf);
    }
  }

  #run(command: number, args: readonly number[], rows: number): void {
    const { stride } = this.#crew.arena;
    this.#crew.run(command, args, rows * stride < ALONE_BYTES);
  }

  #maySplit(leaf: Leaf): boolean {
    return leaf.rows >= 2 * Math.max(1, this.#settings.split.minDataInLeaf) && this.#isDeepEnough(leaf.depth);
  }

  /** Whether a leaf at this depth may still be split. */
  #isDeepEnough(depth: number): boolean {
    return this.#settings.maxDepth <= 0 || depth < this.#settings.maxDepth;
  }

  /** The value of a leaf before the learning rate. */
  #valueOf(gradient: number, hessian: number, lambdaL2: number, bounds: Bounds): number {
    const { lambdaL1 } = this.#settings.split;
    if (bounds === UNBOUNDED) return leafValue(gradient, hessian, lambdaL1, lambdaL2);
    return boundedValue(gradient, hessian, lambdaL1, lambdaL2, bounds);
  }

  #shrunk(leaf: number): number {
    const value = Math.fround(this.#settings.learningRate * leaf);
    return Number.isFinite(value) ? value : 0;
  }

  #fillGoesLeft({
    feature,
    categorical,
    bin,
    missingLeft,
    leftSet,
  }: Pick<GrownNode, 'feature' | 'categorical' | 'bin' | 'missingLeft' | 'leftSet'>): void {
    const { goesLeft } = this.#crew.arena;
    if (categorical) {
      for (let at = 0; at < 256; at++) goesLeft[at] = (leftSet![at >> 5]! >>> (at & 31)) & 1;
      return;
    }
    goesLeft.fill(0);
    goesLeft.fill(1, 0, bin + 1);
    goesLeft[this.#features[feature]!.valueBins] = missingLeft ? 1 : 0;
  }

  #newLeaf(rows: number, gradient: number, hessian: number, depth: number, parent: number): Leaf {
    const index = this.#leafCount++;
    let leaf = this.#leaves[index];
    if (!leaf) {
      leaf = {
        ...{ rows, gradient, hessian, depth, value: 0, slot: NONE, parent, isLeft: false },
        ...{ bounds: UNBOUNDED, split: emptySplit() },
      };
      this.#leaves.push(leaf);
    }
    Object.assign(leaf, { rows, gradient, hessian, depth, value: 0, slot: NONE, parent, isLeft: false, bounds: UNBOUNDED });
    leaf.split.gain = 0;
    return leaf;
  }

  #take(): number {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error('no place for another histogram');
    return slot;
  }

  #give(slot: number): void {
    if (slot !== NONE) this.#free.push(slot);
  }

  #drop(leaf: Leaf): void {
    this.#give(leaf.slot);
    leaf.slot = NONE;
  }
}

/** The bounds of both children of a split on a constrained feature: no value on one side passes the middle. */
function partBounds({ lower, upper }: Bounds, middle: number, direction: number): [left: Bounds, right: Bounds] {
  const below = { lower, upper: middle };
  const above = { lower: middle, upper };
  return direction > 0 ? [below, above] : [above, below];
}
