import { expect, test } from 'vitest';
import { acceptanceOf } from '../../../shared/evaluation/acceptance.js';
import type { Comparison, GateResult, Verdict } from '../../../shared/evaluation/comparison.js';
import { better } from '../report/fixtures.js';

const gate = (text: string, outcome: GateResult['outcome'] = 'pass'): GateResult => {
  return { text, outcome, metric: text.split(' ')[0]!, required: text };
};
const judged = (verdict: Verdict, gates: readonly GateResult[] = [], blocked = false): Comparison => {
  return { ...better, primary: 'auc', verdict, gates, blocked };
};
const accepted = (...given: Parameters<typeof judged>): boolean => acceptanceOf(judged(...given)).accepted;

test.each(['better', 'equivalent', 'first model'] as const)('%s takes the place, unless a gate blocks', (verdict) => {
  expect(accepted(verdict)).toBe(true);
  expect(accepted(verdict, [gate('auc >= 0.9', 'fail')], true)).toBe(false);
});

test.each(['worse', 'identical', 'not comparable'] as const)('%s never does, whatever the gates say', (verdict) => {
  expect(accepted(verdict, [gate('auc >= champion - 0.5')])).toBe(false);
});

test('what cannot be told apart does when a gate on the primary metric says that this is enough', () => {
  expect(accepted('no evidence')).toBe(false);
  expect(accepted('no evidence', [gate('auc >= 0.6')])).toBe(false);
  expect(accepted('no evidence', [gate('log_loss <= champion')])).toBe(false);
  expect(accepted('no evidence', [gate('slice auc >= champion - 0.1')])).toBe(false);
  expect(accepted('no evidence', [gate('auc >= champion - 0.01', 'inconclusive')])).toBe(false);
  expect(acceptanceOf(judged('no evidence', [gate('auc >= champion - 0.01')]))).toEqual({
    accepted: true,
    reason: 'the data cannot tell it from the champion, and auc >= champion - 0.01 passes',
  });
});
