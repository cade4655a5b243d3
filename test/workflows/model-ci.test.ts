import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customers, spec } from '../actions/project.js';
import type { RunResult } from '../runner/result.js';
import { CALLER, jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/** The same caller, as a pull request changes it that wants to see what is in the data, and how it differs from
 * a file. */
const PROFILING = `name: model
on:
  pull_request:
permissions:
  contents: read
  actions: read
  checks: write
  pull-requests: write
jobs:
  model:
    uses: mlops-actions/mlops-actions/.github/workflows/model-ci.yml@v1
    with:
      profile: true
      reference: earlier.csv
`;

/** What some other model says of each customer, and says the wrong way round. */
function wrongAnswers(): string {
  const rows = customers().trim().split('\n').slice(1);
  const lines = rows.map((row) => row.split(',')).map(([id, , , churned]) => `${id},${churned === 'yes' ? 0.1 : 0.9}`);
  return `id,score\n${lines.join('\n')}\n`;
}

/** model-ci.yml as a user's repository calls it, with the bundles in dist/, on the local GitHub. */
describe('model-ci.yml', () => {
  let repository: TestRepository;
  let pushed: RunResult;
  beforeAll(async () => {
    repository = await openRepository();
    pushed = await repository.push();
  }, 120_000);
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
  });

  test('a push to main leaves the candidate and a check, and no comment', () => {
    expect(pushed.conclusion, logOf(pushed)).toBe('success');
    const { github, repository: at } = repository.session;
    expect(github.artifacts(at).map(({ name }) => name.replace(/-[0-9a-f]{8}$/, ''))).toEqual([
      'churn-candidate',
      'churn-comparison',
    ]);
    expect(github.checkRuns(at)).toMatchObject([{ name: 'model: churn', conclusion: 'success', headSha: pushed.run.headSha }]);
    expect(jobOf(pushed, 'judge').outputs.verdict).toBe('first model');
  });

  test('a pull request that changes nothing is identical and passes', async () => {
    const { pullRequest, run, sha } = await repository.propose('nothing', { 'NOTES.md': 'Nothing of the model.' });
    expect(run.conclusion, logOf(run)).toBe('success');
    const [comment, ...others] = repository.comments(pullRequest.number);
    expect(others).toEqual([]);
    expect(comment).toMatch(/^<!-- mlops-actions: churn \/ model -->\n.*`churn`.*identical/);
    // The check belongs to the head of the pull request, not to the merge commit that was checked out.
    expect(repository.checks(sha)).toMatchObject([{ conclusion: 'success', headSha: sha }]);
    // Nothing is trained again either.
    const { digest } = stepOf(pushed, 'judge', 'Train').outputs;
    expect(stepOf(run, 'judge', 'Train').outputs).toMatchObject({ digest, cached: 'true' });
  });

  test('a change of the model is judged against the champion of main beside further candidates, and a second push updates the comment', async () => {
    const { pullRequest, run } = await repository.propose('prior', {
      'mlops.yaml': spec({ train: { algorithm: 'baseline' } }),
      'answers.csv': wrongAnswers(),
      '.github/workflows/model.yml': `${CALLER}    with:\n      candidates: answers.csv\n`,
    });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(stepOf(run, 'judge', 'Compare').outputs).toMatchObject({ verdict: 'worse', best: '.mlops-actions/bundle' });
    expect(jobOf(run, 'judge').outputs.verdict).toBe('worse');
    const [first] = repository.comments(pullRequest.number);
    expect(first).toContain('the best of 2 candidates is worse than');
    expect(first).toContain('| `answers.csv` ');

    await repository.write({
      '.github/workflows/model.yml': CALLER,
      'mlops.yaml': spec({ gates: ['auc >= champion - 0.05'], train: { algorithm: 'baseline' } }),
    });
    const sha = await repository.session.git.commit('With a gate');
    const { runs } = await repository.session.updatePullRequest(pullRequest, sha);
    expect(runs[0]!.conclusion).toBe('failure');
    expect(stepOf(runs[0]!, 'judge', 'Compare').annotations).toMatchObject([
      { level: 'error', file: 'mlops.yaml' },
      { level: 'error', message: '1 of 1 gates does not pass: auc >= champion - 0.05.' },
    ]);
    // The job failed, and the result was posted all the same.
    const comments = repository.comments(pullRequest.number);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain('❌');
    expect(repository.checks(sha)).toMatchObject([{ conclusion: 'failure' }]);
  });

  test('a change of target.sql is not comparable, and says why', async () => {
    const target = { column: 'leaves', sql: "churned = 'yes' AND usage < 5" };
    const { pullRequest, run } = await repository.propose('target', { 'mlops.yaml': spec({ target }) });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(repository.comments(pullRequest.number)[0]).toContain('The target changed: was <code>churned</code>');
  });

  test('data that breaks its contract is never trained on, and the comment shows the rule; a profile shows the data', async () => {
    const { pullRequest, run } = await repository.propose('broken', {
      'mlops.yaml': spec({ contract: { columns: { plan: { enum: ['basic', 'plus', 'pro'] } } } }),
      'data.csv': customers().replace(/basic/, 'bsaic'),
      'earlier.csv': customers({ rows: 300 }).replaceAll('basic', 'starter'),
      '.github/workflows/model.yml': PROFILING,
    });
    const profile = stepOf(run, 'judge', 'Profile');
    expect(profile.conclusion, profile.log).toBe('success');
    expect(profile.outputs.artifact).toBe('churn-profile');
    expect(jobOf(run, 'judge').summaries.join('')).toContain('<b>Columns</b>');
    expect(run.conclusion).toBe('failure');
    expect(stepOf(run, 'judge', 'Train').conclusion).toBe('skipped');
    const [comment] = repository.comments(pullRequest.number);
    expect(comment).toContain('bsaic');
    expect(comment).toContain('1 of 3 columns drifted against the reference');
    expect(stepOf(run, 'judge', 'Validate').outputs.drifted).toBe('1');
    expect(comment).toContain('plan');
  });

  test('a mistake in the spec fails in one line at its place, and posts nothing', async () => {
    const { pullRequest, run } = await repository.propose('typo', { 'mlops.yaml': spec().replace('target:', 'traget:') });
    expect(run.conclusion).toBe('failure');
    expect(stepOf(run, 'judge', 'Validate').annotations).toContainEqual(
      expect.objectContaining({
        level: 'error',
        file: 'mlops.yaml',
        line: expect.any(Number),
        message: expect.stringContaining('traget'),
      }),
    );
    expect(jobOf(run, 'report').conclusion).toBe('skipped');
    expect(repository.comments(pullRequest.number)).toEqual([]);
  });

  test('a fork is judged with a token that can only read, and nothing is posted from its run', async () => {
    const { session } = repository;
    await session.git.checkout('main');
    await session.git.branch('patch-1');
    const sha = await session.git.commit('From outside');
    const fork = session.github.createRepository({
      owner: 'mallory',
      name: 'models',
      forkOf: session.repository,
      gitDirectory: session.git.directory,
    });
    const { pullRequest, runs } = await session.openPullRequest('From outside', 'patch-1', sha, fork);
    const run = runs[0]!;
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'judge').outputs.verdict).toBe('identical');
    expect(jobOf(run, 'report').conclusion).toBe('skipped');
    expect(repository.comments(pullRequest.number)).toEqual([]);
  });

  test('the champion is never what a pull request made, also not that of a fork', () => {
    const { github, repository: at } = repository.session;
    const candidates = github.artifacts(at).filter(({ name }) => name === 'churn-candidate');
    expect(candidates.length).toBeGreaterThan(4);
    const reads = github.requests
      .filter(({ path }) => /artifacts\/\d+\/zip/.test(path))
      .map(({ path }) => Number(/artifacts\/(\d+)/.exec(path)![1]));
    const downloaded = candidates.filter(({ id }) => reads.includes(id));
    expect(downloaded.map(({ runId }) => runId)).toEqual([pushed.run.id]);
  });
});

describe('permissions', () => {
  test('a caller that grants too little gets no run, and is told which line is missing', async () => {
    const repository = await openRepository({ '.github/workflows/model.yml': CALLER.replace('  checks: write\n', '') });
    try {
      const run = await repository.push();
      expect(run.conclusion).toBe('failure');
      expect(run.jobs.flatMap(({ steps }) => steps)).toEqual([]);
      expect(JSON.stringify(run)).toContain('checks');
    } finally {
      await repository.close();
    }
  });

  test('no token is in any log', async () => {
    const repository = await openRepository();
    try {
      const run = await repository.push();
      const text = JSON.stringify(run.jobs);
      expect(text).not.toMatch(/gh[spu]_[A-Za-z0-9]/);
      expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]+\.eyJ/);
    } finally {
      await repository.close();
    }
  });
});
