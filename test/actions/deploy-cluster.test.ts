import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { startLocalServer } from '../../actions/deploy/local-server.js';
import type { DeploymentResult } from '../../shared/deployment/result.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import { DeployScene } from '../deployment/deploy-scene.js';
import type { Fields } from '../kubernetes/apply.js';
import { ClusterServer } from '../kubernetes/cluster-server.js';
import { Kubelet } from '../kubernetes/kubelet.js';
import { complaint } from '../shared/github/scene.js';
import type { RegistryJob } from './registry-job.js';

/** deploy to a cluster whose API is a stand-in, and whose pods run on this machine: their own download, then the real server. */
let scene: DeployScene;
beforeAll(async () => {
  scene = await DeployScene.open();
  scene.startServer = startLocalServer;
});
afterAll(() => scene.close());

let cluster: ClusterServer;
let kubelet: Kubelet;
let environment: string;
let count = 0;
beforeEach(async () => {
  scene.registry.github.advanceClock(60 * 60 * 1000);
  cluster = await ClusterServer.start();
  kubelet = new Kubelet(cluster);
  kubelet.secrets.set('churn-bundle-token/token', scene.registry.github.personToken('ann'));
  environment = `cluster-${++count}`;
});
afterEach(async () => {
  await kubelet.close();
  await cluster.close();
});

const spec = (deploy: Readonly<Record<string, unknown>> = {}) => ({
  deploy: { target: 'kubernetes', environment, image: 'ghcr.io/acme/models:1', namespace: 'models', ...deploy },
});

async function deploy(
  version: string,
  {
    job,
    deploy: changes,
    ...inputs
  }: { readonly job?: RegistryJob; readonly deploy?: Record<string, unknown> } & Record<string, unknown> = {},
): Promise<ActionOutcome> {
  const step = { kubeconfig: cluster.kubeconfig(), model: `churn@${version}`, ...(inputs as Record<string, string>) };
  return scene.step('deploy', job ?? (await scene.job({ spec: spec(changes) })), step);
}

const resultOf = async (outcome: ActionOutcome): Promise<DeploymentResult> =>
  JSON.parse(await readFile(outcome.outputs['result-path']!, 'utf8')) as DeploymentResult;
const records = () => scene.records(environment);
const annotation = (kind: string, name: string, key: string): unknown =>
  ((cluster.object(kind, name)?.metadata as Fields | undefined)?.annotations as Fields | undefined)?.[key];

