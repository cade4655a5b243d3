import { GitHubError, invalidField, notFound } from '../errors.js';
import { type Fields, isFields, textOf } from '../fields.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import { type CheckRunRecord, type JobRecord, nodeId, timestamp } from '../state.js';
import { minimalPullRequest, ownPullRequests } from './pulls.js';
import { commitAt, htmlUrl, repositoryUrl } from './repos.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';
import { suiteId } from './suites.js';
import { actionsApp } from './users.js';

export function checkRunUrl(check: CheckRunRecord): string {
  return `${htmlUrl(check.repository)}/runs/${check.id}`;
}

/** The check run that GitHub makes of each job by itself, with the job's id. */
function jobCheck(record: JobRecord): CheckRunRecord {
  const { job } = record;
  return {
    id: job.id,
    repository: job.run.repository,
    headSha: job.run.headSha,
    name: job.name,
    externalId: '',
    detailsUrl: `${htmlUrl(job.run.repository)}/actions/runs/${job.run.id}/job/${job.id}`,
    status: record.completedAt === undefined ? 'in_progress' : 'completed',
    conclusion: record.conclusion ?? null,
    startedAt: timestamp(record.startedAt),
    completedAt: record.completedAt === undefined ? null : timestamp(record.completedAt),
    title: null,
    summary: null,
    text: null,
    annotations: [],
  };
}

/** A repository's check runs, those of jobs included, oldest first. */
function all(call: Call): readonly CheckRunRecord[] {
  const { id } = call.record.repository;
  const jobs = call.state.jobs.filter((record) => record.job.run.repository.id === id).map(jobCheck);
  const created = call.state.checkRuns.filter((check) => check.repository.id === id);
  return [...jobs, ...created].sort((a, b) => a.id - b.id);
}

function existing(call: Call): CheckRunRecord {
  const id = idOf(call, 'check_run_id');
  const found = all(call).find((check) => check.id === id);
  if (found === undefined) throw notFound();
  return found;
}

function checkRun(call: Call, check: CheckRunRecord) {
  const url = `${repositoryUrl(check.repository, call.apiUrl)}/check-runs/${check.id}`;
  const pulls = ownPullRequests(call.state, check.repository, check.headSha);
  return {
    id: check.id,
    name: check.name,
    node_id: nodeId('CR_', check.id),
    head_sha: check.headSha,
    external_id: check.externalId,
    url,
    html_url: checkRunUrl(check),
    details_url: check.detailsUrl ?? checkRunUrl(check),
    status: check.status,
    conclusion: check.conclusion,
    started_at: check.startedAt,
    completed_at: check.completedAt,
    output: {
      title: check.title,
      summary: check.summary,
      text: check.text,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: suiteId(call.state, check.repository, check.headSha) },
    app: actionsApp(call.apiUrl),
    pull_requests: pulls.map((pull) => minimalPullRequest(pull, call.apiUrl)),
  };
}

/** Throws where GitHub refuses fields of a check run that are each of the right form. */
function assertConsistent(body: Fields): void {
  const conclusion = textOf(body, 'conclusion');
  const ends = textOf(body, 'status') === 'completed' || textOf(body, 'completed_at') !== undefined;
  if (ends && conclusion === undefined) {
    throw invalidField({ resource: 'CheckRun', code: 'missing_field', field: 'conclusion' });
  }
  for (const annotation of annotationsOf(body)) {
    if (Number(annotation.end_line) < Number(annotation.start_line)) {
      throw invalidField({ resource: 'CheckAnnotation', code: 'invalid', field: 'end_line' });
    }
  }
}

function annotationsOf(body: Fields): readonly Fields[] {
  const given = isFields(body.output) ? body.output.annotations : undefined;
  return (Array.isArray(given) ? given : []).filter(isFields);
}

