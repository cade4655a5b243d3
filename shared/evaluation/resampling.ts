import type { Random } from '../core/random.js';
import { type Pair, strataSizes } from './pair.js';

/** Draws bootstrap samples as multiplicities: how often each row of a pair is in the sample. */
interface Resampler {
  /** Overwrites `weights`, one multiplicity a row. */
  draw(random: Random, weights: Float64Array): void;
}

/**
 * The resampling that fits the rows. Without blocks: as many rows as there are, with replacement, class by class, so
 * that every sample has the class counts of the test set (the intervals are conditional on them). With blocks:
 * as many blocks as there are, with replacement, each with all its rows; classes are then left to chance.
 */
export function resamplerOf(pair: Pair): Resampler {
  return pair.blocks ? blockResampler(pair.blocks.of, pair.blocks.count) : rowResampler(strataSizes(pair.candidate));
}

function rowResampler(sizes: readonly number[]): Resampler {
  return {
    draw(random, weights) {
      weights.fill(0);
      let start = 0;
      for (const size of sizes) {
        drawWithin(random, weights, start, size);
        start += size;
      }
    },
  };
}

/** A function of its own, since the engine compiles it once for all strata: this is the hot loop of every bootstrap. */
function drawWithin(random: Random, weights: Float64Array, start: number, size: number): void {
  for (let drawn = 0; drawn < size; drawn++) weights[start + random.integer(size)]! += 1;
}

function blockResampler(blockOf: Uint32Array, count: number): Resampler {
  const multiplicities = new Float64Array(count);
  return {
    draw(random, weights) {
      multiplicities.fill(0);
      for (let drawn = 0; drawn < count; drawn++) multiplicities[random.integer(count)]!++;
      for (let row = 0; row < blockOf.length; row++) weights[row] = multiplicities[blockOf[row]!]!;
    },
  };
}