describe('kubernetes', () => {
  test('pods download the release asset, serve it, and answer golden rows; the next version follows', async () => {
    const first = await deploy('v0.1.0');
    expect(first.failure, `${kubelet.log}`).toBeUndefined();
    expect(kubelet.log.join('\n')).toMatch(/bytes, sha256 [0-9a-f]{64}/);
    expect(await resultOf(first)).toMatchObject({
      outcome: 'deployed',
      steps: [
        {
          name: 'rolled out',
          checks: [
            { name: 'golden rows', ok: true },
            { name: 'digest', ok: true },
          ],
        },
      ],
    });
    expect(
      cluster.requests
        .filter((request) => request.startsWith('PATCH') && !request.includes('dryRun'))
        .map((request) => request.split('?')[1]),
    ).toEqual(Array(3).fill('fieldManager=mlops-actions&force=false'));
    const second = await deploy('v0.2.0');
    expect(second.failure).toBeUndefined();
    expect((await resultOf(second)).previous).toBe('v0.1.0');
    expect(annotation('Deployment', 'churn', 'mlops-actions/version')).toBe('v0.2.0');
    expect(records().map(({ states }) => states.at(-1))).toEqual(['inactive', 'success']);

    const again = await deploy('v0.2.0');
    expect((await resultOf(again)).outcome).toBe('unchanged');
    expect(records()).toHaveLength(2);
  });

  test('what another manager has set stays: the replicas of the autoscaler', async () => {
    await deploy('v0.1.0');
    cluster.setAs('kube-controller-manager', 'Deployment', 'churn', { spec: { replicas: 3 } });
    const outcome = await deploy('v0.2.0');
    expect(outcome.failure).toBeUndefined();
    expect((cluster.object('Deployment', 'churn')!.spec as Fields).replicas).toBe(3);
  });

  test('pods that do not come up: the manifests before are applied again, and the record says so', async () => {
    await deploy('v0.1.0');
    const before = cluster.object('Deployment', 'churn')!.spec;
    const outcome = await deploy('v0.2.0', { deploy: { image: 'ghcr.io/acme/missing:1' } });
    expect(outcome.failure).toContain(
      'Deployment/churn does not roll out: the image of container "bundle" cannot be pulled (ImagePullBackOff',
    );
    expect(outcome.failure).toContain('v0.1.0 is live again.');
    expect(outcome.outputs['rolled-back']).toBe('true');
    expect(cluster.object('Deployment', 'churn')!.spec).toEqual(before);
    expect(annotation('Deployment', 'churn', 'mlops-actions/version')).toBe('v0.1.0');
    expect(records().map(({ states }) => states.at(-1))).toEqual(['success', 'failure']);
    expect(records()[1]!.last.description).toMatch(/^rolled back to v0\.1\.0: /);
  });

  test('a bundle that cannot be downloaded, in a first deployment: nothing is left', async () => {
    kubelet.secrets.clear();
    kubelet.secrets.set('churn-bundle-token/token', 'not a token');
    const outcome = await deploy('v0.1.0');
    expect(outcome.failure).toContain('it could not download the bundle, or the bundle has another sha256');
    expect(kubelet.log.join('\n')).toContain('answers 401');
    for (const kind of ['Deployment', 'Service', 'HorizontalPodAutoscaler'])
      expect(cluster.object(kind, 'churn')).toBeUndefined();
    expect((await resultOf(outcome)).rollback).toEqual({ complete: true });
  });

  test('a rollout that does not end in time, and one that the cluster calls stuck', async () => {
    await deploy('v0.1.0');
    const isNew = (): boolean => annotation('Deployment', 'churn', 'mlops-actions/version') === 'v0.2.0';
    const live = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    const report = (status: Fields) => (object: Fields) => {
      if (object.kind === 'Deployment') cluster.setStatus('Deployment', 'churn', isNew() ? status : live);
    };
    cluster.onApply = report({ replicas: 2, updatedReplicas: 1, availableReplicas: 1 });
    const slow = await deploy('v0.2.0', { timeout: '10ms' });
    expect(slow.failure).toContain('was not rolled out within 10 ms (1 of 2 replicas are new, 1 available)');
    const message = 'ReplicaSet "churn-2" has timed out progressing.';
    cluster.onApply = report({
      ...live,
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }],
    });
    expect((await deploy('v0.2.0')).failure).toContain('ReplicaSet "churn-2" has timed out progressing');
  });

  test('pods that answer wrongly after the rollout', async () => {
    await deploy('v0.1.0');
    const old = cluster.services.get('models/churn')!;
    const apply = cluster.onApply;
    // The Service still leads to the old pods.
    cluster.onApply = async (object) => {
      await apply(object);
      if (object.kind === 'Deployment') cluster.services.set('models/churn', old);
    };
    const second = new Kubelet(cluster);
    second.secrets.set('churn-bundle-token/token', scene.registry.github.personToken('ann'));
    const start = cluster.onApply;
    cluster.onApply = async (object) => {
      await start(object);
      cluster.services.set('models/churn', old);
    };
    const outcome = await deploy('v0.2.0');
    expect(outcome.failure).toMatch(/rolled out: golden rows: \d+ of 64 rows differ/);
    expect(outcome.failure).toContain('v0.1.0 is live again.');
    await second.close();
  });

  test('a dry run prints the manifests and how they differ from what is live', async () => {
    await deploy('v0.1.0');
    const asked = cluster.requests.length;
    const job = await scene.job({
      spec: spec({ replicas: { max: 5 } }),
      event: 'pull_request',
      permissions: { contents: 'read' },
    });
    const outcome = await deploy('v0.2.0', { job, 'dry-run': 'true', image: 'ghcr.io/acme/models:2' });
    const { manifests, diff } = await resultOf(outcome);
    const documents = parseAllDocuments(manifests!).map((document) => document.toJS() as Fields);
    expect(documents.map(({ kind }) => kind)).toEqual(['Deployment', 'Service', 'HorizontalPodAutoscaler']);
    expect(diff).toContain('-    mlops-actions/version: v0.1.0');
    expect(diff).toContain('+    mlops-actions/version: v0.2.0');
    expect(diff).toContain('-  maxReplicas: 3\n+  maxReplicas: 5');
    expect(diff).toContain('image: ghcr.io/acme/models:2');
    expect(job.log).toContain('+  maxReplicas: 5');
    expect(outcome.summary).toContain('```diff');
    expect(cluster.requests.slice(asked).filter((request) => request.startsWith('PATCH'))).toEqual(
      Array(3).fill(expect.stringContaining('dryRun=All')),
    );
    expect(annotation('Deployment', 'churn', 'mlops-actions/version')).toBe('v0.1.0');
  });
});

