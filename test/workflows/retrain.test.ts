import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { customers, spec } from '../actions/project.js';
import { ROOT } from '../docs/action-files.js';
import type { RunnerUpdate, RunResult } from '../runner/result.js';
import { type RunnerOptions, rerun, runEvent } from '../runner/runner.js';
import { jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/** The caller that the README of the action shows. */
async function sampleCaller(): Promise<string> {
  const readme = await readFile(`${ROOT}actions/retrain/README.md`, 'utf8');
  const block = [...readme.matchAll(/```yaml\n(.*?)```/gs)]
    .map(([, text]) => text!)
    .find((text) => text.includes('retrain.yml@v1'));
  if (!block) throw new Error('the README shows no caller');
  return block;
}

/** The same, of a model that nobody watches and that goes nowhere. */
async function plainCaller(): Promise<string> {
  return (await sampleCaller()).replace(/ +(monitor|deploy): true.*\n/g, '').replace(/ +secrets:\n.*\n/, '');
}

const CRON = '17 4 * * *';
/** Nothing has to be waited for, and a candidate that is not clearly worse is good enough. */
const eager = (retrain: object = {}, more: object = {}): string =>
  spec({
    gates: ['auc >= champion - 0.2'],
    retrain: { every: '1ms', cooldown: '0s', promote: 'auto', ...retrain },
    ...more,
  });

class Scene {
  readonly repository: TestRepository;

  private constructor(repository: TestRepository) {
    this.repository = repository;
  }

  static async open(files: Readonly<Record<string, string>>): Promise<Scene> {
    const repository = await openRepository({ '.github/workflows/retrain.yml': await plainCaller(), ...files });
    const scene = new Scene(repository);
    await scene.commit({});
    return scene;
  }

  get session() {
    return this.repository.session;
  }

  /** Commits to main; nothing of this repository runs on a push. */
  async commit(files: Readonly<Record<string, string>>): Promise<void> {
    const { git } = this.session;
    await git.checkout('main').catch(() => {}); // The first commit makes the branch.
    await this.repository.write(files);
    await git.commit('A commit');
  }

  options(more: Partial<RunnerOptions> = {}): Omit<RunnerOptions, 'event'> {
    const { github, repository } = this.session;
    return { github, repository, project: ROOT, ...more };
  }

  async schedule(more: Partial<RunnerOptions> = {}): Promise<RunResult> {
    const [run, ...others] = await runEvent({ ...this.options(more), event: { name: 'schedule', cron: CRON } });
    if (!run || others.length > 0) throw new Error('the schedule starts one workflow');
    return run;
  }

  async dispatch(inputs: Readonly<Record<string, string>> = {}, more: Partial<RunnerOptions> = {}): Promise<RunResult> {
    const event = { name: 'workflow_dispatch', workflow: 'retrain.yml', ref: 'refs/heads/main', inputs } as const;
    const [run] = await runEvent({ ...this.options(more), event });
    return run!;
  }

  async tags(): Promise<string[]> {
    const { github, repository } = this.session;
    return (await github.refs(repository)).flatMap(({ name }) => (name.startsWith('refs/tags/') ? [name.slice(10)] : []));
  }
}

const conclusions = (run: RunResult): Record<string, string> =>
  Object.fromEntries(run.jobs.map(({ name, conclusion }) => [name.replace('model / ', ''), conclusion]));
const reasons = (run: RunResult): string[] => JSON.parse(jobOf(run, 'watch').outputs.reasons!) as string[];

/** retrain.yml as a user's repository calls it, with the bundles in dist/, on the local GitHub; the tests are one story. */
describe('retrain.yml', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ 'mlops.yaml': eager(), 'data.csv': customers() });
  });
  afterAll(async () => {
    expect(scene.session.github.violations).toEqual([]);
    await scene.repository.close();
  });

  test('trains the first model when the schedule comes, and takes it all the way', { timeout: 120_000 }, async () => {
    const run = await scene.schedule();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(conclusions(run)).toEqual({
      ...{ watch: 'success', validate: 'success', judge: 'success', register: 'success', release: 'success' },
      ...{ tune: 'skipped', ask: 'skipped' },
    });
    expect(reasons(run)).toEqual(['there is no version yet']);
    expect(jobOf(run, 'judge').outputs).toMatchObject({ verdict: 'first model', accepted: 'true' });
    expect(jobOf(run, 'release').outputs).toEqual({ version: 'v1.0.0', url: '' });
    expect(await scene.tags()).toEqual(['churn#production#2', 'churn#staging#1', 'churn@v1.0.0']);
  });

  test('does nothing when the next schedule finds the same rows', { timeout: 120_000 }, async () => {
    const run = await scene.schedule();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(conclusions(run)).toEqual({
      ...{ watch: 'success', validate: 'skipped', judge: 'skipped', register: 'skipped', release: 'skipped' },
      ...{ tune: 'skipped', ask: 'skipped' },
    });
    expect(reasons(run)[0]).toBe('the 600 rows are those that v1.0.0 was made of: training again would give the same model');
  });

  test('replaces the live model by one of new rows, when an event asks for it', { timeout: 120_000 }, async () => {
    await scene.commit({ 'data.csv': customers({ rows: 800 }) });
    const { github } = scene.session;
    const answer = await fetch(`${github.apiUrl}/repos/you/models/dispatches`, {
      method: 'POST',
      headers: { authorization: `token ${github.personToken('you')}` },
      body: JSON.stringify({ event_type: 'retrain', client_payload: { because: 'new labels' } }),
    });
    expect(answer.status).toBe(204);
    const [run, ...others] = await scene.session.settled();
    expect(others).toEqual([]);
    expect(run?.conclusion, logOf(run!)).toBe('success');
    expect(run?.run.event).toBe('repository_dispatch');
    expect(jobOf(run!, 'judge').conclusion, reasons(run!).join('; ')).toBe('success');
    expect(stepOf(run!, 'judge', 'Compare').log).toContain('churn@v1.0.0');
    expect(await scene.tags()).toEqual([
      ...['churn#production#2', 'churn#production#4', 'churn#staging#1', 'churn#staging#3', 'churn@v1.0.0', 'churn@v1.0.1'],
    ]);
  });

  test('registers nothing that a gate refuses, and does not try the same rows again', { timeout: 120_000 }, async () => {
    const strict = { gates: ['auc >= 0.999'] };
    await scene.commit({ 'mlops.yaml': eager({}, strict), 'data.csv': customers({ rows: 900 }) });
    const run = await scene.schedule();
    expect(run.conclusion).toBe('failure');
    expect(conclusions(run)).toMatchObject({ watch: 'success', judge: 'failure', register: 'skipped', release: 'skipped' });
    const next = await scene.schedule();
    expect(next.conclusion, logOf(next)).toBe('success');
    expect(reasons(next)[0]).toBe(
      `the 900 rows are those that run ${run.run.id} had: training again would give the same model`,
    );
    expect((await scene.tags()).length).toBe(6);
  });

  test('trains nothing on rows that break their contract', { timeout: 120_000 }, async () => {
    const contract = { columns: { plan: { enum: ['basic', 'plus'] } } };
    await scene.commit({ 'mlops.yaml': eager({}, { contract }), 'data.csv': customers({ rows: 901 }) });
    const run = await scene.schedule();
    expect(run.conclusion).toBe('failure');
    expect(conclusions(run)).toMatchObject({
      watch: 'success',
      validate: 'failure',
      judge: 'skipped',
      register: 'skipped',
      release: 'skipped',
    });
  });

  test('with promote: never makes a version, and leaves the rest to people', { timeout: 120_000 }, async () => {
    await scene.commit({ 'mlops.yaml': eager({ promote: 'never' }), 'data.csv': customers({ rows: 1000 }) });
    const run = await scene.schedule();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(conclusions(run)).toMatchObject({ register: 'success', release: 'skipped' });
    expect(jobOf(run, 'register').outputs.version).toBe('v1.0.2');
    expect((await scene.tags()).filter((tag) => tag.includes('#')).length).toBe(4);
  });

  test('with promote: ask, and nobody who could approve, asks in one issue', { timeout: 120_000 }, async () => {
    const { github, repository } = scene.session;
    await scene.commit({ 'mlops.yaml': eager({ promote: 'ask' }), 'data.csv': customers({ rows: 1050 }) });
    const run = await scene.schedule();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(conclusions(run)).toMatchObject({ register: 'success', ask: 'success', release: 'skipped' });
    expect(github.issues(repository)).toMatchObject([{ title: 'churn v1.0.3: shall it go to production?', state: 'open' }]);
    expect(github.issues(repository)[0]!.body).toContain('gh workflow run retrain.yml -f promote=churn@v1.0.3');
  });

  test('promotes a version that somebody says yes to, after it was judged again', { timeout: 120_000 }, async () => {
    const run = await scene.dispatch({ promote: 'churn@v1.0.3' });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(conclusions(run)).toEqual({
      ...{ watch: 'skipped', validate: 'skipped', judge: 'success', register: 'skipped', release: 'success' },
      ...{ tune: 'skipped', ask: 'success' },
    });
    expect(stepOf(run, 'judge', 'Train').conclusion).toBe('skipped');
    expect(jobOf(run, 'release').outputs.version).toBe('v1.0.3');
    expect(await scene.tags()).toContain('churn#production#6');
    const { github, repository } = scene.session;
    expect(github.issues(repository).map(({ state }) => state)).toEqual(['closed']);
  });

  test('searches for better parameters first where the spec says so', { timeout: 240_000 }, async () => {
    const tune = { trials: 2, rounds: 1, jobs: 1, space: { l2: { low: 0.001, high: 1, log: true } } };
    const caller = await plainCaller();
    await scene.commit({
      'mlops.yaml': eager({ tune: true }, { tune }),
      'newer.csv': customers({ rows: 1100 }),
      '.github/workflows/retrain.yml': caller.replace(/( +)with:\n/, '$&$1  data: newer.csv\n'),
    });
    const run = await scene.schedule();
    await scene.commit({ '.github/workflows/retrain.yml': caller });
    expect(run.conclusion, logOf(run)).toBe('success');
    // Every step that reads data reads the caller's.
    expect(logOf(run).match(/reading newer\.csv|newer\.csv/gi)?.length).toBeGreaterThan(2);
    expect(logOf(run)).not.toMatch(/\bdata\.csv/);
    expect(conclusions(run)).toMatchObject({
      'tune / judge': 'success',
      judge: 'skipped',
      register: 'success',
      release: 'success',
    });
    expect(jobOf(run, 'release').outputs.version).toMatch(/^v1\.\d\.\d$/);
  });

  test('a caller that grants too little gets no run, and is told which line is missing', async () => {
    const caller = await plainCaller();
    await scene.commit({ '.github/workflows/retrain.yml': caller.replace('contents: write', 'contents: read') });
    const run = await scene.schedule();
    expect(run).toMatchObject({ conclusion: 'failure', jobs: [], error: expect.stringContaining("'contents: write'") });
    await scene.commit({ '.github/workflows/retrain.yml': caller });
  });

  test('the jobs that run data and models hold no pen for the registry', async () => {
    const { jobs } = parse(await readFile(`${ROOT}.github/workflows/retrain.yml`, 'utf8')) as {
      jobs: Record<string, { permissions: Record<string, string> }>;
    };
    for (const job of ['watch', 'validate', 'judge', 'tune', 'ask']) expect(jobs[job]!.permissions.contents, job).toBe('read');
    expect(Object.values(jobs.judge!.permissions)).toEqual(['read', 'read']);
  });
});

