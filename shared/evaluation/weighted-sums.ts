import type { Blocks, Statistic, Weights } from './statistic.js';

/** The weighted mean of a number a row, or a function of it, and where it goes. */
export interface Mean {
  readonly values: Float64Array;
  readonly slot: number;
  readonly finish?: (mean: number) => number;
}

/** NaN without weight. */
export function meansStatistic(means: readonly Mean[], blocks?: Blocks): Statistic {
  const prepared = means.map((mean) => ({ ...mean, values: blocks ? sumsByBlock(mean.values, blocks) : mean.values }));
  const sizes = blocks && blockSizes(blocks);
  return {
    visits: prepared.reduce((sum, { values }) => sum + values.length, 0),
    evaluate(weights, out) {
      const total = sizes ? weightedSum(sizes, weights) : sumOf(weights);
      for (const { values, slot, finish } of prepared) {
        const mean = total > 0 ? weightedSum(values, weights) / total : Number.NaN;
        out[slot] = finish ? finish(mean) : mean;
      }
    },
  };
}

/** The weighted mean over the units that have a number; NaN where none of them has weight. */
export function partialMeanStatistic(values: Float64Array, slot: number, blocks?: Blocks): Statistic {
  const known = values.map((value) => (Number.isNaN(value) ? 0 : value));
  const counted = values.map((value) => (Number.isNaN(value) ? 0 : 1));
  const [sums, counts] = blocks ? [sumsByBlock(known, blocks), sumsByBlock(counted, blocks)] : [known, counted];
  return {
    visits: 2 * sums.length,
    evaluate(weights, out) {
      const count = weightedSum(counts, weights);
      out[slot] = count > 0 ? weightedSum(sums, weights) / count : Number.NaN;
    },
  };
}

export function blockSizes({ of, count }: Blocks): Float64Array {
  const sizes = new Float64Array(count);
  for (const block of of) sizes[block]!++;
  return sizes;
}

function sumsByBlock(values: Float64Array, { of, count }: Blocks): Float64Array {
  const sums = new Float64Array(count);
  for (let row = 0; row < values.length; row++) sums[of[row]!]! += values[row]!;
  return sums;
}

/** Four sums that do not wait for one another. Outside closures, where the engine compiles it once for all metrics. */
export function weightedSum(values: Float64Array, weights: Weights): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = values.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    first += weights[at]! * values[at]!;
    second += weights[at + 1]! * values[at + 1]!;
    third += weights[at + 2]! * values[at + 2]!;
    fourth += weights[at + 3]! * values[at + 3]!;
  }
  for (let at = whole; at < values.length; at++) first += weights[at]! * values[at]!;
  return first + second + (third + fourth);
}

function sumOf(weights: Weights): number {
  let sum = 0;
  for (let at = 0; at < weights.length; at++) sum += weights[at]!;
  return sum;
}
