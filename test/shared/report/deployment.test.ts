import { describe, expect, test } from 'vitest';
import type { DeploymentResult } from '../../../shared/deployment/result.js';
import { renderDeployment } from '../../../shared/report/deployment.js';
import { problemsOf } from './markdown-problems.js';

const HOSTILE = '<img src=x onerror=alert(1)> | @octocat #1 [a](https://evil.example) `code`\n```\n# heading';

const result = (changes: Partial<DeploymentResult> = {}): DeploymentResult => ({
  ...{ format: 1, kind: 'deployment', model: 'flight-delay', version: 'v1.2.0', digest: `sha256:${'a'.repeat(64)}` },
  ...{
    target: 'service',
    environment: 'production',
    outcome: 'deployed',
    url: 'https://github.com/models',
    previous: 'v1.1.0',
  },
  smoke: {
    ...{ rows: 64, worst: 3e-8, registered: { rows: 46, worst: 0 }, latency: { p50Ms: 0.41, p99Ms: 0.83 } },
    checks: [{ name: 'answers', ok: true, detail: '64 rows as the model itself answers' }],
  },
  plan: ['load v1.2.0 without traffic'],
  steps: [0, 5, 100].map((share) => ({
    ...{ name: `${share} % of the traffic`, share, seconds: 61 },
    checks: [
      { name: 'golden rows', ok: true, detail: '64 rows' },
      { name: 'error counters', ok: true, detail: 'no error' },
    ],
  })),
  ...{ notices: [], deployment: 2_900_000_001, run: 'https://github.com/acme/models/actions/runs/1' },
  ...{ seconds: 190, createdAt: '2026-01-01T00:00:00.000Z', tool: 'mlops-actions 1.0.0' },
  ...changes,
});

const failed: Partial<DeploymentResult> = {
  outcome: 'rolled back',
  reason: '5 %: error counters: v1.2.0 failed at 2 of 40 requests (5xx)',
};

describe('a deployment', () => {
  test('that went well says what is live, what was looked at, and how the traffic grew', () => {
    const text = renderDeployment(result());
    for (const words of [
      '🟢 `flight-delay` `v1.2.0` is live in `production`',
      '`v1.1.0` was live before',
      '99th percentile 0.8 ms',
      '3 min 10 s',
    ])
      expect(text).toContain(words);
    expect(text.match(/✅/g)).toHaveLength(7);
    expect(problemsOf(text)).toEqual([]);
  });

  test.each<[string, Partial<DeploymentResult>, string]>([
    ['unchanged', { outcome: 'unchanged', steps: [] }, '⚪ `flight-delay` `v1.2.0` is live in `production` already'],
    [
      'failed',
      { outcome: 'failed', reason: 'the smoke test failed', steps: [] },
      '🔴 `flight-delay` `v1.2.0` is not deployed to `production`: nothing was changed',
    ],
    [
      'rolled back',
      { ...failed, rollback: { to: 'v1.1.0', complete: true } },
      '🔴 `flight-delay` `v1.2.0` was rolled back in `production`, `v1.1.0` is live',
    ],
    [
      'not completely rolled back',
      { ...failed, rollback: { complete: false, note: 'by hand' } },
      '**The rollback is not complete**: by hand',
    ],
    ['a batch', { target: 'batch', version: '', steps: [] }, '🟢 `flight-delay` `sha256:aaaa…aaaa` has scored the files'],
    ['a batch that failed', { target: 'batch', ...failed }, '🔴 `flight-delay` `v1.2.0` has not scored the files'],
    ['planned', { outcome: 'planned', manifests: 'kind: Service\n', diff: '' }, 'Nothing differs from what is live.'],
    ['planned, with nothing to do', { outcome: 'planned', plan: [] }, 'There is nothing to do.'],
  ])('%s', (_name, changes, words) => {
    const text = renderDeployment(result(changes));
    expect(text).toContain(words);
    expect(problemsOf(text)).toEqual([]);
  });

  test('whatever a service, a cluster or a spec says is text', () => {
    const hostile = renderDeployment(
      result({
        ...failed,
        ...{
          model: HOSTILE,
          version: HOSTILE,
          environment: HOSTILE,
          url: 'javascript:alert(1)',
          previous: HOSTILE,
          reason: HOSTILE,
        },
        ...{ notices: [HOSTILE, HOSTILE], rollback: { complete: false, note: HOSTILE }, tool: HOSTILE },
        steps: [{ name: HOSTILE, seconds: 1, checks: [{ name: HOSTILE, ok: false, detail: HOSTILE }] }],
      }),
    );
    expect(problemsOf(hostile)).toEqual([]);
    const planned = renderDeployment(result({ outcome: 'planned', plan: [HOSTILE], manifests: HOSTILE, diff: `+${HOSTILE}` }));
    expect(planned.match(/^````(diff|yaml)?$/gm)).toEqual(['````diff', '````', '````yaml', '````']);
    expect(planned.replace(/^````[\s\S]*?^````$/gm, '')).not.toContain('<img');
  });

  test('manifests that are too long for a summary are left out, and the rest stays', () => {
    const text = renderDeployment(result({ outcome: 'planned', manifests: 'x: 1\n'.repeat(200_000), diff: '+y: 2' }));
    expect(text.length).toBeLessThan(340_000);
    expect(text).toContain('+y: 2');
  });
});
