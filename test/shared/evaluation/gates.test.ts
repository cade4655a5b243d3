import { describe, expect, test } from 'vitest';
import type { Interval, MetricComparison } from '../../../shared/evaluation/comparison.js';
import { type GateInput, judgeGates, outcomeOf } from '../../../shared/evaluation/gates.js';
import type { TestedSlice } from '../../../shared/evaluation/slices.js';
import { normalTails } from '../../../shared/evaluation/tail-test.js';
import { parseGate } from '../../../shared/spec/gates.js';
import type { MetricName } from '../../../shared/spec/metrics.js';

function metric(name: MetricName, difference: number, interval?: Interval): MetricComparison {
  return {
    name,
    better: name === 'log_loss' ? 'lower' : 'higher',
    candidate: 0.7,
    champion: 0.7 - difference,
    difference,
    ...(interval ? { interval, candidateInterval: { low: 0.6, high: 0.8 } } : { note: 'no interval: 12 rows are too few' }),
  };
}

function judgeOne(text: string, input: Partial<GateInput>): ReturnType<typeof judgeGates>[number] {
  return judgeGates({
    gates: [{ gate: parseGate(text), text, line: 3 }],
    metrics: [],
    slices: [],
    rows: 1000,
    measures: {},
    confidence: 0.95,
    unscored: 0,
    ...input,
  })[0]!;
}

describe('against the champion', () => {
  const outcome = (text: string, difference: number, low: number, high: number): string =>
    judgeOne(text, { metrics: [metric(text.startsWith('auc') ? 'auc' : 'log_loss', difference, { low, high })] }).outcome;

  test.each([
    // With a margin: the whole interval on one side of it decides.
    ['auc >= champion - 0.01', 0, -0.005, 0.005, 'pass'],
    ['auc >= champion - 0.01', 0, -0.01, 0.01, 'pass'],
    ['auc >= champion - 0.01', -0.008, -0.013, -0.003, 'inconclusive'],
    ['auc >= champion - 0.01', -0.02, -0.03, -0.0101, 'fail'],
    ['auc >= champion - 0.01', -0.02, -0.03, -0.01, 'inconclusive'],
    ['auc >= champion + 0.01', 0.02, 0.012, 0.03, 'pass'],
    ['auc >= champion + 0.01', 0.005, 0.001, 0.009, 'fail'],
    ['auc >= champion - 0', 0.001, -0.001, 0.003, 'inconclusive'],
    ['log_loss <= champion + 0.01', 0.002, -0.004, 0.008, 'pass'],
    ['log_loss <= champion + 0.01', 0.008, 0.003, 0.013, 'inconclusive'],
    ['log_loss <= champion + 0.01', 0.02, 0.0101, 0.03, 'fail'],
    // Without: not significantly worse.
    ['auc >= champion', -0.001, -0.003, 0.001, 'pass'],
    ['auc >= champion', -0.002, -0.004, 0, 'pass'],
    ['auc >= champion', -0.003, -0.005, -0.001, 'fail'],
    ['log_loss <= champion', 0.001, -0.001, 0.003, 'pass'],
    ['log_loss <= champion', 0.003, 0.001, 0.005, 'fail'],
    // Superiority.
    ['auc > champion', 0.003, 0.001, 0.005, 'pass'],
    ['auc > champion', 0.001, -0.001, 0.003, 'inconclusive'],
    ['auc > champion', -0.003, -0.005, -0.001, 'fail'],
    ['auc > champion + 0.01', 0.02, 0.009, 0.03, 'inconclusive'],
    ['log_loss < champion', -0.003, -0.005, -0.001, 'pass'],
    ['log_loss < champion', 0.003, 0.001, 0.005, 'fail'],
    ['log_loss < champion', 0.001, -0.001, 0.003, 'inconclusive'],
    // The same model.
    ['auc >= champion', 0, 0, 0, 'pass'],
    ['auc >= champion - 0', 0, 0, 0, 'pass'],
    ['auc > champion', 0, 0, 0, 'fail'],
    ['log_loss <= champion', 0, 0, 0, 'pass'],
    ['log_loss < champion', 0, 0, 0, 'fail'],
  ])('%s with %d in [%d, %d]: %s', (text, difference, low, high, expected) => {
    expect(outcome(text, difference, low, high)).toBe(expected);
  });

  test('an inconclusive gate says how many rows would decide it', () => {
    // 0.008 of half-width has to become 0.004: four times the rows.
    const gate = judgeOne('auc >= champion - 0.01', { metrics: [metric('auc', -0.006, { low: -0.014, high: 0.002 })] });
    expect(gate).toMatchObject({ outcome: 'inconclusive', rowsToDecide: 4000, required: '≥ champion − 0.01', line: 3 });
    const mirrored = judgeOne('log_loss <= champion + 0.01', {
      metrics: [metric('log_loss', 0.006, { low: -0.002, high: 0.014 })],
    });
    expect(mirrored.rowsToDecide).toBe(4000);
    const hopeless = judgeOne('auc > champion', { metrics: [metric('auc', 1e-7, { low: -0.01, high: 0.01 })] });
    expect(hopeless.rowsToDecide).toBeUndefined();
    expect(hopeless.note).toContain('too close');
  });

  test('without an interval nothing is decided', () => {
    const gate = judgeOne('auc >= champion - 0.01', { metrics: [metric('auc', -0.5)] });
    expect(gate).toMatchObject({ outcome: 'inconclusive', note: 'no interval: 12 rows are too few' });
  });

  test('without a champion it is skipped, and a champion that is not comparable leaves it open', () => {
    const none = { outcome: 'skipped', note: 'there is no champion' } as const;
    expect(judgeOne('auc >= champion', { withoutChampion: none })).toMatchObject(none);
    const other = { outcome: 'inconclusive', note: 'not comparable: the target changed' } as const;
    expect(judgeOne('slice auc >= champion', { withoutChampion: other })).toMatchObject(other);
    expect(judgeOne('size_mb <= champion + 1', { measures: { size_mb: 2 }, withoutChampion: none })).toMatchObject(none);
  });
});

