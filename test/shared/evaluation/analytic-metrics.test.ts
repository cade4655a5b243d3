import { describe, expect, test } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import type { Predictions } from '../../../shared/data/predictions.js';
import { analyticMetric, type IntervalMetric, isAnalytic } from '../../../shared/evaluation/analytic-metrics.js';
import { pairedBootstrap } from '../../../shared/evaluation/bootstrap.js';
import { computeMetric } from '../../../shared/evaluation/metrics.js';
import { type Pair, pairSamples } from '../../../shared/evaluation/pair.js';
import { studentQuantile } from '../../../shared/evaluation/statistics.js';
import { twoSidedP } from '../../../shared/evaluation/tail-test.js';
import { binaryDuel, binaryPredictions, type Duel, permuteDuel, regressionDuel, shuffled } from './sample-data.js';

const measure = (name: 'accuracy' | 'recall' | 'auc', pair: Pair): IntervalMetric =>
  analyticMetric(name, pair, { confidence: 0.95 });

test('shares and the AUC of independent rows need no resamples', () => {
  const duel = binaryDuel(200, 3, { candidate: 0.5, champion: 0.5 });
  const pair = pairSamples(duel);
  const blocked = pairSamples({ ...duel, blocks: Int32Array.from({ length: 200 }, (_, row) => row % 20) });
  for (const name of ['accuracy', 'recall', 'auc'] as const) {
    expect(isAnalytic(name, pair)).toBe(true);
    expect(isAnalytic(name, blocked)).toBe(false);
  }
  expect(isAnalytic('f1', pair)).toBe(false);
  expect(isAnalytic('rmse', pairSamples(regressionDuel(50, 1, { candidate: 1, champion: 1 })))).toBe(false);
});

describe('auc', () => {
  test.each([
    ['continuous scores', (score: number): number => score],
    ['scores that are mostly tied', (score: number): number => Math.round(score * 6) / 6],
  ])('%s: the standard error is DeLong’s, from the definition', (_, shown) => {
    const duel = binaryDuel(150, 8, { candidate: 0.5, champion: 0.8 });
    const coarse: Duel = {
      labels: duel.labels,
      candidate: binaryPredictions(positives(duel.candidate).map(shown)),
      champion: binaryPredictions(positives(duel.champion).map(shown)),
    };
    const found = measure('auc', pairSamples(coarse));
    const labels = coarse.labels.values;
    const smallest = Math.min(labels.filter((label) => label === 1).length, labels.filter((label) => label === 0).length);
    const width = studentQuantile(0.975, smallest - 1);
    const { low, high } = found.interval!;
    expect((high - low) / 2 / width).toBeCloseTo(deLong(coarse), 12);
    expect((high + low) / 2).toBeCloseTo(found.difference!, 14);
    expect(found.candidate).toBeCloseTo(computeMetric('auc', coarse.labels, coarse.candidate), 14);
  });

  test('of more than two classes: it agrees with the bootstrap', () => {
    const random = new Random(21);
    const classes = ['a', 'b', 'c'];
    const values = Int32Array.from({ length: 600 }, () => Math.floor(3 * random.uniform() ** 1.5));
    const model = (noise: number): Predictions => {
      const scores = new Float64Array(1800);
      for (let row = 0; row < 600; row++) {
        const parts = classes.map((_, column) => Math.exp((column === values[row] ? 1 : 0) + noise * random.normal()));
        const total = parts.reduce((sum, part) => sum + part, 0);
        for (const [column, part] of parts.entries()) scores[row * 3 + column] = part / total;
      }
      return { task: 'multiclass', classes, rows: 600, scores };
    };
    const pair = pairSamples({ labels: { task: 'multiclass', classes, values }, candidate: model(0.8), champion: model(1) });
    const found = measure('auc', pair);
    const [drawn] = pairedBootstrap(pair, { metrics: ['auc'], resamples: 2000, confidence: 0.95, seed: 1 }).metrics;
    const length = ({ low, high }: { low: number; high: number }): number => high - low;
    expect(found.candidate).toBe(drawn!.candidate);
    expect(length(found.interval!) / length(drawn!.interval!)).toBeCloseTo(1, 1);
    expect(length(found.candidateInterval!) / length(drawn!.candidateInterval!)).toBeCloseTo(1, 1);
  });

  test('the candidate’s interval stays within 0 and 1', () => {
    const labels = {
      task: 'binary',
      classes: ['no', 'yes'],
      values: Int32Array.from({ length: 40 }, (_, row) => row % 2),
    } as const;
    const scores = Array.from({ length: 40 }, (_, row) => (row % 2) * 0.5 + (row === 1 ? -0.48 : 0) + row / 1000);
    const { candidate, candidateInterval } = measure('auc', pairSamples({ labels, candidate: binaryPredictions(scores) }));
    expect(candidate).toBeLessThan(1);
    expect(candidateInterval!.high).toBeLessThan(1);
    expect(candidateInterval!.low).toBeLessThan(candidate);
  });

  test('does not depend on the order of the rows, and mirrors when the models change places', () => {
    const duel = binaryDuel(300, 2, { candidate: 0.3, champion: 0.9 });
    const { tails, ...found } = measure('auc', pairSamples(duel));
    const { tails: _, ...permuted } = measure('auc', pairSamples(permuteDuel(duel, shuffled(300, 4))));
    expect(permuted).toEqual(found);
    const back = measure('auc', pairSamples({ ...duel, candidate: duel.champion, champion: duel.candidate }));
    expect(back.interval!.low).toBeCloseTo(-found.interval!.high, 14);
    expect(back.tails!.above(0.01)).toBeCloseTo(tails!.below(-0.01), 10);
  });
});

