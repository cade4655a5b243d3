import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, refusal, type Scene } from './scene.js';

describe('runs, jobs and pull requests', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(async () => {
    expect(scene.github.violations).toEqual([]);
    await scene.github.close();
  });

  it('runs are found by branch, event, status, commit, workflow and time', async () => {
    const { as, at, github, repository, run, own } = scene;
    const push = github.startRun({
      ...{ repository, workflowName: 'Model CI', path: '.github/workflows/model-ci.yml', event: 'push' },
      ...{ headBranch: 'main', headSha: own.base.sha },
    });
    github.completeRun(push, 'success');
    expect(push.number).toBe(2);
    const person = as(github.personToken('ann'));
    const ids = async (filter: Record<string, string>) =>
      (await person.rest.actions.listWorkflowRunsForRepo({ ...at, ...filter })).data.workflow_runs.map(({ id }) => id);
    expect(await ids({})).toEqual([push.id, run.id]);
    expect(await ids({ branch: 'main', event: 'push', status: 'success' })).toEqual([push.id]);
    expect(await ids({ status: 'in_progress' })).toEqual([run.id]);
    expect(await ids({ head_sha: own.head.sha })).toEqual([run.id]);
    expect(await ids({ created: '>2100-01-01' })).toEqual([]);
    expect(await ids({ created: '2020-01-01..2100-01-01' })).toEqual([push.id, run.id]);
    const workflow = { ...at, workflow_id: 'model-ci.yml', event: 'push' };
    expect((await person.rest.actions.listWorkflowRuns(workflow)).data.total_count).toBe(1);
    const unknown = person.rest.actions.listWorkflowRuns({ ...at, workflow_id: 'no.yml' });
    expect((await refusal(unknown)).status).toBe(404);
    const one = await person.rest.actions.getWorkflowRun({ ...at, run_id: run.id });
    expect(one.data).toMatchObject({ status: 'in_progress', head_sha: own.head.sha, run_attempt: 1 });
    expect(one.data.pull_requests?.map(({ number }) => number)).toEqual([1]);
  });

  it("a fork's run names the fork, and no pull request", async () => {
    const { as, at, github, foreign, fork, runOf } = scene;
    const person = as(github.personToken('ann'));
    const run = runOf(foreign);
    const { data } = await person.rest.actions.getWorkflowRun({ ...at, run_id: run.id });
    expect(data).toMatchObject({ head_repository: { id: fork.id, fork: true }, pull_requests: [] });
    const commit = { commit_sha: foreign.head.sha };
    const asked = await person.rest.repos.listPullRequestsAssociatedWithCommit({ ...at, ...commit });
    expect(asked.data).toEqual([]);
    const inFork = { owner: 'mallory', repo: 'models', ...commit };
    const there = await person.rest.repos.listPullRequestsAssociatedWithCommit(inFork);
    expect(there.data.map(({ number }) => number)).toEqual([2]);
    const listed = await person.rest.pulls.list({ ...at, head: 'mallory:patch-1' });
    expect(listed.data.map(({ number, head }) => [number, head.sha])).toEqual([[2, foreign.head.sha]]);
    expect((await person.rest.repos.get({ owner: 'mallory', repo: 'models' })).data.parent?.full_name).toBe('acme/models');
  });

  it('pull requests follow pushes and close', async () => {
    const { as, at, github, repository } = scene;
    const person = as(github.personToken('ann'));
    const opened = github.openPullRequest({
      ...{ title: 'New features', user: 'ann', base: scene.own.base },
      head: { ...scene.own.head, ref: 'features' },
    });
    const pushed = github.updatePullRequest(opened, scene.foreign.head.sha);
    expect(github.pullRequest(repository, opened.number)).toEqual(pushed);
    const seen = await person.rest.pulls.get({ ...at, pull_number: opened.number });
    expect(seen.data).toMatchObject({ state: 'open', merged: false, head: { sha: scene.foreign.head.sha, ref: 'features' } });
    github.closePullRequest(pushed, { merged: true });
    const numbers = async (state: 'open' | 'closed' | 'all') =>
      (await person.rest.pulls.list({ ...at, state })).data.map(({ number }) => number);
    expect(await numbers('open')).toEqual([2, 1]);
    expect(await numbers('closed')).toEqual([opened.number]);
    expect(await numbers('all')).toEqual([opened.number, 2, 1]);
    expect((await refusal(person.rest.pulls.get({ ...at, pull_number: 77 }))).status).toBe(404);
  });

  it('a rerun is a new attempt with jobs of its own', async () => {
    const { as, at, github, run, job } = scene;
    const before = job({ contents: 'read' }, 'first');
    github.completeRun(run, 'failure');
    const again = github.rerun(run);
    expect(again).toMatchObject({ id: run.id, attempt: 2 });
    const after = job({ contents: 'read' }, 'second', again);
    const person = as(github.personToken('ann'));
    const jobs = async (filter: 'latest' | 'all') =>
      (await person.rest.actions.listJobsForWorkflowRun({ ...at, run_id: run.id, filter })).data.jobs.map(({ id }) => id);
    expect(await jobs('latest')).toEqual([after.id]);
    expect(await jobs('all')).toEqual([before.id, after.id]);
    const first = await person.rest.actions.getJobForWorkflowRun({ ...at, job_id: before.id });
    expect(first.data).toMatchObject({ conclusion: 'cancelled', run_attempt: 1 });
  });
});

