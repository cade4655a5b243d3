import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeploymentResult } from '../../shared/deployment/result.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { DeployScene } from '../deployment/deploy-scene.js';
import { ModelServer } from '../deployment/model-server.js';
import { complaint } from '../shared/github/scene.js';
import type { RegistryJob } from './registry-job.js';

/** deploy to a model server that runs somewhere. Each test has an environment and a server of its own. */
let scene: DeployScene;
beforeAll(async () => {
  scene = await DeployScene.open();
});
afterAll(() => scene.close());

let service: ModelServer;
let environment: string;
let count = 0;
beforeEach(async () => {
  scene.registry.github.advanceClock(60 * 60 * 1000);
  service = await ModelServer.start();
  environment = `stage-${++count}`;
  for (const key of Object.keys(scene.smoke)) delete scene.smoke[key as keyof typeof scene.smoke];
});
afterEach(() => service.close());

const spec = (deploy: Readonly<Record<string, unknown>> = {}, more: Readonly<Record<string, unknown>> = {}) => ({
  ...more,
  deploy: { target: 'service', environment, url: service.url, canary: [5, 25, 100], ...deploy },
});

async function deploy(
  version: string,
  { job, ...inputs }: { readonly job?: RegistryJob } & Record<string, unknown> = {},
): Promise<ActionOutcome> {
  const step = { 'service-token': service.token, model: `churn@${version}`, ...(inputs as Record<string, string>) };
  return scene.step('deploy', job ?? (await scene.job({ spec: spec() })), step);
}

async function resultOf(outcome: ActionOutcome): Promise<DeploymentResult> {
  return JSON.parse(await readFile(outcome.outputs['result-path']!, 'utf8')) as DeploymentResult;
}

const records = () => scene.records(environment);

