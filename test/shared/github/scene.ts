import { createClient, type GitHubClient } from '../../../shared/github/client.js';
import { openScene as openGitHub } from '../../github/scene.js';
import type { LocalGitHubOptions, Permissions, Run } from '../../github/types.js';

/** A local GitHub with two pull requests, and this project's own client, whose retries do not make a test wait. */
export async function openScene(options?: LocalGitHubOptions) {
  const scene = await openGitHub(options);
  const logged: string[] = [];
  const clientOf = (token: string): Promise<GitHubClient> =>
    createClient({ token, apiUrl: scene.github.apiUrl, log: (line) => logged.push(line), retryAfterBase: 5 });
  return {
    ...scene,
    logged,
    clientOf,
    /** The client of a job with these permissions. */
    client: (permissions: Permissions, run?: Run) => clientOf(scene.job(permissions, 'report', run).token),
  };
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** The message of what a call threw, which must be a mistake of the user's. */
export async function complaint(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error) || error.name !== 'UserError') throw new Error(`not a UserError: ${String(error)}`);
  return error.message;
}
