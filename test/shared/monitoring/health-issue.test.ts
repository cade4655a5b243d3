import { describe, expect, test } from 'vitest';
import { hiddenBlock } from '../../../shared/github/hidden-block.js';
import type { Health, HealthCheck } from '../../../shared/monitoring/health.js';
import { healthMarker, isSilenced, nextMemory, readMemory, wantedState } from '../../../shared/monitoring/health-issue.js';

const check = (subject: string, state: HealthCheck['state']): HealthCheck => ({
  kind: 'input drift',
  subject,
  state,
  breaches: 0,
  detail: '',
});

function health(...checks: HealthCheck[]): Health {
  return {
    ...{ format: 1, kind: 'health', model: 'm', version: '', digest: '', at: '', window: '7d', windows: [] },
    ...{ checks, healthy: checks.every(({ state }) => state !== 'alarm'), drifted: [], notices: [] },
  };
}

const alarmed = { healthy: false, alarms: [['input drift', 'age']] } as const;

describe('the issue of a model', () => {
  test('is open in alarm, closed when something is known to be well', () => {
    expect(wantedState(health(check('age', 'alarm')), undefined)).toBe('open');
    expect(wantedState(health(check('age', 'ok'), check('pay', 'unknown')), alarmed)).toBe('closed');
    expect(wantedState(health(check('age', 'watch')), alarmed)).toBe('closed');
  });

  test('stays as it is while nothing is known, or nothing of what was in alarm', () => {
    expect(wantedState(health(), alarmed)).toBe('as it is');
    expect(wantedState(health(check('age', 'unknown')), undefined)).toBe('as it is');
    expect(wantedState(health(check('age', 'unknown'), check('pay', 'ok')), alarmed)).toBe('as it is');
    // A column that is no more is no open question.
    expect(wantedState(health(check('pay', 'ok')), alarmed)).toBe('closed');
  });

  test('remembers what was in alarm until it is known to be well', () => {
    expect(nextMemory(health(check('age', 'alarm'), check('pay', 'ok')), undefined)).toEqual({
      healthy: false,
      alarms: [['input drift', 'age']],
    });
    expect(nextMemory(health(check('age', 'unknown'), check('pay', 'ok')), alarmed)).toEqual(alarmed);
    expect(nextMemory(health(check('age', 'ok')), alarmed)).toEqual({ healthy: true, alarms: [] });
  });

  test('reads its memory, and believes no broken one', () => {
    expect(readMemory(`text\n${hiddenBlock('monitor', alarmed)}\n`)).toEqual(alarmed);
    expect(readMemory(`text\n${hiddenBlock('monitor', { healthy: 'yes' })}\n`)).toBeUndefined();
    expect(readMemory(undefined)).toBeUndefined();
  });

  test('is silenced by a person as long as it is the same spell', () => {
    const closed = { number: 1, url: '', title: '', isOpen: false };
    expect(isSilenced({ ...closed, reason: 'not_planned', body: hiddenBlock('monitor', alarmed) })).toBe(true);
    expect(isSilenced({ ...closed, reason: 'completed', body: hiddenBlock('monitor', alarmed) })).toBe(false);
    expect(isSilenced({ ...closed, reason: 'not_planned', body: hiddenBlock('monitor', { healthy: true, alarms: [] }) })).toBe(
      false,
    );
  });

  test('is found by a line that no name can end', () => {
    expect(healthMarker('flight-delay')).toBe('<!-- mlops-actions health: flight-delay -->');
    expect(healthMarker('a--b').slice(4, -3)).not.toContain('--');
    expect(healthMarker('x --> y').slice(4, -3)).not.toMatch(/--|>/);
  });
});
