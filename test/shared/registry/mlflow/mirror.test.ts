import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Bundle } from '../../../../shared/bundle/read.js';
import { type MirrorOutcome, type MirrorRequest, mirrorInMlflow } from '../../../../shared/registry/mlflow/mirror.js';
import type { RegisteredVersion } from '../../../../shared/registry/registry.js';
import type { RunEnvironment } from '../../../../shared/runner/environment.js';
import { openRegistry, type RegistryScene } from '../scene.js';
import { FakeMlflow } from './fake.js';

let scene: RegistryScene;
let version: RegisteredVersion;
let bundle: Bundle;
beforeAll(async () => {
  scene = await openRegistry();
  bundle = await scene.bundle('a graph');
  version = (await scene.register('a graph')).version;
});
afterAll(() => scene.close());

let mlflow: FakeMlflow;
beforeEach(async () => {
  mlflow = await FakeMlflow.start();
});
afterEach(() => mlflow.close());

const ENVIRONMENT: RunEnvironment = {
  ...{ runAttempt: 1, workflow: 'CD', event: 'push', repository: 'acme/models', onDefaultBranch: true, workspace: '/' },
  ...{ apiUrl: 'http://127.0.0.1:9', serverUrl: 'https://github.com', hasArtifacts: false },
};

function mirror(changes: Partial<MirrorRequest> = {}): Promise<MirrorOutcome | undefined> {
  return mirrorInMlflow({
    spec: { name: 'churn', registry: { mlflow: { tracking_uri: mlflow.url } } },
    ...{ environment: ENVIRONMENT, version, bundle, log: () => {}, client: { timeoutMs: 500, retryMs: 1 } },
    ...changes,
  });
}

async function warning(changes: Partial<MirrorRequest> = {}): Promise<string> {
  const outcome = await mirror(changes);
  if (!outcome || !('warning' in outcome)) throw new Error(`no warning, but ${JSON.stringify(outcome)}`);
  expect(outcome.warning).not.toContain('\n');
  return outcome.warning;
}

const stage = (holds = true) => ({ name: 'production', holds: () => Promise.resolve(holds) });
const done = () => ({ number: '1', page: `${mlflow.url}/#/models/churn/versions/1` });

describe('a version goes to MLflow', () => {
  test('with run, model and alias, and only once', async () => {
    expect(await mirror({ stage: stage() })).toEqual(done());
    const requests = mlflow.requests.length;
    expect(await mirror({ stage: stage() })).toEqual(done());
    // The second time it is found, and the alias set again.
    expect(mlflow.requests.slice(requests).map((line) => line.split('?')[0])).toEqual([
      'GET /api/2.0/mlflow/model-versions/search',
      'POST /api/2.0/mlflow/registered-models/alias',
    ]);
    expect(mlflow.runs).toHaveLength(1);
    const [run] = mlflow.runs;
    expect(run!.info.status).toBe('FINISHED');
    expect(Object.fromEntries(run!.data.params)).toEqual({ algorithm: 'gbdt', iterations: '10', num_leaves: '31', seed: '42' });
    expect(Object.fromEntries(run!.data.metrics)).toEqual({ auc: 0.75, log_loss: 0.5 });
    expect(mlflow.versions).toMatchObject([{ name: 'churn', run_id: 'run1', source: `${run!.info.artifact_uri}/model` }]);
    expect(mlflow.aliases).toEqual(new Map([['churn@production', '1']]));
    expect([...mlflow.artifacts.keys()].at(-1)).toBe('1/run1/artifacts/model/MLmodel');
    expect(mlflow.artifacts.get('1/run1/artifacts/model/data/model.onnx')!.toString()).toBe('a graph');
  });

  test('nothing happens where the spec does not ask for it', async () => {
    expect(await mirror({ spec: { name: 'churn' } })).toBeUndefined();
    expect(mlflow.requests).toEqual([]);
  });

  test('the alias stays where another job has moved the stage meanwhile', async () => {
    expect(await mirror({ stage: stage(false) })).toEqual(done());
    expect(mlflow.aliases.size).toBe(0);
  });

  test('of two jobs that meet, the later one withdraws', async () => {
    mlflow.onVersion = (own) => {
      mlflow.onVersion = undefined;
      // Its number is lower: it was first, and its search came too early to see ours.
      mlflow.versions.push({ ...own, version: '0', run_id: 'theirs' });
    };
    expect(await mirror({ stage: stage() })).toMatchObject({ number: '0' });
    expect(mlflow.versions.map(({ version: number }) => number)).toEqual(['0']);
    expect(mlflow.runs.map(({ info }) => info.lifecycle_stage)).toEqual(['deleted']);
    expect(mlflow.aliases.get('churn@production')).toBe('0');
  });
});