describe('retrain.yml with promote: ask', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ 'mlops.yaml': eager({ promote: 'ask' }), 'data.csv': customers() });
    scene.session.github.setEnvironment(scene.session.repository, { name: 'production', reviewers: ['rita'] });
  });
  afterAll(async () => {
    expect(scene.session.github.violations).toEqual([]);
    await scene.repository.close();
  });

  /** A scheduled run that waits; and what the next schedule says meanwhile. */
  async function waiting(
    rows: number,
  ): Promise<{ task: Promise<RunResult>; meanwhile: RunResult; decide: (yes: boolean) => void }> {
    const { github } = scene.session;
    await scene.commit({ 'data.csv': customers({ rows }) });
    let decide: ((yes: boolean) => void) | undefined;
    const asked = new Promise<void>((resolve) => {
      const stop = github.onPendingReview((job) => {
        stop();
        decide = (yes) => github.review(job, yes ? 'approved' : 'rejected', 'rita');
        resolve();
      });
    });
    const task = scene.schedule();
    await Promise.race([asked, task]);
    if (!decide) throw new Error(logOf(await task));
    return { task, meanwhile: await scene.schedule(), decide };
  }

  test('waits for a reviewer of the environment, and nobody trains meanwhile', { timeout: 120_000 }, async () => {
    const { task, meanwhile, decide } = await waiting(600);
    expect(conclusions(meanwhile)).toMatchObject({ watch: 'success', judge: 'skipped' });
    expect(reasons(meanwhile)[0]).toMatch(/^a version waits for approval in run \d+: approve or reject it there$/);
    expect(await scene.tags()).toEqual(['churn@v1.0.0']);
    decide(true);
    const run = await task;
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(await scene.tags()).toContain('churn#production#2');
  });

  test('leaves the live version where it is when a reviewer says no', { timeout: 120_000 }, async () => {
    const { task, decide } = await waiting(700);
    decide(false);
    const run = await task;
    expect(run.conclusion).toBe('failure');
    expect(conclusions(run)).toMatchObject({ register: 'success', release: 'failure' });
    expect((await scene.tags()).filter((tag) => tag.includes('#')).length).toBe(2);
    // The version is there, and its rows were judged: nobody is asked twice.
    const next = await scene.schedule();
    expect(conclusions(next)).toMatchObject({ watch: 'success', judge: 'skipped' });
  });
});

