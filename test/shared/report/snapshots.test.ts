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

  it('comments begin with their marker, summaries have none', () => {
    expect(documents.better?.split('\n')[0]).toBe('<!-- mlops-actions: flight-delay / model-ci -->');
    expect(documents['hostile-names']?.split('\n')[0]).toBe(commentMarker(extremes.hostile.model, 'model-ci'));
    expect(documents['training-summary']).not.toContain('<!--');
  });
});
