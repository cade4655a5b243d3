import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectCluster } from '../../../../shared/deployment/kubernetes/cluster.js';
import { deploymentManifests, inferenceManifests } from '../../../../shared/deployment/kubernetes/manifests.js';
import { ClusterServer } from '../../../kubernetes/cluster-server.js';
import { MANIFEST_OPTIONS } from '../../../kubernetes/options.js';
import { complaint } from '../../github/scene.js';

let server: ClusterServer;
beforeEach(async () => {
  server = await ClusterServer.start();
});
afterEach(() => server.close());

const connect = (timeoutMs = 5000) => connectCluster({ kubeconfig: server.kubeconfig(), timeoutMs });
const [deployment, service] = deploymentManifests(MANIFEST_OPTIONS) as [never, never];
const name = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'flight-delay', namespace: 'models' } };

test('objects come, are read, and go', async () => {
  const cluster = await connect();
  expect(cluster.namespace).toBe('models');
  expect(await cluster.read(name)).toBeUndefined();
  await cluster.apply(service);
  expect(await cluster.read(name)).toMatchObject({ kind: 'Service', metadata: { name: 'flight-delay' } });
  await cluster.remove(name);
  await cluster.remove(name);
  expect(await cluster.read(name)).toBeUndefined();
});

test('nothing of a manifest is lost on the way', async () => {
  const cluster = await connect();
  for (const manifest of [...deploymentManifests(MANIFEST_OPTIONS), ...inferenceManifests(MANIFEST_OPTIONS)]) {
    await cluster.apply(manifest);
    const { spec, metadata } = JSON.parse(JSON.stringify(manifest));
    expect(server.object(manifest.kind, manifest.metadata.name)).toMatchObject({ spec, metadata });
  }
});

test('a dry run keeps nothing', async () => {
  const cluster = await connect();
  expect(await cluster.apply(deployment, { dryRun: true })).toMatchObject({ spec: { replicas: 1 } });
  expect(server.object('Deployment', 'flight-delay')).toBeUndefined();
});

test('fields that are left out of the next manifest go, unless others own them', async () => {
  const cluster = await connect();
  const labelled = {
    ...(service as object),
    metadata: { ...name.metadata, labels: { a: '1', b: '2' }, annotations: {} },
  } as never;
  await cluster.apply(labelled);
  server.setAs('ann', 'Service', 'flight-delay', { metadata: { labels: { b: '2', c: '3' } } });
  await cluster.apply(service);
  expect(server.object('Service', 'flight-delay')).toMatchObject({ metadata: { labels: { b: '2', c: '3' } } });
  expect(server.object('Service', 'flight-delay')).not.toHaveProperty('metadata.labels.a');
});

test('a cluster that hangs is waited for no longer than the limit', async () => {
  const cluster = await connect(100);
  for (const path of [/services\/flight-delay$/, /services\/flight-delay$/, /proxy/])
    server.faults.push({ path, answer: 'hang' });
  const late = `The cluster ${server.url} did not answer within 0.1 s in trying to`;
  expect(await complaint(cluster.read(name))).toBe(`${late} read Service/flight-delay.`);
  expect(await complaint(cluster.apply(service))).toBe(`${late} apply Service/flight-delay.`);
  const send = cluster.service('models', 'flight-delay', 'http');
  expect(await complaint(send({ method: 'GET', path: '/metrics' }))).toBe(`${late} reach the Service flight-delay.`);
});

test.each([
  [
    400,
    'spec.template: Required value',
    'does not accept the manifest, in trying to apply Service/flight-delay (400: spec.template: Required value)',
  ],
  [422, 'is invalid', 'does not accept the manifest'],
  [
    404,
    'namespaces "models" not found',
    'does not know what it needs to apply Service/flight-delay (404: namespaces "models" not found)',
  ],
  [500, 'etcdserver: request timed out', 'did not apply Service/flight-delay (500: etcdserver: request timed out)'],
])('%i: %s', async (status, message, expected) => {
  server.faults.push({ method: 'PATCH', path: /services/, answer: { status, message } });
  const said = await complaint((await connect()).apply(service));
  expect(said).toContain(expected);
  expect(said).not.toContain('\n');
});

test('a Service is reached by the API, unless this account may not', async () => {
  const send = (await connect()).service('models', 'flight-delay', 'http');
  expect(await send({ method: 'GET', path: '/metrics' })).toMatchObject({ status: 503 });
  const message = 'services "flight-delay:http" is forbidden: User "ci" cannot get resource "services/proxy"';
  server.faults.push({ path: /proxy/, answer: { status: 403, message } });
  expect(await complaint(send({ method: 'GET', path: '/metrics' }))).toContain(
    'grant "create" and "get" on services/proxy, or give deploy.url',
  );
});
