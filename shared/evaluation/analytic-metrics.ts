import { filled } from '../core/filled.js';
import { binomialInterval } from './binomial.js';
import type { Interval } from './comparison.js';
import { aucInfluence, stratifiedError } from './delong.js';
import { independentUnits, noteWithoutInterval } from './interval-notes.js';
import type { Pair } from './pair.js';
import { type PairedCounts, pairedShareBelow, pairedShareInterval } from './paired-share.js';
import { type ClassSample, predictedClasses, type Sample, unscoredRows } from './sample.js';
import { normalQuantile, studentQuantile } from './statistics.js';
import { normalTails, type TailTest } from './tail-test.js';

interface AnalyticOptions {
  readonly confidence: number;
  /** Positive from this probability on (binary); default 0.5. */
  readonly thresholds?: { readonly candidate?: number | undefined; readonly champion?: number | undefined };
}

/** A metric of both models; intervals, and what tests on the difference need, where they are valid. */
export interface IntervalMetric {
  readonly name: string;
  readonly candidate: number;
  readonly candidateInterval?: Interval;
  readonly champion?: number;
  readonly difference?: number;
  readonly interval?: Interval;
  readonly tails?: TailTest;
  readonly note?: string;
}

/**
 * Whether a metric's uncertainty is known without resampling, where rows are independent of one another and count alike. The accuracy, and
 * the recall, which is the accuracy of the positive rows, are shares: resamples of few changed rows would all agree on
 * a side that chance alone has chosen, while the intervals of shares are exact. For the AUC it saves most of the time.
 */
export function isAnalytic(name: string, { candidate, blocks, weights }: Pair): boolean {
  return candidate.task !== 'regression' && !blocks && !weights && (name === 'accuracy' || name === 'recall' || name === 'auc');
}

/** The metric of a pair for which isAnalytic holds, or a note where its intervals would not be valid. */
export function analyticMetric(name: string, pair: Pair, options: AnalyticOptions): IntervalMetric {
  const { thresholds } = options;
  const candidate = pointValue(name, pair.candidate, thresholds?.candidate);
  const champion = pair.champion && pointValue(name, pair.champion, thresholds?.champion);
  const point = { name, candidate, ...(champion !== undefined && { champion, difference: candidate - champion }) };
  const note = noteWithoutInterval(name, pair, thresholds);
  if (note !== undefined) return { ...point, note };
  return { ...point, ...(name === 'auc' ? areaIntervals(pair, options) : shareIntervals(name, pair, options)) };
}

type Intervals = Pick<IntervalMetric, 'candidateInterval' | 'interval' | 'tails'>;

/** DeLong's, with Student's t for the smallest class; the candidate's by way of its log-odds, which keep it within 0 and 1. */
function areaIntervals(pair: Pair, { confidence }: AnalyticOptions): Intervals {
  const sample = pair.candidate as ClassSample;
  const width = studentQuantile((1 + confidence) / 2, independentUnits('auc', pair) - 1);
  const { auc, influence } = aucInfluence(sample);
  const candidateInterval = withinShares(auc, width * stratifiedError(influence, sample));
  if (!pair.champion) return { candidateInterval };
  const other = aucInfluence(pair.champion as ClassSample);
  const error = stratifiedError(
    influence.map((value, row) => value - other.influence[row]!),
    sample,
  );
  const difference = auc - other.auc;
  return {
    candidateInterval,
    interval: { low: difference - width * error, high: difference + width * error },
    tails: normalTails(difference, (error * width) / normalQuantile((1 + confidence) / 2)),
  };
}

function withinShares(share: number, half: number): Interval {
  const variance = share * (1 - share);
  if (!(half > 0 && variance > 0)) return { low: share, high: share };
  const at = (step: number): number => 1 / (1 + ((1 - share) / share) * Math.exp(-step / variance));
  return { low: at(-half), high: at(half) };
}

/** Mid-p intervals: of the candidate's share, and of the difference between the two (see pairedShareInterval). */
function shareIntervals(name: string, pair: Pair, { confidence, thresholds }: AnalyticOptions): Intervals {
  const tail = (1 - confidence) / 2;
  const own = rightRows(name, pair.candidate as ClassSample, thresholds?.candidate);
  const hits = own.reduce((sum, right) => sum + right, 0);
  const candidateInterval = binomialInterval(hits, own.length, tail, 0.5);
  if (!pair.champion) return { candidateInterval };
  const counts = pairedCounts(own, rightRows(name, pair.champion as ClassSample, thresholds?.champion));
  const mirrored = { rows: counts.rows, wins: counts.losses, losses: counts.wins };
  return {
    candidateInterval,
    interval: pairedShareInterval(counts, tail),
    tails: {
      below: (limit) => pairedShareBelow(counts, limit),
      above: (limit) => pairedShareBelow(mirrored, -limit),
    },
  };
}

function pointValue(name: string, sample: Sample, threshold: number | undefined): number {
  if (unscoredRows(sample) > 0) return Number.NaN;
  if (name === 'auc') return aucInfluence(sample as ClassSample).auc;
  const right = rightRows(name, sample as ClassSample, threshold);
  // As in scikit-learn, the recall without a positive row is 0.
  if (right.length === 0) return name === 'recall' ? 0 : Number.NaN;
  return right.reduce((sum, one) => sum + one, 0) / right.length;
}

/** Of each row that the metric is about, 1 where the decision is right, else 0. */
function rightRows(name: string, sample: ClassSample, threshold: number | undefined): Uint8Array {
  const { labels } = sample;
  const decisions = predictedClasses(sample, threshold);
  const right = filled(new Uint8Array(sample.rows), (row) => (decisions[row] === labels[row] ? 1 : 0));
  return name === 'recall' ? right.filter((_, row) => labels[row] === 1) : right;
}

function pairedCounts(own: Uint8Array, other: Uint8Array): PairedCounts {
  let wins = 0;
  let losses = 0;
  for (let row = 0; row < own.length; row++) {
    if (own[row]! > other[row]!) wins++;
    if (own[row]! < other[row]!) losses++;
  }
  return { rows: own.length, wins, losses };
}
