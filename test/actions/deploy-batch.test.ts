import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, readRows } from '../../shared/data/duckdb.js';
import { literal } from '../../shared/data/sql.js';
import type { DeploymentResult } from '../../shared/deployment/result.js';
import { openModel } from '../../shared/onnx/session.js';
import { tableOf } from '../shared/features/tables.js';
import { customers, Project, spec } from './project.js';

/** deploy to files: a bundle that a job has trained scores files of the workspace, as it does on a laptop. */
let trained: Uint8Array;
let maker: Project;
let project: Project;

const batch = (changes: Readonly<Record<string, unknown>> = {}, more: Readonly<Record<string, unknown>> = {}): string =>
  spec({
    ...more,
    deploy: { target: 'batch', batch: { input: 'new/*.csv', output: 'scores/today.parquet', ...changes } },
  });

async function query(file: string, select: string): Promise<Record<string, unknown>[]> {
  const database = await openDatabase();
  try {
    return await readRows(
      database.connection,
      select.replace('$', `read_parquet(${literal(join(project.directory, file))}, hive_partitioning = false)`),
    );
  } finally {
    database.close();
  }
}

let bundle: string;
beforeAll(async () => {
  maker = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
  await maker.run('train', { champion: 'none' });
  bundle = join(maker.directory, '.mlops-actions/bundle');
  trained = await readFile(join(bundle, 'model.onnx'));
});
beforeEach(async () => {
  project = await Project.create({
    'mlops.yaml': batch(),
    'data.csv': customers(),
    'new/b.csv': 'id,usage,plan\n9,1.5,pro\n7,,basic\n',
    'new/a.csv': 'plan,usage,id\nplus,-3,100\nbasic,22.25,5\n',
  });
});
afterEach(() => project.remove());
afterAll(() => maker.remove());

const score = (inputs: Readonly<Record<string, string>> = {}) => project.run('deploy', { model: bundle, ...inputs });

