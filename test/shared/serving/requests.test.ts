import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Reply, Running } from './running.js';
import { type Row, type Trained, trainOrders } from './trained.js';

/** What a server answers to mistakes and to hostile input: one line, and never a crash. */

let trained: Trained;
let server: Running;
let row: Row;
beforeAll(async () => {
  trained = await trainOrders();
  server = await Running.start({ MLOPS_SERVER_BUNDLE: trained.directory, MLOPS_SERVER_MAX_BODY: '100000' });
  row = trained.heldOut[0]!.row;
});
afterAll(async () => {
  await server.remove();
  await trained.remove();
});

/** The one line of a refused request. */
function lineOf({ status, json }: Reply, expected = 400): string {
  const { error } = json as { error: string };
  expect([status, error]).toEqual([expected, expect.not.stringContaining('\n')]);
  return error;
}

describe('/predict', () => {
  const complain = async (body: unknown, status = 400): Promise<string> => lineOf(await server.post('/predict', body), status);
  const without = (name: string): Row => Object.fromEntries(Object.entries(row).filter(([key]) => key !== name));

  test('takes one row as it is, and gives it a name of its own', async () => {
    const [first, second] = await Promise.all([server.post('/predict', row), server.post('/predict', row)]);
    const idOf = ({ json }: Reply): string => (json as { predictions: { id: string }[] }).predictions[0]!.id;
    expect(idOf(first)).not.toBe(idOf(second));
    expect(first.headers.get('mlops-version')).toMatch(/^sha256-[0-9a-f]{12}$/);
  });

  test('takes no rows', async () => {
    expect((await server.post('/predict', { rows: [] })).json).toMatchObject({ predictions: [] });
  });

  test('does not need key and time, which are none of the model’s, but checks them', async () => {
    expect((await server.post('/predict', without('id'))).status).toBe(200);
    expect((await server.post('/predict', without('placed'))).status).toBe(200);
    expect(await complain({ ...row, placed: 'soon' })).toMatch(/^column "placed": found the text "soon"/);
  });

  test('names column, found and accepted', async () => {
    expect(await complain({ ...row, amount: 'a lot' })).toBe(
      'column "amount": found the text "a lot"; accepted is a number or null',
    );
    expect(await complain({ ...row, items: 1.5 })).toBe('column "items": found 1.5; accepted is a whole number or null');
    expect(await complain({ ...row, items: 2 ** 60 })).toMatch(/as a text of its digits$/);
    expect(await complain({ ...row, country: 3 })).toBe('column "country": found 3; accepted is a text or null');
    expect(await complain({ ...row, express: 'yes' })).toBe(
      'column "express": found the text "yes"; accepted is true, false or null',
    );
    expect(await complain({ ...row, birthday: '31.01.2024' })).toMatch(/accepted is a date such as "2026-01-31" or null$/);
    expect(await complain({ ...row, ordered: 'noon' })).toMatch(/accepted is a time such as "2026-01-31T09:30:00Z" or null$/);
    expect(await complain({ ...row, amount: [1] })).toMatch(/found a list/);
    expect(await complain({ ...row, amount: { a: 1 } })).toMatch(/found an object/);
  });

  test('tells of a column that is missing and of one that is not known', async () => {
    expect(await complain(without('amount'))).toBe('column "amount" is missing; send null where its value is not known');
    expect(await complain({ ...without('amount'), amuont: 1 })).toBe(
      'column "amuont" is none of the model\'s; did you mean "amount"?',
    );
    expect(await complain({ ...row, colour: 'red' })).toMatch(/^column "colour" is none of the model's; accepted are /);
    expect(await complain({ ...row, returned: 'yes' })).toMatch(/^column "returned" is none of the model's/);
  });

  test('tells which row it is, and how many more there are', async () => {
    const rows = [row, { ...row, amount: 'x' }, row, { ...row, items: 'y' }];
    expect(await complain({ rows })).toBe(
      'row 2, column "amount": found the text "x"; accepted is a number or null (and 1 more problems in the request)',
    );
    const other = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`other${at}`, at]));
    expect(await complain({ rows: Array.from({ length: 200 }, () => other) })).toMatch(/^row 1, .* \(and 199 more problems/);
    expect(await complain({ rows: [row, 5] })).toMatch(/^row 2, found 5; accepted is an object/);
  });

  test('knows names that every object has', async () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const text = JSON.stringify(row).replace(/\}$/, `,"${name}":{"amount":1}}`);
      expect(await complain(text)).toContain(`column "${name}" is none of the model's`);
    }
    expect(await complain('{"__proto__":{"rows":[]}}')).toMatch(/column "__proto__" is none/);
    expect(await complain('{"rows":[],"__proto__":{}}')).toMatch(/found "__proto__" beside "rows"/);
    expect(({} as { amount?: number }).amount).toBeUndefined();
  });

  test('says what is no JSON', async () => {
    expect(await complain('')).toBe('the request has no body');
    expect(await complain('{')).toBe('the body is not valid JSON');
    expect(await complain('{"amount": NaN, "items": 1}')).toBe(
      'the body is not valid JSON: NaN is no JSON; send null for a missing number',
    );
    expect(await complain('[-Infinity]')).toMatch(/: -Infinity is no JSON/);
    expect(await complain('[]')).toMatch(/found a list; accepted is \{"rows": \[\.\.\.\]\} or one row as an object/);
    expect(await complain('null')).toMatch(/^found null/);
    const reply = await server.send('/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{"country":"Z\xfcrich"}', 'latin1'),
    });
    expect(lineOf(reply)).toBe('the body is not UTF-8');
  });

  test('takes deep and wide bodies for what they are', async () => {
    expect(await complain(`${'['.repeat(40_000)}${']'.repeat(40_000)}`)).toMatch(/found a list/);
    expect(await complain(`{"amount":${'['.repeat(20_000)}${']'.repeat(20_000)}}`)).toMatch(
      /column "items" is missing|found a list/,
    );
    const names = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`column${at}`, at]));
    expect(await complain({ ...row, ...names })).toMatch(/^column "column0" is none/);
    expect(await complain({ ...row, ['x'.repeat(50_000)]: 1 })).toMatch(/^column "x{60}\.\.\." is none/);
    expect(await complain({ rows: Array.from({ length: 20_000 }, () => 1) })).toBe(
      '20000 rows with 6 values each cannot be in 40010 bytes: some rows lack columns',
    );
  });

  test('checks ids', async () => {
    expect(await complain({ rows: [row], ids: ['a', 'b'] })).toBe(
      '"ids": found 2 ids for 1 rows; accepted is a list with an id for each row',
    );
    expect(await complain({ rows: [row], ids: [{}] })).toMatch(/^"ids", row 1: found an object/);
    expect(await complain({ rows: [row], ids: [''] })).toMatch(/^"ids", row 1: found the text ""/);
    expect(await complain({ rows: [row], id: 'a' })).toMatch(/found "id" beside "rows"/);
    expect((await server.post('/predict', { rows: [row], ids: [7] })).json).toMatchObject({ predictions: [{ id: '7' }] });
  });

  test('takes JSON in UTF-8 alone', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', 'nonsense']) {
      expect((await server.post('/predict', row, { 'content-type': type })).status).toBe(415);
    }
    for (const type of ['application/json;charset=utf-8', 'Application/JSON; charset="UTF-8"']) {
      expect((await server.post('/predict', row, { 'content-type': type })).status).toBe(200);
    }
    const packed = await server.post('/predict', row, { 'content-encoding': 'gzip' });
    expect(lineOf(packed, 415)).toMatch(/found content-encoding "gzip"; accepted is a body that is not packed/);
  });

  test('refuses 10 MB, told beforehand or not', async () => {
    const large = JSON.stringify({ rows: Array.from({ length: 80_000 }, () => row) });
    expect(large.length).toBeGreaterThan(10_000_000);
    expect(lineOf(await server.post('/predict', large), 413)).toBe('the body is larger than 100 kB; send fewer rows a request');
    const stream = new Blob([large]).stream();
    const chunked = await server.send('/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect((await server.post('/predict', row)).status).toBe(200);
  });
});

