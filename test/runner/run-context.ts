import type { Json } from '../../shared/core/json.js';
import type { LocalGitHub, Repository, Run } from '../github/types.js';
import type { ConcurrencyGroups } from './concurrency.js';
import type { EventContext } from './events.js';
import type { CommitStore } from './git.js';
import type { Limiter } from './limiter.js';
import type { Origin } from './origin.js';
import type { JobResult, RunnerUpdate } from './result.js';

/** What every job of a run shares. */
export interface RunContext {
  readonly github: LocalGitHub;
  readonly repository: Repository;
  readonly event: EventContext;
  readonly run: Run;
  /** The workflow that the event started; called ones are known by their own origin. */
  readonly workflow: { readonly name: string; readonly path: string };
  readonly store: CommitStore;
  /** The checkout of the project, under its slug, and the repository under test at the event's commit. */
  readonly project: Origin;
  readonly source: Origin;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly temp: string;
  /** The node binary for actions. */
  readonly node: string;
  /** Milliseconds in a minute of `timeout-minutes`. */
  readonly minuteMs: number;
  /** How many jobs run at the same time, over all runs of the event. */
  readonly slots: Limiter;
  /** Counts the matrix jobs of the run. */
  readonly matrixJobs: { count: number };
  /** The concurrency groups of the repository. */
  readonly groups: ConcurrencyGroups;
  /** Jobs of an earlier attempt that succeeded and are not run again, by their names. */
  readonly kept: ReadonlyMap<string, JobResult>;
  readonly debug: boolean;
  readonly signal: AbortSignal;
  readonly report: (update: RunnerUpdate) => void;
  /** Ids for jobs that LocalGitHub never hears of: those that are skipped. */
  readonly nextSkippedId: () => number;
}

/** Stands for the job's own token where a caller hands `secrets.GITHUB_TOKEN` on. */
export const JOB_TOKEN = '\0job-token';

/** The `github` context outside of jobs, where no token, workspace or action is known yet. */
export function githubContext(context: RunContext): Record<string, Json> {
  const { event, run, repository, github, workflow } = context;
  return {
    server_url: 'https://github.com',
    api_url: github.apiUrl,
    graphql_url: `${github.apiUrl}/graphql`,
    actor: event.actor,
    triggering_actor: event.actor,
    event_name: event.name,
    event: event.payload,
    ref: event.ref,
    ref_name: event.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_type: event.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: false,
    sha: event.sha,
    head_ref: event.headRef,
    base_ref: event.baseRef,
    repository: repository.fullName,
    repository_id: String(repository.id),
    repository_owner: repository.owner,
    repositoryUrl: `git://github.com/${repository.fullName}.git`,
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    workflow: workflow.name,
    workflow_ref: `${repository.fullName}/${workflow.path}@${event.ref}`,
    workflow_sha: event.sha,
    retention_days: '90',
    secret_source: event.fork ? 'None' : 'Actions',
  };
}
