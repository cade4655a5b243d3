import { UserError } from '../../core/errors.js';
import { formatCount } from '../../core/format.js';

/** Sizes that the memory of one training depends on. */
export interface ArenaShape {
  /** Training rows. */
  readonly rows: number;
  /** Rows that are only scored, after each round: the validation part. */
  readonly heldOut: number;
  /** Bytes of bins a row: a multiple of 8. */
  readonly width: number;
  /** Trees a round. */
  readonly outputs: number;
  /** Numbers a histogram. */
  readonly histogram: number;
  /** Histograms that are kept at a time. */
  readonly slots: number;
  readonly leaves: number;
  /** Parts of the rows that can be worked on at the same time. */
  readonly shards: number;
}

/** Rows are dealt out to shards in blocks, so that sums by block do not depend on how many shards there are. */
export const BLOCK_ROWS = 4096;

/** Bytes of a node of the tree that `walk` reads. */
export const NODE_BYTES = 48;

/** 64-bit numbers in which a thread tells the best split that it found of a leaf; see split.ts. */
export const SPLIT_NUMBERS = 18;

/** Bytes that 32-bit addresses reach. */
const LARGEST = 2 ** 32;
const PAGE = 65536;

/**
 * The one memory of a training, which all threads and the kernels see: bins, records, gradients, scores, histograms and commands.
 *
 * **Why sums do not depend on their order.** Gradients are held as integers below 2^b in units of a power of two, with b chosen so that
 * rows × 2^b <= 2^53. So the sum over any rows is a whole number of units that a 64-bit float holds exactly, however many threads add it
 * in whatever order, and a histogram by subtraction is the histogram itself. 30 bits are more than the 24 of the 32-bit floats that
 * LightGBM keeps gradients in, as long as they are within 2^-6 of the largest.
 */
export class Arena {
  readonly memory: WebAssembly.Memory;
  readonly shape: ArenaShape;
  /** Bytes from one record to the next: two integers and the bins, in whole blocks of 16 bytes. */
  readonly stride: number;
  /** Addresses of regions, in bytes. */
  readonly at: Regions;
  /** Commands and the barrier; see crew.ts. */
  readonly control: Int32Array;
  readonly numbers: Float64Array;
  /** Where features begin in a histogram, in bytes; one a byte of a row. */
  readonly bases: Int32Array;
  /** 1: the tree may use the feature. */
  readonly allowed: Uint8Array;
  /** Where the rows of each shard end that the tree grows on; in ids of side 0, the others follow. */
  readonly rootEnds: Int32Array;
  readonly goesLeft: Uint8Array;
  readonly bins: Uint8Array;
  readonly heldOutBins: Uint8Array;
  readonly targets: Float64Array;
  readonly weights: Float64Array;
  readonly heldOutTargets: Float64Array;
  readonly heldOutWeights: Float64Array;
  /** By output. */
  readonly scores: readonly Float64Array[];
  readonly heldOutScores: readonly Float64Array[];
  /** By output: gradient `[2 * row]` and second derivative `[2 * row + 1]`, in units. */
  readonly gradients: readonly Int32Array[];
  /** 1: the row is in the bag. */
  readonly inside: Uint8Array;
  /** Row numbers, by side. */
  readonly ids: readonly [Int32Array, Int32Array];
  readonly heldOutIds: Int32Array;
  /** Begin, end (of ids) and side of each leaf of each shard. */
  readonly stretches: Int32Array;
  readonly leafValues: Float64Array;
  readonly nodes: Int32Array;
  /** Sums of losses by block of held-out rows. */
  readonly losses: Float64Array;
  readonly splits: Float64Array;

  /** @param memory one that another thread made; absent: a new one */
  constructor(shape: ArenaShape, memory?: WebAssembly.Memory) {
    this.shape = shape;
    this.stride = strideOf(shape.width);
    const { at, bytes } = mapOf(shape, this.stride);
    this.at = at;
    this.memory = memory ?? newMemory(bytes, shape);
    const { rows, heldOut, width, outputs, shards, leaves } = shape;
    const { buffer } = this.memory;
    const floats = (from: number, length: number): Float64Array => new Float64Array(buffer, from, length);
    const integers = (from: number, length: number): Int32Array => new Int32Array(buffer, from, length);
    const byOutput = <View>(make: (output: number) => View): View[] => Array.from({ length: outputs }, (_, k) => make(k));
    this.control = integers(at.control, 64);
    this.numbers = floats(at.numbers, 64 + 2 * shards);
    this.bases = integers(at.bases, width);
    this.allowed = new Uint8Array(buffer, at.allowed, width);
    this.rootEnds = integers(at.rootEnds, shards);
    this.goesLeft = new Uint8Array(buffer, at.goesLeft, 256);
    this.bins = new Uint8Array(buffer, at.bins, rows * width);
    this.heldOutBins = new Uint8Array(buffer, at.heldOutBins, heldOut * width);
    this.targets = floats(at.targets, rows);
    this.weights = floats(at.weights, rows);
    this.heldOutTargets = floats(at.heldOutTargets, heldOut);
    this.heldOutWeights = floats(at.heldOutWeights, heldOut);
    this.scores = byOutput((k) => floats(at.scores + 8 * k * rows, rows));
    this.heldOutScores = byOutput((k) => floats(at.heldOutScores + 8 * k * heldOut, heldOut));
    this.gradients = byOutput((k) => integers(at.gradients + 8 * k * rows, 2 * rows));
    this.inside = new Uint8Array(buffer, at.inside, rows);
    this.ids = [integers(at.ids[0], rows), integers(at.ids[1], rows)];
    this.heldOutIds = integers(at.heldOutIds, heldOut);
    this.stretches = integers(at.stretches, shards * leaves * 3);
    this.leafValues = floats(at.leafValues, leaves);
    this.nodes = integers(at.nodes, (leaves * NODE_BYTES) / 4);
    this.losses = floats(at.losses, blocksOf(heldOut));
    this.splits = floats(at.splits, shards * 2 * SPLIT_NUMBERS);
  }

