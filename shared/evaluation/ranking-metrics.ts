import { areaStatistic } from './auc.js';
import { LAST_OF_TIE, POSITIVE, type Ranking, rankingsOf } from './ranking.js';
import type { ClassSample } from './sample.js';
import { type Blocks, type Slots, type Statistic, unitOf, type Weights } from './statistic.js';

/**
 * `auc` and `pr_auc`. Tied scores form one threshold, as scikit-learn has it: half a win each in the AUC, one step in the
 * average precision (the sum of recall steps times precision, no trapezoids).
 *
 * `auc` of more than two classes is the mean of one-vs-rest AUCs over the classes that have rows, other classes left
 * out; where all classes have rows it is scikit-learn's `roc_auc_score(multi_class='ovr')`. NaN with fewer than two
 * classes. `pr_auc` is NaN without a positive row.
 */
export function rankingStatistics(sample: ClassSample, slots: Slots, blocks?: Blocks): Statistic[] {
  const aucSlot = slots.get('auc');
  const precisionSlot = slots.get('pr_auc');
  if (aucSlot === undefined && precisionSlot === undefined) return [];
  const rankings = rankingsOf(sample);
  return [
    ...(aucSlot === undefined ? [] : [areaStatistic(rankings, aucSlot, blocks)]),
    ...(precisionSlot === undefined ? [] : [precisionStatistic(rankings[0]!, precisionSlot, blocks)]),
  ];
}

function precisionStatistic(ranking: Ranking, slot: number, blocks?: Blocks): Statistic {
  const codes = stepsOf(ranking, blocks);
  return {
    visits: codes.length,
    evaluate(weights, out) {
      out[slot] = averagePrecision(codes, weights);
    },
  };
}

/**
 * The ranking with units for rows, and ends only where a tie with a positive row ends: elsewhere the recall stands
 * still. What comes after the last of them does not count.
 */
function stepsOf(ranking: Ranking, blocks: Blocks | undefined): Uint32Array {
  const codes = new Uint32Array(ranking.length);
  let length = 0;
  let hasPositive = false;
  for (const [at, code] of ranking.entries()) {
    if (code & POSITIVE) hasPositive = true;
    const ends = hasPositive && (code & LAST_OF_TIE) !== 0;
    codes[at] = unitOf(code >>> 2, blocks) * 4 + (code & POSITIVE) + (ends ? LAST_OF_TIE : 0);
    if (!ends) continue;
    length = at + 1;
    hasPositive = false;
  }
  return codes.subarray(0, length);
}

/** Free of branches that depend on the drawn weights: a wrongly predicted branch costs more than the arithmetic. */
function averagePrecision(codes: Uint32Array, weights: Weights): number {
  let truePositives = 0;
  let passed = 0;
  let tiedPositives = 0;
  let precision = 0;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    const weight = weights[code >>> 2]!;
    passed += weight;
    tiedPositives += weight * ((code >>> 1) & 1);
    if ((code & LAST_OF_TIE) === 0) continue;
    truePositives += tiedPositives;
    if (passed > 0) precision += (tiedPositives * truePositives) / passed;
    tiedPositives = 0;
  }
  return truePositives > 0 ? precision / truePositives : Number.NaN;
}