describe('overlapping, dying and repeated runs', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ 'mlops.yaml': eager(), 'data.csv': customers() });
  });
  afterAll(async () => {
    expect(scene.session.github.violations).toEqual([]);
    await scene.repository.close();
  });
  const productions = async () => (await scene.tags()).filter((tag) => tag.includes('#production#'));
  const versions = async () => (await scene.tags()).filter((tag) => tag.includes('@'));

  test('of four at once, one trains and promotes', { timeout: 240_000 }, async () => {
    const all = await Promise.all([scene.schedule(), scene.schedule(), scene.dispatch({ force: 'true' }), scene.dispatch()]);
    // A newer one takes the place of one that waits, as GitHub has it.
    expect(all.filter((run) => conclusions(run).release === 'success').length).toBe(1);
    expect(
      all.every((run) => ['success', 'cancelled'].includes(run.conclusion)),
      all.map(logOf).join('\n'),
    ).toBe(true);
    expect(await versions()).toEqual(['churn@v1.0.0']);
    expect((await productions()).length).toBe(1);
  });

  /** Cancels a run as soon as a step begins, which is how a lost machine looks from outside. */
  async function dyingAt(step: string, rows: number): Promise<RunResult> {
    await scene.commit({ 'data.csv': customers({ rows }) });
    const stop = new AbortController();
    const onProgress = (update: RunnerUpdate): void => {
      if (update.kind === 'step-started' && update.name === step) stop.abort();
    };
    return scene.schedule({ signal: stop.signal, onProgress });
  }
  const again = (run: RunResult, which: 'all' | 'failed') =>
    rerun({ ...scene.options(), event: { name: 'schedule', cron: CRON } }, run, which);

  test.each([
    ['Train', 700],
    ['Register', 800],
    ['Promote', 900],
  ])('one that dies at %s is finished by a further attempt, once', { timeout: 240_000 }, async (step, rows) => {
    const before = { versions: (await versions()).length, productions: (await productions()).length };
    const dead = await dyingAt(step, rows);
    expect(dead.conclusion).toBe('cancelled');
    expect((await productions()).length).toBe(before.productions);
    const finished = await again(dead, step === 'Train' ? 'all' : 'failed');
    expect(finished.conclusion, logOf(finished)).toBe('success');
    const after = { versions: before.versions + 1, productions: before.productions + 1 };
    expect((await versions()).length).toBe(after.versions);
    expect((await productions()).length).toBe(after.productions);
    // Once more, from the beginning: the rows are those of the live version now.
    const repeated = await again(finished, 'all');
    expect(repeated.conclusion, logOf(repeated)).toBe('success');
    expect(conclusions(repeated)).toMatchObject({ watch: 'success', judge: 'skipped', release: 'skipped' });
    expect((await versions()).length).toBe(after.versions);
    expect((await productions()).length).toBe(after.productions);
  });

  test('a candidate whose opponent was replaced while it was judged is not promoted', { timeout: 240_000 }, async () => {
    await scene.commit({ 'data.csv': customers({ rows: 1000 }) });
    const before = (await productions()).length;
    const stop = new AbortController();
    const onProgress = (update: RunnerUpdate): void => {
      if (update.kind === 'step-started' && update.name === 'Promote') stop.abort();
    };
    const late = await scene.schedule({ signal: stop.signal, onProgress });
    expect(late.conclusion).toBe('cancelled');
    // Somebody else goes live meanwhile.
    await scene.commit({ 'data.csv': customers({ rows: 1100 }) });
    const other = await scene.schedule();
    expect(other.conclusion, logOf(other)).toBe('success');
    const finished = await again(late, 'failed');
    expect(finished.conclusion).toBe('failure');
    expect(stepOf(finished, 'release', 'Promote').log).toContain('so it is out of date');
    expect((await productions()).length).toBe(before + 1);
  });
});
