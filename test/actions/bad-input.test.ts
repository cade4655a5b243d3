import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { vegaDataset } from '../projects/sample.js';
import { customers, Project, spec } from './project.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
});
afterEach(() => project.remove());

/** Every one of these meets a user as one line: no stack, no break. */
async function line(action: string, inputs: Readonly<Record<string, string>> = {}): Promise<string> {
  const message = await project.complaint(action, inputs);
  expect(message).not.toContain('\n');
  return message;
}

describe.each(['validate', 'train'])('%s: the spec', (action) => {
  test('is not there', async () => {
    expect(await line(action, { spec: 'model.yaml' })).toMatch(/^no spec: model\.yaml is not in .*did you mean mlops\.yaml\?/);
  });

  test('is no YAML', async () => {
    await project.write('mlops.yaml', 'name: churn\ntask: [binary\n');
    expect(await line(action)).toMatch(/^mlops\.yaml:\d+:\d+: /);
  });

  test('has an unknown key: the nearest is named', async () => {
    await project.write('mlops.yaml', spec().replace('validation:', 'validaton:'));
    expect(await line(action)).toMatch(/^mlops\.yaml:\d+:\d+: .*validaton.*validation/);
  });

  test('is in a folder that is not there', async () => {
    expect(await line(action, { 'working-directory': 'models/churn' })).toContain(
      'check the inputs working-directory and spec',
    );
  });

  test('stands in a folder: messages name it from the root of the repository', async () => {
    await project.write('models/churn/mlops.yaml', spec({ seed: -1 }));
    expect(await line(action, { 'working-directory': 'models/churn' })).toMatch(/^models\/churn\/mlops\.yaml:\d+:\d+: /);
  });
});

test('all mistakes of a spec are told at once', async () => {
  await project.write('mlops.yaml', spec({ task: 'binry', seed: -1, split: { by: 'hash', test: 2 } }));
  expect((await project.complaint('train')).split('\n')).toHaveLength(3);
});

describe('the target', () => {
  const targets: [string, unknown, RegExp][] = [
    ['is no column', { column: 'churnd' }, /^mlops\.yaml:\d+:\d+: .*"churnd".*churned/],
    ['is constant', { column: 'churned', sql: "'yes'" }, /^mlops\.yaml:\d+:\d+: .*every row that has one/],
    ['is all missing', { column: 'churned', sql: 'CAST(NULL AS VARCHAR)' }, /^mlops\.yaml:\d+:\d+: .*missing/],
    ['reads a column that is not there', { column: 'late', sql: 'delay > 15' }, /^mlops\.yaml:\d+:\d+: .*delay/],
    ['reads a file', { column: 'late', sql: "(SELECT content FROM read_text('mlops.yaml')) = 'x'" }, /^mlops\.yaml:\d+:\d+: /],
    ['attaches a database', { column: 'late', sql: "1; ATTACH 'x.db'" }, /^mlops\.yaml:\d+:\d+: /],
    ['is two statements', { column: 'late', sql: 'usage > 5; SELECT 1' }, /^mlops\.yaml:\d+:\d+: /],
  ];
  test.each(targets)('%s', async (_name, target, message) => {
    await project.write('mlops.yaml', spec({ target }));
    expect(await line('train')).toMatch(message);
  });
});

describe('what the model is trained with', () => {
  test('has a class in one row only', async () => {
    const data = customers().replace(/,(yes|no)\n/, ',maybe\n');
    await project.write('data.csv', data);
    await project.write('mlops.yaml', spec({ task: 'multiclass' }));
    expect(await line('train')).toMatch(/^mlops\.yaml:\d+:\d+: target churned is "maybe" in one row only/);
  });

  test('has a category a row: it says nothing, and is no mistake', async () => {
    await project.write(
      'data.csv',
      customers({ row: (id, random) => [id, random.normal(), `plan-${id}`, id % 2 === 0 ? 'yes' : 'no'] }),
    );
    await project.write('mlops.yaml', spec({ features: { use: ['plan'] }, train: { algorithm: 'gbdt' } }));
    const { outputs } = await project.run('train');
    const metrics = JSON.parse(await readFile(join(outputs['bundle-path']!, 'metrics.json'), 'utf8'));
    expect(metrics.auc).toBe(0.5);
  });

  test('is not all there when it predicts', async () => {
    await project.run('train');
    await project.write('data.csv', customers().replaceAll(/^([^,]*,[^,]*),[^,]*/gm, '$1'));
    expect(await line('evaluate', { model: '.mlops-actions/bundle' })).toMatch(
      /^mlops\.yaml:\d+:\d+: the data has no column "plan", which the model reads; it has: id, usage, churned$/,
    );
    expect(await line('compare', { champion: 'none' })).toBe('The candidate cannot be run on this data: it needs plan.');
    await project.write('data.csv', customers().replaceAll(/^(\d+),[^,]*/gm, '$1,much'));
    expect(await line('evaluate', { model: '.mlops-actions/bundle' })).toContain('usage');
  });

  test('weighs a row below 0', async () => {
    await project.write('mlops.yaml', spec({ data: { path: 'data.csv', key: 'id', weight: 'usage' } }));
    expect(await line('train')).toMatch(/weight usage is missing, negative or infinite in \d+ rows/);
  });

  test('weighs a class that the target does not have', async () => {
    await project.write('mlops.yaml', spec({ train: { algorithm: 'linear', class_weight: { Yes: 3 } } }));
    expect(await line('train')).toMatch(
      /^mlops\.yaml:\d+:\d+: train\.class_weight: found "Yes", expected the classes of the target: no, yes/,
    );
  });

  test('asks a category to rise', async () => {
    await project.write('mlops.yaml', spec({ train: { monotone: { plan: 1 } } }));
    expect(await line('train')).toMatch(/^mlops\.yaml:\d+:\d+: train\.monotone: plan is a category/);
  });

  test('has fewer rows of a class than folds', async () => {
    await project.write('mlops.yaml', spec({ train: { algorithm: 'linear', cross_validation: 400 } }));
    expect(await line('train')).toMatch(/^mlops\.yaml:\d+:\d+: train\.cross_validation: 400 folds need at least/);
  });

  test('asks for a quantile that is none', async () => {
    const train = { objective: 'quantile', params: { alpha: 90 } };
    await project.write('mlops.yaml', spec({ task: 'regression', target: { column: 'usage' }, train }));
    expect(await line('train')).toMatch(/^mlops\.yaml:\d+:\d+: train\.params\.alpha: found 90, .* above 0 and below 1/);
  });

  test('counts below 0', async () => {
    const train = { objective: 'poisson' };
    await project.write('mlops.yaml', spec({ task: 'regression', target: { column: 'usage' }, train }));
    expect(await line('train')).toMatch(
      /^mlops\.yaml:\d+:\d+: train\.objective: poisson needs targets of 0 and above, and found -/,
    );
  });
});