  /** Address of a kept histogram. */
  slot(slot: number): number {
    return this.at.slots + 8 * slot * this.shape.histogram;
  }

  /** Address of the histogram that a shard after the first sums into. */
  partial(shard: number): number {
    return this.at.partials + 8 * (shard - 1) * this.shape.histogram;
  }

  /** A kept histogram. */
  histogram(slot: number): Float64Array {
    return new Float64Array(this.memory.buffer, this.slot(slot), this.shape.histogram);
  }
}

type Regions = ReturnType<typeof mapOf>['at'];

function strideOf(width: number): number {
  return Math.ceil((8 + width) / 16) * 16;
}

function mapOf(shape: ArenaShape, stride: number) {
  const { rows, heldOut, width, outputs, histogram, slots, leaves, shards } = shape;
  // The kernels' own scratch could stand at 0; nothing does, so that a wrong address of 0 is found early.
  let next = 64;
  const region = (bytes: number): number => {
    const from = next;
    next += Math.ceil(bytes / 64) * 64;
    return from;
  };
  const at = {
    control: region(256),
    numbers: region(8 * (64 + 2 * shards)),
    bases: region(4 * width),
    allowed: region(width),
    rootEnds: region(4 * shards),
    goesLeft: region(256),
    splits: region(8 * shards * 2 * SPLIT_NUMBERS),
    stretches: region(4 * shards * leaves * 3),
    leafValues: region(8 * leaves),
    nodes: region(leaves * NODE_BYTES),
    losses: region(8 * blocksOf(heldOut)),
    targets: region(8 * rows),
    weights: region(8 * rows),
    heldOutTargets: region(8 * heldOut),
    heldOutWeights: region(8 * heldOut),
    scores: region(8 * rows * outputs),
    heldOutScores: region(8 * heldOut * outputs),
    gradients: region(8 * rows * outputs),
    inside: region(rows),
    heldOutIds: region(4 * heldOut),
    ids: [region(4 * rows), region(4 * rows)] as const,
    bins: region(rows * width),
    heldOutBins: region(heldOut * width),
    records: [region(rows * stride), region(rows * stride)] as const,
    partials: region(8 * (shards - 1) * histogram),
    slots: region(8 * slots * histogram),
  };
  return { at, bytes: next };
}

function newMemory(bytes: number, { rows, width }: ArenaShape): WebAssembly.Memory {
  // Only made where it is said: the first number that is formatted takes some milliseconds.
  const size = (): string => `${formatCount(rows)} rows of ${width} bytes need ${(bytes / 2 ** 30).toFixed(1)} GB`;
  if (bytes > LARGEST) {
    throw new UserError(
      `gbdt: ${size()}, but the trainer can use 4 GB: train on fewer rows (data.where) or features, or use train.command`,
    );
  }
  const pages = Math.ceil(bytes / PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (error) {
    throw new UserError(`gbdt: ${size()}, and this machine does not give them: train on fewer rows or features`, {
      cause: error,
    });
  }
}

/**
 * The unit of gradients: a power of two in which no size up to `limit` has more than 30 bits, and no sum over so many rows more
 * than 52.
 */
export function unitOf(limit: number, rows: number): number {
  const bits = Math.min(30, 52 - Math.ceil(Math.log2(Math.max(1, rows))));
  // Far from where powers of two end; sizes of 0 need no unit.
  const exponent = limit > 0 ? Math.max(-900, Math.ceil(Math.log2(limit))) : 0;
  return 2 ** (exponent - bits);
}

/** How many blocks rows make. */
function blocksOf(rows: number): number {
  return Math.ceil(rows / BLOCK_ROWS);
}

/** The rows [from, to) of one of `shards` parts. */
export function shardRows(rows: number, shard: number, shards: number): { readonly from: number; readonly to: number } {
  const blocks = blocksOf(rows);
  const edge = (part: number): number => Math.min(rows, Math.floor((part * blocks) / shards) * BLOCK_ROWS);
  return { from: edge(shard), to: edge(shard + 1) };
}
