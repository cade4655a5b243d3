import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Project, spec } from './project.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create({
    'mlops.yaml': spec(),
    'models/churn/model.yaml': spec({ name: 'other' }),
    'metric/mlops.yaml': spec({ evaluate: { custom: { own: { command: './own', better: 'lower' } } } }),
    'command/mlops.yaml': spec({ train: { command: 'python train.py' } }),
  });
});
afterAll(() => project.remove());

test('writes the pipeline, and says what is in it', async () => {
  const { outputs, summary } = await project.run('pipeline', { target: 'kubeflow', data: 's3://bucket/data.csv' });
  expect(outputs).toEqual({ 'pipeline-path': join(project.directory, '.mlops-actions/pipeline.yaml') });
  const yaml = await readFile(outputs['pipeline-path']!, 'utf8');
  expect(yaml).toMatch(/^# churn: compiled by mlops-actions /);
  expect(yaml).toContain('image: ghcr.io/mlops-actions/mlops-actions:dev');
  expect(summary).toContain('`validate`');
  expect(summary).toContain('`compare` (with `champion_uri`)');
  expect(project.log).toContain('Pipeline of 4 steps in .mlops-actions/pipeline.yaml');
});

test('finds the spec of a folder, and writes beside it', async () => {
  const { outputs } = await project.run('pipeline', {
    ...{ target: 'kubeflow', spec: 'model.yaml', 'working-directory': 'models/churn' },
    ...{ image: 'registry.example.org/models:1.2.3', output: 'build/pipeline.yaml' },
  });
  expect(outputs['pipeline-path']).toBe(join(project.directory, 'models/churn/build/pipeline.yaml'));
  const yaml = await readFile(outputs['pipeline-path']!, 'utf8');
  expect(yaml).toMatch(/^# other: /);
  expect(yaml.match(/image: registry\.example\.org\/models:1\.2\.3\n/g)).toHaveLength(4);
});

test.each([
  [{ target: '' }, 'Input "target" is required'],
  [{ target: 'airflow' }, 'Input "target" is "airflow"; accepted: kubeflow.'],
  [{ image: 'models; rm -rf /' }, 'Input "image" is "models; rm -rf /"; accepted: a container image such as'],
  [{ data: 'data.csv' }, 'Input "data" is "data.csv"; accepted: an address that Kubeflow can read, such as s3://'],
  [{ spec: 'nothing.yaml' }, 'nothing.yaml'],
  [{ 'working-directory': 'command' }, 'train.command'],
  [{ 'working-directory': 'metric' }, 'evaluate.custom.own.command runs code of this repository'],
])('a mistake is one line: %j', async (inputs, what) => {
  expect(await project.complaint('pipeline', { target: 'kubeflow', ...inputs })).toContain(what);
});
