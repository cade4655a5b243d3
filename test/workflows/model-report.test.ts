import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PullRequest } from '../github/types.js';
import type { RunResult } from '../runner/result.js';
import { better } from '../shared/report/fixtures.js';
import { zipOf } from '../shared/runner/zip-file.js';
import { CALLER, jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/** Judges pull requests alone, so that the push to main costs nothing here. */
const JUDGE = CALLER.replace('  push:\n    branches: [main]\n', '');

/** A fork's own version of that file: it has the name, and leaves what it likes. */
const FORGER = `name: model
on: pull_request
jobs:
  judge:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - uses: ./forge
`;

const FORGE = `name: forge
description: Leaves what it likes.
runs: { using: node24, main: forge.js }
`;

/** Uploads bytes as the toolkit does, with the token that a step of any run gets. */
const FORGE_JS = `
const { readFileSync } = require('node:fs');
const { createHash } = require('node:crypto');
const { ACTIONS_RUNTIME_TOKEN: token, ACTIONS_RESULTS_URL: service } = process.env;
const { scp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const [, run, job] = /Actions.Results:([^:]+):([^ ]+)/.exec(scp);
const bytes = Buffer.from(readFileSync('forged.base64', 'utf8'), 'base64');
const call = async (method, body) => {
  const answer = await fetch(service + 'twirp/github.actions.results.api.v1.ArtifactService/' + method, {
    method: 'POST',
    headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
    body: JSON.stringify({ workflow_run_backend_id: run, workflow_job_run_backend_id: job, name: 'churn-comparison-0123abcd', ...body }),
  });
  return answer.json();
};
(async () => {
  const { signed_upload_url: url } = await call('CreateArtifact', { version: 7, mime_type: 'application/zip' });
  await fetch(url + '&comp=block&blockid=YQ%3D%3D', { method: 'PUT', body: bytes });
  await fetch(url + '&comp=blocklist', { method: 'PUT', body: '<BlockList><Latest>YQ==</Latest></BlockList>' });
  const hash = 'sha256:' + createHash('sha256').update(bytes).digest('hex');
  await call('FinalizeArtifact', { size: String(bytes.length), hash });
})();
`;

/** The fork's files that leave a result of its own making. */
const forging = (result: object): Readonly<Record<string, string>> => ({
  '.github/workflows/model.yml': FORGER,
  'forge/action.yml': FORGE,
  'forge/forge.js': FORGE_JS,
  'forged.base64': zipOf([{ name: 'comparison.json', content: JSON.stringify(result) }]).toString('base64'),
});

/** The caller of actions/report/README.md, and a fork whose run can only read. The tests are one story. */
describe('model-report.yml', () => {
  let repository: TestRepository;
  let genuine: PullRequest;
  beforeAll(async () => {
    const readme = await readFile(new URL('../../actions/report/README.md', import.meta.url), 'utf8');
    const caller = [...readme.matchAll(/```yaml\n(.*?)```/gs)]
      .map(([, text]) => text!)
      .find((text) => text.includes('model-report.yml@v1'))!;
    expect(caller.trimEnd().split('\n')).toHaveLength(8);
    repository = await openRepository({ '.github/workflows/model.yml': JUDGE, '.github/workflows/report.yml': caller });
    expect((await repository.session.push('The project')).runs).toEqual([]);
  });
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
  });

  /** Opens a fork's pull request. @returns it with its own run and the one that follows */
  async function fromFork(branch: string, files: Readonly<Record<string, string>>) {
    const { session } = repository;
    await session.git.checkout('main');
    await session.git.branch(branch);
    await repository.write(files);
    const sha = await session.git.commit(branch);
    const fork = session.github.createRepository({
      ...{ owner: `mallory-${branch}`, name: 'models', forkOf: session.repository, gitDirectory: session.git.directory },
    });
    const { pullRequest, runs } = await session.openPullRequest(branch, branch, sha, fork);
    const [judged, reported, ...others] = runs;
    expect(others).toEqual([]);
    return { pullRequest, sha, fork, judged: judged!, reported: reported! };
  }

  const verdictOf = (run: RunResult) => jobOf(run, 'judge').outputs.verdict;

  test("a fork's job can only read, and the next one posts what it has found", { timeout: 120_000 }, async () => {
    const { pullRequest, sha, fork, judged, reported } = await fromFork('patch-1', { 'NOTES.md': 'From outside' });
    genuine = pullRequest;
    expect(judged.conclusion, logOf(judged)).toBe('success');
    expect(verdictOf(judged)).toBe('first model');
    expect(jobOf(judged, 'report').conclusion).toBe('skipped');
    expect(Object.values(jobOf(judged, 'judge').permissions)).not.toContain('write');

    expect(reported.conclusion, logOf(reported)).toBe('success');
    const [comment, ...others] = repository.comments(pullRequest.number);
    expect(others).toEqual([]);
    expect(comment).toMatch(/^<!-- mlops-actions: churn \/ model -->\n/);
    expect(comment).toContain(`the fork <code>${fork.fullName}</code>`);
    expect(repository.checks(sha)).toMatchObject([{ name: 'model: churn', conclusion: 'success', headSha: sha }]);
    // It checks nothing out, and knows nothing of the repository's content.
    expect(reported.jobs.flatMap(({ steps }) => steps.map(({ name }) => name))).toEqual(['Report']);
    expect(jobOf(reported, 'report').permissions.contents).toBe('none');
  });

  test('what a fork forges of another pull request is posted to its own, as its claim', async () => {
    const before = repository.comments(genuine.number);
    const forged = { ...better, model: 'churn', commit: genuine.head.sha, reason: `#${genuine.number} @octocat <b>bold</b>` };
    const { pullRequest, sha, judged, reported } = await fromFork('patch-2', forging(forged));
    expect(reported.conclusion, logOf(judged) + logOf(reported)).toBe('success');
    expect(repository.comments(genuine.number)).toEqual(before);
    expect(repository.checks(genuine.head.sha)).toHaveLength(1);
    expect(repository.checks(sha)).toMatchObject([{ headSha: sha }]);
    const [comment, ...others] = repository.comments(pullRequest.number);
    expect(others).toEqual([]);
    expect(comment).toContain('It was checked for its form only.');
    expect(comment).not.toMatch(/ @octocat|<b>bold/);
  });

  test('what has not the form of a result is refused in one line, and nothing is posted', async () => {
    const forged = { ...better, model: 'churn', pullRequest: genuine.number };
    const { pullRequest, sha, reported } = await fromFork('patch-3', forging(forged));
    expect(reported.conclusion).toBe('failure');
    expect(stepOf(reported, 'report', 'Report').annotations).toMatchObject([
      {
        level: 'error',
        message: expect.stringMatching(/^the result.*it must be the file that compare or validate wrote, of format 1$/),
      },
    ]);
    expect([repository.comments(pullRequest.number), repository.checks(sha)]).toEqual([[], []]);
  });

  test("the repository's own pull requests have had their comment, so nothing runs for them", {
    timeout: 120_000,
  }, async () => {
    const { session } = repository;
    await session.git.checkout('main');
    await session.git.branch('own');
    // Broken on purpose: no model has to be trained for this.
    await repository.write({ 'data.csv': 'id,usage,plan,churned\n' });
    const sha = await session.git.commit('own');
    const { runs } = await session.openPullRequest('own', 'own', sha);
    expect(runs.map(({ workflow }) => workflow)).toEqual(['model', 'model report']);
    expect(runs[1]!.jobs.map(({ conclusion }) => conclusion)).toEqual(['skipped']);
  });
});
