import { GitHubError, invalidField, notFound } from '../errors.js';
import { isFields, textOf } from '../fields.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import { type DeploymentRecord, type DeploymentStatusRecord, loginOf, nodeId, timestamp } from '../state.js';
import { findCommit, repositoryUrl } from './repos.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';
import { actionsApp, simpleUser } from './users.js';

const MAX_DESCRIPTION = 140;
const DEFAULT_ENVIRONMENT = 'production';

function deploymentUrl(call: Call, id: number): string {
  return `${repositoryUrl(call.record.repository, call.apiUrl)}/deployments/${id}`;
}

function deploymentObject(call: Call, record: DeploymentRecord) {
  const url = deploymentUrl(call, record.id);
  return {
    url,
    id: record.id,
    node_id: nodeId('DE_', record.id),
    sha: record.sha,
    ref: record.ref,
    task: record.task,
    payload: record.payload,
    original_environment: record.environment,
    environment: record.environment,
    description: record.description,
    creator: simpleUser(record.creator, call.apiUrl),
    created_at: timestamp(record.createdAt),
    updated_at: timestamp(record.statuses.at(-1)?.createdAt ?? record.createdAt),
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl(call.record.repository, call.apiUrl),
    transient_environment: record.transient,
    production_environment: record.production,
    performed_via_github_app: actionsApp(call.apiUrl),
  };
}

