import type { MetricName } from '../spec/metrics.js';

/**
 * Metrics of one family on one sample, prepared (sorted, logged, compared) once and then computed for any row
 * weights. Integer weights are multiplicities: the value is that of the sample with each row repeated so often.
 */
export interface Statistic {
  /** How often a row is visited in one call, for estimates of the work. */
  readonly passes: number;
  /**
   * @param weights one non-negative number a row of the sample
   * @param out receives each metric at its slot; NaN where it is undefined
   */
  evaluate(weights: Float64Array, out: Float64Array): void;
}

/** Where each requested metric's value goes. */
export type Slots = ReadonlyMap<MetricName, number>;