/** What create and update have in common: fields that are given replace, annotations are added. */
function apply(check: CheckRunRecord, body: Fields, now: number): void {
  const conclusion = textOf(body, 'conclusion');
  const status = textOf(body, 'status');
  check.name = textOf(body, 'name') ?? check.name;
  check.externalId = textOf(body, 'external_id') ?? check.externalId;
  check.detailsUrl = textOf(body, 'details_url') ?? check.detailsUrl;
  check.startedAt = textOf(body, 'started_at') ?? check.startedAt;
  if (conclusion !== undefined) {
    check.status = 'completed';
    check.conclusion = conclusion;
    check.completedAt = textOf(body, 'completed_at') ?? timestamp(now);
  } else if (status !== undefined) {
    check.status = status;
    check.conclusion = null;
    check.completedAt = null;
  }
  if (!isFields(body.output)) return;
  check.title = textOf(body.output, 'title') ?? check.title;
  check.summary = textOf(body.output, 'summary') ?? check.summary;
  check.text = textOf(body.output, 'text') ?? check.text;
  check.annotations = [...check.annotations, ...annotationsOf(body)];
}

async function create(call: Call): Promise<Answer> {
  const { state, body } = call;
  const check: CheckRunRecord = {
    id: state.nextId('job'),
    repository: call.record.repository,
    headSha: await commitAt(call, textOf(body, 'head_sha') ?? ''),
    name: textOf(body, 'name') ?? '',
    externalId: '',
    detailsUrl: undefined,
    status: 'queued',
    conclusion: null,
    startedAt: timestamp(state.now()),
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
  };
  requireTitle(body);
  assertConsistent(body);
  apply(check, body, state.now());
  state.checkRuns.push(check);
  state.raise('check_run', 'created', check.repository, call.actor);
  const answer = checkRun(call, check);
  return { status: 201, body: answer, headers: { Location: answer.url } };
}

function update(call: Call): Answer {
  const check = existing(call);
  if (!call.state.checkRuns.includes(check)) {
    throw new GitHubError(403, 'The check run of a job belongs to the job: a token cannot change it.');
  }
  assertConsistent(call.body);
  apply(check, call.body, call.state.now());
  return { status: 200, body: checkRun(call, check) };
}

/** GitHub asks for a title with every output of a new check run. */
function requireTitle(body: Fields): void {
  if (isFields(body.output) && (textOf(body.output, 'title') ?? '') === '') {
    throw invalidField({ resource: 'CheckRun', code: 'missing_field', field: 'output.title' });
  }
}

async function listOfRef(call: Call): Promise<Answer> {
  const sha = await commitAt(call, call.params.ref!);
  const name = call.query.get('check_name');
  const status = call.query.get('status');
  const app = call.query.get('app_id');
  const matching = all(call)
    .filter((check) => check.headSha === sha)
    .filter((check) => name === null || check.name === name)
    .filter((check) => status === null || check.status === status)
    .filter(() => app === null || app === String(actionsApp(call.apiUrl).id))
    .toReversed();
  const latest = matching.filter((check, index) => matching.findIndex((other) => other.name === check.name) === index);
  const found = call.query.get('filter') === 'all' ? matching : latest;
  const { items, link } = paginate(found, call.url, call.query);
  return withLink({ total_count: found.length, check_runs: items.map((check) => checkRun(call, check)) }, link);
}

function listAnnotations(call: Call): Answer {
  const check = existing(call);
  const { items, link } = paginate(check.annotations, call.url, call.query);
  const blob = `${htmlUrl(check.repository)}/blob/${check.headSha}/`;
  return withLink(
    items.map((annotation) => ({
      path: annotation.path,
      start_line: annotation.start_line,
      end_line: annotation.end_line,
      start_column: annotation.start_column ?? null,
      end_column: annotation.end_column ?? null,
      annotation_level: annotation.annotation_level,
      title: annotation.title ?? null,
      message: annotation.message,
      raw_details: annotation.raw_details ?? null,
      blob_href: `${blob}${String(annotation.path).split('/').map(encodeURIComponent).join('/')}`,
    })),
    link,
  );
}

const read: Access = { level: 'read', anyOf: ['checks'] };
const write: Access = { level: 'write', anyOf: ['checks'], appsOnly: true };
const ONE = '/repos/{owner}/{repo}/check-runs/{check_run_id}';

export const checkRoutes: readonly Route[] = [
  { method: 'POST', path: '/repos/{owner}/{repo}/check-runs', access: write, handle: create },
  {
    method: 'GET',
    path: ONE,
    access: read,
    handle: (call) => ({ status: 200, body: checkRun(call, existing(call)) }),
  },
  { method: 'PATCH', path: ONE, access: write, handle: update },
  { method: 'GET', path: `${ONE}/annotations`, access: read, handle: listAnnotations },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}/check-runs', access: read, handle: listOfRef },
];
