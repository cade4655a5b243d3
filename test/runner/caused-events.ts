import { posix } from 'node:path';
import { UserError } from '../../shared/core/errors.js';
import type { Json } from '../../shared/core/json.js';
import { resolveDispatchInputs } from '../github/dispatch-inputs.js';
import type { Repository, Run } from '../github/types.js';
import { repositoryPayload, userPayload } from './event-payload.js';
import type { EventContext } from './events.js';
import type { CommitStore } from './git.js';
import type { WorkflowSpec } from './workflow-spec.js';

/** One workflow is started by hand, or by a job. */
export interface DispatchEvent {
  readonly name: 'workflow_dispatch';
  /** The file's name, or its path. */
  readonly workflow: string;
  /** `refs/heads/main` or `refs/tags/v1`. */
  readonly ref: string;
  /** Default: what the ref names now. */
  readonly sha?: string;
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly actor?: string;
}

/** A run of a workflow has come to be, has begun, or is over. */
export interface WorkflowRunEvent {
  readonly name: 'workflow_run';
  readonly action: 'requested' | 'in_progress' | 'completed';
  readonly run: Run;
  /** The run as the REST API showed it at that moment. */
  readonly described: Readonly<Record<string, unknown>>;
}

/** The time of one of the cron expressions of the default branch's workflows has come. */
export interface ScheduleEvent {
  readonly name: 'schedule';
  /** As the workflow file writes it. */
  readonly cron: string;
}

/** Something else that the API caused; the payload is what the webhook says beside repository and sender. */
export interface RepositoryEvent {
  readonly name: 'repository_dispatch' | 'release' | 'create' | 'delete';
  readonly action?: string;
  /** In full, where the event has one; else it is the default branch. */
  readonly ref?: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly actor?: string;
}

/** @throws UserError when the ref, the workflow or an input is wrong: GitHub then answers 422. */
export async function describeDispatch(
  repository: Repository,
  event: DispatchEvent,
  store: CommitStore,
): Promise<EventContext> {
  const path = event.workflow.includes('/') ? event.workflow : `.github/workflows/${event.workflow}`;
  const sha = event.sha ?? (await commitOf(repository, event.ref, store));
  const text = await store.file(sha, path);
  if (text === undefined) throw new UserError(`workflow_dispatch: ${event.ref} has no workflow ${path}`);
  const resolved = resolveDispatchInputs(text, event.inputs ?? {});
  if ('problem' in resolved) throw new UserError(`workflow_dispatch of ${path}: ${resolved.problem}`);
  const { inputs } = resolved;
  const payload = { inputs: Object.keys(inputs).length === 0 ? null : inputs, ref: event.ref, workflow: path };
  return {
    ...atRef(repository, event.ref, sha, event.actor ?? repository.owner),
    name: 'workflow_dispatch',
    payload: withSender(repository, payload, event.actor ?? repository.owner),
    workflow: path,
    inputs,
    title: `dispatch of ${posix.basename(path)}`,
  };
}

/**
 * The `inputs` context of a dispatched workflow: as `github.event.inputs`, but booleans are booleans.
 */
export function dispatchInputs(spec: WorkflowSpec, event: EventContext): Readonly<Record<string, Json>> {
  const declared = spec.triggers.get('workflow_dispatch')?.inputs;
  const typed = Object.entries(event.inputs ?? {}).map(([name, text]) => {
    return [name, declared?.get(name)?.type === 'boolean' ? text === 'true' : text] as const;
  });
  return Object.fromEntries(typed);
}

/** Its workflows are those of the default branch, and have the repository's own token and secrets, whoever caused the run. */
export async function describeWorkflowRun(
  repository: Repository,
  event: WorkflowRunEvent,
  store: CommitStore,
): Promise<EventContext> {
  const { action, run, described } = event;
  const ref = `refs/heads/${repository.defaultBranch}`;
  const workflow = { id: described.workflow_id as Json, name: run.workflowName, path: run.path, state: 'active' };
  const payload = { action, workflow_run: described as Json, workflow };
  return {
    ...atRef(repository, ref, await commitOf(repository, ref, store), run.actor),
    name: 'workflow_run',
    action,
    payload: withSender(repository, payload, run.actor),
    after: run.workflowName,
    lowTrust: run.headRepository.id !== repository.id,
    target: { branch: run.headBranch },
    title: `${run.workflowName} #${run.number} ${action.replace('_', ' ')}`,
  };
}

/** Its workflows are those of the default branch that have this cron expression; whoever wrote it counts as the actor. */
export async function describeSchedule(
  repository: Repository,
  { cron }: ScheduleEvent,
  store: CommitStore,
): Promise<EventContext> {
  const ref = `refs/heads/${repository.defaultBranch}`;
  const actor = repository.owner;
  return {
    ...atRef(repository, ref, await commitOf(repository, ref, store), actor),
    name: 'schedule',
    payload: { schedule: cron, repository: repositoryPayload(repository) },
    schedule: cron,
    title: `schedule ${cron}`,
  };
}

export async function describeRepositoryEvent(
  repository: Repository,
  event: RepositoryEvent,
  store: CommitStore,
): Promise<EventContext> {
  const { name, action, actor = repository.owner } = event;
  // A ref that is gone cannot be run on.
  const ref = (name === 'delete' ? undefined : event.ref) ?? `refs/heads/${repository.defaultBranch}`;
  const payload = { ...(action === undefined ? {} : { action }), ...(event.payload as Record<string, Json>) };
  return {
    ...atRef(repository, ref, await commitOf(repository, ref, store), actor),
    name,
    ...(action === undefined ? {} : { action }),
    payload: withSender(repository, payload, actor),
    title: [name.replace('_', ' '), ...(action === undefined ? [] : [action])].join(' '),
  };
}

async function commitOf(repository: Repository, ref: string, store: CommitStore): Promise<string> {
  const commit = await store.commit(ref);
  if (commit === undefined) throw new UserError(`repository ${repository.fullName} has no ${ref}`);
  return commit;
}

/** What an event on a branch or tag of the repository itself has, whatever it is. */
function atRef(repository: Repository, ref: string, sha: string, actor: string) {
  const short = ref.replace(/^refs\/(heads|tags)\//, '');
  return {
    ref,
    sha,
    headRef: '',
    baseRef: '',
    actor,
    headBranch: short,
    headSha: sha,
    headRepository: repository,
    fork: false,
    target: ref.startsWith('refs/tags/') ? { tag: short } : { branch: short },
    changedFiles: undefined,
  };
}

function withSender(repository: Repository, payload: Readonly<Record<string, Json>>, actor: string): Json {
  return { ...payload, repository: repositoryPayload(repository), sender: userPayload(actor) };
}
