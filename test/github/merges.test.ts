import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, refusal, type Scene } from './scene.js';
import type { PullRequest, Repository } from './types.js';

describe('merging a pull request', () => {
  let scene: Scene;
  let root: string;
  let repository: Repository;
  let fork: Repository;
  const at = { owner: 'ann', repo: 'flights' };
  const folder = (name = 'own'): string => join(root, name);
  const git = (where: string, ...parameters: string[]): string =>
    execFileSync('git', ['-C', where, '-c', 'user.name=ann', '-c', 'user.email=ann@example.org', ...parameters], {
      encoding: 'utf8',
    }).trim();

  /** A branch with one file changed, as a pull request. */
  function open(branch: string, files: Readonly<Record<string, string>>, from: Repository = repository): PullRequest {
    const where = from.gitDirectory!;
    git(where, 'checkout', '-q', '-B', branch, 'main');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(where, name), text);
    git(where, 'add', '.');
    git(where, 'commit', '-qm', branch);
    return scene.github.openPullRequest({
      ...{ title: `Change ${branch}`, user: from.owner },
      base: { ref: 'main', sha: git(folder(), 'rev-parse', 'main'), repository },
      head: { ref: branch, sha: git(where, 'rev-parse', 'HEAD'), repository: from },
    });
  }

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'merges-'));
    execFileSync('git', ['init', '-q', '-b', 'main', folder()]);
    writeFileSync(join(folder(), 'mlops.yaml'), 'name: flights\n');
    git(folder(), 'add', '.');
    git(folder(), 'commit', '-qm', 'one');
    execFileSync('git', ['clone', '-q', folder(), folder('fork')]);
    scene = await openScene();
    repository = scene.github.createRepository({ owner: 'ann', name: 'flights', gitDirectory: folder() });
    fork = scene.github.createRepository({
      ...{ owner: 'mallory', name: 'flights', forkOf: repository, gitDirectory: folder('fork') },
    });
  });
  afterAll(async () => {
    rmSync(root, { recursive: true, force: true });
    expect(scene.github.violations).toEqual([]);
    await scene.github.close();
  });

  it('moves the base by a merge commit, closes the pull request, and is a push of who merged', async () => {
    const { number, head } = open('features', { 'features.txt': 'hour\n' });
    const before = git(folder(), 'rev-parse', 'main');
    const ann = scene.as(scene.github.personToken('ann'));
    const { data } = await ann.rest.pulls.merge({ ...at, pull_number: number, sha: head.sha });
    expect(data).toMatchObject({ merged: true, sha: git(folder(), 'rev-parse', 'main') });
    expect(git(folder(), 'log', '-1', '--format=%P %an|%s|%b', 'main')).toBe(
      `${before} ${head.sha} ann|Merge pull request #${number} from ann/features|Change features`,
    );
    expect(git(folder(), 'show', 'main:features.txt')).toBe('hour');
    expect((await ann.rest.pulls.get({ ...at, pull_number: number })).data).toMatchObject({ state: 'closed', merged: true });
    expect(scene.github.events.slice(-2)).toMatchObject([
      { name: 'pull_request', action: 'closed', actor: 'ann' },
      { name: 'push', ref: 'refs/heads/main', actor: 'ann', startsWorkflows: true, payload: { before, after: data.sha } },
    ]);
    const again = await refusal(ann.rest.pulls.merge({ ...at, pull_number: number }));
    expect(again).toMatchObject({ status: 405, message: expect.stringContaining('Pull Request is not mergeable') });
  });

  it('squashes into one commit, under a title of its own where one is given', async () => {
    const { number } = open('squashed', { 'squashed.txt': 'x\n' });
    const before = git(folder(), 'rev-parse', 'main');
    const ann = scene.as(scene.github.personToken('ann'));
    await ann.rest.pulls.merge({ ...at, pull_number: number, merge_method: 'squash' });
    expect(git(folder(), 'log', '-1', '--format=%P|%s', 'main')).toBe(`${before}|Change squashed (#${number})`);
    const titled = open('titled', { 'titled.txt': 'x\n' });
    await ann.rest.pulls.merge({ ...at, pull_number: titled.number, commit_title: 'A title', commit_message: 'And why.' });
    expect(git(folder(), 'log', '-1', '--format=%s|%b', 'main')).toBe('A title|And why.');
  });

  it("brings a fork's commits with it", async () => {
    const { number } = open('patch-1', { 'outside.txt': 'x\n' }, fork);
    await scene.as(scene.github.personToken('ann')).rest.pulls.merge({ ...at, pull_number: number });
    expect(git(folder(), 'show', 'main:outside.txt')).toBe('x');
  });

  it('is refused as GitHub refuses it', async () => {
    const { github, as } = scene;
    const ann = as(github.personToken('ann'));
    const one = open('one', { 'mlops.yaml': 'name: one\n' });
    const other = open('other', { 'mlops.yaml': 'name: other\n' });
    const moved = ann.rest.pulls.merge({ ...at, pull_number: one.number, sha: other.head.sha });
    expect(await refusal(moved)).toMatchObject({ status: 409, message: expect.stringContaining('was modified') });
    const rebased = ann.rest.pulls.merge({ ...at, pull_number: one.number, merge_method: 'rebase' });
    expect((await refusal(rebased)).status).toBe(405);
    await ann.rest.pulls.merge({ ...at, pull_number: one.number });
    const conflict = ann.rest.pulls.merge({ ...at, pull_number: other.number });
    expect((await refusal(conflict)).status).toBe(405);
    expect((await refusal(ann.rest.pulls.merge({ ...at, pull_number: 77 }))).status).toBe(404);

    const run = github.startRun({
      ...{ repository, workflowName: 'CI', path: 'ci.yml', event: 'push', headBranch: 'main' },
      headSha: git(folder(), 'rev-parse', 'main'),
    });
    const job = github.startJob(run, { name: 'report', permissions: { contents: 'read', 'pull-requests': 'write' } });
    const weak = as(job.token).rest.pulls.merge({ ...at, pull_number: other.number });
    expect(await refusal(weak)).toMatchObject({ status: 403 });
  });
});
