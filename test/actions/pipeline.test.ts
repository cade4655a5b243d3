import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Project, spec } from './project.js';

let project: Project;
beforeAll(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'other/mlops.yaml': spec({ train: { command: 'python train.py' } }) });
});
afterAll(() => project.remove());

test('writes the pipeline, and says what is in it', async () => {
  const { outputs, summary } = await project.run('pipeline', { data: 's3://bucket/data.csv' });
  expect(outputs).toEqual({ 'pipeline-path': join(project.directory, '.mlops-actions/pipeline.yaml') });
  const yaml = await readFile(outputs['pipeline-path']!, 'utf8');
  expect(yaml).toMatch(/^# churn: compiled by mlops-actions /);
  expect(yaml).toContain('image: ghcr.io/mlops-actions/mlops-actions:dev');
  expect(summary).toContain('`validate`');
  expect(summary).toContain('`compare` (with `champion_uri`)');
  expect(project.log).toContain('Pipeline of 4 steps in .mlops-actions/pipeline.yaml');
});

test.each([
  [{ target: 'airflow' }, 'Input "target" is "airflow"; accepted: kubeflow.'],
  [{ image: 'models; rm -rf /' }, 'Input "image" is "models; rm -rf /"; accepted: a container image such as'],
  [{ data: 'data.csv' }, 'Input "data" is "data.csv"; accepted: an address that Kubeflow can read, such as s3://'],
  [{ spec: 'nothing.yaml' }, 'nothing.yaml'],
  [{ 'working-directory': 'other' }, 'train.command'],
])('a mistake is one line: %j', async (inputs, what) => {
  expect(await project.complaint('pipeline', inputs)).toContain(what);
});
