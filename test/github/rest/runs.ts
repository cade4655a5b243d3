import { notFound } from '../errors.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import {
  isForkRun,
  type JobRecord,
  nodeId,
  type RunRecord,
  stableNumber,
  statusOf,
  timestamp,
  type WaitingJob,
} from '../state.js';
import type { Repository } from '../types.js';
import { minimalPullRequest, ownPullRequests } from './pulls.js';
import { htmlUrl, minimalRepository, repositoryUrl } from './repos.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';
import { runSuiteId } from './suites.js';
import { simpleUser } from './users.js';

/** A workflow's id: always the same for the same file of the same repository. */
export function workflowId(repository: Repository, path: string): number {
  return stableNumber(`workflow ${repository.id} ${path}`);
}

/** A run as GitHub shows it, in answers and in the payload of `workflow_run` events. */
export function workflowRun({ state, apiUrl }: Pick<Call, 'state' | 'apiUrl'>, record: RunRecord) {
  const run = record.current;
  const repository = repositoryUrl(run.repository, apiUrl);
  const workflow = workflowId(run.repository, run.path);
  const url = `${repository}/actions/runs/${run.id}`;
  const pulls = isForkRun(run) ? [] : ownPullRequests(state, run.repository, run.headSha);
  const suite = runSuiteId(run.id);
  const pullRequest = state.pullRequests.findLast(
    ({ current }) => current.head.sha === run.headSha && current.base.repository.id === run.repository.id,
  );
  return {
    id: run.id,
    name: run.workflowName,
    node_id: nodeId('WFR_', run.id),
    check_suite_id: suite,
    check_suite_node_id: nodeId('CS_', suite),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.path,
    run_number: run.number,
    run_attempt: run.attempt,
    referenced_workflows: [],
    event: run.event,
    status: statusOf(state, record),
    conclusion: record.conclusion ?? null,
    workflow_id: workflow,
    url,
    html_url: `${htmlUrl(run.repository)}/actions/runs/${run.id}`,
    pull_requests: pulls.map((pull) => minimalPullRequest(pull, apiUrl)),
    created_at: timestamp(record.createdAt),
    updated_at: timestamp(record.updatedAt),
    run_started_at: timestamp(record.startedAt),
    actor: simpleUser(run.actor, apiUrl),
    triggering_actor: simpleUser(run.actor, apiUrl),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repository}/check-suites/${suite}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${repository}/actions/workflows/${workflow}`,
    head_commit: null,
    repository: minimalRepository(state.recordOf(run.repository), apiUrl),
    head_repository: minimalRepository(state.recordOf(run.headRepository), apiUrl),
    head_repository_id: run.headRepository.id,
    display_title: pullRequest?.current.title ?? run.workflowName,
  };
}

function workflowJob(call: Call, record: JobRecord) {
  const { job } = record;
  const repository = repositoryUrl(job.run.repository, call.apiUrl);
  return {
    id: job.id,
    run_id: job.run.id,
    workflow_name: job.run.workflowName,
    head_branch: job.run.headBranch,
    run_url: `${repository}/actions/runs/${job.run.id}`,
    run_attempt: job.run.attempt,
    node_id: nodeId('CR_', job.id),
    head_sha: job.run.headSha,
    url: `${repository}/actions/jobs/${job.id}`,
    html_url: `${htmlUrl(job.run.repository)}/actions/runs/${job.run.id}/job/${job.id}`,
    status: record.completedAt === undefined ? 'in_progress' : 'completed',
    conclusion: record.conclusion ?? null,
    created_at: timestamp(record.startedAt),
    started_at: timestamp(record.startedAt),
    completed_at: record.completedAt === undefined ? null : timestamp(record.completedAt),
    name: job.name,
    steps: [],
    check_run_url: `${repository}/check-runs/${job.id}`,
    labels: ['ubuntu-latest'],
    runner_id: null,
    runner_name: null,
    runner_group_id: null,
    runner_group_name: null,
  };
}

/** A job whose environment has not let it start yet. */
function waitingJob(call: Call, { id, run, name, since }: WaitingJob) {
  const job = { id, run, name, token: '', runtimeToken: '' };
  const times = { conclusion: undefined, startedAt: since, completedAt: undefined };
  const record: JobRecord = { job, permissions: {}, workflowRef: '', ...times };
  return { ...workflowJob(call, record), status: 'waiting' };
}

/** `created`: a date or time, with `>=`, `<=`, `>` or `<` before it, or a range `from..to`. */
function createdWithin(record: RunRecord, expression: string | null): boolean {
  if (expression === null) return true;
  const at = record.createdAt;
  const range = /^(.+)\.\.(.+)$/.exec(expression);
  if (range !== null) return createdWithin(record, `>=${range[1]}`) && createdWithin(record, `<=${range[2]}`);
  const [, operator = '', text = ''] = /^(>=|<=|>|<)?(.+)$/.exec(expression) ?? [];
  const start = Date.parse(text);
  // A date alone is the whole of that day.
  const end = start + (/^\d{4}-\d{2}-\d{2}$/.test(text) ? 86_400_000 : 1_000);
  if (operator === '>=') return at >= start;
  if (operator === '>') return at >= end;
  if (operator === '<=') return at < end;
  if (operator === '<') return at < start;
  return at >= start && at < end;
}

function list(call: Call, ofWorkflow: (run: RunRecord) => boolean): Answer {
  const { query } = call;
  const given = (name: string, value: string): boolean => (query.get(name) ?? value) === value;
  const status = query.get('status');
  const found = call.state.runs
    .filter((run) => run.current.repository.id === call.record.repository.id && ofWorkflow(run))
    .filter((run) => status === null || statusOf(call.state, run) === status || run.conclusion === status)
    .filter(({ current }) => given('branch', current.headBranch) && given('event', current.event))
    .filter(({ current }) => given('head_sha', current.headSha) && given('actor', current.actor))
    .filter(({ current }) => given('check_suite_id', String(runSuiteId(current.id))))
    .filter((run) => createdWithin(run, query.get('created')))
    .toReversed();
  const { items, link } = paginate(found, call.url, query);
  const runs = items.map((record) => {
    const body = workflowRun(call, record);
    return query.get('exclude_pull_requests') === 'true' ? { ...body, pull_requests: [] } : body;
  });
  return withLink({ total_count: found.length, workflow_runs: runs }, link);
}

function listOfWorkflow(call: Call): Answer {
  const wanted = call.params.workflow_id!;
  const ofWorkflow = (run: RunRecord): boolean =>
    run.current.path.split('/').at(-1) === wanted || String(workflowId(run.current.repository, run.current.path)) === wanted;
  const ofRepository = call.state.runs.filter((run) => run.current.repository.id === call.record.repository.id);
  if (!ofRepository.some(ofWorkflow)) throw notFound();
  return list(call, ofWorkflow);
}

export function existingRun(call: Call): RunRecord {
  const id = idOf(call, 'run_id');
  const found = call.state.runs.find((run) => run.current.id === id && run.current.repository.id === call.record.repository.id);
  if (found === undefined) throw notFound();
  return found;
}

function listJobs(call: Call): Answer {
  const run = existingRun(call);
  const found = call.state.jobs
    .filter((record) => record.job.run.id === run.current.id)
    .filter((record) => call.query.get('filter') === 'all' || record.job.run.attempt === run.current.attempt);
  const waiting = call.state.waitingJobs.filter((job) => job.run.id === run.current.id);
  const jobs = [...found.map((record) => workflowJob(call, record)), ...waiting.map((job) => waitingJob(call, job))];
  const { items, link } = paginate(jobs, call.url, call.query);
  return withLink({ total_count: jobs.length, jobs: items }, link);
}

function getJob(call: Call): Answer {
  const id = idOf(call, 'job_id');
  const found = call.state.jobs.find(
    (record) => record.job.id === id && record.job.run.repository.id === call.record.repository.id,
  );
  if (found === undefined) throw notFound();
  return { status: 200, body: workflowJob(call, found) };
}

const read: Access = { level: 'read', anyOf: ['actions'] };
const ACTIONS = '/repos/{owner}/{repo}/actions';

export const runRoutes: readonly Route[] = [
  { method: 'GET', path: `${ACTIONS}/runs`, access: read, handle: (call) => list(call, () => true) },
  { method: 'GET', path: `${ACTIONS}/workflows/{workflow_id}/runs`, access: read, handle: listOfWorkflow },
  {
    method: 'GET',
    path: `${ACTIONS}/runs/{run_id}`,
    access: read,
    handle: (call) => ({ status: 200, body: workflowRun(call, existingRun(call)) }),
  },
  { method: 'GET', path: `${ACTIONS}/runs/{run_id}/jobs`, access: read, handle: listJobs },
  { method: 'GET', path: `${ACTIONS}/jobs/{job_id}`, access: read, handle: getJob },
];
