import { cp, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBundle } from '../../shared/bundle/read.js';
import { openDataset } from '../../shared/data/open-dataset.js';
import { assignParts } from '../../shared/data/split.js';
import { PARTS } from '../../shared/data/table.js';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { parseSpec } from '../../shared/spec/load.js';
import { customers, Project, spec } from './project.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
});
afterEach(() => project.remove());

const bundle = (name: string) => readBundle(join(project.directory, name), name);

async function comparison(): Promise<Comparison> {
  return JSON.parse(await readFile(join(project.directory, '.mlops-actions/comparison.json'), 'utf8')) as Comparison;
}

/** Trains with another spec and keeps the bundle aside. */
async function trainAs(name: string, changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await project.write('mlops.yaml', spec(changes));
  await project.run('train', { output: name });
  await project.write('mlops.yaml', spec());
}

describe('train', () => {
  test('leaves a verified bundle, and the candidate as an artifact', async () => {
    const outcome = await project.run('train');
    expect(outcome.failure).toBeUndefined();
    const { manifest, metrics } = await bundle('.mlops-actions/bundle');
    expect(outcome.outputs).toEqual({
      'bundle-path': join(project.directory, '.mlops-actions/bundle'),
      digest: manifest.digest,
      cached: 'false',
      artifact: 'churn-candidate',
    });
    expect(project.uploads.map(({ name }) => name)).toEqual(['churn-candidate']);
    expect(metrics.auc).toBeGreaterThan(0.7);
    expect(Object.keys(manifest.files).sort()).toEqual(
      [
        ...['README.md', 'bom.json', 'importance.json', 'metrics.json', 'model.onnx', 'params.yaml', 'predictions.parquet'],
        'profile.json',
      ].sort(),
    );
    expect(outcome.summary).toContain('`churn`');
  });

  test('twice gives the same bytes of model.onnx and the same digest', async () => {
    for (const algorithm of ['gbdt', 'linear', 'baseline']) {
      await trainAs('a', { train: { algorithm } });
      await trainAs('b', { train: { algorithm } });
      const [a, b] = [await bundle('a'), await bundle('b')];
      expect(await readFile(a.modelFile)).toEqual(await readFile(b.modelFile));
      expect(a.manifest.digest).toBe(b.manifest.digest);
    }
  });

  test('the order of the rows in the file changes neither split nor model', async () => {
    await trainAs('a', { train: { algorithm: 'gbdt' } });
    const [header, ...lines] = customers().trim().split('\n');
    await project.write('data.csv', `${[header, ...lines.reverse()].join('\n')}\n`);
    await trainAs('b', { train: { algorithm: 'gbdt' } });
    expect((await bundle('b')).manifest.digest).toBe((await bundle('a')).manifest.digest);
  });

  test('params given as input override the spec', async () => {
    await project.write('mlops.yaml', spec({ train: { algorithm: 'gbdt', params: { num_leaves: 5 } } }));
    await project.run('train', { params: '{"num_leaves": 3, "num_iterations": 7}' });
    expect((await bundle('.mlops-actions/bundle')).manifest.params).toMatchObject({ num_leaves: 3, num_iterations: 7 });
  });

  test('new rows and new columns move no row, when the champion is given', async () => {
    await trainAs('champion');
    const before = await bundle('champion');
    const [header, ...lines] = customers({ rows: 900 }).trim().split('\n');
    await project.write('data.csv', `${[`${header},region`, ...lines.map((line) => `${line},x`)].join('\n')}\n`);
    await project.run('train', { champion: 'champion' });
    const { manifest } = await bundle('.mlops-actions/bundle');
    expect(manifest.split).toEqual(before.manifest.split);
    expect(manifest.features.features.map(({ name }) => name)).toContain('region');
  });
});

