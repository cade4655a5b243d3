import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commentMarker, SMALLEST_LIMIT } from '../../../shared/report/comment.js';
import { renderComparison, renderComparisonSummary } from '../../../shared/report/comparison.js';
import { anyComparison, hostileText } from './arbitrary.js';
import * as extremes from './extreme-fixtures.js';
import * as fixtures from './fixtures.js';
import { problemsOf } from './markdown-problems.js';

const { better, context } = fixtures;
const lines = (markdown: string): string[] => markdown.split('\n');
/** Whether two names are the same as UTF-8, which has no lone surrogates. */
const bytes = (a: string, b: string): boolean => Buffer.from(a).equals(Buffer.from(b));

describe('renderComparison', () => {
  it('keeps every promise for any result whatsoever', () => {
    const limits = fc.oneof(fc.constant(undefined), fc.integer({ min: SMALLEST_LIMIT, max: 40_000 }));
    fc.assert(
      fc.property(anyComparison, hostileText, limits, (result, workflow, limit) => {
        const markdown = renderComparison(result, { ...context, workflow, ...(limit !== undefined && { limit }) });
        expect(markdown.length).toBeLessThanOrEqual(limit ?? 65_536);
        expect(lines(markdown)[0]).toBe(commentMarker(result.model, workflow));
        expect(problemsOf(markdown)).toEqual([]);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('sheds sections in a stated order and says which', () => {
    const huge = {
      ...extremes.hostile,
      slices: extremes.fortySlices.slices.flatMap((slice) =>
        Array.from({ length: 30 }, (_, copy) => ({ ...slice, slice: `${slice.slice} ${'<'.repeat(40)} ${copy}` })),
      ),
      metrics: extremes.twoHundredMetrics.metrics,
    };
    const whole = renderComparisonSummary(huge, context);
    const comment = renderComparison(huge, context);
    expect(whole.length).toBeGreaterThan(65_536);
    expect(comment.length).toBeLessThanOrEqual(65_536);
    expect(comment).toContain('shortened to fit: ');
    expect(comment).toContain('in <a href="https://github.com/octo/flights/actions/runs/7/artifacts/21">the full report</a>');
    expect(whole).not.toContain('shortened to fit');

    const small = renderComparison(huge, { ...context, limit: SMALLEST_LIMIT });
    expect(small).toContain(lines(comment)[1]);
    expect(small).toContain('fails:**');
    expect(small.length).toBeLessThanOrEqual(SMALLEST_LIMIT);
  });

  it('refuses a limit that cannot hold the verdict', () => {
    expect(() => renderComparison(better, { ...context, limit: 500 })).toThrow(RangeError);
  });

  it('says by how much a gate fails and what would pass', () => {
    const markdown = renderComparison(fixtures.gateFailed, context);
    expect(markdown).toContain('0.7406 is 0.0094 short. It passes from 0.75 on.');
    expect(markdown).toContain('better than production, but 2 of 6 gates fail');
  });

  it('shows decimals enough to tell a value from the gate that it misses', () => {
    const gate = { text: 'auc >= 0.7', metric: 'auc', outcome: 'fail' as const, required: '≥ 0.7', value: 0.699997 };
    const markdown = renderComparison({ ...better, gates: [gate], gatesOutcome: 'fail', blocked: true }, context);
    expect(markdown).toContain('0.699997 is 0.000003 short');
  });

  it('says what an allowed loss is when the whole interval is beyond it', () => {
    const gate = {
      text: 'auc >= champion - 0.002',
      metric: 'auc',
      outcome: 'fail' as const,
      required: '≥ champion − 0.002',
      value: -0.0495,
      interval: { low: -0.0536, high: -0.0454 },
    };
    const markdown = renderComparison({ ...fixtures.worse, gates: [gate], gatesOutcome: 'fail', blocked: true }, context);
    expect(markdown).toContain('worse than production, and its gate fails');
    expect(markdown).toContain('the difference is −0.0495, at best −0.0454; a loss of 0.002 is allowed.');
    expect(markdown).toContain('It passes when the whole interval is from −0.0020 on.');
  });

  it('names the rows that would decide an inconclusive gate', () => {
    expect(renderComparison(fixtures.inconclusive, context)).toContain(
      'About 455,000 test rows would decide it; there are 58,003.',
    );
  });

  it('marks what the champion recorded, and says that it decides nothing', () => {
    const markdown = renderComparison(fixtures.targetChanged, context);
    expect(markdown).toContain('v1.3.0, as it recorded');
    expect(markdown).toContain('*0.7312*');
    expect(markdown).toContain('They decide nothing.');
    expect(markdown).not.toContain('🟢');
  });

  it('draws nothing where two curves lie on each other without evidence', () => {
    expect(renderComparison(fixtures.noEvidence, context)).not.toContain('```mermaid');
    expect(renderComparison(better, context)).toContain('the candidate (blue) above or below production (grey)');
    expect(renderComparison(fixtures.worse, context)).toContain('candidate (blue), production (grey)');
  });

  it('warns of rows that stand on both sides of the split', () => {
    expect(renderComparison({ ...better, leakage: 0.034 }, context)).toContain(
      '3.4 % of the test rows stand among the training rows',
    );
    expect(renderComparison({ ...better, leakage: 0.0002 }, context)).not.toContain('⚠️');
  });

  it('links a run only on the host that the comment itself is on', () => {
    const elsewhere = { ...better, candidate: { ...better.candidate, runUrl: 'https://evil.example/run/7' } };
    expect(renderComparison(elsewhere, context)).not.toContain('evil.example');
    expect(renderComparison(better, context)).toContain(
      'commit 3f2c1ab, <a href="https://github.com/octo/flights/actions/runs/7">run</a>',
    );
  });

  it('calls the champion by its stage, its version, or champion', () => {
    const head = (reference: string): string =>
      lines(renderComparison({ ...better, champion: { ...better.champion!, reference } }, context))[1]!;
    expect(head('flight-delay#production')).toContain('better than production');
    expect(head('flight-delay@v2.0.1')).toContain('better than v2.0.1');
    expect(head('run:123/candidate')).toContain('better than the champion');
    expect(head('flight-delay#<b>')).toContain('better than the champion');
  });
});

describe('commentMarker', () => {
  it('is one line that no name can end or imitate', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (model, workflow) => {
        expect(commentMarker(model, workflow)).toMatch(/^<!-- mlops-actions: (?:(?!--)[\w.%~ /()-])* -->$/);
      }),
    );
  });

  it('differs for different names', () => {
    fc.assert(
      fc.property(hostileText, hostileText, hostileText, hostileText, (model, workflow, otherModel, otherWorkflow) => {
        const same = bytes(model, otherModel) && bytes(workflow, otherWorkflow);
        expect(commentMarker(model, workflow) === commentMarker(otherModel, otherWorkflow)).toBe(same);
      }),
    );
  });
});
