import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  errorResponseSchema,
  modelsResponseSchema,
  putResponseSchema,
  trafficResponseSchema,
  type VersionState,
} from '../../../shared/serving/admin-api.js';
import { type Reply, Running, TOKEN } from './running.js';
import { type Trained, trainOrders } from './trained.js';

/** Versions come, share the traffic, and go. */

let one: Trained;
let two: Trained;
let other: Trained;
beforeAll(async () => {
  [one, two, other] = await Promise.all([
    trainOrders(),
    trainOrders({ seed: 43 }),
    trainOrders({ name: 'parcels', task: 'regression' }),
  ]);
});
afterAll(() => Promise.all([one, two, other].map((trained) => trained.remove())));

let server: Running;
beforeEach(async () => {
  server = await Running.start({ MLOPS_SERVER_MODELS: 'HERE/models' });
});
afterEach(() => server.remove());

function lineOf({ status, json }: Reply): [number, string] {
  const { error } = errorResponseSchema.parse(json);
  expect(error).not.toContain('\n');
  return [status, error];
}

/** Shares by version. */
async function sharesOf(running: Running, model = 'orders'): Promise<Record<string, number>> {
  const { models } = modelsResponseSchema.parse((await running.admin('GET', '/admin/models')).json);
  const versions: readonly VersionState[] = models.find(({ name }) => name === model)?.versions ?? [];
  return Object.fromEntries(versions.map(({ version, share }) => [version, share]));
}

const row = (): unknown => one.heldOut[0]!.row;
const versionOf = ({ json }: Reply): string => (json as { version: string }).version;

describe('versions', () => {
  test('the first one gets all requests, the next ones none until they are given some', async () => {
    expect(lineOf(await server.post('/predict', row()))).toEqual([503, 'no model is served yet']);
    expect((await server.get('/v2/health/ready')).status).toBe(503);
    const first = await server.put('orders', 'v1.0.0', one);
    expect([first.status, putResponseSchema.parse(first.json)]).toEqual([
      201,
      { name: 'orders', version: 'v1.0.0', digest: one.bundle.manifest.digest, share: 100 },
    ]);
    const second = await server.put('orders', 'v1.1.0', two);
    expect([second.status, second.json]).toEqual([
      201,
      { name: 'orders', version: 'v1.1.0', digest: two.bundle.manifest.digest, share: 0 },
    ]);
    expect(await sharesOf(server)).toEqual({ 'v1.0.0': 100, 'v1.1.0': 0 });
    expect((await server.get('/v2/health/ready')).status).toBe(200);
    expect(versionOf(await server.post('/predict', row()))).toBe('v1.0.0');
    // A path that names a version reaches it without a share.
    expect(versionOf(await server.post('/models/orders/versions/v1.1.0/predict', row()))).toBe('v1.1.0');
    const metadata = await server.get('/v2/models/orders');
    expect(metadata.json).toMatchObject({ versions: ['v1.0.0', 'v1.1.0'] });
  });

  test('the same bytes again change nothing, other bytes are refused', async () => {
    await server.put('orders', 'v1.0.0', one);
    const again = await server.put('orders', 'v1.0.0', one);
    expect([again.status, again.json]).toEqual([
      200,
      { name: 'orders', version: 'v1.0.0', digest: one.bundle.manifest.digest, share: 100 },
    ]);
    expect(lineOf(await server.put('orders', 'v1.0.0', two))).toEqual([
      409,
      `version v1.0.0 of orders is there with other bytes (${one.bundle.manifest.digest})`,
    ]);
    expect(versionOf(await server.post('/predict', row()))).toBe('v1.0.0');
  });

  test('of the same name at the same time: one is taken, the other is told', async () => {
    const replies = await Promise.all([one, two, one].map((trained) => server.put('orders', 'v1.0.0', trained)));
    const [first, other, again] = replies.map(({ status }) => status);
    // Whose upload ends first is not ours to say; the others are told what that means for them.
    if (other === 201) expect([first, again]).toEqual([409, 409]);
    else expect([other, ...[first, again].sort()]).toEqual([409, 200, 201]);
  });

  test('models stand side by side', async () => {
    await server.put('orders', 'v1.0.0', one);
    await server.put('parcels', 'v1.0.0', other);
    expect((await server.post('/models/parcels/predict', other.heldOut[0]!.row)).status).toBe(200);
    expect(lineOf(await server.post('/predict', row()))[1]).toBe(
      'several models are served, so the path must name one: /models/<name>/...; there are orders, parcels',
    );
  });
});

