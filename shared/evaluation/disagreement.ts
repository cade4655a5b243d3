import { filled } from '../core/filled.js';
import type { Disagreement } from './comparison.js';
import { mcnemarOf } from './mcnemar.js';
import { type ClassSample, predictedClasses, type Sample, type ValueSample } from './sample.js';
import { quantileOfSorted } from './statistics.js';

interface HowDecided {
  /** Probability from which on a model decides for the positive class (binary); default 0.5. */
  readonly candidate?: number | undefined;
  readonly champion?: number | undefined;
  /** Whether rows are independent of each other and count alike; only then McNemar's test has a meaning. */
  readonly independent?: boolean;
}

/**
 * The rows on which two models part. Classification: their decided classes differ. Regression: their absolute errors
 * differ by more than the champion's median absolute error.
 */
export function disagreementOf(candidate: Sample, champion: Sample, how: HowDecided = {}): Disagreement {
  if (candidate.task === 'regression' || champion.task === 'regression') {
    return regressionDisagreement(candidate as ValueSample, champion as ValueSample);
  }
  const found = decisionDisagreement(
    candidate.labels,
    predictedClasses(candidate, how.candidate),
    predictedClasses(champion, how.champion),
  );
  const mcnemar = how.independent ? mcnemarOf({ wins: found.forTheBetter, losses: found.forTheWorse }) : undefined;
  return { ...found, ...(mcnemar && { mcnemar }) };
}

function decisionDisagreement(labels: ClassSample['labels'], candidate: Int32Array, champion: Int32Array): Disagreement {
  let rows = 0;
  let forTheBetter = 0;
  let forTheWorse = 0;
  for (let row = 0; row < labels.length; row++) {
    if (candidate[row] === champion[row]) continue;
    rows++;
    if (candidate[row] === labels[row]) forTheBetter++;
    if (champion[row] === labels[row]) forTheWorse++;
  }
  return { rows, forTheBetter, forTheWorse };
}

function regressionDisagreement(candidate: ValueSample, champion: ValueSample): Disagreement {
  const errors = absoluteErrors(champion);
  const changes = absoluteErrors(candidate).map((error, row) => error - errors[row]!);
  const limit = quantileOfSorted(errors.sort(), 0.5);
  const forTheBetter = changes.filter((change) => change < -limit).length;
  const forTheWorse = changes.filter((change) => change > limit).length;
  return { rows: forTheBetter + forTheWorse, forTheBetter, forTheWorse };
}

export function absoluteErrors(sample: ValueSample): Float64Array {
  return filled(new Float64Array(sample.rows), (row) => Math.abs(sample.labels[row]! - sample.scores[row]!));
}
