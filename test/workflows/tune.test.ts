import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MOST_PACK_CHARACTERS, readPack } from '../../shared/tuning/pack.js';
import { customers, spec } from '../actions/project.js';
import type { RunnerUpdate, RunResult } from '../runner/result.js';
import { Session } from '../start/session.js';
import { CALLER, jobOf, logOf, stepOf, TestRepository } from './repository.js';

/** The caller that the README shows. */
const TUNE = `name: tune
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
  actions: read
jobs:
  tune:
    uses: mlops-actions/mlops-actions/.github/workflows/tune.yml@v1
`;

const searching = (tune: Readonly<Record<string, unknown>> = {}): string =>
  spec({
    train: { algorithm: 'gbdt', params: { num_iterations: 12 } },
    tune: {
      metric: 'log_loss',
      ...{ trials: 8, rounds: 2, jobs: 2 },
      space: { num_leaves: { low: 2, high: 31, log: true }, learning_rate: { low: 0.02, high: 0.5, log: true } },
      ...tune,
    },
  });

type Planned = { readonly number: number; readonly params: Readonly<Record<string, unknown>> };

/** tune.yml as a user's repository calls it, with the bundles in dist/, on the local GitHub. */
describe('tune.yml', () => {
  let directory: string;
  let repository: TestRepository;
  let onProgress: ((update: RunnerUpdate) => void) | undefined;
  let first: RunResult;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tuning-'));
    const session = await Session.start({
      directory: join(directory, 'repository'),
      name: 'models',
      onProgress: (update) => onProgress?.(update),
    });
    repository = new TestRepository(directory, session);
    const champion = await repository.push({
      'mlops.yaml': searching(),
      'data.csv': customers(),
      '.github/workflows/model.yml': CALLER,
    });
    expect(champion.conclusion, logOf(champion)).toBe('success');
    first = await repository.push({ '.github/workflows/model.yml': TUNE });
  }, 180_000);
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
    await rm(directory, { recursive: true, force: true });
  });

  const conclusions = (run: RunResult): Readonly<Record<string, string>> =>
    Object.fromEntries(run.jobs.map(({ name, conclusion }) => [name.replace('tune / ', ''), conclusion]));

  /** The trials that a round's plan gave to its jobs. */
  const planned = (run: RunResult, round: number): readonly Planned[] => {
    const { matrix } = stepOf(run, `plan-${round}`, 'Plan').outputs;
    const { include } = JSON.parse(matrix!) as { include: { trials: string }[] };
    for (const { trials } of include) expect(trials.length).toBeLessThan(MOST_PACK_CHARACTERS);
    return include.flatMap(({ trials }) => readPack(trials).trials).sort((a, b) => a.number - b.number);
  };
  const numbers = (trials: readonly Planned[]): number[] => trials.map(({ number }) => number);

  test('two rounds of two jobs, then the winner is trained and judged on the test rows', () => {
    expect(first.conclusion, logOf(first)).toBe('success');
    expect(conclusions(first)).toEqual({
      'plan-1': 'success',
      'trials-1 (1)': 'success',
      'trials-1 (2)': 'success',
      'plan-2': 'success',
      'trials-2 (1)': 'success',
      'trials-2 (2)': 'success',
      'plan-3': 'success',
      'trials-3': 'skipped',
      'plan-4': 'skipped',
      'trials-4': 'skipped',
      select: 'success',
      judge: 'success',
    });
    expect(numbers(planned(first, 1))).toEqual([1, 2, 3, 4]);
    expect(numbers(planned(first, 2))).toEqual([5, 6, 7, 8]);
    expect(stepOf(first, 'plan-3', 'Plan').outputs).toMatchObject({ matrix: '{"include":[]}', count: '0', done: 'true' });

    const { params, value } = stepOf(first, 'select', 'Select').outputs;
    const all = [...planned(first, 1), ...planned(first, 2)];
    expect(all.map((trial) => trial.params)).toContainEqual(JSON.parse(params!));
    expect(Number(value)).toBeGreaterThan(0);
    const { verdict } = stepOf(first, 'judge', 'Compare').outputs;
    expect(['better', 'worse', 'no evidence', 'equivalent', 'identical']).toContain(verdict);
    const summary = jobOf(first, 'select').summaries.join('');
    expect(summary).toContain('8 trials by tpe');
    expect(summary).toContain('xychart-beta');
  });

  test('each job leaves the log of its trials, and only the retraining leaves a candidate', () => {
    const { github, repository: at } = repository.session;
    const names = github.artifacts(at, first.run.id).map(({ name }) => name.replace(/-[0-9a-f]{8}$/, ''));
    expect(names.sort()).toEqual(
      [
        ...['r1-j0', 'r1-j1', 'r1-j2', 'r2-j0', 'r2-j1', 'r2-j2', 'r3-j0'].map((place) => `churn-study-default-${place}-a1`),
        'churn-study-default-report-a1',
        'churn-candidate',
        'churn-comparison',
      ].sort(),
    );
  });

  test('a later run goes on: what is finished is not run again, and a finished study runs nothing', async () => {
    const more = await repository.push({ 'mlops.yaml': searching({ trials: 10 }) });
    expect(more.conclusion, logOf(more)).toBe('success');
    expect(numbers(planned(more, 1))).toEqual([9]);
    expect(numbers(planned(more, 2))).toEqual([10]);
    expect(jobOf(more, 'select').summaries.join('')).toContain('10 trials by tpe');

    const finished = await repository.push({ 'NOTES.md': 'Nothing of the model.' });
    expect(finished.conclusion, logOf(finished)).toBe('success');
    expect(conclusions(finished)).toMatchObject({ 'plan-1': 'success', 'trials-1': 'skipped', 'plan-2': 'skipped' });
    expect(conclusions(finished)).toMatchObject({ select: 'success', judge: 'success' });
    expect(stepOf(finished, 'select', 'Select').outputs.params).toBe(stepOf(more, 'select', 'Select').outputs.params);
  }, 180_000);

  test('a job that dies reddens nothing, and its trials come again under their numbers', async () => {
    const { github } = repository.session;
    // The first of the two legs that wants to leave its log cannot, so that all of it is lost.
    onProgress = (update) => {
      if (update.kind !== 'job-started' || !update.name.includes('trials-1 (2)')) return;
      onProgress = undefined;
      github.inject({ match: { path: /ArtifactService\/CreateArtifact/ }, kind: 'status', status: 403 });
    };
    const run = await repository.push({ 'mlops.yaml': searching({ sampler: 'random', metric: 'brier' }) });
    expect(run.conclusion, logOf(run)).toBe('success');
    const legs = [1, 2].map((job) => jobOf(run, `trials-1 (${job})`).conclusion);
    expect(legs.sort()).toEqual(['failure', 'success']);
    const lost = [1, 2]
      .filter((job) => jobOf(run, `trials-1 (${job})`).conclusion === 'failure')
      .flatMap((job) => {
        const { include } = JSON.parse(stepOf(run, 'plan-1', 'Plan').outputs.matrix!) as {
          include: { job: number; trials: string }[];
        };
        return readPack(include.find((leg) => leg.job === job)!.trials).trials;
      });
    expect(lost).toHaveLength(2);
    expect(planned(run, 2)).toEqual(expect.arrayContaining(lost.map((trial) => expect.objectContaining(trial))));
    expect(numbers(planned(run, 2))).toHaveLength(6);
    expect(stepOf(run, 'plan-3', 'Plan').outputs).toMatchObject({ count: '0', done: 'true' });
    const summary = jobOf(run, 'select').summaries.join('');
    expect(summary).toContain('8 trials by random');
    expect(jobOf(run, 'judge').conclusion).toBe('success');
  }, 180_000);

  test('the logs of a fork are its own: its run has a study, and no run of the repository reads it', async () => {
    const { session } = repository;
    await session.git.checkout('main');
    await session.git.branch('patch-1');
    await repository.write({ 'mlops.yaml': searching({ metric: 'auc', trials: 2, rounds: 1 }) });
    const sha = await session.git.commit('From outside');
    const fork = session.github.createRepository({
      owner: 'mallory',
      name: 'models',
      forkOf: session.repository,
      gitDirectory: session.git.directory,
    });
    const { runs } = await session.openPullRequest('From outside', 'patch-1', sha, fork);
    expect(runs[0]!.conclusion, logOf(runs[0]!)).toBe('success');
    expect(numbers(planned(runs[0]!, 1))).toEqual([1, 2]);
    const theirs = new Set(session.github.artifacts(session.repository, runs[0]!.run.id).map(({ id }) => id));
    expect(theirs.size).toBeGreaterThan(3);

    const from = session.github.requests.length;
    const run = await repository.push({ 'mlops.yaml': searching({ metric: 'auc', trials: 2, rounds: 1 }) });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(numbers(planned(run, 1))).toEqual([1, 2]);
    const downloads = session.github.requests
      .slice(from)
      .flatMap(({ path }) => /artifacts\/(\d+)\/zip/.exec(path)?.[1] ?? [])
      .map(Number);
    expect(downloads.length).toBeGreaterThan(0);
    expect(downloads.filter((id) => theirs.has(id))).toEqual([]);
  }, 180_000);
});
