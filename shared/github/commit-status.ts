import type { GitHubClient, RepositoryName } from './client.js';
import { attempt } from './errors.js';

export interface CommitStatus {
  readonly repository: RepositoryName;
  readonly sha: string;
  /** What tells this status from others of the commit; the newest of a context counts. */
  readonly context: string;
  readonly state: 'success' | 'failure';
  /** One plain line; more than 140 characters are cut off, since they are refused. */
  readonly description: string;
  readonly targetUrl?: string;
  readonly fromFork: boolean;
}

const LONGEST_DESCRIPTION = 140;

/** Sets a commit's status: for forges that know no check runs, and for rules that ask for a status. @returns its address */
export async function postCommitStatus(client: GitHubClient, status: CommitStatus): Promise<string> {
  const { repository, sha, context, state, description, targetUrl, fromFork } = status;
  return attempt({ what: 'set a commit status', permission: 'statuses: write', fromFork }, async () => {
    const { data } = await client.rest.repos.createCommitStatus({
      ...{ ...repository, sha, context, state },
      // Never half of a character of two units.
      description: description.slice(0, LONGEST_DESCRIPTION).replace(/[\uD800-\uDBFF]$/, ''),
      ...(targetUrl !== undefined && { target_url: targetUrl }),
    });
    return data.url;
  });
}
