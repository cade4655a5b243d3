import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseReferenceProfile } from '../../shared/data/reference-profile.js';
import { GOLDEN_ID_PREFIX } from '../../shared/data/traffic-log.js';
import type { Health } from '../../shared/monitoring/health.js';
import type { ActionOutcome } from '../../shared/runner/services.js';
import {
  atEnd,
  BUNDLE,
  csvOf,
  customersOf,
  LIVE_START,
  labelsOf,
  liveSpec,
  logTraffic,
  trainingCustomers,
  trainLive,
  week,
} from './live.js';
import { Project } from './project.js';

/** Trained once: looks change nothing of the model. */
let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await trainLive(project);
});
afterAll(() => project.remove());

beforeEach(async () => {
  await project.write('mlops.yaml', liveSpec());
  project.uploads.length = 0;
});
afterEach(async () => {
  for (const folder of ['traffic', 'labels', 'elsewhere'])
    await rm(join(project.directory, folder), { recursive: true, force: true });
});

const monitor = (inputs: Readonly<Record<string, string>> = {}): Promise<ActionOutcome> =>
  project.run('monitor', { model: BUNDLE, at: atEnd(4, 3), ...inputs });

async function healthOf(outcome: ActionOutcome): Promise<Health> {
  return JSON.parse(await readFile(outcome.outputs['result-path']!, 'utf8')) as Health;
}

const check = ({ checks }: Health, kind: string, subject?: string) =>
  checks.find((one) => one.kind === kind && (subject === undefined || one.subject === subject));

const states = ({ checks }: Health) =>
  Object.fromEntries(checks.map(({ kind, subject, state }) => [`${kind} ${subject}`, state]));

async function line(inputs: Readonly<Record<string, string>> = {}): Promise<string> {
  const message = await project.complaint('monitor', { model: BUNDLE, at: atEnd(4, 3), ...inputs });
  expect(message).not.toContain('\n');
  return message;
}

describe('a model whose traffic is as it was', () => {
  test('is healthy, and everything is written', async () => {
    const weeks = [week(0), week(1), week(2), week(3)];
    for (const customers of weeks) await logTraffic(project, customers);
    await project.write('labels/1.csv', labelsOf(weeks.flat()));
    const outcome = await monitor();
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs).toEqual({
      ...{ healthy: 'true', drifted: '0', 'issue-number': '' },
      'result-path': join(project.directory, '.mlops-actions/health.json'),
    });
    expect(project.uploads.map(({ name }) => name)).toEqual(['churn-health']);
    const health = await healthOf(outcome);
    expect(health).toMatchObject({
      format: 1,
      kind: 'health',
      model: 'churn',
      version: '',
      healthy: true,
      drifted: [],
      window: '7d',
    });
    expect(health.windows.map(({ from, rows, labelled, labelsComplete }) => [from, rows, labelled, labelsComplete])).toEqual([
      ['2026-03-02T00:00:00.000Z', 560, 560, true],
      ['2026-03-09T00:00:00.000Z', 560, 560, true],
      ['2026-03-16T00:00:00.000Z', 560, 560, true],
      ['2026-03-23T00:00:00.000Z', 560, 560, true],
    ]);
    expect(states(health)).toEqual({
      ...{ 'quality auc': 'ok', 'input drift usage': 'ok', 'input drift plan': 'ok', 'input drift date_hour': 'ok' },
      ...{ 'input drift date_weekday': 'ok', 'prediction drift label': 'ok', 'prediction drift probability of yes': 'ok' },
      ...{ 'contract refused rows': 'ok', 'volume rows': 'ok' },
    });
    expect(health.windows[3]!.metrics.auc).toMatchObject({
      value: expect.closeTo(0.92, 1),
      low: expect.any(Number),
      high: expect.any(Number),
    });
    expect(health.notices).toEqual(['Not watched, since time changes them by itself: date_quarter.']);
    expect(outcome.summary).toContain('🟢 `churn` is healthy');
  });

  test('is unknown with too few rows, and before there is a window', async () => {
    await logTraffic(project, week(3, { rows: 10 }));
    const health = await healthOf(await monitor());
    expect(health.windows.at(-1)).toMatchObject({ rows: 70, sparse: true });
    expect(check(health, 'input drift', 'usage')).toMatchObject({ state: 'unknown', detail: 'no window has 200 rows' });
    const early = await healthOf(await monitor({ at: atEnd(3, 1) }));
    expect(early.windows).toEqual([]);
    expect(early.healthy).toBe(true);
  });
});

