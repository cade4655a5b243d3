import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../../shared/core/errors.js';
import type { Conclusion, LocalGitHub, Repository } from '../github/types.js';
import { describeEvent, type EventContext, eventSources, startsWorkflow, type WorkflowEvent } from './events.js';
import { CommitStore, git } from './git.js';
import { runGraph } from './graph.js';
import { onInterrupt } from './interrupt.js';
import { Limiter } from './limiter.js';
import { commitOrigin, folderOrigin, type Origin } from './origin.js';
import type { RunnerUpdate, RunResult } from './result.js';
import { planWorkflow } from './reusable.js';
import type { RunContext } from './run-context.js';
import { parseWorkflow } from './workflow.js';
import type { WorkflowSpec } from './workflow-spec.js';

const WORKFLOWS = '.github/workflows';

export interface RunnerOptions {
  readonly github: LocalGitHub;
  readonly repository: Repository;
  readonly event: WorkflowEvent;
  /** Root of the project's checkout: what its slug, and `$/` in its own files, mean. */
  readonly project: string;
  /** Default `mlops-actions/mlops-actions`. */
  readonly slug?: string;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** The folder in which a run makes its own, which it removes at the end. Default: the system's. */
  readonly temp?: string;
  readonly onProgress?: (update: RunnerUpdate) => void;
  /** Cancels everything that runs. Steps are in process groups of their own, so that Ctrl-C in a terminal does not reach them. */
  readonly signal?: AbortSignal;
  /** How many jobs run at the same time. Default: the number of processors. */
  readonly parallel?: number;
  /** Milliseconds in a minute of `timeout-minutes`; tests make it short. */
  readonly minuteMs?: number;
}

/** What the runs of one event share. */
interface EventSession {
  readonly options: RunnerOptions;
  readonly temp: string;
  readonly store: CommitStore;
  readonly event: EventContext;
  readonly source: Origin;
  readonly project: Origin;
  readonly slots: Limiter;
  /** Removes everything that the session has written. */
  close(): void;
}

/**
 * Runs every workflow that an event starts, in parallel, as GitHub would: the files are those of the event's commit.
 * @returns one result a workflow, in the order of their paths. A file that is not a workflow is a failed run that says why.
 * @throws UserError when there is nothing to run: no git directory, or a pull request that conflicts.
 */
export async function runEvent(options: RunnerOptions): Promise<RunResult[]> {
  const session = await openSession(options);
  try {
    const paths = (await session.store.list(session.event.sha, WORKFLOWS)).filter((path) => /\.ya?ml$/.test(path));
    const runs = paths.map(async (path): Promise<RunResult | undefined> => {
      const text = await session.source.read(path);
      let spec: WorkflowSpec;
      try {
        spec = parseWorkflow(path, text ?? '');
      } catch (error) {
        if (error instanceof UserError) return failRun(session, path, path, error.message);
        throw error;
      }
      return startsWorkflow(spec, session.event) ? runWorkflow(session, spec) : undefined;
    });
    return (await settle(runs)).filter((result) => result !== undefined);
  } finally {
    session.close();
  }
}

/** Waits for all, then throws the first failure, so that nothing runs on when the caller hears of it. */
async function settle<Result>(tasks: readonly Promise<Result>[]): Promise<Result[]> {
  const ends = await Promise.allSettled(tasks);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}

