import { afterAll, beforeAll, expect, test } from 'vitest';
import { requiresReview } from '../../../shared/github/environment.js';
import { complaint, openScene, type Scene } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
});

test('only an environment with reviewers holds a job up', async () => {
  const { github, repository } = scene;
  github.setEnvironment(repository, { name: 'production', reviewers: ['rita'] });
  github.setEnvironment(repository, { name: 'staging', secrets: { KEY: 'x' } });
  const client = await scene.client({ actions: 'read' });
  const at = { owner: 'acme', repo: 'models' };
  expect(await requiresReview(client, at, 'production')).toBe(true);
  expect(await requiresReview(client, at, 'Production')).toBe(true);
  expect(await requiresReview(client, at, 'staging')).toBe(false);
  expect(await requiresReview(client, at, 'no such/place')).toBe(false);
});

test('what the token lacks is said', async () => {
  const { github } = scene;
  const closed = github.createRepository({ owner: 'acme', name: 'closed', private: true });
  github.setEnvironment(closed, { name: 'production', reviewers: ['rita'] });
  const run = github.startRun({
    ...{
      repository: closed,
      workflowName: 'retrain',
      path: 'retrain.yml',
      event: 'schedule',
      headBranch: 'main',
      headSha: 'a'.repeat(40),
    },
  });
  const client = await scene.client({ contents: 'read' }, run);
  expect(await complaint(requiresReview(client, { owner: 'acme', repo: 'closed' }, 'production'))).toBe(
    'The token may not read the rules of environment "production" (403: Resource not accessible by integration - https://docs.github.com/rest/deployments/environments#get-an-environment). Add "actions: read" to the "permissions:" of the job, and of the caller where the workflow is a called one.',
  );
});
