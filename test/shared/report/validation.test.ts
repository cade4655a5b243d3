import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commentMarker, SMALLEST_LIMIT } from '../../../shared/report/comment.js';
import { renderValidation, renderValidationComment } from '../../../shared/report/validation.js';
import { anyValidation } from './arbitrary.js';
import { context } from './fixtures.js';
import { problemsOf } from './markdown-problems.js';
import { validationFailed } from './model-fixtures.js';

describe('renderValidationComment', () => {
  it('keeps every promise for any result whatsoever', () => {
    fc.assert(
      fc.property(anyValidation, fc.constantFrom(SMALLEST_LIMIT, 65_536), (result, limit) => {
        const markdown = renderValidationComment(result, { ...context, limit });
        expect(markdown.length).toBeLessThanOrEqual(limit);
        expect(markdown.split('\n')[0]).toBe(commentMarker(result.model, context.workflow));
        expect(problemsOf(markdown)).toEqual([]);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('puts errors before warnings, and broken rules before the ones that hold', () => {
    const markdown = renderValidation(validationFailed);
    const order = ['the data broke its contract: no model was trained', '`max`', '`enum`', '`missing.max`', '`unique`'];
    const places = order.map((text) => markdown.indexOf(text));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('says so when everything holds, and when there is nothing to hold', () => {
    const held = validationFailed.rules.filter((rule) => rule.passed);
    expect(renderValidation({ ...validationFailed, passed: true, rules: held })).toContain(
      'All 2 rules hold on 1,461 rows in 4 columns.',
    );
    expect(renderValidation({ ...validationFailed, passed: true, rules: [] })).toContain('it has no contract');
  });
});