describe('compare', () => {
  test('a candidate that is the champion is identical, and its gates pass', async () => {
    await trainAs('champion');
    await project.write('mlops.yaml', spec({ gates: ['auc >= champion', 'log_loss <= champion'] }));
    await project.run('train');
    const outcome = await project.run('compare', { champion: 'champion' });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs).toMatchObject({ verdict: 'identical', gates: 'pass' });
    expect((await comparison()).changes).toEqual([]);
  });

  test.each(['__proto__', 'constructor'])('a class called %s is a class like another', async (name) => {
    await project.write('data.csv', customers().replaceAll(',yes', `,${name}`));
    await project.write('mlops.yaml', spec({ target: { column: 'churned', positive: name } }));
    await project.run('train', { output: 'champion' });
    await project.run('train');
    const outcome = await project.run('compare', { champion: 'champion' });
    expect(outcome.outputs.verdict).toBe('identical');
    expect((await bundle('champion')).manifest.classes).toContain(name);
  });

  test('a model is better than the prior, and the prior worse than it', async () => {
    await trainAs('prior', { train: { algorithm: 'baseline' } });
    await trainAs('model');
    await project.write('mlops.yaml', spec({ gates: ['auc > champion'] }));
    expect((await project.run('compare', { candidate: 'model', champion: 'prior' })).outputs.verdict).toBe('better');
    const outcome = await project.run('compare', { candidate: 'prior', champion: 'model' });
    expect(outcome.outputs).toMatchObject({ verdict: 'worse', gates: 'fail' });
    expect(outcome.failure).toBe('1 of 1 gates does not pass: auc > champion.');
    expect(outcome.annotations).toMatchObject([{ level: 'error', location: { file: 'mlops.yaml' } }]);
  });

  test('fail-on decides what fails the step', async () => {
    await trainAs('prior', { train: { algorithm: 'baseline' } });
    await trainAs('model');
    const judge = (failOn: string) => project.run('compare', { candidate: 'prior', champion: 'model', 'fail-on': failOn });
    expect((await judge('gates')).failure).toBeUndefined();
    expect((await judge('worse')).failure).toBe('The candidate is worse than the champion.');
    const costs = ['memory_mb <= champion + 100', 'latency_batch_p99_ms <= champion + 10000', 'latency_batch_p50_ms <= 0'];
    await project.write('mlops.yaml', spec({ gates: ['auc >= 0.99', ...costs] }));
    expect((await judge('gates')).failure).toContain('auc >= 0.99');
    const { gates, candidate, champion } = await comparison();
    expect(gates.map(({ outcome }) => outcome)).toEqual(['fail', 'pass', 'pass', 'fail']);
    for (const { latency, memoryBytes } of [candidate, champion!]) {
      expect(latency).toMatchObject({ p50Ms: expect.any(Number), batch: { rows: 256, p99Ms: expect.any(Number) } });
      expect(memoryBytes).toBeGreaterThan(0);
    }
    expect(gates[1]!.value).toBeCloseTo((candidate.memoryBytes! - champion!.memoryBytes!) / 1e6, 9);
    expect((await judge('never')).failure).toBeUndefined();
  });

  test('another target is not comparable, and the comparison says why', async () => {
    await trainAs('champion');
    await project.write('mlops.yaml', spec({ target: { column: 'leaves', sql: "churned = 'yes' AND usage < 5" } }));
    await project.run('train');
    const outcome = await project.run('compare', { champion: 'champion' });
    expect(outcome.outputs.verdict).toBe('not comparable');
    expect((await comparison()).reason).toContain("the target changed: was `churned`, is `churned = 'yes' AND usage < 5`");
    expect(outcome.summary).toContain('not comparable');
  });

  test('test rows that the champion has trained on are left out', async () => {
    await trainAs('champion', { split: { by: 'hash', validation: 0.2, test: 0.1 } });
    await project.run('train', { champion: 'none' });
    await project.run('compare', { champion: 'champion' });
    const { rows, verdict } = await comparison();
    expect(rows.seenByChampion).toBeGreaterThan(0);
    expect(rows.used + rows.seenByChampion).toBe(rows.test);
    expect(rows.used).toBeCloseTo(60, -1);
    expect(verdict).not.toBe('not comparable');
  });

  test('a champion that may have trained on every test row is not comparable', async () => {
    await trainAs('champion');
    const { manifest } = await bundle('champion');
    const loaded = parseSpec(spec(), 'mlops.yaml');
    const dataset = await openDataset({ spec: loaded.spec, directory: project.directory, locate: loaded.locate });
    const parts = await assignParts(dataset, manifest.split);
    const heldOut = new Set((await dataset.rowIds()).filter((_, row) => PARTS[parts[row]!] === 'test'));
    dataset.close();
    const [header, ...lines] = customers().trim().split('\n');
    const seen = lines.filter((line) => !heldOut.has(line.split(',')[0]!));
    await project.write('data.csv', `${[header, ...seen].join('\n')}\n`);
    await project.run('train', { champion: 'none' });
    const outcome = await project.run('compare', { champion: 'champion' });
    expect(outcome.outputs.verdict).toBe('not comparable');
    expect((await comparison()).reason).toContain('no test row was held out by both models');
  });

  test('a champion whose inputs the data no longer has is shown with its recorded metrics', async () => {
    await trainAs('champion');
    await project.write('data.csv', customers({ header: 'id,consumption,plan,churned' }));
    await project.run('train');
    const outcome = await project.run('compare', { champion: 'champion' });
    expect(outcome.outputs.verdict).toBe('not comparable');
    const result = await comparison();
    expect(result.reason).toContain('the champion cannot be run on this data: it needs usage');
    expect(result.champion?.recorded).toEqual((await bundle('champion')).metrics);
  });

  test('without a champion it is the first model, and gates against the champion are skipped', async () => {
    const gates = ['auc >= 0.5', 'auc >= champion', 'memory_mb <= 1000', 'memory_mb <= champion'];
    await project.write('mlops.yaml', spec({ gates }));
    await project.run('train');
    const outcome = await project.run('compare');
    expect(outcome.outputs.verdict).toBe('first model');
    expect((await comparison()).gates.map(({ outcome: gate }) => gate)).toEqual(['pass', 'skipped', 'pass', 'skipped']);
  });
});

