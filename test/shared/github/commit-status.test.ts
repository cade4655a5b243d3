import { expect, test } from 'vitest';
import { createClient } from '../../../shared/github/client.js';
import { postCommitStatus } from '../../../shared/github/commit-status.js';
import { openScene, sha } from '../../github/scene.js';
import { complaint } from './scene.js';

test('the newest of a context counts, and a long line is cut at 140 characters', async () => {
  const scene = await openScene();
  try {
    const { github, repository } = scene;
    const status = {
      repository: { owner: 'acme', repo: 'models' },
      ...{ sha: sha('base'), context: 'Model CI: churn', fromFork: false },
      targetUrl: 'https://github.com/acme/models/actions/runs/1',
    };
    const client = async (permissions: Parameters<typeof scene.job>[0]) =>
      createClient({ token: scene.job(permissions, 'report').token, apiUrl: github.apiUrl, log: () => {} });
    const writer = await client({ statuses: 'write' });
    await postCommitStatus(writer, { ...status, state: 'failure', description: '1 of 2 gates fails' });
    const url = await postCommitStatus(writer, { ...status, state: 'success', description: '🟢'.repeat(200) });
    expect(url).toContain(`/repos/acme/models/statuses/${sha('base')}`);
    const [newest] = github.statuses(repository, sha('base'));
    expect(newest).toMatchObject({ context: 'Model CI: churn', state: 'success' });
    const reader = await client({ contents: 'read' });
    const refused = (fromFork: boolean) =>
      complaint(postCommitStatus(reader, { ...status, fromFork, state: 'success', description: 'x' }));
    expect(await refused(false)).toContain('Add "statuses: write" to the "permissions:" of the job');
    expect(await refused(true)).toContain('The token of a pull request from a fork can only read');
  } finally {
    await scene.github.close();
  }
});
