import { type FieldError, GitHubError, invalidField, notFound } from '../errors.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import {
  APP_LOGIN,
  type IssueRecord,
  loginOf,
  nodeId,
  type PullRequestRecord,
  type State,
  stableNumber,
  timestamp,
} from '../state.js';
import { htmlUrl, repositoryUrl } from './repos.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';
import { actionsApp, simpleUser } from './users.js';

/** Characters of an issue's body, and of its title. */
const MAX_BODY_LENGTH = 65_536;
const MAX_TITLE_LENGTH = 256;

export function issueUrl(issue: IssueRecord): string {
  return `${htmlUrl(issue.repository)}/issues/${issue.number}`;
}

function labelObject(name: string, url: string) {
  return {
    ...{ id: stableNumber(`label ${name}`), node_id: nodeId('LA_', stableNumber(`label ${name}`)) },
    ...{ url: `${url}/labels/${encodeURIComponent(name)}`, name, description: null, color: 'ededed', default: false },
  };
}

/** What issues and pull requests have in common. */
function commonFields(state: State, record: IssueRecord | PullRequestRecord, apiUrl: string) {
  const isPull = 'current' in record;
  const repository = isPull ? record.current.base.repository : record.repository;
  const number = isPull ? record.current.number : record.number;
  const login = isPull ? record.current.user : record.login;
  const own = repositoryUrl(repository, apiUrl);
  const url = `${own}/issues/${number}`;
  const comments = state.comments.filter((comment) => comment.repository.id === repository.id && comment.issue === number);
  return {
    ...{
      url,
      repository_url: own,
      labels_url: `${url}/labels{/name}`,
      comments_url: `${url}/comments`,
      events_url: `${url}/events`,
    },
    ...{ id: record.id, node_id: nodeId(isPull ? 'PR_' : 'I_', record.id), number },
    user: simpleUser(login, apiUrl),
    ...{ state: record.state, locked: false, assignee: null, assignees: [], milestone: null, comments: comments.length },
    ...{ created_at: timestamp(record.createdAt), updated_at: timestamp(record.updatedAt) },
    closed_at: record.closedAt === undefined ? null : timestamp(record.closedAt),
    author_association: login === repository.owner ? 'OWNER' : login === APP_LOGIN ? 'NONE' : 'CONTRIBUTOR',
    active_lock_reason: null,
    reactions: {
      ...{ url: `${url}/reactions`, total_count: 0, '+1': 0, '-1': 0, laugh: 0, hooray: 0 },
      ...{ confused: 0, heart: 0, rocket: 0, eyes: 0 },
    },
    timeline_url: `${url}/timeline`,
  };
}

function issueObject(state: State, issue: IssueRecord, apiUrl: string) {
  const own = repositoryUrl(issue.repository, apiUrl);
  return {
    ...commonFields(state, issue, apiUrl),
    html_url: issueUrl(issue),
    title: issue.title,
    ...(issue.body === null ? {} : { body: issue.body }),
    labels: issue.labels.map((name) => labelObject(name, own)),
    state_reason: issue.stateReason,
    closed_by: issue.closedBy === undefined ? null : simpleUser(issue.closedBy, apiUrl),
    performed_via_github_app: issue.byApp ? actionsApp(apiUrl) : null,
  };
}

/** A pull request as lists of issues show it: GitHub counts it as one. */
function pullAsIssue(state: State, pull: PullRequestRecord, apiUrl: string) {
  const { base, number, title } = pull.current;
  const html = `${htmlUrl(base.repository)}/pull/${number}`;
  return {
    ...commonFields(state, pull, apiUrl),
    ...{ html_url: html, title, labels: [], state_reason: null, draft: false, performed_via_github_app: null },
    pull_request: {
      ...{ url: `${repositoryUrl(base.repository, apiUrl)}/pulls/${number}`, html_url: html },
      ...{ diff_url: `${html}.diff`, patch_url: `${html}.patch` },
      merged_at: pull.mergedAt === undefined ? null : timestamp(pull.mergedAt),
    },
  };
}

function refuse(field: FieldError): never {
  throw invalidField({ ...field, resource: 'Issue' });
}

function checkedTitle(value: unknown): string {
  const title = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (title.trim() === '') refuse({ resource: 'Issue', code: 'missing_field', field: 'title' });
  if (title.length > MAX_TITLE_LENGTH) {
    refuse({
      resource: 'Issue',
      code: 'custom',
      field: 'title',
      message: `title is too long (maximum is ${MAX_TITLE_LENGTH} characters)`,
    });
  }
  return title;
}

