import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../shared/bundle/manifest.js';
import { openDatabase } from '../../../shared/data/duckdb.js';
import { resolveSources } from '../../../shared/data/sources.js';
import { literal } from '../../../shared/data/sql.js';
import type { WatchedInput } from '../../../shared/features/watched.js';
import type { Health } from '../../../shared/monitoring/health.js';
import { type LookRequest, lookAtHealth, windowsAt } from '../../../shared/monitoring/look.js';
import { parseSpec } from '../../../shared/spec/load.js';

/** Logs that are written by SQL: other tasks, other types, and all that a log of another server may hold. */

const DIGEST = `sha256:${'a'.repeat(64)}`;
/** A Monday; Europe's summer time begins in this week. */
const MONDAY = '2026-03-23';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'look-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const OWN = (label: string, scores: string): string =>
  `'r' || i AS mlops_id, CAST(ts AS TIMESTAMP) AS mlops_time, 'v1' AS mlops_version, '${DIGEST}' AS mlops_digest,
   ${label} AS mlops_label, ${scores} AS mlops_scores, CAST(NULL AS VARCHAR) AS mlops_problem`;

/** Writes a file of a log: rows 0..n-1, one every ten minutes from a moment on (UTC). */
async function log(name: string, from: string, rows: number, columns: string): Promise<void> {
  const database = await openDatabase({ threads: 1 });
  try {
    const table = `(SELECT i, TIMESTAMP ${literal(from)} + to_minutes(10 * i) AS ts, hash(i) % 1000 / 1000.0 AS u FROM range(${rows}) AS r(i))`;
    await database.connection.run(
      `COPY (SELECT ${columns} FROM ${table}) TO ${literal(join(directory, name))} (FORMAT parquet)`,
    );
  } finally {
    database.close();
  }
}

interface Model {
  readonly task: 'binary' | 'multiclass' | 'regression';
  readonly classes?: readonly string[];
  readonly inputs: readonly WatchedInput[];
  readonly monitor?: string;
  readonly spec?: string;
  readonly time?: string;
  readonly key?: readonly string[];
  readonly labels?: string;
  readonly at?: string;
  readonly recorded?: Readonly<Record<string, number>>;
}

async function look(model: Model): Promise<Health> {
  const text = `name: m\ntask: ${model.task}\ndata: { path: x.csv }\ntarget: { column: y }\nevaluate: { bootstrap: 100 }\nmonitor: ${model.monitor ?? '{ reference: previous, min_rows: 100 }'}\n${model.spec ?? ''}`;
  const { spec, locate } = parseSpec(text, 'mlops.yaml');
  const at = new Date(model.at ?? '2026-04-13T00:00:00Z');
  const manifest = {
    ...{ task: model.task, classes: model.classes ?? [], digest: DIGEST },
    training: { rows: { test: 1000 } },
  } as unknown as Manifest;
  const location = locate(['monitor']);
  const request: LookRequest = {
    ...{ spec, locate, manifest, recorded: model.recorded ?? {}, version: 'v1', at, windows: windowsAt(spec, at) },
    ...{ inputs: model.inputs, time: model.time, unit: 'day', reference: { kind: 'previous' }, notices: [] },
    traffic: resolveSources(['*.parquet'], directory, location),
    ...(model.labels !== undefined && {
      labels: { files: resolveSources([model.labels], directory, location), key: model.key ?? ['mlops_id'], delayMs: 0 },
    }),
  };
  return lookAtHealth(request);
}

const stateOf = ({ checks }: Health, kind: string, subject: string) =>
  checks.find((check) => check.kind === kind && check.subject === subject)?.state;

