import type { SplitSettings } from './settings.js';

/** Words of a set of bins: 256 bits. */
const SET_WORDS = 8;

/**
 * The best split of a leaf that was found so far. One object a leaf is made once and written over, since a tree looks at
 * thousands of candidates.
 *
 * Numbers go left when their bin is at most `bin`, and missing ones when `missingLeft`. Categories go left when `leftSet` holds their
 * bin (the bin of missing values included).
 */
export interface Split {
  /** Loss that the split saves, less what it must save at least; not above 0: there is no split. */
  gain: number;
  /** Position among the binned features. */
  feature: number;
  categorical: boolean;
  bin: number;
  missingLeft: boolean;
  readonly leftSet: Uint32Array;
  leftGradient: number;
  leftHessian: number;
  rightGradient: number;
  rightHessian: number;
  /** The L2 penalty that both children's values take. */
  lambdaL2: number;
}

export function emptySplit(): Split {
  return {
    gain: 0,
    feature: -1,
    categorical: false,
    bin: 0,
    missingLeft: false,
    leftSet: new Uint32Array(SET_WORDS),
    leftGradient: 0,
    leftHessian: 0,
    rightGradient: 0,
    rightHessian: 0,
    lambdaL2: 0,
  };
}

/** Writes a split into shared numbers, for another thread: 10 numbers and the words of the set. */
export function writeSplit(split: Split, numbers: Float64Array, at: number): void {
  numbers[at] = split.gain;
  if (!(split.gain > 0)) return;
  numbers[at + 1] = split.feature;
  numbers[at + 2] = split.categorical ? 1 : 0;
  numbers[at + 3] = split.bin;
  numbers[at + 4] = split.missingLeft ? 1 : 0;
  numbers[at + 5] = split.leftGradient;
  numbers[at + 6] = split.leftHessian;
  numbers[at + 7] = split.rightGradient;
  numbers[at + 8] = split.rightHessian;
  numbers[at + 9] = split.lambdaL2;
  if (split.categorical) numbers.set(split.leftSet, at + 10);
}

/** Reads what writeSplit wrote. */
export function readSplit(split: Split, numbers: Float64Array, at: number): void {
  split.gain = numbers[at]!;
  if (!(split.gain > 0)) return;
  split.feature = numbers[at + 1]!;
  split.categorical = numbers[at + 2] === 1;
  split.bin = numbers[at + 3]!;
  split.missingLeft = numbers[at + 4] === 1;
  split.leftGradient = numbers[at + 5]!;
  split.leftHessian = numbers[at + 6]!;
  split.rightGradient = numbers[at + 7]!;
  split.rightHessian = numbers[at + 8]!;
  split.lambdaL2 = numbers[at + 9]!;
  if (split.categorical) for (let word = 0; word < SET_WORDS; word++) split.leftSet[word] = numbers[at + 10 + word]!;
}

/** The sums of a leaf's rows. */
export interface LeafSums {
  readonly rows: number;
  readonly gradient: number;
  readonly hessian: number;
  /** What monotone constraints leave to the values below it; absent: there are no such constraints. */
  readonly bounds?: Bounds;
}

/** The least and the largest value that a leaf may have, before the learning rate. */
export interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

export const UNBOUNDED: Bounds = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

/** Soft threshold: what L1 leaves of a sum of gradients. */
function shrink(gradient: number, lambdaL1: number): number {
  if (lambdaL1 === 0) return gradient;
  const size = Math.abs(gradient) - lambdaL1;
  return size > 0 ? Math.sign(gradient) * size : 0;
}

/** Twice the loss that a leaf's best value saves: G² / (H + λ2), with G shrunk by λ1. */
export function leafGain(gradient: number, hessian: number, lambdaL1: number, lambdaL2: number): number {
  const rest = shrink(gradient, lambdaL1);
  const curvature = hessian + lambdaL2;
  return curvature > 0 ? (rest * rest) / curvature : 0;
}

/** The value that saves most: −G / (H + λ2), with G shrunk by λ1. 0 where the rows have no weight. */
export function leafValue(gradient: number, hessian: number, lambdaL1: number, lambdaL2: number): number {
  const curvature = hessian + lambdaL2;
  return curvature > 0 ? -shrink(gradient, lambdaL1) / curvature : 0;
}

/** The value of a leaf within its bounds. */
export function boundedValue(gradient: number, hessian: number, lambdaL1: number, lambdaL2: number, bounds: Bounds): number {
  return Math.min(bounds.upper, Math.max(bounds.lower, leafValue(gradient, hessian, lambdaL1, lambdaL2)));
}

/**
 * Twice the loss that two leaves save with the best values within the bounds, as LightGBM's `basic` method has it; minus infinity where
 * their order is not that of the constraint.
 * @param direction 1: the left value is not above the right one; -1: not below it; 0: any order
 */
export function boundedGain(
  left: Omit<LeafSums, 'rows'>,
  right: Omit<LeafSums, 'rows'>,
  lambdaL1: number,
  lambdaL2: number,
  bounds: Bounds,
  direction: number,
): number {
  const leftValue = boundedValue(left.gradient, left.hessian, lambdaL1, lambdaL2, bounds);
  const rightValue = boundedValue(right.gradient, right.hessian, lambdaL1, lambdaL2, bounds);
  if (direction * (leftValue - rightValue) > 0) return Number.NEGATIVE_INFINITY;
  return gainAt(left, leftValue, lambdaL1, lambdaL2) + gainAt(right, rightValue, lambdaL1, lambdaL2);
}

/** Twice the loss that a value saves; leafGain at the best value. */
function gainAt({ gradient, hessian }: Omit<LeafSums, 'rows'>, value: number, lambdaL1: number, lambdaL2: number): number {
  return -(2 * shrink(gradient, lambdaL1) * value + (hessian + lambdaL2) * value * value);
}

/** What two halves of a leaf of equal rows can seem to gain by rounding, as a share of the leaf's own gain. */
const ROUNDING = 1e-12;

/** What a split must exceed: the leaf's own gain and the least gain that is worth a split. */
export function gainToBeat(leaf: LeafSums, settings: SplitSettings): number {
  const own = leafGain(leaf.gradient, leaf.hessian, settings.lambdaL1, settings.lambdaL2);
  return own * (1 + ROUNDING) + settings.minGainToSplit;
}
