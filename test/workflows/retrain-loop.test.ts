import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../shared/serving/server.js';
import {
  atEnd,
  type Customer,
  csvOf,
  customersOf,
  LIVE_START,
  labelsOf,
  liveSpec,
  logTraffic,
  trainingCustomers,
  trainLive,
  week,
} from '../actions/live.js';
import { Project } from '../actions/project.js';
import { startModelServer } from '../deployment/real-server.js';
import { ROOT } from '../docs/action-files.js';
import type { RunResult } from '../runner/result.js';
import { runEvent } from '../runner/runner.js';
import { jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/**
 * The whole loop, as the README's caller has it: a schedule that looks at a live server's traffic, notices decay, trains on the
 * new labels, judges, registers, promotes and deploys to the server that answers; with the bundles in dist/. One story.
 */
describe('retrain.yml with monitor and deploy', () => {
  const token = 'the token of the model server';
  const changes = {
    retrain: { every: '999d', when: [{ drift: true }], cooldown: '0s', promote: 'auto' },
    gates: ['auc >= 0.55'],
    // The order of the customers stays as it is when all of them use more; the probabilities do not.
    evaluate: { primary: 'log_loss', bootstrap: 200 },
  };
  let repository: TestRepository;
  let server: RunningServer;
  let project: Project;
  let folder: string;
  let caller: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loop-'));
    server = await startModelServer(token, folder);
    const readme = await readFile(`${ROOT}actions/retrain/README.md`, 'utf8');
    const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text!);
    caller = blocks
      .find((text) => text.includes('retrain.yml@v1'))!
      .replace('monitor: true', `monitor: true\n      at: ${atEnd(4, 3)}\n     `);
    repository = await openRepository({
      '.github/workflows/model.yml': 'on: workflow_dispatch\njobs: { none: { runs-on: x, steps: [{ run: echo }] } }\n',
      '.github/workflows/retrain.yml': caller,
      'mlops.yaml': specOf(),
      'data.csv': csvOf(trainingCustomers()),
    });
    await commit({});
    // The same data and spec make the same model, which answers here as it does on the server.
    project = await Project.create();
    await trainLive(project, { ...changes, deploy: { target: 'service', url: server.url } });
  });
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
    await server.close();
    await project.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const specOf = (more: object = {}): string =>
    liveSpec({ ...changes, deploy: { target: 'service', url: server.url }, ...more });
  async function commit(files: Readonly<Record<string, string>>): Promise<void> {
    await repository.session.git.checkout('main').catch(() => {}); // The first commit makes the branch.
    await repository.write(files);
    await repository.session.git.commit('A commit');
  }
  async function schedule(secret = token): Promise<RunResult> {
    const { github, repository: of } = repository.session;
    const event = { name: 'schedule', cron: '17 4 * * *' } as const;
    const [run] = await runEvent({ github, repository: of, project: ROOT, event, secrets: { SERVICE_TOKEN: secret } });
    return run!;
  }
  const live = async (): Promise<string> => {
    const answer = await fetch(`${server.url}/models/churn/predict`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ rows: [{ usage: 1.5, plan: 'pro', date: '2026-03-02T10:00:00Z' }] }),
    });
    return ((await answer.json()) as { version: string }).version;
  };
  /** The version of the newest tag of the stage. */
  const inProduction = async (): Promise<string> => {
    const { git } = repository.session;
    const tags = (await git.git('tag', '--list', 'churn#production#*')).split('\n').filter((tag) => tag !== '');
    const newest = tags.sort((a, b) => Number(b.split('#')[2]) - Number(a.split('#')[2]))[0]!;
    return (JSON.parse(await git.git('tag', '--list', '--format=%(contents)', newest)) as { version: string }).version;
  };
  const issues = () => repository.session.github.issues(repository.session.repository);
  const records = () =>
    repository.session.github
      .deployments(repository.session.repository)
      .map(({ ref, statuses }) => [ref, statuses.at(-1)!.state]);
  const drifted = { shift: 4, noise: 0.15 };
  /** Labelled customers after the weeks of traffic. */
  const later = (days: number): Customer[] =>
    customersOf({ rows: 100, days, start: LIVE_START + 28 * 86_400_000, seed: 99, ...drifted });
  const labelled = (weeks: readonly (readonly Customer[])[]): string => csvOf([...trainingCustomers(), ...weeks.flat()]);

  test('the first schedule makes the first model, which is live at its end', { timeout: 240_000 }, async () => {
    // The token is the environment's alone.
    const { github, repository: of } = repository.session;
    github.setEnvironment(of, { name: 'production', secrets: { SERVICE_TOKEN: token } });
    const run = await schedule('');
    github.setEnvironment(of, { name: 'production', secrets: {} });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(stepOf(run, 'watch', 'Monitor')).toMatchObject({ outcome: 'failure', conclusion: 'success' });
    expect(jobOf(run, 'release').outputs).toEqual({ version: 'v1.0.0', url: server.url });
    expect(await live()).toBe('v1.0.0');
    expect(records()).toEqual([['churn@v1.0.0', 'success']]);
    expect(issues()).toEqual([]);
  });

  test('a healthy model is left alone', { timeout: 240_000 }, async () => {
    const weeks = [0, 1, 2, 3].map((number) => week(number));
    for (const customers of weeks) await logTraffic(project, customers, { folder: join('..', relativeTraffic()) });
    await commit({ 'labels/1.csv': labelsOf(weeks.flat()), 'data.csv': labelled(weeks) });
    const run = await schedule();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'watch').outputs.retrain).toBe('false');
    expect(jobOf(run, 'watch').outputs.reasons).toContain('no drift is in alarm');
    expect(issues()).toEqual([]);
  });

  test('drift opens the one issue, and a better model takes the place', { timeout: 240_000 }, async () => {
    await rm(join(repository.session.git.directory, 'traffic'), { recursive: true });
    const weeks = [0, 1, 2, 3].map((number) => week(number, number < 2 ? {} : drifted));
    for (const customers of weeks) await logTraffic(project, customers, { folder: join('..', relativeTraffic()) });
    await commit({ 'labels/1.csv': labelsOf(weeks.flat()), 'data.csv': labelled([...weeks, later(21)]) });
    // Two at once: one looks after the other, and sees that somebody trains already.
    const both = await Promise.all([schedule(), schedule()]);
    expect(
      both.map(({ conclusion }) => conclusion),
      both.map(logOf).join('\n'),
    ).toEqual(['success', 'success']);
    const [run, ...others] = both.filter((one) => jobOf(one, 'watch').outputs.retrain === 'true');
    if (!run) throw new Error(both.map(logOf).join('\n'));
    expect(others).toEqual([]);
    expect(jobOf(run, 'watch').outputs.reasons).toContain('input drift of usage');
    expect(jobOf(run, 'judge').outputs).toMatchObject({ verdict: 'better', accepted: 'true' });
    const { version } = jobOf(run, 'release').outputs;
    expect(version).toMatch(/^v1\.\d\.\d$/);
    expect(await live()).toBe(version);
    expect(await inProduction()).toBe(version);
    expect(records()).toEqual([
      ['churn@v1.0.0', 'inactive'],
      [`churn@${version}`, 'success'],
    ]);
    expect(issues()).toMatchObject([{ state: 'open', labels: ['mlops-health'] }]);
    expect(issues()[0]!.body).toContain(`"run":${run.run.id}`);
  });

  test('a rollout that fails gives the stage back to the version that is live', { timeout: 240_000 }, async () => {
    const before = await live();
    const weeks = [0, 1, 2, 3].map((number) => week(number, number < 2 ? {} : drifted));
    await commit({
      'data.csv': labelled([...weeks, later(35)]),
      'mlops.yaml': specOf({
        retrain: { every: '1ms', cooldown: '0s', promote: 'auto' },
        gates: ['log_loss <= champion + 0.5'],
      }),
    });
    const run = await schedule('another token');
    expect(run.conclusion).toBe('failure');
    expect(stepOf(run, 'release', 'Promote').conclusion).toBe('success');
    expect(stepOf(run, 'release', 'Deploy').conclusion).toBe('failure');
    expect(stepOf(run, 'release', 'Take the stage back').conclusion).toBe('success');
    expect(await live()).toBe(before);
    expect(await inProduction()).toBe(before);
    // The new model knows such customers, so the issue is closed; a second one there is not.
    expect(issues()).toMatchObject([{ state: 'closed' }]);
  });

  /** The repository's traffic folder, seen from the project's parent. */
  function relativeTraffic(): string {
    const parent = join(project.directory, '..');
    return join(repository.session.git.directory.slice(parent.length + 1), 'traffic');
  }
});