describe('other tasks', () => {
  test('a regression: the answers are numbers, and the quality an error', async () => {
    await log('a.parquet', MONDAY, 3 * 1008, `${OWN('CAST(NULL AS VARCHAR)', '[10 * u]')}, u AS x`);
    const lines = Array.from({ length: 3 * 1008 }, (_, index) => `r${index},${index % 7}`);
    await writeFile(join(directory, 'labels.csv'), `mlops_id,y\n${lines.join('\n')}\n`);
    const health = await look({
      ...{
        task: 'regression',
        inputs: [{ name: 'x', from: 'x', type: 'number' }],
        labels: 'labels.csv',
        recorded: { rmse: 0.1 },
      },
    });
    expect(health.windows.map(({ rows, labelled }) => [rows, labelled])).toEqual([
      [1008, 1008],
      [1008, 1008],
      [1008, 1008],
    ]);
    expect(health.windows[2]!.metrics.rmse).toMatchObject({ value: expect.closeTo(3.9, 0), low: expect.any(Number) });
    expect(stateOf(health, 'quality', 'rmse')).toBe('alarm');
    expect(stateOf(health, 'prediction drift', 'prediction')).toBe('ok');
    expect(stateOf(health, 'input drift', 'x')).toBe('ok');
    expect(health.checks.some(({ subject }) => subject === 'label')).toBe(false);
  });

  test('several classes: the class and its probability; labels of no class count as none', async () => {
    const label = "CASE WHEN u < 0.3 THEN 'a' WHEN u < 0.6 THEN 'b' ELSE 'c' END";
    await log('a.parquet', MONDAY, 2 * 1008, `${OWN(label, '[0.8 - u / 2, 0.1, 0.1 + u / 2]')}, CAST(u * 5 AS BIGINT) AS x`);
    const lines = Array.from({ length: 2 * 1008 }, (_, index) => `r${index},${['a', 'b', 'c', 'unheard of'][index % 4]}`);
    await writeFile(join(directory, 'labels.csv'), `mlops_id,y\n${lines.join('\n')}\n`);
    const health = await look({
      ...{
        task: 'multiclass',
        classes: ['a', 'b', 'c'],
        inputs: [{ name: 'x', from: 'x', type: 'integer' }],
        at: '2026-04-06T00:00:00Z',
        labels: 'labels.csv',
      },
    });
    expect(health.windows.map(({ rows, labelled }) => [rows, labelled])).toEqual([
      [1008, 756],
      [1008, 756],
    ]);
    expect(health.windows[1]!.metrics.log_loss?.value).toBeGreaterThan(0.5);
    expect(stateOf(health, 'prediction drift', 'label')).toBe('ok');
    expect(stateOf(health, 'prediction drift', 'confidence')).toBe('ok');
  });
});

describe('time', () => {
  const binary = { task: 'binary', classes: ['no', 'yes'] } as const;

  test('is UTC: summer time takes no hour and adds none, however the column is stored', async () => {
    const own = OWN("'yes'", '[0.5, 0.5]');
    const window = '{ reference: previous, min_rows: 10, window: 1d, block: hour }';
    for (const [name, column] of [
      ['plain', 'ts AS event'],
      ['zoned', 'to_timestamp(epoch(ts)) AS event'],
    ] as const) {
      await log('a.parquet', `${MONDAY} 00:00:00`, 7 * 144, `${own}, ${column}, u AS x`);
      const health = await look({
        ...{
          ...binary,
          inputs: [{ name: 'x', from: 'x', type: 'number' }],
          time: 'event',
          monitor: window,
          at: '2026-03-30T00:00:00Z',
        },
      });
      expect(
        health.windows.map(({ from, rows }) => [from.slice(0, 10), rows]),
        name,
      ).toEqual(['23', '24', '25', '26', '27', '28', '29'].map((day) => [`2026-03-${day}`, 144]));
    }
  });

  test('is that of the event; a row without one counts by its answer, one of infinity nowhere', async () => {
    const event =
      "CASE i % 4 WHEN 0 THEN CAST(ts AS TIMESTAMP) - INTERVAL 7 DAY WHEN 1 THEN NULL WHEN 2 THEN 'infinity'::TIMESTAMP ELSE ts END AS event";
    await log('a.parquet', '2026-03-30 00:00:00', 1008, `${OWN("'yes'", '[0.5, 0.5]')}, ${event}, u AS x`);
    const health = await look({
      ...binary,
      inputs: [{ name: 'x', from: 'x', type: 'number' }],
      time: 'event',
      at: '2026-04-06T00:00:00Z',
    });
    expect(health.windows.map(({ from, rows }) => [from.slice(0, 10), rows])).toEqual([
      ['2026-03-23', 252],
      ['2026-03-30', 504],
    ]);
    const answered = await look({ ...binary, inputs: [{ name: 'x', from: 'x', type: 'number' }], at: '2026-04-06T00:00:00Z' });
    expect(answered.windows.map(({ rows }) => rows)).toEqual([1008]);
  });

  test('of a window that is not over is not looked at yet', async () => {
    await log('a.parquet', MONDAY, 2 * 1008, `${OWN("'yes'", '[0.5, 0.5]')}, u AS x`);
    const inputs = [{ name: 'x', from: 'x', type: 'number' }] as const;
    expect((await look({ ...binary, inputs, at: '2026-04-05T23:59:59Z' })).windows).toHaveLength(1);
    expect((await look({ ...binary, inputs, at: '2026-04-06T00:00:00Z' })).windows).toHaveLength(2);
  });
});

