import { describe, expect, test } from 'vitest';
import { Random } from '../../../shared/core/random.js';
import { pairedBootstrap } from '../../../shared/evaluation/bootstrap.js';
import { hangingChanges } from '../../../shared/evaluation/hanging-changes.js';
import { type JudgeInput, judge } from '../../../shared/evaluation/judge.js';
import { compareMetrics } from '../../../shared/evaluation/metric-comparison.js';
import { type Pair, pairSamples } from '../../../shared/evaluation/pair.js';
import { parseGate } from '../../../shared/spec/gates.js';
import { binaryPredictions, type Duel } from './sample-data.js';

const ROWS = 400;
/** Beyond those of which each group is left out in turn, so that t does not widen the intervals. */
const MANY_ROWS = 50_000;

/** Two models that decide alike but on some rows, chosen at random, where each is as likely as the other to be the one that errs. */
function equallyGood(changes: number, seed: number, rows = ROWS): Duel {
  const random = new Random(seed, 5);
  const values = Int32Array.from({ length: rows }, () => (random.uniform() < 0.3 ? 1 : 0));
  const own = values.map((label) => (random.uniform() < 0.8 ? label : 1 - label));
  const other = own.slice();
  const changed = new Set<number>();
  while (changed.size < changes) changed.add(random.integer(rows));
  for (const row of changed) {
    const side = random.uniform() < 0.5 ? own : other;
    side[row] = 1 - side[row]!;
  }
  return duelOf(values, own, other);
}

function duelOf(values: Int32Array, own: ArrayLike<number>, other: ArrayLike<number>): Duel {
  const scores = (decisions: ArrayLike<number>): number[] => Array.from(decisions, (decision) => (decision === 1 ? 0.7 : 0.3));
  return {
    labels: { task: 'binary', classes: ['no', 'yes'], values },
    candidate: binaryPredictions(scores(own)),
    champion: binaryPredictions(scores(other)),
  };
}

/** The candidate is always right; the champion is wrong on the first rows, which are positive. */
function onlyWins(wins: number, rows = ROWS): Duel {
  const values = Int32Array.from({ length: rows }, (_, row) => (row < 200 ? 1 : 0));
  return duelOf(
    values,
    values,
    values.map((label, row) => (row < wins ? 1 - label : label)),
  );
}

function inputOf(duel: Duel, more: Partial<JudgeInput>, gates: readonly string[] = []): JudgeInput {
  return {
    ...duel,
    primary: 'f1',
    metrics: ['accuracy'],
    gates: gates.map((text) => ({ gate: parseGate(text), text })),
    gatesInconclusive: 'pass',
    margin: 0,
    slices: [],
    minRows: 100,
    confidence: 0.95,
    bootstrap: 400,
    seed: 42,
    measures: {},
    ...more,
  };
}

describe('few changed rows', () => {
  test('decide nothing, and the note says so', () => {
    const result = judge(inputOf(onlyWins(4), {}, ['f1 > champion', 'f1 >= champion', 'f1 >= champion - 0.005']));
    expect(result.verdict).toBe('no evidence');
    expect(result.reason).toBe('the difference hangs on 4 rows: too few to call it (at least 10)');
    expect(result.metrics[0]).toMatchObject({ name: 'f1', sign: 'no evidence', note: result.reason });
    expect(result.metrics[0]!.interval!.low).toBeLessThanOrEqual(0);
    expect(result.metrics[0]!.interval!.high).toBeGreaterThan(result.metrics[0]!.difference!);
    expect(result.metrics[1]).toMatchObject({ name: 'accuracy', sign: 'no evidence' });
    expect(result.gates.map(({ outcome }) => outcome)).toEqual(['inconclusive', 'pass', 'pass']);
    expect(judge(inputOf(onlyWins(12), {})).verdict).toBe('better');
  });

  test('in blocks: the blocks count, not their rows', () => {
    const blocks = (size: number): Int32Array => Int32Array.from({ length: ROWS }, (_, row) => Math.floor(row / size));
    // Forty changed rows in four blocks, then in twenty.
    for (const [size, sign] of [
      [10, 'no evidence'],
      [2, 'better'],
    ] as const) {
      const { metrics } = judge(inputOf(onlyWins(40), { blocks: blocks(size) }));
      expect(metrics.map((metric) => metric.sign)).toEqual([sign, sign]);
      if (size === 10) expect(metrics[1]!.note).toContain('hangs on 4 blocks');
    }
  });

  test('of a slice have no p-value that could be small', () => {
    const rows = Uint32Array.from({ length: 300 }, (_, row) => row);
    const { slices } = judge(inputOf(onlyWins(5), { slices: [{ name: 'part', rows }] }));
    expect(slices[0]).toMatchObject({ sign: 'no evidence', adjustedP: 1 });
    const shares = judge(inputOf(onlyWins(4), { primary: 'accuracy', slices: [{ name: 'part', rows }] })).slices[0]!;
    expect(shares).toMatchObject({ sign: 'no evidence' });
    expect(shares.adjustedP).toBeCloseTo(0.0625, 12);
  });

  test('of equally good models are rarely called better or worse', () => {
    // Without the rule the intervals of four changes among many rows exclude 0 in about a tenth of the trials.
    const names = ['precision', 'f1', 'balanced_accuracy', 'mcc', 'accuracy', 'recall'];
    const options = { metrics: names, resamples: 200, confidence: 0.95 };
    const called = new Map(names.map((name) => [name, 0]));
    let fooled = 0;
    for (let trial = 0; trial < 400; trial++) {
      const pair = pairSamples(equallyGood(2 + (trial % 20), trial));
      for (const { comparison } of compareMetrics(pair, false, { ...options, seed: trial }).metrics) {
        if (comparison.sign === 'better' || comparison.sign === 'worse') {
          called.set(comparison.name, called.get(comparison.name)! + 1);
        }
      }
      if (trial >= 100) continue;
      const four = pairSamples(equallyGood(4, 1000 + trial, MANY_ROWS));
      const [f1] = pairedBootstrap(four, { ...options, metrics: ['f1'], seed: trial }).metrics;
      if (f1!.interval!.low > 0 || f1!.interval!.high < 0) fooled++;
    }
    // A 5 % procedure stays under 7.8 % of 400 trials in 99 % of the cases.
    for (const [name, count] of called) expect(count, name).toBeLessThanOrEqual(31);
    expect(called.get('mcc')).toBeGreaterThan(0);
    expect(fooled).toBeGreaterThan(2);
  });
});

