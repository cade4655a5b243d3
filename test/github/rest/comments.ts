import { invalidField, notFound } from '../errors.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import { APP_LOGIN, type CommentRecord, loginOf, nodeId, type State, timestamp } from '../state.js';
import type { Repository } from '../types.js';
import { htmlUrl, repositoryUrl } from './repos.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';
import { actionsApp, simpleUser } from './users.js';

/** Characters of a comment's body. */
const MAX_COMMENT_LENGTH = 65_536;

export function commentUrl(comment: CommentRecord, kind: 'pull' | 'issues' = 'pull'): string {
  return `${htmlUrl(comment.repository)}/${kind}/${comment.issue}#issuecomment-${comment.id}`;
}

function issueComment(state: State, comment: CommentRecord, apiUrl: string) {
  const url = `${repositoryUrl(comment.repository, apiUrl)}/issues/comments/${comment.id}`;
  const pull = state.pullRequest(comment.repository, comment.issue);
  const author =
    comment.login === comment.repository.owner ? 'OWNER' : comment.login === pull?.current.user ? 'CONTRIBUTOR' : 'NONE';
  return {
    url,
    html_url: commentUrl(comment, pull === undefined ? 'issues' : 'pull'),
    issue_url: `${repositoryUrl(comment.repository, apiUrl)}/issues/${comment.issue}`,
    id: comment.id,
    node_id: nodeId('IC_', comment.id),
    user: simpleUser(comment.login, apiUrl),
    created_at: timestamp(comment.createdAt),
    updated_at: timestamp(comment.updatedAt),
    author_association: comment.login === APP_LOGIN ? 'CONTRIBUTOR' : author,
    body: comment.body,
    reactions: {
      ...{ url: `${url}/reactions`, total_count: 0, '+1': 0, '-1': 0, laugh: 0, hooray: 0 },
      ...{ confused: 0, heart: 0, rocket: 0, eyes: 0 },
    },
    performed_via_github_app: comment.byApp ? actionsApp(apiUrl) : null,
  };
}

function checkedBody(call: Call): string {
  const body = typeof call.body.body === 'string' ? call.body.body : '';
  const refuse = (message: string) => invalidField({ resource: 'IssueComment', code: 'unprocessable', field: 'data', message });
  if (body.trim() === '') throw refuse('Body cannot be blank');
  if (body.length > MAX_COMMENT_LENGTH) throw refuse(`Body is too long (maximum is ${MAX_COMMENT_LENGTH} characters)`);
  return body;
}

/** The comments of a repository, or of one issue of it, that `since` leaves. */
function selected(call: Call, issue?: number): readonly CommentRecord[] {
  const since = Date.parse(call.query.get('since') ?? '');
  return call.state.comments.filter(
    (comment) =>
      comment.repository.id === call.record.repository.id &&
      (issue === undefined || comment.issue === issue) &&
      !(comment.updatedAt < since),
  );
}

function existingIssue(call: Call): number {
  const number = idOf(call, 'issue_number');
  const { repository } = call.record;
  const known = (of: number) => call.state.pullRequest(repository, of) ?? call.state.issue(repository, of);
  if (number === undefined || known(number) === undefined) throw notFound();
  return number;
}

function existing(call: Call): CommentRecord {
  const id = idOf(call, 'comment_id');
  const found = selected({ ...call, query: new URLSearchParams() }).find((comment) => comment.id === id);
  if (found === undefined) throw notFound();
  return found;
}

function list(call: Call, comments: readonly CommentRecord[]): Answer {
  const { items, link } = paginate(comments, call.url, call.query);
  return withLink(
    items.map((comment) => issueComment(call.state, comment, call.apiUrl)),
    link,
  );
}

function listInRepository(call: Call): Answer {
  const by = call.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const sorted = selected(call).toSorted((a, b) => a[by] - b[by] || a.id - b.id);
  return list(call, call.query.get('direction') === 'desc' ? sorted.reverse() : sorted);
}

function create(call: Call): Answer {
  const issue = existingIssue(call);
  const { state, actor } = call;
  const repository: Repository = call.record.repository;
  const now = state.now();
  const comment: CommentRecord = {
    id: state.nextId('comment'),
    repository,
    issue,
    body: checkedBody(call),
    login: loginOf(actor),
    byApp: actor.kind === 'job',
    createdAt: now,
    updatedAt: now,
  };
  state.comments.push(comment);
  state.raise('issue_comment', 'created', repository, actor);
  const body = issueComment(state, comment, call.apiUrl);
  return { status: 201, body, headers: { Location: body.url } };
}

function update(call: Call): Answer {
  const comment = existing(call);
  comment.body = checkedBody(call);
  comment.updatedAt = call.state.now();
  call.state.raise('issue_comment', 'edited', comment.repository, call.actor);
  return { status: 200, body: issueComment(call.state, comment, call.apiUrl) };
}

function remove(call: Call): Answer {
  const comment = existing(call);
  call.state.comments.splice(call.state.comments.indexOf(comment), 1);
  call.state.raise('issue_comment', 'deleted', comment.repository, call.actor);
  return { status: 204 };
}

const read: Access = { level: 'read', anyOf: ['issues', 'pull-requests'] };
const write: Access = { level: 'write', anyOf: ['issues', 'pull-requests'] };
const OF_ISSUE = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
const ONE = '/repos/{owner}/{repo}/issues/comments/{comment_id}';

/** Comments of issues and of the conversation of pull requests. */
export const commentRoutes: readonly Route[] = [
  { method: 'GET', path: OF_ISSUE, access: read, handle: (call) => list(call, selected(call, existingIssue(call))) },
  { method: 'POST', path: OF_ISSUE, access: write, handle: create },
  { method: 'GET', path: '/repos/{owner}/{repo}/issues/comments', access: read, handle: listInRepository },
  {
    method: 'GET',
    path: ONE,
    access: read,
    handle: (call) => ({ status: 200, body: issueComment(call.state, existing(call), call.apiUrl) }),
  },
  { method: 'PATCH', path: ONE, access: write, handle: update },
  { method: 'DELETE', path: ONE, access: write, handle: remove },
];