describe('drift', () => {
  test('is watched in one window, and an alarm in two', async () => {
    for (const customers of [week(0), week(1), week(2, { shift: 4 })]) await logTraffic(project, customers);
    const first = await monitor({ at: atEnd(3, 3) });
    expect(first.failure).toBeUndefined();
    expect(check(await healthOf(first), 'input drift', 'usage')).toMatchObject({ state: 'watch', breaches: 1 });
    expect(first.summary).toContain('🟡');
    await logTraffic(project, week(3, { shift: 4 }));
    const second = await monitor();
    expect(second.outputs).toMatchObject({ healthy: 'false', drifted: '1' });
    expect(second.failure).toMatch(/^churn: the answers drifted .*; usage drifted \(\d of \d+ checks in alarm\)\.$/);
    expect(
      second.annotations?.some(
        ({ level, message }) => level === 'warning' && message.startsWith('input drift usage: moved by'),
      ),
    ).toBe(true);
    const health = await healthOf(second);
    expect(health.drifted).toEqual(['usage']);
    expect(check(health, 'input drift', 'usage')).toMatchObject({
      ...{ state: 'alarm', breaches: 2, since: '2026-03-16T00:00:00.000Z', effect: expect.closeTo(0.75, 0) },
    });
    expect(health.columns?.[0]).toMatchObject({
      of: 'input',
      drifted: true,
      history: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)],
    });
    expect((await monitor({ 'fail-on': 'never' })).failure).toBeUndefined();
  });

  test('names new values and missing columns', async () => {
    for (const number of [2, 3]) await logTraffic(project, week(number, { plans: ['basic', 'plus', 'student'] }));
    const health = await healthOf(await monitor());
    expect(health.drifted).toEqual(['plan']);
    expect(check(health, 'input drift', 'plan')?.detail).toMatch(/new: "student" 3\d\.\d %; gone: "pro"/);
  });

  test('against the windows before is over when the change has become usual', async () => {
    const monitorSection = { traffic: 'traffic', min_rows: 200, reference: 'previous' };
    await project.write('mlops.yaml', liveSpec({ monitor: monitorSection }));
    for (const [number, shift] of [0, 0, 4, 4, 4, 4].entries()) await logTraffic(project, week(number, { shift }));
    const usage = async (weeks: number) =>
      check(await healthOf(await monitor({ at: atEnd(weeks, 1) })), 'input drift', 'usage');
    expect(await usage(1)).toMatchObject({ state: 'unknown', detail: 'there is no window before to hold it against' });
    expect(await usage(2)).toMatchObject({ state: 'ok' });
    expect(await usage(3)).toMatchObject({ state: 'watch' });
    expect(await usage(4)).toMatchObject({ state: 'alarm' });
    expect(await usage(5)).toMatchObject({ state: 'ok' });
  });

  test('against the season a year ago reads the data of that time', async () => {
    const year = 364 * 86_400_000;
    // A year ago the same weeks were as the traffic is now; the training rows were not.
    const old = customersOf({ rows: 60, days: 28, start: LIVE_START - year, seed: 7, shift: 4 });
    await project.write('old.csv', csvOf(old));
    for (const number of [2, 3]) await logTraffic(project, week(number, { shift: 4 }));
    expect((await healthOf(await monitor())).drifted).toEqual(['usage']);
    await project.write('mlops.yaml', liveSpec({ monitor: { traffic: 'traffic', min_rows: 200, reference: 'same_season' } }));
    const health = await healthOf(await monitor({ data: 'old.csv' }));
    expect(check(health, 'input drift', 'usage')).toMatchObject({ state: 'ok' });
    expect(health.drifted).toEqual([]);
    const none = await healthOf(await monitor());
    expect(check(none, 'input drift', 'usage')).toMatchObject({
      state: 'unknown',
      detail: 'the data has no rows of this season a year ago',
    });
  });

  test('is found with a reference that is made anew, where the version keeps no profile', async () => {
    const profile = JSON.parse(await readFile(join(project.directory, BUNDLE, 'profile.json'), 'utf8'));
    const manifestFile = join(project.directory, BUNDLE, 'manifest.json');
    const whole = await readFile(manifestFile, 'utf8');
    const manifest = JSON.parse(whole);
    delete manifest.files['profile.json'];
    for (const number of [2, 3]) await logTraffic(project, week(number, { shift: 4 }));
    const before = await healthOf(await monitor());
    await writeFile(manifestFile, JSON.stringify(manifest));
    try {
      const health = await healthOf(await monitor());
      expect(health.drifted).toEqual(['usage']);
      // The same rows give the same reference.
      expect(health.columns).toEqual(before.columns);
      expect(health.notices).toContainEqual(
        expect.stringContaining('has no profile.json, so it was made anew from 5,600 rows'),
      );
      await rm(join(project.directory, 'data.csv'));
      expect(await line()).toMatch(/has no profile\.json to hold the traffic against.*data\.csv.*publish: \[profile\]/);
    } finally {
      await writeFile(manifestFile, whole);
      await project.write('data.csv', csvOf(trainingCustomers()));
    }
    expect(parseReferenceProfile(JSON.stringify(profile), 'x').inputs.blocks).toMatchObject({ unit: 'day' });
  });

  test('a profile of another format is told in one line', async () => {
    const file = join(project.directory, BUNDLE, 'profile.json');
    const manifestFile = join(project.directory, BUNDLE, 'manifest.json');
    const [text, whole] = [await readFile(file, 'utf8'), await readFile(manifestFile, 'utf8')];
    await logTraffic(project, week(3));
    const { sha256 } = await import('../../shared/core/json.js');
    const put = async (content: string): Promise<void> => {
      const manifest = JSON.parse(whole);
      manifest.files['profile.json'] = { sha256: sha256(content), bytes: content.length };
      await writeFile(file, content);
      await writeFile(manifestFile, JSON.stringify(manifest));
    };
    try {
      await put(text.replace('"format":1', '"format":2'));
      expect(await line()).toContain(
        'profile.json of .mlops-actions/bundle cannot be the reference: it has format 2, and this version reads format 1',
      );
    } finally {
      await writeFile(file, text);
      await writeFile(manifestFile, whole);
    }
  });
});

