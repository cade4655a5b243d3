import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, READ, raw, refusal, type Scene, sha } from './scene.js';
import type { Permissions } from './types.js';

describe('what a token may do', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(async () => {
    expect(scene.github.violations).toEqual([]);
    await scene.github.close();
  });

  const denied = { status: 403, data: { message: 'Resource not accessible by integration', status: '403' } };

  it('follows the permissions of the job, scope by scope', async () => {
    const { as, at, job, own } = scene;
    const writes = (permissions: Permissions) => {
      const bot = as(job(permissions).token);
      return {
        comment: () => bot.rest.issues.createComment({ ...at, issue_number: 1, body: 'x' }),
        check: () => bot.rest.checks.create({ ...at, name: 'x', head_sha: own.head.sha }),
        status: () => bot.rest.repos.createCommitStatus({ ...at, sha: own.head.sha, state: 'success' }),
      };
    };
    const scopes = [
      { permissions: { 'pull-requests': 'write' }, may: ['comment'] },
      { permissions: { issues: 'write' }, may: ['comment'] },
      { permissions: { checks: 'write', issues: 'none' }, may: ['check'] },
      { permissions: { statuses: 'write' }, may: ['status'] },
      { permissions: { issues: 'read', checks: 'read', statuses: 'read', contents: 'write' }, may: [] },
      { permissions: {}, may: [] },
    ] as const satisfies readonly { permissions: Permissions; may: readonly string[] }[];
    for (const { permissions, may } of scopes) {
      for (const [name, call] of Object.entries(writes(permissions))) {
        if ((may as readonly string[]).includes(name)) expect((await call()).status).toBe(201);
        else expect(await refusal(call()), `${name} with ${JSON.stringify(permissions)}`).toMatchObject(denied);
      }
    }
  });

  it('reads of a public repository need no scope, the download of an artifact does', async () => {
    const { as, at, job, github } = scene;
    const bot = as(job({}).token);
    expect((await bot.rest.issues.listComments({ ...at, issue_number: 1 })).status).toBe(200);
    expect((await bot.rest.actions.listArtifactsForRepo(at)).status).toBe(200);
    const download = { ...at, artifact_id: 1, archive_format: 'zip' };
    expect(await refusal(bot.rest.actions.downloadArtifact(download))).toMatchObject(denied);
    expect((await refusal(as(job(READ).token).rest.actions.downloadArtifact(download))).status).toBe(404);
    expect((await raw(github, '/repos/acme/models')).status).toBe(200);
    expect((await raw(github, '/repos/acme/models/actions/artifacts/1/zip')).status).toBe(401);
    const header = (await bot.rest.issues.listComments({ ...at, issue_number: 1 })).headers['x-accepted-github-permissions'];
    expect(header).toBe('issues=read; pull_requests=read');
  });

  it("is at most reading for a fork's run, whatever was asked for", async () => {
    const { at, as, github, foreign, runOf, repository, fork } = scene;
    const all: Permissions = {
      issues: 'write',
      'pull-requests': 'write',
      checks: 'write',
      actions: 'write',
      contents: 'write',
    };
    const job = github.startJob(runOf(foreign), { name: 'judge', permissions: all });
    const bot = as(job.token);
    const comment = () => bot.rest.issues.createComment({ ...at, issue_number: 2, body: 'x' });
    expect(await refusal(comment())).toMatchObject(denied);
    const check = bot.rest.checks.create({ ...at, name: 'x', head_sha: foreign.head.sha });
    expect(await refusal(check)).toMatchObject(denied);
    expect((await bot.rest.pulls.get({ ...at, pull_number: 2 })).status).toBe(200);
    const target = github.startRun({
      ...{ repository, headRepository: fork, workflowName: 'Label', path: '.github/workflows/label.yml' },
      ...{ event: 'pull_request_target', headBranch: 'patch-1', headSha: foreign.head.sha },
    });
    const trusted = as(github.startJob(target, { name: 'label', permissions: all }).token);
    expect((await trusted.rest.issues.createComment({ ...at, issue_number: 2, body: 'x' })).status).toBe(201);
  });

  it('ends with the job, or after a day', async () => {
    const { at, as, github, job } = scene;
    const done = job({ issues: 'write' });
    const bot = as(done.token);
    expect((await bot.rest.repos.get(at)).status).toBe(200);
    github.completeJob(done, 'success');
    const dead = await refusal(bot.rest.repos.get(at));
    expect(dead).toMatchObject({ status: 401, data: { message: 'Bad credentials', status: '401' } });
    expect((await refusal(as('ghs_invented').rest.repos.get(at))).status).toBe(401);
    expect(() => github.completeJob(done, 'success')).toThrow('complete already');
    const old = as(job({}).token);
    github.advanceClock(24 * 3_600_000);
    expect((await refusal(old.rest.repos.get(at))).status).toBe(401);
  });

  it('does not reach into other repositories; private ones do not exist for it', async () => {
    const { as, github, job, repository } = scene;
    const hidden = github.createRepository({ owner: 'acme', name: 'secret', private: true });
    const bot = as(job({ contents: 'write', issues: 'write', statuses: 'write' }).token);
    expect((await refusal(bot.rest.repos.get({ owner: 'acme', repo: 'secret' }))).status).toBe(404);
    expect((await refusal(as('x').rest.repos.get({ owner: 'acme', repo: 'secret' }))).status).toBe(401);
    expect((await raw(github, '/repos/acme/secret')).status).toBe(404);
    const elsewhere = bot.rest.repos.createCommitStatus({ owner: 'mallory', repo: 'models', sha: sha('x'), state: 'error' });
    expect(await refusal(elsewhere)).toMatchObject(denied);
    const within = {
      workflowName: 'CI',
      path: '.github/workflows/ci.yml',
      event: 'push',
      headBranch: 'main',
      headSha: sha('x'),
    };
    const run = github.startRun({ ...within, repository: hidden });
    const inside = as(github.startJob(run, { name: 'x', permissions: { contents: 'read' } }).token);
    expect((await inside.rest.repos.get({ owner: 'acme', repo: 'secret' })).data.private).toBe(true);
    const runs = inside.rest.actions.listWorkflowRunsForRepo({ owner: 'acme', repo: 'secret' });
    expect(await refusal(runs)).toMatchObject(denied);
    expect(repository.fullName).toBe('acme/models');
  });

  it('is counted: 1,000 requests an hour for the jobs of a repository', async () => {
    const own = await openScene({ checkOpenApi: false });
    const bot = own.as(own.job({}).token);
    const other = own.as(own.job({}).token);
    const first = await bot.rest.repos.get(own.at);
    expect(first.headers['x-ratelimit-limit']).toBe('1000');
    const path = '/repos/acme/models';
    const headers = { authorization: `token ${own.job({}).token}` };
    for (let hundred = 0; hundred < 10; hundred++) {
      const left = hundred === 0 ? 99 : 100;
      const sent = Array.from({ length: left }, () => raw(own.github, path, { headers }));
      expect(new Set((await Promise.all(sent)).map(({ status }) => status))).toEqual(new Set([200]));
    }
    const refused = await refusal(other.rest.repos.get(own.at));
    expect(refused.status).toBe(403);
    expect(refused.message).toContain('API rate limit exceeded');
    expect((await other.rest.rateLimit.get()).data.rate.remaining).toBe(0);
    own.github.advanceClock(3_600_000);
    expect((await other.rest.repos.get(own.at)).status).toBe(200);
    await own.github.close();
  });
});
