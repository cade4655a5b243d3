import { formatCount } from '../core/format.js';
import type { Progress } from '../core/progress.js';
import { Random } from '../core/random.js';
import { METRICS, type MetricName } from '../spec/metrics.js';
import type { Interval } from './comparison.js';
import { type PreparedMetrics, prepareMetrics } from './metrics.js';
import type { Pair } from './pair.js';
import { resamplerOf } from './resampling.js';
import { classCounts, unscoredRows } from './sample.js';
import { normalCdf, normalQuantile, quantileOfSorted, studentQuantile } from './statistics.js';

/** Below so many rows, blocks, or rows of a class, percentile intervals promise more than they keep. */
const MIN_ROWS = 30;
const MIN_BLOCKS = 10;
const MIN_CLASS_ROWS = 5;

/**
 * Row visits that one bootstrap may cost (some seconds); beyond that there are fewer resamples, but never fewer than
 * FEWEST, where the noise of a 95 % bound is about an eighth of the standard error.
 */
const WORK_LIMIT = 4e9;
const FEWEST = 400;

/** An interval needs this share of the resamples to give a number. */
const MIN_DEFINED = 0.95;

/** Metrics that weigh each class by itself, so that the smallest class decides how much an interval is worth. */
const BY_CLASS: readonly MetricName[] = [
  'auc',
  'pr_auc',
  'balanced_accuracy',
  'precision',
  'recall',
  'f1',
  'precision_macro',
  'recall_macro',
  'f1_macro',
  'mcc',
];

export interface BootstrapOptions {
  readonly metrics: readonly MetricName[];
  /** Requested resamples; BootstrapResult says how many were drawn. */
  readonly resamples: number;
  /** Of the intervals, such as 0.95. */
  readonly confidence: number;
  readonly seed: number;
  /** Separates uses of one seed. */
  readonly stream?: number;
  /** Positive from this probability on (binary); default 0.5. */
  readonly thresholds?: { readonly candidate?: number | undefined; readonly champion?: number | undefined };
  readonly progress?: Progress;
}

export interface BootstrapResult {
  readonly rows: number;
  readonly resamples: number;
  readonly metrics: readonly BootstrapMetric[];
}

/** Point values are of the rows themselves; NaN where undefined. */
export interface BootstrapMetric {
  readonly name: MetricName;
  readonly candidate: number;
  readonly candidateInterval?: Interval;
  readonly champion?: number;
  /** candidate − champion, with its interval and its standard error over the resamples, widened as the interval is. */
  readonly difference?: number;
  readonly interval?: Interval;
  readonly standardError?: number;
  /** Why there are no intervals. */
  readonly note?: string;
}

/**
 * Paired bootstrap with expanded percentile intervals (Efron and Tibshirani 1993; Hesterberg 2015, whose expansion corrects
 * the narrowness of percentile intervals on few rows): each resample of the rows is given to both models
 * and to all metrics, so what is common to the models cancels in their differences. Metrics are computed from
 * the rows' multiplicities, never from copied rows. Deterministic by seed and independent of the order of the rows.
 */
export function pairedBootstrap(pair: Pair, options: BootstrapOptions): BootstrapResult {
  const { metrics } = options;
  const models = prepareModels(metrics, pair, options);
  const points = models.map((model) => pointValues(model, pair.rows));
  const notes = metrics.map((name) => noteWithoutInterval(name, pair));
  const drawn = metrics.filter((_, index) => notes[index] === undefined);
  const drawnModels = drawn.length === metrics.length ? models : prepareModels(drawn, pair, options);
  const draws = drawn.length > 0 ? drawAll(pair, drawnModels, options) : { resamples: 0, values: [] };
  return {
    rows: pair.rows,
    resamples: draws.resamples,
    metrics: metrics.map((name, index): BootstrapMetric => {
      const [candidate, champion] = points.map((values) => values[index]!);
      const point = {
        name,
        candidate: candidate!,
        ...(champion !== undefined && { champion, difference: candidate! - champion }),
      };
      const note = notes[index];
      if (note !== undefined) return { ...point, note };
      const [own, other] = draws.values.map((model) => model[drawn.indexOf(name)]!);
      return { ...point, ...intervalsOf(own!, other, options.confidence, expansionOf(name, pair, options.confidence)) };
    }),
  };
}

function prepareModels(metrics: readonly MetricName[], pair: Pair, { thresholds }: BootstrapOptions): PreparedMetrics[] {
  return [
    prepareMetrics(metrics, pair.candidate, thresholds?.candidate),
    ...(pair.champion ? [prepareMetrics(metrics, pair.champion, thresholds?.champion)] : []),
  ];
}

