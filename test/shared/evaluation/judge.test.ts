import { describe, expect, test } from 'vitest';
import { evaluateModel, type JudgeInput, judge } from '../../../shared/evaluation/judge.js';
import { mcnemarOf } from '../../../shared/evaluation/mcnemar.js';
import { parseGate } from '../../../shared/spec/gates.js';
import { binaryDuel, binaryPredictions, type Duel, permuteDuel, regressionDuel, shuffled } from './sample-data.js';

function inputOf(duel: Duel, more: Partial<JudgeInput> = {}, gates: readonly string[] = []): JudgeInput {
  return {
    ...duel,
    primary: duel.labels.task === 'regression' ? 'rmse' : 'auc',
    metrics: duel.labels.task === 'regression' ? ['rmse', 'mae'] : ['auc', 'log_loss', 'ece'],
    gates: gates.map((text, index) => ({ gate: parseGate(text), text, line: index + 1 })),
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

/** What nothing random reaches survives JSON: no NaN, no undefined inside. */
function expectJson(value: unknown): void {
  expect(JSON.parse(JSON.stringify(value))).toEqual(value);
}

describe('verdict', () => {
  const better = binaryDuel(1500, 7, { candidate: 0.2, champion: 1.5 });

  test('better and worse', () => {
    const result = judge(inputOf(better, {}, ['auc > champion', 'auc >= 0.6', 'rows >= 1500']));
    expect(result.verdict).toBe('better');
    expect(result.metrics.map(({ name }) => name)).toEqual(['auc', 'log_loss', 'ece']);
    expect(result.metrics[0]!.sign).toBe('better');
    expect(result.metrics[1]).toMatchObject({ better: 'lower', sign: 'better' });
    expect(result.metrics[1]!.difference).toBeLessThan(0);
    expect(result.metrics[2]!.note).toContain('no valid interval');
    expect(result.gates.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass']);
    expect(result).toMatchObject({ gatesOutcome: 'pass', blocked: false, resamples: 400 });
    const { forTheBetter, forTheWorse, mcnemar } = result.disagreement!;
    expect(forTheBetter).toBeGreaterThan(forTheWorse);
    expect(mcnemar).toEqual(mcnemarOf({ wins: forTheBetter, losses: forTheWorse }));
    // Rows of one block depend on each other, and weighed rows do not count alike.
    const rows = better.labels.values.length;
    for (const grouped of [
      { blocks: Int32Array.from({ length: rows }, (_, row) => row >> 1) },
      { weights: new Float64Array(rows).fill(2) },
    ]) {
      const { disagreement } = judge(inputOf(better, { bootstrap: 50, ...grouped }));
      expect(disagreement).toEqual({ rows: result.disagreement!.rows, forTheBetter, forTheWorse });
    }
    expectJson(result);
    const swapped = judge(
      inputOf({ ...better, candidate: better.champion, champion: better.candidate }, {}, ['auc >= champion']),
    );
    expect(swapped).toMatchObject({ verdict: 'worse', gatesOutcome: 'fail', blocked: true });
    expect(swapped.metrics[0]!.difference).toBe(-result.metrics[0]!.difference!);
  });

  test('identical: the same predictions, or the same digest', () => {
    const same = { ...better, champion: better.candidate };
    for (const input of [
      inputOf(same),
      inputOf(better, { sameDigest: true }),
      { ...inputOf(better, { sameDigest: true }), champion: undefined },
    ]) {
      const gates = ['auc >= champion', 'auc > champion', 'slice auc >= champion'].map((text) => ({
        gate: parseGate(text),
        text,
      }));
      const slices = [{ name: 'first', rows: Uint32Array.from({ length: 400 }, (_, row) => row) }];
      const result = judge({ ...input, gates, slices });
      expect(result.verdict).toBe('identical');
      expect(result.metrics[0]).toMatchObject({ difference: 0, interval: { low: 0, high: 0 }, sign: 'identical' });
      expect(result.metrics[0]!.champion).toBe(result.metrics[0]!.candidate);
      expect(result.slices[0]).toMatchObject({ difference: 0, sign: 'identical', adjustedP: 1 });
      expect(result.gates.map(({ outcome }) => outcome)).toEqual(['pass', 'fail', 'pass']);
      expect(result.disagreement).toEqual({ rows: 0, forTheBetter: 0, forTheWorse: 0 });
      expectJson(result);
    }
  });

  test('what a command has measured stands in the table in its place, and leaves all else as it is', () => {
    const measured = [{ name: 'own', better: 'lower', candidate: 3, champion: 4.5 }] as const;
    const gates = [{ gate: parseGate('own <= 3', ['own']), text: 'own <= 3' }];
    const without = judge(inputOf(better));
    const result = judge(inputOf(better, { metrics: ['auc', 'own', 'log_loss', 'ece'], measured, gates }));
    const own = { name: 'own', better: 'lower', candidate: 3, champion: 4.5, difference: -1.5 };
    expect(result.metrics[1]).toEqual({ ...own, note: 'no interval: one number of a command' });
    expect(result.metrics.toSpliced(1, 1)).toEqual(without.metrics);
    expect(result.gates).toMatchObject([{ outcome: 'pass', value: 3 }]);
    expectJson(result);
    const first = judge({ ...inputOf(better, { metrics: ['own'], measured, gates }), champion: undefined });
    expect(first.metrics[1]).toEqual({
      ...{ name: 'own', better: 'lower', candidate: 3, note: 'no interval: one number of a command' },
    });
    const unknown = [{ name: 'own', better: 'lower', candidate: null }] as const;
    expect(judge(inputOf(better, { metrics: ['own'], measured: unknown })).metrics[1]).toMatchObject({
      ...{ candidate: null, note: 'not measured: the candidate gives no number for some rows' },
    });
  });

  test('the same scores with another threshold are not identical', () => {
    const same = { ...better, champion: better.candidate };
    const result = judge(inputOf(same, { primary: 'accuracy', threshold: { candidate: 0.5, champion: 0.9 } }));
    expect(result.verdict).toBe('better');
    expect(result.metrics.find(({ name }) => name === 'auc')).toMatchObject({ difference: 0, sign: 'identical' });
  });

  test('equivalent inside the margin, no evidence otherwise', () => {
    const close = binaryDuel(1500, 7, { candidate: 0.5, champion: 0.5 });
    expect(judge(inputOf(close)).verdict).toBe('no evidence');
    expect(judge(inputOf(close, { margin: 0.05 })).verdict).toBe('equivalent');
    expect(judge(inputOf(close, { margin: 0.0001 })).verdict).toBe('no evidence');
    expect(judge(inputOf(better, { margin: 0.001 })).verdict).toBe('better');
  });

  test('too few rows decide nothing and say so', () => {
    const few = judge(
      inputOf(binaryDuel(20, 7, { candidate: 0.2, champion: 1.5 }), { gatesInconclusive: 'fail' }, ['auc >= 0.01']),
    );
    expect(few).toMatchObject({ verdict: 'no evidence', gatesOutcome: 'inconclusive', blocked: true });
    expect(few.reason).toContain('20 rows are too few');
    expect(few.metrics[0]!.candidate).toBeGreaterThan(0);
    expectJson(few);
  });

  test('not comparable: a given reason, no rows, or numbers missing', () => {
    const reason = 'the target changed: was `delay > 15`, is `delay > 30`';
    const given = judge(inputOf(better, { notComparable: reason }, ['auc >= champion', 'auc >= 0.6']));
    expect(given).toMatchObject({ verdict: 'not comparable', reason, gatesOutcome: 'inconclusive' });
    expect(given.gates[1]!.outcome).toBe('pass');
    const { candidate, candidateInterval } = given.metrics[0]!;
    expect(candidateInterval!.low).toBeLessThan(candidate!);
    expect(candidateInterval!.high).toBeGreaterThan(candidate!);
    expect(given.metrics[0]!.champion).toBeUndefined();
    expect(given.disagreement).toBeUndefined();
    const empty = judge(inputOf(binaryDuel(0, 1, { candidate: 1, champion: 1 }), {}, ['auc >= 0.5']));
    expect(empty).toMatchObject({ verdict: 'not comparable', reason: 'no labelled row was held out by both models' });
    expect(empty.gates[0]!.outcome).toBe('inconclusive');
    expectJson(empty);
    const scores = better.champion.scores.slice();
    scores[3] = Number.NaN;
    const broken = judge(inputOf({ ...better, champion: { ...better.champion, scores } }, {}, ['auc >= 0.5']));
    expect(broken).toMatchObject({ verdict: 'not comparable', reason: 'the champion gives no number for 1 of 1,500 rows' });
    expect(broken.gates[0]!.outcome).toBe('pass');
    const failed = judge(inputOf({ ...better, candidate: { ...better.candidate, scores } }, {}, ['auc >= 0.5']));
    expect(failed).toMatchObject({ verdict: 'not comparable', blocked: true });
    expect(failed.metrics[0]!.candidate).toBeNull();
    expectJson(failed);
  });

  test('first model, and a model by itself', () => {
    const { champion: _, ...alone } = inputOf(better, {}, ['auc >= champion', 'auc >= 0.6', 'size_mb <= 1']);
    const first = judge({ ...alone, measures: { size_mb: 0.5 } });
    expect(first).toMatchObject({ verdict: 'first model', gatesOutcome: 'pass' });
    expect(first.reason).toMatch(/champion/);
    expect(first.gates.map(({ outcome }) => outcome)).toEqual(['skipped', 'pass', 'pass']);
    expect(first.curve!.champion).toBeUndefined();
    const parts = evaluateModel({
      ...alone,
      slices: [{ name: 'all', rows: Uint32Array.from({ length: 1500 }, (_, row) => row) }],
    });
    expect(parts).not.toHaveProperty('verdict');
    expect(parts.metrics).toEqual(first.metrics);
    expect(parts.slices[0]).toMatchObject({ slice: 'all', rows: 1500, candidate: first.metrics[0]!.candidate });
    expect(parts.slices[0]!.champion).toBeUndefined();
    expectJson(parts);
  });
});

describe('slices', () => {
  test('harm in one slice is found, small ones are left out, gates ask for metrics of their own', () => {
    const duel = binaryDuel(3000, 11, { candidate: 0.4, champion: 0.4 });
    const scores = duel.candidate.scores.slice();
    // The candidate is reversed on the first 500 rows.
    for (let row = 0; row < 500; row++) {
      [scores[row * 2], scores[row * 2 + 1]] = [scores[row * 2 + 1]!, scores[row * 2]!];
    }
    const slice = (name: string, from: number, to: number): { name: string; rows: Uint32Array } => ({
      name,
      rows: Uint32Array.from({ length: to - from }, (_, index) => from + index),
    });
    const slices = [slice('bad', 0, 500), slice('good', 500, 1500), slice('fine', 1500, 3000), slice('small', 0, 99)];
    const input = inputOf({ ...duel, candidate: { ...duel.candidate, scores } }, { slices }, [
      'slice brier <= champion + 0.01',
    ]);
    const result = judge(input);
    expect(result.slicesLeftOut).toBe(1);
    expect(result.slices.map(({ slice, name }) => `${slice} ${name}`)).toEqual([
      'bad auc',
      'bad brier',
      'good auc',
      'good brier',
      'fine auc',
      'fine brier',
    ]);
    expect(result.slices.filter(({ sign }) => sign === 'worse').map(({ slice }) => slice)).toEqual(['bad', 'bad']);
    expect(result.slices[0]!.adjustedP).toBeLessThan(1e-6);
    expect(result.gates[0]).toMatchObject({ outcome: 'fail', value: result.slices[1]!.difference });
    // A slice's result does not depend on which slices stand before it.
    expect(judge({ ...input, slices: [...slices].reverse() }).slices.find(({ slice }) => slice === 'good')!.interval).toEqual(
      result.slices[2]!.interval,
    );
  });
});

test('the order of the rows changes nothing', () => {
  for (const duel of [
    binaryDuel(400, 5, { candidate: 0.4, champion: 0.8 }),
    regressionDuel(400, 5, { candidate: 1, champion: 1.3 }),
  ]) {
    const order = shuffled(400, 3);
    const place = new Map(order.map((old, at) => [old, at]));
    const rows = Uint32Array.from({ length: 250 }, (_, row) => row);
    const there = judge(inputOf(duel, { slices: [{ name: 'part', rows }] }));
    const permuted = Uint32Array.from(rows, (row) => place.get(row)!);
    expect(judge(inputOf(permuteDuel(duel, order), { slices: [{ name: 'part', rows: permuted }] }))).toEqual(there);
  }
});

test('more than two classes', () => {
  const classes = ['a', 'b', 'c'];
  const values = Int32Array.from({ length: 300 }, (_, row) => row % 3);
  const predictions = (right: number): JudgeInput['candidate'] => ({
    task: 'multiclass',
    classes,
    rows: 300,
    scores: Float64Array.from({ length: 900 }, (_, at) => {
      const row = Math.floor(at / 3);
      const shown = row % 100 < right ? values[row]! : (values[row]! + 1) % 3;
      return at % 3 === shown ? 0.6 + (row % 10) / 100 : (0.4 - (row % 10) / 100) / 2;
    }),
  });
  const duel: Duel = { labels: { task: 'multiclass', classes, values }, candidate: predictions(80), champion: predictions(60) };
  const result = judge(inputOf(duel, { primary: 'log_loss', metrics: ['accuracy', 'auc', 'f1_macro', 'mcc'] }));
  expect(result.verdict).toBe('better');
  expect(result.metrics.map(({ name }) => name)).toEqual(['log_loss', 'accuracy', 'auc', 'f1_macro', 'mcc']);
  expect(result.metrics[1]).toMatchObject({ candidate: 0.8, champion: 0.6 });
  expect(result.disagreement).toMatchObject({
    rows: 60,
    forTheBetter: 60,
    forTheWorse: 0,
    mcnemar: { uncorrected: { statistic: 60 } },
  });
  expect(result.curve).toMatchObject({ kind: 'coverage' });
  expect(result.curve!.candidate.at(-1)).toBe(0.8);
  expect(result.curve!.champion!.at(-1)).toBe(0.6);
});

test('models that do not differ are rarely called better or worse', () => {
  // A 5 % procedure stays under 7.8 % of 400 trials in 99 % of the cases.
  const verdicts = { better: 0, worse: 0 };
  for (let trial = 0; trial < 400; trial++) {
    const { verdict } = judge(
      inputOf(binaryDuel(250, trial, { candidate: 0.7, champion: 0.7 }), { metrics: ['auc'], bootstrap: 250, seed: trial }),
    );
    if (verdict === 'better' || verdict === 'worse') verdicts[verdict]++;
  }
  expect(verdicts.better + verdicts.worse).toBeLessThanOrEqual(31);
  expect(verdicts.better).toBeGreaterThan(0);
  expect(verdicts.worse).toBeGreaterThan(0);
});

test('scores of a champion with another order of classes are aligned', () => {
  const duel = binaryDuel(400, 5, { candidate: 0.4, champion: 0.8 });
  const flipped = { ...binaryPredictions([]), rows: 400, classes: ['yes', 'no'], scores: new Float64Array(800) } as const;
  for (let row = 0; row < 400; row++) {
    flipped.scores[row * 2] = duel.champion.scores[row * 2 + 1]!;
    flipped.scores[row * 2 + 1] = duel.champion.scores[row * 2]!;
  }
  const champion = { task: 'binary', classes: flipped.classes, rows: 400, scores: flipped.scores } as const;
  expect(judge(inputOf({ ...duel, champion }))).toEqual(judge(inputOf(duel)));
});