describe('quality', () => {
  const weeks = () => [week(0), week(1), week(2, { noise: 0.3 }), week(3, { noise: 0.3 })];

  test('that fell is an alarm once the labels are complete', async () => {
    for (const customers of weeks()) await logTraffic(project, customers);
    await project.write('labels/1.csv', labelsOf(weeks().flat()));
    const early = await healthOf(await monitor({ at: atEnd(4, 1) }));
    expect(early.windows.map(({ labelsComplete, metrics }) => [labelsComplete, 'auc' in metrics])).toEqual([
      ...[
        [true, true],
        [true, true],
        [true, true],
        [false, false],
      ],
    ]);
    expect(check(early, 'quality', 'auc')).toMatchObject({ state: 'watch' });
    const health = await healthOf(await monitor());
    expect(check(health, 'quality', 'auc')).toMatchObject({ state: 'alarm', breaches: 2, since: '2026-03-16T00:00:00.000Z' });
    expect(check(health, 'quality', 'auc')?.detail).toMatch(/^0\.\d+ \(0\.\d+ … 0\.\d+\), against 0\.9\d+ on held-out rows$/);
    expect(health.drifted).toEqual([]);
  });

  test('is not held against weighted figures of held-out rows, and the gates with a number stay', async () => {
    const data = { path: 'data.csv', key: 'id', time: 'date', weight: 'usage' };
    await project.write('mlops.yaml', liveSpec({ data, gates: ['auc >= 0.8'] }));
    for (const customers of weeks()) await logTraffic(project, customers);
    await project.write('labels/1.csv', labelsOf(weeks().flat()));
    const health = await healthOf(await monitor());
    expect(check(health, 'quality', 'auc')).toBeUndefined();
    expect(check(health, 'quality', 'auc >= 0.8')).toMatchObject({ state: 'alarm' });
    expect(health.expected).toBeUndefined();
    expect(health.notices).toContainEqual(expect.stringContaining('weighs rows by usage (data.weight)'));
  });

  test('is held against the gates that name a number', async () => {
    await project.write('mlops.yaml', liveSpec({ gates: ['auc >= 0.8', 'log_loss <= 0.9', 'size_mb <= 5'] }));
    for (const customers of weeks()) await logTraffic(project, customers);
    await project.write('labels/1.csv', labelsOf(weeks().flat()));
    const health = await healthOf(await monitor());
    expect(check(health, 'quality', 'auc >= 0.8')).toMatchObject({ state: 'alarm' });
    expect(check(health, 'quality', 'log_loss <= 0.9')).toMatchObject({ state: 'ok' });
    expect(check(health, 'quality', 'size_mb <= 5')).toBeUndefined();
  });

  test('counts labels for unknown rows, without a key, repeated and changed ones; the last one holds', async () => {
    const [customers, next] = [week(2), week(3)];
    for (const batch of [customers, next]) await logTraffic(project, batch);
    const wrong = customers.slice(0, 30).map((one) => ({ ...one, churned: one.churned === 'yes' ? 'no' : 'yes' }));
    await project.write(
      'labels/2026-03-20.csv',
      `${labelsOf(wrong)}${labelsOf(customers.slice(30, 40)).split('\n').slice(1).join('\n')}`,
    );
    await project.write('labels/2026-03-25.csv', `${labelsOf([...customers, ...next])}nobody,yes\nnobody-2,no\n,yes\n`);
    const health = await healthOf(await monitor());
    expect(health.windows.map(({ labelled }) => labelled)).toEqual([560, 560]);
    expect(health.notices.slice(1)).toEqual([
      '2 of 1,163 labels are for rows that the traffic log does not have.',
      '1 of 1,163 labels have no key, and are left out.',
      '30 of 1,163 labels were changed by a later one, which counts.',
      '10 of 1,163 labels say again what another says.',
    ]);
    expect(check(health, 'quality', 'auc')).toMatchObject({ state: 'ok' });
  });

  test('takes the id of the row where the log has no such column, and derives the target by its SQL', async () => {
    await project.write(
      'mlops.yaml',
      liveSpec({ target: { column: 'churned', sql: "CASE WHEN months_left < 1 THEN 'yes' ELSE 'no' END" } }),
    );
    for (const customers of [week(2), week(3)]) await logTraffic(project, customers, { rename: { id: undefined } });
    const lines = [week(2), week(3)].flat().map(({ id, churned }) => `${id},${churned === 'yes' ? 0 : 5}`);
    await project.write('labels/1.csv', `id,months_left\n${lines.join('\n')}\n`);
    const health = await healthOf(await monitor());
    expect(health.windows.map(({ labelled }) => labelled)).toEqual([560, 560]);
    expect(check(health, 'quality', 'auc')).toMatchObject({ state: 'ok' });
  });

  test('says what labels lack', async () => {
    await logTraffic(project, week(3));
    await project.write('labels/1.csv', 'customer,churned\nc1,yes\n');
    expect(await line()).toMatch(/^mlops\.yaml:\d+:\d+: the labels \(labels\/1\.csv\) have no column "id".*customer, churned/);
    await project.write('labels/1.csv', 'id,chrned\nc1,yes\n');
    expect(await line()).toMatch(
      /^mlops\.yaml:\d+:\d+: the labels \(labels\/1\.csv\) have no column "churned"; did you mean "chrned"\?/,
    );
    expect(await line({ labels: 'late.csv' })).toMatch(/^mlops\.yaml:\d+:\d+: late\.csv: no such file/);
  });

  test('is unknown while no label has come, and says so', async () => {
    for (const number of [2, 3]) await logTraffic(project, week(number));
    const outcome = await monitor();
    expect(outcome.failure).toBeUndefined();
    const health = await healthOf(outcome);
    expect(check(health, 'quality', 'auc')).toMatchObject({ state: 'unknown' });
    expect(outcome.annotations?.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^No labels: mlops\.yaml:\d+:\d+: labels\/\*\.csv: no file in .* matches this pattern$/),
    );
  });
});