/** Draws the resamples: `values[model][metric][resample]`. */
function drawAll(
  pair: Pair,
  models: readonly PreparedMetrics[],
  options: BootstrapOptions,
): { resamples: number; values: Float64Array[][] } {
  const { seed, stream, progress } = options;
  const visits = pair.rows * models.reduce((sum, model) => sum + model.passes, 1);
  const resamples = Math.min(options.resamples, Math.max(FEWEST, Math.floor(WORK_LIMIT / Math.max(1, visits))));
  const values = models.map(({ names }) => names.map(() => new Float64Array(resamples)));
  const resampler = resamplerOf(pair);
  const random = new Random(seed, stream);
  const weights = new Float64Array(pair.rows);
  const out = new Float64Array(models[0]!.names.length);
  let reported = Date.now();
  for (let resample = 0; resample < resamples; resample++) {
    resampler.draw(random, weights);
    for (const [model, prepared] of models.entries()) {
      prepared.evaluate(weights, out);
      for (let metric = 0; metric < out.length; metric++) values[model]![metric]![resample] = out[metric]!;
    }
    if (progress && Date.now() - reported >= 1000) {
      reported = Date.now();
      progress(
        `intervals: ${formatCount(resample + 1)} of ${formatCount(resamples)} resamples of ${formatCount(pair.rows)} rows`,
      );
    }
  }
  return { resamples, values };
}

function pointValues(model: PreparedMetrics, rows: number): Float64Array {
  const out = new Float64Array(model.names.length);
  model.evaluate(new Float64Array(rows).fill(1), out);
  return out;
}

/** How much wider an interval is to be than its percentiles say, as a factor of its width for normal resamples. */
function expansionOf(name: MetricName, pair: Pair, confidence: number): number {
  const units = independentUnits(name, pair);
  const half = (1 + confidence) / 2;
  return (Math.sqrt(units / (units - 1)) * studentQuantile(half, units - 1)) / normalQuantile(half);
}

/** What the precision hangs on: the rows, those of the smallest class where each class counts by itself, or the blocks. */
function independentUnits(name: MetricName, { candidate, rows, blocks }: Pair): number {
  const byClass = candidate.task !== 'regression' && BY_CLASS.includes(name);
  const units = byClass ? Math.min(...classCounts(candidate).filter((count) => count > 0)) : rows;
  return blocks ? Math.min(units, blocks.count) : units;
}

function intervalsOf(
  own: Float64Array,
  other: Float64Array | undefined,
  confidence: number,
  expansion: number,
): Partial<BootstrapMetric> {
  const tail = normalCdf(-expansion * normalQuantile((1 + confidence) / 2));
  const candidateInterval = percentileInterval(own, tail);
  const difference = other?.map((value, resample) => own[resample]! - value);
  const interval = difference && percentileInterval(difference, tail);
  if (!candidateInterval || (difference && !interval)) {
    return {
      note: `no interval: the metric is undefined in more than ${Math.round((1 - MIN_DEFINED) * 100)} % of the resamples`,
    };
  }
  return {
    candidateInterval,
    ...(interval && difference && { interval, standardError: expansion * standardDeviation(difference) }),
  };
}

/** @param tail the share of the values on each side of the interval. Undefined when too many are NaN; a few are left out. */
function percentileInterval(values: Float64Array, tail: number): Interval | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0 || sorted.length < MIN_DEFINED * values.length) return undefined;
  return { low: quantileOfSorted(sorted, tail), high: quantileOfSorted(sorted, 1 - tail) };
}

function standardDeviation(values: Float64Array): number {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    const step = value - mean;
    mean += step / count;
    squares += step * (value - mean);
  }
  return Math.sqrt(squares / Math.max(1, count - 1));
}

function noteWithoutInterval(name: MetricName, pair: Pair): string | undefined {
  const { candidate, champion, blocks } = pair;
  if (pair.rows === 0) return 'no labelled rows';
  for (const [model, sample] of Object.entries({ candidate, champion })) {
    const unscored = sample ? unscoredRows(sample) : 0;
    if (unscored > 0) return `the ${model} gives no number for ${formatCount(unscored)} of ${formatCount(pair.rows)} rows`;
  }
  if (name === 'ece') return `no valid interval exists for the ${METRICS.ece.title.toLowerCase()}, which depends on its bins`;
  if (pair.rows < MIN_ROWS) return `no interval: ${pair.rows} rows are too few (at least ${MIN_ROWS})`;
  if (blocks && blocks.count < MIN_BLOCKS) return `no interval: ${blocks.count} blocks are too few (at least ${MIN_BLOCKS})`;
  if (candidate.task === 'regression' || !BY_CLASS.includes(name)) return undefined;
  const present = classCounts(candidate).filter((count) => count > 0);
  if (present.length < 2) return 'no interval: all rows are of one class';
  const smallest = Math.min(...present);
  if (smallest >= MIN_CLASS_ROWS) return undefined;
  return `no interval: a class has ${smallest === 1 ? 'one row' : `${smallest} rows`} only (at least ${MIN_CLASS_ROWS})`;
}
