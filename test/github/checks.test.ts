import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, refusal, type Scene, sha } from './scene.js';

describe('check runs and commit statuses', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene();
  });
  afterAll(() => scene.github.close());

  const annotation = (line: number) => ({
    ...{ path: 'mlops.yaml', start_line: line, end_line: line, message: `line ${line}` },
    annotation_level: 'failure' as const,
  });

  it('take at most 50 annotations a request and add those of an update', async () => {
    const { as, at, job, own, github, repository } = scene;
    const bot = as(job({ checks: 'write' }).token);
    const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => annotation(from + index + 1));
    const output = { title: 'Worse', summary: 'AUC fell', annotations: lines(0, 50) };
    const made = await bot.rest.checks.create({ ...at, name: 'mlops', head_sha: own.head.sha, status: 'in_progress', output });
    expect(made.data).toMatchObject({ status: 'in_progress', conclusion: null, app: { slug: 'github-actions' } });
    expect(made.data.pull_requests.map(({ number }) => number)).toEqual([1]);
    const updated = await bot.rest.checks.update({
      ...{ ...at, check_run_id: made.data.id, conclusion: 'failure' },
      output: { title: 'Worse', summary: 'AUC fell', annotations: lines(50, 53) },
    });
    expect(updated.data).toMatchObject({ status: 'completed', conclusion: 'failure', output: { annotations_count: 53 } });
    const listed = await bot.paginate(bot.rest.checks.listAnnotations, { ...at, check_run_id: made.data.id });
    expect(listed.map(({ start_line }) => start_line)).toEqual(Array.from({ length: 53 }, (_, index) => index + 1));
    expect(github.checkRuns(repository, own.head.sha)).toMatchObject([{ name: 'mlops', conclusion: 'failure' }]);

    const tooMany = { title: 'x', summary: 'x', annotations: lines(0, 51) };
    const refused = await refusal(bot.rest.checks.create({ ...at, name: 'x', head_sha: own.head.sha, output: tooMany }));
    expect(refused.status).toBe(422);
    const long = { title: 'x', summary: 'x'.repeat(65_536) };
    expect((await refusal(bot.rest.checks.create({ ...at, name: 'x', head_sha: own.head.sha, output: long }))).status).toBe(
      422,
    );
    expect(github.violations.filter(({ side }) => side === 'response')).toEqual([]);
    expect(github.violations.map(({ operation }) => operation)).toEqual(Array(2).fill('POST /repos/{owner}/{repo}/check-runs'));
    expect(github.checkRuns(repository)).toHaveLength(1);
  });

  it('of jobs stand among them, and no token changes those', async () => {
    const { as, at, job, own, github } = scene;
    const judge = job({ checks: 'write' }, 'judge the model');
    const bot = as(judge.token);
    const wanted = { ...at, ref: own.head.sha, check_name: 'judge the model' };
    const listed = await bot.rest.checks.listForRef(wanted);
    expect(listed.data.check_runs).toMatchObject([{ id: judge.id, status: 'in_progress' }]);
    const refused = await refusal(bot.rest.checks.update({ ...at, check_run_id: judge.id, conclusion: 'success' }));
    expect(refused.status).toBe(403);
    github.completeJob(judge, 'success');
    const after = await as(github.personToken('ann')).rest.checks.listForRef(wanted);
    expect(after.data.check_runs).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
  });

  it('of the same name are shown once unless all are asked for', async () => {
    const { as, at, job, run, github } = scene;
    const bot = as(job({ checks: 'write' }).token);
    const head_sha = sha('twice');
    const first = await bot.rest.checks.create({ ...at, name: 'mlops', head_sha, conclusion: 'failure' });
    const second = await bot.rest.checks.create({ ...at, name: 'mlops', head_sha, conclusion: 'success' });
    const latest = await bot.rest.checks.listForRef({ ...at, ref: head_sha });
    expect(latest.data.check_runs.map(({ id }) => id)).toEqual([second.data.id]);
    const all = await bot.rest.checks.listForRef({ ...at, ref: head_sha, filter: 'all' });
    expect(all.data.check_runs.map(({ id }) => id)).toEqual([second.data.id, first.data.id]);
    expect(first.data.pull_requests).toEqual([]);
    expect(run.attempt).toBe(1);
    expect(github.checkRuns(scene.repository, head_sha)).toHaveLength(2);
  });

  it('cannot be completed without a conclusion, nor made by a person', async () => {
    const { as, at, job, github } = scene;
    const bot = as(job({ checks: 'write' }).token);
    const open = { ...at, name: 'mlops', head_sha: sha('x'), status: 'completed' as const };
    expect((await refusal(bot.rest.checks.create(open))).status).toBe(422);
    const person = as(github.personToken('ann'));
    const refused = await refusal(person.rest.checks.create({ ...at, name: 'mlops', head_sha: sha('x') }));
    expect(refused).toMatchObject({ status: 403, data: { message: 'You must authenticate via a GitHub App.' } });
  });

  it('statuses: the newest of each context decides', async () => {
    const { as, at, job, github, repository } = scene;
    const bot = as(job({ statuses: 'write' }).token);
    const commit = sha('status');
    const post = (context: string, state: 'pending' | 'success' | 'failure') =>
      bot.rest.repos.createCommitStatus({ ...at, sha: commit, context, state, description: state });
    await post('mlops', 'pending');
    expect((await bot.rest.repos.getCombinedStatusForRef({ ...at, ref: commit })).data.state).toBe('pending');
    await post('mlops', 'success');
    await post('lint', 'success');
    const combined = await bot.rest.repos.getCombinedStatusForRef({ ...at, ref: commit });
    expect(combined.data).toMatchObject({ state: 'success', total_count: 2 });
    await post('lint', 'failure');
    expect((await bot.rest.repos.getCombinedStatusForRef({ ...at, ref: commit })).data.state).toBe('failure');
    expect((await bot.rest.repos.listCommitStatusesForRef({ ...at, ref: commit })).data).toHaveLength(4);
    expect(github.statuses(repository, commit)[0]).toMatchObject({ context: 'lint', state: 'failure' });
    const long = { ...at, sha: commit, state: 'success' as const, description: 'x'.repeat(141) };
    expect((await refusal(bot.rest.repos.createCommitStatus(long))).status).toBe(422);
  });
});