describe('files and changes, read from a git repository', () => {
  let scene: Scene;
  let directory: string;
  let at: { owner: string; repo: string };
  let commits: readonly string[];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'local-github-'));
    const git = (...parameters: string[]) =>
      execFileSync('git', ['-C', directory, '-c', 'user.name=ann', '-c', 'user.email=ann@example.org', ...parameters], {
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'mlops.yaml'), 'name: flights\n');
    writeFileSync(join(directory, 'data', 'ä b.csv'), 'a,b\n1,2\n');
    git('add', '.');
    git('commit', '-qm', 'one');
    git('checkout', '-qb', 'deeper');
    writeFileSync(join(directory, 'mlops.yaml'), 'name: flights\nseed: 1\n');
    git('commit', '-qam', 'two');
    commits = [git('rev-parse', 'main'), git('rev-parse', 'deeper')];
    scene = await openScene();
    const repository = scene.github.createRepository({ owner: 'ann', name: 'flights', gitDirectory: directory });
    at = { owner: 'ann', repo: 'flights' };
    scene.github.openPullRequest({
      ...{ title: 'Seed', user: 'ann', base: { ref: 'main', sha: commits[0]!, repository } },
      head: { ref: 'deeper', sha: commits[1]!, repository },
    });
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    expect(scene.github.violations).toEqual([]);
    await scene.github.close();
  });

  it('a file at a branch and at a commit, raw too; a directory as a list', async () => {
    const person = scene.as(scene.github.personToken('ann'));
    const text = async (ref: string | undefined) => {
      const { data } = await person.rest.repos.getContent({ ...at, path: 'mlops.yaml', ...(ref === undefined ? {} : { ref }) });
      if (Array.isArray(data) || data.type !== 'file') throw new Error('no file');
      return Buffer.from(data.content, 'base64').toString('utf8');
    };
    expect(await text(undefined)).toBe('name: flights\n');
    expect(await text('deeper')).toBe('name: flights\nseed: 1\n');
    expect(await text(commits[0])).toBe('name: flights\n');
    const raw = await person.rest.repos.getContent({ ...at, path: 'data/ä b.csv', mediaType: { format: 'raw' } });
    expect(String(raw.data)).toBe('a,b\n1,2\n');
    const list = await person.rest.repos.getContent({ ...at, path: 'data' });
    expect(list.data).toMatchObject([{ name: 'ä b.csv', path: 'data/ä b.csv', type: 'file', size: 8 }]);
  });

  it('nothing outside the commit, whatever the path or ref', async () => {
    const person = scene.as(scene.github.personToken('ann'));
    const hostile = ['../secret', 'data/../../secret', '.git/config', '/etc/passwd', 'data//x', '--output=x', ':(glob)**'];
    for (const path of hostile) {
      expect((await refusal(person.rest.repos.getContent({ ...at, path }))).status, path).toBe(404);
    }
    for (const ref of ['--all', 'main..deeper', 'main:mlops.yaml', 'main@{0}', 'no-such']) {
      const asked = person.rest.repos.getContent({ ...at, path: 'mlops.yaml', ref });
      expect((await refusal(asked)).status, ref).toBe(404);
    }
  });

  it('counts what a pull request changes, and knows no commit that git does not', async () => {
    const person = scene.as(scene.github.personToken('ann'));
    const { data } = await person.rest.pulls.get({ ...at, pull_number: 1 });
    expect(data).toMatchObject({ additions: 1, deletions: 0, changed_files: 1, commits: 1 });
    const unknown = person.rest.repos.createCommitStatus({ ...at, sha: 'a'.repeat(40), state: 'success' });
    expect((await refusal(unknown)).data).toMatchObject({ message: `No commit found for SHA: ${'a'.repeat(40)}` });
    const made = await person.rest.repos.createCommitStatus({ ...at, sha: commits[1]!, state: 'success' });
    expect(made.status).toBe(201);
  });
});