describe('the Open Inference Protocol', () => {
  const PATH = '/v2/models/orders/infer';
  const tensors = (rows: readonly Row[]): { name: string; shape: number[]; datatype: string; data: unknown[] }[] =>
    trained.bundle.manifest.signature.inputs.map(({ name, column }) => ({
      name,
      shape: [rows.length, 1],
      datatype: { string: 'BYTES', boolean: 'BOOL', integer: 'INT64', number: 'FP64', date: 'BYTES', timestamp: 'BYTES' }[
        column
      ],
      data: rows.map((one) => one[name]),
    }));
  const changed = (name: string, change: Readonly<Record<string, unknown>>): unknown => ({
    inputs: tensors([row]).map((tensor) => (tensor.name === name ? { ...tensor, ...change } : tensor)),
  });
  const complain = async (body: unknown): Promise<string> => lineOf(await server.post(PATH, body));

  test('describes the model', async () => {
    const { json } = await server.get('/v2/models/orders');
    const { platform, inputs, outputs, versions } = json as Record<string, unknown>;
    expect(platform).toBe('onnx_onnxv1');
    expect(versions).toEqual([expect.stringMatching(/^sha256-/)]);
    expect(inputs).toContainEqual({ name: 'amount', datatype: 'FP64', shape: [-1, 1] });
    expect(inputs).toContainEqual({ name: 'country', datatype: 'BYTES', shape: [-1, 1] });
    expect(outputs).toEqual([
      { name: 'label', datatype: 'BYTES', shape: [-1] },
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
    ]);
  });

  test('takes [N], [N, 1], flat and nested data, and other datatypes that fit', async () => {
    const expected = await server.post(PATH, { inputs: tensors([row, row]) });
    const forms = [
      tensors([row, row]).map((tensor) => ({ ...tensor, shape: [2] })),
      tensors([row, row]).map((tensor) => ({ ...tensor, data: tensor.data.map((value) => [value]) })),
      tensors([row, row]).map((tensor) => (tensor.name === 'items' ? { ...tensor, datatype: 'INT8' } : tensor)),
      tensors([row, row]).map((tensor) =>
        tensor.name === 'express'
          ? { ...tensor, datatype: 'FP32', data: tensor.data.map((value) => (value === null ? null : Number(value))) }
          : tensor,
      ),
      [...tensors([row, row]), { name: 'id', shape: [2], datatype: 'BYTES', data: ['a', 'b'] }],
    ];
    for (const inputs of forms) {
      const reply = await server.post(PATH, { inputs, parameters: { content_type: 'pd' } });
      expect(reply.json).toEqual(expected.json);
    }
  });

  test('gives the outputs that are asked for', async () => {
    const { json } = await server.post(PATH, { id: 'my id', inputs: tensors([row]), outputs: [{ name: 'label' }] });
    expect(json).toEqual({
      model_name: 'orders',
      model_version: expect.any(String),
      id: 'my id',
      outputs: [{ name: 'label', datatype: 'BYTES', shape: [1], data: [expect.stringMatching(/^(yes|no)$/)] }],
    });
    expect(await complain({ inputs: tensors([row]), outputs: [{ name: 'scores' }] })).toBe(
      '"outputs": found the text "scores"; accepted are objects with the name "label", "probabilities"',
    );
  });

  test('says what is wrong with a tensor', async () => {
    expect(await complain({})).toMatch(/^"inputs": found nothing/);
    expect(await complain({ inputs: [] })).toMatch(/^"inputs": found a list/);
    expect(await complain({ inputs: [{}] })).toMatch(/an item has no "name"/);
    expect(await complain(changed('amount', { datatype: 'FLOAT' }))).toMatch(
      /^input "amount": found the datatype the text "FLOAT"; accepted are BOOL/,
    );
    expect(await complain(changed('amount', { datatype: 'BYTES', data: ['1'] }))).toMatch(
      /^input "amount": found the datatype BYTES; accepted are INT8/,
    );
    expect(await complain(changed('items', { datatype: 'UINT8', data: [300] }))).toMatch(
      /found 300; accepted is a value of the datatype UINT8 or null/,
    );
    expect(await complain(changed('items', { datatype: 'FP64', data: [1.5] }))).toMatch(
      /^column "items": found 1.5; accepted is a whole number/,
    );
    expect(await complain(changed('country', { data: [1] }))).toMatch(/found 1; accepted is a value of the datatype BYTES/);
    expect(await complain(changed('amount', { shape: [2, 1] }))).toBe(
      'input "amount": its data has 1 values where its shape [2, 1] tells of 2',
    );
    expect(await complain(changed('amount', { shape: [1, 2] }))).toMatch(/found the shape \[1, 2\]; accepted is \[1, 1\]/);
    expect(await complain(changed('amount', { shape: [1, 1, 1] }))).toMatch(/accepted are \[N\] and \[N, 1\]/);
    expect(await complain(changed('amount', { shape: [-1] }))).toMatch(/found the shape \[-1\]/);
    expect(await complain(changed('amount', { shape: [1e15, 1] }))).toMatch(/its data has 1 values where its shape/);
    expect(await complain(changed('amount', { shape: [2], data: [1, 2] }))).toMatch(/have 2 and 1 rows|have 1 and 2 rows/);
    expect(await complain(changed('amount', { data: 5 }))).toMatch(/found 5 as its data/);
    expect(await complain(changed('amount', { name: 'amuont' }))).toMatch(
      /column "amuont" is none of the model's; did you mean "amount"/,
    );
    expect(await complain({ inputs: tensors([row]).slice(1) })).toMatch(/^column "\w+" is missing/);
    expect(await complain({ inputs: [...tensors([row]), tensors([row])[0]] })).toMatch(/is there twice$/);
    expect(await complain({ id: 5, inputs: tensors([row]) })).toMatch(/^"id": found 5/);
    const binary = changed('amount', { parameters: { binary_data_size: 8 } });
    expect(await complain(binary)).toMatch(/its data is binary, which is an extension/);
  });

  test('answers for a model that is not there', async () => {
    expect(lineOf(await server.get('/v2/models/nothing'), 404)).toBe('there is no model "nothing"; there are orders');
    expect(lineOf(await server.get('/v2/models/orders/versions/v9.9.9'), 404)).toMatch(
      /^there is no version "v9\.9\.9" of orders; there are sha256-/,
    );
    expect(lineOf(await server.post('/v2/models/constructor/infer', {}), 404)).toMatch(/no model "constructor"/);
    expect((await server.get('/v2/models/orders/ready')).json).toEqual({ name: 'orders', ready: true });
  });
});