describe('a version goes live', () => {
  test('the first one at once, with every output, a record and a summary', async () => {
    const outcome = await deploy('v0.1.0');
    expect(outcome.failure).toBeUndefined();
    const [record] = records();
    expect(outcome.outputs).toEqual({
      url: service.url,
      'deployment-id': String(record!.id),
      version: 'v0.1.0',
      'rolled-back': 'false',
      'result-path': expect.stringMatching(/deployment\.json$/),
    });
    expect(record).toMatchObject({
      ...{ ref: 'churn@v0.1.0', task: 'deploy:churn', environment, states: ['in_progress', 'success'] },
      payload: { model: 'churn', version: 'v0.1.0', target: 'service' },
      last: { environmentUrl: service.url, logUrl: expect.stringContaining('/actions/runs/') },
    });
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100 });
    const result = await resultOf(outcome);
    expect(result).toMatchObject({ outcome: 'deployed', target: 'service', environment, deployment: record!.id });
    expect(result.previous).toBeUndefined();
    // The recorded predictions come from the artifact of the run that trained.
    expect(result.smoke).toMatchObject({ rows: 64, registered: { rows: expect.any(Number) } });
    expect(result.smoke!.registered!.rows).toBeGreaterThan(30);
    expect(result.smoke!.registered!.worst).toBeLessThan(1e-5);
    expect(result.smoke!.latency!.p99Ms).toBeGreaterThan(0);
    expect(outcome.summary).toContain('🟢');
    expect(service.ids.every((id) => id.startsWith('mlops-smoke-'))).toBe(true);
  });

  test('the next one step by step, and the record before becomes inactive', async () => {
    await deploy('v0.1.0');
    const outcome = await deploy('v0.2.0');
    expect(outcome.failure).toBeUndefined();
    expect(service.divisions).toEqual([{ 'v0.1.0': 95, 'v0.2.0': 5 }, { 'v0.1.0': 75, 'v0.2.0': 25 }, { 'v0.2.0': 100 }]);
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 0, 'v0.2.0': 100 });
    expect(records().map(({ states }) => states)).toEqual([
      ['in_progress', 'success', 'inactive'],
      ['in_progress', 'success'],
    ]);
    const result = await resultOf(outcome);
    expect(result.steps.map(({ share }) => share)).toEqual([0, 5, 25, 100]);
    expect(result.previous).toBe('v0.1.0');
    expect(outcome.summary).toContain('`v0.1.0` was live before');
  });

  test('the version of a stage, without a word about which: going back is deploying the stage again', async () => {
    const promoter = await scene.job({ permissions: { contents: 'write', actions: 'read' } });
    for (const stage of ['staging', 'production']) await promoter.step('promote', { model: 'churn@v0.1.0', stage });
    await deploy('v0.2.0');
    const back = await scene.step('deploy', await scene.job({ spec: spec() }), { 'service-token': service.token });
    expect(back.failure).toBeUndefined();
    expect(back.outputs.version).toBe('v0.1.0');
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100, 'v0.2.0': 0 });
  });

  test('a version that is kept as an artifact is packed here; a cluster could not download it', async () => {
    const stored = { registry: { storage: 'artifact' } };
    await scene.register('0.3.0', 500, { spec: stored });
    const outcome = await deploy('v0.3.0');
    expect(outcome.failure).toBeUndefined();
    expect(service.shares('churn')).toEqual({ 'v0.3.0': 100 });
    const job = await scene.job({ spec: { deploy: { target: 'kubernetes', image: 'ghcr.io/acme/models:1' } } });
    expect(await complaint(deploy('v0.3.0', { job }))).toContain(
      'churn@v0.3.0 is kept as an artifact, which no cluster can download: register it with "storage: release"',
    );
  });

  test('what is live already stays as it is, and the run says so', async () => {
    const first = await deploy('v0.1.0');
    service.admin.length = 0;
    const again = await deploy('v0.1.0');
    expect(again.failure).toBeUndefined();
    expect(again.outputs).toMatchObject({ 'deployment-id': first.outputs['deployment-id'], 'rolled-back': 'false' });
    expect((await resultOf(again)).outcome).toBe('unchanged');
    expect(again.summary).toContain('already');
    expect(service.admin).toEqual(['GET /admin/models']);
    expect(records()).toHaveLength(1);
  });

  test('a record that a dying job left open is closed by the next run', async () => {
    await deploy('v0.1.0');
    scene.registry.github.inject({ match: { method: 'POST', path: /\/statuses$/ }, kind: 'status', status: 422 });
    expect(await complaint(deploy('v0.2.0'))).toContain('GitHub refused to record how the deployment went (422');
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100 });
    await deploy('v0.2.0');
    expect(records().map(({ states }) => states)).toEqual([
      ['in_progress', 'success', 'inactive'],
      ['inactive'],
      ['in_progress', 'success'],
    ]);
  });

  test('a record that cannot be written at the end is a warning: the version is live', async () => {
    service.misbehaviour.onAdmin = (method) => {
      if (method === 'PUT')
        scene.registry.github.inject({ match: { method: 'POST', path: /\/statuses$/ }, kind: 'status', status: 422 });
    };
    const outcome = await deploy('v0.1.0');
    expect(outcome.failure).toBeUndefined();
    expect(outcome.annotations).toContainEqual({
      level: 'warning',
      message: expect.stringContaining('does not say how it went'),
    });
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100 });
    // The next run finds the version live and its record open, looks again, and says so.
    service.misbehaviour.onAdmin = () => {};
    expect((await resultOf(await deploy('v0.1.0'))).outcome).toBe('deployed');
    expect(records().map(({ states }) => states)).toEqual([
      ['in_progress', 'inactive'],
      ['in_progress', 'success'],
    ]);
  });
});

