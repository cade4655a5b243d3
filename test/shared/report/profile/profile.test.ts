import { describe, expect, test } from 'vitest';
import { renderProfile } from '../../../../shared/report/profile/profile.js';
import { problemsOf } from '../markdown-problems.js';
import { HOSTILE, profileFixture } from './fixtures.js';

const TASKS = ['binary', 'multiclass', 'regression'] as const;

describe('the summary of a profile', () => {
  test.each(TASKS)('%s: says the essentials first', (task) => {
    const markdown = renderProfile(profileFixture({ task }), 'churn-profile');
    expect(markdown.split('\n')[0]).toBe('### 🔴 `churn`: the data has 1 problem');
    expect(markdown).toContain('**100 rows** (train 60, validation 10, test 30) in **6 columns**');
    expect(markdown.indexOf('alone predicts everything')).toBeLessThan(markdown.indexOf('The target'));
    expect(markdown.indexOf('What says most about')).toBeLessThan(markdown.indexOf('<b>Columns</b>: 6'));
    expect(markdown).toContain('in artifact churn-profile');
    expect(markdown.includes('```mermaid')).toBe(task === 'regression');
    expect(markdown).toContain('`█▅▂▁`');
  });

  test('without findings says so', () => {
    const markdown = renderProfile({ ...profileFixture(), findings: [], notices: [] });
    expect(markdown).toContain('### 🟢 `churn`: nothing suspicious in the data');
    expect(markdown).not.toContain('[!');
  });

  test.each(TASKS)('%s: hostile names and values stay text', (task) => {
    const markdown = renderProfile(profileFixture({ task, word: HOSTILE }), HOSTILE);
    expect(problemsOf(markdown)).toEqual([]);
    expect(markdown).not.toMatch(/<script|<img|<\/svg|@octocat|\u202e/);
  });

  test('fits a summary with thousands of columns', () => {
    const markdown = renderProfile(profileFixture({ columns: 3000, word: HOSTILE }));
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    expect(markdown).toContain('more in the page');
  });
});