describe('/invocations', () => {
  const PATH = '/invocations';
  const csv = (text: string): Promise<Reply> => server.post(PATH, text, { 'content-type': 'text/csv' });

  test('speaks of mistakes as MLflow does', async () => {
    const { status, json } = await server.post(PATH, { dataframe_records: [{ ...row, amount: 'x' }] });
    const message = 'column "amount": found the text "x"; accepted is a number or null';
    expect([status, json]).toEqual([400, { error_code: 'BAD_REQUEST', message, error: message }]);
    const reply = await server.post(PATH, 'x', { 'content-type': 'text/plain' });
    expect([reply.status, reply.headers.get('content-type'), reply.text]).toEqual([
      415,
      'text/plain; charset=utf-8',
      'found content-type "text/plain"; accepted are application/json and text/csv in UTF-8',
    ]);
    expect((await server.post(PATH, '{}', { 'content-type': 'application/json; version=1' })).status).toBe(415);
  });

  test('wants exactly one form', async () => {
    for (const body of [{}, [], { dataframe_records: [], inputs: [] }, { rows: [] }]) {
      expect(lineOf(await server.post(PATH, body))).toMatch(
        /exactly one of dataframe_split, dataframe_records, instances, inputs/,
      );
    }
  });

  test('says what is wrong with a form', async () => {
    const complain = async (body: unknown): Promise<string> => lineOf(await server.post(PATH, body));
    const names = Object.keys(row);
    const values = Object.values(row);
    expect(await complain({ dataframe_split: [] })).toMatch(/"columns" \(a list of names\) and "data"/);
    expect(await complain({ dataframe_split: { columns: [1], data: [] } })).toMatch(/found 1 in "columns"/);
    expect(await complain({ dataframe_split: { columns: names, data: [values, values.slice(1)] } })).toMatch(
      /^row 2, found a list of 7 values; accepted is a list of 8 values/,
    );
    expect(await complain({ dataframe_split: { columns: [...names, 'amount'], data: [[...values, 1]] } })).toMatch(
      /"amount" is there twice/,
    );
    expect(await complain({ dataframe_split: { columns: names.slice(1), data: [] } })).toMatch(/is missing/);
    expect(await complain({ dataframe_records: row })).toMatch(/found an object; accepted is a list of rows/);
    expect(await complain({ instances: [[1, 2]] })).toMatch(/rows without names of columns; this model has 6 columns/);
    expect(await complain({ inputs: { amount: [1], items: [1, 2] } })).toMatch(/have 1 and 2 values/);
    expect(await complain({ inputs: { amount: 1 } })).toMatch(/column "amount": found 1; accepted is a list of values/);
    expect(await complain({ inputs: {} })).toMatch(/is missing/);
  });

  test('reads CSV as the training data is read', async () => {
    const names = Object.keys(row).filter((name) => name !== 'id' && name !== 'placed');
    const lines = (cells: Readonly<Record<string, string>>): string =>
      `\uFEFF${names.join(',')}\r\n${names.map((name) => cells[name] ?? '').join(',')}\r\n`;
    const nothing = await csv(lines({}));
    expect(nothing.status).toBe(200);
    const allNull = Object.fromEntries(names.map((name) => [name, null]));
    expect(nothing.json).toEqual((await server.post(PATH, { dataframe_records: [allNull] })).json);
    expect((await csv(lines({ amount: 'NA', items: 'NaN' }))).json).toEqual(nothing.json);
    const full = { amount: ' 1.5e1 ', items: '3.0', express: 'True', birthday: '2024-01-31', ordered: '2024-01-31 10:00:00' };
    const same = { ...allNull, amount: 15, items: 3, express: true, birthday: '2024-01-31', ordered: '2024-01-31T10:00:00Z' };
    expect((await csv(lines(full))).json).toEqual((await server.post(PATH, { dataframe_records: [same] })).json);
    expect(lineOf(await csv(lines({ amount: 'x' })))).toBe('column "amount": found the text "x"; accepted is a number or null');
    expect(lineOf(await csv(lines({ express: 'maybe' })))).toMatch(/"maybe"; accepted is true, false or null/);
    expect(lineOf(await csv(`${names.join(',')}\n1,2\n`))).toMatch(/the line ends before it$/);
    expect(lineOf(await csv(`${names.join(',')}\n${names.map(() => '').join(',')},,\n`))).toMatch(
      /found 8 values; accepted are 6/,
    );
    expect(lineOf(await csv(`,${names.join(',')}\n0,,,,,,\n`))).toMatch(/index=False/);
    expect(lineOf(await csv('a"b,c\n1,2'))).toMatch(/^the body is not valid CSV/);
    expect(lineOf(await csv(''))).toMatch(/the body is empty/);
  });
});