describe('shares', () => {
  test('divide the requests, and change at once', async () => {
    await server.put('orders', 'v1.0.0', one);
    await server.put('orders', 'v1.1.0', two);
    const changed = await server.shares('orders', { 'v1.0.0': 50, 'v1.1.0': 50 });
    expect(changed.status).toBe(200);
    expect(trafficResponseSchema.parse(changed.json).versions.map(({ share }) => share)).toEqual([50, 50]);
    const answers = await Promise.all(Array.from({ length: 100 }, () => server.post('/predict', row())));
    expect(new Set(answers.map(versionOf))).toEqual(new Set(['v1.0.0', 'v1.1.0']));
    await server.shares('orders', { 'v1.1.0': 100 });
    expect(await sharesOf(server)).toEqual({ 'v1.0.0': 0, 'v1.1.0': 100 });
    const after = await Promise.all(Array.from({ length: 30 }, () => server.post('/predict', row())));
    expect(new Set(after.map(versionOf))).toEqual(new Set(['v1.1.0']));
  });

  test('are all or nothing', async () => {
    await server.put('orders', 'v1.0.0', one);
    expect(lineOf(await server.shares('orders', { 'v1.0.0': 95, 'v2.0.0': 5 }))).toEqual([
      404,
      'there is no version "v2.0.0" of orders; there are v1.0.0',
    ]);
    expect(lineOf(await server.shares('nothing', { 'v1.0.0': 100 }))[0]).toBe(404);
    for (const shares of [{ 'v1.0.0': 99 }, {}, { 'v1.0.0': 150, 'v1.1.0': -50 }, { __proto__x: 100 }]) {
      expect(lineOf(await server.shares('orders', shares))[0]).toBe(400);
    }
    expect(lineOf(await server.admin('POST', '/admin/models/orders/traffic', 'x'))).toEqual([
      400,
      'the body is not valid JSON',
    ]);
    expect(lineOf(await server.admin('POST', '/admin/models/orders/traffic', '{"shares":[1]}'))[1]).toMatch(
      /^accepted is \{"shares"/,
    );
    expect(await sharesOf(server)).toEqual({ 'v1.0.0': 100 });
  });
});

describe('removal', () => {
  test('takes a version without a share, and its files', async () => {
    await server.put('orders', 'v1.0.0', one);
    await server.put('orders', 'v1.1.0', two);
    expect(lineOf(await server.admin('DELETE', '/admin/models/orders/versions/v1.0.0'))).toEqual([
      409,
      'version v1.0.0 of orders has 100 % of the traffic; give it to another one first',
    ]);
    await server.shares('orders', { 'v1.1.0': 100 });
    const removed = await server.admin('DELETE', '/admin/models/orders/versions/v1.0.0');
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect(await sharesOf(server)).toEqual({ 'v1.1.0': 100 });
    expect(await readdir(join(server.directory, 'models/orders'))).toEqual(['v1.1.0']);
    expect(lineOf(await server.admin('DELETE', '/admin/models/orders/versions/v1.0.0'))[0]).toBe(404);
    expect((await server.get('/metrics')).text).not.toContain('v1.0.0');
    expect((await server.put('orders', 'v1.0.0', one)).status).toBe(201);
  });

  test('waits for what is in flight, small and large', async () => {
    await server.put('orders', 'v1.0.0', one);
    await server.put('orders', 'v1.1.0', two);
    const path = '/models/orders/versions/v1.1.0/predict';
    const rows = Array.from({ length: 900 }, (_, at) => one.heldOut[at % one.heldOut.length]!.row);
    const asked = [...Array.from({ length: 20 }, () => server.post(path, row())), server.post(path, { rows })];
    await new Promise((resolve) => setTimeout(resolve, 5));
    const removed = await server.admin('DELETE', '/admin/models/orders/versions/v1.1.0');
    expect(removed.status).toBe(204);
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    // Whoever came after it had gone is told so; nobody who was there is failed.
    expect(statuses.filter((status) => status !== 200 && status !== 404)).toEqual([]);
    expect(statuses).toContain(200);
  });
});

test('ten swaps under load fail no request', async () => {
  await server.put('orders', 'v1.0.0', one);
  let isOver = false;
  const statuses = new Map<number, number>();
  const seen = new Set<string>();
  const client = async (): Promise<void> => {
    while (!isOver) {
      const reply = await server.post('/predict', row());
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      seen.add(versionOf(reply));
      // Client and server share this process; without a pause nobody else gets a turn.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const clients = Promise.all(Array.from({ length: 4 }, client));
  for (let swap = 1; swap <= 10; swap++) {
    expect((await server.put('orders', `v1.${swap}.0`, swap % 2 === 0 ? one : two)).status).toBe(201);
    expect((await server.shares('orders', { [`v1.${swap}.0`]: 100 })).status).toBe(200);
    expect((await server.admin('DELETE', `/admin/models/orders/versions/v1.${swap - 1}.0`)).status).toBe(204);
  }
  isOver = true;
  await clients;
  expect([...statuses.keys()]).toEqual([200]);
  expect(seen.size).toBeGreaterThan(5);
});

describe('a restart', () => {
  const restart = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    await server.stop();
    server = await Running.start({ MLOPS_SERVER_MODELS: 'HERE/models', ...env }, server.directory);
  };

  test('serves the same versions with the same shares', async () => {
    await server.put('orders', 'v1.0.0', one);
    await server.put('orders', 'v1.1.0', two);
    await server.put('parcels', 'v0.1.0', other);
    await server.shares('orders', { 'v1.0.0': 95, 'v1.1.0': 5 });
    const before = (await server.admin('GET', '/admin/models')).json;
    const answered = (await server.post('/models/orders/versions/v1.1.0/predict', { rows: [row()], ids: ['a'] })).json;
    await restart();
    expect((await server.admin('GET', '/admin/models')).json).toEqual(before);
    expect((await server.post('/models/orders/versions/v1.1.0/predict', { rows: [row()], ids: ['a'] })).json).toEqual(answered);
    expect((await server.put('orders', 'v1.1.0', two)).status).toBe(200);
  });

  test('leaves out what has been damaged, and says so', async () => {
    await server.put('orders', 'v1.0.0', one);
    await server.put('orders', 'v1.1.0', two);
    await server.shares('orders', { 'v1.0.0': 90, 'v1.1.0': 10 });
    await server.stop();
    await writeFile(join(server.directory, 'models/orders/v1.0.0/model.onnx'), 'no model');
    await mkdir(join(server.directory, 'models/.incoming-of-a-crash'));
    await restart();
    expect(await sharesOf(server)).toEqual({ 'v1.1.0': 100 });
    expect(server.log.join('\n')).toMatch(/^Version v1\.0\.0 of orders is not served: .*model\.onnx has been changed/);
    expect((await readdir(join(server.directory, 'models'))).sort()).toEqual(['orders', 'state.json']);
    expect((await server.put('orders', 'v1.0.0', one)).status).toBe(201);
  });

  test('keeps what the admin API decided about the bundle of the start, until that is another one', async () => {
    await restart({ MLOPS_SERVER_BUNDLE: `v1.0.0=${one.directory}` });
    expect(await sharesOf(server)).toEqual({ 'v1.0.0': 100 });
    await server.put('orders', 'v1.1.0', two);
    await server.shares('orders', { 'v1.1.0': 100 });
    await restart({ MLOPS_SERVER_BUNDLE: `v1.0.0=${one.directory}` });
    expect(await sharesOf(server)).toEqual({ 'v1.1.0': 100, 'v1.0.0': 0 });
    await restart({ MLOPS_SERVER_BUNDLE: `v1.2.0=${one.directory}` });
    expect(await sharesOf(server)).toEqual({ 'v1.1.0': 0, 'v1.2.0': 100 });
    // The folder's archive is not known, but its model is.
    expect((await server.put('orders', 'v1.2.0', one)).status).toBe(200);
    expect((await server.put('orders', 'v1.2.0', two)).status).toBe(409);
  });

  test('does not start on a state that is not its own', async () => {
    await server.stop();
    await writeFile(join(server.directory, 'models/state.json'), '{"format":2}');
    await expect(restart()).rejects.toThrow(/state\.json is damaged .*; remove it to start without/);
    await rm(join(server.directory, 'models/state.json'));
    await restart();
    expect(await sharesOf(server)).toEqual({});
  });
});

describe('who may', () => {
  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN}x`,
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN} ${TOKEN}`,
  ])('not the one with %j', async (authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    for (const [method, path] of [
      ['GET', '/admin/models'],
      ['PUT', '/admin/models/orders/versions/v1.0.0'],
      ['POST', '/admin/models/orders/traffic'],
      ['DELETE', '/admin/models/orders/versions/v1.0.0'],
    ] as const) {
      const reply = await server.send(path, {
        method,
        headers,
        ...(method === 'PUT' && { body: new Uint8Array(one.archive) }),
      });
      expect(lineOf(reply)).toEqual([401, 'accepted is the header "authorization: Bearer <MLOPS_SERVER_TOKEN>"']);
    }
  });

  test('nobody, where there is no token', async () => {
    const open = await Running.start({ MLOPS_SERVER_TOKEN: '' });
    try {
      expect(lineOf(await open.admin('GET', '/admin/models'))).toEqual([
        404,
        'the admin API is off: start the server with MLOPS_SERVER_TOKEN',
      ]);
    } finally {
      await open.remove();
    }
  });
});