describe('a window of the newest rows', () => {
  const dated = (rows: number): string => {
    const [header, ...lines] = customers({ rows }).trim().split('\n');
    const day = (index: number): string => new Date(Date.UTC(2001, 0, 1) + index * 86_400_000).toISOString().slice(0, 10);
    return `${[`${header},day`, ...lines.map((line, index) => `${line},${day(Math.floor(index / 10))}`)].join('\n')}\n`;
  };
  const data = { path: 'data.csv', key: 'id', time: 'day' };
  const evaluate = { bootstrap: 200, min_rows: 50 };

  test('is trained on alone, is in the manifest and the digest, and stays comparable', async () => {
    await project.write('data.csv', dated(900));
    await trainAs('all', { data });
    await project.write('mlops.yaml', spec({ data }));
    const outcome = await project.run('train', { window: '30d', champion: 'all', output: 'newest' });
    expect(outcome.annotations?.map(({ message }) => message)).toContain(
      '600 rows are older than the last 30d and are neither trained on nor held out',
    );
    const [all, newest] = [await bundle('all'), await bundle('newest')];
    expect(newest.manifest.split).toEqual({
      ...all.manifest.split,
      window: { column: 'day', after: `${Date.UTC(2001, 2, 1)}000` },
    });
    expect(Object.values(newest.manifest.training.rows).reduce((sum, rows) => sum + rows, 0)).toBe(300);
    expect(newest.manifest.data).toEqual(all.manifest.data);
    expect(newest.manifest.data.newest).toEqual({ column: 'day', at: `${Date.UTC(2001, 2, 31)}000` });
    expect(newest.manifest.digest).not.toBe(all.manifest.digest);
    // Held out by both: what the window leaves of the test part.
    await project.run('compare', { candidate: 'newest', champion: 'all' });
    const { rows, verdict, changes } = await comparison();
    expect(rows).toMatchObject({ used: newest.manifest.training.rows.test, seenByChampion: 0 });
    expect(verdict).not.toBe('not comparable');
    expect(changes.find(({ kind }) => kind === 'split')?.after).toContain('the newest rows alone');
    // The other way round, rows before the window are as new to the model that has it as its test rows.
    await project.run('compare', { candidate: 'all', champion: 'newest' });
    expect((await comparison()).rows).toMatchObject({ used: all.manifest.training.rows.test, seenByChampion: 0 });
  });

  test('of the champion decides which rows are newer than its data', async () => {
    await project.write('data.csv', dated(600));
    await trainAs('champion', { data });
    await project.write('data.csv', dated(1000));
    await project.write('mlops.yaml', spec({ data, evaluate }));
    await project.run('train', { champion: 'champion' });
    const judged = await project.run('compare', { champion: 'champion', newest: 'true' });
    const { rows } = await comparison();
    expect(rows.older).toBeGreaterThan(150);
    expect(rows.used + rows.older!).toBe(rows.test);
    expect(rows.used).toBeCloseTo(120, -2);
    expect(judged.summary).toContain('that are not newer than its data');
    expect(judged.outputs.accepted).toMatch(/^(true|false)$/);
    await project.run('compare', { champion: 'champion' });
    expect((await comparison()).rows.used).toBe(rows.test);
    // Where too few are newer, a verdict on all held-out rows is worth more.
    await project.write('mlops.yaml', spec({ data, evaluate: { ...evaluate, min_rows: 500 } }));
    await project.run('compare', { champion: 'champion', newest: 'true' });
    expect((await comparison()).rows).not.toHaveProperty('older');
    expect(project.log.join()).toContain("held-out rows are newer than the champion's data, so the others judge as well");
  });

  test('is a duration, and needs a time', async () => {
    expect(await project.complaint('train', { window: '90' })).toBe(
      'Input "window" is "90"; accepted: all, or a duration such as 90d.',
    );
    expect(await project.complaint('train', { window: '90d' })).toMatch(
      /^mlops\.yaml:\d+:\d+: the window \(the last 90d\) needs data\.time/,
    );
  });
});