describe('files in, Parquet out', () => {
  test('in the order of files and rows, with keys, labels and probabilities, and what scored them', async () => {
    const outcome = await score();
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs).toMatchObject({ url: '', 'deployment-id': '', version: '', 'rolled-back': 'false' });
    const rows = await query('scores/today.parquet', 'SELECT * FROM $');
    expect(rows.map(({ id }) => id)).toEqual(['100', '5', '9', '7']);
    expect(Object.keys(rows[0]!)).toEqual(['id', 'label', 'probability_no', 'probability_yes']);
    const model = await openModel(trained);
    const table = tableOf({
      usage: ['number', [-3, 22.25, 1.5, null]],
      plan: ['string', ['plus', 'basic', 'pro', 'basic']],
    });
    const { scores } = await model.predict(table, { task: 'binary', classes: ['no', 'yes'] });
    await model.close();
    expect(rows.flatMap((row) => [row.probability_no, row.probability_yes])).toEqual([...scores]);
    expect(rows.map(({ label }) => label)).toEqual(rows.map((row) => (Number(row.probability_yes) >= 0.5 ? 'yes' : 'no')));
    const written = await query(
      'scores/today.parquet',
      `SELECT decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata(${literal(join(project.directory, 'scores/today.parquet'))}) WHERE decode(key) LIKE 'mlops%'`,
    );
    expect(Object.fromEntries(written.map(({ key, value }) => [key, value]))).toMatchObject({
      mlops_model: 'churn',
      mlops_digest: expect.stringMatching(/^sha256:/),
    });
    const result = JSON.parse(await readFile(outcome.outputs['result-path']!, 'utf8')) as DeploymentResult;
    expect(result.steps).toMatchObject([
      {
        checks: [
          { name: 'rows', ok: true },
          { name: 'scored again', ok: true },
        ],
      },
    ]);
    expect(outcome.summary).toContain('has scored the files');
    expect(await readdir(join(project.directory, 'scores'))).toEqual(['today.parquet']);
  });

  test('many rows on several threads stay in their order', async () => {
    const rows = Array.from({ length: 200_000 }, (_, id) => `${id},${(id % 997) / 10},${['basic', 'plus', 'pro'][id % 3]}`);
    await project.write('new/a.csv', `id,usage,plan\n${rows.join('\n')}\n`);
    await project.write('new/b.csv', 'id,usage,plan\n200000,1,pro\n');
    expect((await score()).failure).toBeUndefined();
    const [counted] = await query(
      'scores/today.parquet',
      'SELECT count(*) AS n, count(*) FILTER (id = file_row_number) AS ordered FROM (SELECT *, row_number() OVER () - 1 AS file_row_number FROM $)',
    );
    expect(counted).toEqual({ n: '200001', ordered: '200001' });
    // Rows that are alike in everything but their id have the same scores, in whatever block they were.
    const [alike] = await query(
      'scores/today.parquet',
      'SELECT count(DISTINCT probability_yes) AS n FROM $ WHERE id % 2991 = 0',
    );
    expect(alike).toEqual({ n: '1' });
    expect(project.log.some((line) => /scored 200,001 rows/.test(line))).toBe(true);
  });

  test('the types are those of the training: codes that are all digits stay text, and true is not True', async () => {
    const header = 'id,usage,plan,churned';
    const row = (id: number): (string | number)[] => [
      id,
      id % 50,
      ['1', '02', 'True', 'x'][id % 4]!,
      id % 4 === 1 || id % 9 === 0 ? 'yes' : 'no',
    ];
    const other = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers({ header, row }) });
    await other.run('train', { champion: 'none' });
    await other.write('mlops.yaml', batch());
    await other.write('new/a.csv', 'id,usage,plan\n1,5,1\n2,5,02\n');
    await other.write('new/b.csv', 'id,usage,plan\n3,5,True\n');
    await other.write('new/c.csv', 'id,usage,plan\n4,5,x\n5,5,\n');
    const outcome = await other.run('deploy', { model: '.mlops-actions/bundle' });
    expect(outcome.failure).toBeUndefined();
    project = other;
    const rows = await query('scores/today.parquet', 'SELECT id, probability_yes FROM $');
    const model = await openModel(join(other.directory, '.mlops-actions/bundle/model.onnx'));
    const table = tableOf({ usage: ['integer', [5, 5, 5, 5, 5]], plan: ['string', ['1', '02', 'True', 'x', null]] });
    const { scores } = await model.predict(table, { task: 'binary', classes: ['no', 'yes'] });
    await model.close();
    expect(rows.map(({ probability_yes }) => probability_yes)).toEqual([1, 3, 5, 7, 9].map((at) => scores[at]));
    expect(new Set(rows.map(({ probability_yes }) => probability_yes)).size).toBe(5);
  });

  test('a folder for each value of a column; those of earlier days stay', async () => {
    await project.write('mlops.yaml', batch({ output: 'scores', partition: 'plan' }));
    await project.write('scores/plan=gone/scores_0.parquet', 'of an earlier day');
    expect((await score()).failure).toBeUndefined();
    expect((await readdir(join(project.directory, 'scores'))).sort()).toEqual([
      'plan=basic',
      'plan=gone',
      'plan=plus',
      'plan=pro',
    ]);
    expect((await query('scores/plan=basic/*.parquet', 'SELECT id FROM $')).map(({ id }) => id)).toEqual(['5', '7']);
    await project.write('new/b.csv', 'id,usage,plan\n9,1.5,basic\n');
    expect((await score()).failure).toBeUndefined();
    expect((await query('scores/plan=basic/*.parquet', 'SELECT id FROM $')).map(({ id }) => id)).toEqual(['5', '9']);
    expect((await query('scores/plan=pro/*.parquet', 'SELECT id FROM $')).map(({ id }) => id)).toEqual(['9']);
  });

  test('without data.key every column stays', async () => {
    await project.write('mlops.yaml', batch({}, { data: { path: 'data.csv' } }));
    expect((await score()).failure).toBeUndefined();
    const [first] = await query('scores/today.parquet', 'SELECT * FROM $');
    expect(Object.keys(first!)).toEqual(['plan', 'usage', 'id', 'label', 'probability_no', 'probability_yes']);
  });

  test('the scores are left as an artifact when one is named', async () => {
    await score({ artifact: 'scores' });
    expect(project.uploads).toEqual([{ name: 'scores', files: [join(project.directory, 'scores/today.parquet')] }]);
  });

  test('a dry run writes nothing', async () => {
    const outcome = await score({ 'dry-run': 'true' });
    expect(outcome.summary).toContain('score 2 files');
    expect(await readdir(project.directory)).not.toContain('scores');
  });
});