describe('traffic', () => {
  test('that is not there is told in one line', async () => {
    expect(await line()).toMatch(/^mlops\.yaml:\d+:\d+: no traffic: traffic: no such file in .*MLOPS_SERVER_TRAFFIC/);
    await mkdir(join(project.directory, 'traffic'));
    expect(await line()).toMatch(/no traffic: traffic\/\*\*\/\*\.parquet: no file in .* matches this pattern/);
    await project.write('mlops.yaml', liveSpec({ monitor: undefined }));
    expect(await line()).toMatch(/^mlops\.yaml:.*no traffic is named: add monitor\.traffic/);
  });

  test('that is no log, or a broken one, names the file', async () => {
    await project.write('traffic/rows.csv', 'a,b\n1,2\n');
    expect(await line({ traffic: 'traffic/*.csv' })).toBe(
      'traffic/rows.csv: a csv file is no traffic log; the log is the Parquet files that the server writes',
    );
    await project.write('traffic/churn/2026-03-23/000000-a.parquet', 'not a Parquet file');
    expect(await line()).toMatch(/^traffic\/churn\/2026-03-23\/000000-a\.parquet: this is not a whole Parquet file/);
    await rm(join(project.directory, 'traffic/churn'), { recursive: true });
    const predictions = await readFile(join(project.directory, BUNDLE, 'predictions.parquet'));
    await project.write('traffic/churn/a.parquet', predictions);
    expect(await line()).toMatch(/^traffic\/churn\/a\.parquet: this is no traffic log: it has no mlops_id, mlops_time,/);
  });

  test('of another version is left out, and counted', async () => {
    await logTraffic(project, week(2, { shift: 9 }), { version: 'v0.9.0', digest: `sha256:${'0'.repeat(64)}` });
    const other = await monitor();
    const nothing = await healthOf(other);
    expect([nothing.windows, nothing.healthy]).toEqual([[], true]);
    expect(nothing.notices).toContainEqual(expect.stringMatching(/^No row of the traffic was answered by model sha256:/));
    expect(other.annotations?.some(({ message }) => message.startsWith('No row of the traffic'))).toBe(true);
    expect(other.summary).toContain('⚪ `churn`: nothing can be said yet');
    for (const customers of [week(2), week(3)]) await logTraffic(project, customers);
    const health = await healthOf(await monitor());
    expect(health.drifted).toEqual([]);
    expect(health.windows[0]).toMatchObject({ rows: 560, asked: 1120 });
    expect(health.notices).toContain('Rows that other versions answered are left out: 560 (v0.9.0 560).');
  });

  test('of golden rows, by which a deployment was tried, is no traffic', async () => {
    for (const customers of [week(2), week(3)]) await logTraffic(project, customers);
    const without = await healthOf(await monitor());
    const tried = week(3, { shift: 9 }).map((customer) => ({ ...customer, id: `${GOLDEN_ID_PREFIX}${customer.id}` }));
    await logTraffic(project, tried, { folder: 'traffic/tried' });
    const health = await healthOf(await monitor());
    expect(health.checks).toEqual(without.checks);
    expect(health.windows).toEqual(without.windows);
  });

  test('that is older than any window says when it ended', async () => {
    await logTraffic(project, week(0));
    const health = await healthOf(await monitor({ at: '2027-01-01' }));
    expect(health.notices).toContainEqual(
      expect.stringMatching(
        /^The traffic log has no rows in the windows that were looked at; its newest row is of 2026-03-08T\d\d:\d\d UTC\.$/,
      ),
    );
  });

  test('that ended while the service is said to live is an alarm of its volume', async () => {
    for (const number of [0, 1, 2]) await logTraffic(project, week(number));
    const health = await healthOf(await monitor({ at: atEnd(5, 3) }));
    expect(check(health, 'volume')).toMatchObject({ state: 'alarm', breaches: 2, since: '2026-03-23T00:00:00.000Z' });
    expect(check(health, 'volume')?.detail).toBe('0 rows, and 560 in an ordinary window before');
    expect(check(health, 'input drift', 'usage')?.state).toBe('unknown');
  });

  test('whose rows are refused breaks the contract', async () => {
    for (const number of [2, 3]) await logTraffic(project, week(number), { refuseEvery: 20 });
    const health = await healthOf(await monitor());
    expect(check(health, 'contract', 'refused rows')).toMatchObject({
      ...{
        state: 'alarm',
        detail: '28 of 560 rows were refused (5.00 %); most often: column usage: found "many", a number is accepted',
      },
    });
    expect(health.windows[0]).toMatchObject({ rows: 532, refused: 28 });
  });

  test('with a renamed column, or one of another type, breaks the contract by name', async () => {
    for (const number of [2, 3]) await logTraffic(project, week(number), { rename: { usage: 'usages' } });
    const health = await healthOf(await monitor());
    expect(check(health, 'contract', 'usage')).toMatchObject({
      state: 'alarm',
      detail: 'the traffic has no such column; did you mean "usages"?',
    });
    expect(check(health, 'input drift', 'usage')).toBeUndefined();
    expect(check(health, 'input drift', 'plan')).toMatchObject({ state: 'ok' });
  });

  test('that stands in two files counts once', async () => {
    for (const number of [2, 3]) await logTraffic(project, week(number));
    await logTraffic(project, week(3));
    const health = await healthOf(await monitor());
    expect(health.windows.map(({ rows }) => rows)).toEqual([560, 560]);
    expect(health.notices).toContain('Rows that stand in the traffic log more than once count once: 560.');
  });

  test('with infinite and missing numbers is looked at like any other', async () => {
    const odd = (number: number) =>
      week(number).map((one, index) => ({
        ...one,
        usage: index % 3 === 0 ? Number.POSITIVE_INFINITY : index % 3 === 1 ? Number.NaN : one.usage,
      }));
    for (const number of [2, 3]) await logTraffic(project, odd(number));
    const health = await healthOf(await monitor());
    expect(health.drifted).toEqual(['usage']);
    expect(health.columns?.find(({ name }) => name === 'usage')).toMatchObject({
      missing: { reference: 0, current: expect.closeTo(1 / 3, 2) },
    });
  });
});

