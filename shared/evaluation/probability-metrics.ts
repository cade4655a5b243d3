import { filled } from '../core/filled.js';
import type { ClassSample } from './sample.js';
import { type Blocks, type Slots, type Statistic, unitOf } from './statistic.js';
import { type Mean, meansStatistic } from './weighted-sums.js';

/** Probabilities are kept this far from 0 and 1 in the log loss: float64's machine epsilon, as in scikit-learn. */
const CLIP = Number.EPSILON;

/** Equal-width bins of the calibration error (Guo et al. 2017). */
const ECE_BINS = 15;

/** Of how many classes the right one has to be among the likeliest. */
const TOP: Readonly<Record<string, number>> = { top_3_accuracy: 3, top_5_accuracy: 5 };

/**
 * `log_loss`, `brier`, `ece` and `top_…_accuracy` (of equally likely classes the first counts as likelier). The Brier score is the mean of (positive or not − probability)², or with more than two
 * classes the sum of these squares over the classes (0 to 2), as in scikit-learn. The calibration error is the mean,
 * weighted by rows, of |share − mean probability| over 15 bins of equal width: of the positive class's probability,
 * or with more classes of the most probable class's (the share then is that of rows where it is right).
 */
export function probabilityStatistics(sample: ClassSample, slots: Slots, blocks?: Blocks): Statistic[] {
  const means: Mean[] = [];
  const logSlot = slots.get('log_loss');
  if (logSlot !== undefined) means.push({ values: logLosses(sample), slot: logSlot });
  const brierSlot = slots.get('brier');
  if (brierSlot !== undefined) means.push({ values: squaredErrors(sample), slot: brierSlot });
  for (const [name, slot] of slots) {
    const most = TOP[name];
    if (most !== undefined) means.push({ values: amongLikeliest(sample, most), slot });
  }
  const statistics = means.length > 0 ? [meansStatistic(means, blocks)] : [];
  const eceSlot = slots.get('ece');
  if (eceSlot !== undefined) statistics.push(calibrationStatistic(sample, eceSlot, blocks));
  return statistics;
}

function logLosses({ rows, classes, labels, scores }: ClassSample): Float64Array {
  return filled(new Float64Array(rows), (row) => {
    const probability = scores[row * classes + labels[row]!]!;
    return -Math.log(Math.min(1 - CLIP, Math.max(CLIP, probability)));
  });
}

function squaredErrors(sample: ClassSample): Float64Array {
  const { rows, classes, labels, scores } = sample;
  return filled(new Float64Array(rows), (row) => {
    const label = labels[row]!;
    if (sample.task === 'binary') return (label - scores[row * classes + 1]!) ** 2;
    let sum = 0;
    for (let column = 0; column < classes; column++) {
      sum += ((label === column ? 1 : 0) - scores[row * classes + column]!) ** 2;
    }
    return sum;
  });
}

/** Of each row 1 where fewer than so many classes are likelier than the right one, else 0. */
function amongLikeliest({ rows, classes, labels, scores }: ClassSample, most: number): Float64Array {
  return filled(new Float64Array(rows), (row) => {
    const label = labels[row]!;
    const own = scores[row * classes + label]!;
    let likelier = 0;
    for (let column = 0; column < classes; column++) {
      const score = scores[row * classes + column]!;
      if (score > own || (score === own && column < label)) likelier++;
    }
    return likelier < most ? 1 : 0;
  });
}

function calibrationStatistic(sample: ClassSample, slot: number, blocks?: Blocks): Statistic {
  const { rows, classes, labels, scores } = sample;
  const bins = new Uint8Array(rows);
  // What the model claims less what happened, so that a bin's error is the sum of its rows.
  const excess = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let column = 1;
    if (sample.task === 'multiclass') {
      column = 0;
      for (let other = 1; other < classes; other++) {
        if (scores[row * classes + other]! > scores[row * classes + column]!) column = other;
      }
    }
    const claimed = scores[row * classes + column]!;
    bins[row] = Math.max(0, Math.min(ECE_BINS - 1, Math.floor(claimed * ECE_BINS)));
    excess[row] = claimed - (labels[row] === column ? 1 : 0);
  }
  const sums = new Float64Array(ECE_BINS);
  return {
    visits: rows,
    evaluate(weights, out) {
      sums.fill(0);
      let total = 0;
      for (let row = 0; row < rows; row++) {
        const weight = weights[unitOf(row, blocks)]!;
        sums[bins[row]!]! += weight * excess[row]!;
        total += weight;
      }
      let error = 0;
      for (const sum of sums) error += Math.abs(sum);
      out[slot] = total > 0 ? error / total : Number.NaN;
    },
  };
}
