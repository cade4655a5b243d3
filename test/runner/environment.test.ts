import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLocalGitHub } from '../github/local-github.js';
import type { PendingReview } from '../github/types.js';
import type { RunResult } from './result.js';
import { runEvent } from './runner.js';
import { jobOf, openWorkbench, printed, runOnce, type Workbench } from './workbench.js';

const RELEASE = `
on: push
jobs:
  make:
    runs-on: x
    outputs: { stage: production }
    steps: [{ run: 'echo "secret [\${{ secrets.KEY }}] [\${{ vars.REGION }}]"' }]
  release:
    needs: make
    runs-on: x
    environment: { name: '\${{ needs.make.outputs.stage }}', url: 'https://\${{ steps.go.outputs.host }}/', deployment: false }
    outputs: { host: '\${{ steps.go.outputs.host }}' }
    steps:
      - id: go
        run: |
          echo "host=live.example" >> "$GITHUB_OUTPUT"
          [ '\${{ secrets.KEY }}' = production-key ] && echo "with the key of \${{ vars.REGION }}, \${{ secrets.ALL }}"
`;

describe('environments', () => {
  let bench: Workbench;
  const pending: PendingReview[] = [];
  beforeEach(async () => {
    bench = await openWorkbench({ '.github/workflows/ci.yml': RELEASE });
    pending.length = 0;
    bench.github.onPendingReview((job) => pending.push(job));
  });
  afterEach(() => bench.close());

  const secured = (reviewers: readonly string[]): void => {
    const secrets = { KEY: 'production-key' };
    bench.github.setEnvironment(bench.repository, { name: 'production', reviewers, secrets, variables: { REGION: 'north' } });
  };
  const push = (): Promise<RunResult[]> => bench.push({ secrets: { ALL: 'for all' }, vars: { REGION: 'everywhere' } });
  const api = (path: string, token?: string, body?: object) =>
    fetch(`${bench.github.apiUrl}/repos/acme/models/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: token ? { authorization: `token ${token}` } : {},
      ...(body && { body: JSON.stringify(body) }),
    });
  const apiJson = async (path: string): Promise<Record<string, unknown>> =>
    (await (await api(path)).json()) as Record<string, unknown>;
  const waiting = async (): Promise<PendingReview> => {
    while (pending.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    return pending[0]!;
  };

  it('without rules give their secrets and variables to their jobs alone, and come to be by themselves', async () => {
    secured([]);
    const [result] = await push();
    expect(result?.conclusion).toBe('success');
    expect(printed(jobOf(result!, 'make'))).toBe('secret [] [everywhere]');
    expect(printed(jobOf(result!, 'release'))).toBe('with the key of north, ***');
    expect(jobOf(result!, 'release').url).toBe('https://live.example/');
    expect((await api('environments/staging')).status).toBe(404);
    await runEvent({
      ...{ github: bench.github, repository: bench.repository, project: bench.project },
      event: {
        name: 'push',
        ref: 'refs/heads/topic',
        sha: bench.commit({ '.github/workflows/ci.yml': RELEASE.replace('stage: production', 'stage: staging') }, 'topic'),
      },
    });
    expect(await apiJson('environments/staging')).toMatchObject({ name: 'staging', protection_rules: [] });
  });

  it('with reviewers let a job start when one of them says so', async () => {
    secured(['rita', 'ron']);
    const task = push();
    const { run } = await waiting();
    expect(await apiJson(`actions/runs/${run.id}`)).toMatchObject({ status: 'waiting' });
    const jobs = (await apiJson(`actions/runs/${run.id}/jobs`)).jobs as { name: string; status: string }[];
    expect(jobs.map(({ name, status }) => [name, status])).toEqual([
      ['make', 'completed'],
      ['release', 'waiting'],
    ]);
    const rules = (await apiJson('environments/PRODUCTION')).protection_rules as Record<string, unknown>[];
    expect(rules).toMatchObject([{ type: 'required_reviewers', reviewers: [{ reviewer: { login: 'rita' } }, {}] }]);

    const path = `actions/runs/${run.id}/pending_deployments`;
    const [listed] = (await (await api(path, bench.github.personToken('rita'))).json()) as Record<string, unknown>[];
    expect(listed).toMatchObject({ environment: { name: 'production' }, current_user_can_approve: true });
    const decision = { environment_ids: [(listed!.environment as { id: number }).id], state: 'approved', comment: 'Go' };
    expect((await api(path, bench.github.personToken('mallory'), decision)).status).toBe(422);
    expect((await api(path, bench.github.personToken('rita'), decision)).status).toBe(200);
    expect((await api(path, bench.github.personToken('rita'), decision)).status).toBe(422);
    const [result] = await task;
    expect(result?.conclusion).toBe('success');
    expect(jobOf(result!, 'release').outputs).toEqual({ host: 'live.example' });
  });

  it('with reviewers fail a job that one of them rejects, and nothing of it runs', async () => {
    secured(['rita']);
    const task = push();
    bench.github.review(await waiting(), 'rejected', 'rita');
    const [result] = await task;
    expect(result?.conclusion).toBe('failure');
    expect(jobOf(result!, 'release')).toMatchObject({
      conclusion: 'failure',
      steps: [],
      error: expect.stringContaining('rejected'),
    });
  });

  it('keep a job waiting until the run is cancelled', async () => {
    secured(['rita']);
    const stop = new AbortController();
    const task = bench.push({ signal: stop.signal });
    await waiting();
    stop.abort();
    const [result] = await task;
    expect(result?.conclusion).toBe('cancelled');
    expect(jobOf(result!, 'release').conclusion).toBe('cancelled');
    expect(() => bench.github.review(pending[0]!, 'approved', 'rita')).toThrow('No pending deployment requests');
  });

  it('give up after thirty days', async () => {
    secured(['rita']);
    bench.commit({
      '.github/workflows/ci.yml': 'on: push\njobs: { go: { runs-on: x, environment: production, steps: [{ run: echo }] } }\n',
    });
    const [result] = await bench.push({ minuteMs: 0.005 });
    expect(jobOf(result!, 'go')).toMatchObject({ conclusion: 'failure', error: 'Nobody has reviewed production in time.' });
  });

  it('whose reviewer started the run are for another one, where the rule says so', async () => {
    bench.github.setEnvironment(bench.repository, { name: 'production', reviewers: ['ann', 'rita'], preventSelfReview: true });
    const stop = new AbortController();
    const task = bench.push({ signal: stop.signal });
    const job = await waiting();
    expect(() => bench.github.review(job, 'approved', 'ann')).toThrow('may not review');
    stop.abort();
    await task;
  });

  it('have a deployment of each job that does not decline it', async () => {
    bench.github.setEnvironment(bench.repository, { name: 'production' });
    const kept = RELEASE.replace(', deployment: false', '').replace("[ '${{ secrets.KEY }}' = production-key ] &&", 'true &&');
    bench.commit({ '.github/workflows/ci.yml': kept });
    await push();
    const [made, ...others] = bench.github.deployments(bench.repository);
    expect(others).toEqual([]);
    expect(made).toMatchObject({ environment: 'production', ref: 'main', task: 'deploy' });
    expect(made?.statuses.map(({ state, environmentUrl }) => [state, environmentUrl])).toEqual([
      ['in_progress', ''],
      ['success', 'https://live.example/'],
    ]);
  });

  it('need a name', async () => {
    const result = await runOnce(RELEASE.replace('stage: production', "stage: ''"));
    expect(jobOf(result, 'release').error).toContain('environment needs a name');
  });
});

describe('the answers about environments', () => {
  it('are as GitHub describes them', async () => {
    const github = await startLocalGitHub();
    const repository = github.createRepository({ owner: 'acme', name: 'models' });
    github.setEnvironment(repository, { name: 'production', reviewers: ['rita'] });
    const run = github.startRun({
      ...{ repository, workflowName: 'CD', path: 'cd.yml', event: 'push', headBranch: 'main', headSha: 'a'.repeat(40) },
    });
    const entry = github.enterEnvironment(run, {
      job: 'go',
      environment: 'production',
      deployment: true,
      signal: new AbortController().signal,
    });
    const base = `${github.apiUrl}/repos/acme/models`;
    const pendingPath = `${base}/actions/runs/${run.id}/pending_deployments`;
    const [listed] = (await (await fetch(pendingPath)).json()) as { environment: { id: number } }[];
    for (const path of ['environments/production', `actions/runs/${run.id}/jobs`, 'actions/runs?status=waiting'])
      expect((await fetch(`${base}/${path}`)).status).toBe(200);
    const answer = await fetch(pendingPath, {
      method: 'POST',
      headers: { authorization: `token ${github.personToken('rita')}` },
      body: JSON.stringify({ environment_ids: [listed!.environment.id], state: 'approved', comment: '' }),
    });
    expect(answer.status).toBe(200);
    expect((await entry).outcome).toBe('approved');
    await github.close();
    expect(github.violations).toEqual([]);
  });
});