describe('a server that fails', () => {
  test.each([
    'experiments/get-by-name',
    'runs/create',
    'runs/log-batch',
    'data/model.onnx',
    'runs/update',
    'model-versions/create',
    'registered-models/alias',
  ])('at %s gets everything by the same job again, once', async (place) => {
    mlflow.inject({ match: new RegExp(place), kind: 'status', status: 503, times: 3 });
    expect(await warning({ stage: stage() })).toBe(
      `MLflow did not get churn v1.0.0 with the alias production: ${mlflow.url} answered 503. GitHub has it; run this job again for MLflow.`,
    );
    expect(await mirror({ stage: stage() })).toEqual(done());
    expect(mlflow.runs).toHaveLength(1);
    expect(mlflow.versions).toHaveLength(1);
    expect(mlflow.runs[0]!.info.status).toBe('FINISHED');
    expect(mlflow.runs[0]!.data.tags.filter(({ key }) => key === 'mlflow.log-model.history')).toHaveLength(1);
    expect(mlflow.aliases.get('churn@production')).toBe('1');
  });

  test.each(['drop', 'drop-after'] as const)('for a moment (%s) is asked again', async (kind) => {
    for (const place of [
      'experiments/create',
      'registered-models/create',
      'artifacts/model/MLmodel',
      'versions/create',
      'alias',
    ])
      mlflow.inject({ match: new RegExp(place), kind, times: 1 });
    expect(await mirror({ stage: stage() })).toEqual(done());
    expect(mlflow.versions).toHaveLength(1);
    expect(mlflow.runs.map(({ info }) => info.lifecycle_stage)).toEqual(['active']);
  });

  test('is not there', async () => {
    await mlflow.close();
    expect(await warning()).toBe(
      `MLflow did not get churn v1.0.0: ${mlflow.url} does not answer (ECONNREFUSED). GitHub has it; run this job again for MLflow.`,
    );
    mlflow = await FakeMlflow.start();
  });

  test('never answers', async () => {
    mlflow.inject({ match: /search/, kind: 'hang' });
    expect(await warning()).toContain('did not answer within 1 s');
  });

  test('wants credentials, or others', async () => {
    mlflow.inject({ match: /./, kind: 'status', status: 401, body: 'You are not authenticated.' });
    expect(await warning()).toContain(
      'answered 401; give the step MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, in its env. ',
    );
    const environment = { ...ENVIRONMENT, mlflow: { token: 'tok-secret' } };
    expect(await warning({ environment })).toContain('look at the credentials in the env of the step');
    expect(mlflow.requests).toHaveLength(2);
  });

  test('is another server', async () => {
    mlflow.inject({ match: /./, kind: 'status', status: 404, body: '<html>Not found</html>' });
    expect(await warning()).toContain('answered 404; see that registry.mlflow.tracking_uri is the address of an MLflow');
    mlflow.faults.length = 0;
    mlflow.inject({ match: /./, kind: 'status', status: 200, body: '<html>Welcome</html>' });
    expect(await warning()).toContain("gave an answer that is not MLflow's to GET model-versions/search");
    mlflow.faults.length = 0;
    mlflow.inject({ match: /./, kind: 'status', status: 302, headers: { location: 'https://evil.example/' } });
    expect(await warning()).toContain('answered with a redirect; name the address that it leads to');
  });

  test('leaves artifacts to the storage behind it', async () => {
    mlflow.artifactRoot = 's3://bucket/1';
    expect(await warning()).toContain(
      'keeps artifacts at "s3:...", which only its own clients reach; start the server with --serve-artifacts',
    );
    mlflow.runs.length = 0;
    mlflow.artifactRoot = 'mlflow-artifacts://evil.example/1';
    expect(await warning()).toContain('which only its own clients reach');
    expect(mlflow.versions).toEqual([]);
  });

  test('says more than fits on a line, and repeats what it was sent', async () => {
    const environment = { ...ENVIRONMENT, mlflow: { username: 'ann', password: 'pass-secret' } };
    const basic = Buffer.from('ann:pass-secret').toString('base64');
    const message = `You sent ${basic}\nand pass-secret. ${'x'.repeat(5000)}`;
    mlflow.inject({ match: /./, kind: 'status', status: 400, body: JSON.stringify({ error_code: 'BAD_REQUEST', message }) });
    const said = await warning({ environment });
    expect(said).toContain('answered 400: You sent *** and ***. xxx');
    expect(said.length).toBeLessThan(500);
    expect(said).not.toMatch(/secret/);
  });
});

describe('credentials', () => {
  const used = async (credentials: NonNullable<RunEnvironment['mlflow']>) => {
    await mirror({ environment: { ...ENVIRONMENT, mlflow: credentials } });
    return [...mlflow.authorizations];
  };

  test('go along as a token, or as name and password, which come first', async () => {
    expect(await used({})).toEqual([undefined]);
    mlflow.authorizations.clear();
    expect(await used({ token: 'abc' })).toEqual(['Bearer abc']);
    mlflow.authorizations.clear();
    expect(await used({ token: 'abc', username: 'ann', password: 'b:c' })).toEqual([
      `Basic ${Buffer.from('ann:b:c').toString('base64')}`,
    ]);
  });

  test('and nothing at all goes along from a run that follows an unmerged spec', async () => {
    const environment = { ...ENVIRONMENT, event: 'pull_request', mlflow: { token: 'abc' } };
    expect(await warning({ environment })).toContain('runs of "pull_request" may follow a spec that nobody has merged');
    expect(mlflow.requests).toEqual([]);
  });
});
