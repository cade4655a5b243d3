import { literal } from '../sql.js';

/**
 * Bins of numbers whose edges depend on no data, so that what is counted in one place can be added to what is counted in
 * another. They are log-linear: each power of two is divided into 2^resolution bins of equal width (HDR histograms and
 * DDSketch are made the same way). A bin is the leading bits of the number itself: the exponent and the first `resolution`
 * bits of the fraction of an IEEE 754 double. So a bin of a coarser resolution is exactly some whole bins of a finer one, and
 * the relative width of a bin is at most 2^-resolution.
 *
 * The key of a bin: 0 is the number 0, k > 0 the k-th bin of the positive numbers from below, −k its mirror image. Numbers
 * nearer to 0 than 2^-1022 count as 0; the infinities have bins of their own from resolution 0 on.
 */

/** Every number that double precision tells apart in its upper word: 2^20 bins an octave. */
export const FINEST = 20;

/** All positive numbers are one bin, and all negative ones. */
export const COARSEST = -11;

/** 2^-1022, the smallest normal double. */
const SMALLEST_NORMAL = 2 ** -1022;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
double[0] = 1;
/** Which of the two words holds sign and exponent: that of 1 is not 0. */
const UPPER = words[1] !== 0 ? 1 : 0;

/** The key of a number at the finest resolution. NaN has none. */
export function finestKey(value: number): number {
  const size = Math.abs(value);
  if (size < SMALLEST_NORMAL) return 0;
  double[0] = size;
  const key = words[UPPER]! + 1;
  return value < 0 ? -key : key;
}

/** The key, at a resolution that is coarser by `steps`, of the bin that holds a bin. */
export function coarserKey(key: number, steps: number): number {
  if (key === 0 || steps === 0) return key;
  const coarser = Math.floor((Math.abs(key) - 1) / 2 ** steps) + 1;
  return key < 0 ? -coarser : coarser;
}

/** The numbers of a bin: positive ones in [low, high), negative ones in (low, high], and 0 alone. */
export function binRange(key: number, resolution: number): { readonly low: number; readonly high: number } {
  if (key === 0) return { low: 0, high: 0 };
  const width = 2 ** (FINEST - resolution);
  const first = (Math.abs(key) - 1) * width;
  const [near, far] = [sizeOf(first), sizeOf(first + width)];
  return key > 0 ? { low: near, high: far } : { low: -far, high: -near };
}

/** The smallest number whose upper word is this; infinite beyond the largest. */
function sizeOf(upperWord: number): number {
  if (upperWord >= 0x7ff0_0000) return Number.POSITIVE_INFINITY;
  words[UPPER] = upperWord;
  words[1 - UPPER] = 0;
  return double[0]!;
}

/**
 * The finest resolution at which keys fall into at most so many bins. Over more numbers it is never finer: that makes what is
 * collapsed part by part and then added the same as what is collapsed once.
 * @param keys of `resolution`, ascending
 */
export function fittingResolution(keys: ArrayLike<number>, resolution: number, most: number): number {
  for (let coarser = resolution; coarser > COARSEST; coarser--) {
    if (isWithin(keys, resolution - coarser, most)) return coarser;
  }
  return COARSEST;
}

/** Whether keys fall into at most so many bins that are coarser by `steps`. */
function isWithin(keys: ArrayLike<number>, steps: number, most: number): boolean {
  let bins = 0;
  let last = Number.NaN;
  for (let index = 0; index < keys.length && bins <= most; index++) {
    const key = coarserKey(keys[index]!, steps);
    if (key !== last) bins++;
    last = key;
  }
  return bins <= most;
}

/**
 * SQL of the key, a BIGINT, of an expression that is DOUBLE or NULL and no NaN.
 *
 * The logarithm may be off by one next to a power of two; the formula is right all the same, since the fraction then is
 * below 1 or at least 2, and carries over. Division by a power of two is exact.
 */
export function binSql(value: string, resolution: number): string {
  const size = `abs(${value})`;
  const exponent = `least(floor(log2(${size})), 1023)`;
  const fraction = `CAST(floor((${size} / pow(2, ${exponent}) - 1) * ${2 ** FINEST}) AS BIGINT)`;
  const word = `CASE WHEN isinf(${value}) THEN ${0x7ff0_0000} ELSE (CAST(${exponent} AS BIGINT) + 1023) * ${2 ** FINEST} + ${fraction} END`;
  const key = `((${word}) >> ${FINEST - resolution}) + 1`;
  return (
    `CASE WHEN ${value} IS NULL THEN NULL WHEN ${size} < ${literal(SMALLEST_NORMAL)} THEN CAST(0 AS BIGINT) ` +
    `WHEN ${value} < 0 THEN -(${key}) ELSE ${key} END`
  );
}
