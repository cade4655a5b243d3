import { LAST_OF_TIE, POSITIVE, type Ranking, rankingsOf } from './ranking.js';
import { type ClassSample, classCounts } from './sample.js';

/** An AUC with what each row adds to its uncertainty. */
export interface AucInfluence {
  readonly auc: number;
  /** By row; only differences between rows of one class matter. */
  readonly influence: Float64Array;
}

/** Both the value and its error are asked for. */
const known = new WeakMap<ClassSample, AucInfluence>();

/**
 * The AUC as a mean of placements: of a positive, the share of negatives that it beats; of a negative, the share of positives
 * that beat it; ties half (DeLong, DeLong and Clarke-Pearson 1988, computed from ranks as Sun and Xu 2014 do). With
 * more than two classes it is the mean over the classes that have rows, and a row's influence the sum of its placements, each
 * weighted by the share of its class among the class's rivals.
 */
export function aucInfluence(sample: ClassSample): AucInfluence {
  let found = known.get(sample);
  if (!found) {
    found = influenceOf(sample);
    known.set(sample, found);
  }
  return found;
}

function influenceOf(sample: ClassSample): AucInfluence {
  const { rows, labels } = sample;
  const counts = classCounts(sample);
  const rankings = rankingsOf(sample)
    .map((ranking, index) => ({ ranking, positive: sample.task === 'binary' ? 1 : index }))
    .filter(({ positive }) => counts[positive]! > 0 && counts[positive]! < rows);
  const influence = new Float64Array(rows);
  const placements = new Float64Array(rows);
  let sum = 0;
  for (const { ranking, positive } of rankings) {
    const positives = counts[positive]!;
    const negatives = rows - positives;
    const wins = place(ranking, positives, negatives, placements);
    sum += wins / (positives * negatives);
    for (let row = 0; row < rows; row++) {
      const label = labels[row]!;
      const share = label === positive ? 1 : counts[label]! / negatives;
      influence[row]! += (share * placements[row]!) / rankings.length;
    }
  }
  return { auc: rankings.length > 0 ? sum / rankings.length : Number.NaN, influence };
}

/** The standard error of the sum of class means, given the class counts: rows are independent, classes are strata. */
export function stratifiedError(values: Float64Array, sample: ClassSample): number {
  const counts = classCounts(sample);
  const means = new Float64Array(sample.classes);
  const { rows, labels } = sample;
  for (let row = 0; row < rows; row++) means[labels[row]!]! += values[row]! / counts[labels[row]!]!;
  const squares = new Float64Array(sample.classes);
  for (let row = 0; row < rows; row++) squares[labels[row]!]! += (values[row]! - means[labels[row]!]!) ** 2;
  const variance = squares.reduce((sum, square, label) => {
    const count = counts[label]!;
    return count > 1 ? sum + square / (count - 1) / count : sum;
  }, 0);
  return Math.sqrt(variance);
}

/** Fills the placements of all rows. @returns how many pairs of a positive and a negative are won, ties half */
function place(ranking: Ranking, positives: number, negatives: number, placements: Float64Array): number {
  let above = { positives: 0, negatives: 0 };
  let wins = 0;
  let start = 0;
  for (let last = 0; last < ranking.length; last++) {
    if ((ranking[last]! & LAST_OF_TIE) === 0) continue;
    let tied = 0;
    for (let at = start; at <= last; at++) if (ranking[at]! & POSITIVE) tied++;
    const others = last + 1 - start - tied;
    const beaten = negatives - above.negatives - others / 2;
    const beating = above.positives + tied / 2;
    for (let at = start; at <= last; at++) {
      const code = ranking[at]!;
      placements[code >>> 2] = code & POSITIVE ? beaten / negatives : beating / positives;
    }
    wins += tied * beaten;
    above = { positives: above.positives + tied, negatives: above.negatives + others };
    start = last + 1;
  }
  return wins;
}
