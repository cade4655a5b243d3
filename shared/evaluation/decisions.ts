import type { Calibration, CalibrationBin, Comparison, Confusion } from './comparison.js';
import { LAST_OF_TIE, rankingsOf } from './ranking.js';
import { type ClassSample, predictedClasses, type Sample } from './sample.js';

/** A matrix of more classes cannot be read. */
const MOST_CLASSES = 12;
const BINS = 10;

type Thresholds = { readonly candidate?: number | undefined; readonly champion?: number | undefined };

/**
 * What both models decide and how far their probabilities can be believed, side by side: the confusion matrices of up to 12 classes, and of
 * two classes the calibration in ten groups of equally many rows. Rows count alike.
 * @param classes in the order of the scores; empty for regression
 */
export function describeDecisions(
  classes: readonly string[],
  candidate: Sample,
  champion: Sample | undefined,
  thresholds: Thresholds = {},
): Pick<Comparison, 'confusion' | 'calibration'> {
  if (candidate.task === 'regression' || candidate.rows === 0 || classes.length > MOST_CLASSES || classes.length === 0)
    return {};
  const other = champion?.task === candidate.task ? (champion as ClassSample) : undefined;
  const confusion: Confusion = {
    classes,
    candidate: matrixOf(candidate, thresholds.candidate),
    ...(other && { champion: matrixOf(other, thresholds.champion) }),
  };
  if (candidate.task !== 'binary') return { confusion };
  const calibration: Calibration = { candidate: binsOf(candidate), ...(other && { champion: binsOf(other) }) };
  return { confusion, calibration };
}

/** `[label][decision]`: how many rows. */
function matrixOf(sample: ClassSample, threshold: number | undefined): number[][] {
  const counts = Array.from({ length: sample.classes }, () => new Array<number>(sample.classes).fill(0));
  const decisions = predictedClasses(sample, threshold);
  for (let row = 0; row < sample.rows; row++) counts[sample.labels[row]!]![decisions[row]!]!++;
  return counts;
}

/** Rows of one probability are not divided, so that a model which says the same of all has one group. */
function binsOf(sample: ClassSample): CalibrationBin[] {
  const { rows, classes, labels, scores } = sample;
  const [ranking] = rankingsOf(sample);
  const bins: CalibrationBin[] = [];
  let [count, predicted, observed] = [0, 0, 0];
  // From the end, where the lowest probability stands.
  for (let at = rows - 1; at >= 0; at--) {
    const row = ranking![at]! >>> 2;
    count++;
    predicted += scores[row * classes + 1]!;
    observed += labels[row]!;
    const isFull = rows - at >= ((bins.length + 1) * rows) / BINS && at > 0 && (ranking![at - 1]! & LAST_OF_TIE) !== 0;
    if (at > 0 && !isFull) continue;
    bins.push({ rows: count, predicted: predicted / count, observed: observed / count });
    [count, predicted, observed] = [0, 0, 0];
  }
  return bins;
}
