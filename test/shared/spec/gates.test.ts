import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import { formatGate, GATE_OPERATORS, type Gate, gateText, parseGate, readGate } from '../../../shared/spec/gates.js';
import { MEASUREMENT_NAMES, METRIC_NAMES } from '../../../shared/spec/metrics.js';

describe('reading', () => {
  it.each<[string, Gate]>([
    ['auc >= 0.65', { kind: 'value', metric: 'auc', op: '>=', number: 0.65 }],
    ['auc≥.65', { kind: 'value', metric: 'auc', op: '>=', number: 0.65 }],
    ['  r2 > -1e-3 ', { kind: 'value', metric: 'r2', op: '>', number: -0.001 }],
    ['mcc >= −0.5', { kind: 'value', metric: 'mcc', op: '>=', number: -0.5 }],
    ['rmse < +12.', { kind: 'value', metric: 'rmse', op: '<', number: 12 }],
    ['latency_p99_ms <= 5', { kind: 'value', metric: 'latency_p99_ms', op: '<=', number: 5 }],
    ['rows >= 1000', { kind: 'value', metric: 'rows', op: '>=', number: 1000 }],
    ['auc > champion', { kind: 'champion', metric: 'auc', op: '>', margin: 0, hasMargin: false }],
    ['auc >= champion - 0.002', { kind: 'champion', metric: 'auc', op: '>=', margin: -0.002, hasMargin: true }],
    ['auc>=champion−0.002', { kind: 'champion', metric: 'auc', op: '>=', margin: -0.002, hasMargin: true }],
    ['log_loss ≤ champion + 1e−2', { kind: 'champion', metric: 'log_loss', op: '<=', margin: 0.01, hasMargin: true }],
    ['auc >= champion - 0', { kind: 'champion', metric: 'auc', op: '>=', margin: 0, hasMargin: true }],
    ['size_mb <= champion + 1', { kind: 'champion', metric: 'size_mb', op: '<=', margin: 1, hasMargin: true }],
    ['slice auc >= champion - 0.02', { kind: 'slice', metric: 'auc', op: '>=', margin: -0.02, hasMargin: true }],
    ['slice rmse <= champion', { kind: 'slice', metric: 'rmse', op: '<=', margin: 0, hasMargin: false }],
  ])('%s', (text, gate) => {
    expect(parseGate(text)).toEqual(gate);
  });

  it('knows the metrics of the spec itself', () => {
    expect(parseGate('profit >= 3', ['profit'])).toEqual({ kind: 'value', metric: 'profit', op: '>=', number: 3 });
  });

  it.each([
    ['', 0, 'it ends where a metric is expected'],
    ['0.65 <= auc', 0, 'found "0.65" where a metric is expected'],
    ['auc', 3, 'it ends where >=, >, <= or < is expected'],
    ['auc => 0.5', 4, 'found "=>" where'],
    ['auc == 0.5', 4, 'found "==" where'],
    ['auc >= ', 6, 'it ends where a number or "champion" is expected'],
    ['auc >= 80%', 9, 'found "%" where the end of the gate (a number stands alone, without a unit) is expected'],
    ['latency_p99_ms <= 5 ms', 20, 'found "ms" where the end'],
    ['auc >= champoin - 0.1', 7, 'found "champoin" where a number or "champion" is expected'],
    ['auc >= champion 0.1', 16, 'found "0.1" where + or - and a number'],
    ['auc >= champion - x', 18, 'found "x" where a number is expected'],
    ['auc >= champion - 0.1 - 0.2', 22, 'found "-" where the end'],
    ['auc >= - champion', 9, 'found "champion" where a number is expected'],
    ['auc >= 1e999', 7, 'found "1e999" where a number'],
    ['slice auc >= 0.5', 13, 'slices are held against the champion only'],
    ['slice latency_p50_ms <= champion + 1', 6, 'latency_p50_ms is not measured by slice'],
    ['slice memory_mb <= champion + 1', 6, 'memory_mb is not measured by slice'],
    ['latency_batch_p9_ms <= 5', 0, 'did you mean "latency_batch_p99_ms"?'],
    ['rows >= champion', 0, 'both models are judged on the same rows'],
    ['roc_auc >= 0.5', 0, 'unknown metric "roc_auc"; did you mean "auc"?'],
    ['acuracy >= 0.5', 0, 'unknown metric "acuracy"; did you mean "accuracy"?'],
    ['AUC >= 0.5', 0, 'unknown metric "AUC"; did you mean "auc"?'],
    ['happiness >= 0.5', 0, 'unknown metric "happiness"; known metrics: auc, pr_auc'],
    ['slice >= 0.5', 0, 'unknown metric "slice"'],
    ['auc >= 0.5; drop', 10, 'found ";" where the end'],
    ['toString >= 1', 0, 'unknown metric "toString"'],
  ])('refuses %j at character %i', (text, offset, message) => {
    const result = readGate(text);
    expect(result).toMatchObject({ offset });
    expect(result).toHaveProperty('message', expect.stringContaining(message));
    expect(() => parseGate(text)).toThrow(UserError);
  });

  it('shows the grammar', () => {
    expect(() => parseGate('auc 0.5')).toThrow(
      'a gate is "metric >= number", "metric >= champion", "metric >= champion - number"',
    );
  });
});

describe('writing', () => {
  it.each([
    ['auc>=0.65', { metric: 'auc', required: '≥ 0.65' }],
    ['r2 > -0.5', { metric: 'r2', required: '> −0.5' }],
    ['auc >= champion - 0.002', { metric: 'auc', required: '≥ champion − 0.002' }],
    ['log_loss <= champion + 0.01', { metric: 'log_loss', required: '≤ champion + 0.01' }],
    ['auc > champion', { metric: 'auc', required: '> champion' }],
    ['slice auc >= champion - 0.02', { metric: 'auc', required: '≥ champion − 0.02 in every slice' }],
  ])('%s', (text, formatted) => {
    expect(formatGate(parseGate(text))).toEqual(formatted);
  });

  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
  const op = fc.constantFrom(...GATE_OPERATORS);
  const margin = fc.oneof(
    number.map((value) => ({ margin: value, hasMargin: true })),
    fc.constant({ margin: 0, hasMargin: false }),
  );
  const metric = fc.constantFrom(...METRIC_NAMES);
  const gate: fc.Arbitrary<Gate> = fc.oneof(
    fc.record({
      kind: fc.constant('value' as const),
      metric: fc.constantFrom(...METRIC_NAMES, ...MEASUREMENT_NAMES),
      op,
      number,
    }),
    fc
      .tuple(fc.constantFrom('champion' as const, 'slice' as const), metric, op, margin)
      .map(([kind, name, sign, size]) => ({ kind, metric: name, op: sign, ...size })),
  );

  it('is read back to the same gate', () => {
    fc.assert(
      fc.property(gate, (one) => {
        expect(parseGate(gateText(one))).toEqual(one);
      }),
    );
  });

  it('any text is a gate or a mistake within it, and a gate keeps its meaning', () => {
    const word = fc.constantFrom('auc', 'slice', 'champion', '>=', '≤', '<', '-', '−', '0.1', '1e3', ' ', 'rows', '%', 'é');
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(word).map((words) => words.join(' ')),
      fc.array(word).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(text, (one) => {
        const result = readGate(one);
        if ('kind' in result) expect(parseGate(gateText(result))).toEqual(result);
        else expect(result.offset).toBeLessThanOrEqual(one.length);
      }),
      { numRuns: 500 },
    );
  });
});