describe('a version that does not do is taken back, and the record says so', () => {
  test('a failing smoke test changes nothing anywhere', async () => {
    await deploy('v0.1.0');
    service.admin.length = 0;
    scene.smoke.scores = (scores) => scores.fill(0.5);
    const outcome = await deploy('v0.2.0');
    expect(outcome.failure).toMatch(
      /^churn v0\.2\.0 is not deployed to stage-\d+: the smoke test failed: answers: 64 of 64 rows differ/,
    );
    expect(outcome.failure).not.toContain('\n');
    expect(outcome.outputs['rolled-back']).toBe('false');
    expect(service.admin).toEqual(['GET /admin/models']);
    expect(records().map(({ states }) => states)).toEqual([
      ['in_progress', 'success'],
      ['in_progress', 'failure'],
    ]);
    expect(records()[1]!.last.description).toContain('the smoke test failed');
    expect(outcome.summary).toContain('nothing was changed');
  });

  test('a golden row that is answered wrongly at the live address', async () => {
    await deploy('v0.1.0');
    service.misbehaviour.scores = (scores, version, byName) => {
      if (version === 'v0.2.0' && !byName) scores[0]! += 0.001;
    };
    const outcome = await deploy('v0.2.0');
    expect(outcome.failure).toContain('% of the traffic: live address: 1 of 1 rows differ');
    expect(outcome.failure).toContain('v0.1.0 is live again.');
    expect(outcome.outputs).toMatchObject({ 'rolled-back': 'true', version: 'v0.2.0' });
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100 });
    expect(records().map(({ states }) => states)).toEqual([
      ['in_progress', 'success'],
      ['in_progress', 'failure'],
    ]);
    expect(records()[1]!.last.description).toMatch(/^rolled back to v0\.1\.0: .*live address/);
    expect((await resultOf(outcome)).rollback).toEqual({ to: 'v0.1.0', complete: true });
    expect(outcome.summary).toContain('was rolled back');
  });

  test('a canary that fails at a request', async () => {
    await deploy('v0.1.0');
    service.misbehaviour.fails = (version, byName, share) => version === 'v0.2.0' && !byName && share === 25;
    const outcome = await deploy('v0.2.0');
    expect(outcome.failure).toContain('/models/churn/predict answers 500: the model fails');
    expect(outcome.outputs['rolled-back']).toBe('true');
    expect(service.divisions.at(-1)).toEqual({ 'v0.1.0': 100 });
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100 });
    expect(records()[1]!.last.description).toMatch(/^rolled back to v0\.1\.0: /);
  });

  test("a canary whose error counter grows by other people's requests, while it is watched", async () => {
    await deploy('v0.1.0');
    let looks = 0;
    service.misbehaviour.onAdmin = (method) => {
      // The third look at whether somebody else has divided the traffic is made while the step is watched.
      if (method === 'GET' && ++looks === 3) service.count('churn', 'v0.2.0', '500', 2);
    };
    const outcome = await deploy('v0.2.0', { 'canary-wait': '500ms' });
    expect(outcome.failure).toMatch(/error counters: v0\.2\.0 failed at 2 of \d+ requests \(5xx\)/);
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100 });
  });

  test('a canary that refuses what the old version takes', async () => {
    await deploy('v0.1.0');
    let looks = 0;
    service.misbehaviour.onAdmin = (method) => {
      if (method !== 'GET' || ++looks !== 3) return;
      service.count('churn', 'v0.2.0', '400', 40);
      service.count('churn', 'v0.1.0', '200', 500);
    };
    const outcome = await deploy('v0.2.0', { 'canary-wait': '500ms' });
    expect(outcome.failure).toMatch(/v0\.2\.0 refused 40 of \d+ requests \(4xx\), v0\.1\.0 0 of 5\d\d/);
    expect(outcome.outputs['rolled-back']).toBe('true');
  });

  test('a service that is slower than the gate, by its own clock', async () => {
    service.misbehaviour.seconds = 0.04;
    await deploy('v0.1.0');
    const job = await scene.job({ spec: spec({}, { gates: ['latency_p99_ms <= 25'] }) });
    const outcome = await deploy('v0.2.0', { job });
    expect(outcome.failure).toMatch(/latency_p99_ms <= 25: 49\.\d\d ms by the clock of the service/);
    expect(service.divisions).toEqual([]);
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100 });
  });

  test('a smoke test that is slower than the gate', async () => {
    const job = await scene.job({ spec: spec({}, { gates: ['latency_p99_ms <= 0.001'] }) });
    const outcome = await deploy('v0.1.0', { job });
    expect(outcome.failure).toMatch(/the smoke test failed: latency_p99_ms <= 0\.001: \d+\.\d\d ms over HTTP on this machine/);
    expect(service.admin).toEqual(['GET /admin/models']);
  });

  test('another job that divides the traffic meanwhile is not undone', async () => {
    await deploy('v0.1.0');
    let divided = 0;
    service.misbehaviour.onAdmin = (method, path) => {
      if (method === 'POST' && path.endsWith('/traffic')) divided++;
      if (method === 'GET' && divided === 1) service.divide('churn', { 'v0.1.0': 60, 'v0.2.0': 40 });
    };
    const outcome = await deploy('v0.2.0');
    expect(outcome.failure).toContain('another job has divided the traffic during this rollout (v0.1.0 60 %, v0.2.0 40 %');
    expect(outcome.failure).toContain('The rollback is not complete: another job has divided the traffic');
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 60, 'v0.2.0': 40 });
    expect(records()[1]!.last.description).toMatch(/^not completely rolled back/);
  });

  test('the first version of a server cannot be taken back: it says what is left to do', async () => {
    service.misbehaviour.scores = (scores) => scores.fill(0.5);
    const outcome = await deploy('v0.1.0');
    expect(outcome.failure).toContain('is the only version on');
    expect(outcome.summary).toContain('The rollback is not complete');
  });

  test('a job that is cancelled puts back what it has done, and records it', async () => {
    await deploy('v0.1.0');
    service.misbehaviour.onAdmin = (method, path) => {
      // As the runner does when somebody cancels the run.
      if (method === 'POST' && path.endsWith('/traffic')) process.emit('SIGINT');
    };
    const outcome = await deploy('v0.2.0', { 'canary-wait': '1m' });
    expect(outcome.failure).toContain('the job was cancelled. v0.1.0 is live again.');
    expect(service.shares('churn')).toEqual({ 'v0.1.0': 100 });
    expect(records()[1]!.last.description).toBe('rolled back to v0.1.0: the job was cancelled');
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  test('a service that goes away in the middle', async () => {
    await deploy('v0.1.0');
    service.misbehaviour.onAdmin = (method, path) => {
      if (method === 'POST' && path.endsWith('/traffic'))
        service.misbehaviour.admin = { status: 502, text: '<h1>Bad gateway</h1>' };
    };
    const outcome = await deploy('v0.2.0');
    expect(outcome.failure).toContain('did not divide the traffic (502: Bad gateway)');
    expect(outcome.failure).toContain('The rollback is not complete: the old shares (v0.1.0 100 %) could not be put back');
  });
});

