import { meanStatistic } from './probability-metrics.js';
import type { ValueSample } from './sample.js';
import type { Slots, Statistic } from './statistic.js';

/**
 * `rmse`, `mae`, `median_ae`, `mape` and `r2`, by scikit-learn's definitions: the percentage error divides by at least
 * float64's epsilon; R² of labels that are all the same is 1 when every prediction is right, else 0, and NaN below two
 * rows.
 */
export function regressionStatistics(sample: ValueSample, slots: Slots): Statistic[] {
  const { rows, labels, scores } = sample;
  const errors = Float64Array.from(labels, (label, row) => Math.abs(label - scores[row]!));
  const squares = errors.map((error) => error * error);
  const statistics: Statistic[] = [];
  for (const [name, slot] of slots) {
    if (name === 'rmse') statistics.push(meanStatistic(squares, slot, Math.sqrt));
    if (name === 'mae') statistics.push(meanStatistic(errors, slot));
    if (name === 'mape') {
      const shares = errors.map((error, row) => error / Math.max(Math.abs(labels[row]!), Number.EPSILON));
      statistics.push(meanStatistic(shares, slot));
    }
    if (name === 'median_ae') statistics.push(medianStatistic(errors, slot));
    if (name === 'r2') statistics.push(explainedStatistic(labels, squares, slot));
  }
  return rows > 0 ? statistics : [];
}

/** The weighted median; halfway between two values where exactly half of the weight lies below. */
function medianStatistic(values: Float64Array, slot: number): Statistic {
  const order = Uint32Array.from(values, (_, row) => row).sort((a, b) => values[a]! - values[b]! || a - b);
  return {
    passes: 2,
    evaluate(weights, out) {
      let total = 0;
      for (let row = 0; row < weights.length; row++) total += weights[row]!;
      if (total <= 0) {
        out[slot] = Number.NaN;
        return;
      }
      let below = 0;
      let at = 0;
      while (at < order.length && below < total / 2) below += weights[order[at++]!]!;
      const median = values[order[at - 1]!]!;
      if (below > total / 2) {
        out[slot] = median;
        return;
      }
      while (at < order.length && weights[order[at]!]! === 0) at++;
      out[slot] = at < order.length ? (median + values[order[at]!]!) / 2 : median;
    },
  };
}

function explainedStatistic(labels: Float64Array, squares: Float64Array, slot: number): Statistic {
  return {
    passes: 2,
    evaluate(weights, out) {
      let total = 0;
      let sum = 0;
      let unexplained = 0;
      let used = 0;
      let low = Number.POSITIVE_INFINITY;
      let high = Number.NEGATIVE_INFINITY;
      for (let row = 0; row < labels.length; row++) {
        const weight = weights[row]!;
        if (weight === 0) continue;
        const label = labels[row]!;
        used += weight >= 2 ? 2 : 1;
        total += weight;
        sum += weight * label;
        unexplained += weight * squares[row]!;
        if (label < low) low = label;
        if (label > high) high = label;
      }
      if (used < 2) {
        out[slot] = Number.NaN;
        return;
      }
      // Asked of the values themselves: the mean of equal numbers may be off by a rounding, and so would their spread.
      if (low === high) {
        out[slot] = unexplained === 0 ? 1 : 0;
        return;
      }
      const mean = sum / total;
      let spread = 0;
      for (let row = 0; row < labels.length; row++) spread += weights[row]! * (labels[row]! - mean) ** 2;
      out[slot] = 1 - unexplained / spread;
    },
  };
}
