import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atEnd, BUNDLE, liveSpec, logTraffic, trainLive, week } from './live.js';
import { Project } from './project.js';

/** A model in a folder of its own, whose spec has another name. */

let project: Project;
beforeAll(async () => {
  project = await Project.create();
  await trainLive(project);
  await project.write('models/churn/model.yaml', liveSpec({ monitor: { traffic: 'traffic', min_rows: 200 } }));
  for (const number of [0, 1]) await logTraffic(project, week(number), { folder: 'models/churn/traffic' });
});
afterAll(() => project.remove());

test('is looked at there', async () => {
  const { outputs, failure } = await project.run('monitor', {
    ...{ 'working-directory': 'models/churn', spec: 'model.yaml', model: join(project.directory, BUNDLE) },
    ...{ at: atEnd(2), author: 'ours[bot]' },
  });
  expect(failure).toBeUndefined();
  expect(outputs['result-path']).toBe(join(project.directory, 'models/churn/.mlops-actions/health.json'));
  expect(outputs.healthy).toBe('true');
});