describe('evaluate', () => {
  test('gives the metrics that training recorded', async () => {
    await project.run('train');
    const outcome = await project.run('evaluate', { model: '.mlops-actions/bundle' });
    const metrics = JSON.parse(await readFile(outcome.outputs['metrics-path']!, 'utf8')) as Record<string, number>;
    const recorded = (await bundle('.mlops-actions/bundle')).metrics;
    for (const [name, value] of Object.entries(recorded)) expect(metrics[name], name).toBeCloseTo(value, 10);
  });

  test('takes a bare .onnx file, and says what cannot be known of it', async () => {
    await project.run('train');
    await cp(join(project.directory, '.mlops-actions/bundle/model.onnx'), join(project.directory, 'mine.onnx'));
    const outcome = await project.run('evaluate', { model: 'mine.onnx' });
    expect(outcome.annotations?.map(({ message }) => message).join()).toContain('nothing says which rows it has trained on');
    // What it costs to run can be known.
    expect(outcome.summary).toMatch(
      /\| latency of 256 rows, median · 99th percentile \| +[\d.]+ · [\d.]+ ms \|\n\| peak memory +\| +[\d.]+ [kM]?B \|/,
    );
  });

  test('a failing gate fails the step, and everything is written before', async () => {
    await project.write('mlops.yaml', spec({ gates: ['auc >= 0.99'] }));
    await project.run('train');
    const outcome = await project.run('evaluate', { model: '.mlops-actions/bundle' });
    expect(outcome.failure).toContain('auc >= 0.99');
    expect(outcome.outputs.gates).toBe('fail');
    expect(outcome.summary).toContain('auc');
  });
});

describe('validate', () => {
  test('a contract that holds passes', async () => {
    await project.write(
      'mlops.yaml',
      spec({ contract: { columns: { id: { unique: true }, plan: { enum: ['basic', 'plus', 'pro'] } } } }),
    );
    const outcome = await project.run('validate');
    expect(outcome.outputs).toMatchObject({ passed: 'true', failures: '0', artifact: '' });
    expect(project.uploads).toEqual([]);
  });

  test('a broken rule fails the step, is annotated on its line, and its result is kept for the report', async () => {
    const text = spec({ contract: { columns: { plan: { enum: ['basic', 'plus'] } } } });
    await project.write('mlops.yaml', text);
    const outcome = await project.run('validate');
    expect(outcome.failure).toContain('The data breaks its contract: 1 of ');
    expect(outcome.outputs).toMatchObject({ passed: 'false', failures: '1', artifact: 'churn-validation' });
    const line = text.split('\n').findIndex((row) => row.includes('enum')) + 1;
    expect(outcome.annotations).toMatchObject([{ level: 'error', location: { file: 'mlops.yaml', line } }]);
    const rows = (await readFile(join(project.directory, 'data.csv'), 'utf8')).split('\n');
    const first = rows.findIndex((row) => row.includes('pro')) + 1;
    expect(outcome.annotations![0]!.message).toContain(`required: one of: basic, plus; the first is data.csv:${first}`);
    expect(outcome.summary).toContain(`\`pro\` (\`data.csv:${first}\`)`);
    expect(project.uploads[0]!.files.map((file) => basename(file))).toEqual(['validation.json']);
    expect(JSON.parse(await readFile(outcome.outputs['gx-result-path']!, 'utf8'))).toMatchObject({
      success: false,
      statistics: { evaluated_expectations: 1, successful_expectations: 0 },
      results: [
        {
          expectation_config: {
            type: 'expect_column_values_to_be_in_set',
            kwargs: { column: 'plan', value_set: ['basic', 'plus'] },
          },
          result: { element_count: 600, unexpected_count: 200, partial_unexpected_list: ['pro', 'pro', 'pro', 'pro', 'pro'] },
        },
      ],
    });
  });

  test('the number of rows is held against that of a reference: an earlier result, a bundle, a file', async () => {
    await project.write('mlops.yaml', spec({ contract: { rows: { change_max: 0.1 } } }));
    const first = await project.run('validate');
    const { rows } = JSON.parse(await readFile(first.outputs['result-path']!, 'utf8')) as { rows: number };
    await project.write('earlier.json', JSON.stringify({ kind: 'validation', rows: rows * 2 }));
    await project.write('same.json', JSON.stringify({ kind: 'validation', rows }));
    const lines = (await readFile(join(project.directory, 'data.csv'), 'utf8')).trimEnd().split('\n');
    await project.write('few.csv', `${lines.slice(0, rows / 2).join('\n')}\n`);
    const passed = async (reference: string) => (await project.run('validate', { reference })).outputs.passed;
    expect(await Promise.all(['earlier.json', 'few.csv', 'same.json', 'data.csv'].map(passed))).toEqual([
      'false',
      'false',
      'true',
      'true',
    ]);
    expect(await project.complaint('validate', { reference: 'absent.csv' })).toContain('absent.csv: no such file');
  });

  test('a warning fails only where it is asked to', async () => {
    await project.write('mlops.yaml', spec({ contract: { columns: { plan: { enum: ['basic'], severity: 'warning' } } } }));
    expect((await project.run('validate')).failure).toBeUndefined();
    expect((await project.run('validate', { 'fail-on': 'warning' })).failure).toContain('breaks its contract');
  });
});

