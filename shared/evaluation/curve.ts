import { filled } from '../core/filled.js';
import type { Curve } from './comparison.js';
import { absoluteErrors } from './disagreement.js';
import { rankingsOf, walkRanking } from './ranking.js';
import { orderOf } from './row-order.js';
import { type ClassSample, predictedClasses, type Sample, type ValueSample } from './sample.js';
import { quantileOfSorted } from './statistics.js';

/** Points of a curve: few, since the picture is text in a comment. */
const STEPS = 40;

/** Regression curves end where this share of all errors has been passed; the tail would squeeze the rest. */
const LARGEST_ERROR_SHARE = 0.95;

/**
 * The one picture of a model, or of two on the same rows at the same x:
 * - binary: the ROC curve, linear between thresholds;
 * - more classes: the accuracy among the rows that the model is surest of, by their share (at 100 % it is the accuracy);
 * - regression: the share of rows whose absolute error is at most x.
 *
 * @returns undefined where it cannot be drawn: no rows, one class only (binary), all errors 0
 */
export function curveOf(candidate: Sample, champion?: Sample): Curve | undefined {
  if (candidate.rows === 0) return undefined;
  if (candidate.task === 'regression') return errorCurve(candidate, champion as ValueSample | undefined);
  const other = champion as ClassSample | undefined;
  return candidate.task === 'binary' ? rocCurve(candidate, other) : coverageCurve(candidate, other);
}

function rocCurve(candidate: ClassSample, champion?: ClassSample): Curve | undefined {
  const positives = candidate.labels.reduce((sum, label) => sum + label, 0);
  if (positives === 0 || positives === candidate.rows) return undefined;
  const x = grid(0);
  return {
    kind: 'roc',
    title: 'ROC',
    xLabel: 'false positive rate',
    yLabel: 'true positive rate',
    x,
    candidate: truePositiveRates(candidate, x),
    ...(champion && { champion: truePositiveRates(champion, x) }),
  };
}

function truePositiveRates(sample: ClassSample, x: readonly number[]): number[] {
  const curve: [falsePositives: number, truePositives: number][] = [[0, 0]];
  walkRanking(rankingsOf(sample)[0]!, (truePositives, falsePositives) => curve.push([falsePositives, truePositives]));
  const [negatives, positives] = curve.at(-1)!;
  let at = 0;
  return x.map((rate) => {
    const wanted = rate * negatives;
    while (at + 1 < curve.length && curve[at + 1]![0] <= wanted) at++;
    const [left, low] = curve[at]!;
    const [right, high] = curve[at + 1] ?? curve[at]!;
    const share = right > left ? (wanted - left) / (right - left) : 0;
    return round((low + (high - low) * share) / positives);
  });
}

function coverageCurve(candidate: ClassSample, champion?: ClassSample): Curve {
  const x = grid(1);
  return {
    kind: 'coverage',
    title: 'Accuracy of the surest rows',
    xLabel: 'share of rows, surest first',
    yLabel: 'accuracy',
    x,
    candidate: surestAccuracies(candidate, x),
    ...(champion && { champion: surestAccuracies(champion, x) }),
  };
}

function surestAccuracies(sample: ClassSample, x: readonly number[]): number[] {
  const { rows, classes, labels, scores } = sample;
  const decided = predictedClasses(sample);
  // Negative, so that the surest row comes first.
  const sureness = filled(new Float64Array(rows), (row) => -scores[row * classes + decided[row]!]!);
  const order = orderOf([sureness], rows);
  // Hits among the first k rows. Rows that are equally sure share their hits, so that their order does not matter.
  const hits = new Float64Array(rows + 1);
  for (let start = 0; start < rows; ) {
    let end = start;
    let right = 0;
    while (end < rows && sureness[order[end]!] === sureness[order[start]!]) {
      if (decided[order[end]!] === labels[order[end]!]) right++;
      end++;
    }
    for (let at = start; at < end; at++) hits[at + 1] = hits[start]! + (right * (at + 1 - start)) / (end - start);
    start = end;
  }
  return x.map((share) => {
    const count = Math.max(1, Math.round(share * rows));
    return round(hits[count]! / count);
  });
}

function errorCurve(candidate: ValueSample, champion?: ValueSample): Curve | undefined {
  const own = absoluteErrors(candidate).sort();
  const other = champion && absoluteErrors(champion).sort();
  const largest = Math.max(...[own, other].map((errors) => (errors ? quantileOfSorted(errors, LARGEST_ERROR_SHARE) : 0)));
  if (!(largest > 0 && Number.isFinite(largest))) return undefined;
  const x = grid(0).map((share) => Number((share * largest).toPrecision(4)));
  return {
    kind: 'residuals',
    title: 'Rows with an error of at most x',
    xLabel: 'absolute error',
    yLabel: 'share of rows',
    x,
    candidate: sharesBelow(own, x),
    ...(other && { champion: sharesBelow(other, x) }),
  };
}

function sharesBelow(sorted: Float64Array, x: readonly number[]): number[] {
  let at = 0;
  return x.map((limit) => {
    while (at < sorted.length && sorted[at]! <= limit) at++;
    return round(at / sorted.length);
  });
}

/** `first`/40 … 40/40. */
function grid(first: number): number[] {
  return Array.from({ length: STEPS + 1 - first }, (_, step) => (step + first) / STEPS);
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