describe('against a number', () => {
  test('the point value decides, with its interval', () => {
    const metrics = [metric('auc', 0, { low: -0.1, high: 0.1 })];
    expect(judgeOne('auc >= 0.7', { metrics })).toMatchObject({
      outcome: 'pass',
      value: 0.7,
      interval: { low: 0.6, high: 0.8 },
    });
    expect(judgeOne('auc > 0.7', { metrics }).outcome).toBe('fail');
    expect(judgeOne('auc <= 0.7', { metrics }).outcome).toBe('pass');
    expect(judgeOne('auc < 0.7', { metrics }).outcome).toBe('fail');
    expect(judgeOne('auc >= 0.71', { metrics }).outcome).toBe('fail');
  });

  test('measures are compared as they are', () => {
    const measures = { latency_p99_ms: 4.2, latency_batch_p99_ms: 12, memory_mb: 80, size_mb: 1.5, rows: 1000 };
    expect(judgeOne('latency_p99_ms <= 5', { measures })).toMatchObject({ outcome: 'pass', value: 4.2 });
    expect(judgeOne('size_mb < 1.5', { measures }).outcome).toBe('fail');
    expect(judgeOne('latency_batch_p99_ms <= 10', { measures }).outcome).toBe('fail');
    expect(judgeOne('memory_mb <= champion + 5', { measures, championMeasures: { memory_mb: 76 } }).outcome).toBe('pass');
    expect(judgeOne('rows >= 1000', { measures }).outcome).toBe('pass');
    expect(judgeOne('latency_p50_ms <= 1', { measures })).toMatchObject({
      outcome: 'skipped',
      note: 'latency_p50_ms was not measured',
    });
    expect(judgeOne('size_mb <= champion + 1', { measures, championMeasures: { size_mb: 0.4 } }).outcome).toBe('fail');
    expect(judgeOne('size_mb <= champion + 1', { measures, championMeasures: { size_mb: 0.6 } })).toMatchObject({
      outcome: 'pass',
      value: 0.9,
    });
  });

  test('what has no valid interval decides nothing', () => {
    expect(judgeOne('ece <= 0.05', { metrics: [{ ...metric('ece', 0), candidate: 0.9 }] }).outcome).toBe('skipped');
    expect(judgeOne('auc >= 0.9', { metrics: [metric('auc', 0)] })).toMatchObject({ outcome: 'inconclusive', value: 0.7 });
    expect(judgeOne('auc >= 0.9', { metrics: [{ ...metric('auc', 0), candidate: null }] }).value).toBeUndefined();
  });

  test('a number that a command has found decides by itself', () => {
    const own = { name: 'own', better: 'lower', candidate: 2.5, champion: 2, difference: 0.5, note: 'no interval' } as const;
    const judged = (text: string): ReturnType<typeof judgeOne> =>
      judgeGates({
        ...{ gates: [{ gate: parseGate(text, ['own']), text }], metrics: [own], measured: ['own'], slices: [] },
        ...{ rows: 12, measures: {}, confidence: 0.95, unscored: 0 },
      })[0]!;
    expect(judged('own <= 2.5')).toEqual({ text: 'own <= 2.5', metric: 'own', required: '≤ 2.5', outcome: 'pass', value: 2.5 });
    expect(judged('own < 2.5')).toMatchObject({ outcome: 'fail', value: 2.5 });
    // Of specs that were written elsewhere: the loader refuses such a gate.
    expect(judged('own <= champion + 1')).toMatchObject({ outcome: 'inconclusive', note: 'no interval' });
  });

  test('a candidate that gives no numbers fails', () => {
    expect(judgeOne('auc >= 0.1', { metrics: [{ ...metric('auc', 0), candidate: null }], unscored: 3 })).toMatchObject({
      outcome: 'fail',
      note: 'the candidate gives no number for 3 rows',
    });
  });
});

