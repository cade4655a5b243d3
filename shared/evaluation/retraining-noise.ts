import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import { isMetric } from '../spec/metrics.js';
import type { Interval, RetrainingNoise } from './comparison.js';
import { signOf, type TestedMetric } from './metric-comparison.js';
import { computeMetrics } from './metrics.js';
import { normalQuantile, studentQuantile } from './statistics.js';
import { normalTails } from './tail-test.js';

interface NoiseInput {
  readonly labels: Labels;
  /** Of trainings that differ from the candidate's by their seed alone. */
  readonly retrained: readonly Predictions[];
  readonly weights?: Float64Array | undefined;
  readonly threshold: number | undefined;
  readonly confidence: number;
}

/**
 * Lets intervals of a difference hold the chance of training as well: a recipe trained again, with another seed, gives another
 * model. The spread of a metric over k trainings on the same rows estimates it; both the candidate and the champion have it (the
 * champion's is taken to be as large), so it counts twice. Each side of the interval becomes the root of the sum of squares
 * of its own reach and of Student's t with k - 1 degrees of freedom times the spread times the root of 2 (Zou and Donner
 * 2008 join intervals of sums in this way).
 */
export function withRetrainingNoise(
  metrics: readonly TestedMetric[],
  { labels, retrained, weights, threshold, confidence }: NoiseInput,
): { readonly metrics: readonly TestedMetric[]; readonly noise: RetrainingNoise } {
  const names = metrics.map(({ comparison }) => comparison.name).filter(isMetric);
  const others = retrained.map(
    (predictions): Readonly<Record<string, number>> =>
      computeMetrics(names, labels, predictions, {
        ...(weights && { weights }),
        ...(threshold !== undefined && { threshold }),
      }),
  );
  const trainings = retrained.length + 1;
  const spreads = new Map<string, { readonly spread: number; readonly low: number; readonly high: number }>();
  for (const { comparison } of metrics) {
    const own = comparison.candidate;
    const values = [own, ...others.map((metric) => metric[comparison.name])];
    if (!values.every((value): value is number => typeof value === 'number' && Number.isFinite(value))) continue;
    spreads.set(comparison.name, {
      ...{ spread: deviationOf(values), low: Math.min(...values), high: Math.max(...values) },
    });
  }
  return {
    metrics: metrics.map((metric) => {
      const found = spreads.get(metric.comparison.name);
      return found ? widened(metric, found.spread, trainings - 1, confidence) : metric;
    }),
    noise: { trainings, metrics: [...spreads].map(([name, spread]) => ({ name, ...spread })) },
  };
}

function widened(metric: TestedMetric, spread: number, degrees: number, confidence: number): TestedMetric {
  const { comparison } = metric;
  const { difference, interval, better } = comparison;
  if (difference === undefined || !interval || !(spread > 0)) return metric;
  const half = (1 + confidence) / 2;
  const reach = studentQuantile(half, degrees) * spread * Math.SQRT2;
  const wide: Interval = {
    low: difference - Math.hypot(difference - interval.low, reach),
    high: difference + Math.hypot(interval.high - difference, reach),
  };
  return {
    comparison: { ...comparison, interval: wide, sign: signOf(better, wide) },
    tails: normalTails(difference, (wide.high - wide.low) / 2 / normalQuantile(half)),
  };
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