describe('hangingChanges', () => {
  const pairOf = (wins: number): Pair => pairSamples(onlyWins(wins));

  test('is the number of changed rows where all weigh the same', () => {
    expect(hangingChanges('accuracy', pairOf(7))).toBeCloseTo(7, 9);
    expect(hangingChanges('recall', pairOf(7))).toBeCloseTo(7, 9);
    expect(hangingChanges('accuracy', pairOf(0))).toBe(0);
    expect(hangingChanges('auc', pairOf(7))).toBeUndefined();
  });

  test('leaves out changes that do not matter to the metric', () => {
    const values = Int32Array.from({ length: ROWS }, (_, row) => (row < 200 ? 1 : 0));
    const champion = values.map((label, row) => (row < 3 || row >= 390 ? 1 - label : label));
    const pair = pairSamples(duelOf(values, values, champion));
    expect(hangingChanges('accuracy', pair)).toBeCloseTo(13, 9);
    expect(hangingChanges('recall', pair)).toBeCloseTo(3, 9);
  });

  test('is brought down by a few rows of a rare class', () => {
    const values = Int32Array.from({ length: ROWS }, (_, row) => (row < 6 ? 1 : 0));
    const champion = values.map((label, row) => (row < 2 || row >= 370 ? 1 - label : label));
    const pair = pairSamples(duelOf(values, values, champion));
    expect(hangingChanges('accuracy', pair)).toBeCloseTo(32, 9);
    // 30 effects of 1 / 394 and 2 of 1 / 6.
    const [many, few] = [1 / 394, 1 / 6];
    expect(hangingChanges('balanced_accuracy', pair)).toBeCloseTo(
      (30 * many + 2 * few) ** 2 / (30 * many ** 2 + 2 * few ** 2),
      6,
    );
  });
});

describe('few decisions for a class', () => {
  test.each([
    [9, ['accuracy', 'recall', 'log_loss']],
    [10, ['accuracy', 'f1', 'precision', 'mcc', 'recall', 'log_loss']],
  ])('%i of them', (positives, withInterval) => {
    const random = new Random(3);
    const values = Int32Array.from({ length: 300 }, () => (random.uniform() < 0.3 ? 1 : 0));
    const decisions = values.map((_, row) => (row < positives ? 1 : 0));
    const metrics = ['f1', 'precision', 'mcc', 'recall', 'log_loss'];
    const judged = judge({
      ...inputOf(duelOf(values, decisions, decisions), { primary: 'accuracy', metrics }),
      champion: undefined,
    }).metrics;
    expect(judged.filter(({ candidateInterval }) => candidateInterval).map(({ name }) => name)).toEqual(withInterval);
    expect(judged.find(({ name }) => name === 'f1')!.note).toBe(
      positives < 10 ? 'no interval: the candidate decides for a class in 9 rows only (at least 10)' : undefined,
    );
  });
});