describe('the service', () => {
  const page = (failed: number, slow: number): string =>
    [
      '# TYPE mlops_requests_total counter',
      `mlops_requests_total{model="churn",version="v1",protocol="v2",code="200"} ${10_000 - failed}`,
      `mlops_requests_total{model="churn",version="v1",protocol="v2",code="503"} ${failed}`,
      'mlops_requests_total{model="other",version="v1",protocol="v2",code="500"} 99999',
      `mlops_request_duration_seconds_bucket{model="churn",version="v1",le="0.005"} ${10_000 - slow}`,
      'mlops_request_duration_seconds_bucket{model="churn",version="v1",le="0.1"} 10000',
      'mlops_request_duration_seconds_bucket{model="churn",version="v1",le="+Inf"} 10000',
    ].join('\n');

  async function withService<T>(answer: () => string, work: (url: string) => Promise<T>): Promise<T> {
    const server = createServer((_request, response) => response.end(answer()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
    } finally {
      server.close();
    }
  }

  test('whose requests fail or are slow is an alarm', async () => {
    for (const number of [2, 3]) await logTraffic(project, week(number));
    let [failed, slow] = [5, 50];
    await withService(
      () => page(failed, slow),
      async (url) => {
        await project.write(
          'mlops.yaml',
          liveSpec({ gates: ['latency_p99_ms <= 5'], monitor: { traffic: 'traffic', min_rows: 200, metrics_url: url } }),
        );
        const well = await healthOf(await monitor());
        expect(check(well, 'errors')).toMatchObject({
          state: 'ok',
          detail: '5 of 10,000 requests since the service started (0.05 %)',
        });
        expect(check(well, 'latency')).toMatchObject({ state: 'ok', subject: 'latency_p99_ms <= 5' });
        [failed, slow] = [300, 400];
        const outcome = await monitor();
        expect(outcome.failure).toContain('requests fail; too slow (latency_p99_ms <= 5)');
        expect(check(await healthOf(outcome), 'latency')).toMatchObject({
          state: 'alarm',
          detail: '99 % of 10,000 requests take at most 100 ms',
        });
      },
    );
  });

  test('that does not answer is told, and nothing else is lost', async () => {
    for (const number of [2, 3]) await logTraffic(project, week(number));
    await project.write(
      'mlops.yaml',
      liveSpec({ monitor: { traffic: 'traffic', min_rows: 200, metrics_url: 'http://127.0.0.1:9/metrics?token=secret' } }),
    );
    const outcome = await monitor();
    expect(outcome.failure).toBeUndefined();
    const [warning] = outcome.annotations ?? [];
    expect(warning?.message).toMatch(/^The metrics at http:\/\/127\.0\.0\.1:9\/metrics cannot be read: /);
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });
});

describe('inputs', () => {
  test('a moment that is none', async () => {
    expect(await line({ at: 'yesterday' })).toMatch(/^Input "at" is "yesterday"; accepted: a date such as/);
    expect(await line({ at: '2026-03-02T06:00:00' })).toMatch(/with its time zone/);
  });

  test('a model that is not in a registry here, is of another name, or is a bare graph', async () => {
    await logTraffic(project, week(3));
    expect(await project.complaint('monitor')).toMatch(
      /^Input "model" is "churn#production": versions and stages can only be reached in GitHub Actions/,
    );
    await project.write('bare.onnx', 'x');
    expect(await line({ model: 'bare.onnx' })).toContain('nothing says what an .onnx file by itself has learned from');
    await project.write('mlops.yaml', liveSpec({ name: 'other' }));
    expect(await line()).toMatch(/a bundle of churn, and the spec is of other/);
  });
});
