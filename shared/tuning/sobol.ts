import { Random } from '../core/random.js';
import { trialRandom } from './random.js';
import type { Sampler } from './sampler.js';
import { paramsAt } from './space.js';

const STREAM = 0x736f;
const BITS = 32;

/**
 * Primitive polynomials over GF(2), as the bits of their coefficients, with the first direction numbers, a dimension.
 * Source: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008), the
 * table new-joe-kuo-6.21201.
 */
const TABLE: readonly (readonly [polynomial: number, first: readonly number[]])[] = [
  [3, [1]],
  [7, [1, 3]],
  [11, [1, 3, 1]],
  [13, [1, 1, 1]],
  [19, [1, 1, 3, 3]],
  [25, [1, 3, 5, 13]],
  [37, [1, 1, 5, 5, 17]],
  [41, [1, 1, 5, 5, 5]],
  [47, [1, 1, 7, 11, 19]],
  [55, [1, 1, 5, 1, 1]],
  [59, [1, 1, 1, 3, 11]],
  [61, [1, 3, 5, 5, 31]],
  [67, [1, 3, 3, 9, 7, 49]],
  [91, [1, 1, 1, 15, 21, 21]],
  [97, [1, 3, 1, 13, 27, 49]],
  [103, [1, 1, 1, 15, 7, 5]],
  [109, [1, 3, 1, 15, 13, 25]],
  [115, [1, 1, 5, 5, 19, 61]],
  [131, [1, 3, 7, 11, 23, 15, 103]],
  [137, [1, 3, 7, 13, 13, 15, 69]],
  [143, [1, 1, 3, 13, 7, 35, 63]],
];

/** Dimensions that the sequence has; more than any built-in trainer has parameters. */
export const SOBOL_DIMENSIONS = TABLE.length + 1;

/** The direction numbers of a dimension (from 0), as 32-bit fractions: number k is the change of bit k of the index. */
export function directionNumbers(dimension: number): Uint32Array {
  const numbers = new Uint32Array(BITS);
  if (dimension === 0) return numbers.map((_, bit) => (2 ** (BITS - 1 - bit)) >>> 0);
  const [polynomial, first] = TABLE[dimension - 1]!;
  const degree = first.length;
  for (let bit = 0; bit < BITS; bit++) {
    if (bit < degree) {
      numbers[bit] = (first[bit]! << (BITS - 1 - bit)) >>> 0;
      continue;
    }
    let value = numbers[bit - degree]! ^ (numbers[bit - degree]! >>> degree);
    for (let back = 1; back < degree; back++) {
      if ((polynomial >>> (degree - back)) & 1) value ^= numbers[bit - back]!;
    }
    numbers[bit] = value >>> 0;
  }
  return numbers;
}

/**
 * The coordinate of a point of the sequence, in Gray-code order, as a 32-bit fraction.
 * @param index from 0
 */
export function sobolPoint(numbers: Uint32Array, index: number): number {
  let value = 0;
  for (let gray = (index ^ (index >>> 1)) >>> 0, bit = 0; gray !== 0; gray >>>= 1, bit++) if (gray & 1) value ^= numbers[bit]!;
  return value >>> 0;
}

/**
 * Direction numbers times a random lower triangular matrix, and a random shift: the points stay as even as they were,
 * and no seed has those of another. Source: J. Matoušek, "On the L2-discrepancy for anchored boxes" (1998).
 */
function scrambled(dimension: number, seed: number): { readonly numbers: Uint32Array; readonly shift: number } {
  const random = new Random(seed, STREAM + 1 + dimension);
  const rows = new Uint32Array(BITS);
  for (let row = 0; row < BITS; row++) {
    const diagonal = (2 ** (BITS - 1 - row)) >>> 0;
    // The bits above the diagonal's, which are more significant, are random.
    const above = row === 0 ? 0 : (random.uint32() & ~((2 ** (BITS - row) - 1) >>> 0)) >>> 0;
    rows[row] = (diagonal | above) >>> 0;
  }
  const numbers = directionNumbers(dimension).map((number) => {
    let product = 0;
    for (let row = 0; row < BITS; row++) if (parity(number & rows[row]!)) product |= 2 ** (BITS - 1 - row);
    return product >>> 0;
  });
  return { numbers, shift: random.uint32() };
}

function parity(value: number): number {
  let bits = value ^ (value >>> 16);
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  bits ^= bits >>> 2;
  return (bits ^ (bits >>> 1)) & 1;
}

/** The position in [0, 1) of a trial (from 1) along a dimension of the scrambled sequence. */
function sobolPosition(dimension: number, seed: number, number: number): number {
  const { numbers, shift } = scrambled(dimension, seed);
  return ((sobolPoint(numbers, number - 1) ^ shift) >>> 0) / 2 ** BITS;
}

/**
 * A scrambled Sobol sequence: more even than chance, whatever the number of trials, best at powers of two. A point that
 * has been tried already (a small space) is replaced by a random one.
 */
export const sobol: Sampler = {
  propose({ space, seed }, number, attempt) {
    const source = trialRandom(seed, STREAM, number, attempt);
    const chance = space.map(() => source.uniform());
    return paramsAt(space, (_, index) =>
      attempt === 0 && index < SOBOL_DIMENSIONS ? sobolPosition(index, seed, number) : chance[index]!,
    );
  },
};