test('a model in a folder of its own, with a spec of another name and a token of a person', async () => {
  const job = await scene.job({ spec: spec() });
  for (const file of ['data.csv', 'mlops.yaml']) {
    const to = join(job.workspace, 'models/churn', file.replace('mlops', 'model'));
    await mkdir(dirname(to), { recursive: true });
    await rename(join(job.workspace, file), to);
  }
  const outcome = await deploy('v0.1.0', {
    ...{ job, spec: 'model.yaml', 'working-directory': 'models/churn' },
    'github-token': scene.registry.github.personToken('ann'),
  });
  expect(outcome.failure).toBeUndefined();
  expect(outcome.outputs['result-path']).toBe(join(job.workspace, 'models/churn/.mlops-actions/deployment.json'));
});

describe('a dry run', () => {
  test('says what would be done and does nothing, on a pull request too', async () => {
    await deploy('v0.1.0');
    service.admin.length = 0;
    const job = await scene.job({ event: 'pull_request', permissions: { contents: 'read' }, spec: spec() });
    const outcome = await deploy('v0.2.0', { job, 'dry-run': 'true' });
    expect(outcome.outputs).toMatchObject({ 'deployment-id': '', version: 'v0.2.0', 'rolled-back': 'false' });
    expect((await resultOf(outcome)).plan).toEqual([
      'load v0.2.0 without traffic',
      'give it 5 %, 25 %, 100 % of the traffic',
      'keep v0.1.0 loaded',
    ]);
    expect(outcome.summary).toContain('🔵');
    expect(service.admin).toEqual(['GET /admin/models']);
    expect(records()).toHaveLength(1);
  });
});

test('a dry run without the token of the service says what it can', async () => {
  const job = await scene.job({ spec: spec(), event: 'pull_request', permissions: { contents: 'read' } });
  const outcome = await deploy('v0.2.0', { job, 'service-token': '', 'dry-run': 'true' });
  expect(outcome.failure).toBeUndefined();
  const { plan, notices } = await resultOf(outcome);
  expect(plan).toEqual([
    'load v0.2.0 without traffic, or with all of it where it is the first version',
    'give it 5 %, 25 %, 100 % of the traffic',
  ]);
  expect(notices).toEqual(['Without the input "service-token" what is live was not read.']);
  expect(service.admin).toEqual([]);
});

