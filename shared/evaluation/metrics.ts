import { filled } from '../core/filled.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import { fitsTask, isFairness, isMetric, type MetricName } from '../spec/metrics.js';
import { fairnessStatistic } from './fairness.js';
import { probabilityStatistics } from './probability-metrics.js';
import { rankingStatistics } from './ranking-metrics.js';
import { regressionStatistics } from './regression-metrics.js';
import { type Sample, takeSample, unscoredRows } from './sample.js';
import type { Blocks, Slots, Statistic } from './statistic.js';
import { thresholdStatistic } from './threshold-metrics.js';
import { partialMeanStatistic } from './weighted-sums.js';

/** Several metrics of one model on one sample, ready to be computed for any row weights. */
export interface PreparedMetrics extends Statistic {
  readonly names: readonly string[];
}

/**
 * Sorts and transforms once what the metrics need. `evaluate` fills `out[i]` with the value of `names[i]`; all values are NaN
 * when the model gives no finite number for some row.
 * @param threshold positive from this probability on (binary); default 0.5
 * @param blocks the weights then are of blocks, and whatever is a sum is summed by block once
 */
export function prepareMetrics(names: readonly string[], sample: Sample, threshold?: number, blocks?: Blocks): PreparedMetrics {
  const isThere = (name: string): boolean =>
    isFairness(name) ? sample.groups !== undefined : (sample.custom?.has(name) ?? false);
  const unfit = names.find((name) => (isMetric(name) ? !fitsTask(name, sample.task) : !isThere(name)));
  if (unfit !== undefined) throw new Error(`the metric ${unfit} does not fit the task ${sample.task}`);
  const slots: Slots = new Map(names.map((name, slot) => [name, slot]));
  const statistics = unscoredRows(sample) > 0 ? [] : statisticsOf(sample, slots, threshold, blocks);
  return {
    names,
    visits: statistics.reduce((sum, statistic) => sum + statistic.visits, 0),
    evaluate(weights, out) {
      out.fill(Number.NaN);
      for (const statistic of statistics) statistic.evaluate(weights, out);
    },
  };
}

interface MetricOptions {
  /** Positive from this probability on (binary); default 0.5. */
  readonly threshold?: number;
  /** One non-negative number a row of `labels`. */
  readonly weights?: ArrayLike<number>;
  /** Only these rows (indices into labels and predictions; a repeated index counts again). */
  readonly rows?: ArrayLike<number>;
}

/**
 * Several metrics of one model; see computeMetric.
 * @returns a value a name, NaN where it is undefined
 */
export function computeMetrics<Name extends MetricName>(
  names: readonly Name[],
  labels: Labels,
  predictions: Predictions,
  options: MetricOptions = {},
): Record<Name, number> {
  const { sample, origin } = takeSample(labels, predictions, options.rows);
  const { weights } = options;
  const out = new Float64Array(names.length);
  prepareMetrics(names, sample, options.threshold).evaluate(
    weights ? filled(new Float64Array(origin.length), (at) => weights[origin[at]!]!) : new Uint8Array(sample.rows).fill(1),
    out,
  );
  return Object.fromEntries(names.map((name, slot) => [name, out[slot]!])) as Record<Name, number>;
}

/**
 * One metric of one model, by scikit-learn's definition (see the families' files for the corner cases).
 * Rows without a label are left out.
 * @returns NaN where the metric is undefined: no rows, a single class for `auc`, a score that is not a finite number
 */
export function computeMetric(name: MetricName, labels: Labels, predictions: Predictions, options: MetricOptions = {}): number {
  return computeMetrics([name], labels, predictions, options)[name];
}

function statisticsOf(sample: Sample, slots: Slots, threshold?: number, blocks?: Blocks): readonly Statistic[] {
  const fairness = fairnessStatistic(sample, slots, threshold, blocks);
  const custom = [...(sample.custom ?? [])].flatMap(([name, { values }]) => {
    const slot = slots.get(name);
    return slot === undefined ? [] : [partialMeanStatistic(values, slot, blocks)];
  });
  const own = fairness ? [...custom, fairness] : custom;
  if (sample.task === 'regression') return [...regressionStatistics(sample, slots, blocks), ...own];
  const decided = thresholdStatistic(sample, slots, threshold, blocks);
  return [
    ...rankingStatistics(sample, slots, blocks),
    ...probabilityStatistics(sample, slots, blocks),
    ...(decided ? [decided] : []),
    ...own,
  ];
}
