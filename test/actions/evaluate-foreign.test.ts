import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { customers, Project, spec } from './project.js';

/** The sample's own writer of ONNX files, which is a user's code and not compiled with ours. */
const writer = new URL('../projects/trainer-javascript/main/onnx-file.mjs', import.meta.url).href;
const { softmaxModel } = (await import(writer)) as {
  softmaxModel(
    statistics: readonly { readonly mean: number; readonly deviation: number }[],
    weights: readonly (readonly number[])[],
    bias: readonly number[],
  ): Uint8Array;
};

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'data.csv': customers() });
});
afterEach(() => project.remove());

const numbers = [0, 0].map(() => ({ mean: 0, deviation: 1 }));

test('a graph made elsewhere is evaluated as it comes, with its single input in the order of features.use', async () => {
  await project.write('mlops.yaml', spec({ data: { path: 'data.csv' }, features: { use: ['usage', 'id'] } }));
  await project.write(
    'model.onnx',
    softmaxModel(
      numbers,
      [
        [0.15, -0.15],
        [0, 0],
      ],
      [0, 0],
    ),
  );
  const { outputs } = await project.run('evaluate', { model: 'model.onnx' });
  const { auc } = JSON.parse(await readFile(outputs['metrics-path']!, 'utf8'));
  expect(auc).toBeGreaterThan(0.6);
});

test('without features.use nobody knows the order', async () => {
  await project.write('mlops.yaml', spec());
  await project.write(
    'model.onnx',
    softmaxModel(
      numbers,
      [
        [1, 1],
        [1, 1],
      ],
      [0, 0],
    ),
  );
  expect(await project.complaint('evaluate', { model: 'model.onnx' })).toContain(
    'model.onnx takes 2 columns in its input "features", but the data (features.use is not given) names 4: id, usage, plan, churned',
  );
});

test('a bundle is run on the columns that it takes, which features.use alone need not name', async () => {
  const header = 'id,usage,day,churned';
  const row = (id: number): (string | number)[] => [
    id,
    (id * 7) % 50,
    `2024-01-${10 + (id % 20)}`,
    (id * 7) % 50 < 20 + (id % 9) ? 'yes' : 'no',
  ];
  await project.write('data.csv', customers({ header, row }));
  await project.write('mlops.yaml', spec({ features: { use: ['usage'], derive: [{ from: 'day', parts: ['weekday'] }] } }));
  await project.run('train');
  const { outputs } = await project.run('evaluate', { model: '.mlops-actions/bundle' });
  expect(outputs.gates).toBe('pass');
});
