import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBundle } from '../../shared/bundle/read.js';
import { customers, Project, spec } from './project.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
});
afterEach(() => project.remove());

const train = async (inputs: Readonly<Record<string, string>> = {}) => {
  project.log.length = 0;
  const { outputs, summary } = await project.run('train', inputs);
  return { outputs, summary };
};
const trained = (): boolean => project.log.some((line) => line.startsWith('Training '));

describe('an unchanged training', () => {
  test('is not done again: the bundle is that of before, and the candidate of this run', async () => {
    const first = await train();
    const before = await readBundle(first.outputs['bundle-path']!, 'the first');
    expect(first.outputs.cached).toBe('false');
    project.uploads.length = 0;

    const second = await train();
    expect(second.outputs).toEqual({ ...first.outputs, cached: 'true' });
    expect(trained()).toBe(false);
    expect(second.summary).toContain('nothing that matters has changed, the model was reused');
    expect(second.summary).toContain('From the output folder; trained');
    expect(project.uploads).toHaveLength(1);
    const { directory: _, ...after } = await readBundle(second.outputs['bundle-path']!, 'the second');
    expect({ ...after, directory: before.directory }).toEqual(before);
  });

  test('also when only words changed, which then stand in the card', async () => {
    await train();
    await project.write('mlops.yaml', spec({ purpose: 'Keep customers.', gates: ['auc >= 0.5'] }));
    const { outputs } = await train();
    expect(outputs.cached).toBe('true');
    expect(await readFile(join(outputs['bundle-path']!, 'README.md'), 'utf8')).toContain('Keep customers.');
  });

  test('is done again where the spec or the step says so', async () => {
    await train();
    expect((await train({ cache: 'false' })).outputs.cached).toBe('false');
    await project.write('mlops.yaml', spec({ train: { algorithm: 'linear', cache: false } }));
    expect((await train()).outputs.cached).toBe('false');
    expect(trained()).toBe(true);
  });
});

describe('what changed is named, and the model is made again', () => {
  test.each([
    ['the data', {}, () => project.write('data.csv', customers({ rows: 601 }))],
    ['train', {}, () => project.write('mlops.yaml', spec({ train: { algorithm: 'baseline' } }))],
    ['target', {}, () => project.write('mlops.yaml', spec({ target: { column: 'churned', positive: 'no' } }))],
    ['features', {}, () => project.write('mlops.yaml', spec({ features: { use: ['usage'] } }))],
    ['split', {}, () => project.write('mlops.yaml', spec({ split: { by: 'hash', validation: 0.2, test: 0.2 } }))],
    ['seed', {}, () => project.write('mlops.yaml', spec({ seed: 7 }))],
    ['the metrics', {}, () => project.write('mlops.yaml', spec({ evaluate: { metrics: ['brier'] } }))],
    ['train', { params: '{"l2": 3}' }, () => Promise.resolve()],
  ])('%s %o', async (part, inputs, change) => {
    await train();
    await change();
    const { outputs, summary } = await train(inputs);
    expect(outputs.cached).toBe('false');
    expect(summary).toContain(`It was trained again because of what changed since the last training here: ${part}.`);
  });

  test('a file that the command reads', async () => {
    const command = { command: 'node train.mjs', inputs: ['*.mjs'] };
    await project.write('mlops.yaml', spec({ train: command, features: { use: ['usage'] } }));
    const sample = new URL('../projects/trainer-javascript/main/onnx-file.mjs', import.meta.url);
    await project.write('onnx-file.mjs', await readFile(sample));
    const script = (slope: number): string => `import { writeFileSync } from 'node:fs';
import { softmaxModel } from './onnx-file.mjs';
writeFileSync(process.env.MLOPS_OUTPUT + '/model.onnx', softmaxModel([{ mean: 0, deviation: 1 }], [[${slope}, 0]], [0, 0]));`;
    await project.write('train.mjs', script(0.1));
    await train();
    expect((await train()).outputs.cached).toBe('true');
    await project.write('train.mjs', script(0.2));
    const changed = await train();
    expect(changed.outputs.cached).toBe('false');
    expect(changed.summary).toContain('the files of train.inputs.');

    await project.write('mlops.yaml', spec({ train: { command: 'node train.mjs' }, features: { use: ['usage'] } }));
    await train();
    const unknown = await train();
    expect(unknown.outputs.cached).toBe('false');
    expect(unknown.summary).toContain('train.inputs names no files');
  });
});

describe('a bundle that is no good is not reused', () => {
  test.each([
    ['a file is damaged', 'model.onnx', 'not what it was'],
    ['the manifest is cut off', 'manifest.json', '{"format": 1, "name"'],
    ['a file is empty', 'predictions.parquet', ''],
  ])('%s', async (_, file, content) => {
    const first = await train();
    await writeFile(join(first.outputs['bundle-path']!, file), content);
    const second = await train();
    expect(second.outputs).toEqual(first.outputs);
    expect(trained()).toBe(true);
  });

  test('nor one that came with a commit: on a runner the output folder is no source', async () => {
    await train();
    const services = project.services();
    project.services = () => ({ ...services, environment: { ...services.environment, hasArtifacts: true } });
    expect((await train()).outputs.cached).toBe('false');
  });
});

describe('train.inputs', () => {
  test.each([
    ['nothing.py', 'train.inputs: no file matches nothing.py'],
    ['../*', 'leads out of the workspace'],
  ])('%s', async (pattern, expected) => {
    await project.write('mlops.yaml', spec({ train: { command: 'true', inputs: [pattern] } }));
    expect(await project.complaint('train')).toContain(expected);
  });
});