describe('the data', () => {
  test('is not there', async () => {
    await project.write('mlops.yaml', spec({ data: { path: 'customers.csv' } }));
    expect(await line('train')).toMatch(/^mlops\.yaml:\d+:\d+: .*customers\.csv/);
  });

  test('is given as an input and not there', async () => {
    expect(await line('train', { data: 'other.csv' })).toContain('other.csv');
  });

  test('is empty', async () => {
    await project.write('data.csv', '');
    expect(await line('train')).toMatch(/^mlops\.yaml:\d+:\d+: data\.csv is empty/);
  });

  test('has a header and no row', async () => {
    await project.write('data.csv', 'id,usage,plan,churned\n');
    expect(await line('train')).toMatch(/data\.csv.*no rows/i);
  });

  test('has a row with a field too many: file, line, found and expected', async () => {
    await project.write('data.csv', customers().replace(/^7,.*$/m, '7,1,basic,yes,extra'));
    const message = await line('train');
    expect(message).toMatch(/^data\.csv:9/);
    expect(message).toMatch(/5.*4/);
  });

  test('is a Parquet file that was cut off', async () => {
    const whole = await readFile(vegaDataset('flights-3m.parquet'));
    await writeFile(join(project.directory, 'data.parquet'), whole.subarray(0, 100_000));
    await project.write('mlops.yaml', spec({ data: { path: 'data.parquet' } }));
    expect(await line('train')).toMatch(/^data\.parquet: /);
  });

  test('is a Git LFS pointer', async () => {
    await project.write('data.csv', `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12345\n`);
    expect(await line('train')).toContain('lfs: true');
  });
});

describe('the split', () => {
  test('leaves a part without rows', async () => {
    await project.write('data.csv', customers({ rows: 3 }));
    expect(await line('train')).toMatch(/^mlops\.yaml:\d+:\d+: /);
  });

  test('takes everything', async () => {
    await project.write('mlops.yaml', spec({ split: { by: 'hash', validation: 0.5, test: 0.5 } }));
    expect(await line('train')).toMatch(/^mlops\.yaml:\d+:\d+: /);
  });
});

describe('a model', () => {
  beforeEach(() => project.run('train'));

  test('is not there', async () => {
    expect(await line('evaluate', { model: 'missing' })).toContain(
      'Input "model" is "missing": there is no such file or folder',
    );
  });

  test('is an .onnx file that is no model', async () => {
    await project.write('bad.onnx', 'this is not a model');
    expect(await line('evaluate', { model: 'bad.onnx' })).toContain('bad.onnx');
  });

  test('is a bundle that somebody changed', async () => {
    await project.write('.mlops-actions/bundle/model.onnx', 'evil');
    expect(await line('compare', { champion: 'none' })).toContain('model.onnx has been changed');
  });

  test('is a bare .onnx file as champion: nothing says what it has seen', async () => {
    await project.write('bad.onnx', 'x');
    expect(await line('compare', { champion: 'bad.onnx' })).toContain('nothing says which rows it has trained on');
  });

  test('is a reference of no known form', async () => {
    expect(await line('compare', { champion: 'run:abc' })).toContain('Input "champion" is "run:abc"; accepted: ');
  });

  test('is in a run, outside of GitHub Actions', async () => {
    expect(await line('compare', { champion: 'run:12' })).toContain('runs can only be reached in GitHub Actions');
  });
});

describe('inputs', () => {
  test('params that are no object', async () => {
    expect(await line('train', { params: '[1]' })).toContain('Input "params" is "[1]"');
  });

  test('a parameter that the algorithm does not have', async () => {
    await project.write('mlops.yaml', spec({ train: { algorithm: 'gbdt' } }));
    expect(await line('train', { params: '{"num_leafs": 3}' })).toMatch(/num_leafs.*num_leaves/);
  });

  test('a choice that there is not', async () => {
    expect(await line('compare', { 'fail-on': 'gate' })).toBe('Input "fail-on" is "gate"; accepted: gates, worse, never.');
  });
});