describe('validate with a contract of Great Expectations', () => {
  const suite = (kwargs: string) => `{
  "name": "customers",
  "expectations": [
    {
      "type": "expect_column_values_to_be_in_set",
      "kwargs": ${kwargs}
    },
    { "type": "expect_column_values_to_be_dateutil_parseable", "kwargs": { "column": "id" } }
  ],
  "meta": { "great_expectations_version": "1.24.1" }
}`;

  test('a rule that fails is annotated on its line of the suite, one that is not run by a notice', async () => {
    await project.write('mlops.yaml', spec({ contract: 'checks/suite.json' }));
    await project.write('checks/suite.json', suite('{ "column": "plan", "value_set": ["basic", "plus"] }'));
    const outcome = await project.run('validate');
    expect(outcome.outputs).toMatchObject({ passed: 'false', failures: '1' });
    expect(outcome.annotations).toMatchObject([
      { level: 'error', location: { file: 'checks/suite.json', line: 4 } },
      {
        level: 'notice',
        message: 'contract: expect_column_values_to_be_dateutil_parseable is not checked here',
        location: { file: 'checks/suite.json', line: 8 },
      },
    ]);
    expect(outcome.summary).toContain('A rule of the contract: expect');
    const result = JSON.parse(await readFile(outcome.outputs['result-path']!, 'utf8')) as object;
    expect(result).toMatchObject({ contract: 'checks/suite.json', spec: 'mlops.yaml', passed: false });

    await project.write('checks/suite.json', suite('{ "column": "plan", "value_set": ["basic", "plus", "pro"] }'));
    expect((await project.run('validate')).outputs).toMatchObject({ passed: 'true', failures: '0' });
  });

  test.each([
    ['absent.json', undefined, 'contract: absent.json is not in '],
    ['.', undefined, 'contract: . is no file; accepted: a Great Expectations suite'],
    ['../suite.json', undefined, 'contract: ../suite.json leads out of the workspace'],
    ['suite.json', '{ "a": 1 }', 'suite.json:1: this is no contract that is known (its keys: a); accepted: a Great'],
    ['suite.json', '{ "expectations": [', 'suite.json:1:'],
    ['suite.json', '\xff\xfe', 'contract: suite.json is not UTF-8 text'],
  ])('%s with %j', async (path, content, message) => {
    await project.write('mlops.yaml', spec({ contract: path }));
    if (content !== undefined) await project.write(path, content.startsWith('\xff') ? Buffer.from(content, 'latin1') : content);
    const complaint = await project.complaint('validate');
    expect(complaint).toContain(message);
    expect(complaint.split('\n')).toHaveLength(1);
  });
});
