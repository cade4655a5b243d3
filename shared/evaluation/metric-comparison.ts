import { type Better, betterOf } from '../spec/metrics.js';
import { analyticMetric, type IntervalMetric, isAnalytic } from './analytic-metrics.js';
import { type BootstrapMetric, type BootstrapOptions, pairedBootstrap } from './bootstrap.js';
import type { Interval, MetricComparison } from './comparison.js';
import { hangingChanges } from './hanging-changes.js';
import type { Pair } from './pair.js';
import { NO_EVIDENCE, normalTails, type TailTest } from './tail-test.js';

/**
 * On fewer changed decisions than these (see hangingChanges) a bootstrapped difference is not called better or worse. In a
 * simulation of equally good models on 400 rows, with 400 trials for each of 2 to 24 changed rows, 95 % intervals of
 * the precision excluded 0 in 12 % of the trials that hung on four changes, in 6 to 9 % up to nine and in 6 % from ten on;
 * those of F1, balanced accuracy and Matthews' correlation in 8, 5 to 8 and 6 %. Blocks of 4 or of 20 rows gave the same.
 */
const MIN_CHANGES = 10;

/** A metric of both models with what a test on it needs. */
export interface TestedMetric {
  readonly comparison: MetricComparison;
  /** Of the difference; absent where it has no interval. */
  readonly tails?: TailTest;
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
  const drawn = options.metrics.filter((name) => !isAnalytic(name, pair));
  const { metrics, resamples } = pairedBootstrap(pair, { ...options, metrics: drawn });
  const found = new Map<string, IntervalMetric>(
    metrics.map((metric) => [metric.name, withFewChanges(withTails(metric), pair, options)]),
  );
  return {
    metrics: options.metrics.map((name) => {
      const metric = found.get(name) ?? analyticMetric(name, pair, options);
      return testedMetric(identical ? withItself(metric) : metric, directionOf(name, pair));
    }),
    resamples,
  };
}

/** Better or worse only when the whole interval is on one side of 0. */
export function signOf(better: 'higher' | 'lower', interval: Interval): NonNullable<MetricComparison['sign']> {
  if (interval.low === 0 && interval.high === 0) return 'identical';
  if (interval.low > 0) return better === 'higher' ? 'better' : 'worse';
  if (interval.high < 0) return better === 'higher' ? 'worse' : 'better';
  return 'no evidence';
}

function withTails(metric: BootstrapMetric): IntervalMetric {
  const { standardError, ...rest } = metric;
  if (metric.difference === undefined || standardError === undefined) return rest;
  return { ...rest, tails: normalTails(metric.difference, standardError) };
}

/** A few changes, all to one side, make all resamples agree on that side: such an interval is drawn out to 0. */
function withFewChanges(metric: IntervalMetric, pair: Pair, options: BootstrapOptions): IntervalMetric {
  const { interval } = metric;
  if (!interval || !pair.champion) return metric;
  const changes = hangingChanges(metric.name, pair, options.thresholds);
  if (changes === undefined || changes === 0 || changes >= MIN_CHANGES) return metric;
  const unit = pair.blocks ? 'block' : 'row';
  const count = Math.floor(changes);
  const hung = count <= 1 ? `one ${unit}` : `${count} ${unit}s`;
  return {
    ...metric,
    interval: { low: Math.min(0, interval.low), high: Math.max(0, interval.high) },
    tails: NO_EVIDENCE,
    note: `the difference hangs on ${hung}: too few to call it (at least ${MIN_CHANGES})`,
  };
}

function withItself(metric: IntervalMetric): IntervalMetric {
  const interval = { low: 0, high: 0 };
  return {
    ...metric,
    champion: metric.candidate,
    difference: 0,
    ...(metric.candidateInterval && { interval, tails: normalTails(0, 0) }),
  };
}

/** Which way a metric is better, also where the spec says it of its own. */
function directionOf(name: string, pair: Pair): Better {
  const better = pair.candidate.custom?.get(name)?.better ?? betterOf(name);
  if (!better) throw new Error(`no metric ${name}`);
  return better;
}

function testedMetric(metric: IntervalMetric, better: Better): TestedMetric {
  const { name, candidate, candidateInterval, champion, difference, interval, tails, note } = metric;
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
    ...(tails && { tails }),
  };
}