describe('a dry run without access to the cluster', () => {
  test.each([
    ['kubernetes', ['Deployment', 'Service', 'HorizontalPodAutoscaler']],
    ['kserve', ['ServingRuntime', 'InferenceService']],
  ])('%s: the manifests, and that what is live was not read', async (target, kinds) => {
    const job = await scene.job({ spec: spec(), event: 'pull_request', permissions: { contents: 'read' } });
    const outcome = await deploy('v0.2.0', { job, target, kubeconfig: '', 'dry-run': 'true' });
    const { manifests, diff, notices } = await resultOf(outcome);
    expect(parseAllDocuments(manifests!).map((document) => (document.toJS() as Fields).kind)).toEqual(kinds);
    expect(diff).toBeUndefined();
    expect(notices).toContainEqual(expect.stringContaining('what is live was not read'));
    expect(job.log).toContain(`kind: ${kinds[0]}`);
    expect(cluster.requests).toEqual([]);
  });
});

describe('kserve', () => {
  test('an InferenceService with our runtime serves the version by the v2 protocol, and goes back', async () => {
    const first = await deploy('v0.1.0', { target: 'kserve' });
    expect(first.failure, `${kubelet.log}`).toBeUndefined();
    expect(first.outputs.url).toBe('http://churn.models.example.org');
    const predictor = (cluster.object('InferenceService', 'churn')!.spec as Fields).predictor as Fields;
    expect(predictor.model).toMatchObject({ protocolVersion: 'v2', runtime: 'churn-runtime' });
    const outcome = await deploy('v0.2.0', { target: 'kserve', deploy: { image: 'ghcr.io/acme/missing:1' } });
    expect(outcome.failure).toContain(
      'InferenceService/churn does not roll out: the image of container "bundle" cannot be pulled',
    );
    expect(annotation('InferenceService', 'churn', 'mlops-actions/version')).toBe('v0.1.0');
    expect(records().map(({ states }) => states.at(-1))).toEqual(['success', 'failure']);
  });

  test('a cluster without KServe says so', async () => {
    cluster.absent.add('apis/serving.kserve.io/v1alpha1');
    expect(await complaint(deploy('v0.1.0', { target: 'kserve' }))).toContain(
      'is the namespace there, and its kind installed?',
    );
  });
});

describe('a cluster that refuses, in one line and before anything is recorded', () => {
  const line = async (inputs: Record<string, unknown> = {}): Promise<string> => {
    const message = await complaint(deploy('v0.1.0', inputs));
    expect(message).not.toContain('\n');
    expect(records()).toEqual([]);
    return message;
  };

  test('403: the rights that are missing', async () => {
    const message =
      'deployments.apps "churn" is forbidden: User "system:serviceaccount:ci:deploy" cannot get resource "deployments"';
    cluster.faults.push({ method: 'GET', path: /deployments\/churn$/, answer: { status: 403, message } });
    expect(await line()).toBe(
      `The cluster does not let this account read Deployment/churn (403: ${message}): grant it in a Role of the namespace.`,
    );
  });

  test('409: fields that another manager owns', async () => {
    await deploy('v0.1.0');
    cluster.setAs('argocd', 'Deployment', 'churn', { spec: { progressDeadlineSeconds: 30 } });
    const message = await complaint(deploy('v0.2.0'));
    expect(message).toMatch(
      /^The cluster refuses to apply Deployment\/churn, because another manager owns some of its fields \(409: .*"argocd: \.spec\.progressDeadlineSeconds/,
    );
    expect(records()).toHaveLength(1);
  });

  test('401: the credentials', async () => {
    expect(await line({ kubeconfig: cluster.kubeconfig('old') })).toContain(
      'does not accept the credentials of the kubeconfig (401)',
    );
  });

  test('a kubeconfig that is none, and none at all; its content is not repeated', async () => {
    const nonsense = await line({ kubeconfig: 'secret: {' });
    expect(nonsense).toContain('Input "kubeconfig" is no kubeconfig');
    expect(nonsense).not.toContain('secret');
    expect(await line({ kubeconfig: '{"apiVersion": "v1", "kind": "Config"}' })).toContain(
      'names no cluster for its current context',
    );
  });

  test('a cluster that is not there', async () => {
    const kubeconfig = cluster.kubeconfig().replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:9');
    expect(await line({ kubeconfig })).toContain('cannot be reached (ECONNREFUSED)');
  });

  test('no image, and an unreachable namespace', async () => {
    expect(await line({ deploy: { image: undefined } })).toMatch(
      /^mlops\.yaml:\d+:\d+: deploy\.image is missing; pods need the image/,
    );
    expect(await line({ namespace: 'Wrong Name' })).toContain('deploy.namespace: found "Wrong Name"');
  });
});
