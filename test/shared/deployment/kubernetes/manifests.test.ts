import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { deploymentManifests, inferenceManifests } from '../../../../shared/deployment/kubernetes/manifests.js';
import {
  appliedManifest,
  comparable,
  type Manifest,
  toYaml,
  withApplied,
} from '../../../../shared/deployment/kubernetes/objects.js';
import { DOWNLOAD_SCRIPT } from '../../../../shared/deployment/kubernetes/pod.js';
import type { Fields } from '../../../kubernetes/apply.js';
import { MANIFEST_OPTIONS as options } from '../../../kubernetes/options.js';

const deployment = deploymentManifests(options)[0]! as unknown as Fields;
const podOf = (manifest: Fields): Fields => ((manifest.spec as Fields).template as Fields).spec as Fields;

test('no process of a pod can become more than it is', () => {
  const pod = podOf(deployment);
  expect(pod.automountServiceAccountToken).toBe(false);
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  const containers = [...(pod.initContainers as Fields[]), ...(pod.containers as Fields[])];
  expect(containers.map(({ name }) => name)).toEqual(['bundle', 'server']);
  for (const container of containers) {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toHaveProperty('limits.memory');
  }
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
    expect(containers[1]).toHaveProperty(`${probe}.httpGet`);
});

test('nothing of a model stands in a command: all of it comes by the environment', () => {
  const hostile = { ...options, source: { ...options.source, publicUrl: 'https://example.org/$(reboot);`reboot`' } };
  const [init] = podOf(deploymentManifests(hostile)[0]! as unknown as Fields).initContainers as Fields[];
  expect([init!.command, init!.args]).toEqual([['node'], ['--input-type=module', '--eval', DOWNLOAD_SCRIPT]]);
  expect(init!.env).toContainEqual({ name: 'BUNDLE_PUBLIC_URL', value: hostile.source.publicUrl });
});

test("replicas are the autoscaler's, and a version is a new template", () => {
  expect(deployment.spec).not.toHaveProperty('replicas');
  const autoscaler = deploymentManifests({ ...options, replicas: { min: 2, max: 7 } })[2]!;
  expect(autoscaler.spec).toMatchObject({ minReplicas: 2, maxReplicas: 7, scaleTargetRef: { name: 'flight-delay' } });
  const next = deploymentManifests({
    ...options,
    version: 'v1.3.0',
    candidate: { ...options.candidate, version: 'v1.3.0' },
  })[0]!;
  const template = (manifest: unknown) => ((manifest as Fields).spec as Fields).template;
  expect(template(next)).not.toEqual(template(deployment));
  // The selector cannot be changed in a Deployment that is there.
  expect((next.spec as unknown as Fields).selector).toEqual((deployment.spec as Fields).selector);
});

test('an InferenceService names its protocol and its runtime', () => {
  const [runtime, service] = inferenceManifests(options) as unknown as Fields[];
  expect(service).toHaveProperty('spec.predictor.model', {
    ...{ modelFormat: { name: 'mlops-bundle', version: '1' }, protocolVersion: 'v2', runtime: 'flight-delay-runtime' },
  });
  expect(runtime).toMatchObject({ spec: { protocolVersions: ['v2'], containers: [{ name: 'kserve-container' }] } });
  // The runtime's containers are a template, whose marks would be read.
  expect(JSON.stringify((runtime!.spec as Fields).containers)).not.toContain('{{');
});

test('a name that is too long for a label is refused', () => {
  const candidate = { ...options.candidate, model: 'm'.repeat(64) };
  expect(() => deploymentManifests({ ...options, candidate })).toThrow('has 64 characters; objects of Kubernetes take 63');
});

