import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDatabase, readRows } from '../../shared/data/duckdb.js';
import { openTraffic, trafficFiles } from '../../shared/data/traffic-log.js';
import { ADMIN_PATHS, BUNDLE_CONTENT_TYPE, BUNDLE_HASH_HEADER } from '../../shared/serving/admin-api.js';
import { type Trained, trainOrders } from '../shared/serving/trained.js';
import { SERVER, type ServerProcess, startProcess } from './server-process.js';

/** dist/server.js as a process, from its first line to its exit status. */

const TOKEN = 'a token that nobody can guess';

let trained: Trained;
let directory: string;
beforeAll(async () => {
  trained = await trainOrders();
  directory = await mkdtemp(join(tmpdir(), 'server-'));
});
const running: ServerProcess[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop('SIGKILL');
});
afterAll(async () => {
  await trained.remove();
  await rm(directory, { recursive: true });
});

async function start(env: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const server = await startProcess([SERVER], env);
  running.push(server);
  return server;
}

function post(server: ServerProcess, body: unknown, path = '/predict'): Promise<Response> {
  return fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

test('it says where it listens, answers, and on SIGTERM finishes what is in flight', async () => {
  const traffic = join(directory, 'traffic');
  const server = await start({ MLOPS_SERVER_BUNDLE: `v1.0.0=${trained.directory}`, MLOPS_SERVER_TRAFFIC: traffic });
  expect(server.lines[0]).toMatch(/^mlops-actions server \d+\.\d+\.\d+ listens on http:\/\/127\.0\.0\.1:\d+$/);
  const rows = trained.heldOut.map(({ row }) => row);
  const answer = (await (await post(server, { rows, ids: trained.heldOut.map(({ id }) => id) })).json()) as {
    predictions: { probabilities: Record<string, number> }[];
  };
  const off = answer.predictions.flatMap(({ probabilities }, at) =>
    Object.values(probabilities).map((value, index) => Math.abs(value - trained.heldOut[at]!.scores[index]!)),
  );
  expect(Math.max(...off)).toBeLessThan(1e-5);
  expect((await post(server, { rows: Array.from({ length: 900 }, (_, at) => rows[at % rows.length]) })).status).toBe(200);

  // A request whose body is half there when the server is told to end.
  const body = JSON.stringify({ rows: [rows[0]], ids: ['late'] });
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('utf8');
  });
  socket.write(
    `POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 10)}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  const ended = server.stop();
  while (!server.lines.some((line) => line.startsWith('SIGTERM'))) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await expect(fetch(`${server.url}/ping`)).rejects.toThrow();
  const closed = once(socket, 'close');
  socket.write(body.slice(10));
  await closed;
  expect(heard).toMatch(/^HTTP\/1\.1 200 /);
  expect(heard).toMatch(/^connection: close\r$/im);
  expect(await ended).toBe(0);

  // Not a row is missing in the log.
  const database = await openDatabase();
  await openTraffic(database.connection, 'traffic', await trafficFiles(traffic, 'orders'));
  const [count] = await readRows(
    database.connection,
    "SELECT count(*) AS n, count(*) FILTER (mlops_id = 'late') AS late FROM traffic",
  );
  database.close();
  expect(count).toEqual({ n: String(rows.length + 900 + 1), late: '1' });
});

test('what the admin API brought is there again after a crash', async () => {
  const env = { MLOPS_SERVER_MODELS: join(directory, 'models'), MLOPS_SERVER_TOKEN: TOKEN };
  const authorization = `Bearer ${TOKEN}`;
  const first = await start(env);
  const put = await fetch(first.url + ADMIN_PATHS.version('orders', 'v2.0.0'), {
    method: 'PUT',
    headers: { authorization, 'content-type': BUNDLE_CONTENT_TYPE, [BUNDLE_HASH_HEADER]: trained.hash },
    body: new Uint8Array(trained.archive),
  });
  expect(put.status).toBe(201);
  const listed = await (await fetch(first.url + ADMIN_PATHS.models, { headers: { authorization } })).json();
  await first.stop('SIGKILL');
  const second = await start(env);
  expect(await (await fetch(second.url + ADMIN_PATHS.models, { headers: { authorization } })).json()).toEqual(listed);
  expect((await post(second, trained.heldOut[0]!.row)).status).toBe(200);
  expect(second.lines.join('\n')).not.toContain(TOKEN);
});

test('a mistake of who starts it is one line and status 1', async () => {
  const complaint = async (env: Readonly<Record<string, string>>): Promise<string> => {
    const error: unknown = await start(env).then(
      () => new Error('it started'),
      (thrown: unknown) => thrown,
    );
    const lines = String((error as Error).message).split('\n');
    expect([lines[0], lines.length]).toEqual(['the server ended with status 1:', 2]);
    return lines[1]!;
  };
  expect(await complaint({ MLOPS_SERVER_PORT: 'http' })).toBe(
    'MLOPS_SERVER_PORT is "http"; accepted is a whole number from 0 to 65535 (default 8080)',
  );
  expect(await complaint({ MLOPS_SERVER_TRAFFIC_SAMPLE: '2' })).toBe(
    'MLOPS_SERVER_TRAFFIC_SAMPLE is "2"; accepted is a number from 0 to 1 (default 1)',
  );
  expect(await complaint({ MLOPS_SERVER_BUNDLE: join(directory, 'nothing') })).toMatch(
    /^MLOPS_SERVER_BUNDLE: .*nothing cannot be read \(ENOENT.*; accepted are folders, \.tar\.gz and \.onnx files$/,
  );
  expect(await complaint({ MLOPS_SERVER_BUNDLE: directory })).toMatch(
    /^the bundle .* is not a usable bundle: it has no manifest\.json\.$/,
  );
  const other = await start({ MLOPS_SERVER_BUNDLE: trained.directory });
  expect(await complaint({ MLOPS_SERVER_PORT: new URL(other.url).port })).toMatch(
    /^127\.0\.0\.1:\d+ cannot be listened on \(EADDRINUSE\): set MLOPS_SERVER_HOST and MLOPS_SERVER_PORT$/,
  );
});
