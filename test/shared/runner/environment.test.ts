import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readEnvironment } from '../../../shared/runner/environment.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function eventFile(payload: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'event-'));
  folders.push(folder);
  const file = join(folder, 'event.json');
  await writeFile(file, JSON.stringify(payload));
  return file;
}

const repo = (full_name: string) => ({ repo: { full_name } });

test('a pull request belongs to its head, not to the merge commit that is checked out', async () => {
  const environment = readEnvironment({
    GITHUB_REPOSITORY: 'a/b',
    GITHUB_RUN_ID: '7',
    GITHUB_SHA: 'merge',
    GITHUB_REF: 'refs/pull/3/merge',
    GITHUB_BASE_REF: 'main',
    GITHUB_EVENT_PATH: await eventFile({
      pull_request: { number: 3, head: { sha: 'head', ...repo('a/b') }, base: repo('a/b') },
      repository: { default_branch: 'main' },
    }),
  });
  expect(environment.headSha).toBe('head');
  expect(environment.baseBranch).toBe('main');
  expect(environment.pullRequest).toEqual({ number: 3, headSha: 'head', fromFork: false });
  expect(environment.onDefaultBranch).toBe(false);
  expect(environment.runUrl).toBe('https://github.com/a/b/actions/runs/7');
});

test('a fork is told by its repository, also when it has been deleted', async () => {
  for (const head of [repo('evil/b'), { repo: null }]) {
    const file = await eventFile({ pull_request: { number: 3, head: { sha: 'x', ...head }, base: repo('a/b') } });
    expect(readEnvironment({ GITHUB_EVENT_PATH: file }).pullRequest?.fromFork).toBe(true);
  }
});

test('a push belongs to its branch', async () => {
  const file = await eventFile({ repository: { default_branch: 'main' } });
  const environment = readEnvironment({ GITHUB_SHA: 'abc', GITHUB_REF: 'refs/heads/main', GITHUB_EVENT_PATH: file });
  expect(environment).toMatchObject({ headSha: 'abc', baseBranch: 'main', onDefaultBranch: true });
});

test('outside of a runner everything is absent, and nothing throws', () => {
  const environment = readEnvironment({ GITHUB_EVENT_PATH: '/does/not/exist' });
  expect(environment.repository).toBeUndefined();
  expect(environment.hasArtifacts).toBe(false);
  expect(environment.runAttempt).toBe(1);
});
