import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Random } from '../../shared/core/random.js';
import type { DriftReport } from '../../shared/data/drift/report.js';
import { openDatabase } from '../../shared/data/duckdb.js';
import { literal } from '../../shared/data/sql.js';
import type { Validation } from '../../shared/data/validation.js';
import { parseResult } from '../../shared/report/result.js';
import { customers, Project, spec } from './project.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': later(), 'before.csv': customers() });
});
afterEach(() => project.remove());

/** A later file: usage has moved by a standard deviation, the plan "pro" is gone and "team" is new. */
function later(rows = 400): string {
  const row = (id: number, random: Random): (string | number)[] => {
    const plan = ['basic', 'plus', 'team'][random.integer(3)]!;
    return [id + 1000, Math.round(random.normal() * 1000 + 1000) / 100, plan, random.uniform() < 0.4 ? 'yes' : 'no'];
  };
  return customers({ rows, row });
}

async function validate(inputs: Readonly<Record<string, string>>) {
  const outcome = await project.run('validate', inputs);
  const text = await readFile(outcome.outputs['result-path']!, 'utf8');
  // What validate writes is what the report action reads.
  const result = parseResult(text) as Validation & { drift: DriftReport };
  return { outcome, result, drift: result.drift };
}

const named = ({ columns }: DriftReport) => columns.map(({ name, drifted }) => `${name}${drifted ? ' drifted' : ''}`);

