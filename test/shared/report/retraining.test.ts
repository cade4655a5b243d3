import { describe, expect, test } from 'vitest';
import type { RetrainingDecision } from '../../../shared/monitoring/retraining.js';
import { renderRetraining } from '../../../shared/report/retraining.js';
import { problemsOf } from './markdown-problems.js';

const decision: RetrainingDecision = {
  format: 1,
  kind: 'retraining',
  model: 'churn',
  at: '2026-06-01T04:17:00.000Z',
  retrain: true,
  reasons: ['input drift of usage and plan_type'],
  rules: [
    { rule: 'every', says: 'nothing', text: 'the last training (v1.2.0) was 10 days ago, and it is due every 30d' },
    { rule: 'drift', says: 'yes', text: 'input drift of usage and plan_type' },
    { rule: 'metric', says: 'unknown', text: 'no window has enough labelled rows with auc, so auc cannot be told' },
  ],
  live: { version: 'v1.2.0', digest: `sha256:${'a'.repeat(64)}`, rows: 1000, data: `sha256:${'b'.repeat(64)}` },
  data: { digest: `sha256:${'c'.repeat(64)}`, rows: 123456 },
  minutes: { used: 12.345, expected: 3, budget: 60 },
};
const context = { stage: 'production', plan: { promote: 'ask', window: '90d', tune: true } } as const;

describe('the summary of a decision', () => {
  test('says what happens, why, and what was looked at', () => {
    const markdown = renderRetraining(decision, context);
    expect(markdown).toMatch(/^### 🔁 `churn` is trained again\n\n- input drift of usage and plan_type\n/);
    expect(markdown).toContain('on the rows of the last `90d`, after a search for better parameters.');
    expect(markdown).toContain('waits until somebody says yes');
    expect(markdown).toContain('❔ unknown');
    expect(markdown).toContain('123,456 rows');
    expect(markdown).toContain('12.35 of 60');
    expect(problemsOf(markdown)).toEqual([]);
  });

  test('of a no says nothing of what would follow', () => {
    const { live: _none, ...rest } = decision;
    const markdown = renderRetraining({ ...rest, retrain: false, minutes: { used: 0, expected: 0 } }, context);
    expect(markdown).toContain('⚪ `churn` is not trained again');
    expect(markdown).toContain('nothing has the stage `production`');
    expect(markdown).not.toContain('somebody says yes');
    expect(markdown).not.toContain('minutes');
    expect(problemsOf(markdown)).toEqual([]);
  });

  test('escapes every name that data or a user has given', () => {
    const evil =
      '<img src=x onerror=alert(1)> | @everyone [x](javascript:alert(1)) `code` --> #1 https://evil.example\n# Heading';
    const hostile: RetrainingDecision = {
      ...{ ...decision, model: evil, reasons: [evil, `1. ${evil}`] },
      rules: [{ rule: 'drift', says: 'yes', text: evil }],
      live: { ...decision.live!, version: evil },
    };
    const markdown = renderRetraining(hostile, context);
    expect(problemsOf(markdown)).toEqual([]);
    expect(markdown).not.toContain('<img');
    expect(markdown).not.toContain('\n# Heading');
  });
});
