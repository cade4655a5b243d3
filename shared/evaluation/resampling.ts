import type { Random } from '../core/random.js';
import { type Pair, strataSizes } from './pair.js';

/** Draws bootstrap samples as multiplicities: how often each unit of a pair, a row or a block, is in the sample. */
interface Resampler {
  readonly units: number;
  /** Overwrites `weights`, one multiplicity a unit. */
  draw(random: Random, weights: Uint8Array): void;
}

/**
 * The resampling that fits the rows. Without blocks: as many rows as there are, with replacement, class by class, so
 * that every sample has the class counts of the test set (the intervals are conditional on them). With blocks:
 * as many blocks as there are, with replacement, each with all its rows; classes are then left to chance.
 *
 * A byte holds every multiplicity: that one of n units is drawn more than 255 times in n draws is impossible up to
 * n = 255 and has a chance below 1 / 256! beyond.
 */
export function resamplerOf(pair: Pair): Resampler {
  const sizes = pair.blocks ? [pair.blocks.count] : strataSizes(pair.candidate);
  return {
    units: sizes.reduce((sum, size) => sum + size, 0),
    draw(random, weights) {
      weights.fill(0);
      let start = 0;
      for (const size of sizes) {
        random.tally(weights, start, size, size);
        start += size;
      }
    },
  };
}
