import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CheckRun, postCheck } from '../../../shared/github/check.js';
import { complaint, openScene, type Scene } from './scene.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
});

const WRITE = { checks: 'write' } as const;

function check(changes: Partial<CheckRun> = {}): CheckRun {
  return {
    repository: scene.at,
    name: 'ci / churn',
    headSha: scene.own.head.sha,
    conclusion: 'success',
    title: 'better',
    summary: 'It is better.',
    annotations: [],
    fromFork: false,
    ...changes,
  };
}

const annotation = (line: number) => ({ path: 'mlops.yaml', line, level: 'failure', message: `gate ${line}` }) as const;

test('is written on the head commit, and a second post of its name updates it', async () => {
  const client = await scene.client(WRITE);
  const url = await postCheck(client, check());
  expect(await postCheck(client, check({ conclusion: 'failure', title: 'worse' }))).toBe(url);
  expect(scene.github.checkRuns(scene.repository, scene.own.head.sha)).toMatchObject([
    { name: 'ci / churn', status: 'completed', conclusion: 'failure', title: 'worse' },
  ]);
});

test('120 annotations arrive, 50 a request', async () => {
  await postCheck(
    await scene.client(WRITE),
    check({ annotations: Array.from({ length: 120 }, (_, index) => annotation(index + 1)) }),
  );
  const [written] = scene.github.checkRuns(scene.repository, scene.own.head.sha);
  expect(written?.annotations.map(({ start_line }) => start_line)).toEqual(
    Array.from({ length: 120 }, (_, index) => index + 1),
  );
});

test('annotations of an earlier post do not pile up', async () => {
  const client = await scene.client(WRITE);
  await postCheck(client, check({ annotations: [annotation(1)] }));
  await postCheck(client, check({ annotations: [annotation(2)] }));
  const newest = scene.github.checkRuns(scene.repository, scene.own.head.sha).at(-1);
  expect(newest?.annotations.map(({ start_line }) => start_line)).toEqual([2]);
});

test('a missing permission names the line to add', async () => {
  const client = await scene.client({ checks: 'read' });
  expect(await complaint(postCheck(client, check()))).toContain('Add "checks: write" to the "permissions:"');
});