describe('slices', () => {
  const slice = (name: string, difference: number, standardError: number): TestedSlice => ({
    comparison: {
      ...metric('auc', difference, { low: difference - 2 * standardError, high: difference + 2 * standardError }),
      name: 'auc',
      slice: name,
      rows: 300,
    },
    tails: normalTails(difference, standardError),
  });
  const text = 'slice auc >= champion - 0.02';

  test('fail only on harm beyond chance and beyond the margin', () => {
    const harmless = [slice('a', -0.03, 0.01), slice('b', 0.01, 0.01)];
    expect(judgeOne(text, { slices: harmless })).toMatchObject({
      outcome: 'pass',
      note: 'no evidence of harm in 2',
      value: -0.03,
    });
    const harmed = judgeOne(text, { slices: [...harmless, slice('origin = HNL', -0.06, 0.01)] });
    expect(harmed).toMatchObject({ outcome: 'fail', value: -0.06 });
    expect(harmed.note).toContain('worse in 1 of 3: origin = HNL (−0.0600)');
  });

  test('the more slices, the stronger the evidence must be', () => {
    const suspect = slice('suspect', -0.045, 0.0115);
    const others = Array.from({ length: 400 }, (_, index) => slice(`s${index}`, 0, 0.01));
    expect(judgeOne(text, { slices: [suspect] }).outcome).toBe('fail');
    expect(judgeOne(text, { slices: [suspect, ...others] }).outcome).toBe('pass');
  });

  test('without slices, or without intervals', () => {
    expect(judgeOne(text, { slices: [] })).toMatchObject({ outcome: 'skipped', note: 'no slice has enough rows' });
    const { tails: _, ...bare } = slice('a', -0.5, 0.01);
    expect(judgeOne(text, { slices: [bare] }).outcome).toBe('inconclusive');
  });
});

test('the gates together', () => {
  const gates = (...outcomes: ('pass' | 'fail' | 'inconclusive' | 'skipped')[]): Parameters<typeof outcomeOf>[0] =>
    outcomes.map((outcome) => ({ text: 'auc >= 0', metric: 'auc', required: '≥ 0', outcome }));
  expect(outcomeOf(gates('pass', 'inconclusive', 'fail'))).toBe('fail');
  expect(outcomeOf(gates('pass', 'inconclusive', 'skipped'))).toBe('inconclusive');
  expect(outcomeOf(gates('pass', 'skipped'))).toBe('pass');
  expect(outcomeOf([])).toBe('pass');
});
