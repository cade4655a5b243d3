import { describe, expect, it } from 'vitest';
import { type PackReport, renderPack, renderStudy, type StudyReport } from '../../../shared/report/study.js';
import { ranked, type Trial } from '../../../shared/tuning/study.js';
import { problemsOf } from './markdown-problems.js';

const trial = (number: number, value: number | undefined, more: Partial<Trial> = {}): Trial => ({
  ...{ number, params: { num_leaves: 7 * number, learning_rate: 0.3 / number }, seconds: 2, proposals: 1, round: 1 },
  ...(value === undefined
    ? { state: 'failed' as const, reason: 'the training died: out of memory' }
    : { state: 'finished' as const, value, rows: 'r' }),
  ...more,
});

const trials: readonly Trial[] = [
  ...[0.712, 0.731, 0.702, 0.744, 0.7439, 0.75, 0.741].map((value, index) => trial(index + 1, value)),
  trial(8, undefined),
  trial(9, undefined),
  trial(10, undefined, { reason: '3 jobs ended before the trial had a result' }),
];

const report: StudyReport = {
  ...{ model: 'churn', study: 'default-0123456789ab', metric: 'auc', better: 'higher', sampler: 'tpe', trials },
  ranking: ranked(trials, 'higher'),
  present: trials[0]!.params,
  importance: [
    { name: 'learning_rate', share: 0.41 },
    { name: 'num_leaves', share: 0 },
  ],
  notices: ['2 of 12 trials have no result.'],
  runUrl: 'https://github.com/octo/churn/actions/runs/9',
};

const hostile = '</details><script>alert(1)</script> @octocat | `x` \n# heading [a](javascript:b)';

describe('the report of a study', () => {
  it('is as it was looked at', async () => {
    await expect(renderStudy(report)).toMatchFileSnapshot('./__snapshots__/study.md');
    expect(problemsOf(renderStudy(report))).toEqual([]);
  });

  it('draws the best so far, which never gets worse', () => {
    const drawn = /line "best so far" \[(.*)\]/.exec(renderStudy(report))![1]!.split(', ').map(Number);
    expect(drawn).toEqual([0.712, 0.731, 0.731, 0.744, 0.744, 0.75, 0.75]);
    const lower = renderStudy({ ...report, metric: 'log_loss', better: 'lower', ranking: ranked(trials, 'lower') });
    expect(/line "best so far" \[(.*)\]/.exec(lower)![1]!.split(', ').map(Number)).toEqual([
      0.712, 0.712, 0.702, 0.702, 0.702, 0.702, 0.702,
    ]);
  });

  it('groups the failures by their reason', () => {
    const text = renderStudy(report);
    expect(text).toContain('<b>Failures</b>: 3 trials, 2 reasons');
    expect(text).toMatch(/the training died: out of memory\s*\|\s*2 \|/);
  });

  it('says so when there is no result', () => {
    const none = renderStudy({ ...report, trials: trials.slice(7), ranking: [], importance: [] });
    expect(none).toContain('🔴 `churn`: no trial has a result');
    expect(none).not.toContain('mermaid');
    expect(problemsOf(none)).toEqual([]);
  });

  it('holds nothing that names or reasons could break, and fits into a summary', () => {
    const many = Array.from({ length: 3000 }, (_, index) =>
      index % 2 === 0
        ? trial(index + 1, Math.sin(index), { params: { [hostile]: index, other: hostile } })
        : trial(index + 1, undefined, { reason: `${hostile} ${index}`, params: { [hostile]: hostile } }),
    );
    const text = renderStudy({
      ...report,
      study: hostile,
      sampler: hostile,
      trials: many,
      ranking: ranked(many, 'higher'),
      importance: [{ name: hostile, share: 0.5 }],
      notices: [hostile],
    });
    expect(problemsOf(text)).toEqual([]);
    expect(text.length).toBeLessThan(340_000);
  });
});

describe('the report of a pack', () => {
  const pack: PackReport = { model: 'churn', metric: 'auc', better: 'higher', round: 2, job: 3, trials };

  it('lists its trials, the best first, and the failures', async () => {
    await expect(renderPack(pack)).toMatchFileSnapshot('./__snapshots__/study-pack.md');
    expect(problemsOf(renderPack(pack))).toEqual([]);
  });

  it('says so when nothing ended well', () => {
    expect(renderPack({ ...pack, trials: trials.slice(7) })).toContain(
      '🔴 `churn`: 0 trials of round 2, job 3, no trial has a result',
    );
  });
});
