import { orderOf } from './row-order.js';
import type { ClassSample } from './sample.js';

export const POSITIVE = 2;
export const LAST_OF_TIE = 1;

/** Rows by falling score of a class: `row * 4 + POSITIVE if it is of the class + LAST_OF_TIE if the next score is lower`. */
export type Ranking = Uint32Array;

/** Several metrics of a sample and their errors go by its rankings, and sorting is most of what they cost. */
const known = new WeakMap<ClassSample, readonly Ranking[]>();

/** Of the positive class, or of each class against the rest where there are more than two. */
export function rankingsOf(sample: ClassSample): readonly Ranking[] {
  let rankings = known.get(sample);
  if (!rankings) {
    rankings =
      sample.task === 'binary'
        ? [rank(sample, 1)]
        : Array.from({ length: sample.classes }, (_, positive) => rank(sample, positive));
    known.set(sample, rankings);
  }
  return rankings;
}

export function rank(sample: ClassSample, positive: number): Ranking {
  const { rows, classes, labels } = sample;
  // Negative, so that the highest score comes first.
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) scores[row] = -sample.scores[row * classes + positive]!;
  const order = orderOf([scores], rows);
  const ranking = new Uint32Array(rows);
  for (let at = 0; at < rows; at++) {
    const row = order[at]!;
    const last = at + 1 === rows || scores[order[at + 1]!] !== scores[row];
    ranking[at] = row * 4 + (labels[row] === positive ? POSITIVE : 0) + (last ? LAST_OF_TIE : 0);
  }
  return ranking;
}

/** Walks a ranking from the highest score: at each end of a tie, the positives and negatives passed so far. */
export function walkRanking(ranking: Ranking, visit: (truePositives: number, falsePositives: number) => void): void {
  let positives = 0;
  let negatives = 0;
  for (const code of ranking) {
    if (code & POSITIVE) positives++;
    else negatives++;
    if (code & LAST_OF_TIE) visit(positives, negatives);
  }
}
