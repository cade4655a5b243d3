import { UserError } from '../../shared/core/errors.js';
import type { Json } from '../../shared/core/json.js';
import type { PullRequest, Repository } from '../github/types.js';
import {
  type DispatchEvent,
  describeDispatch,
  describeRepositoryEvent,
  describeSchedule,
  describeWorkflowRun,
  type RepositoryEvent,
  type ScheduleEvent,
  type WorkflowRunEvent,
} from './caused-events.js';
import { repositoryPayload, userPayload } from './event-payload.js';
import type { CommitStore } from './git.js';
import { matchesFilter } from './patterns.js';
import type { TriggerSpec, WorkflowSpec } from './workflow-spec.js';

/** What happened in a repository. */
export type WorkflowEvent =
  | {
      readonly name: 'push';
      /** `refs/heads/main` or `refs/tags/v1`. */
      readonly ref: string;
      readonly sha: string;
      /** The commit the branch stood at before; absent for a new branch. */
      readonly before?: string;
      readonly actor?: string;
    }
  | {
      readonly name: 'pull_request';
      readonly action: 'opened' | 'synchronize' | 'reopened';
      readonly pullRequest: PullRequest;
      /** The head before a `synchronize`. */
      readonly before?: string;
    }
  | DispatchEvent
  | ScheduleEvent
  | WorkflowRunEvent
  | RepositoryEvent;

/** An event as workflows see it, and as a run of it is recorded. A new kind of event is one more function that makes this. */
export interface EventContext {
  readonly name: string;
  /** The activity type, where the event has one. */
  readonly action?: string;
  readonly payload: Json;
  /** GITHUB_REF and GITHUB_SHA. The workflow files are those of this commit. */
  readonly ref: string;
  readonly sha: string;
  readonly headRef: string;
  readonly baseRef: string;
  readonly actor: string;
  /** What the run is recorded under: for a pull request its head, not the merge commit. */
  readonly headBranch: string;
  readonly headSha: string;
  readonly headRepository: Repository;
  /** The head is another repository's: no secrets, and a token that can only read. */
  readonly fork: boolean;
  /** A fork's run caused it, though its code is the repository's own. */
  readonly lowTrust?: boolean;
  /** The branch that `branches` filters look at, or the tag. */
  readonly target: { readonly branch?: string; readonly tag?: string };
  /** For `paths` filters; undefined where everything counts as changed. */
  readonly changedFiles: readonly string[] | undefined;
  /** The one workflow that a dispatch is for, by its path, and the inputs it gives, all of them text. */
  readonly workflow?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** The cron expression whose time has come. */
  readonly schedule?: string;
  /** The name of the workflow whose run the event is about. */
  readonly after?: string;
  /** One line for people: `push to main`, `pull request #2: Deeper trees`. */
  readonly title: string;
}

const NO_COMMIT = '0'.repeat(40);

/** Which git directories the event's commits are in, the repository's own first. @throws UserError when it has none. */
export function eventSources(repository: Repository, event: WorkflowEvent): readonly string[] {
  const head = event.name === 'pull_request' ? event.pullRequest.head.repository.gitDirectory : undefined;
  if (!repository.gitDirectory)
    throw new UserError(`repository ${repository.fullName} has no git directory, so no workflow can be read from it`);
  return head ? [repository.gitDirectory, head] : [repository.gitDirectory];
}

/** The event as its workflows see it. A pull request gets the merge commit of its head into its base. */
export function describeEvent(repository: Repository, event: WorkflowEvent, store: CommitStore): Promise<EventContext> {
  switch (event.name) {
    case 'push':
      return describePush(repository, event, store);
    case 'pull_request':
      return describePullRequest(repository, event, store);
    case 'workflow_dispatch':
      return describeDispatch(repository, event, store);
    case 'workflow_run':
      return describeWorkflowRun(repository, event, store);
    case 'schedule':
      return describeSchedule(repository, event, store);
    default:
      return describeRepositoryEvent(repository, event, store);
  }
}

