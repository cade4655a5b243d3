import { METRICS, type MetricName } from '../spec/metrics.js';
import { type BootstrapMetric, type BootstrapOptions, pairedBootstrap } from './bootstrap.js';
import type { Interval, MetricComparison } from './comparison.js';
import type { Pair } from './pair.js';

/** A metric of both models with what a test on it needs. */
interface TestedMetric {
  readonly comparison: MetricComparison & { readonly name: MetricName };
  /** Of the difference, over the resamples; absent where there is no interval. */
  readonly standardError?: number;
}

/**
 * Every metric of the pair, with intervals of the candidate and of the difference.
 * @param identical the champion is the same model: each difference is 0 without uncertainty. The pair then has the
 *   candidate alone.
 */
export function compareMetrics(
  pair: Pair,
  identical: boolean,
  options: BootstrapOptions,
): { readonly metrics: readonly TestedMetric[]; readonly resamples: number } {
  const { metrics, resamples } = pairedBootstrap(pair, options);
  return { metrics: metrics.map((metric) => testedMetric(identical ? withItself(metric) : metric)), resamples };
}

/** Better or worse only when the whole interval is on one side of 0. */
export function signOf(better: 'higher' | 'lower', interval: Interval): NonNullable<MetricComparison['sign']> {
  if (interval.low === 0 && interval.high === 0) return 'identical';
  if (interval.low > 0) return better === 'higher' ? 'better' : 'worse';
  if (interval.high < 0) return better === 'higher' ? 'worse' : 'better';
  return 'no evidence';
}

function withItself(metric: BootstrapMetric): BootstrapMetric {
  const interval = { low: 0, high: 0 };
  return {
    ...metric,
    champion: metric.candidate,
    difference: 0,
    ...(metric.candidateInterval && { interval, standardError: 0 }),
  };
}

function testedMetric(metric: BootstrapMetric): TestedMetric {
  const { name, candidate, candidateInterval, champion, difference, interval, standardError, note } = metric;
  const { better } = METRICS[name];
  return {
    comparison: {
      name,
      better,
      candidate: Number.isFinite(candidate) ? candidate : null,
      ...(candidateInterval && { candidateInterval }),
      ...(champion !== undefined && { champion: Number.isFinite(champion) ? champion : null }),
      ...(difference !== undefined && Number.isFinite(difference) && { difference }),
      ...(interval && { interval, sign: signOf(better, interval) }),
      ...(note !== undefined && { note }),
    },
    ...(standardError !== undefined && { standardError }),
  };
}
