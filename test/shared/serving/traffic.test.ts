import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, readRows } from '../../../shared/data/duckdb.js';
import { openTraffic, trafficFiles } from '../../../shared/data/traffic-log.js';
import { RowBuffer } from '../../../shared/serving/row-buffer.js';
import { ScoredRows } from '../../../shared/serving/scored-rows.js';
import type { Servable } from '../../../shared/serving/servable.js';
import { TrafficLogger } from '../../../shared/serving/traffic-logger.js';
import { Running } from './running.js';
import { type Trained, trainOrders } from './trained.js';

async function logged(directory: string, model: string): Promise<Record<string, unknown>[]> {
  const files = await trafficFiles(directory, model);
  if (files.length === 0) return [];
  const database = await openDatabase();
  try {
    await openTraffic(database.connection, 'traffic', files);
    return await readRows(database.connection, 'SELECT * FROM traffic ORDER BY mlops_time, mlops_id');
  } finally {
    database.close();
  }
}

describe('a server', () => {
  let trained: Trained;
  beforeAll(async () => {
    trained = await trainOrders();
  });
  afterAll(() => trained.remove());

  test('logs every row that it answers or refuses, whichever way it was asked', async () => {
    const server = await Running.start({
      MLOPS_SERVER_BUNDLE: `v1.0.0=${trained.directory}`,
      MLOPS_SERVER_TRAFFIC: 'HERE/traffic',
    });
    const rows = trained.heldOut.map(({ row }) => row);
    const row = rows[0]!;
    const before = Date.now();
    await server.post('/predict', { rows: [row], ids: ['first'] });
    await server.post('/predict', { rows: [row, { ...row, amount: 'x' }], ids: ['good', 'bad'] });
    await server.post('/invocations', { dataframe_records: [row] });
    // Large enough for another thread.
    const many = Array.from({ length: 900 }, (_, at) => rows[at % rows.length]!);
    const large = await server.post('/predict', { rows: many, ids: many.map((_, at) => `large-${at}`) });
    await server.post('/predict', '{');
    await server.stop();
    const after = Date.now();

    const found = await logged(join(server.directory, 'traffic'), 'orders');
    const byId = new Map(found.map((entry) => [entry.mlops_id, entry]));
    expect(found.length).toBe(1 + 1 + 1 + 900);
    const { birthday, ordered, items, placed, ...plain } = row;
    expect(byId.get('first')).toMatchObject({
      ...plain,
      placed: String(placed).replace('T', ' ').replace('Z', ''),
      items: items === null ? null : String(items),
      mlops_version: 'v1.0.0',
      mlops_digest: trained.bundle.manifest.digest,
      mlops_problem: null,
      birthday: birthday === null ? null : `${birthday} 00:00:00`,
      ordered: ordered === null ? null : String(ordered).replace('T', ' ').replace(/0*Z$/, ''),
    });
    const scores = byId.get('first')!.mlops_scores as number[];
    expect(Math.max(...scores.map((score, at) => Math.abs(score - trained.heldOut[0]!.scores[at]!)))).toBeLessThan(1e-5);
    expect(byId.get('bad')).toMatchObject({
      mlops_problem: 'column "amount": found the text "x"; accepted is a number or null',
      mlops_scores: null,
      mlops_label: null,
      amount: null,
      country: row.country,
    });
    // Of a request that is refused as a whole, the rows without a problem have no prediction that could be logged.
    expect(byId.has('good')).toBe(false);
    const { predictions } = large.json as {
      predictions: { id: string; label: string; probabilities: Record<string, number> }[];
    };
    for (const { id, label, probabilities } of predictions) {
      expect(byId.get(id)).toMatchObject({ mlops_label: label, mlops_scores: Object.values(probabilities) });
    }
    const times = found.map(({ mlops_time }) => Date.parse(`${String(mlops_time).replace(' ', 'T')}Z`));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(before);
    expect(Math.max(...times)).toBeLessThanOrEqual(after);
    await server.remove();
  });

  test('logs the share of the requests that it is asked for', async () => {
    for (const [sample, low, high] of [
      ['0', 0, 0],
      ['0.5', 20, 80],
    ] as const) {
      const server = await Running.start({
        MLOPS_SERVER_BUNDLE: trained.directory,
        MLOPS_SERVER_TRAFFIC: 'HERE/traffic',
        MLOPS_SERVER_TRAFFIC_SAMPLE: sample,
      });
      const row = trained.heldOut[0]!.row;
      await Promise.all(Array.from({ length: 100 }, () => server.post('/predict', row)));
      await server.stop();
      const count = (await logged(join(server.directory, 'traffic'), 'orders')).length;
      expect(count).toBeGreaterThanOrEqual(low);
      expect(count).toBeLessThanOrEqual(high);
      await server.remove();
    }
  });

  test('answers although the log cannot be written, and counts what is lost', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'serving-'));
    await writeFile(join(directory, 'traffic'), 'a file where the folder should be');
    const server = await Running.start(
      { MLOPS_SERVER_BUNDLE: trained.directory, MLOPS_SERVER_TRAFFIC: 'HERE/traffic' },
      directory,
    );
    expect((await server.post('/predict', trained.heldOut[0]!.row)).status).toBe(200);
    await server.stop();
    expect(server.log.join('\n')).toMatch(/^The traffic log has lost 1 rows so far: /);
    await server.remove();
  });
});

