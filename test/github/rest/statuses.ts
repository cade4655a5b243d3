import { invalidField } from '../errors.js';
import { textOf } from '../fields.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import { loginOf, nodeId, type StatusRecord, timestamp } from '../state.js';
import { commitAt, minimalRepository, repositoryUrl } from './repos.js';
import { type Answer, type Call, type Route, withLink } from './route.js';
import { simpleUser } from './users.js';

const MAX_DESCRIPTION = 140;
/** For one commit and context. */
const MAX_STATUSES = 1_000;

function common(call: Call, status: StatusRecord) {
  return {
    url: `${repositoryUrl(status.repository, call.apiUrl)}/statuses/${status.sha}`,
    avatar_url: simpleUser(status.creator, call.apiUrl).avatar_url,
    id: status.id,
    node_id: nodeId('SC_', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: timestamp(status.createdAt),
    updated_at: timestamp(status.createdAt),
  };
}

function full(call: Call, status: StatusRecord) {
  return { ...common(call, status), creator: simpleUser(status.creator, call.apiUrl) };
}

function ofCommit(call: Call, sha: string): readonly StatusRecord[] {
  return call.state.statuses
    .filter((status) => status.repository.id === call.record.repository.id && status.sha === sha)
    .toReversed();
}

async function create(call: Call): Promise<Answer> {
  const { state, body } = call;
  const sha = await commitAt(call, call.params.sha!);
  const context = textOf(body, 'context') ?? 'default';
  const description = textOf(body, 'description') ?? null;
  const refuse = (field: string, message: string) => invalidField({ resource: 'Status', code: 'custom', field, message });
  if ((description ?? '').length > MAX_DESCRIPTION) {
    throw refuse('description', `description is too long (maximum is ${MAX_DESCRIPTION} characters)`);
  }
  if (ofCommit(call, sha).filter((status) => status.context === context).length >= MAX_STATUSES) {
    throw refuse('base', 'This SHA and context has reached the maximum number of statuses.');
  }
  const status: StatusRecord = {
    id: state.nextId('status'),
    repository: call.record.repository,
    sha,
    context,
    state: textOf(body, 'state') ?? '',
    description,
    targetUrl: textOf(body, 'target_url') ?? null,
    creator: loginOf(call.actor),
    createdAt: state.now(),
  };
  state.statuses.push(status);
  state.raise('status', undefined, status.repository, call.actor);
  const answer = full(call, status);
  return { status: 201, body: answer, headers: { Location: answer.url } };
}

async function list(call: Call): Promise<Answer> {
  const found = ofCommit(call, await commitAt(call, call.params.ref!));
  const { items, link } = paginate(found, call.url, call.query);
  return withLink(
    items.map((status) => full(call, status)),
    link,
  );
}

/** The newest status of each context, and what they come to together. */
async function combined(call: Call): Promise<Answer> {
  const sha = await commitAt(call, call.params.ref!);
  const every = ofCommit(call, sha);
  const newest = every.filter((status, index) => every.findIndex((other) => other.context === status.context) === index);
  const failed = newest.some((status) => status.state === 'failure' || status.state === 'error');
  const passed = newest.length > 0 && newest.every((status) => status.state === 'success');
  const { items, link } = paginate(newest, call.url, call.query);
  const repository = repositoryUrl(call.record.repository, call.apiUrl);
  return withLink(
    {
      state: failed ? 'failure' : passed ? 'success' : 'pending',
      statuses: items.map((status) => common(call, status)),
      sha,
      total_count: newest.length,
      repository: minimalRepository(call.record, call.apiUrl),
      commit_url: `${repository}/commits/${sha}`,
      url: `${repository}/commits/${sha}/status`,
    },
    link,
  );
}

const read: Access = { level: 'read', anyOf: ['statuses'] };

export const statusRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/repos/{owner}/{repo}/statuses/{sha}',
    access: { level: 'write', anyOf: ['statuses'] },
    handle: create,
  },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}/statuses', access: read, handle: list },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}/status', access: read, handle: combined },
];
