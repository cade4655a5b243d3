import { areaStatistic } from './auc.js';
import { LAST_OF_TIE, POSITIVE, type Ranking, rankingsOf } from './ranking.js';
import type { ClassSample } from './sample.js';
import { type Blocks, type Slots, type Statistic, unitOf, type Weights } from './statistic.js';
import { blockSizes, weightedSum } from './weighted-sums.js';

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
    ...(precisionSlot === undefined ? [] : [precisionOf(rankings[0]!, precisionSlot, blocks)]),
  ];
}

/** From so many rows and positive rows on, the average precision of drawn blocks is taken from its derivative. */
const MANY_ROWS = 50_000;
const MANY_POSITIVES = 1000;

function precisionOf(ranking: Ranking, slot: number, blocks: Blocks | undefined): Statistic {
  const isLarge = blocks && ranking.length >= MANY_ROWS && positivesOf(ranking) >= MANY_POSITIVES;
  return isLarge ? linearPrecision(ranking, slot, blocks) : precisionStatistic(ranking, slot, blocks);
}

function positivesOf(ranking: Ranking): number {
  let positives = 0;
  for (const code of ranking) positives += (code & POSITIVE) / POSITIVE;
  return positives;
}

/**
 * The value itself for equal weights; for others the value plus its derivative by the weights (the infinitesimal jackknife, Efron
 * 1982), summed by block once, so that no row is visited again. With P positive rows, of which the i-th stands at a threshold with
 * T true positives among N rows, the average precision is the mean of T / N over them; a row's weight adds to the T and N
 * of all thresholds at or below its score, and a positive row is a term of the mean as well.
 */
function linearPrecision(ranking: Ranking, slot: number, blocks: Blocks): Statistic {
  const positives = positivesOf(ranking);
  const slopes = new Float64Array(blocks.count);
  const sizes = blockSizes(blocks);
  // Walked from the highest score for T and N of each tie, then from the lowest for the sums over what lies below.
  const ties: { start: number; end: number; truePositives: number }[] = [];
  let start = 0;
  let passed = 0;
  for (let at = 0; at < ranking.length; at++) {
    if (ranking[at]! & POSITIVE) passed++;
    if ((ranking[at]! & LAST_OF_TIE) === 0) continue;
    ties.push({ start, end: at + 1, truePositives: passed });
    start = at + 1;
  }
  let value = 0;
  let ofPositive = 0;
  let ofNegative = 0;
  for (let tie = ties.length - 1; tie >= 0; tie--) {
    const { start: first, end, truePositives } = ties[tie]!;
    const own = truePositives - (ties[tie - 1]?.truePositives ?? 0);
    value += (own * truePositives) / end;
    ofPositive += (own * (end - truePositives)) / (end * end);
    ofNegative -= (own * truePositives) / (end * end);
    for (let at = first; at < end; at++) {
      const code = ranking[at]!;
      slopes[blocks.of[code >>> 2]!]! += code & POSITIVE ? ofPositive + truePositives / end : ofNegative;
    }
  }
  value /= positives;
  for (const code of ranking) if (code & POSITIVE) slopes[blocks.of[code >>> 2]!]! -= value;
  for (let block = 0; block < slopes.length; block++) slopes[block]! /= positives;
  return {
    visits: 2 * blocks.count,
    evaluate(weights, out) {
      const rows = weightedSum(sizes, weights);
      out[slot] = rows > 0 ? value + (weightedSum(slopes, weights) * ranking.length) / rows : Number.NaN;
    },
  };
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
  for (let at = 0; at < ranking.length; at++) {
    const code = ranking[at]!;
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
