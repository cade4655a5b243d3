import { describe, expect, test } from 'vitest';
import { COMMENT_LIMIT } from '../../../../shared/report/comment.js';
import { renderHealth } from '../../../../shared/report/health/health.js';
import { renderHealthIssue } from '../../../../shared/report/health/issue.js';
import { healthTitle, momentText, windowText } from '../../../../shared/report/health/words.js';
import { problemsOf } from '../markdown-problems.js';
import * as healths from './fixtures.js';

const context = { tool: 'mlops-actions 0.1.0' };

describe('a report of health', () => {
  test('says first what is wrong, and since when', () => {
    const [headline, , sentence] = renderHealth(healths.ill, context).split('\n');
    expect(headline).toBe('### 🔴 `flight-delay` v1.2.0: the quality fell (`auc`); `distance` and `origin` drifted');
    expect(sentence).toMatch(
      /^\*\*Since 2001-05-07\*\* · newest window 2001-05-14 … 2001-05-20, 12,022 rows · looked at 2001-05-21 06:30 UTC/,
    );
  });

  test('draws the quality and the columns that drifted, the reference against the newest window', () => {
    const text = renderHealth(healths.ill, context);
    expect(text.match(/```mermaid/g)).toHaveLength(3);
    expect(text).toContain('**`distance`**: the newest window (blue bars), the training rows (grey line)');
    expect(text).toContain('bar "newest window"');
    expect(renderHealth(healths.well, context)).not.toContain('**`distance`**');
  });

  test('tells what is certain but small from what is drift', () => {
    expect(renderHealth(healths.ill, context)).toContain(
      '2 of 4 columns drifted in the newest window, 1 certain but too small to matter',
    );
  });

  test('fits an issue, however many columns there are', () => {
    for (const health of [healths.ill, healths.hostile, healths.wide]) {
      const { title, body } = renderHealthIssue(health, context, undefined);
      expect(body.length).toBeLessThan(COMMENT_LIMIT);
      expect(title.length).toBeLessThanOrEqual(200);
      expect(problemsOf(body)).toEqual([]);
    }
    expect(renderHealthIssue(healths.wide, context, undefined).body).toContain('shortened to fit');
  });

  test('has a title of plain words', () => {
    expect(healthTitle(healths.ill)).toBe('flight-delay: the quality fell (auc); distance and origin drifted');
    expect(healthTitle(healths.well)).toBe('flight-delay: healthy');
    expect(healthTitle(healths.unknown)).toBe('flight-delay: nothing can be said yet');
    expect(healthTitle(healths.wide)).toMatch(/column_0, column_1, column_2 and 997 more drifted$/);
    expect(healthTitle(healths.hostile)).not.toMatch(/[\p{C}]/u);
  });

  test('does not call well what is only unknown', () => {
    const before = { healthy: false, alarms: [['latency', 'latency_p99_ms <= 5']] } as const;
    const { title, body } = renderHealthIssue(healths.well, context, undefined);
    expect([title, body.split('\n')[1]]).toEqual(['flight-delay: healthy', '### 🟢 `flight-delay` v1.2.0 is healthy']);
    const checks = healths.ill.checks.filter(({ state }) => state === 'ok' || state === 'unknown');
    const open = renderHealthIssue({ ...healths.well, checks }, context, before);
    expect(open.title).toBe('flight-delay: not known to be well again (latency_p99_ms <= 5)');
    expect(open.body.split('\n')[1]).toMatch(
      /^### ⚪ `flight-delay` v1\.2\.0: it is not known whether .*latency_p99_ms.* is well again$/,
    );
  });

  test('writes moments and windows in UTC', () => {
    expect(momentText('2026-03-02T00:00:00.000Z')).toBe('2026-03-02');
    expect(momentText('2026-03-02T06:00:00.000Z')).toBe('2026-03-02 06:00 UTC');
    const window = (from: string, to: string) => windowText({ from, to });
    expect(window('2026-03-02T00:00:00.000Z', '2026-03-03T00:00:00.000Z')).toBe('2026-03-02');
    expect(window('2026-03-02T00:00:00.000Z', '2026-03-02T06:00:00.000Z')).toBe('2026-03-02 … 2026-03-02 06:00 UTC');
  });
});
