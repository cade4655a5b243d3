import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import { openDatabase, readRows } from '../../../shared/data/duckdb.js';
import {
  loggedColumns,
  openTraffic,
  TRAFFIC_COLUMNS,
  type TrafficBlock,
  type TrafficSource,
  trafficFiles,
  trafficSqlType,
  writeTraffic,
} from '../../../shared/data/traffic-log.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'traffic-'));
});
afterEach(() => rm(directory, { recursive: true }));

const source: TrafficSource = {
  model: 'orders',
  version: 'v1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  columns: [
    { name: 'country', type: 'string' },
    { name: 'express', type: 'boolean' },
    { name: 'items', type: 'integer' },
    { name: 'amount', type: 'number' },
    { name: 'birthday', type: 'date' },
    { name: 'ordered "at"', type: 'timestamp' },
    { name: 'vector', type: 'number', width: 2 },
  ],
};

const TIME = Date.parse('2026-03-01T12:34:56.789Z');

/** A full row, one with nothing in it, and one that was refused. */
const block: TrafficBlock = {
  rows: 3,
  ids: ['a', 'b', 'c'],
  times: Float64Array.of(TIME, TIME, TIME),
  labels: ['yes', 'no', null],
  scores: Float64Array.of(0.25, 0.75, 1, 0, 9, 9),
  width: 2,
  problems: [null, null, 'column "items": found "x"'],
  values: [
    ['NL', '', 'BE'],
    Float32Array.of(1, Number.NaN, 0),
    BigInt64Array.of(9007199254740993n, MISSING_INTEGER, MISSING_INTEGER),
    Float64Array.of(1.5, Number.NaN, Number.NEGATIVE_INFINITY),
    BigInt64Array.of(86_400_000_000n, MISSING_INTEGER, 0n),
    BigInt64Array.of(1_000_001n, MISSING_INTEGER, -1n),
    Float64Array.of(1, 2, 3, 4, 5, 6),
  ],
};

async function readBack(files: readonly string[], columns = '*'): Promise<Record<string, unknown>[]> {
  const database = await openDatabase();
  try {
    await openTraffic(database.connection, 'traffic', files);
    return await readRows(database.connection, `SELECT ${columns} FROM traffic ORDER BY mlops_id`);
  } finally {
    database.close();
  }
}

test('what is written is read back', async () => {
  const file = await writeTraffic(directory, source, [block]);
  expect(relative(directory, file)).toMatch(/^orders\/2026-03-01\/123456-[0-9a-f]{12}\.parquet$/);
  const own = { mlops_time: '2026-03-01 12:34:56.789', mlops_version: 'v1.0.0', mlops_digest: source.digest };
  expect(await readBack([file])).toEqual([
    {
      ...own,
      mlops_id: 'a',
      mlops_label: 'yes',
      mlops_scores: [0.25, 0.75],
      mlops_problem: null,
      country: 'NL',
      express: true,
      items: '9007199254740993',
      amount: 1.5,
      birthday: '1970-01-02 00:00:00',
      'ordered "at"': '1970-01-01 00:00:01.000001',
      vector: [1, 2],
    },
    {
      ...own,
      mlops_id: 'b',
      mlops_label: 'no',
      mlops_scores: [1, 0],
      mlops_problem: null,
      country: null,
      express: null,
      items: null,
      amount: null,
      birthday: null,
      'ordered "at"': null,
      vector: [3, 4],
    },
    {
      ...own,
      mlops_id: 'c',
      mlops_label: null,
      mlops_scores: null,
      mlops_problem: 'column "items": found "x"',
      country: 'BE',
      express: false,
      items: null,
      amount: '-Infinity',
      birthday: '1970-01-01 00:00:00',
      'ordered "at"': '1969-12-31 23:59:59.999999',
      vector: [5, 6],
    },
  ]);
});

test('the columns have the types that the list says', async () => {
  const file = await writeTraffic(directory, source, [block]);
  const database = await openDatabase();
  await openTraffic(database.connection, 'traffic', [file]);
  const rows = await readRows(database.connection, 'DESCRIBE traffic');
  database.close();
  expect(rows.map(({ column_name, column_type }) => [column_name, column_type])).toEqual([
    ...TRAFFIC_COLUMNS.map(({ name, sql }) => [name, sql]),
    ...source.columns.map((column) => [column.name, trafficSqlType(column)]),
  ]);
});

test('versions with other columns are one table', async () => {
  const later: TrafficSource = { ...source, version: 'v1.1.0', columns: [{ name: 'colour', type: 'string' }] };
  const rest: TrafficBlock = { ...block, rows: 1, ids: ['d'], values: [['red']] };
  await writeTraffic(directory, source, [block, { ...block, ids: ['e', 'f', 'g'] }]);
  await writeTraffic(directory, later, [rest]);
  const files = await trafficFiles(directory, 'orders');
  expect(files.length).toBe(2);
  const rows = await readBack(files, 'mlops_id, mlops_version, country, colour');
  expect(rows.length).toBe(7);
  expect(rows).toContainEqual({ mlops_id: 'd', mlops_version: 'v1.1.0', country: null, colour: 'red' });
});

test('more rows than a vector holds come back', async () => {
  const rows = 5000;
  const many: TrafficBlock = {
    rows,
    ids: Array.from({ length: rows }, (_, row) => `id-${row}`),
    times: new Float64Array(rows).fill(TIME),
    labels: new Array<null>(rows).fill(null),
    scores: Float64Array.from({ length: rows }, (_, row) => row),
    width: 1,
    problems: new Array<null>(rows).fill(null),
    values: [Float64Array.from({ length: rows }, (_, row) => row)],
  };
  const file = await writeTraffic(directory, { ...source, columns: [{ name: 'x', type: 'number' }] }, [many]);
  const [sum] = await readBack([file], "count(*) AS n, sum(x) AS x, sum(mlops_scores[1]) AS s, '' AS mlops_id");
  expect(sum).toMatchObject({ n: String(rows), x: 12_497_500, s: 12_497_500 });
});

test('files are found oldest first, unfinished ones and others are not', async () => {
  const day = join(directory, 'orders/2026-02-28');
  await mkdir(day, { recursive: true });
  for (const name of ['235959-aa.parquet', '000001-bb.parquet', '.000002-cc.parquet.unfinished', 'notes.txt']) {
    await writeFile(join(day, name), '');
  }
  await writeTraffic(directory, source, [block]);
  const files = await trafficFiles(directory, 'orders');
  expect(files.map((file) => relative(directory, file).replace(/-[0-9a-f]{12}/, '-random'))).toEqual([
    'orders/2026-02-28/000001-bb.parquet',
    'orders/2026-02-28/235959-aa.parquet',
    'orders/2026-03-01/123456-random.parquet',
  ]);
  expect(await trafficFiles(directory, 'parcels')).toEqual([]);
});

test('nothing is left where it cannot be written', async () => {
  const broken: TrafficBlock = {
    ...block,
    values: block.values.with(0, [1, 2, 3] as unknown as string[]),
    labels: [{} as string, '', ''],
  };
  await expect(writeTraffic(directory, source, [broken])).rejects.toThrow();
  expect(await readdir(join(directory, 'orders/2026-03-01'))).toEqual([]);
});

test('names that SQL takes for one are logged once, and the log’s own are its own', () => {
  const columns = ['Amount', 'amount', 'mlops_ID', '', 'b'].map((name) => ({ name, type: 'number' as const }));
  expect(loggedColumns(columns)).toEqual([0, 4]);
});
