import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../../shared/core/errors.js';
import type { Conclusion, LocalGitHub, Repository } from '../github/types.js';
import { dispatchInputs, type WorkflowRunEvent } from './caused-events.js';
import { type ConcurrencyWish, evaluateConcurrency, groupsOf, type Place } from './concurrency.js';
import { describeEvent, type EventContext, eventSources, startsWorkflow, type WorkflowEvent } from './events.js';
import { CommitStore, git } from './git.js';
import { runGraph } from './graph.js';
import { onInterrupt } from './interrupt.js';
import { Limiter } from './limiter.js';
import { commitOrigin, folderOrigin, type Origin } from './origin.js';
import type { RunnerUpdate, RunResult } from './result.js';
import { planWorkflow } from './reusable.js';
import { githubContext, type RunContext } from './run-context.js';
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
  /** Of the default branch, those workflows that runs of other ones start. */
  readonly followers: () => Promise<readonly WorkflowSpec[]>;
  /** Removes everything that the session has written. */
  close(): void;
}

/** Levels of workflows that runs of others may start, one after the other. */
const MAX_CHAIN = 3;

/** Called when a run has come to be, has begun and is over. */
type StageListener = (run: RunResult['run'], stage: WorkflowRunEvent['action']) => void;

/**
 * Runs every workflow that an event starts, in parallel, as GitHub would: the files are those of the event's commit. Then,
 * and meanwhile, those that `workflow_run` starts on account of these runs.
 * @returns one result a workflow, in the order of their paths, then those that followed, in the order of their starts. A file
 *   that is not a workflow is a failed run that says why.
 * @throws UserError when there is nothing to run: no git directory, a pull request that conflicts, a dispatch with wrong inputs.
 */
export function runEvent(options: RunnerOptions): Promise<RunResult[]> {
  return runChain(options, 0);
}

async function runChain(options: RunnerOptions, level: number): Promise<RunResult[]> {
  const session = await openSession(options);
  const following: Promise<RunResult[]>[] = [];
  const onStage: StageListener = (run, action) => {
    if (level >= MAX_CHAIN) return;
    const event: WorkflowRunEvent = { name: 'workflow_run', action, run, described: options.github.describeRun(run) };
    const task = session.followers().then((specs) => {
      const wanted = specs.some((spec) => spec.triggers.get('workflow_run')?.workflows?.includes(run.workflowName));
      return wanted && options.signal?.aborted !== true ? runChain({ ...options, event }, level + 1) : [];
    });
    // Its failure is thrown when all are waited for.
    task.catch(() => undefined);
    following.push(task);
  };
  try {
    const { event } = session;
    const paths = (await session.store.list(event.sha, WORKFLOWS)).filter((path) => /\.ya?ml$/.test(path));
    const runs = paths.map(async (path): Promise<RunResult | undefined> => {
      if ((event.workflow ?? path) !== path) return undefined;
      const text = await session.source.read(path);
      let spec: WorkflowSpec;
      try {
        spec = parseWorkflow(path, text ?? '');
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // Of the events that do not bring the file, GitHub starts no run to say that it is wrong.
        return REPORTS_WRONG_FILES.has(event.name) ? failRun(session, path, path, error.message) : undefined;
      }
      return startsWorkflow(spec, event) ? runWorkflow(session, spec, onStage) : undefined;
    });
    const direct = (await settle(runs)).filter((result) => result !== undefined);
    const followed = (await settle(following)).flat();
    return [...direct, ...followed.sort((one, other) => one.run.id - other.run.id)];
  } finally {
    // Where a direct run threw, those that followed others must be over too.
    await Promise.allSettled(following);
    session.close();
  }
}

const REPORTS_WRONG_FILES: ReadonlySet<string> = new Set(['push', 'pull_request', 'workflow_dispatch']);

/** Waits for all, then throws the first failure, so that nothing runs on when the caller hears of it. */
export async function settle<Result>(tasks: readonly Promise<Result>[]): Promise<Result[]> {
  const ends = await Promise.allSettled(tasks);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}

/**
 * The next attempt of a run that is over: the same event at the same commit, all jobs or only those that did not succeed. The
 * jobs that did keep their outputs then.
 * @param options those of the run, its event included
 * @throws UserError as `runEvent`
 */
export async function rerun(options: RunnerOptions, previous: RunResult, which: 'all' | 'failed' = 'all'): Promise<RunResult> {
  const session = await openSession(options);
  try {
    const { path } = previous.run;
    return await runWorkflow(session, parseWorkflow(path, (await session.source.read(path)) ?? ''), undefined, {
      run: previous.run,
      kept: which === 'all' ? [] : previous.jobs.filter(({ conclusion }) => conclusion === 'success'),
    });
  } finally {
    session.close();
  }
}