describe('accuracy and recall', () => {
  /** Rows 0 to 199 are positive; the candidate is right on `wins` positive rows where the champion is not. */
  function shares(wins: number, losses: number): Duel {
    const values = Int32Array.from({ length: 438 }, (_, row) => (row < 200 ? 1 : 0));
    const right = (row: number): number => (values[row] === 1 ? 0.8 : 0.2);
    const wrong = (row: number): number => 1 - right(row);
    const rows = [...values.keys()];
    return {
      labels: { task: 'binary', classes: ['no', 'yes'], values },
      candidate: binaryPredictions(rows.map((row) => (row >= wins && row < wins + losses ? wrong(row) : right(row)))),
      champion: binaryPredictions(rows.map((row) => (row < wins ? wrong(row) : right(row)))),
    };
  }

  test('four rows, all for the better, are no evidence; six are', () => {
    const four = measure('accuracy', pairSamples(shares(4, 0)));
    expect(four.difference).toBeCloseTo(4 / 438, 14);
    expect(four.interval!.low).toBeLessThan(0);
    expect(four.interval!.high).toBeGreaterThan(4 / 438);
    expect(twoSidedP(four.tails!)).toBeCloseTo(0.0625, 12);
    expect(measure('accuracy', pairSamples(shares(6, 0))).interval!.low).toBeGreaterThan(0);
    expect(measure('accuracy', pairSamples(shares(0, 6))).interval!.high).toBeLessThan(0);
  });

  test('the recall counts positive rows only', () => {
    const [accuracy, recall] = [measure('accuracy', pairSamples(shares(9, 2))), measure('recall', pairSamples(shares(9, 2)))];
    expect(recall.candidate).toBe(198 / 200);
    expect(recall.difference).toBeCloseTo(7 / 200, 14);
    expect(twoSidedP(recall.tails!)).toBe(twoSidedP(accuracy.tails!));
    expect(recall.interval!.low / accuracy.interval!.low).toBeCloseTo(438 / 200, 1);
  });

  test('models that decide alike everywhere are not known to be equal beyond these rows', () => {
    const { interval, candidateInterval } = measure('accuracy', pairSamples(shares(0, 0)));
    // With half of the observed count's chance: (1 − x)^438 / 2 = 0.025.
    expect(interval!.high).toBeCloseTo(1 - 0.05 ** (1 / 438), 10);
    expect(interval!.low).toBe(-interval!.high);
    expect(candidateInterval!.high).toBe(1);
    expect(candidateInterval!.low).toBeCloseTo(0.05 ** (1 / 438), 10);
  });

  test('too few rows, or a score that is no number, have a note and no interval', () => {
    const few = measure('accuracy', pairSamples(binaryDuel(20, 1, { candidate: 1, champion: 1 })));
    expect(few.note).toContain('20 rows are too few');
    expect(few.interval ?? few.candidateInterval ?? few.tails).toBeUndefined();
    const duel = shares(4, 0);
    duel.candidate.scores[1] = Number.NaN;
    expect(measure('accuracy', pairSamples(duel))).toMatchObject({
      candidate: Number.NaN,
      note: 'the candidate gives no number for 1 of 438 rows',
    });
  });
});

function positives({ scores, rows }: Predictions): number[] {
  return Array.from({ length: rows }, (_, row) => scores[row * 2 + 1]!);
}

/** DeLong, DeLong and Clarke-Pearson 1988: the placements of every row among all rows of the other class. */
function deLong({ labels, candidate, champion }: Duel): number {
  const rows = [...labels.values.keys()];
  const wins = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0);
  const placement = (model: Predictions, row: number): number => {
    const scores = positives(model);
    const others = rows.filter((other) => labels.values[other] !== labels.values[row]);
    const sum = others.reduce((total, other) => {
      return total + (labels.values[row] === 1 ? wins(scores[row]!, scores[other]!) : wins(scores[other]!, scores[row]!));
    }, 0);
    return sum / others.length;
  };
  const variance = (label: number): number => {
    const own = rows.filter((row) => labels.values[row] === label);
    const differences = own.map((row) => placement(candidate, row) - placement(champion, row));
    const mean = differences.reduce((sum, value) => sum + value, 0) / own.length;
    return differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (own.length - 1) / own.length;
  };
  return Math.sqrt(variance(0) + variance(1));
}
