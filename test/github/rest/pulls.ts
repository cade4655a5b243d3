import { notFound } from '../errors.js';
import { changes } from '../git.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import { nodeId, type PullRequestRecord, type State, timestamp } from '../state.js';
import type { Repository } from '../types.js';
import { findCommit, htmlUrl, repositoryObject, repositoryUrl } from './repos.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';
import { simpleUser } from './users.js';

/** A pull request as checks and runs name it. */
export function minimalPullRequest(record: PullRequestRecord, apiUrl: string) {
  const { current } = record;
  const side = (end: { ref: string; sha: string; repository: Repository }) => ({
    ref: end.ref,
    sha: end.sha,
    repo: { id: end.repository.id, url: repositoryUrl(end.repository, apiUrl), name: end.repository.name },
  });
  return {
    id: record.id,
    number: current.number,
    url: `${repositoryUrl(current.base.repository, apiUrl)}/pulls/${current.number}`,
    head: side(current.head),
    base: side(current.base),
  };
}

/** The open pull requests of this repository's own branches with that head; those of forks are never named. */
export function ownPullRequests(state: State, repository: Repository, headSha: string): readonly PullRequestRecord[] {
  return state.pullRequests.filter(
    ({ current, state: open }) =>
      open === 'open' &&
      current.head.sha === headSha &&
      current.head.repository.id === repository.id &&
      current.base.repository.id === repository.id,
  );
}

function simplePullRequest(state: State, record: PullRequestRecord, apiUrl: string) {
  const { current } = record;
  const url = `${repositoryUrl(current.base.repository, apiUrl)}/pulls/${current.number}`;
  const issue = `${repositoryUrl(current.base.repository, apiUrl)}/issues/${current.number}`;
  const html = `${htmlUrl(current.base.repository)}/pull/${current.number}`;
  const statuses = `${repositoryUrl(current.base.repository, apiUrl)}/statuses/${current.head.sha}`;
  const side = (end: { ref: string; sha: string; repository: Repository }) => ({
    label: `${end.repository.owner}:${end.ref}`,
    ref: end.ref,
    sha: end.sha,
    user: simpleUser(end.repository.owner, apiUrl),
    repo: repositoryObject(state, state.recordOf(end.repository), apiUrl),
  });
  const at = (milliseconds: number | undefined) => (milliseconds === undefined ? null : timestamp(milliseconds));
  return {
    url,
    id: record.id,
    node_id: nodeId('PR_', record.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repositoryUrl(current.base.repository, apiUrl)}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    number: current.number,
    state: record.state,
    locked: false,
    title: current.title,
    user: simpleUser(current.user, apiUrl),
    body: null,
    labels: [],
    milestone: null,
    active_lock_reason: null,
    created_at: timestamp(record.createdAt),
    updated_at: timestamp(record.updatedAt),
    closed_at: at(record.closedAt),
    merged_at: at(record.mergedAt),
    merge_commit_sha: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: side(current.head),
    base: side(current.base),
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${repositoryUrl(current.base.repository, apiUrl)}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
    author_association: current.user === current.base.repository.owner ? 'OWNER' : 'CONTRIBUTOR',
    auto_merge: null,
    draft: false,
  };
}

async function get(call: Call): Promise<Answer> {
  const number = idOf(call, 'pull_number');
  const repository = call.record.repository;
  const record = number === undefined ? undefined : call.state.pullRequest(repository, number);
  if (record === undefined) throw notFound();
  const { base, head } = record.current;
  const directory = head.repository.gitDirectory ?? repository.gitDirectory;
  const changed = directory === undefined ? undefined : await changes(directory, base.sha, head.sha);
  const comments = call.state.comments.filter((comment) => comment.repository.id === repository.id && comment.issue === number);
  return {
    status: 200,
    body: {
      ...simplePullRequest(call.state, record, call.apiUrl),
      merged: record.mergedAt !== undefined,
      mergeable: record.state === 'open' ? true : null,
      rebaseable: record.state === 'open' ? true : null,
      mergeable_state: record.state === 'open' ? 'clean' : 'unknown',
      merged_by: null,
      comments: comments.length,
      review_comments: 0,
      maintainer_can_modify: false,
      commits: changed?.commits ?? 0,
      additions: changed?.additions ?? 0,
      deletions: changed?.deletions ?? 0,
      changed_files: changed?.files ?? 0,
    },
  };
}

function list(call: Call): Answer {
  const { query, state } = call;
  const wanted = query.get('state') ?? 'open';
  // GitHub ignores a head that is not `owner:branch`.
  const head = /^([^:]+):(.+)$/.exec(query.get('head') ?? '');
  const base = query.get('base');
  const by = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const newestFirst = (query.get('direction') ?? (by === 'createdAt' ? 'desc' : 'asc')) === 'desc';
  const found = state.pullRequests
    .filter((record) => record.current.base.repository.id === call.record.repository.id)
    .filter((record) => wanted === 'all' || record.state === wanted)
    .filter((record) => base === null || record.current.base.ref === base)
    .filter(({ current }) => head === null || (current.head.repository.owner === head[1] && current.head.ref === head[2]))
    .toSorted((a, b) => (a[by] - b[by] || a.current.number - b.current.number) * (newestFirst ? -1 : 1));
  return answerList(call, found);
}

/**
 * Pull requests that a commit is the head of. GitHub knows the commits of a fork's branch only in the fork: asked in
 * the base repository it answers with an empty list.
 */
async function listOfCommit(call: Call): Promise<Answer> {
  const repository = call.record.repository;
  const sha = (await findCommit(call, call.params.commit_sha!)) ?? '';
  const found = call.state.pullRequests.filter(
    ({ current }) => current.head.sha === sha && current.head.repository.id === repository.id,
  );
  return answerList(call, found);
}

function answerList(call: Call, records: readonly PullRequestRecord[]): Answer {
  const { items, link } = paginate(records, call.url, call.query);
  return withLink(
    items.map((record) => simplePullRequest(call.state, record, call.apiUrl)),
    link,
  );
}

const read: Access = { level: 'read', anyOf: ['pull-requests'] };

export const pullRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls', access: read, handle: list },
  { method: 'GET', path: '/repos/{owner}/{repo}/pulls/{pull_number}', access: read, handle: get },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/commits/{commit_sha}/pulls',
    access: { level: 'read', anyOf: ['pull-requests', 'contents'] },
    handle: listOfCommit,
  },
];
