import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
      - uses: actions/checkout@v7
      - name: Fetch
        id: fetch
        uses: mlops-actions/mlops-actions/actions/fetch@v1
        with:
          model: churn#staging
      - name: Evaluate
        id: evaluate
        uses: mlops-actions/mlops-actions/actions/evaluate@v1
        with:
          model: \${{ steps.fetch.outputs.bundle-path }}
      - name: Look
        env:
          BUNDLE: \${{ steps.fetch.outputs.bundle-path }}
        run: ls "$BUNDLE"
    outputs:
      version: \${{ steps.fetch.outputs.version }}
      gates: \${{ steps.evaluate.outputs.gates }}
`;

/** The caller of actions/promote/README.md, started by a push here. */
const promoting = (rollback: boolean): string => `name: promote
on:
  push:
    branches: [main]
permissions:
  contents: write
  actions: read
jobs:
  promote:
    uses: mlops-actions/mlops-actions/.github/workflows/model-promote.yml@v1
    with:
      model: churn#staging
      stage: \${{ '${rollback ? 'staging' : 'production'}' }}
      rollback: ${rollback}
      reason: ${rollback ? 'error rate doubled' : 'a week in staging'}
`;

/** Each needs the rows: the champion, its slices, and a run of the model. */
const GATES = ['latency_p99_ms <= 1000', 'auc >= champion - 0.5', 'slice auc >= champion - 0.5'];
const gated = (changes: Readonly<Record<string, unknown>> = {}): string =>
  spec({ gates: GATES, evaluate: { bootstrap: 200, slices: ['plan'], min_rows: 30 }, ...changes });

/** model-cd.yml as a user's repository calls it, with the bundles in dist/, on the local GitHub; the tests are one story. */
describe('model-cd.yml', () => {
  let repository: TestRepository;
  beforeAll(async () => {
    repository = await openRepository({ '.github/workflows/model.yml': CALLER, 'mlops.yaml': gated() });
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
    // Judged by itself, it is asked what needs no champion.
    expect(jobOf(run, 'serve').outputs).toEqual({ version: 'v1.0.0', gates: 'pass' });
    expect(stepOf(run, 'serve', 'Look').log).toContain('model.onnx');
    // The first model has no champion to be held against, but it has a latency, which no record tells.
    const summary = jobOf(run, 'register').summaries.join('');
    expect(summary).toMatch(/✅ pass *\| <code>latency_p99_ms &lt;= 1000<\/code>[^\n]*\| comparison/);
    expect(summary).toMatch(/skipped *\| <code>auc &gt;= champion/);
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
    const run = await push({ 'mlops.yaml': gated(), 'data.csv': customers({ rows: 700 }) });
    expect(run.conclusion, logOf(run)).toBe('success');
    // Every gate was asked again, by what the judge has found of this very model against the version before.
    const summary = jobOf(run, 'register').summaries.join('');
    expect(summary).toContain('Judged by `compare` against `churn@v1.0.0`');
    expect(summary.match(/✅ pass/g)).toHaveLength(GATES.length);
    expect(jobOf(run, 'register').outputs.created).toBe('true');
    expect(jobOf(run, 'serve').outputs.version).toBe(jobOf(run, 'register').outputs.version);
    expect(releases()).toHaveLength(2);
  });

  test('a version gets the next stage by a judge that can only read, and a rollback gives one back', {
    timeout: 120_000,
  }, async () => {
    const run = await push({ '.github/workflows/model.yml': promoting(false) });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'promote').outputs).toEqual({
      ...{ version: 'v1.1.0', 'previous-version': '', tag: 'churn#production#3' },
    });
    expect(Object.values(jobOf(run, 'judge').permissions)).not.toContain('write');
    expect(jobOf(run, 'promote').summaries.join('')).toContain('Judged by `compare`');

    const back = await push({ '.github/workflows/model.yml': promoting(true) });
    expect(back.conclusion, logOf(back)).toBe('success');
    expect(jobOf(back, 'judge').conclusion).toBe('skipped');
    expect(jobOf(back, 'promote').outputs).toEqual({
      ...{ version: 'v1.0.0', 'previous-version': 'v1.1.0', tag: 'churn#staging#4' },
    });
  });

  test('a caller that grants too little gets no run, and is told which line is missing', async () => {
    const run = await push({ '.github/workflows/model.yml': CALLER.replace('contents: write', 'contents: read') });
    expect(run.conclusion).toBe('failure');
    expect(run.jobs.flatMap(({ steps }) => steps)).toEqual([]);
    expect(JSON.stringify(run)).toContain('contents');
  });
});
