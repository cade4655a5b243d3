import type { MessagePort } from 'node:worker_threads';
import { type Arena, type ArenaShape, BLOCK_ROWS, SPLIT_NUMBERS, shardRows } from './arena.js';
import { meet } from './barrier.js';
import type { FeatureBins } from './binning.js';
import { COMMAND, CONTROL, NONE, NUMBER } from './commands.js';
import { layoutOf, partFeatures } from './histogram.js';
import { type Kernels, kernelsOn } from './kernels.js';
import { type Loss, type LossName, type LossRows, lossOf } from './loss.js';
import type { SplitSettings } from './settings.js';
import { emptySplit, type LeafSums, type Split, writeSplit } from './split.js';
import { Splitter } from './splitter.js';

/** Bytes of records whose features are summed group by group before the next ones are read: they stay in the second cache. */
const RECORD_BLOCK = 2 ** 17;

/** What every thread of a training knows from its start. */
export interface WorkPlan {
  readonly features: readonly FeatureBins[];
  readonly split: SplitSettings;
  /** Monotone constraints by feature: 1, -1 or 0; absent: there are none. */
  readonly directions?: readonly number[] | undefined;
  readonly loss: LossName;
  /** The level of the quantile loss. */
  readonly alpha: number;
  readonly classes: number;
  readonly weighted: boolean;
  readonly heldOutWeighted: boolean;
}

/** What a worker thread is started with. */
export interface ThreadData {
  readonly memory: WebAssembly.Memory;
  readonly shape: ArenaShape;
  readonly plan: WorkPlan;
  readonly shard: number;
  /** Says what went wrong. */
  readonly port: MessagePort;
}

/**
 * The work on rows and histograms, as any thread can do it: all state is in the arena. A command is carried out for some shards (or,
 * where it is about histograms, for some of the features); together the threads do all of them.
 */
export class Work {
  readonly #arena: Arena;
  readonly #kernels: Kernels;
  readonly loss: Loss;
  readonly #plan: WorkPlan;
  readonly #splitter: Splitter;
  readonly #offsets: Int32Array;
  readonly #parts: readonly number[];
  readonly #histograms: readonly Float64Array[];
  readonly #found: readonly [Split, Split] = [emptySplit(), emptySplit()];
  readonly #rows: readonly LossRows[];
  readonly #heldOut: LossRows;