/** Makes the event's commit and everything that its runs share. @throws UserError */
export async function openSession(options: RunnerOptions): Promise<EventSession> {
  const { repository, event, project, slug = 'mlops-actions/mlops-actions' } = options;
  const sources = eventSources(repository, event);
  const temp = mkdtempSync(join(options.temp ?? tmpdir(), 'runner-'));
  const remove = (): void => rmSync(temp, { recursive: true, force: true, maxRetries: 3 });
  const forget = onInterrupt(remove);
  const close = (): void => {
    forget();
    remove();
  };
  try {
    const store = await CommitStore.create(join(temp, 'store.git'), sources);
    const context = await describeEvent(repository, event, store);
    const commit = { ref: context.ref, sha: context.sha };
    return {
      options,
      temp,
      store,
      event: context,
      source: commitOrigin(repository.fullName, store, commit, join(temp, 'source')),
      project: folderOrigin(slug, project, await projectCommit(project)),
      slots: new Limiter(options.parallel ?? availableParallelism()),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function projectCommit(root: string): Promise<{ ref: string; sha: string }> {
  try {
    return { ref: 'refs/heads/main', sha: (await git(root, ['rev-parse', 'HEAD'])).trim() };
  } catch {
    // A copy of the project without its history.
    return { ref: 'refs/heads/main', sha: '0'.repeat(40) };
  }
}

/** Runs one workflow of the event's repository, whether or not the event starts it. */
export async function runWorkflow(session: EventSession, spec: WorkflowSpec): Promise<RunResult> {
  const { options, event, source, project, store, slots, temp } = session;
  let plan: Awaited<ReturnType<typeof planWorkflow>>;
  try {
    plan = await planWorkflow(spec, source, project);
  } catch (error) {
    if (error instanceof UserError) return failRun(session, spec.name, spec.path, error.message);
    throw error;
  }
  const { run, started } = startRun(session, spec.name, spec.path);
  let skipped = 0;
  const secrets = event.fork ? {} : (options.secrets ?? {});
  const signal = options.signal ?? new AbortController().signal;
  const context: RunContext = {
    github: options.github,
    repository: options.repository,
    event,
    run,
    workflow: { name: spec.name, path: spec.path },
    store,
    project,
    source,
    secrets,
    vars: options.vars ?? {},
    temp,
    node: process.env.RUNNER_NODE || process.execPath,
    minuteMs: options.minuteMs ?? 60_000,
    slots,
    matrixJobs: { count: 0 },
    debug: (secrets.ACTIONS_STEP_DEBUG ?? options.vars?.ACTIONS_STEP_DEBUG) === 'true',
    signal,
    report: (update) => options.onProgress?.(update),
    nextSkippedId: () => -++skipped,
  };
  try {
    const { conclusion, jobs } = await runGraph({ run: context, plan, prefix: '', inputs: {}, secrets, signal });
    finishRun(session, run, spec.name, conclusion, started);
    return { run, workflow: spec.name, conclusion, jobs };
  } catch (error) {
    // A mistake of the runner's own: the run must not stay open.
    finishRun(session, run, spec.name, 'failure', started, messageOf(error));
    throw error;
  }
}

function startRun(session: EventSession, workflowName: string, path: string): { run: RunResult['run']; started: number } {
  const { options, event } = session;
  const run = options.github.startRun({
    repository: options.repository,
    workflowName,
    path,
    event: event.name,
    headBranch: event.headBranch,
    headSha: event.headSha,
    headRepository: event.headRepository,
    actor: event.actor,
    ref: event.ref,
  });
  const { id, number } = run;
  const { name, title } = event;
  options.onProgress?.({ kind: 'run-started', run: id, number, workflow: workflowName, event: name, title, at: Date.now() });
  return { run, started: performance.now() };
}

function finishRun(
  session: EventSession,
  run: RunResult['run'],
  workflow: string,
  conclusion: Conclusion,
  started: number,
  error?: string,
): void {
  session.options.github.completeRun(run, conclusion);
  const seconds = (performance.now() - started) / 1000;
  const reason = error === undefined ? {} : { error };
  session.options.onProgress?.({ kind: 'run-finished', run: run.id, workflow, conclusion, seconds, ...reason, at: Date.now() });
}

/** A run that fails before any job: a wrong file, or a call that asks for more than it may. */
function failRun(session: EventSession, workflow: string, path: string, error: string): RunResult {
  const { run, started } = startRun(session, workflow, path);
  finishRun(session, run, workflow, 'failure', started, error);
  return { run, workflow, conclusion: 'failure', jobs: [], error };
}
