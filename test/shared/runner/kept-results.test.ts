import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fingerprintOfParts } from '../../../shared/core/fingerprint.js';
import { sha256 } from '../../../shared/core/json.js';
import { saveToCache } from '../../../shared/runner/cache.js';
import { readEnvironment } from '../../../shared/runner/environment.js';
import { findKept, type KeepingPlace, keep, wordsOf } from '../../../shared/runner/kept-results.js';
import { openScene, type Scene } from '../../github/scene.js';

/** What is kept between runs, in the Actions cache of a local GitHub. */

let scene: Scene;
let directory: string;
const before = { ...process.env };

beforeAll(async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  scene = await openScene();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await scene.github.close();
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kept-'));
  Object.assign(process.env, {
    ...{ ACTIONS_RESULTS_URL: scene.github.resultsUrl, ACTIONS_CACHE_SERVICE_V2: 'True' },
    ...{ GITHUB_WORKSPACE: directory, RUNNER_TEMP: directory },
  });
  delete process.env.GITHUB_SERVER_URL;
  startJob();
});
afterEach(async () => {
  process.env = { ...before };
  await rm(directory, { recursive: true, force: true });
});

function startJob(event: 'push' | 'pull_request' = 'push'): void {
  const { github, repository, own, run } = scene;
  const common = { repository, workflowName: 'CI', path: '.github/workflows/ci.yml', headSha: own.base.sha };
  const started = event === 'push' ? github.startRun({ ...common, event, headBranch: 'main' }) : run;
  process.env.ACTIONS_RUNTIME_TOKEN = github.startJob(started, { name: 'x', permissions: {} }).runtimeToken;
}

const place = (model: string): KeepingPlace => ({
  ...{ kind: 'evaluation', model, directory },
  environment: { ...readEnvironment({}), hasArtifacts: true, runId: 12 },
});
const folder = (): string => join(directory, '.mlops-actions/kept/evaluation');
const print = (data: number) => fingerprintOfParts({ 'the data': data, seed: 42 });
/** Another run begins with an empty folder. */
const nextRun = (event?: 'push' | 'pull_request'): Promise<void> => {
  startJob(event);
  return rm(folder(), { recursive: true, force: true });
};

describe('what one run has kept', () => {
  test('another finds, and learns what has changed where it is of something else', async () => {
    expect(await findKept(print(1), place('churn'))).toEqual({});
    await keep(print(1), place('churn'), { auc: 0.7 });
    await nextRun();
    const found = await findKept(print(1), place('churn'));
    expect(found.kept).toMatchObject({ document: { auc: 0.7 }, from: 'the Actions cache', run: 12 });
    expect(wordsOf(found, true, 'evaluated')).toBe(
      `Nothing that matters has changed, so nothing was computed again. From the Actions cache; made by run 12, ${found.kept!.madeAt}.`,
    );
    expect(wordsOf(found, false, 'evaluated')).toBe('');

    await nextRun();
    const other = await findKept(print(2), place('churn'));
    expect(other).toEqual({ changed: ['the data'] });
    expect(wordsOf(other, false, 'evaluated')).toBe(
      'It was evaluated again because of what changed since the last time: the data.',
    );
    expect(await findKept(print(1), place('churn-2'))).toEqual({});
  });

  test('in a pull request no other branch finds', async () => {
    await nextRun('pull_request');
    await keep(print(1), place('fork'), { auc: 0.9 });
    await nextRun();
    expect(await findKept(print(1), place('fork'))).toEqual({});
  });
});

test.each([
  ['a changed document', '{"auc": 1}', { sha256: sha256('{"auc": 0.7}'), fingerprint: print(1) }],
  ['half a document', '{"auc":', { sha256: sha256('{"auc": 0.7}'), fingerprint: print(1) }],
  ['no document', undefined, { sha256: sha256('{"auc": 0.7}'), fingerprint: print(1) }],
  ['nothing of where it comes from', '{"auc": 0.7}', {}],
  ['one of another fingerprint', '{"auc": 0.7}', { sha256: sha256('{"auc": 0.7}'), fingerprint: print(2) }],
])('an entry with %s is no entry', async (name, document, about) => {
  const model = `damaged${name.length}`;
  await mkdir(folder(), { recursive: true });
  if (document !== undefined) await writeFile(join(folder(), 'document.json'), document);
  await writeFile(join(folder(), 'about.json'), JSON.stringify({ ...about, madeAt: '2026-01-01T00:00:00Z' }));
  await saveToCache([folder()], `mlops-actions-evaluation-${model}.${print(1).digest.slice(7, 39)}`);
  await nextRun();
  expect((await findKept(print(1), place(model))).kept).toBeUndefined();
});

test('what lies there with the checkout is not taken on a runner', async () => {
  delete process.env.ACTIONS_RUNTIME_TOKEN;
  await keep(print(1), place('churn'), { auc: 0.7 });
  expect(await findKept(print(1), place('churn'))).toEqual({});
  const laptop = { ...place('churn'), environment: { ...place('churn').environment, hasArtifacts: false } };
  expect(await findKept(print(1), laptop)).toMatchObject({ kept: { document: { auc: 0.7 }, from: 'the last one here' } });
});
