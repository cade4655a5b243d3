import { Random } from '../core/random.js';
import type { Sampler } from './sampler.js';
import { paramsAt } from './space.js';

/** Separates the samplers' uses of one seed. */
const STREAM = 0x7261;

/** The random source of one trial. */
export function trialRandom(seed: number, stream: number, number: number, attempt: number): Random {
  const root = new Random(seed, stream);
  return new Random((root.uint32() ^ Math.imul(number, 0x9e3779b1)) >>> 0, attempt + 1);
}

/** Every point of the space is equally likely, on the scale of each parameter. */
export const random: Sampler = {
  propose({ space, seed }, number, attempt) {
    const source = trialRandom(seed, STREAM, number, attempt);
    // Every dimension takes a number, active or not, so that a condition does not move what comes behind it.
    const positions = space.map(() => source.uniform());
    return paramsAt(space, (_, index) => positions[index]!);
  },
};
