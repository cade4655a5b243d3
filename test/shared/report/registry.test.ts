import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../shared/bundle/manifest.js';
import type { RegistryHistory } from '../../../shared/registry/history.js';
import {
  type PromotionReport,
  renderFetch,
  renderHistory,
  renderPromotion,
  renderRegistration,
  renderReleaseNotes,
} from '../../../shared/report/registry.js';
import { better } from './fixtures.js';
import { problemsOf } from './markdown-problems.js';
import { training } from './model-fixtures.js';

const manifest: Manifest = training.manifest;
const HOSTILE = '<img src=x onerror=alert(1)> | @octocat #1 [a](https://evil.example) `code`\n# heading';
const registration = {
  ...{ manifest, metrics: { auc: 0.75, log_loss: 0.5 }, version: 'v1.2.0', tag: `${manifest.name}@v1.2.0` },
  ...{ url: 'https://github.com/acme/models/releases/tag/x', created: true, why: 'minor: param changed since v1.1.0' },
  ...{ storage: 'release' as const, assets: [{ name: 'model.onnx', bytes: 1_800_000 }], notices: [] },
};
const promotion: PromotionReport = {
  ...{ model: 'churn', stage: 'production', version: 'v1.2.0', previous: 'v1.1.0', tag: 'churn#production#3' },
  ...{ created: true, rollback: false, gates: [{ text: 'auc >= 0.7', outcome: 'pass' as const, value: 0.75 }] },
};
const history: RegistryHistory = {
  model: 'churn',
  versions: [
    {
      ...{
        version: 'v1.0.0',
        tag: 'churn@v1.0.0',
        digest: `sha256:${'a'.repeat(64)}`,
        at: '2026-01-01T00:00:00Z',
        actor: 'ann',
      },
      ...{
        reason: 'the first version',
        storage: 'release',
        source: 'b'.repeat(40),
        commit: 'c'.repeat(40),
        stages: ['staging'],
      },
      url: 'https://github.com/acme/models/releases/tag/x',
    },
  ],
  assignments: [
    {
      ...{ stage: 'staging', version: 'v1.0.0', tag: 'churn#staging#1', at: '2026-01-01T00:00:01Z', actor: 'ann' },
      ...{ reason: HOSTILE, rollback: true },
    },
  ],
};

describe('a registration', () => {
  test('says the version, why it has its number, and what was published', () => {
    const text = renderRegistration(registration);
    for (const words of ['🟢', 'v1.2.0', 'minor: param changed since v1.1.0', 'model.onnx', '1.8 MB', '0.7500'])
      expect(text).toContain(words);
    expect(problemsOf(text)).toEqual([]);
  });

  test('says of a model that was a version before that it was, and of an artifact that it expires', () => {
    expect(renderRegistration({ ...registration, created: false, why: '' })).toContain('is version `v1.2.0` already');
    expect(renderRegistration({ ...registration, storage: 'artifact', assets: [] })).toContain('Artifacts expire');
  });

  test('notes of a release are sound, and say how to use and to check it', () => {
    const text = renderReleaseNotes(manifest, { auc: 0.75 }, 'v1.2.0', ['model.onnx', 'SHA256SUMS']);
    expect(text).toContain(`${manifest.name}@v1.2.0`);
    expect(text).toContain('sha256sum --check SHA256SUMS');
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('a promotion', () => {
  test.each<[string, Partial<PromotionReport>]>([
    ['🟢 `churn`: `v1.2.0` has the stage `production`', {}],
    ['⚪ `churn`: `v1.2.0` has the stage `production` already', { created: false }],
    ['🟠 `churn`: `production` went back to `v1.2.0`', { rollback: true }],
    ['❌ `churn`: `v1.2.0` is not promoted to `production`', { tag: '' }],
  ])('begins %j', (headline, changes) => {
    const text = renderPromotion({ ...promotion, ...changes });
    expect(text.split('\n')[0]).toBe(`### ${headline}`);
    expect(problemsOf(text)).toEqual([]);
  });

  test('names the gates that were not judged, and says what to do', () => {
    const gates = [{ text: 'auc >= champion', outcome: 'not judged' as const, note: HOSTILE }];
    const text = renderPromotion({ ...promotion, gates });
    expect(text).toContain('❔ not judged');
    expect(text).toContain('give its result to `promote` as `comparison`');
    expect(problemsOf(text)).toEqual([]);
  });

  test('says who judged it, whatever the comparison calls itself', () => {
    const gates = [{ text: 'auc >= champion', outcome: 'pass' as const, by: 'comparison' as const, value: 0.01 }];
    const sound = renderPromotion({ ...promotion, gates, comparison: better });
    expect(sound).toMatch(/Judged by `compare` against .*better/);
    const champion = { ...better.champion!, reference: HOSTILE, digest: HOSTILE };
    const hostile = renderPromotion({ ...promotion, gates, comparison: { ...better, champion, createdAt: HOSTILE } });
    expect(problemsOf(hostile)).toEqual([]);
    expect(problemsOf(sound)).toEqual([]);
  });
});

test('a fetch says what it has fetched', () => {
  const text = renderFetch({ manifest, shown: 'churn#production', version: 'v1.2.0' });
  expect(text).toContain('version `v1.2.0`');
  expect(problemsOf(text)).toEqual([]);
});

test('a history has its versions, its stages and their times, whatever the reasons say', () => {
  const text = renderHistory(history);
  for (const words of ['v1.0.0', '2026\u201101\u201101\u00a000:00:01', '(rollback)', '`staging`'])
    expect(text).toContain(words);
  expect(problemsOf(text)).toEqual([]);
  expect(renderHistory({ ...history, versions: [], assignments: [] })).toContain('has no version yet');
});
