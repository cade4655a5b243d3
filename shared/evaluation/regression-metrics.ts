import { filled } from '../core/filled.js';
import { absoluteErrors } from './disagreement.js';
import { orderOf } from './row-order.js';
import type { ValueSample } from './sample.js';
import { type Blocks, type Slots, type Statistic, unitOf, type Weights } from './statistic.js';
import { blockSizes, type Mean, meansStatistic, weightedSum } from './weighted-sums.js';

/**
 * `rmse`, `mae`, `median_ae`, `mape`, `r2`, `pinball_…` and `poisson_deviance`, by scikit-learn's definitions: the percentage
 * error divides by at least float64's epsilon; R² of labels that are all the same is 1 when every prediction is right, else 0,
 * and NaN below two rows; the deviance is NaN where isCount does not hold.
 */
export function regressionStatistics(sample: ValueSample, slots: Slots, blocks?: Blocks): Statistic[] {
  const { rows, labels } = sample;
  const errors = absoluteErrors(sample);
  const squares = errors.map((error) => error * error);
  const means: Mean[] = [];
  const statistics: Statistic[] = [];
  for (const [name, slot] of slots) {
    if (name === 'rmse') means.push({ values: squares, slot, finish: Math.sqrt });
    if (name === 'mae') means.push({ values: errors, slot });
    if (name === 'mape') {
      means.push({ values: percentageErrors(sample), slot });
    }
    const quantile = QUANTILES[name];
    if (quantile !== undefined) means.push({ values: pinballLosses(sample, quantile), slot });
    if (name === 'poisson_deviance') means.push({ values: poissonDeviances(sample), slot });
    if (name === 'median_ae') statistics.push(medianStatistic(errors, slot, blocks));
    if (name === 'r2') statistics.push(explainedStatistic(labels, squares, slot, blocks));
  }
  if (means.length > 0) statistics.push(meansStatistic(means, blocks));
  return rows > 0 ? statistics : [];
}

/** Of `pinball_10` and the like. */
const QUANTILES: Readonly<Record<string, number>> = { pinball_10: 0.1, pinball_50: 0.5, pinball_90: 0.9 };

/** The loss that the quantile itself has least of (Koenker and Bassett 1978). */
function pinballLosses({ labels, scores }: ValueSample, quantile: number): Float64Array {
  return filled(new Float64Array(labels.length), (row) => {
    const above = labels[row]! - scores[row]!;
    return above >= 0 ? quantile * above : (quantile - 1) * above;
  });
}

/** By row, as shares; a label of 0 counts as float64's epsilon. */
export function percentageErrors({ labels, scores }: ValueSample): Float64Array {
  return filled(
    new Float64Array(labels.length),
    (row) => Math.abs(labels[row]! - scores[row]!) / Math.max(Math.abs(labels[row]!), Number.EPSILON),
  );
}

/** Whether the Poisson deviance is defined: no label below 0, every prediction above. */
export function isCount({ labels, scores }: ValueSample): boolean {
  return labels.every((label, row) => label >= 0 && scores[row]! > 0);
}

function poissonDeviances(sample: ValueSample): Float64Array {
  const { labels, scores } = sample;
  if (!isCount(sample)) return new Float64Array(labels.length).fill(Number.NaN);
  return filled(new Float64Array(labels.length), (row) => {
    const label = labels[row]!;
    const score = scores[row]!;
    return 2 * ((label > 0 ? label * Math.log(label / score) : 0) - label + score);
  });
}

/** The weighted median; halfway between two values where exactly half of the weight lies below. */
function medianStatistic(values: Float64Array, slot: number, blocks?: Blocks): Statistic {
  const order = orderOf([values], values.length);
  const sorted = filled(new Float64Array(order.length), (at) => values[order[at]!]!);
  const units = order.map((row) => unitOf(row, blocks));
  return {
    visits: 2 * units.length,
    evaluate(weights, out) {
      let total = 0;
      for (let at = 0; at < units.length; at++) total += weights[units[at]!]!;
      if (total <= 0) {
        out[slot] = Number.NaN;
        return;
      }
      let below = 0;
      let at = 0;
      while (at < units.length && below < total / 2) below += weights[units[at++]!]!;
      const median = sorted[at - 1]!;
      if (below > total / 2) {
        out[slot] = median;
        return;
      }
      while (at < units.length && weights[units[at]!]! === 0) at++;
      out[slot] = at < units.length ? (median + sorted[at]!) / 2 : median;
    },
  };
}

/** What R² needs of each unit: rows, sum and mean of the labels, squared deviations from that mean, squared errors. */
interface Moments {
  readonly sizes: Float64Array;
  readonly sums: Float64Array;
  readonly means: Float64Array;
  readonly deviations: Float64Array;
  readonly errors: Float64Array;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
}

function momentsByRow(labels: Float64Array, errors: Float64Array): Moments {
  const sizes = new Float64Array(labels.length).fill(1);
  const deviations = new Float64Array(labels.length);
  return { sizes, sums: labels, means: labels, deviations, errors, lows: labels, highs: labels };
}

function momentsByBlock(labels: Float64Array, squares: Float64Array, blocks: Blocks): Moments {
  const { of, count } = blocks;
  const sizes = blockSizes(blocks);
  const [sums, deviations, errors] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const lows = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const highs = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < labels.length; row++) {
    const block = of[row]!;
    const label = labels[row]!;
    sums[block]! += label;
    errors[block]! += squares[row]!;
    lows[block] = Math.min(lows[block]!, label);
    highs[block] = Math.max(highs[block]!, label);
  }
  const means = sums.map((sum, block) => sum / sizes[block]!);
  for (let row = 0; row < labels.length; row++) deviations[of[row]!]! += (labels[row]! - means[of[row]!]!) ** 2;
  return { sizes, sums, means, deviations, errors, lows, highs };
}

function explainedStatistic(labels: Float64Array, squares: Float64Array, slot: number, blocks?: Blocks): Statistic {
  const moments = blocks ? momentsByBlock(labels, squares, blocks) : momentsByRow(labels, squares);
  const units = moments.sizes.length;
  return {
    visits: 4 * units,
    evaluate(weights, out) {
      out[slot] = explained(moments, weights);
    },
  };
}

function explained(moments: Moments, weights: Weights): number {
  const { sizes, sums, means, deviations, errors } = moments;
  const total = weightedSum(sizes, weights);
  if (total < 2 && rowsOf(moments, weights) < 2) return Number.NaN;
  const mean = weightedSum(sums, weights) / total;
  let spread = 0;
  for (let unit = 0; unit < sizes.length; unit++) {
    const step = means[unit]! - mean;
    spread += weights[unit]! * (deviations[unit]! + sizes[unit]! * step * step);
  }
  const unexplained = weightedSum(errors, weights);
  // Asked of the values themselves: the mean of equal numbers may be off by a rounding, and so is their spread then.
  if (spread <= 1e-20 * total * mean * mean && areEqual(moments, weights)) return unexplained === 0 ? 1 : 0;
  return 1 - unexplained / spread;
}

/** The rows that count, up to a few. */
function rowsOf({ sizes }: Moments, weights: Weights): number {
  let rows = 0;
  for (let unit = 0; unit < sizes.length; unit++) if (weights[unit]! > 0) rows += weights[unit]! >= 2 ? 2 : sizes[unit]!;
  return rows;
}

function areEqual({ lows, highs }: Moments, weights: Weights): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let unit = 0; unit < lows.length; unit++) {
    if (weights[unit] === 0) continue;
    low = Math.min(low, lows[unit]!);
    high = Math.max(high, highs[unit]!);
  }
  return low === high;
}