describe('a bundle is refused', () => {
  const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const put = async (archive: Buffer, path = '/admin/models/orders/versions/v1.0.0', headers = {}): Promise<[number, string]> =>
    lineOf(
      await server.admin('PUT', path, new Uint8Array(archive), {
        'content-type': 'application/gzip',
        'mlops-bundle-sha256': hashOf(archive),
        ...headers,
      }),
    );
  const tarOf = async (
    files: Readonly<Record<string, string | Buffer>>,
    type: 'file' | 'symlink' = 'file',
  ): Promise<Buffer> => {
    const archive = pack();
    for (const [name, content] of Object.entries(files)) {
      archive.entry({ name, type, ...(type === 'symlink' && { linkname: '/etc/passwd' }) }, type === 'file' ? content : '');
    }
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    return gzipSync(Buffer.concat(chunks));
  };
  const filesOf = async (trained: Trained): Promise<Record<string, Buffer>> =>
    Object.fromEntries(
      await Promise.all(
        (await readdir(trained.directory)).map(async (name) => [name, await readFile(join(trained.directory, name))] as const),
      ),
    );

  afterEach(async () => {
    // Nothing stays of what was refused.
    expect(await sharesOf(server)).toEqual({});
    expect(await readdir(join(server.directory, 'models'))).toEqual([]);
  });

  test('when its hash is another one, or none', async () => {
    expect(await put(one.archive, undefined, { 'mlops-bundle-sha256': 'f'.repeat(64) })).toEqual([
      422,
      `the archive's sha256 is ${one.hash}, the header mlops-bundle-sha256 says ${'f'.repeat(64)}`,
    ]);
    expect(await put(one.archive, undefined, { 'mlops-bundle-sha256': 'x' })).toEqual([
      400,
      'found "x"; accepted is the archive\'s sha256 as 64 hex digits in the header mlops-bundle-sha256',
    ]);
  });

  test('when it is no bundle', async () => {
    expect(await put(Buffer.from('no archive'))).toEqual([
      422,
      expect.stringMatching(/^the bundle is not unpacked: it is no intact tar\.gz/),
    ]);
    expect(await put(one.archive.subarray(0, one.archive.length - 100))).toEqual([
      422,
      expect.stringMatching(/no intact tar\.gz/),
    ]);
    expect(await put(await tarOf({ 'readme.txt': 'x' }))).toEqual([
      422,
      'the bundle is not a usable bundle: it has no manifest.json.',
    ]);
    expect(await put(await tarOf({ '../evil': 'x' }))).toEqual([
      422,
      expect.stringMatching(/"\.\.\/evil" is not the name of a file/),
    ]);
    expect(await put(await tarOf({ link: '' }, 'symlink'))).toEqual([
      422,
      expect.stringMatching(/"link" is a symlink, not a file/),
    ]);
    expect(await put(one.archive, undefined, { 'content-type': 'application/zip' })).toEqual([
      415,
      'found content-type "application/zip"; accepted is application/gzip',
    ]);
  });

  test('when its digest is wrong', async () => {
    const files = await filesOf(one);
    expect(await put(await tarOf({ ...files, 'model.onnx': (await filesOf(two))['model.onnx']! }))).toEqual([
      422,
      expect.stringMatching(/model\.onnx has been changed/),
    ]);
    const manifest = JSON.parse(files['manifest.json']!.toString('utf8')) as object;
    expect(await put(await tarOf({ ...files, 'manifest.json': JSON.stringify({ ...manifest, seed: 1 }) }))).toEqual([
      422,
      expect.stringMatching(/its digest is sha256:\w+, its content has sha256:\w+/),
    ]);
  });

  test('when its upload breaks off', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const head = [
      'PUT /admin/models/orders/versions/v1.0.0 HTTP/1.1',
      'host: x',
      `authorization: Bearer ${TOKEN}`,
      'content-type: application/gzip',
      `mlops-bundle-sha256: ${one.hash}`,
      `content-length: ${one.archive.length}`,
    ].join('\r\n');
    socket.write(`${head}\r\n\r\n`);
    socket.write(one.archive.subarray(0, 1000));
    const models = join(server.directory, 'models');
    while ((await readdir(models)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
    while ((await readdir(models)).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(server.log).toEqual([]);
  });

  test('when it is a bomb', async () => {
    const bomb = await tarOf({ zeros: Buffer.alloc(80 * 2 ** 20) });
    expect(bomb.length).toBeLessThan(2 ** 20);
    expect(await put(bomb)).toEqual([422, expect.stringMatching(/it holds more than 67108864 bytes/)]);
  });

  test('when it is of another model, or its name is none', async () => {
    expect(await put(other.archive)).toEqual([422, 'the bundle is a model called parcels, the path says orders']);
    for (const path of [
      '/admin/models/Orders/versions/v1.0.0',
      '/admin/models/orders/versions/..',
      '/admin/models/orders/versions/%2e%2e%2fx',
    ]) {
      expect((await server.admin('PUT', path, new Uint8Array(one.archive))).status).toBeGreaterThanOrEqual(400);
    }
    expect(await put(one.archive, '/admin/models/orders/versions/%2e%2e%2fx')).toEqual([
      400,
      'found "../x"; accepted is a version such as v1.2.0',
    ]);
  });
});
