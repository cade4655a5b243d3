import { describe, expect, test } from 'vitest';
import { checkOf, type Finding } from '../../../shared/monitoring/breaches.js';
import type { HealthWindow } from '../../../shared/monitoring/health.js';
import { columnChecks, refusedCheck, volumeCheck } from '../../../shared/monitoring/traffic-checks.js';

const subject = { kind: 'quality', subject: 'auc' } as const;

function stateOf(pattern: string, breaches = 2) {
  const windows = [...pattern].map((_, index) => ({ from: `w${index}` }));
  const findings = [...pattern].map((mark): Finding => (mark === '?' ? undefined : { bad: mark === 'x', detail: mark }));
  const { state, breaches: run, since } = checkOf(subject, windows, findings, { breaches, otherwise: 'nothing' });
  return [state, run, since];
}

describe('a check', () => {
  test.each([
    ['....', ['ok', 0, undefined]],
    ['...x', ['watch', 1, 'w3']],
    ['..xx', ['alarm', 2, 'w2']],
    ['.xxx', ['alarm', 3, 'w1']],
    ['xxx.', ['ok', 0, undefined]],
    ['.x.x', ['watch', 1, 'w3']],
    // Windows that decide nothing are passed over, and do not end a spell.
    ['.x?x', ['alarm', 2, 'w1']],
    ['.xx?', ['alarm', 2, 'w1']],
    // When the newest ones decide nothing, nothing is known.
    ['.xx??', ['unknown', 0, undefined]],
    ['????', ['unknown', 0, undefined]],
    ['', ['unknown', 0, undefined]],
  ])('of %s is %j', (pattern, expected) => {
    expect(stateOf(pattern)).toEqual(expected);
  });

  test('takes as many bad windows as it is told', () => {
    expect(stateOf('..x', 1)).toEqual(['alarm', 1, 'w2']);
    expect(stateOf('.xx', 3)).toEqual(['watch', 2, 'w1']);
    expect(stateOf('xxx??', 3)).toEqual(['alarm', 3, 'w0']);
  });
});

const windowWith = (rows: number, refused = 0): HealthWindow => ({
  ...{ from: '', to: '', rows, refused, sparse: false, labelled: 0, labelsComplete: false, metrics: {} },
});

describe('the volume', () => {
  const state = (...asked: number[]) =>
    volumeCheck(
      asked.map((count) => ({ from: '', asked: count })),
      2,
    ).state;
  test('is held against the usual, half and double of which are not', () => {
    expect(state(100, 110, 90, 105)).toBe('ok');
    expect(state(100, 110, 40)).toBe('watch');
    expect(state(100, 110, 100, 30, 20)).toBe('alarm');
    expect(state(100, 110, 100, 300, 310)).toBe('alarm');
    expect(state(100, 110, 0, 0)).toBe('alarm');
    // What lasts becomes usual.
    expect(state(100, 110, 300, 310, 305, 300, 310, 300)).toBe('ok');
  });
  test('is unknown where nothing is usual yet', () => {
    expect(state()).toBe('unknown');
    expect(state(100)).toBe('unknown');
    expect(state(100, 10)).toBe('unknown');
  });
});

test('refused rows are bad from one in a hundred on', () => {
  const limits = { breaches: 2, minRows: 200 };
  const check = refusedCheck([windowWith(995, 5), windowWith(900, 30), windowWith(900, 40)], [undefined, 'a', 'b'], limits);
  expect(check).toMatchObject({ state: 'alarm', breaches: 2, detail: '40 of 940 rows were refused (4.26 %); most often: b' });
  expect(refusedCheck([windowWith(50, 50)], [undefined], limits).state).toBe('unknown');
});

test('a column that is not there is bad in every window with rows', () => {
  const problems = [{ column: 'age', problem: 'the traffic has no such column' }];
  expect(columnChecks([windowWith(5), windowWith(5)], problems, 2)).toMatchObject([
    { kind: 'contract', subject: 'age', state: 'alarm' },
  ]);
});
