import { describe, expect, it } from 'vitest';
import { startLocalGitHub } from './local-github.js';
import { raw, sha } from './scene.js';

describe('the local GitHub', () => {
  it('does not give an answer that GitHub would not give, and says so when it closes', async () => {
    const github = await startLocalGitHub();
    github.createRepository({ owner: 'no url', name: 'x' });
    const answer = await raw(github, '/repos/no%20url/x');
    expect(answer.status).toBe(500);
    expect(github.violations).toMatchObject([{ side: 'response', operation: 'GET /repos/no%20url/x' }]);
    await expect(github.close()).rejects.toThrow(/html_url must match format "uri"/);
  });

  it('numbers runs by workflow and pull requests by repository, and gives every kind of thing ids of its own', async () => {
    const github = await startLocalGitHub();
    const repository = github.createRepository({ owner: 'acme', name: 'x', defaultBranch: 'trunk' });
    expect(() => github.createRepository({ owner: 'ACME', name: 'X' })).toThrow('exists already');
    const side = (ref: string) => ({ ref, sha: sha(ref), repository });
    const pull = () => github.openPullRequest({ title: 'x', user: 'ann', head: side('x'), base: side('trunk') });
    expect([pull().number, pull().number]).toEqual([1, 2]);
    const start = (path: string) =>
      github.startRun({ repository, workflowName: path, path, event: 'push', headBranch: 'trunk', headSha: sha('trunk') });
    const runs = [start('a.yml'), start('b.yml'), start('a.yml')];
    expect(runs.map(({ number }) => number)).toEqual([1, 1, 2]);
    const job = github.startJob(runs[0]!, { name: 'x', permissions: {} });
    expect(new Set([repository.id, job.id, ...runs.map(({ id }) => id)]).size).toBe(5);
    github.completeRun(runs[0]!, 'success');
    expect(() => github.startJob(runs[0]!, { name: 'y', permissions: {} })).toThrow('complete already');
    expect(() => github.rerun(runs[1]!)).toThrow('not complete');
    await github.close();
  });

  it('puts what the runner needs into the runtime token', async () => {
    const github = await startLocalGitHub();
    const repository = github.createRepository({ owner: 'acme', name: 'x' });
    const run = github.startRun({
      ...{ repository, workflowName: 'CI', path: 'ci.yml', event: 'push', headBranch: 'topic', headSha: sha('x') },
    });
    const { runtimeToken } = github.startJob(run, { name: 'x', permissions: {} });
    const claims = JSON.parse(Buffer.from(runtimeToken.split('.')[1]!, 'base64url').toString('utf8')) as Record<string, string>;
    expect(claims.scp).toMatch(/(^| )Actions\.Results:[0-9a-f-]{36}:[0-9a-f-]{36}$/);
    expect(JSON.parse(claims.ac!)).toEqual([
      { Scope: 'refs/heads/topic', Permission: 3 },
      { Scope: 'refs/heads/main', Permission: 1 },
    ]);
    const after = github.startRun({
      ...{
        repository,
        workflowName: 'Report',
        path: 'report.yml',
        event: 'workflow_run',
        headBranch: 'main',
        headSha: sha('x'),
      },
      lowTrust: true,
    });
    const token = github.startJob(after, { name: 'x', permissions: {} }).runtimeToken;
    const { ac } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8')) as { ac: string };
    expect(JSON.parse(ac)).toEqual([{ Scope: 'refs/heads/main', Permission: 1 }]);
    await github.close();
  });
});
