import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeMlflow } from '../shared/registry/mlflow/fake.js';
import { openRegistry, type RegistryScene } from '../shared/registry/scene.js';
import { RegistryJob } from './registry-job.js';

/** register and promote where the spec names an MLflow server: GitHub first, and MLflow never in the way. */

let scene: RegistryScene;
let mlflow: FakeMlflow;
beforeAll(async () => {
  [scene, mlflow] = await Promise.all([openRegistry({ github: { checkOpenApi: false } }), FakeMlflow.start()]);
});
afterAll(() => Promise.all([scene.close(), mlflow.close()]));

test('while MLflow is down versions and stages go on, and a later run of promote brings all of it', async () => {
  const job = await RegistryJob.open(scene, 'churn', { spec: { registry: { mlflow: { tracking_uri: mlflow.url } } } });
  await job.bundle('a graph');
  mlflow.inject({ match: /./, kind: 'status', status: 401, times: 3 });

  const registered = await job.step('register');
  expect(registered.outputs).toMatchObject({ version: 'v1.0.0', created: 'true' });
  expect(registered.failure).toBeUndefined();
  expect(registered.annotations).toEqual([
    { level: 'warning', message: expect.stringMatching(/^MLflow did not get churn v1\.0\.0: /) },
  ]);
  expect(registered.summary).toContain('MLflow did not get churn v1.0.0');

  const staged = await job.step('promote', { stage: 'staging' });
  expect(staged.outputs.tag).toBe('churn#staging#1');
  expect(staged.annotations).toMatchObject([{ message: expect.stringContaining('churn v1.0.0 with the alias staging') }]);
  expect(staged.summary).toContain('MLflow did not get churn v1.0.0');
  const back = await job.complaint('promote', { stage: 'staging', rollback: 'true' });
  expect(back).toContain('the first version');

  expect((await job.step('register')).annotations).toMatchObject([{ level: 'warning' }]);
  expect(mlflow.versions).toEqual([]);

  const again = await job.step('promote', { stage: 'staging' });
  expect(again.annotations).toEqual([]);
  expect(again.summary).toContain(`In MLflow it is <a href="${mlflow.url}/#/models/churn/versions/1">version 1</a>.`);
  expect(mlflow.versions).toMatchObject([{ name: 'churn', version: '1' }]);
  expect(mlflow.aliases).toEqual(new Map([['churn@staging', '1']]));
});

test('of the stages on the way, too, MLflow hears or the step says that it did not', async () => {
  const job = await RegistryJob.open(scene, 'through', { spec: { registry: { mlflow: { tracking_uri: mlflow.url } } } });
  await job.bundle('a graph');
  await job.step('register');
  mlflow.inject({ match: /alias/, kind: 'status', status: 400, times: 1 });
  const { annotations, outputs } = await job.step('promote', { stage: 'production', through: 'true' });
  expect(outputs.tag).toBe('through#production#2');
  expect(annotations).toEqual([{ level: 'warning', message: expect.stringContaining('v1.0.0 with the alias staging: ') }]);
  expect([...mlflow.aliases.keys()].filter((name) => name.startsWith('through@'))).toEqual(['through@production']);
});

test('an old run that is run again does not take an alias back', async () => {
  const open = () => RegistryJob.open(scene, 'late', { spec: { registry: { mlflow: { tracking_uri: mlflow.url } } } });
  const first = await open();
  await first.bundle('one');
  await first.step('register');
  await first.step('promote', { stage: 'staging' });
  const second = await open();
  await second.bundle('two');
  await second.step('register', { version: 'minor' });
  await second.step('promote', { stage: 'staging' });
  const number = mlflow.aliases.get('late@staging');
  // It assigns nothing new: what it registers is known, and only its own version's.
  await first.step('register');
  expect(mlflow.aliases.get('late@staging')).toBe(number);
  await second.step('promote', { stage: 'staging', rollback: 'true' });
  expect(mlflow.aliases.get('late@staging')).not.toBe(number);
});
