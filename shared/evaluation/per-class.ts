import type { ClassCounts, PerClass } from './comparison.js';
import { classCounts, predictedClasses, type Sample } from './sample.js';

/** Beyond so many classes a table of them helps nobody. */
const MOST_CLASSES = 100;

/**
 * Each class with how often both models decide for it, and how often they are right: precision and recall by class, and of two
 * classes the whole confusion matrix. Rows count alike. Empty for regression, and for very many classes.
 */
export function describeClasses(
  classes: readonly string[],
  candidate: Sample,
  champion: Sample | undefined,
  thresholds: { readonly candidate?: number | undefined; readonly champion?: number | undefined } = {},
): PerClass[] {
  if (candidate.task === 'regression' || classes.length > MOST_CLASSES || candidate.rows === 0) return [];
  const own = countsOf(candidate, thresholds.candidate);
  const other = champion && countsOf(champion, thresholds.champion);
  const rows = classCounts(candidate);
  return classes.map((name, index) => ({
    name,
    rows: rows[index]!,
    candidate: own[index]!,
    ...(other && { champion: other[index]! }),
  }));
}

function countsOf(sample: Sample, threshold: number | undefined): ClassCounts[] {
  if (sample.task === 'regression') return [];
  const counts = Array.from({ length: sample.classes }, () => ({ decided: 0, right: 0 }));
  const decisions = predictedClasses(sample, threshold);
  for (let row = 0; row < sample.rows; row++) {
    const count = counts[decisions[row]!]!;
    count.decided++;
    if (decisions[row] === sample.labels[row]) count.right++;
  }
  return counts;
}
