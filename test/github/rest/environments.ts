import { environmentOf, mayReview, reviewDeployments } from '../environments.js';
import { notFound } from '../errors.js';
import type { Access } from '../permissions.js';
import { type EnvironmentRecord, loginOf, nodeId, timestamp } from '../state.js';
import { htmlUrl, repositoryUrl } from './repos.js';
import type { Answer, Call, Route } from './route.js';
import { existingRun } from './runs.js';
import { simpleUser } from './users.js';

function named({ apiUrl }: Pick<Call, 'apiUrl'>, { id, name, repository }: EnvironmentRecord) {
  return {
    id,
    node_id: nodeId('EN_', id),
    name,
    url: `${repositoryUrl(repository, apiUrl)}/environments/${encodeURIComponent(name)}`,
    html_url: `${htmlUrl(repository)}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
  };
}

function reviewersOf({ apiUrl }: Pick<Call, 'apiUrl'>, { reviewers }: EnvironmentRecord) {
  return reviewers.map((login) => ({ type: 'User', reviewer: simpleUser(login, apiUrl) }));
}

function getEnvironment(call: Call): Answer {
  const record = environmentOf(call.state, call.record.repository, call.params.environment_name ?? '');
  if (record === undefined) throw notFound();
  const rule = {
    id: record.id,
    node_id: nodeId('GA_', record.id),
    prevent_self_review: record.preventSelfReview,
    type: 'required_reviewers',
    reviewers: reviewersOf(call, record),
  };
  return {
    status: 200,
    body: {
      ...named(call, record),
      created_at: timestamp(record.createdAt),
      updated_at: timestamp(record.updatedAt),
      protection_rules: record.reviewers.length === 0 ? [] : [rule],
      deployment_branch_policy: null,
    },
  };
}

function listPending(call: Call): Answer {
  const run = existingRun(call).current;
  const environments = new Set(
    call.state.waitingJobs.filter((job) => job.run.id === run.id).map(({ environment }) => environment),
  );
  const login = call.actor.kind === 'person' ? call.actor.login : undefined;
  const body = [...environments].map((environment) => ({
    environment: named(call, environment),
    wait_timer: 0,
    wait_timer_started_at: null,
    current_user_can_approve: login !== undefined && mayReview(environment, run, login),
    reviewers: reviewersOf(call, environment),
  }));
  return { status: 200, body };
}

/** The answer lists the deployments that go on; GitHub makes that of a job when the job starts, which is after this one. */
function review(call: Call): Answer {
  const run = existingRun(call).current;
  const { environment_ids: ids, state } = call.body as { environment_ids: readonly number[]; state: 'approved' | 'rejected' };
  reviewDeployments(call.state, run, { ids, outcome: state, by: loginOf(call.actor) });
  return { status: 200, body: [] };
}

const read: Access = { level: 'read', anyOf: ['actions'] };
const PENDING = '/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments';

export const environmentRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/environments/{environment_name}', access: read, handle: getEnvironment },
  { method: 'GET', path: PENDING, access: read, handle: listPending },
  { method: 'POST', path: PENDING, access: { level: 'write', anyOf: ['deployments'] }, handle: review },
];
