import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../shared/serving/server.js';
import { customers, spec } from '../actions/project.js';
import { startModelServer } from '../deployment/real-server.js';
import { jobOf, logOf, openRepository, stepOf, type TestRepository } from './repository.js';

/** model-cd.yml that goes on to deploy, as the README shows it. */
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
      deploy: true
      canary-wait: 1s
    secrets:
      service-token: \${{ secrets.SERVICE_TOKEN }}
`;

/** Going back: the stage, then what is live. */
const BACK = `name: back
on:
  push:
    branches: [main]
permissions:
  contents: write
  actions: read
  deployments: write
jobs:
  back:
    runs-on: ubuntu-latest
    environment: { name: production, deployment: false }
    steps:
      - uses: actions/checkout@v7
      - uses: mlops-actions/mlops-actions/actions/promote@v1
        with: { stage: staging, rollback: true, reason: complaints since noon }
      - name: Deploy
        id: deploy
        uses: mlops-actions/mlops-actions/actions/deploy@v1
        with: { model: churn#staging, service-token: "\${{ secrets.SERVICE_TOKEN }}", canary-wait: 0s }
    outputs:
      version: \${{ steps.deploy.outputs.version }}
      url: \${{ steps.deploy.outputs.url }}
      deployment-id: \${{ steps.deploy.outputs.deployment-id }}
      rolled-back: \${{ steps.deploy.outputs.rolled-back }}
      result-path: \${{ steps.deploy.outputs.result-path }}
`;

const token = 'the token of the model server';

/** A push to main that ends at a server which answers, with the bundles in dist/; the tests are one story. */
describe('model-cd.yml with deploy: true', () => {
  let repository: TestRepository;
  let server: RunningServer;
  let models: string;
  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), 'models-'));
    server = await startModelServer(token, models);
    repository = await openRepository({ '.github/workflows/model.yml': CALLER, 'mlops.yaml': specOf() });
    repository.session.secrets = { SERVICE_TOKEN: token };
  });
  afterAll(async () => {
    expect(repository.session.github.violations).toEqual([]);
    await repository.close();
    await server.close();
    await rm(models, { recursive: true, force: true });
  });

  const specOf = (): string => spec({ deploy: { target: 'service', url: server.url, canary: [20, 100] } });
  const live = async (): Promise<string> => {
    const answer = await fetch(`${server.url}/models/churn/predict`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ rows: [{ usage: 1.5, plan: 'pro' }] }),
    });
    return ((await answer.json()) as { version: string }).version;
  };
  const records = () =>
    repository.session.github
      .deployments(repository.session.repository)
      .map(({ ref, environment, statuses }) => ({ ref, environment, state: statuses.at(-1)!.state }));

  test('a push to main is live at the end of the run', { timeout: 180_000 }, async () => {
    const run = await repository.push();
    expect(run.conclusion, logOf(run)).toBe('success');
    const [record] = repository.session.github.deployments(repository.session.repository);
    expect(jobOf(run, 'deploy').outputs).toEqual({
      url: server.url,
      'deployment-id': String(record!.id),
      'rolled-back': 'false',
    });
    expect(await live()).toBe('v1.0.0');
    expect(records()).toEqual([{ ref: 'churn@v1.0.0', environment: 'production', state: 'success' }]);
    expect(stepOf(run, 'deploy', 'Deploy').log).not.toContain(token);
  });

  test('the next model follows it, and the same one again changes nothing', { timeout: 180_000 }, async () => {
    const run = await repository.push({ 'data.csv': customers({ rows: 700 }) });
    expect(run.conclusion, logOf(run)).toBe('success');
    const { version } = jobOf(run, 'register').outputs;
    expect(await live()).toBe(version);
    expect(records().map(({ state }) => state)).toEqual(['inactive', 'success']);
    const again = await repository.push({ 'NOTES.md': 'Nothing of the model.' });
    expect(again.conclusion, logOf(again)).toBe('success');
    expect(stepOf(again, 'deploy', 'Deploy').log).toContain('is live already');
    expect(records()).toHaveLength(2);
  });

  test('going back is deploying the stage again', { timeout: 180_000 }, async () => {
    const run = await repository.push({ '.github/workflows/model.yml': BACK });
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run, 'back').outputs).toMatchObject({ version: 'v1.0.0', url: server.url, 'rolled-back': 'false' });
    expect(await live()).toBe('v1.0.0');
    expect(records().map(({ state }) => state)).toEqual(['inactive', 'inactive', 'success']);
  });

  test('a wrong token fails the job in one line, after the version was registered', { timeout: 180_000 }, async () => {
    repository.session.secrets = { SERVICE_TOKEN: 'another token' };
    const run = await repository.push({ '.github/workflows/model.yml': CALLER, 'data.csv': customers({ rows: 800 }) });
    expect(run.conclusion).toBe('failure');
    expect(jobOf(run, 'register').conclusion).toBe('success');
    expect(stepOf(run, 'deploy', 'Deploy').log).toContain('does not accept the token (401)');
    expect(stepOf(run, 'deploy', 'Deploy').log).not.toContain('another token');
    expect(await live()).toBe('v1.0.0');
  });
});