describe('validate against a reference', () => {
  test('names the columns that drifted, the target among those that are watched', async () => {
    const { outcome, drift } = await validate({ reference: 'before.csv' });
    expect(named(drift)).toEqual(['usage drifted', 'plan drifted', 'churned']);
    expect(drift.columns[2]!.isTarget).toBe(true);
    expect(drift.columns[0]!).toMatchObject({ measure: 'wasserstein', effect: expect.closeTo(1, 0) });
    expect(drift.columns[1]!.detail).toMatch(/new: "team" 3\d\.\d %; gone: "pro" 3\d\.\d %/);
    expect(outcome.outputs).toMatchObject({ drifted: '2', passed: 'true', failures: '0' });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.annotations!.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^drift of usage: moved by 1\.\d* standard deviations from before.csv, p < 0.001$|^drift of usage: /,
      ),
      expect.stringContaining('drift of plan: a distance of'),
    ]);
    expect(outcome.summary!.match(/xychart-beta/g)).toHaveLength(2);
    // Nobody asked for a contract, so none is missed.
    expect(outcome.summary).toMatch(/^### 🟡 `churn`: 2 of 3 columns drifted against the reference\n/);
    expect(outcome.summary).toContain('the page `drift.html` of the artifact `churn-drift`');
    const page = outcome.outputs['report-path']!;
    expect(project.uploads).toEqual([{ name: 'churn-drift', files: [page] }]);
    expect((await readFile(page, 'utf8')).match(/<svg /g)).toHaveLength(1);
  });

  test('finds nothing where nothing changed', async () => {
    await project.write('data.csv', customers({ rows: 300 }));
    const { outcome, drift } = await validate({ reference: 'before.csv' });
    expect(named(drift).filter((name) => name.endsWith('drifted'))).toEqual([]);
    expect(outcome.outputs.drifted).toBe('0');
    expect(outcome.summary).toMatch(/^### 🟢 `churn`: no drift against the reference, in 3 columns\n/);
    expect(await readFile(outcome.outputs['report-path']!, 'utf8')).toContain('no drift against the reference');
    expect(project.uploads).toEqual([]);
  });

  test('rules of the contract decide, each at its line', async () => {
    const contract = {
      columns: {
        usage: { drift: { method: 'ks' } },
        plan: { drift: { threshold: 0.9 } },
        churned: { drift: { method: 'wasserstein' } },
        id: { drift: {} },
        age: { drift: {} },
      },
      drift: { max_drifted_share: 0.2, alpha: 0.01, min_effect: 0.2 },
    };
    await project.write('mlops.yaml', spec({ contract }));
    const { outcome, result, drift } = await validate({ reference: 'before.csv' });
    expect(named(drift)).toEqual(['usage drifted', 'plan', 'churned']);
    expect(drift).toMatchObject({ alpha: 0.01, minEffect: 0.2 });
    expect(result.rules.map(({ column, rule, passed }) => `${column} ${rule} ${passed}`)).toEqual([
      'age required false',
      'usage drift false',
      'plan drift true',
      'churned drift false',
      'id drift false',
      'age drift false',
      'undefined drift.max_drifted_share false',
    ]);
    const rules = result.rules.slice(1);
    expect(rules.map(({ found }) => found)).toEqual([
      expect.stringMatching(/^Kolmogorov and Smirnov p < 0.001 against before.csv, threshold 0.05/),
      expect.stringMatching(/^a distance of 0\.\d+/),
      'wasserstein is for numbers, and these are none; psi, js, chi2 and z take any values',
      'nothing of it is held against a reference: it is a key, a group or a date',
      'no such column',
      '1 of 3 columns drifted (33.3 %)',
    ]);
    const lines = (await readFile(join(project.directory, 'mlops.yaml'), 'utf8')).split('\n');
    expect(rules.map(({ line }) => lines[line! - 1]!.trim())).toEqual([
      ...Array(5).fill('drift:').slice(0, 3),
      ...Array(2).fill('drift: {}'),
      'max_drifted_share: 0.2',
    ]);
    expect(outcome.failure).toBe('The data breaks its contract: 6 of 7 rules fail.');
    // Beside the result, which is the one JSON file.
    const files = [outcome.outputs['result-path']!, outcome.outputs['report-path']!];
    expect(project.uploads).toEqual([{ name: 'churn-validation', files }]);
    // What a rule says already is not said twice.
    expect(outcome.annotations!.filter(({ message }) => message.startsWith('drift of'))).toEqual([]);
  });

  test('the profile of one run is the reference of a later one', async () => {
    await project.write('mlops.yaml', spec({ contract: { drift: { max_drifted_share: 0.5 } } }));
    const first = await project.run('validate', { data: 'before.csv' });
    expect(first.summary).toMatch(/^### ⚪ `churn`: the data was read; there is nothing to hold it against yet\n/);
    expect(first.annotations).toMatchObject([
      { level: 'warning', message: expect.stringMatching(/^The rules about drift were not checked: the input "reference"/) },
    ]);
    expect(first.outputs.drifted).toBe('');
    const profile = first.outputs['profile-path']!;
    expect(profile).toBe(join(project.directory, '.mlops-actions/data-profile.json'));
    await rename(profile, join(project.directory, 'last.json'));
    const { drift, outcome, result } = await validate({ reference: 'last.json' });
    expect(named(drift)).toEqual(['usage drifted', 'plan drifted', 'churned']);
    expect(drift.reference).toEqual({ kind: 'profile', shown: 'last.json', rows: 600 });
    expect(result.rules).toMatchObject([{ rule: 'drift.max_drifted_share', passed: false }]);
    expect(outcome.failure).toContain('1 of 1 rules fail');
  });

  test('named methods work on the bins of a profile, nearly as on its rows', async () => {
    const columns = Object.fromEntries(['usage', 'plan'].map((name) => [name, { drift: { method: 'psi', threshold: 0.25 } }]));
    await project.write('mlops.yaml', spec({ contract: { columns } }));
    const first = await project.run('validate', { data: 'before.csv' });
    await rename(first.outputs['profile-path']!, join(project.directory, 'last.json'));
    const ofBins = (await validate({ reference: 'last.json' })).drift;
    const ofRows = (await validate({ reference: 'before.csv' })).drift;
    const value = (drift: DriftReport, name: string) => drift.columns.find((column) => column.name === name)!.method!.value;
    expect(value(ofBins, 'plan')).toBeCloseTo(value(ofRows, 'plan'), 9);
    expect(Math.abs(value(ofBins, 'usage') / value(ofRows, 'usage') - 1)).toBeLessThan(0.2);
  });

  test('a model is a reference by what it has learned from', async () => {
    await project.run('train', { data: 'before.csv', output: 'bundle' });
    const { drift } = await validate({ reference: 'bundle' });
    expect(named(drift)).toEqual(['usage drifted', 'plan drifted', 'churned']);
    expect(drift.columns[2]!.isTarget).toBe(true);
    expect(drift.reference).toMatchObject({ kind: 'model', shown: 'bundle' });
    expect(drift.columns[0]!.detail).toContain('from the training rows of bundle');
    expect(drift.notices).toEqual([]);
    const byPath = await validate({ reference: 'bundle/profile.json' });
    expect(named(byPath.drift)).toEqual(named(drift));
    // Bundles of earlier versions have none.
    const { target, ...earlier } = JSON.parse(await readFile(join(project.directory, 'bundle/profile.json'), 'utf8'));
    expect(target.columns).toMatchObject([{ name: 'churned', kind: 'levels' }]);
    await project.write('earlier.json', JSON.stringify(earlier));
    const without = (await validate({ reference: 'earlier.json' })).drift;
    expect(named(without)).toEqual(['usage drifted', 'plan drifted']);
    expect(without.notices).toEqual([expect.stringContaining('This profile has no target')]);
  });

  test('the window before is a reference, by data.time and monitor.window', async () => {
    const day = (id: number): string => new Date(Date.UTC(2026, 0, 1 + Math.floor(id / 40), id % 24)).toISOString();
    const row = (id: number, random: Random): (string | number)[] => {
      const moved = id >= 40 * 20 ? 8 : 0;
      return [
        id,
        Math.round(random.normal() * 300 + 100 * moved) / 100,
        'basic',
        random.uniform() < 0.4 ? 'yes' : 'no',
        day(id),
      ];
    };
    await project.write('data.csv', customers({ rows: 40 * 30, header: 'id,usage,plan,churned,at', row }));
    const timed = { data: { path: 'data.csv', key: 'id', time: 'at' }, monitor: { window: '10d' } };
    await project.write('mlops.yaml', spec(timed));
    const { drift } = await validate({ reference: 'previous' });
    expect(drift.reference).toMatchObject({ kind: 'previous', shown: 'previous 10d', rows: 400 });
    expect(drift.rows).toBe(400);
    expect(named(drift)).toEqual(['usage drifted', expect.any(String), expect.any(String), expect.any(String)]);
    expect(drift.columns.map(({ name }) => name).sort()).toEqual(['at_hour', 'churned', 'plan', 'usage']);
  });

  test('with no window before, there is nothing to hold the data against yet', async () => {
    const row = (id: number): (string | number)[] => [id, id % 9, 'basic', id % 2 ? 'yes' : 'no', `2026-01-0${1 + (id % 5)}`];
    await project.write('data.csv', customers({ rows: 100, header: 'id,usage,plan,churned,at', row }));
    const timed = { data: { path: 'data.csv', key: 'id', time: 'at' }, contract: { drift: { max_drifted_share: 0.5 } } };
    await project.write('mlops.yaml', spec(timed));
    const { outcome, result } = await validate({ reference: 'previous' });
    expect(outcome.failure).toBeUndefined();
    const why = 'the data has no rows in the 7d (`monitor.window`) before its newest 7d';
    expect(result).toMatchObject({ noReference: why, rules: [], passed: true });
    expect(outcome.annotations).toMatchObject([
      { level: 'notice', message: expect.stringContaining(`There is nothing to hold the data against yet: ${why}.`) },
    ]);
    expect(outcome.outputs).toMatchObject({ drifted: '', 'report-path': '', passed: 'true' });
    expect(outcome.outputs['profile-path']).toContain('data-profile.json');
    expect(outcome.summary).toMatch(/^### ⚪ `churn`: the data was read; there is nothing to hold it against yet\n/);
  });

  test('columns that are gone, new or of another type are told', async () => {
    await project.write('data.csv', 'id,usage,colour,churned\n1,high,red,yes\n2,low,blue,no\n3,high,red,no\n');
    const { drift, outcome } = await validate({ reference: 'before.csv' });
    expect(drift.schemaChanges.map(({ column, change }) => `${column} ${change}`)).toEqual([
      'usage type',
      'plan gone',
      'colour new',
    ]);
    expect(drift.columns.map(({ name }) => name)).toEqual(['churned']);
    expect(outcome.annotations!.map(({ message }) => message)).toContain('column usage: number in the reference, string now');
  });
});

describe('a reference that cannot be one', () => {
  test.each([
    ['missing.csv', /^Input "reference": missing.csv: no such file in /],
    ['missing.json', /^Input "reference": missing.json: no such file in /],
    ['churn@v1.0.0', /"reference" is "churn@v1.0.0": versions and stages can only be reached in GitHub Actions/],
    ['nowhere', /^Input "reference" is "nowhere": there is no such file or folder/],
    ['folder', /^Input "reference": folder is a folder without a bundle.*such as folder\/\*\.parquet\.$/],
    ['folder/*', /^Input "reference": folder\/bad\.parquet: this is not a whole Parquet file/],
    ['previous', /^mlops.yaml:\d+:\d+: the reference "previous" needs data.time/],
    ['old.json', /^Input "reference": old.json cannot be the reference: it has format 7, and this version reads format 1/],
    ['other.json', /^Input "reference": other.json is a profile of "tips", and the spec is of "churn"/],
    ['broken.json', /^Input "reference": broken.json cannot be the reference: its data.rows is wrong/],
    ['apart.json', /^Input "reference": apart.json has no column in common with the data/],
    ['apart.csv', /^Input "reference": apart.csv has no column in common with the data/],
    ['empty.csv', /^Input "reference": /],
  ])('%s', async (reference, message) => {
    const profile = { format: 1, kind: 'data profile', model: 'churn', schema: [], data: { rows: 1, columns: [] } };
    await project.write('old.json', JSON.stringify({ ...profile, format: 7 }));
    await project.write('other.json', JSON.stringify({ ...profile, model: 'tips' }));
    await project.write('broken.json', JSON.stringify({ ...profile, data: { rows: -1, columns: [] } }));
    await project.write('folder/a.csv', customers());
    await project.write('folder/bad.parquet', 'PAR1, and no more');
    const level = { kind: 'levels', name: 'a', missing: 0, levels: [], other: { levels: 1, count: 1, most: 1 } };
    const apart = { rows: 1, columns: [{ ...level, blocks: { bins: ['x'], counts: [[0]], other: [1], missing: [0] } }] };
    await project.write('apart.json', JSON.stringify({ ...profile, data: apart }));
    await project.write('apart.csv', 'a,b\n1,2\n');
    await project.write('empty.csv', 'id,usage,plan,churned\n');
    const said = await project.complaint('validate', { reference, 'github-token': 'token' });
    expect(said).toMatch(message);
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  test('a Parquet file that is damaged inside is named, though it is read only when it is counted', async () => {
    const path = join(project.directory, 'damaged.parquet');
    const { connection, close } = await openDatabase();
    const rows = `SELECT range AS id, 'x' || hash(range) AS plan, 'yes' AS churned FROM range(20000)`;
    await connection.run(`COPY (${rows}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`).finally(close);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0xff, 200, bytes.length - 2000));
    const said = await project.complaint('validate', { reference: 'damaged.parquet' });
    expect(said).toMatch(/^Input "reference": damaged.parquet: this is not a whole Parquet file/);
    expect(said.trim().split('\n')).toHaveLength(1);
  });

  test('one row, a constant and an all-missing column on either side are no alarm', async () => {
    await writeFile(join(project.directory, 'data.csv'), 'id,usage,plan,churned\n1,,basic,yes\n2,,basic,no\n');
    await writeFile(join(project.directory, 'before.csv'), 'id,usage,plan,churned\n1,,basic,yes\n');
    const { drift } = await validate({ reference: 'before.csv' });
    expect(named(drift).filter((name) => name.endsWith('drifted'))).toEqual([]);
    expect(drift.columns.find(({ name }) => name === 'plan')!.detail).toContain('not held against before.csv: ');
  });
});