describe('logs of other servers', () => {
  const binary = { task: 'binary', classes: ['no', 'yes'] } as const;

  test('keys of several columns join as the data writes them, whatever their types', async () => {
    await log(
      'a.parquet',
      MONDAY,
      1008,
      `${OWN("CASE WHEN u > 0.5 THEN 'yes' ELSE 'no' END", '[1 - u, u]')}, u AS x, i AS number, CAST(ts AS DATE) AS "day of it"`,
    );
    const lines = Array.from({ length: 1008 }, (_, index) => {
      const day = new Date(Date.parse(`${MONDAY}T00:00:00Z`) + index * 600_000).toISOString().slice(0, 10);
      return `${index}.0,${day},${index % 2 === 0 ? 'yes' : 'no'}`;
    });
    await writeFile(join(directory, 'labels.csv'), `number,day of it,y\n${lines.join('\n')}\n`);
    const health = await look({
      ...{
        ...binary,
        inputs: [{ name: 'x', from: 'x', type: 'number' }],
        labels: 'labels.csv',
        key: ['number', 'day of it'],
        at: '2026-03-30T00:00:00Z',
      },
    });
    expect(health.windows.map(({ labelled }) => labelled)).toEqual([1008]);
    expect(health.notices).toEqual([]);
  });

  test('columns of another type, columns that come and go, and names of our own', async () => {
    await log('a.parquet', MONDAY, 504, `${OWN("'yes'", '[0.5, 0.5]')}, u AS x, 'text' AS z, i AS w, i AS live, i AS c0`);
    await log(
      'b.parquet',
      '2026-03-26 12:00:00',
      504,
      `${OWN("'yes'", '[0.5, 0.5]').replaceAll("'r'", "'s'")}, u AS x, i AS w, i AS live, i AS c0`,
    );
    const health = await look({
      ...binary,
      at: '2026-03-30T00:00:00Z',
      inputs: [
        { name: 'x', from: 'X', type: 'integer' },
        { name: 'z', from: 'z', type: 'number' },
        { name: 'w', from: 'w', type: 'integer' },
        { name: 'c0', from: 'c0', type: 'integer' },
        { name: 'gone', from: 'gone', type: 'string' },
      ],
    });
    expect(health.windows.map(({ rows }) => rows)).toEqual([1008]);
    const contract = health.checks.filter(({ kind, subject }) => kind === 'contract' && subject !== 'refused rows');
    expect(contract.map(({ subject, state, detail }) => [subject, state, detail])).toEqual([
      ['z', 'watch', 'it is string in the traffic, and was number when the model was trained'],
      ['gone', 'watch', 'the traffic has no such column; the columns are: x, z, w, live, c0'],
    ]);
    expect(health.columns).toEqual([]);
  });
});