describe('the logger', () => {
  const servable: Servable = {
    name: 'plain',
    version: 'v1.0.0',
    digest: `sha256:${'0'.repeat(64)}`,
    columns: [{ name: 'x', type: 'number', tensor: 'float64', rank: 2, width: 1 }],
    outputs: [{ name: 'prediction', tensor: 'float32', shape: ['N', 1] }],
    scores: { task: 'regression', output: 'prediction', classes: [], threshold: 0.5 },
  };
  /** So many rows, as if they had just been scored. */
  const rowsOf = (count: number, first = 0): ScoredRows => {
    const buffer = new RowBuffer(servable, count);
    for (let row = 0; row < count; row++) buffer.columns[0]!.set(row, first + row);
    return new ScoredRows({
      servable,
      buffer,
      at: 0,
      rows: count,
      ids: Array.from({ length: count }, (_, row) => String(first + row).padStart(6, '0')),
      outputs: new Map([['prediction', Float32Array.from({ length: count }, (_, row) => first + row)]]),
      scored: { start: 0, end: count },
    });
  };

  let directory: string;
  const log: string[] = [];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'logger-'));
    log.length = 0;
  });
  afterEach(async () => {
    await chmod(directory, 0o755);
    await rm(directory, { recursive: true });
  });
  const open = (options: { rows?: number; ms?: number; waiting?: number } = {}): TrafficLogger =>
    new TrafficLogger({ directory, sample: 1, log: (line) => log.push(line), ...options });
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  test('writes a file when there are enough rows, and the rest at its end, in their order', async () => {
    const logger = open({ rows: 2000 });
    const collector = logger.collector(servable);
    for (let first = 0; first < 5000; first += 100) collector.add(rowsOf(100, first), Date.now());
    await until(async () => (await trafficFiles(directory, 'plain')).length >= 2);
    await logger.close();
    const rows = await logged(directory, 'plain');
    expect(rows.length).toBe(5000);
    expect(rows.every(({ mlops_id, x, mlops_scores }) => Number(mlops_id) === x && (mlops_scores as number[])[0] === x)).toBe(
      true,
    );
    expect((await trafficFiles(directory, 'plain')).length).toBe(3);
    expect([logger.dropped, log]).toEqual([0, []]);
  });

  test('writes a file when its first row has waited long enough', async () => {
    const logger = open({ ms: 100 });
    logger.collector(servable).add(rowsOf(3), Date.now());
    await until(async () => (await trafficFiles(directory, 'plain')).length === 1);
    await logger.close();
    expect((await logged(directory, 'plain')).length).toBe(3);
  });

  test('puts rows of two days into two files', async () => {
    const logger = open();
    const collector = logger.collector(servable);
    collector.add(rowsOf(2), Date.parse('2026-03-01T23:59:59.999Z'));
    collector.add(rowsOf(3, 2), Date.parse('2026-03-02T00:00:00.000Z'));
    await logger.close();
    const files = await trafficFiles(directory, 'plain');
    expect(files.map((file) => /2026-03-0\d\/\d{6}/.exec(file)![0])).toEqual(['2026-03-01/235959', '2026-03-02/000000']);
  });

  test('drops and counts what cannot be written, and goes on when it can', async () => {
    await mkdir(join(directory, 'plain'));
    await writeFile(join(directory, 'plain/2026-03-01'), 'a file where the folder should be');
    const logger = open({ rows: 1024 });
    const collector = logger.collector(servable);
    collector.add(rowsOf(1024), Date.parse('2026-03-01T00:00:00Z'));
    collector.flush();
    await until(async () => logger.dropped === 1024);
    expect(log).toEqual([expect.stringMatching(/^The traffic log has lost 1,024 rows so far: /)]);
    collector.add(rowsOf(10), Date.parse('2026-03-02T00:00:00Z'));
    await logger.close();
    await rm(join(directory, 'plain/2026-03-01'));
    expect((await logged(directory, 'plain')).length).toBe(10);
    expect(logger.dropped).toBe(1024);
  });

  test('drops and counts what is too much to wait', async () => {
    const logger = open({ rows: 1_000_000, waiting: 5000 });
    const collector = logger.collector(servable);
    for (let block = 0; block < 7; block++) collector.add(rowsOf(1024, block * 1024), Date.now());
    collector.flush();
    expect(logger.dropped).toBe(3 * 1024);
    await logger.close();
    expect((await logged(directory, 'plain')).length).toBe(4 * 1024);
  });

  test('counts what a thread that dies takes with it, and starts another', async () => {
    const logger = open();
    const collector = logger.collector(servable);
    // No such time can be, so the thread does not survive it.
    collector.add(rowsOf(7), Number.NaN);
    collector.flush();
    await until(async () => logger.dropped > 0);
    expect(log).toEqual([expect.stringMatching(/^The traffic log has lost \d rows so far: Invalid time value/)]);
    collector.add(rowsOf(5), Date.now());
    await logger.close();
    expect([logger.dropped, (await logged(directory, 'plain')).length]).toEqual([7, 5]);
  });
});
