import type { GitHubClient, RepositoryName } from './client.js';
import { type Attempt, attempt } from './errors.js';

/** The login under which a job's own token writes. */
export const DEFAULT_AUTHOR = 'github-actions[bot]';

export interface StickyComment {
  readonly repository: RepositoryName;
  readonly pullRequest: number;
  /** The hidden first line that identifies our comment among others. */
  readonly marker: string;
  /** Starts with the marker. At most 65,536 characters. */
  readonly body: string;
  /** The login that wrote our comments: anybody can copy the marker, so it alone proves nothing. */
  readonly author: string;
  readonly fromFork: boolean;
}

/**
 * Posts a comment, or brings ours up to date: one a marker. When an earlier failure left several, the oldest is kept
 * current.
 * @returns the comment's address, and whether it is new
 */
export async function postStickyComment(
  client: GitHubClient,
  comment: StickyComment,
): Promise<{ url: string; created: boolean }> {
  const { repository, body } = comment;
  const details: Attempt = {
    what: `comment on pull request #${comment.pullRequest}`,
    permission: 'pull-requests: write',
    fromFork: comment.fromFork,
  };
  const existing = await attempt(details, () => findComment(client, comment));
  if (existing) {
    if (existing.body === body) return { url: existing.url, created: false };
    const { data } = await attempt(details, () =>
      client.rest.issues.updateComment({ ...repository, comment_id: existing.id, body }),
    );
    return { url: data.html_url, created: false };
  }
  const { data } = await attempt(details, () =>
    client.rest.issues
      .createComment({
        ...repository,
        issue_number: comment.pullRequest,
        body,
        // A create that is sent twice (its answer was lost) makes two comments: look again instead of retrying.
        request: { retries: 0 },
      })
      .catch(async (error: unknown) => {
        const status = error !== null && typeof error === 'object' && 'status' in error ? error.status : undefined;
        if (typeof status !== 'number' || status < 500) throw error;
        const created = await findComment(client, comment);
        if (created) return { data: { html_url: created.url } };
        return client.rest.issues.createComment({ ...repository, issue_number: comment.pullRequest, body });
      }),
  );
  return { url: data.html_url, created: true };
}

async function findComment(
  client: GitHubClient,
  { repository, pullRequest, marker, author }: StickyComment,
): Promise<{ id: number; url: string; body: string } | undefined> {
  const pages = client.paginate.iterator(client.rest.issues.listComments, {
    ...repository,
    issue_number: pullRequest,
    per_page: 100,
  });
  for await (const { data } of pages) {
    for (const { id, body, html_url, user } of data) {
      if (user?.login === author && body !== undefined && firstLine(body) === marker) return { id, url: html_url, body };
    }
  }
  return undefined;
}

/** GitHub stores line ends as they came; a person's edit in the browser makes them CR LF. */
function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0]!;
}