async function describePush(
  repository: Repository,
  event: Extract<WorkflowEvent, { name: 'push' }>,
  store: CommitStore,
): Promise<EventContext> {
  const actor = event.actor ?? repository.owner;
  const short = event.ref.replace(/^refs\/(heads|tags)\//, '');
  const tag = event.ref.startsWith('refs/tags/');
  const payload = {
    ref: event.ref,
    before: event.before ?? NO_COMMIT,
    after: event.sha,
    created: event.before === undefined,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: `https://github.com/${repository.fullName}/compare/${event.before ?? NO_COMMIT}...${event.sha}`,
    head_commit: { id: event.sha },
    repository: repositoryPayload(repository),
    pusher: { name: actor },
    sender: userPayload(actor),
  };
  return {
    name: 'push',
    payload,
    ref: event.ref,
    sha: event.sha,
    headRef: '',
    baseRef: '',
    actor,
    headBranch: short,
    headSha: event.sha,
    headRepository: repository,
    fork: false,
    target: tag ? { tag: short } : { branch: short },
    changedFiles: tag || event.before === undefined ? undefined : await store.changedFiles(event.before, event.sha),
    title: tag ? `push of tag ${short}` : `push to ${short}`,
  };
}

async function describePullRequest(
  repository: Repository,
  event: Extract<WorkflowEvent, { name: 'pull_request' }>,
  store: CommitStore,
): Promise<EventContext> {
  const { action, pullRequest } = event;
  const { head, base, number, title, user } = pullRequest;
  const sha = await store.merge(base.sha, head.sha, `pull request #${number}`);
  const ref = `refs/pull/${number}/merge`;
  await store.setRef(ref, sha);
  await store.setRef(`refs/pull/${number}/head`, head.sha);
  const side = ({ ref: branch, sha: commit, repository: owner }: PullRequest['head']): Json => ({
    label: `${owner.owner}:${branch}`,
    ref: branch,
    sha: commit,
    user: userPayload(owner.owner),
    repo: repositoryPayload(owner, owner.id !== base.repository.id),
  });
  const url = `https://github.com/${repository.fullName}/pull/${number}`;
  const payload = {
    action,
    number,
    ...(action === 'synchronize' ? { before: event.before ?? NO_COMMIT, after: head.sha } : {}),
    pull_request: {
      number,
      title,
      body: null,
      state: 'open',
      draft: false,
      locked: false,
      merged: false,
      html_url: url,
      user: userPayload(user),
      labels: [],
      head: side(head),
      base: side(base),
      merge_commit_sha: sha,
    },
    repository: repositoryPayload(repository),
    sender: userPayload(user),
  };
  const mergeBase = await store.mergeBase(base.sha, head.sha);
  return {
    name: 'pull_request',
    action,
    payload,
    ref,
    sha,
    headRef: head.ref,
    baseRef: base.ref,
    actor: user,
    headBranch: head.ref,
    headSha: head.sha,
    headRepository: head.repository,
    fork: head.repository.id !== repository.id,
    target: { branch: base.ref },
    changedFiles: mergeBase ? await store.changedFiles(mergeBase, head.sha) : undefined,
    title: `pull request #${number}: ${title}`,
  };
}

/** Activity types that start a workflow which names none. */
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

/** Whether an event starts a workflow: its name, activity type, branch or tag, and changed files. */
export function startsWorkflow(workflow: WorkflowSpec, event: EventContext): boolean {
  const trigger = workflow.triggers.get(event.name);
  if (!trigger) return false;
  if (event.workflow !== undefined && event.workflow !== workflow.path) return false;
  if (event.schedule !== undefined && trigger.schedules?.some(({ cron }) => cron === event.schedule) !== true) return false;
  if (event.after !== undefined && trigger.workflows?.includes(event.after) !== true) return false;
  const types = trigger.types ?? DEFAULT_TYPES[event.name];
  if (event.action !== undefined && types && !types.includes(event.action)) return false;
  return targetMatches(trigger, event.target) && pathsMatch(trigger, event);
}

function targetMatches(trigger: TriggerSpec, target: EventContext['target']): boolean {
  const filters = [trigger.branches, trigger.branchesIgnore, trigger.tags, trigger.tagsIgnore];
  if (filters.every((filter) => filter === undefined)) return true;
  const [name, wanted, ignored] =
    target.tag !== undefined
      ? [target.tag, trigger.tags, trigger.tagsIgnore]
      : [target.branch, trigger.branches, trigger.branchesIgnore];
  if (name === undefined) return false;
  if (wanted) return matchesFilter(wanted, name);
  return ignored !== undefined && !matchesFilter(ignored, name);
}

function pathsMatch(trigger: TriggerSpec, event: EventContext): boolean {
  const { paths, pathsIgnore } = trigger;
  if (event.target.tag !== undefined || event.changedFiles === undefined) return true;
  if (paths) return event.changedFiles.some((file) => matchesFilter(paths, file));
  if (pathsIgnore) return event.changedFiles.some((file) => !matchesFilter(pathsIgnore, file));
  return true;
}