test('every object carries the manifest that it was applied from', () => {
  for (const manifest of [...deploymentManifests(options), ...inferenceManifests(options)]) {
    const applied = withApplied(manifest);
    expect(appliedManifest(applied)).toEqual(manifest);
    expect(parseAllDocuments(toYaml([applied]))[0]!.toJS()).toEqual(JSON.parse(JSON.stringify(applied)));
    const forged = { ...applied, metadata: { ...applied.metadata, name: 'another' } };
    expect(appliedManifest(forged)).toBeUndefined();
    expect(comparable({ ...applied, status: {} })).toEqual({ ...manifest });
  }
  expect(appliedManifest({ metadata: { annotations: { 'mlops-actions/applied': 'no json' } } })).toBeUndefined();
  expect(appliedManifest(undefined)).toBeUndefined();
});

describe('the download of an init container', () => {
  const content = Buffer.from('the bytes of a bundle');
  const sha256 = createHash('sha256').update(content).digest('hex');

  async function download(
    changes: Readonly<Record<string, string>>,
    answers: (path: string, token: string | undefined) => [number, Buffer],
  ) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization ?? ''}`.trim());
      const [status, body] = answers(request.url!, request.headers.authorization);
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const folder = await mkdtemp(join(tmpdir(), 'init-'));
    const env = {
      ...{
        BUNDLE_PUBLIC_URL: `${url}/public`,
        BUNDLE_API_URL: `${url}/api`,
        BUNDLE_SHA256: sha256,
        BUNDLE_BYTES: String(content.length),
      },
      ...{ BUNDLE_FILE: join(folder, 'bundle.tar.gz'), PATH: process.env.PATH ?? '', ...changes },
    };
    // Without the waits between its tries.
    const script = DOWNLOAD_SCRIPT.replace('tried * 2000', '1');
    const outcome = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env }).then(
      ({ stdout }) => ({ said: stdout }),
      (error: { stderr: string; code: number }) => ({ said: error.stderr, code: error.code }),
    );
    const written = await readFile(env.BUNDLE_FILE).catch(() => undefined);
    server.close();
    await rm(folder, { recursive: true, force: true });
    return { ...outcome, written, asked };
  }

  test('takes the public address without a token, and the API with one', async () => {
    const open = await download({}, () => [200, content]);
    expect(open).toMatchObject({ written: content, asked: ['/public'] });
    const closed = await download({ BUNDLE_TOKEN: 'secret' }, (path, token) =>
      path === '/api' && token === 'Bearer secret' ? [200, content] : [404, Buffer.alloc(0)],
    );
    expect(closed).toMatchObject({ written: content, asked: ['/api Bearer secret'] });
    expect(closed.said).not.toContain('secret');
  });

  test('refuses other bytes, more bytes, and a private repository without a token, after three tries', async () => {
    const other = await download({}, () => [200, Buffer.from('the bytes of another.')]);
    expect(other).toMatchObject({ code: 1, written: undefined });
    expect(other.said).toContain(`not ${sha256}`);
    expect((await download({}, () => [200, Buffer.concat([content, content])])).said).toContain('more than 21 bytes');
    const hidden = await download({}, () => [404, Buffer.alloc(0)]);
    expect(hidden.said).toContain('a private repository needs a token in the Secret of this pod');
    expect(hidden.asked).toHaveLength(3);
  });

  test('tries again what may pass', async () => {
    let tries = 0;
    const shaky = await download({}, () => (++tries < 3 ? [503, Buffer.alloc(0)] : [200, content]));
    expect(shaky).toMatchObject({ written: content });
  });
});

test('the objects are of known kinds', () => {
  const kinds = [...deploymentManifests(options), ...inferenceManifests(options)].map(
    ({ apiVersion, kind }: Manifest) => `${apiVersion} ${kind}`,
  );
  expect(kinds).toEqual([
    'apps/v1 Deployment',
    'v1 Service',
    'autoscaling/v2 HorizontalPodAutoscaler',
    'serving.kserve.io/v1alpha1 ServingRuntime',
    'serving.kserve.io/v1beta1 InferenceService',
  ]);
});
