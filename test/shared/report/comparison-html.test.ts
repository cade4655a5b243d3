import { describe, expect, test } from 'vitest';
import type { Comparison } from '../../../shared/evaluation/comparison.js';
import { mcnemarOf } from '../../../shared/evaluation/mcnemar.js';
import { renderComparisonHtml } from '../../../shared/report/comparison-html.js';
import { parseResult } from '../../../shared/report/result.js';
import * as contexts from './context-fixtures.js';
import * as extremes from './extreme-fixtures.js';
import * as fixtures from './fixtures.js';

/** Every tag of a page. */
function tags(html: string): Set<string> {
  return new Set([...html.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name]) => name!.toLowerCase()));
}

const RESULTS = {
  better: fixtures.better,
  worse: fixtures.worse,
  'not comparable': fixtures.targetChanged,
  'first model': fixtures.firstModel,
  'three candidates': contexts.threeCandidates,
  decayed: contexts.decayed,
  steady: contexts.steady,
  regression: fixtures.regression,
  'forty slices': extremes.fortySlices,
  'two hundred metrics': extremes.twoHundredMetrics,
  hostile: extremes.hostile,
};

describe('the page of a comparison', () => {
  test.each(Object.entries(RESULTS))('%s: no script, no picture from elsewhere, no network', async (_, result) => {
    const html = await renderComparisonHtml(result);
    for (const tag of ['script', 'img', 'iframe', 'object', 'link', 'a', 'form']) expect(tags(html)).not.toContain(tag);
    expect(html.replace(/"[^"]*"/g, '""').match(/<[^>]*\son\w+=/g)).toBeNull();
    expect(html.match(/\b(?:src|href|action|data)="/g)).toBeNull();
    expect(html).not.toMatch(/url\(|@import/);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html.match(/<\/style>/g)).toHaveLength(1);
    expect(html).not.toMatch(/NaN|undefined|Infinity|\u202e/);
  });

  test('hostile texts add no kind of element', async () => {
    const whole = {
      ...{ ...fixtures.gateFailed, ...fixtures.worse, reason: 'It `is` so.', gates: fixtures.gateFailed.gates },
      ...{ candidates: contexts.threeCandidates.candidates!, history: contexts.decayed.history! },
    };
    const known = tags(await renderComparisonHtml(whole));
    for (const tag of tags(await renderComparisonHtml(extremes.hostile))) expect([...known, 'small', 'br']).toContain(tag);
  });

  test('has every slice and metric, and draws an interval right of the middle exactly where the candidate is better', async () => {
    const result = extremes.fortySlices;
    const html = await renderComparisonHtml(result);
    const count = (sign: string): number => [...result.metrics, ...result.slices].filter((row) => row.sign === sign).length;
    expect(html.match(/class="bar middle interval good"/g) ?? []).toHaveLength(count('better'));
    expect(html.match(/class="bar middle interval bad"/g) ?? []).toHaveLength(count('worse'));
    const places = [...html.matchAll(/interval (good|bad)" title="[^"]*"><i style="left:([\d.]+)%;width:([\d.]+)%/g)];
    for (const [, kind, left, width] of places) {
      if (kind === 'good') expect(Number(left)).toBeGreaterThanOrEqual(50);
      else expect(Number(left) + Number(width)).toBeLessThanOrEqual(50);
    }
  });

  test('a lower value is better for an error, and stands on the same side', async () => {
    const html = await renderComparisonHtml(fixtures.better);
    const row = /log_loss<\/bdi> ↓<\/td>.*?<\/tr>/s.exec(html)![0];
    expect(row).toContain('−0.0061');
    expect(row).toContain('interval good');
  });

  test('has what the comment says of parts of the rows, whatever their names', async () => {
    const evil = '<script>alert(1)</script>';
    const rates = { selected: 0.31, found: 0.5, excess: -0.02 };
    const html = await renderComparisonHtml({
      ...fixtures.worse,
      search: {
        ...{ searched: 99, loss: 'squared error' },
        found: [
          { parts: [evil, 'hour = 7'], rows: 412, difference: 0.034, interval: { low: 0.011, high: 0.057 }, adjustedP: 0.001 },
        ],
      },
      fairness: [
        { column: evil, groups: [{ name: evil, rows: 900, candidate: rates, champion: { ...rates, selected: 0.25 } }] },
      ],
      classes: [{ name: evil, rows: 10, candidate: { decided: 4, right: 3 }, champion: { decided: 0, right: 0 } }],
    });
    expect(tags(html)).not.toContain('script');
    expect(html).toContain('Of 99 slices searched, 1 slice has a larger squared error than with production beyond chance.');
    for (const cells of [
      '+0.0340',
      '25.0 % →</span> <span class="whole">31.0 %',
      '– →</span> <span class="whole">75.0 %',
      '0.0 % →</span> <span class="whole">30.0 %',
    ])
      expect(html).toContain(cells);
    const alone = { ...fixtures.firstModel, search: { searched: 9, loss: 'absolute error' as const, found: [] } };
    expect(await renderComparisonHtml(alone)).toContain('none has a larger absolute error than over all rows beyond chance.');
  });

  test("tells McNemar's test where comparison.json has it: exact of few rows, chi-square of many", async () => {
    expect(await renderComparisonHtml(fixtures.better)).toContain(
      'right: χ² = 40.57 with continuity correction, p &lt; 0.001. It is shown beside the verdict and has no part in it: that comes from the interval of <bdi>auc</bdi>.',
    );
    const few = { rows: 9, forTheBetter: 8, forTheWorse: 1, mcnemar: mcnemarOf({ wins: 8, losses: 1 })! };
    const result = { ...fixtures.better, primary: 'accuracy', disagreement: few };
    const html = await renderComparisonHtml(result);
    expect(html).toContain('right: p = 0.039 (exact). ');
    expect(html).toContain("<bdi>accuracy</bdi>, which is the test's mid-p form.");
    const { mcnemar: _, ...older } = few;
    const before = parseResult(JSON.stringify({ ...result, disagreement: older })) as Comparison;
    expect(await renderComparisonHtml(before)).not.toContain('McNemar');
  });

  test('shows the numbers of the curves over their marks', async () => {
    const html = await renderComparisonHtml(fixtures.better);
    expect(html).toContain('<title>candidate: true positive rate 1.0000 at false positive rate 1.0000</title>');
    expect(html).toContain('<title>production: true positive rate');
  });

  test('joins figures of the same test rows over versions, and no others', async () => {
    const marks = (html: string): number => html.match(/<title>(?:v1\.\d\.0|candidate): 0\.\d+ on [\d,]+ rows/g)?.length ?? 0;
    const [joined, apart] = await Promise.all([contexts.decayed, contexts.steady].map(renderComparisonHtml));
    expect([marks(joined!), marks(apart!)]).toEqual([6, 6]);
    const lines = (html: string): number =>
      (
        /over versions.*?<svg(.*?)<\/svg>/s
          .exec(html)![1]!
          .match(/stroke="var\(--accent\)"[^>]*fill="none"|fill="none"[^>]*stroke="var\(--accent\)"/g) ?? []
      ).length;
    expect(lines(joined!)).toBe(1);
    expect(joined).toContain('beyond the noise band');
    expect(apart).not.toContain('beyond the noise band');
    expect(apart).toContain('5 versions have other test rows than the candidate');
  });
});
