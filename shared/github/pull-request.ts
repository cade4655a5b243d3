import type { GitHubClient, RepositoryName } from './client.js';
import { attempt } from './errors.js';
import type { WorkflowRun } from './run.js';

/**
 * The open pull requests into this repository whose head is what a run has run on: that commit of that branch of that
 * repository, as GitHub itself says. One whose branch has moved on since is none of them.
 * @returns their numbers
 */
export async function pullRequestsOfRun(
  client: GitHubClient,
  repository: RepositoryName,
  { headBranch, headRepository, headRepositoryId, headSha }: WorkflowRun,
): Promise<readonly number[]> {
  if (headBranch === null || headRepository === undefined) return [];
  const [owner] = headRepository.split('/');
  const details = { what: 'list the pull requests', permission: 'pull-requests: write', fromFork: false };
  const found = await attempt(details, () =>
    client.paginate(client.rest.pulls.list, { ...repository, state: 'open', head: `${owner}:${headBranch}`, per_page: 100 }),
  );
  return found
    .filter(({ head }) => head.sha === headSha && head.ref === headBranch && head.repo?.id === headRepositoryId)
    .map(({ number }) => number);
}

/** The commit that is a pull request's head now; asked for before it is commented on. */
export async function headOfPullRequest(client: GitHubClient, repository: RepositoryName, number: number): Promise<string> {
  const details = { what: `comment on pull request #${number}`, permission: 'pull-requests: write', fromFork: false };
  const { data } = await attempt(details, () => client.rest.pulls.get({ ...repository, pull_number: number }));
  return data.head.sha;
}
