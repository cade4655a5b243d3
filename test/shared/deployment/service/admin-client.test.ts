import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServiceAnswer, ServiceRequest } from '../../../../shared/deployment/sender.js';
import { AdminClient } from '../../../../shared/deployment/service/admin-client.js';
import { complaint } from '../../github/scene.js';

const digest = `sha256:${'a'.repeat(64)}`;
let directory: string;
let archive: { file: string; digest: string };
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'admin-'));
  archive = { file: join(directory, 'churn.tar.gz'), digest: `sha256:${'b'.repeat(64)}` };
  await writeFile(archive.file, 'bytes');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const sent: ServiceRequest[] = [];
const clientOf = (answer: Partial<ServiceAnswer>) =>
  new AdminClient(
    async (request) => {
      sent.push(request);
      return { status: 200, text: '{}', ...answer };
    },
    'https://models.example.org',
    'the secret token',
  );

test('brings a bundle with its hash and the token', async () => {
  const text = JSON.stringify({ name: 'churn', version: 'v1.0.0', digest, share: 0 });
  expect(await clientOf({ status: 201, text }).bring('churn', 'v1.0.0', archive)).toMatchObject({
    created: true,
    digest,
    share: 0,
  });
  expect(await clientOf({ status: 200, text }).bring('churn', 'v1.0.0', archive)).toMatchObject({ created: false });
  expect(sent.at(-1)).toMatchObject({
    ...{ method: 'PUT', path: '/admin/models/churn/versions/v1.0.0' },
    headers: {
      'content-type': 'application/gzip',
      'mlops-bundle-sha256': 'b'.repeat(64),
      authorization: 'Bearer the secret token',
    },
  });
  expect(Buffer.from(sent.at(-1)!.body as Uint8Array).toString()).toBe('bytes');
});

test.each([
  [409, '{"error": "other bytes"}', 'has other bytes as churn v1.0.0 (409: other bytes)'],
  [422, '{"error": "sha256 differs"}', 'does not take the bundle of churn v1.0.0 (422: sha256 differs)'],
  [413, 'too large', 'takes no bundle of that size (413: too large)'],
  [401, '{"error": "no"}', 'does not accept the token (401)'],
  [403, 'forbidden', 'does not accept the token (403)'],
  [404, '', 'has no admin API (404)'],
  [503, '{"error": "busy"}', 'did not load churn v1.0.0 (503: busy)'],
  [200, 'hello', 'answers as no model server does'],
])('%i %s: %s', async (status, text, message) => {
  const complained = await complaint(clientOf({ status, text }).bring('churn', 'v1.0.0', archive));
  expect(complained).toContain(message);
  expect(complained).not.toMatch(/\n|the secret token/);
});

test('a version that is gone already is no error, one with traffic is told', async () => {
  expect(await clientOf({ status: 204, text: '' }).remove('churn', 'v1.0.0')).toBe(true);
  expect(await clientOf({ status: 404, text: '{"error": "no such version"}' }).remove('churn', 'v1.0.0')).toBe(true);
  expect(await clientOf({ status: 409, text: '{"error": "has traffic"}' }).remove('churn', 'v1.0.0')).toBe(false);
});