function statusObject(call: Call, record: DeploymentRecord, status: DeploymentStatusRecord) {
  const deployment = deploymentUrl(call, record.id);
  return {
    url: `${deployment}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DES_', status.id),
    state: status.state,
    creator: simpleUser(status.creator, call.apiUrl),
    description: status.description,
    environment: record.environment,
    target_url: status.logUrl,
    created_at: timestamp(status.createdAt),
    updated_at: timestamp(status.createdAt),
    deployment_url: deployment,
    repository_url: repositoryUrl(call.record.repository, call.apiUrl),
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: actionsApp(call.apiUrl),
  };
}

function ofRepository(call: Call): readonly DeploymentRecord[] {
  return call.state.deployments.filter(({ repository }) => repository.id === call.record.repository.id);
}

function existing(call: Call): DeploymentRecord {
  const id = idOf(call, 'deployment_id');
  const found = ofRepository(call).find((record) => record.id === id);
  if (found === undefined) throw notFound();
  return found;
}

/**
 * A check of a running job is not green, so a deployment that asks for green checks while one runs is refused (409), as is
 * one that wants the default branch merged into a ref that lacks it.
 */
async function create(call: Call): Promise<Answer> {
  const { state, body, record } = call;
  const ref = textOf(body, 'ref') ?? '';
  const sha = await findCommit(call, ref);
  if (sha === undefined) throw new GitHubError(422, `No ref found for: ${ref}`);
  const contexts = body.required_contexts;
  const running = state.jobs.some(
    ({ job, completedAt }) => job.run.repository.id === record.repository.id && completedAt === undefined,
  );
  if (!(Array.isArray(contexts) && contexts.length === 0) && running) {
    throw new GitHubError(409, `Conflict: Commit status checks failed for ${ref}.`);
  }
  const environment = textOf(body, 'environment') ?? DEFAULT_ENVIRONMENT;
  const production = body.production_environment;
  const deployment: DeploymentRecord = {
    id: state.nextId('deployment'),
    repository: record.repository,
    sha,
    ref,
    task: textOf(body, 'task') ?? 'deploy',
    payload: isFields(body.payload) ? body.payload : (textOf(body, 'payload') ?? ''),
    environment,
    description: textOf(body, 'description') ?? null,
    creator: loginOf(call.actor),
    transient: body.transient_environment === true,
    production: typeof production === 'boolean' ? production : environment === DEFAULT_ENVIRONMENT,
    createdAt: state.now(),
    statuses: [],
  };
  state.deployments.push(deployment);
  state.raise('deployment', 'created', record.repository, call.actor);
  const answer = deploymentObject(call, deployment);
  return { status: 201, body: answer, headers: { Location: answer.url } };
}

function list(call: Call): Answer {
  const { query } = call;
  const wanted = (name: 'sha' | 'ref' | 'task' | 'environment', value: string): boolean =>
    (query.get(name) ?? 'none') === 'none' || query.get(name) === value;
  const found = ofRepository(call)
    .filter(
      ({ sha, ref, task, environment }) =>
        wanted('sha', sha) && wanted('ref', ref) && wanted('task', task) && wanted('environment', environment),
    )
    .toReversed();
  const { items, link } = paginate(found, call.url, query);
  return withLink(
    items.map((record) => deploymentObject(call, record)),
    link,
  );
}

function createStatus(call: Call): Answer {
  const { state, body } = call;
  const record = existing(call);
  const description = textOf(body, 'description') ?? '';
  if (description.length > MAX_DESCRIPTION) {
    const message = `description is too long (maximum is ${MAX_DESCRIPTION} characters)`;
    throw invalidField({ resource: 'DeploymentStatus', code: 'custom', field: 'description', message });
  }
  const add = (to: DeploymentRecord, value: string, text: string): DeploymentStatusRecord => {
    const status: DeploymentStatusRecord = {
      id: state.nextId('deploymentStatus'),
      state: value,
      description: text,
      logUrl: textOf(body, 'log_url') ?? textOf(body, 'target_url') ?? '',
      environmentUrl: textOf(body, 'environment_url') ?? '',
      creator: loginOf(call.actor),
      createdAt: state.now(),
    };
    to.statuses.push(status);
    return status;
  };
  const value = textOf(body, 'state') ?? '';
  const status = add(record, value, description);
  if (value === 'success' && body.auto_inactive !== false) {
    const earlier = ofRepository(call).filter(
      (other) => other.environment === record.environment && other.id < record.id && !other.transient && !other.production,
    );
    for (const other of earlier) if (other.statuses.at(-1)?.state === 'success') add(other, 'inactive', '');
  }
  state.raise('deployment_status', 'created', record.repository, call.actor);
  const answer = statusObject(call, record, status);
  return { status: 201, body: answer, headers: { Location: answer.url } };
}

function listStatuses(call: Call): Answer {
  const record = existing(call);
  const { items, link } = paginate(record.statuses.toReversed(), call.url, call.query);
  return withLink(
    items.map((status) => statusObject(call, record, status)),
    link,
  );
}

/** Only what is not live can be removed. */
function remove(call: Call): Answer {
  const record = existing(call);
  const others = ofRepository(call).filter(({ id }) => id !== record.id);
  if (others.length > 0 && record.statuses.at(-1)?.state === 'success') {
    throw new GitHubError(
      422,
      'We cannot delete an active deployment unless it is the only deployment in a given environment.',
    );
  }
  call.state.deployments = call.state.deployments.filter(({ id }) => id !== record.id);
  return { status: 204 };
}

const read: Access = { level: 'read', anyOf: ['deployments'] };
const write: Access = { level: 'write', anyOf: ['deployments'] };
const ALL = '/repos/{owner}/{repo}/deployments';
const ONE = `${ALL}/{deployment_id}`;

export const deploymentRoutes: readonly Route[] = [
  { method: 'POST', path: ALL, access: write, handle: create },
  { method: 'GET', path: ALL, access: read, handle: list },
  {
    method: 'GET',
    path: ONE,
    access: read,
    handle: (call) => ({ status: 200, body: deploymentObject(call, existing(call)) }),
  },
  { method: 'DELETE', path: ONE, access: write, handle: remove },
  { method: 'POST', path: `${ONE}/statuses`, access: write, handle: createStatus },
  { method: 'GET', path: `${ONE}/statuses`, access: read, handle: listStatuses },
];