describe('the rest', () => {
  test('says how it is', async () => {
    expect((await server.get('/v2')).json).toEqual({ name: 'mlops-actions', version: 'dev', extensions: [] });
    expect((await server.get('/v2/health/live')).json).toEqual({ live: true });
    expect((await server.get('/v2/health/ready')).json).toEqual({ live: true, ready: true });
    for (const path of ['/ping', '/health']) expect((await server.get(path)).status).toBe(200);
    expect((await server.get('/version')).text).toBe('dev');
  });

  test('counts', async () => {
    const before = (await server.get('/metrics')).text;
    await server.post('/predict', { rows: [row, row] });
    await server.post('/predict', { rows: [row, { ...row, amount: 'x' }, 5] });
    await server.post('/models/nothing/predict', row);
    const after = (await server.get('/metrics')).text;
    const countIn = (text: string, line: RegExp): number => Number(line.exec(text)?.[1] ?? 0);
    const grown = (line: RegExp): number => countIn(after, line) - countIn(before, line);
    expect(grown(/^mlops_requests_total\{model="orders",version="sha256-\w+",protocol="predict",code="200"\} (\d+)/m)).toBe(1);
    expect(grown(/^mlops_requests_total\{model="orders",version="sha256-\w+",protocol="predict",code="400"\} (\d+)/m)).toBe(1);
    expect(grown(/^mlops_requests_total\{model="",version="",protocol="predict",code="404"\} (\d+)/m)).toBe(1);
    expect(grown(/^mlops_predictions_total\{model="orders",version="sha256-\w+"\} (\d+)/m)).toBe(2);
    expect(grown(/^mlops_invalid_rows_total\{model="orders",version="sha256-\w+"\} (\d+)/m)).toBe(2);
    expect(grown(/^mlops_request_duration_seconds_count\{model="orders",version="sha256-\w+"\} (\d+)/m)).toBe(2);
    expect(after).toMatch(/^# TYPE mlops_request_duration_seconds histogram$/m);
    expect(after).toMatch(new RegExp(`^mlops_model_info\\{.*digest="${trained.bundle.manifest.digest}"\\} 1$`, 'm'));
    expect(after).toMatch(/^mlops_traffic_rows_dropped_total 0$/m);
    // Cumulative, and all in the last one.
    const buckets = [...after.matchAll(/^mlops_request_duration_seconds_bucket\{le="(.+?)",model="orders",.*\} (\d+)$/gm)];
    const counts = buckets.map(([, , count]) => Number(count));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(buckets.at(-1)![1]).toBe('+Inf');
    expect(counts.at(-1)).toBe(countIn(after, /^mlops_request_duration_seconds_count\{model="orders",.*\} (\d+)$/m));
  });

  test('refuses what is not there', async () => {
    expect(lineOf(await server.get('/predict'), 404)).toBe('there is no GET "/predict"; GET /docs shows what there is');
    expect((await server.get('/models/%2e%2e%2fetc/predict')).status).toBe(404);
    expect((await server.get('/docs/..%2f..%2fpackage.json')).status).toBe(404);
    expect((await server.post(`/models/${'a'.repeat(300)}/predict`, row)).status).toBe(414);
  });

  test('gives up bodies that stop coming, and goes on with others', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write('POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"rows"');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await server.post('/predict', row)).status).toBe(200);
    const { text } = await server.get('/metrics');
    expect(text).toMatch(/protocol="predict",code="499"\} 1$/m);
  });

  test('takes models made elsewhere', async () => {
    const golden = (name: string): string => fileURLToPath(new URL(`../onnx/golden/${name}.onnx`, import.meta.url));
    const other = await Running.start({
      MLOPS_SERVER_BUNDLE: ['columns', 'matrix', 'regressor', 'zipmap']
        .map((name, at) => (at === 0 ? `v1.2.3=${golden(name)}` : golden(name)))
        .join(':'),
    });
    try {
      const foreign = JSON.parse(await readFile(golden('foreign').replace(/onnx$/, 'json'), 'utf8')) as {
        size: number[];
        age: number[];
        city: string[];
        columns: number[];
      };
      const rows = foreign.city.map((city, at) => ({ size: foreign.size[at], age: foreign.age[at], city }));
      const predicted = await other.post('/models/columns/versions/v1.2.3/predict', { rows });
      const { predictions } = predicted.json as { predictions: { label: string; probabilities: Record<string, number> }[] };
      expect(Object.keys(predictions[0]!.probabilities)).toEqual(['high', 'low', 'mid']);
      const scores = predictions.flatMap(({ probabilities }) => Object.values(probabilities));
      expect(Math.max(...scores.map((score, at) => Math.abs(score - foreign.columns[at]!)))).toBeLessThan(1e-5);
      // One request on which the graph fails does not fail those that came with it.
      const [good, bad] = await Promise.all([
        other.post('/models/columns/predict', rows[0]),
        other.post('/models/columns/predict', { ...rows[0], city: 'Delft' }),
      ]);
      expect(good.status).toBe(200);
      expect(lineOf(bad, 500)).toMatch(/^the model fails on the request's rows: .*Unknown Category/);
      const matrix = await other.post('/models/matrix/predict', { rows: [{ [await inputOf(other, 'matrix')]: [1.5, 30] }] });
      expect(matrix.json).toMatchObject({ predictions: [{ label: expect.stringMatching(/^[01]$/) }] });
      const tensor = { name: await inputOf(other, 'regressor'), shape: [2, 2], datatype: 'FP32', data: [1, 2, 3, 4] };
      const inferred = await other.post('/v2/models/regressor/infer', { inputs: [tensor] });
      expect(inferred.json).toMatchObject({ outputs: [{ shape: [2, 1], datatype: 'FP32' }] });
      const listed = await other.post('/models/regressor/invocations', {
        inputs: [
          [1, 2],
          [3, 4],
        ],
      });
      const { outputs } = inferred.json as { outputs: { data: number[] }[] };
      expect(listed.json).toEqual({ predictions: outputs[0]!.data });
      const zipMap = await other.post('/models/zipmap/predict', { [await inputOf(other, 'zipmap')]: [1.5, 30] });
      expect(zipMap.json).toMatchObject({ predictions: [{ outputs: { output_label: expect.any(Number) } }] });
      expect(lineOf(await other.post('/predict', rows[0]), 404)).toMatch(/several models are served/);
    } finally {
      await other.remove();
    }
  });

  test('documents itself', async () => {
    const { json } = await server.get('/openapi.json');
    const document = json as {
      openapi: string;
      paths: Record<string, Record<string, { requestBody: { content: Record<string, { example: unknown }> } }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const example = document.paths['/predict']!.post!.requestBody.content['application/json']!.example;
    expect((await server.post('/predict', example)).status).toBe(200);
    const page = await server.get('/docs');
    expect(page.text).not.toMatch(/https?:\/\//);
    expect(page.text).toContain('/models/orders/predict');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*script-src 'sha256-/);
    expect((await server.get('/')).status).toBe(200);
  });
});

async function inputOf(server: Running, model: string): Promise<string> {
  const { inputs } = (await server.get(`/v2/models/${model}`)).json as { inputs: { name: string }[] };
  return inputs[0]!.name;
}