function checkedBody(value: unknown): string | null {
  const body = typeof value === 'string' ? value : null;
  if (body !== null && body.length > MAX_BODY_LENGTH) {
    refuse({
      resource: 'Issue',
      code: 'custom',
      field: 'body',
      message: `body is too long (maximum is ${MAX_BODY_LENGTH} characters)`,
    });
  }
  return body;
}

function labelsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.map((label: unknown) => (typeof label === 'string' ? label : String((label as { name?: unknown }).name)));
}

function create(call: Call): Answer {
  const { state, actor, record, body } = call;
  const title = checkedTitle(body.title);
  const text = checkedBody(body.body);
  record.lastNumber += 1;
  const now = state.now();
  const issue: IssueRecord = {
    ...{ id: state.nextId('issue'), repository: record.repository, number: record.lastNumber, title, body: text },
    ...{ labels: labelsOf(body.labels), state: 'open', stateReason: null, login: loginOf(actor), byApp: actor.kind === 'job' },
    ...{ closedBy: undefined, closedAt: undefined, createdAt: now, updatedAt: now },
  };
  state.issues.push(issue);
  state.raise('issues', 'opened', record.repository, actor);
  const answer = issueObject(state, issue, call.apiUrl);
  return { status: 201, body: answer, headers: { Location: answer.url } };
}

function existing(call: Call): IssueRecord {
  const number = idOf(call, 'issue_number');
  const found = number === undefined ? undefined : call.state.issue(call.record.repository, number);
  if (found === undefined) throw notFound();
  return found;
}

function get(call: Call): Answer {
  const number = idOf(call, 'issue_number');
  const pull = number === undefined ? undefined : call.state.pullRequest(call.record.repository, number);
  if (pull !== undefined) return { status: 200, body: pullAsIssue(call.state, pull, call.apiUrl) };
  return { status: 200, body: issueObject(call.state, existing(call), call.apiUrl) };
}

function update(call: Call): Answer {
  const { state, actor, body } = call;
  const issue = existing(call);
  if (body.title !== undefined && body.title !== null) issue.title = checkedTitle(body.title);
  if (body.body !== undefined) issue.body = checkedBody(body.body);
  if (body.labels !== undefined) issue.labels = labelsOf(body.labels);
  issue.updatedAt = state.now();
  const wanted = body.state;
  if ((wanted === 'open' || wanted === 'closed') && wanted !== issue.state) {
    issue.state = wanted;
    const reason = body.state_reason as IssueRecord['stateReason'] | undefined;
    if (wanted === 'closed') {
      if (reason === 'reopened') throw new GitHubError(422, 'Validation Failed');
      issue.stateReason = reason ?? 'completed';
      issue.closedAt = state.now();
      issue.closedBy = loginOf(actor);
    } else {
      issue.stateReason = 'reopened';
      issue.closedAt = undefined;
      issue.closedBy = undefined;
    }
    state.raise('issues', wanted === 'closed' ? 'closed' : 'reopened', issue.repository, actor);
  } else state.raise('issues', 'edited', issue.repository, actor);
  return { status: 200, body: issueObject(state, issue, call.apiUrl) };
}

/** Issues and pull requests, newest first unless told; by state, labels and who made them. */
function list(call: Call): Answer {
  const { state, query, record, apiUrl } = call;
  const wanted = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '');
  const creator = query.get('creator');
  const by = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const ascending = query.get('direction') === 'asc';
  const issues = state.issues
    .filter((issue) => issue.repository.id === record.repository.id)
    .filter((issue) => labels.every((label) => issue.labels.includes(label)))
    .filter((issue) => creator === null || issue.login === creator);
  const pulls = state.pullRequests
    .filter(({ current }) => current.base.repository.id === record.repository.id && labels.length === 0)
    .filter(({ current }) => creator === null || current.user === creator);
  const numberOf = (item: IssueRecord | PullRequestRecord): number => ('current' in item ? item.current.number : item.number);
  const found = [...issues, ...pulls]
    .filter((item) => wanted === 'all' || item.state === wanted)
    .toSorted((a, b) => (a[by] - b[by] || numberOf(a) - numberOf(b)) * (ascending ? 1 : -1));
  const { items, link } = paginate(found, call.url, query);
  return withLink(
    items.map((item) => ('current' in item ? pullAsIssue(state, item, apiUrl) : issueObject(state, item, apiUrl))),
    link,
  );
}

const read: Access = { level: 'read', anyOf: ['issues', 'pull-requests'] };
const write: Access = { level: 'write', anyOf: ['issues'] };
const ONE = '/repos/{owner}/{repo}/issues/{issue_number}';

export const issueRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/issues', access: read, handle: list },
  { method: 'POST', path: '/repos/{owner}/{repo}/issues', access: write, handle: create },
  { method: 'GET', path: ONE, access: read, handle: get },
  { method: 'PATCH', path: ONE, access: write, handle: update },
];
