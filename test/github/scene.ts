import type { getOctokit } from '@actions/github';
import { startLocalGitHub } from './local-github.js';
import type { Job, LocalGitHub, LocalGitHubInspection, LocalGitHubOptions, Permissions, Run } from './types.js';

export type Octokit = ReturnType<typeof getOctokit>;

/** Forty characters that look like a commit. */
export function sha(text: string): string {
  return Buffer.from(text.repeat(20)).toString('hex').slice(0, 40);
}

export const READ: Permissions = { contents: 'read', actions: 'read' };

/** A repository with a pull request of its own (number 1) and one of a fork (number 2), and a way to talk to it. */
export async function openScene(options?: LocalGitHubOptions) {
  const github = await startLocalGitHub(options);
  // The toolkit takes the address of the API from here when it is imported, and sticks to it.
  process.env.GITHUB_API_URL ??= github.apiUrl;
  const toolkit = await import('@actions/github');
  const repository = github.createRepository({ owner: 'acme', name: 'models' });
  const fork = github.createRepository({ owner: 'mallory', name: 'models', forkOf: repository });
  const base = { ref: 'main', sha: sha('base'), repository };
  const own = github.openPullRequest({
    ...{ title: 'Deeper trees', user: 'ann', base },
    head: { ref: 'deeper', sha: sha('own'), repository },
  });
  const foreign = github.openPullRequest({
    ...{ title: 'Mine bitcoin', user: 'mallory', base },
    head: { ref: 'patch-1', sha: sha('fork'), repository: fork },
  });
  const runOf = (pull: typeof own): Run =>
    github.startRun({
      ...{ repository, workflowName: 'Model CI', path: '.github/workflows/model-ci.yml', event: 'pull_request' },
      ...{ headBranch: pull.head.ref, headSha: pull.head.sha, headRepository: pull.head.repository, actor: pull.user },
    });
  const run = runOf(own);
  const job = (permissions: Permissions, name = 'judge', of: Run = run): Job => github.startJob(of, { name, permissions });
  /** The client that actions use, without its retries. */
  const as = (token: string): Octokit => toolkit.getOctokit(token, { baseUrl: github.apiUrl });
  const at = { owner: 'acme', repo: 'models' };
  return { github, repository, fork, own, foreign, run, runOf, job, as, at };
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** What a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; message: string; data: unknown }> {
  try {
    await call;
  } catch (error) {
    const { status, message, response } = error as { status: number; message: string; response?: { data: unknown } };
    return { status, message, data: response?.data };
  }
  throw new Error('the call went through');
}

/** Sends what no client would send. */
export function raw(github: LocalGitHub & LocalGitHubInspection, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${github.apiUrl}${path}`, init);
}