/** A further attempt of a run, and the jobs of earlier ones that are not run again. */
interface FurtherAttempt {
  readonly run: RunResult['run'];
  readonly kept: RunResult['jobs'];
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
      followers: onlyOnce(() => findFollowers(repository, store)),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** The workflows of the default branch that have a `workflow_run`; wrong files start nothing. */
async function findFollowers(repository: Repository, store: CommitStore): Promise<readonly WorkflowSpec[]> {
  const head = await store.commit(repository.defaultBranch);
  const paths = head === undefined ? [] : await store.list(head, WORKFLOWS);
  const found: WorkflowSpec[] = [];
  for (const path of paths.filter((name) => /\.ya?ml$/.test(name))) {
    try {
      const spec = parseWorkflow(path, (await store.file(head!, path)) ?? '');
      if (spec.triggers.has('workflow_run')) found.push(spec);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return found;
}

function onlyOnce<Result>(task: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= task();
    return result;
  };
}

async function projectCommit(root: string): Promise<{ ref: string; sha: string }> {
  try {
    return { ref: 'refs/heads/main', sha: (await git(root, ['rev-parse', 'HEAD'])).trim() };
  } catch {
    // A copy of the project without its history.
    return { ref: 'refs/heads/main', sha: '0'.repeat(40) };
  }
}

/**
 * Runs one workflow of the event's repository, whether or not the event starts it, as soon as its concurrency group lets it.
 */
export async function runWorkflow(
  session: EventSession,
  spec: WorkflowSpec,
  onStage: StageListener = () => {},
  again?: FurtherAttempt,
): Promise<RunResult> {
  const { options, event, source, project } = session;
  let plan: Awaited<ReturnType<typeof planWorkflow>>;
  try {
    plan = await planWorkflow(spec, source, project);
  } catch (error) {
    if (error instanceof UserError) return failRun(session, spec.name, spec.path, error.message);
    throw error;
  }
  const { run, started } = again
    ? restartRun(session, spec.name, again)
    : startRun(session, spec.name, spec.path, spec.concurrency !== undefined);
  onStage(run, 'requested');
  const end = (conclusion: Conclusion, jobs: RunResult['jobs'], error?: string): RunResult => {
    finishRun(session, run, spec.name, conclusion, started, error);
    onStage(run, 'completed');
    return { run, workflow: spec.name, conclusion, jobs, ...(error === undefined ? {} : { error }) };
  };
  const outer = options.signal ?? new AbortController().signal;
  const inputs = dispatchInputs(spec, event);
  let place: Place | undefined;
  try {
    const scope = {
      contexts: { github: githubContext(runContext(session, spec, run, outer)), inputs, vars: options.vars ?? {} },
    };
    let wish: ConcurrencyWish | undefined;
    try {
      wish = evaluateConcurrency(spec.concurrency, scope);
    } catch (error) {
      return end('failure', [], `${spec.path}: concurrency: ${messageOf(error)}`);
    }
    place = wish && (await groupsOf(options.github, options.repository).enter(wish, outer));
    if (place?.entered === false) return end('cancelled', [], place.reason);
    if (spec.concurrency !== undefined && !again) options.github.beginRun(run);
    onStage(run, 'in_progress');
    const signal = place ? AbortSignal.any([outer, place.signal]) : outer;
    const context = { ...runContext(session, spec, run, signal), kept: keptJobs(again) };
    const held = wish ? [wish.group.toLowerCase()] : [];
    const { secrets } = context;
    const { conclusion, jobs } = await runGraph({ run: context, plan, prefix: '', inputs, secrets, signal, held });
    return end(conclusion, jobs, place?.signal.aborted ? String(place.signal.reason) : undefined);
  } catch (error) {
    // A mistake of the runner's own: the run must not stay open.
    finishRun(session, run, spec.name, 'failure', started, messageOf(error));
    throw error;
  } finally {
    if (place?.entered) place.leave();
  }
}

/** What the jobs of a run share. */
function runContext(session: EventSession, spec: WorkflowSpec, run: RunResult['run'], signal: AbortSignal): RunContext {
  const { options, event, source, project, store, slots, temp } = session;
  const secrets = event.fork ? {} : (options.secrets ?? {});
  let skipped = 0;
  return {
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
    groups: groupsOf(options.github, options.repository),
    kept: new Map(),
    debug: (secrets.ACTIONS_STEP_DEBUG ?? options.vars?.ACTIONS_STEP_DEBUG) === 'true',
    signal,
    report: (update) => options.onProgress?.(update),
    nextSkippedId: () => -++skipped,
  };
}

function startRun(
  session: EventSession,
  workflowName: string,
  path: string,
  pending = false,
): { run: RunResult['run']; started: number } {
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
    pending,
    lowTrust: event.lowTrust ?? false,
  });
  return announce(session, run, workflowName);
}

function restartRun(
  session: EventSession,
  workflowName: string,
  { run }: FurtherAttempt,
): { run: RunResult['run']; started: number } {
  return announce(session, session.options.github.rerun(run), workflowName);
}

function announce({ options, event }: EventSession, run: RunResult['run'], workflow: string) {
  const { id, number } = run;
  const { name, title } = event;
  options.onProgress?.({ kind: 'run-started', run: id, number, workflow, event: name, title, at: Date.now() });
  return { run, started: performance.now() };
}

function keptJobs(again: FurtherAttempt | undefined): ReadonlyMap<string, RunResult['jobs'][number]> {
  return new Map((again?.kept ?? []).map((job) => [job.name, job]));
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
