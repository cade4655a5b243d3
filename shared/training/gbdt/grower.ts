import { NODE_BYTES, SPLIT_NUMBERS } from './arena.js';
import type { FeatureBins } from './binning.js';
import { COMMAND, NONE, NUMBER } from './commands.js';
import type { Crew } from './crew.js';
import type { TreeSettings } from './settings.js';
import { type Bounds, boundedValue, emptySplit, leafValue, readSplit, type Split, UNBOUNDED } from './split.js';
import type { GrownNode, GrownTree } from './tree.js';
import { weightedQuantile } from './weighted-quantile.js';
import { leastToSplit, rowsOf } from './work.js';

/** A byte of a histogram that is searched for a split takes as long as so many bytes of records. Measured. */
const SEARCH_WEIGHT = 3;

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

/** What a split makes of a leaf, left and right. */
interface Children {
  readonly values: readonly [number, number];
  readonly bounds: readonly [Bounds, Bounds];
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
      const at = index * words;
      arena.nodes[at] = node.feature;
      arena.nodes[at + 1] = node.left;
      arena.nodes[at + 2] = node.right;
      arena.nodes.set(node.leftSet ?? this.#leftSetOf(node), at + 4);
    });
    this.#run(COMMAND.score, [output, values.length], arena.shape.rows);
  }

  /** The value of a leaf whose loss has no second derivative. */
  #quantileOf(leaf: number, output: number, level: number): number {
    const { ids, stretches, shape, targets, weights } = this.#crew.arena;
    const scores = this.#crew.arena.scores[output]!;
    const rest = new Float64Array(rowsOf(this.#crew.arena, leaf));
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
    if (bagged) root.rows = rowsOf(arena, 0);
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
    this.#search(root);
  }

  #histogramOf(shard: number, slot: number): Float64Array {
    const { arena } = this.#crew;
    if (shard === 0) return arena.histogram(slot);
    return new Float64Array(arena.memory.buffer, arena.partial(shard), arena.shape.histogram);
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
    const parentSlot = leaf.slot;
    leaf.slot = NONE;
    const children = this.#childrenOf(leaf);
    this.#tellSums(split, children);
    this.#fillGoesLeft(split);
    // Where the parent's histogram was kept, the children's are completed and searched within the same command.
    const isSearched = fresh !== NONE && parentSlot !== NONE;
    const parts = this.#run(
      COMMAND.split,
      [index, rightIndex, split.feature, smaller, fresh, isSearched ? parentSlot : NONE],
      leaf.rows,
      isSearched ? 2 : 0,
    );
    const left = rowsOf(this.#crew.arena, index);
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
    [leaf.bounds, right.bounds] = children.bounds;
    right.value = this.#shrunk(children.values[1]);
    leaf.rows = left;
    leaf.gradient = split.leftGradient;
    leaf.hessian = split.leftHessian;
    leaf.depth++;
    leaf.parent = node;
    leaf.isLeft = true;
    leaf.value = this.#shrunk(children.values[0]);
    split.gain = 0;
    const isLeftFresh = smaller === index;
    if (!isSearched) {
      this.#give(parentSlot);
      this.#searchUnkept(isLeftFresh ? leaf : right, isLeftFresh ? right : leaf, fresh);
      return;
    }
    leaf.slot = isLeftFresh ? fresh : parentSlot;
    right.slot = isLeftFresh ? parentSlot : fresh;
    this.#readSplits([leaf, right], parts);
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

  /** Values of both children of a leaf's split before the learning rate, and what monotone constraints leave to those below. */
  #childrenOf({ split, bounds }: Leaf): Children {
    const left = this.#valueOf(split.leftGradient, split.leftHessian, split.lambdaL2, bounds);
    const right = this.#valueOf(split.rightGradient, split.rightHessian, split.lambdaL2, bounds);
    const direction = this.#crew.directions?.[split.feature] ?? 0;
    return {
      values: [left, right],
      bounds: direction === 0 ? [bounds, bounds] : partBounds(bounds, (left + right) / 2, direction),
    };
  }

  /** What the threads need to know to search both children; how many rows they have is not known yet. */
  #tellSums(split: Split, { bounds: [left, right] }: Children): void {
    const { numbers } = this.#crew.arena;
    numbers[NUMBER.first + 1] = split.leftGradient;
    numbers[NUMBER.first + 2] = split.leftHessian;
    numbers[NUMBER.second + 1] = split.rightGradient;
    numbers[NUMBER.second + 2] = split.rightHessian;
    if (this.#crew.directions) numbers.set([left.lower, left.upper, right.lower, right.upper], NUMBER.bounds);
  }

  /**
   * Histograms and best splits of two new leaves whose parent's histogram was not kept.
   * @param fresh where the histogram of `made` has just been summed; NONE: neither leaf may be split
   */
  #searchUnkept(made: Leaf, other: Leaf, fresh: number): void {
    if (fresh === NONE || !(this.#maySplit(made) || this.#maySplit(other))) {
      this.#give(fresh);
      return;
    }
    made.slot = fresh;
    this.#search(made);
    if (!this.#maySplit(other)) return;
    other.slot = this.#take();
    this.#run(COMMAND.histogram, [this.#leaves.indexOf(other), other.slot], other.rows);
    this.#search(other);
  }

  /** Completes the histogram of a leaf, which the shards have just made their parts of, and finds its best split. */
  #search(leaf: Leaf): void {
    const { numbers } = this.#crew.arena;
    numbers.set([leaf.rows, leaf.gradient, leaf.hessian], NUMBER.first);
    if (this.#crew.directions) numbers.set([leaf.bounds.lower, leaf.bounds.upper], NUMBER.bounds);
    this.#readSplits([leaf], this.#run(COMMAND.search, [leaf.slot, this.#maySplit(leaf) ? 1 : 0], 0, 1));
  }

  /** Takes over the best splits that so many threads have found, each on its features. */
  #readSplits(leaves: readonly Leaf[], parts: number): void {
    const { splits } = this.#crew.arena;
    leaves.forEach((leaf, index) => {
      readSplit(leaf.split, splits, index * SPLIT_NUMBERS);
      for (let part = 1; part < parts; part++) {
        const at = (2 * part + index) * SPLIT_NUMBERS;
        if (splits[at]! > leaf.split.gain) readSplit(leaf.split, splits, at);
      }
      // Its histogram is kept only if that split may come and there is room for the next two.
      if (leaf.split.gain <= 0 || this.#free.length < 2) this.#drop(leaf);
    });
  }

  /** @param searched how many leaves are searched for their best split, besides the work on rows */
  #run(command: number, args: readonly number[], rows: number, searched = 0): number {
    const { stride, shape } = this.#crew.arena;
    return this.#crew.run(command, args, rows * stride + searched * SEARCH_WEIGHT * 8 * shape.histogram);
  }

  #maySplit(leaf: Leaf): boolean {
    return leaf.rows >= leastToSplit(this.#settings.split) && this.#isDeepEnough(leaf.depth);
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

  /** The bins that go left at a threshold, as 256 bits. */
  #leftSetOf({ feature, bin, missingLeft }: GrownNode): Uint32Array {
    const set = new Uint32Array(8);
    set.fill(0xffffffff, 0, bin >> 5);
    // All bits of the word where the bin is its last one: 2 << 31 is 0.
    set[bin >> 5] = (2 << (bin & 31)) - 1;
    const missing = this.#features[feature]!.valueBins;
    const bit = 1 << (missing & 31);
    if (missingLeft) set[missing >> 5]! |= bit;
    else set[missing >> 5]! &= ~bit;
    return set;
  }

  #newLeaf(rows: number, gradient: number, hessian: number, depth: number, parent: number): Leaf {
    const index = this.#leafCount++;
    let leaf = this.#leaves[index];
    if (!leaf) {
      leaf = {
        rows,
        gradient,
        hessian,
        depth,
        value: 0,
        bounds: UNBOUNDED,
        slot: NONE,
        parent,
        isLeft: false,
        split: emptySplit(),
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
