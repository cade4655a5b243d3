import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSettings } from '../../../shared/serving/settings.js';
import { Running } from './running.js';
import { type Row, type Trained, trainOrders } from './trained.js';

/** What happens at the limits: too many, too slow, too large. */

let trained: Trained;
let row: Row;
beforeAll(async () => {
  trained = await trainOrders();
  row = trained.heldOut[0]!.row;
});
afterAll(() => trained.remove());

/** A request whose body is promised and does not come. */
async function hang(server: Running): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write('POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
  await new Promise((resolve) => setTimeout(resolve, 50));
  return socket;
}

test('more requests than may be in flight are told to come back', async () => {
  const server = await Running.start({ MLOPS_SERVER_BUNDLE: trained.directory, MLOPS_SERVER_MAX_PENDING: '2' });
  try {
    const sockets = [await hang(server), await hang(server)];
    const refused = await server.post('/predict', row);
    expect([refused.status, refused.headers.get('retry-after'), refused.json]).toEqual([
      429,
      '1',
      { error: '2 requests are in flight, which is the limit; try again later' },
    ]);
    expect((await server.post('/invocations', { inputs: {} })).json).toMatchObject({ error_code: 'REQUEST_LIMIT_EXCEEDED' });
    // What is no prediction is not held up: probes and metrics go on.
    expect((await server.get('/v2/health/live')).status).toBe(200);
    expect((await server.get('/metrics')).text).toMatch(/protocol="predict",code="429"\} 1$/m);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await server.post('/predict', row)).status).toBe(200);
  } finally {
    await server.remove();
  }
});

test('a body that does not arrive in time is given up', async () => {
  const server = await Running.start({ MLOPS_SERVER_BUNDLE: trained.directory }, undefined, { bodyMs: 100 });
  try {
    const socket = await hang(server);
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('utf8');
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    expect(heard).toContain('{"error":"the body did not arrive in time"}');
    expect((await server.post('/predict', row)).status).toBe(200);
  } finally {
    await server.remove();
  }
});

test('large bodies are answered beside small ones, in the words of their protocol', async () => {
  const server = await Running.start({ MLOPS_SERVER_BUNDLE: trained.directory });
  try {
    const rows = Array.from({ length: 2000 }, () => row);
    const answers = await Promise.all([
      server.post('/predict', { rows }),
      server.post('/predict', row),
      server.post('/predict', { rows: [...rows, { ...row, amount: 'x' }] }),
      server.post('/invocations', { dataframe_records: rows.map(({ id: _, amount: __, ...rest }) => rest) }),
      server.post('/predict', `${JSON.stringify({ rows })}}`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 400, 400]);
    const message = 'row 2001, column "amount": found the text "x"; accepted is a number or null';
    expect(answers[2]!.json).toEqual({ error: message });
    expect(answers[3]!.json).toMatchObject({
      error_code: 'BAD_REQUEST',
      message: expect.stringMatching(/^row 1, column "amount" is missing/),
    });
    expect(answers[4]!.json).toEqual({ error: 'the body is not valid JSON' });
    const { text } = await server.get('/metrics');
    expect(text).toMatch(/^mlops_predictions_total\{.*\} 2001$/m);
    expect(text).toMatch(/^mlops_invalid_rows_total\{.*\} 2001$/m);
  } finally {
    await server.remove();
  }
});

test('a model whose file has been changed is not loaded again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'changed-'));
  await cp(trained.directory, directory, { recursive: true });
  const server = await Running.start({ MLOPS_SERVER_BUNDLE: directory });
  try {
    await writeFile(join(directory, 'model.onnx'), 'another model');
    const large = await server.post('/predict', { rows: Array.from({ length: 1000 }, () => row) });
    expect([large.status, large.json]).toEqual([
      500,
      { error: expect.stringMatching(/^the model cannot be loaded again: .* has been changed since/) },
    ]);
    expect((await server.post('/predict', row)).status).toBe(200);
  } finally {
    await server.remove();
    await rm(directory, { recursive: true });
  }
});

test('settings have defaults and limits', () => {
  expect(readSettings({})).toMatchObject({
    host: '0.0.0.0',
    port: 8080,
    token: undefined,
    bundles: [],
    models: undefined,
    traffic: undefined,
    trafficSample: 1,
    maxBody: 4_194_304,
    maxPending: 1024,
  });
  expect(readSettings({ MLOPS_SERVER_BUNDLE: 'a:b', MLOPS_SERVER_TRAFFIC_SAMPLE: '0.25' })).toMatchObject({
    bundles: ['a', 'b'],
    trafficSample: 0.25,
  });
  for (const [name, value] of [
    ['MLOPS_SERVER_PORT', '70000'],
    ['MLOPS_SERVER_PORT', '80.5'],
    ['MLOPS_SERVER_MAX_BODY', 'NaN'],
    ['MLOPS_SERVER_MAX_PENDING', '0'],
    ['MLOPS_SERVER_TRAFFIC_SAMPLE', '-0.1'],
  ] as const) {
    expect(() => readSettings({ [name]: value })).toThrow(
      new RegExp(`^${name} is "${value}"; accepted is a (whole )?number from`),
    );
  }
});
