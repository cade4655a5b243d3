import type { Better } from '../spec/metrics.js';
import type { MetricComparison } from './comparison.js';

/** A metric of the spec's own that a program has measured on the judged rows: one number a model. */
export interface MeasuredMetric {
  readonly name: string;
  readonly better: Better;
  /** null where the model gives no number for some rows, so that nothing was measured. */
  readonly candidate: number | null;
  /** Absent without a champion that can be run. */
  readonly champion?: number | null;
}

/**
 * The metric as a row of the table. What a program finds in all rows together cannot be drawn again without running it again for
 * every sample, so no interval is claimed, and the row says so.
 * @param withChampion whether the champion can be held against the candidate
 */
export function measuredComparison(metric: MeasuredMetric, withChampion: boolean): MetricComparison {
  const { name, better, candidate } = metric;
  const champion = withChampion ? metric.champion : undefined;
  const isDifferent = typeof candidate === 'number' && typeof champion === 'number';
  return {
    name,
    better,
    candidate,
    ...(champion !== undefined && { champion }),
    ...(isDifferent && Number.isFinite(candidate - champion) && { difference: candidate - champion }),
    note:
      candidate === null ? 'not measured: the candidate gives no number for some rows' : 'no interval: one number of a command',
  };
}
