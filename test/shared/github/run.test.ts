import { afterAll, beforeAll, expect, test } from 'vitest';
import { getRun, jobsOfRun, runsOfWorkflow } from '../../../shared/github/run.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
});
const at = { owner: 'acme', repo: 'models' };

test('the runs of a workflow since a time, and what their jobs took, over all attempts', async () => {
  const { github, repository } = scene;
  const start = (path: string) =>
    github.startRun({ repository, workflowName: path, path, event: 'schedule', headBranch: 'main', headSha: 'a'.repeat(40) });
  const [old, other, run] = [start('retrain.yml'), start('ci.yml'), start('retrain.yml')];
  const minutes = (count: number): void => github.advanceClock(count * 60_000);
  const work = (name: string, count: number): void => {
    const job = github.startJob(github.rerun(run), { name, permissions: {} });
    minutes(count);
    github.completeJob(job, 'success');
    github.completeRun(run, 'success');
  };
  github.completeRun(run, 'failure');
  work('judge', 10);
  work('release', 5);
  const client = await scene.client({ actions: 'read' });
  const { workflowId } = await getRun(client, at, run.id);
  const runs = await runsOfWorkflow(client, at, workflowId, '2026-01-01T00:00:00Z');
  expect(runs.map(({ id, status, conclusion }) => [id, status, conclusion])).toEqual([
    [run.id, 'completed', 'success'],
    [old.id, 'in_progress', null],
  ]);
  expect(runs.some(({ id }) => id === other.id)).toBe(false);
  expect(await runsOfWorkflow(client, at, workflowId, '2126-01-01T00:00:00Z')).toEqual([]);
  const took = (await jobsOfRun(client, at, run.id)).map(({ name, status, startedAt, completedAt }) => {
    return [name, status, (Date.parse(completedAt!) - Date.parse(startedAt)) / 60_000];
  });
  expect(took).toEqual([
    ['judge', 'completed', 10],
    ['release', 'completed', 5],
  ]);
});

test('a run that waits for a reviewer says so, and its job has no end', async () => {
  const { github, repository } = scene;
  github.setEnvironment(repository, { name: 'production', reviewers: ['rita'] });
  const run = github.startRun({
    ...{ repository, workflowName: 'CD', path: 'cd.yml', event: 'push', headBranch: 'main', headSha: 'a'.repeat(40) },
  });
  const stop = new AbortController();
  const entry = github.enterEnvironment(run, {
    job: 'release',
    environment: 'production',
    deployment: false,
    signal: stop.signal,
  });
  const client = await scene.client({ actions: 'read' });
  expect(await getRun(client, at, run.id)).toMatchObject({ status: 'waiting', conclusion: null });
  const [job] = await jobsOfRun(client, at, run.id);
  expect(job).toMatchObject({ name: 'release', status: 'waiting', conclusion: null });
  expect(job).not.toHaveProperty('completedAt');
  stop.abort();
  expect((await entry).outcome).toBe('cancelled');
});
