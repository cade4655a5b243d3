import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { customers, spec } from '../actions/project.js';
import type { RunResult } from '../runner/result.js';
import { jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/** The caller that the README shows, and behind it a job of the user's own that takes the model from the registry. */
const CALLER = `name: release
on:
  push:
    branches: [main]
permissions:
  contents: write
  actions: read
  deployments: write
jobs:
  model:
    uses: mlops-actions/mlops-actions/.github/workflows/model-cd.yml@v1
    with:
      promote: true
  serve:
    needs: model
    runs-on: ubuntu-latest
    permissions:
      contents: read
    steps:
      - name: Fetch
        id: fetch
        uses: mlops-actions/mlops-actions/actions/fetch@v1
        with:
          model: churn#staging
      - name: Look
        env:
          BUNDLE: \${{ steps.fetch.outputs.bundle-path }}
        run: ls "$BUNDLE"
    outputs:
      version: \${{ steps.fetch.outputs.version }}
`;

const BACK = `name: back
on:
  push:
    branches: [main]
permissions:
  contents: write
jobs:
  back:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - name: Rollback
        id: rollback
        uses: mlops-actions/mlops-actions/actions/promote@v1
        with:
          stage: staging
          rollback: true
          reason: error rate doubled
    outputs:
      version: \${{ steps.rollback.outputs.version }}
      previous: \${{ steps.rollback.outputs.previous-version }}
`;

/** model-cd.yml as a user's repository calls it, with the bundles in dist/, on the local GitHub; the tests are one story. */
describe('model-cd.yml', () => {
  let repository: TestRepository;
  beforeAll(async () => {
    repository = await openRepository({ '.github/workflows/model.yml': CALLER });
  });
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
  });

  const push = (files: Readonly<Record<string, string>> = {}): Promise<RunResult> => repository.push(files);
  const tags = async () =>
    (await repository.session.github.refs(repository.session.repository))
      .map(({ name }) => name)
      .filter((name) => name.startsWith('refs/tags/'))
      .map((name) => name.slice('refs/tags/'.length));
  const releases = () => repository.session.github.releases(repository.session.repository);

  test('a push to main becomes a version, gets the first stage, and is fetched by it', { timeout: 120_000 }, async () => {
    const run = await push();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'register').outputs).toEqual({ version: 'v1.0.0', tag: 'churn@v1.0.0', created: 'true' });
    expect(jobOf(run, 'judge').outputs.verdict).toBe('first model');
    expect(jobOf(run, 'serve').outputs).toEqual({ version: 'v1.0.0' });
    expect(stepOf(run, 'serve', 'Look').log).toContain('model.onnx');
    expect(await tags()).toEqual(['churn#staging#1', 'churn@v1.0.0']);
    expect(releases()).toMatchObject([{ tag: 'churn@v1.0.0', draft: false, author: 'github-actions[bot]' }]);
  });

  test('the same model again is the same version', { timeout: 120_000 }, async () => {
    const run = await push({ 'NOTES.md': 'Nothing of the model.' });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'register').outputs).toMatchObject({ version: 'v1.0.0', created: 'false' });
    expect(await tags()).toEqual(['churn#staging#1', 'churn@v1.0.0']);
  });

  test('a worse candidate is refused by the gate against the version before, and nothing is registered', {
    timeout: 120_000,
  }, async () => {
    const run = await push({ 'mlops.yaml': spec({ gates: ['auc >= champion - 0.05'], train: { algorithm: 'baseline' } }) });
    expect(run.conclusion).toBe('failure');
    expect(jobOf(run, 'judge').outputs.verdict).toBe('worse');
    expect(stepOf(run, 'judge', 'Compare').log).toContain('churn@v1.0.0');
    expect(jobOf(run, 'register').conclusion).toBe('skipped');
    expect(await tags()).toEqual(['churn#staging#1', 'churn@v1.0.0']);
  });

  test('another model is the next version, counted by what has changed', { timeout: 120_000 }, async () => {
    const run = await push({ 'mlops.yaml': spec(), 'data.csv': customers({ rows: 700 }) });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'register').outputs.created).toBe('true');
    expect(jobOf(run, 'serve').outputs.version).toBe(jobOf(run, 'register').outputs.version);
    expect(releases()).toHaveLength(2);
  });

  test('a rollback gives the stage back', { timeout: 120_000 }, async () => {
    const run = await push({ '.github/workflows/model.yml': BACK });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'back').outputs.version).toBe('v1.0.0');
    expect((await tags()).filter((tag) => tag.includes('#'))).toEqual([
      'churn#staging#1',
      'churn#staging#2',
      'churn#staging#3',
    ]);
  });

  test('the job that judges never holds a token that can write', async () => {
    const file = new URL('../../.github/workflows/model-cd.yml', import.meta.url);
    const { readFile } = await import('node:fs/promises');
    const { jobs } = parse(await readFile(file, 'utf8')) as { jobs: Record<string, { permissions: Record<string, string> }> };
    expect(Object.values(jobs.judge!.permissions)).toEqual(['read', 'read']);
    expect(jobs.register!.permissions).toEqual({ contents: 'write', actions: 'read' });
    expect(jobs.deploy!.permissions).toEqual({ contents: 'read', actions: 'read', deployments: 'write' });
  });

  test('a caller that grants too little gets no run, and is told which line is missing', async () => {
    const run = await push({ '.github/workflows/model.yml': CALLER.replace('contents: write', 'contents: read') });
    expect(run.conclusion).toBe('failure');
    expect(run.jobs.flatMap(({ steps }) => steps)).toEqual([]);
    expect(JSON.stringify(run)).toContain('contents');
  });
});