describe('mistakes, each in one line and before anything is changed', () => {
  const line = async (
    inputs: Record<string, string> = {},
    deploySection: Record<string, unknown> | undefined = spec().deploy,
    job?: RegistryJob,
  ) => {
    const own = job ?? (await scene.job({ spec: { deploy: deploySection } }));
    const message = await complaint(
      scene.step('deploy', own, { model: 'churn@v0.1.0', 'service-token': service.token, ...inputs }),
    );
    expect(message).not.toContain('\n');
    expect(records()).toEqual([]);
    expect(service.admin.filter((request) => !request.startsWith('GET'))).toEqual([]);
    return message;
  };

  test('nothing says where the model goes, or it is no such place', async () => {
    const job = await scene.job();
    expect(await line({}, undefined, job)).toBe(
      'Nothing says where the model goes: give mlops.yaml a "deploy" section with a target, or the input "target" (accepted: service, kubernetes, kserve, batch).',
    );
    expect(await line({}, { environment })).toMatch(
      /^mlops\.yaml:\d+:\d+: deploy\.target is missing; accepted: service, kubernetes/,
    );
    expect(await line({ target: 'heroku' })).toMatch(
      /^mlops\.yaml: deploy\.target: found "heroku", expected one of: service, .*\(from input target\)$/,
    );
  });

  test('the service has no address, or one that is none', async () => {
    expect(await line({}, { target: 'service', environment })).toMatch(
      /^mlops\.yaml:\d+:\d+: deploy\.url is missing; .*as the input "url"$/,
    );
    expect(await line({ url: 'models.example.org' })).toContain(
      'deploy.url: found "models.example.org", expected an address such as',
    );
    expect(await line({ url: 'https://ann:secret@models.example.org' })).not.toContain('secret');
  });

  test('the token is missing, or another', async () => {
    expect(await line({ 'service-token': '' })).toBe(
      'Input "service-token" is required for the target service: what the server was started with as MLOPS_SERVER_TOKEN, from a secret.',
    );
    const message = await line({ 'service-token': 'another token' });
    expect(message).toContain(
      'does not accept the token (401): the input "service-token" has to be what the server was started with',
    );
    expect(message).not.toContain('another token');
  });

  test('the host is not there, or is no model server', async () => {
    const other = await ModelServer.start();
    await other.close();
    expect(await line({ url: other.url })).toBe(
      `${other.url} cannot be reached (ECONNREFUSED): is the service up, and is its address right?`,
    );
    service.misbehaviour.admin = { status: 404, text: '<html>nginx</html>' };
    expect(await line()).toContain('has no admin API (404): start the server with MLOPS_SERVER_TOKEN');
    service.misbehaviour.admin = { status: 200, text: '<html>Welcome</html>' };
    expect(await line()).toContain('answers as no model server does');
    service.misbehaviour.admin = { status: 502, text: '<h1>Bad gateway</h1>' };
    expect(await line()).toContain('did not list the models (502: Bad gateway)');
  });

  test('there is no such version, no version at the stage, or it is of another model', async () => {
    expect(await line({ model: 'churn@v9.0.0' })).toEqual(
      expect.stringMatching(/^churn has no version v9\.0\.0; there are: (v0\.3\.0, )?v0\.2\.0, v0\.1\.0\.$/),
    );
    expect(await line({ model: 'churn#canary' })).toContain('No version of churn has the stage canary');
    expect(await line({ model: 'fraud@v1.0.0' })).toContain('the spec is of the model "churn"');
    expect(await line({ model: 'churn@1' })).toContain('Input "model" is "churn@1"; accepted: ');
    expect(await line({ model: 'run:1' })).toContain('which is no version; the target service takes churn#production');
  });

  test('the service has other bytes under the version', async () => {
    await deploy('v0.2.0');
    const [, other] = await Promise.all([0, scene.job()]);
    await other.step('fetch', { model: 'churn@v0.2.0', output: 'bundle' });
    await service.load(`${other.workspace}/bundle`, 'v0.1.0');
    const message = await complaint(deploy('v0.1.0'));
    expect(message).toContain(`${service.url} has another model as churn v0.1.0 (sha256:`);
  });

  test('nobody can see whether the new version fails', async () => {
    await deploy('v0.1.0');
    service.misbehaviour.withoutMetrics = true;
    expect(await complaint(deploy('v0.2.0'))).toContain('/metrics answers 404: no such page: without its counters nobody sees');
  });

  test('a token of GitHub that may not write deployments', async () => {
    const job = await scene.job({ spec: spec(), permissions: { contents: 'read', actions: 'read' } });
    expect(await line({}, undefined, job)).toContain('Add "deployments: write" to the "permissions:" of the job');
    expect(await line({ 'github-token': '' })).toContain('needs a job of GitHub Actions and its "github-token"');
  });

  test('a run of code that nobody has merged', async () => {
    for (const event of ['pull_request', 'issue_comment', 'workflow_run']) {
      const job = await scene.job({ spec: spec(), event });
      expect(await line({}, undefined, job)).toContain(`This run was started by "${event}"`);
    }
  });

  test('inputs that cannot be read', async () => {
    expect(await line({ 'canary-wait': 'a minute' })).toBe(
      'Input "canary-wait" is "a minute"; accepted: a number and a unit (ms, s, m, h, d, w), such as 30s.',
    );
    expect(await line({ timeout: '' })).toContain('Input "timeout" is "";');
    expect(await line({ 'dry-run': 'maybe' })).toBe('Input "dry-run" is "maybe"; accepted: true, false.');
  });

  test('data that is not there: no row can be asked for, so nothing goes live', async () => {
    const job = await scene.job({ spec: spec() });
    const outcome = await deploy('v0.1.0', { job, data: 'other.csv' });
    expect(outcome.failure).toMatch(/the smoke test failed: mlops\.yaml:\d+:\d+: other\.csv: no such file/);
    expect(service.admin).toEqual(['GET /admin/models']);
    expect(records().map(({ states }) => states)).toEqual([['in_progress', 'failure']]);
  });
});