describe('what does not do leaves the old scores', () => {
  const failing = async (changes: () => Promise<unknown>): Promise<string> => {
    expect((await score()).failure).toBeUndefined();
    const before = await readFile(join(project.directory, 'scores/today.parquet'));
    await changes();
    const { failure = '' } = await score();
    expect(await readFile(join(project.directory, 'scores/today.parquet'))).toEqual(before);
    expect(await readdir(join(project.directory, 'scores'))).toEqual(['today.parquet']);
    expect(failure).not.toContain('\n');
    return failure;
  };

  test('a column that is not there', async () => {
    const failure = await failing(async () => {
      await project.write('new/a.csv', 'id,usge,plan\n1,5,pro\n');
      await project.write('new/b.csv', 'id,usge,plan\n2,5,pro\n');
    });
    expect(failure).toMatch(
      /mlops\.yaml:\d+:\d+: the model takes the column "usage", which the files do not have; did you mean "?usge/,
    );
  });

  test('a value that its column cannot hold', async () => {
    const failure = await failing(() => project.write('new/b.csv', 'id,usage,plan\n9,1.5,pro\n7,much,basic\n'));
    expect(failure).toContain(
      'column "usage" is number for the model, and string in the files; the first value that is none: "much" in row 4',
    );
  });

  test('a column with the name of what the model adds', async () => {
    const failure = await failing(async () => {
      await project.write('mlops.yaml', batch({}, { data: { path: 'data.csv', key: 'label' } }));
      await project.write('new/a.csv', 'label,usage,plan\n1,5,pro\n');
      await project.write('new/b.csv', 'label,usage,plan\n1,5,pro\n');
    });
    expect(failure).toContain('the files have a column "label", which is the name of what the model adds');
  });
});

describe('mistakes, in one line', () => {
  const line = async (text: string, inputs: Readonly<Record<string, string>> = {}): Promise<string> => {
    await writeFile(join(project.directory, 'mlops.yaml'), text);
    return project.complaint('deploy', { model: bundle, ...inputs });
  };

  test('no files, no output, an output elsewhere, a folder that is a file', async () => {
    expect(await line(batch({ input: 'none/*.csv' }))).toMatch(
      /^mlops\.yaml:\d+:\d+: none\/\*\.csv: no file in .* matches this pattern/,
    );
    expect(await line(spec({ deploy: { target: 'batch' } }))).toMatch(/deploy\.batch is missing; the target batch needs/);
    expect(await line(batch({ output: '../scores.parquet' }))).toContain('deploy.batch.output leads out of the workspace');
    expect(await line(batch({ output: 'scores' }))).toContain('deploy.batch.output: found "scores", expected a .parquet file');
    expect(await line(batch({ output: 'scores.parquet', partition: 'plan' }))).toContain('expected a folder');
    expect(await line(batch({ input: '/etc/*.csv' }))).toContain('leads out of the');
  });

  test('a model that is none', async () => {
    expect(await line(batch(), { model: 'nowhere' })).toContain('Input "model" is "nowhere": there is no such file or folder');
    expect(await line(batch(), { model: 'churn@latest' })).toContain('Versions are kept on GitHub');
    expect(
      await line(spec({ name: 'other', deploy: { target: 'batch', batch: { input: 'new/*.csv', output: 's.parquet' } } })),
    ).toContain('The bundle is of the model "churn", and mlops.yaml names "other"');
  });
});
