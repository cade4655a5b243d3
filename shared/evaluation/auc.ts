import { LAST_OF_TIE, POSITIVE, type Ranking } from './ranking.js';
import { type Blocks, type Statistic, unitOf, type Weights } from './statistic.js';

/** More blocks than these are not held against each other in a table of their own. */
const MOST_TABLED_BLOCKS = 256;

/** A ranking's area under the ROC curve for any weights; NaN where a class has no weight. */
interface Area {
  readonly visits: number;
  of(weights: Weights): number;
}

/** The mean over the rankings of those areas that are defined. */
export function areaStatistic(rankings: readonly Ranking[], slot: number, blocks?: Blocks): Statistic {
  const areas = rankings.map((ranking) =>
    blocks && isTabled(blocks, ranking.length) ? tabledArea(ranking, blocks) : walkedArea(ranking, blocks),
  );
  return {
    visits: areas.reduce((sum, { visits }) => sum + visits, 0),
    evaluate(weights, out) {
      let sum = 0;
      let defined = 0;
      for (const area of areas) {
        const value = area.of(weights);
        if (Number.isNaN(value)) continue;
        sum += value;
        defined++;
      }
      out[slot] = defined > 0 ? sum / defined : Number.NaN;
    },
  };
}

/** Whether a table of all pairs of blocks is read faster than the rows are walked. */
function isTabled({ count }: Blocks, rows: number): boolean {
  return count <= MOST_TABLED_BLOCKS && count * count <= rows;
}

/**
 * Walks the rows from the highest score, the positives of a tie first: each negative then loses to all positives passed, which
 * is half a win too much for the pairs that are tied; these are walked apart, since most scores are not.
 */
function walkedArea(ranking: Ranking, blocks: Blocks | undefined): Area {
  const { codes, tied, tieEnds } = orderOf(ranking, blocks);
  const sums = new Float64Array(3);
  return {
    visits: codes.length + tied.length,
    of(weights) {
      sumWins(codes, weights, sums);
      const [wins, positives, negatives] = sums as unknown as [number, number, number];
      if (!(positives > 0 && negatives > 0)) return Number.NaN;
      return (wins - tiedPairs(tied, tieEnds, weights) / 2) / (positives * negatives);
    },
  };
}

/** Codes are `unit * 2 + (positive ? 1 : 0)`; `tied` has the rows of ties between classes, `tieEnds` where each such tie ends. */
function orderOf(
  ranking: Ranking,
  blocks: Blocks | undefined,
): { codes: Uint32Array; tied: Uint32Array; tieEnds: Uint32Array } {
  const codes = new Uint32Array(ranking.length);
  const tied: number[] = [];
  const tieEnds: number[] = [];
  let start = 0;
  for (let last = 0; last < ranking.length; last++) {
    if ((ranking[last]! & LAST_OF_TIE) === 0) continue;
    let at = start;
    for (const wanted of [POSITIVE, 0]) {
      for (let from = start; from <= last; from++) {
        const member = ranking[from]!;
        if ((member & POSITIVE) === wanted) codes[at++] = unitOf(member >>> 2, blocks) * 2 + wanted / POSITIVE;
      }
    }
    if ((codes[start]! & 1) === 1 && (codes[last]! & 1) === 0) {
      for (let from = start; from <= last; from++) tied.push(codes[from]!);
      tieEnds.push(tied.length);
    }
    start = last + 1;
  }
  return { codes, tied: Uint32Array.from(tied), tieEnds: Uint32Array.from(tieEnds) };
}

/** Free of branches, and outside closures, where the engine compiles it once: most of the time of a bootstrap over rows. */
function sumWins(codes: Uint32Array, weights: Weights, sums: Float64Array): void {
  let wins = 0;
  let positives = 0;
  let total = 0;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    const weight = weights[code >>> 1]!;
    const positive = weight * (code & 1);
    positives += positive;
    total += weight;
    wins += (weight - positive) * positives;
  }
  sums[0] = wins;
  sums[1] = positives;
  sums[2] = total - positives;
}

function tiedPairs(tied: Uint32Array, tieEnds: Uint32Array, weights: Weights): number {
  let pairs = 0;
  let at = 0;
  for (let tie = 0; tie < tieEnds.length; tie++) {
    let positives = 0;
    let total = 0;
    for (const end = tieEnds[tie]!; at < end; at++) {
      const code = tied[at]!;
      const weight = weights[code >>> 1]!;
      positives += weight * (code & 1);
      total += weight;
    }
    pairs += positives * (total - positives);
  }
  return pairs;
}

/**
 * Counts once how often the positives of each block win over the negatives of each block, ties half: the area of any weights
 * then is a quadratic form in them, and no row is visited again.
 */
function tabledArea(ranking: Ranking, { of, count }: Blocks): Area {
  const wins = new Float64Array(count * count);
  const positives = new Float64Array(count);
  const negatives = new Float64Array(count);
  const tied = new Float64Array(count);
  let start = 0;
  for (let last = 0; last < ranking.length; last++) {
    if ((ranking[last]! & LAST_OF_TIE) === 0) continue;
    let hasPositive = false;
    for (let at = start; at <= last; at++) {
      if ((ranking[at]! & POSITIVE) === 0) continue;
      tied[of[ranking[at]! >>> 2]!]!++;
      hasPositive = true;
    }
    for (let at = start; at <= last; at++) {
      if (ranking[at]! & POSITIVE) continue;
      const block = of[ranking[at]! >>> 2]!;
      negatives[block]!++;
      addWins(wins, block * count, positives, tied);
    }
    if (hasPositive) {
      for (let block = 0; block < count; block++) positives[block]! += tied[block]!;
      tied.fill(0);
    }
    start = last + 1;
  }
  return {
    visits: count * count,
    of: (weights) => quadraticArea(wins, positives, negatives, weights),
  };
}

function addWins(wins: Float64Array, start: number, positives: Float64Array, tied: Float64Array): void {
  for (let block = 0; block < positives.length; block++) wins[start + block]! += positives[block]! + tied[block]! / 2;
}

function quadraticArea(wins: Float64Array, positives: Float64Array, negatives: Float64Array, weights: Weights): number {
  const count = positives.length;
  let won = 0;
  let allPositives = 0;
  let allNegatives = 0;
  for (let block = 0; block < count; block++) {
    const weight = weights[block]!;
    allPositives += weight * positives[block]!;
    allNegatives += weight * negatives[block]!;
    if (weight === 0) continue;
    let sum = 0;
    for (let other = 0; other < count; other++) sum += weights[other]! * wins[block * count + other]!;
    won += weight * sum;
  }
  return allPositives > 0 && allNegatives > 0 ? won / (allPositives * allNegatives) : Number.NaN;
}
