import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GitHubClient } from '../../../shared/github/client.js';
import {
  createDeployment,
  deactivateDeployments,
  deploymentState,
  listDeployments,
  type NewDeployment,
  setDeploymentStatus,
} from '../../../shared/github/deployment.js';
import { openRepository, type RepositoryScene } from './registry-scene.js';
import { complaint } from './scene.js';

let scene: RepositoryScene;
let client: GitHubClient;
beforeEach(async () => {
  scene = await openRepository();
  client = await scene.client({ contents: 'read', deployments: 'write' });
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
});

const deployment = (changes: Partial<NewDeployment> = {}): NewDeployment => ({
  ...{ ref: scene.head, environment: 'production', task: 'deploy:churn', description: 'churn v1.0.0' },
  payload: { model: 'churn', version: 'v1.0.0' },
  ...changes,
});
const make = (changes?: Partial<NewDeployment>) => createDeployment(client, scene.at, deployment(changes));
const states = () => scene.github.deployments(scene.repository).map(({ statuses }) => statuses.map(({ state }) => state));

test('is recorded while the job that makes it is running, with its statuses and addresses', async () => {
  const id = await make();
  await setDeploymentStatus(client, scene.at, id, { state: 'in_progress', description: 'Smoke test' });
  const urls = { logUrl: 'https://github.com/acme/models/actions/runs/1', environmentUrl: 'https://models.example.org' };
  await setDeploymentStatus(client, scene.at, id, { state: 'success', description: 'Live', ...urls });
  expect(scene.github.deployments(scene.repository)).toEqual([
    {
      ...{ id, ref: scene.head, sha: scene.head, task: 'deploy:churn', environment: 'production', description: 'churn v1.0.0' },
      payload: { model: 'churn', version: 'v1.0.0' },
      statuses: [
        { state: 'in_progress', description: 'Smoke test', logUrl: '', environmentUrl: '' },
        { state: 'success', description: 'Live', ...urls },
      ],
    },
  ]);
  expect(await deploymentState(client, scene.at, id)).toBe('success');
  expect(await deploymentState(client, scene.at, await make())).toBeUndefined();
  expect(await deploymentState(client, scene.at, 1)).toBeUndefined();
});

test('is listed by environment and task, newest first, with its payload', async () => {
  const first = await make();
  const second = await make({ payload: { version: 'v1.1.0' } });
  await make({ task: 'deploy:other' });
  await make({ environment: 'staging' });
  const listed = await listDeployments(client, scene.at, { environment: 'production', task: 'deploy:churn' });
  expect(listed.map(({ id }) => id)).toEqual([second, first]);
  expect(listed[0]!.payload).toEqual({ version: 'v1.1.0' });
});

test('what it follows becomes inactive, in production too; failures and other models stay', async () => {
  const live = await make();
  const failed = await make();
  const other = await make({ task: 'deploy:other' });
  const dead = await make();
  const newest = await make();
  await setDeploymentStatus(client, scene.at, live, { state: 'success', description: '' });
  await setDeploymentStatus(client, scene.at, failed, { state: 'failure', description: 'smoke test' });
  await setDeploymentStatus(client, scene.at, other, { state: 'success', description: '' });
  await setDeploymentStatus(client, scene.at, dead, { state: 'in_progress', description: '' });
  await setDeploymentStatus(client, scene.at, newest, { state: 'success', description: '' });
  const follow = async (): Promise<void> => {
    const listed = await listDeployments(client, scene.at, { environment: 'production', task: 'deploy:churn' });
    const earlier = listed.filter(({ id }) => id < newest);
    await deactivateDeployments(client, scene.at, earlier, 'v1.1.0 followed');
  };
  await follow();
  const followed = [['success', 'inactive'], ['failure'], ['success'], ['in_progress', 'inactive'], ['success']];
  expect(states()).toEqual(followed);
  await follow();
  expect(states()).toEqual(followed);
});

test('a long reason is cut to what GitHub takes', async () => {
  const id = await make({ description: 'x'.repeat(200) });
  await setDeploymentStatus(client, scene.at, id, { state: 'failure', description: `first line\n${'y'.repeat(300)}` });
  const [written] = scene.github.deployments(scene.repository);
  expect(written!.statuses[0]!.description).toMatch(/^first line y+…$/);
  expect(written!.statuses[0]!.description).toHaveLength(140);
  expect(written!.description).toHaveLength(140);
});

test('a missing permission names the line to add, and a ref that is not there is said', async () => {
  const reader = await scene.client({ contents: 'read', deployments: 'read' });
  expect(await complaint(createDeployment(reader, scene.at, deployment()))).toContain(
    'Add "deployments: write" to the "permissions:"',
  );
  expect(await complaint(make({ ref: 'churn@v9.0.0' }))).toContain('is the tag of the version still there?');
});

test('without an empty list of contexts GitHub refuses while a job runs, and it deactivates by itself outside of production', async () => {
  const refused = client.rest.repos.createDeployment({ ...scene.at, ref: scene.head });
  await expect(refused).rejects.toMatchObject({ status: 409 });
  const first = await make({ environment: 'staging' });
  const second = await make({ environment: 'staging' });
  for (const deployment_id of [first, second]) {
    await client.rest.repos.createDeploymentStatus({ ...scene.at, deployment_id, state: 'success' });
  }
  expect(states()).toEqual([['success', 'inactive'], ['success']]);
  await expect(client.rest.repos.deleteDeployment({ ...scene.at, deployment_id: second })).rejects.toMatchObject({
    status: 422,
  });
  expect((await client.rest.repos.deleteDeployment({ ...scene.at, deployment_id: first })).status).toBe(204);
  expect((await client.rest.repos.getDeployment({ ...scene.at, deployment_id: second })).data.environment).toBe('staging');
});