  constructor(arena: Arena, plan: WorkPlan) {
    this.#arena = arena;
    this.#plan = plan;
    this.#kernels = kernelsOn(arena.memory);
    this.loss = lossOf(plan.loss, plan.classes, this.#kernels, plan.alpha);
    const layout = layoutOf(plan.features);
    this.#offsets = layout.offsets;
    this.#splitter = new Splitter(plan.features, layout, plan.split, plan.directions);
    this.#parts = partFeatures(plan.features, arena.shape.shards);
    this.#histograms = Array.from({ length: arena.shape.slots }, (_, slot) => arena.histogram(slot));
    this.#rows = Array.from({ length: arena.shape.shards }, (_, shard) => {
      const { from, to } = shardRows(arena.shape.rows, shard, arena.shape.shards);
      return {
        targets: arena.targets.subarray(from, to),
        weights: plan.weighted ? arena.weights.subarray(from, to) : undefined,
        scores: arena.scores.map((scores) => scores.subarray(from, to)),
      };
    });
    this.#heldOut = {
      targets: arena.heldOutTargets,
      weights: plan.heldOutWeighted ? arena.heldOutWeights : undefined,
      scores: arena.heldOutScores,
    };
  }

  /** The command in the arena, for shard `only` alone or for all. */
  perform(only?: number): void {
    const { control, shape } = this.#arena;
    const command = control[CONTROL.command]!;
    if (command === COMMAND.search) {
      this.#searchLeaf(only);
      return;
    }
    const isSearchNext = command === COMMAND.split && this.#argument(5) !== NONE;
    try {
      for (let shard = only ?? 0; shard < (only === undefined ? shape.shards : only + 1); shard++)
        this.#performOn(command, shard);
    } finally {
      // A thread that fails is not waited for.
      if (isSearchNext && only !== undefined) meet(control, shape.shards);
    }
    if (isSearchNext) this.#searchChildren(only);
  }

  #performOn(command: number, shard: number): void {
    if (command === COMMAND.limits) this.#arena.numbers.set(this.loss.limits(this.#rows[shard]!), NUMBER.limits + 2 * shard);
    else if (command === COMMAND.gradients) this.#gradients(shard);
    else if (command === COMMAND.root) this.#root(shard);
    else if (command === COMMAND.split) this.#split(shard);
    else if (command === COMMAND.histogram) this.#histogram(shard, this.#argument(0), this.#argument(1));
    else if (command === COMMAND.score) this.#score(shard);
    else if (command === COMMAND.losses) this.#losses(shard);
    else throw new Error(`no command ${command}`);
  }

  #argument(index: number): number {
    return this.#arena.control[CONTROL.arguments + index]!;
  }

  #gradients(shard: number): void {
    const { numbers, gradients, shape } = this.#arena;
    const { from, to } = shardRows(shape.rows, shard, shape.shards);
    const scales = { gradient: 1 / numbers[NUMBER.gradientUnit]!, hessian: 1 / numbers[NUMBER.hessianUnit]! };
    this.loss.gradients(
      this.#rows[shard]!,
      scales,
      gradients.map((own) => own.subarray(2 * from, 2 * to)),
    );
  }

  /** Arguments: output, whether there is a bag, the histogram or NONE. */
  #root(shard: number): void {
    const { at, shape, stride, ids, inside, rootEnds } = this.#arena;
    const { from, to } = shardRows(shape.rows, shard, shape.shards);
    const own = ids[0];
    let end = to;
    if (this.#argument(1) === 1) {
      // Both ends are written and one is kept: a branch would be guessed wrong too often.
      let first = from;
      let last = to - 1;
      for (let row = from; row < to; row++) {
        own[first] = row;
        own[last] = row;
        first += inside[row]!;
        last -= 1 - inside[row]!;
      }
      end = first;
    } else {
      this.#kernels.number(at.ids[0] + 4 * from, at.ids[0] + 4 * to, from);
    }
    rootEnds[shard] = end;
    this.#stretch(shard, 0, from, end, 0);
    const gradients = at.gradients + 8 * this.#argument(0) * shape.rows;
    const records = at.records[0] + from * stride;
    this.#kernels.load(at.ids[0] + 4 * from, at.ids[0] + 4 * end, gradients, at.bins, shape.width, records, stride);
    this.#histogram(shard, 0, this.#argument(2));
  }

  /**
   * Arguments: the leaf, the new leaf that takes its right rows, the feature's byte, the leaf whose histogram is made, and where; then
   * see #searchChildren. `arena.goesLeft` says which bins go left.
   */
  #split(shard: number): void {
    const { at, shape, stride, stretches } = this.#arena;
    const leaf = this.#argument(0);
    const place = 3 * (shard * shape.leaves + leaf);
    const begin = stretches[place]!;
    const end = stretches[place + 1]!;
    const side = stretches[place + 2] as 0 | 1;
    const other = side === 0 ? 1 : 0;
    const firstIds = at.ids[other];
    const leftEnd = this.#kernels.partition(
      at.records[side] + begin * stride,
      at.records[side] + end * stride,
      stride,
      8 + this.#argument(2),
      at.goesLeft,
      at.records[other] + begin * stride,
      at.records[other] + (end - 1) * stride,
      at.ids[side] + 4 * begin,
      firstIds + 4 * begin,
      firstIds + 4 * (end - 1),
    );
    const middle = ((leftEnd >>> 0) - firstIds) / 4;
    this.#stretch(shard, leaf, begin, middle, other);
    this.#stretch(shard, this.#argument(1), middle, end, other);
    this.#histogram(shard, this.#argument(3), this.#argument(4));
  }

  #stretch(shard: number, leaf: number, begin: number, end: number, side: 0 | 1): void {
    const place = 3 * (shard * this.#arena.shape.leaves + leaf);
    this.#arena.stretches[place] = begin;
    this.#arena.stretches[place + 1] = end;
    this.#arena.stretches[place + 2] = side;
  }

  /** Sums the shard's records of a leaf: the first shard into the histogram itself, the others into one of their own. */
  #histogram(shard: number, leaf: number, slot: number): void {
    if (slot === NONE) return;
    const { at, shape, stride, stretches, numbers, memory, allowed } = this.#arena;
    const place = 3 * (shard * shape.leaves + leaf);
    const records = at.records[stretches[place + 2] as 0 | 1];
    const end = records + stretches[place + 1]! * stride;
    const histogram = shard === 0 ? this.#arena.slot(slot) : this.#arena.partial(shard);
    new Float64Array(memory.buffer, histogram, shape.histogram).fill(0);
    const step = Math.max(1, Math.floor(RECORD_BLOCK / stride)) * stride;
    for (let first = records + stretches[place]! * stride; first < end; first += step) {
      const last = Math.min(end, first + step);
      for (let group = 0; group < shape.width; group += 8) {
        if (!anyOf(allowed, group)) continue;
        this.#kernels.histogram(
          first,
          last,
          stride,
          8 + group,
          histogram,
          at.bases + 4 * group,
          numbers[NUMBER.gradientUnit]!,
          numbers[NUMBER.hessianUnit]!,
        );
      }
    }
  }

  /** Arguments: the slot of a histogram that all shards have just summed, and whether its leaf may be split. */
  #searchLeaf(only: number | undefined): void {
    const slot = this.#argument(0);
    this.#complete(slot, NONE, only);
    this.#find(0, this.#argument(1) === 1 ? slot : NONE, this.#arena.numbers[NUMBER.first]!, only);
  }

  /**
   * The second half of a split, where its sixth argument is the slot of the parent's histogram: completes the histogram that all shards
   * have just summed, makes that of the other child from the parent's, and searches both children.
   */
  #searchChildren(only: number | undefined): void {
    const fresh = this.#argument(4);
    const parent = this.#argument(5);
    const isLeftFresh = this.#argument(3) === this.#argument(0);
    const least = leastToSplit(this.#plan.split);
    const left = rowsOf(this.#arena, this.#argument(0));
    const right = rowsOf(this.#arena, this.#argument(1));
    if (left >= least || right >= least) this.#complete(fresh, parent, only);
    this.#find(0, left >= least ? (isLeftFresh ? fresh : parent) : NONE, left, only);
    this.#find(1, right >= least ? (isLeftFresh ? parent : fresh) : NONE, right, only);
  }

  /** The features that a thread looks at. */
  #part(only: number | undefined): readonly [from: number, to: number] {
    return only === undefined ? [0, this.#plan.features.length] : [this.#parts[only]!, this.#parts[only + 1]!];
  }

  /** Adds up the shards' parts of a histogram, and subtracts it from another one or NONE; all that for the thread's features. */
  #complete(fresh: number, parent: number, only: number | undefined): void {
    const { shape } = this.#arena;
    const [from, to] = this.#part(only);
    if (from >= to) return;
    const begin = 8 * this.#offsets[from]!;
    const end = to < this.#plan.features.length ? 8 * this.#offsets[to]! : 8 * (shape.histogram - 2);
    const sums = this.#arena.slot(fresh);
    for (let shard = 1; shard < shape.shards; shard++) {
      this.#kernels.add(sums + begin, sums + end, this.#arena.partial(shard) + begin);
    }
    if (parent === NONE) return;
    const rest = this.#arena.slot(parent);
    this.#kernels.subtract(rest + begin, rest + end, sums + begin);
  }

  /**
   * Tells the best split of the first (0) or second (1) leaf on the thread's features.
   * @param slot its histogram; NONE: it is not to be split
   */
  #find(index: 0 | 1, slot: number, rows: number, only: number | undefined): void {
    const { numbers, splits, allowed } = this.#arena;
    const split = this.#found[index];
    split.gain = 0;
    if (slot !== NONE) {
      const at = index === 0 ? NUMBER.first : NUMBER.second;
      const sums: LeafSums = { rows, gradient: numbers[at + 1]!, hessian: numbers[at + 2]!, bounds: undefined };
      if (this.#plan.directions) {
        const bounds = NUMBER.bounds + 2 * index;
        sums.bounds = { lower: numbers[bounds]!, upper: numbers[bounds + 1]! };
      }
      this.#splitter.find(this.#histograms[slot]!, sums, allowed, split, ...this.#part(only));
    }
    writeSplit(split, splits, (2 * (only ?? 0) + index) * SPLIT_NUMBERS);
  }

  /** Arguments: the output, the number of leaves. Adds the tree to the scores of every row of the shard, held-out ones included. */
  #score(shard: number): void {
    const { at, shape, ids, stretches, leafValues, rootEnds } = this.#arena;
    const output = this.#argument(0);
    const scores = at.scores + 8 * output * shape.rows;
    for (let leaf = 0; leaf < this.#argument(1); leaf++) {
      const place = 3 * (shard * shape.leaves + leaf);
      const own = at.ids[stretches[place + 2] as 0 | 1];
      this.#kernels.score(own + 4 * stretches[place]!, own + 4 * stretches[place + 1]!, scores, leafValues[leaf]!);
    }
    const { to } = shardRows(shape.rows, shard, shape.shards);
    const outside = ids[0].byteOffset + 4 * rootEnds[shard]!;
    this.#kernels.walk(outside, at.ids[0] + 4 * to, at.bins, shape.width, scores, at.nodes, at.leafValues);
    const heldOut = shardRows(shape.heldOut, shard, shape.shards);
    this.#kernels.walk(
      at.heldOutIds + 4 * heldOut.from,
      at.heldOutIds + 4 * heldOut.to,
      at.heldOutBins,
      shape.width,
      at.heldOutScores + 8 * output * shape.heldOut,
      at.nodes,
      at.leafValues,
    );
  }

  #losses(shard: number): void {
    const { shape, losses } = this.#arena;
    const { from, to } = shardRows(shape.heldOut, shard, shape.shards);
    for (let row = from; row < to; row += BLOCK_ROWS) {
      losses[row / BLOCK_ROWS] = this.loss.sum(this.#heldOut, row, Math.min(to, row + BLOCK_ROWS));
    }
  }
}

/** The rows of a leaf, in all shards. */
export function rowsOf({ stretches, shape }: Arena, leaf: number): number {
  let rows = 0;
  for (let shard = 0; shard < shape.shards; shard++) {
    const place = 3 * (shard * shape.leaves + leaf);
    rows += stretches[place + 1]! - stretches[place]!;
  }
  return rows;
}

/** Rows that a leaf must have to be split. */
export function leastToSplit({ minDataInLeaf }: SplitSettings): number {
  return 2 * Math.max(1, minDataInLeaf);
}

function anyOf(flags: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 8; at++) if (flags[at] === 1) return true;
  return false;
}
