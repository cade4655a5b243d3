import { sha } from '../../github/scene.js';
import type { LocalGitHubOptions, Permissions } from '../../github/types.js';
import { openScene } from './scene.js';

/** A repository on a local GitHub with one commit, and clients of jobs that may write to it, or only read. */
export async function openRepository(options?: LocalGitHubOptions) {
  const scene = await openScene(options);
  const head = sha('base');
  const run = scene.github.startRun({
    ...{ repository: scene.repository, workflowName: 'CD', path: 'cd.yml', event: 'push', headBranch: 'main', headSha: head },
  });
  const as = (permissions: Permissions) => scene.client(permissions, run);
  return { ...scene, head, writer: await as({ contents: 'write' }), reader: await as({ contents: 'read' }) };
}

export type RepositoryScene = Awaited<ReturnType<typeof openRepository>>;
