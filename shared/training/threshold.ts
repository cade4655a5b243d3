import { addUp, decisionFormula, emptyConfusion } from '../evaluation/threshold-metrics.js';
import type { ThresholdMetric } from '../spec/threshold-metrics.js';
import type { ScoredRows } from './calibration-rows.js';

/** The probability from which on a row counts as positive. */
export interface Threshold {
  readonly metric: ThresholdMetric;
  /** A 32-bit float between two probabilities that occur, so that rounding moves no row across. */
  readonly value: number;
  /** The metric at the threshold, on the rows that chose it: too good for a forecast. */
  readonly reached: number;
  readonly rows: number;
}

/**
 * The threshold with the best metric on rows that neither trained nor stopped the model; all cuts between two probabilities are
 * tried. Of equals the one nearest to 0.5. Where all rows have the same probability: 0.5.
 */
export function chooseThreshold(metric: ThresholdMetric, { labels, predictions }: ScoredRows): Threshold {
  const rows = labels.values.length;
  const formula = decisionFormula(metric)!;
  const confusion = emptyConfusion(2);
  const order = Uint32Array.from(labels.values, (_, row) => row);
  const scores = Float64Array.from(order, (row) => Math.fround(predictions.scores[2 * row + 1]!));
  order.sort((a, b) => scores[b]! - scores[a]!);
  // Above the first cut nothing is positive; each row then moves from "no" to "yes".
  for (const row of order) confusion.cells[labels.values[row]! * 2]!++;
  let best: { readonly value: number; readonly reached: number } | undefined;
  order.forEach((row, place) => {
    const label = labels.values[row]!;
    confusion.cells[label * 2]!--;
    confusion.cells[label * 2 + 1]!++;
    const next = order[place + 1];
    if (next === undefined || scores[next] === scores[row]) return;
    addUp(confusion);
    const reached = formula(confusion);
    const value = cutBetween(scores[next]!, scores[row]!);
    const nearer = best !== undefined && reached === best.reached && Math.abs(value - 0.5) < Math.abs(best.value - 0.5);
    if (best === undefined || reached > best.reached || nearer) best = { value, reached };
  });
  if (best) return { metric, ...best, rows };
  addUp(confusion);
  return { metric, value: 0.5, reached: formula(confusion), rows };
}

/** A 32-bit float above `low` and not above `high`; 0.5 itself where it is between them. */
function cutBetween(low: number, high: number): number {
  if (low < 0.5 && high >= 0.5) return 0.5;
  const middle = Math.fround((low + high) / 2);
  return middle > low && middle <= high ? middle : high;
}
