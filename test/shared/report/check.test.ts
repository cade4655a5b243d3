import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderCheck } from '../../../shared/report/check.js';
import { anyComparison, anyValidation } from './arbitrary.js';
import * as fixtures from './fixtures.js';
import { problemsOf } from './markdown-problems.js';
import * as models from './model-fixtures.js';

describe('renderCheck', () => {
  it.each([
    ['better', fixtures.better, 'success', 'flight-delay: the candidate is better than production'],
    ['identical', fixtures.identical, 'success', 'flight-delay: the candidate is identical to production'],
    ['no evidence', fixtures.noEvidence, 'success', 'flight-delay: no evidence of a difference from production'],
    ['first model', fixtures.firstModel, 'success', 'flight-delay: the first model'],
    ['worse, which no gate forbids', fixtures.worse, 'neutral', 'flight-delay: the candidate is worse than production'],
    ['not comparable', fixtures.targetChanged, 'neutral', 'flight-delay: not comparable with v1.3.0'],
    ['inconclusive', fixtures.inconclusive, 'neutral', 'flight-delay: no evidence of a difference from production'],
    ['a failed gate', fixtures.gateFailed, 'failure', 'flight-delay: better than production, but 2 of 6 gates fail'],
    [
      'a broken contract',
      models.validationFailed,
      'failure',
      'seattle-weather: the data broke its contract: no model was trained',
    ],
  ] as const)('%s', (_, result, conclusion, title) => {
    expect(renderCheck(result)).toMatchObject({ conclusion, title });
  });

  it('fails where an inconclusive gate blocks', () => {
    const blocked = { ...fixtures.inconclusive, blocked: true };
    expect(renderCheck(blocked)).toMatchObject({
      conclusion: 'failure',
      title: expect.stringContaining('but 1 of 3 gates is inconclusive'),
    });
  });

  it('annotates the lines of the spec, failures first', () => {
    expect(renderCheck(fixtures.gateFailed, { spec: 'models/mlops.yaml' }).annotations).toEqual([
      {
        path: 'models/mlops.yaml',
        line: 37,
        level: 'failure',
        message: 'gate auc >= 0.75: 0.7406 is 0.0094 short. It passes from 0.75 on.',
      },
      expect.objectContaining({ line: 34, level: 'failure' }),
    ]);
    expect(renderCheck(fixtures.inconclusive).annotations).toMatchObject([{ path: 'mlops.yaml', line: 38, level: 'notice' }]);
    expect(renderCheck(models.validationFailed).annotations).toMatchObject([
      {
        line: 14,
        level: 'failure',
        message: 'contract wind max: 12 of 1,461 rows (0.8 %) above, the largest is 9.5; required: at most 9',
      },
      { line: 18, level: 'failure' },
      { line: 11, level: 'warning' },
    ]);
  });

  it('keeps GitHub\u2019s limits for any result', () => {
    fc.assert(
      fc.property(fc.oneof(anyComparison, anyValidation), (result) => {
        const check = renderCheck(result);
        expect(check.summary.length).toBeLessThanOrEqual(65_535);
        expect(check.summary).not.toContain('```mermaid');
        expect(problemsOf(check.summary)).toEqual([]);
        expect(check.title.length).toBeLessThanOrEqual(400);
        expect(check.annotations.length).toBeLessThanOrEqual(50);
        for (const text of [check.title, ...check.annotations.map((annotation) => annotation.message)]) {
          expect(text).not.toMatch(/[\n\r\u202a-\u202e]/);
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });
});
