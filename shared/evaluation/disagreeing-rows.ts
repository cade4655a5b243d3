import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import { orderOf } from './row-order.js';
import { type Sample, takeSample } from './sample.js';

/** A row on which two models differ, by its place among the judged ones. */
export interface PickedRow {
  readonly row: number;
  readonly candidate: number;
  readonly champion: number;
  /** How much nearer to the label the candidate is than the champion: in probability, or in the target's unit. */
  readonly gain: number;
}

/**
 * The rows on which the candidate is nearer to the label than the champion by most, and those on which it is further off by most: half and
 * half, or more of one where the other has fewer. Rows without a label, and rows on which the two agree, are none.
 * @returns the largest gain first, the largest loss last
 */
export function pickDisagreeing(labels: Labels, candidate: Predictions, champion: Predictions, count: number): PickedRow[] {
  const { sample, origin } = takeSample(labels, candidate);
  const other = takeSample(labels, champion).sample;
  const gains = new Float64Array(origin.length);
  let [better, worse, missing] = [0, 0, 0];
  for (let at = 0; at < gains.length; at++) {
    const gain = answerAt(other, at).error - answerAt(sample, at).error;
    if (gain > 0) better++;
    else if (gain < 0) worse++;
    else if (Number.isNaN(gain)) missing++;
    gains[at] = -gain;
  }
  const order = orderOf([gains], gains.length);
  const fromWorse = Math.min(worse, Math.max(Math.floor(count / 2), count - better));
  const fromBetter = Math.min(better, count - fromWorse);
  const end = order.length - missing;
  return [...order.subarray(0, fromBetter), ...order.subarray(end - fromWorse, end)].map((at) => ({
    ...{ row: origin[at]!, candidate: answerAt(sample, at).answer, champion: answerAt(other, at).answer },
    gain: -gains[at]!,
  }));
}

/** The answer as it is shown, and its distance from the label. */
function answerAt(sample: Sample, at: number): { readonly answer: number; readonly error: number } {
  if (sample.task === 'regression') {
    const answer = sample.scores[at]!;
    return { answer, error: Math.abs(sample.labels[at]! - answer) };
  }
  const own = sample.scores[at * sample.classes + sample.labels[at]!]!;
  return { answer: sample.task === 'binary' ? sample.scores[at * sample.classes + 1]! : own, error: 1 - own };
}
