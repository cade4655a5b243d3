import type { ClassSample } from './sample.js';
import type { Slots, Statistic } from './statistic.js';

/**
 * `auc` and `pr_auc`. Tied scores form one threshold, as scikit-learn has it: half a win each in the AUC, one step in the
 * average precision (the sum of recall steps times precision, no trapezoids).
 *
 * `auc` of more than two classes is the mean of one-vs-rest AUCs over the classes that have rows, other classes left
 * out; where all classes have rows it is scikit-learn's `roc_auc_score(multi_class='ovr')`. NaN with fewer than two
 * classes. `pr_auc` is NaN without a positive row.
 */
export function rankingStatistic(sample: ClassSample, slots: Slots): Statistic | undefined {
  const aucSlot = slots.get('auc');
  const precisionSlot = slots.get('pr_auc');
  if (aucSlot === undefined && precisionSlot === undefined) return undefined;
  const binary = sample.task === 'binary';
  const rankings = binary ? [rank(sample, 1)] : Array.from({ length: sample.classes }, (_, positive) => rank(sample, positive));
  const areas = new Float64Array(2);
  return {
    passes: rankings.length,
    evaluate(weights, out) {
      let sum = 0;
      let defined = 0;
      for (const ranking of rankings) {
        areasUnder(ranking, weights, areas);
        if (Number.isNaN(areas[0])) continue;
        sum += areas[0]!;
        defined++;
      }
      if (aucSlot !== undefined) out[aucSlot] = defined > 0 ? sum / defined : Number.NaN;
      if (precisionSlot !== undefined) out[precisionSlot] = areas[1]!;
    },
  };
}

const POSITIVE = 2;
const LAST_OF_TIE = 1;

/** Rows by falling score of a class: `row * 4 + POSITIVE if it is of the class + LAST_OF_TIE if the next score is lower`. */
export function rank(sample: ClassSample, positive: number): Uint32Array {
  const { rows, classes, labels } = sample;
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) scores[row] = sample.scores[row * classes + positive]!;
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  const ranking = new Uint32Array(rows);
  for (let at = 0; at < rows; at++) {
    const row = order[at]!;
    const last = at + 1 === rows || scores[order[at + 1]!] !== scores[row];
    ranking[at] = row * 4 + (labels[row] === positive ? POSITIVE : 0) + (last ? LAST_OF_TIE : 0);
  }
  return ranking;
}

/** Walks a ranking from the highest score: at each end of a tie, the positives and negatives passed so far. */
export function walkRanking(ranking: Uint32Array, visit: (truePositives: number, falsePositives: number) => void): void {
  let positives = 0;
  let negatives = 0;
  for (const code of ranking) {
    if (code & POSITIVE) positives++;
    else negatives++;
    if (code & LAST_OF_TIE) visit(positives, negatives);
  }
}

/** Free of branches that depend on the drawn weights: a wrongly predicted branch costs more than the arithmetic. */
function areasUnder(ranking: Uint32Array, weights: Float64Array, areas: Float64Array): void {
  let truePositives = 0;
  let falsePositives = 0;
  let tied = 0;
  let tiedPositives = 0;
  let area = 0;
  let precision = 0;
  for (let at = 0; at < ranking.length; at++) {
    const code = ranking[at]!;
    const weight = weights[code >>> 2]!;
    tied += weight;
    tiedPositives += weight * ((code >>> 1) & 1);
    if ((code & LAST_OF_TIE) === 0) continue;
    const tiedNegatives = tied - tiedPositives;
    area += tiedNegatives * (truePositives + tiedPositives / 2);
    truePositives += tiedPositives;
    falsePositives += tiedNegatives;
    const passed = truePositives + falsePositives;
    if (passed > 0) precision += (tiedPositives * truePositives) / passed;
    tied = 0;
    tiedPositives = 0;
  }
  areas[0] = truePositives > 0 && falsePositives > 0 ? area / (truePositives * falsePositives) : Number.NaN;
  areas[1] = truePositives > 0 ? precision / truePositives : Number.NaN;
}
