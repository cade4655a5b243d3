import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLocalServer } from '../../actions/deploy/local-server.js';
import type { RunningServer } from '../../shared/serving/server.js';
import { DeployScene } from './deploy-scene.js';
import { startModelServer } from './real-server.js';

/** The same rollout against the server itself, with its own bundles, admin API and metrics. */
let scene: DeployScene;
let models: string;
let server: RunningServer;
const token = 'a long token of the real server';

beforeAll(async () => {
  scene = await DeployScene.open();
  scene.startServer = startLocalServer;
  models = await mkdtemp(join(tmpdir(), 'models-'));
  server = await startModelServer(token, models);
});
afterAll(async () => {
  await server.close();
  await scene.close();
  await rm(models, { recursive: true, force: true });
});

const spec = () => ({
  gates: ['latency_p99_ms <= 500'],
  deploy: { target: 'service', url: server.url, canary: [10, 100] },
});

test('a version goes live at the real server, is followed, and is gone back to', async () => {
  for (const [version, before] of [['v0.1.0'], ['v0.2.0', 'v0.1.0'], ['v0.1.0', 'v0.2.0']] as const) {
    const job = await scene.job({ spec: spec() });
    const outcome = await scene.step('deploy', job, {
      'service-token': token,
      model: `churn@${version}`,
      'canary-wait': '100ms',
    });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs).toMatchObject({ url: server.url, version, 'rolled-back': 'false' });
    if (before !== undefined) expect(outcome.summary).toContain(`\`${before}\` was live before`);
    const answer = await fetch(`${server.url}/models/churn/predict`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ rows: [{ usage: 1.5, plan: 'pro' }] }),
    });
    expect(await answer.json()).toMatchObject({ model: 'churn', version });
  }
  expect(scene.records().map(({ states }) => states.at(-1))).toEqual(['inactive', 'inactive', 'success']);
});

test('a wrong token is told in one line, and nothing is recorded', async () => {
  const before = scene.records().length;
  const job = await scene.job({ spec: spec() });
  const refused = scene.step('deploy', job, { 'service-token': 'not the token', model: 'churn@v0.2.0' });
  await expect(refused).rejects.toThrow(
    'does not accept the token (401): the input "service-token" has to be what the server was started with',
  );
  expect(scene.records()).toHaveLength(before);
});
