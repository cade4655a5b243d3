import { describe, expect, it } from 'vitest';
import { commentMarker } from '../../../shared/report/comment.js';
import { documents } from './documents.js';
import * as extremes from './extreme-fixtures.js';
import { problemsOf } from './markdown-problems.js';

describe('documents', () => {
  for (const [name, markdown] of Object.entries(documents)) {
    it(`${name} is as it was looked at`, async () => {
      await expect(markdown).toMatchFileSnapshot(`./__snapshots__/${name}.md`);
    });

    it(`${name} holds nothing that breaks or reaches out of the comment`, () => {
      expect(problemsOf(markdown)).toEqual([]);
    });
  }

  it.each([
    ['better', '🟢 `flight-delay`: the candidate is better than production'],
    ['worse', '🔴 `flight-delay`: the candidate is worse than production'],
    ['no-evidence', '⚪ `flight-delay`: no evidence of a difference from production'],
    ['gate-failed', '🔴 `flight-delay`: better than production, but 2 of 6 gates fail'],
    ['fork', '⚪ `flight-delay`: no evidence of a difference from production'],
    ['first-model', '🔵 `flight-delay`: the first model'],
    ['forty-slices', '🟢 `flight-delay`: the candidate is better than production'],
    ['two-hundred-metrics', '🟢 `flight-delay`: the candidate is better than production'],
    ['hostile-names', 'better than the champion, but 3 of 7 gates fail'],
    ['not-comparable', '🟡 `flight-delay`: not comparable with v1.3.0'],
  ])('%s says its verdict in the first line that is seen', (name, verdict) => {
    const [marker, first] = documents[name]!.split('\n');
    expect(marker).toMatch(/^<!-- mlops-actions: .* -->$/);
    expect(first).toMatch(/^### /);
    expect(first).toContain(verdict);
  });

  it('a comment on a fork names it, and links nothing but its run', () => {
    expect(documents.fork).toContain('the fork <code>ann-visitor/flights</code>');
    expect(documents.fork).not.toContain('artifacts/');
  });

  it('comments begin with their marker, summaries have none', () => {
    expect(documents.better?.split('\n')[0]).toBe('<!-- mlops-actions: flight-delay / model-ci -->');
    expect(documents['hostile-names']?.split('\n')[0]).toBe(commentMarker(extremes.hostile.model, 'model-ci'));
    expect(documents['training-summary']).not.toContain('<!--');
  });
});
