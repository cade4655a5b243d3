import { setMaxListeners } from 'node:events';
import { messageOf } from '../../shared/core/errors.js';
import type { Json } from '../../shared/core/json.js';
import type { Conclusion } from '../github/types.js';
import { type ConcurrencyWish, evaluateConcurrency } from './concurrency.js';
import { enterEnvironment, evaluateEnvironment } from './environment.js';
import { conditionHolds, type Scope } from './expressions.js';
import { runJob } from './job.js';
import { templateBoolean, templateCount, templateText, templateValue } from './job-context.js';
import { Limiter } from './limiter.js';
import { expandMatrix, MAX_MATRIX_JOBS, type MatrixCombination, matrixLabel } from './matrix.js';
import type { JobResult } from './result.js';
import { callInputs, callSecrets, type PlannedJob, type WorkflowPlan } from './reusable.js';
import { githubContext, type RunContext } from './run-context.js';
import type { JobSpec } from './workflow-spec.js';

/** A workflow with what its caller gives it. */
export interface GraphOptions {
  readonly run: RunContext;
  readonly plan: WorkflowPlan;
  /** `caller / ` for the jobs of a called workflow. */
  readonly prefix: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** The concurrency groups, in small letters, in which this run has a place already. */
  readonly held: readonly string[];
}

export interface GraphResult {
  readonly conclusion: Conclusion;
  /** In the order of the file, the legs of a matrix in theirs. */
  readonly jobs: readonly JobResult[];
  /** `on.workflow_call.outputs`, evaluated. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** What became of one job of the file with all its legs, as `needs` tells it. */
interface JobEnd {
  readonly result: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
  readonly jobs: readonly JobResult[];
}

/** Runs all jobs of a workflow, each as soon as those it needs have ended. */
export async function runGraph(options: GraphOptions): Promise<GraphResult> {
  const ends = new Map<string, Promise<JobEnd>>();
  const finished = new Map<string, JobEnd>();
  const start = (id: string): Promise<JobEnd> => {
    const known = ends.get(id);
    if (known) return known;
    const planned = options.plan.jobs.get(id)!;
    const end = Promise.all(planned.spec.needs.map(start)).then(async () => {
      const result = await runPlanned(options, planned, finished);
      finished.set(id, result);
      return result;
    });
    ends.set(id, end);
    return end;
  };
  const all = await Promise.all([...options.plan.jobs.keys()].map(start));
  const results = all.map(({ result }) => result);
  return {
    conclusion: combine(results),
    jobs: all.flatMap(({ jobs }) => jobs),
    outputs: callOutputs(options, finished),
  };
}

function combine(results: readonly Conclusion[]): Conclusion {
  if (results.includes('failure')) return 'failure';
  if (results.includes('cancelled')) return 'cancelled';
  return results.every((result) => result === 'skipped') ? 'skipped' : 'success';
}

function callOutputs(options: GraphOptions, finished: ReadonlyMap<string, JobEnd>): Record<string, string> {
  const { call } = options.plan.spec;
  if (!call) return {};
  const jobs = Object.fromEntries([...finished].map(([id, { result, outputs }]) => [id, { result, outputs }]));
  const scope: Scope = {
    contexts: { github: githubContext(options.run), vars: options.run.vars, inputs: options.inputs, jobs },
  };
  return Object.fromEntries([...call.outputs].map(([name, template]) => [name, templateText(template, scope)]));
}

/** Runs a job of the file: its condition, its matrix, its legs. Mistakes in its expressions fail it alone. */
async function runPlanned(options: GraphOptions, planned: PlannedJob, finished: ReadonlyMap<string, JobEnd>): Promise<JobEnd> {
  const { run, prefix, signal } = options;
  const { spec } = planned;
  const plainName = typeof spec.name?.value === 'string' && !spec.name.value.includes('${{') ? spec.name.value : spec.id;
  const without = (conclusion: Conclusion, error?: string): JobEnd => {
    return { result: conclusion, outputs: {}, jobs: [reportUnstarted(run, planned, prefix + plainName, conclusion, error)] };
  };
  try {
    const ancestors = [...ancestorsOf(spec, options.plan)].map((id) => finished.get(id)?.result);
    const needs = Object.fromEntries(
      spec.needs.map((id) => [id, { result: finished.get(id)!.result, outputs: finished.get(id)!.outputs }] as const),
    );
    const scope: Scope = {
      contexts: { github: githubContext(run), vars: run.vars, inputs: options.inputs, secrets: options.secrets, needs },
      status: {
        success: !signal.aborted && ancestors.every((result) => result === 'success'),
        failure: ancestors.includes('failure'),
        cancelled: signal.aborted,
      },
    };
    if (!conditionHolds(spec.condition?.text, scope)) return without(signal.aborted ? 'cancelled' : 'skipped');
    const matrix = spec.strategy?.matrix ? expandMatrix(templateValue(spec.strategy.matrix, scope)) : undefined;
    run.matrixJobs.count += matrix?.length ?? 0;
    if (run.matrixJobs.count > MAX_MATRIX_JOBS) {
      throw new Error(`The matrices of this run make ${run.matrixJobs.count} jobs; ${MAX_MATRIX_JOBS} are the most`);
    }
    return await runLegs(options, planned, matrix, scope);
  } catch (error) {
    const { file, line, column } = spec.location;
    return without(
      'failure',
      `Error when evaluating job '${spec.id}'. ${file} (Line: ${line}, Col: ${column}): ${messageOf(error)}`,
    );
  }
}

function ancestorsOf(job: JobSpec, plan: WorkflowPlan, found = new Set<string>()): ReadonlySet<string> {
  for (const id of job.needs) {
    if (found.has(id)) continue;
    found.add(id);
    ancestorsOf(plan.jobs.get(id)!.spec, plan, found);
  }
  return found;
}

async function runLegs(
  options: GraphOptions,
  planned: PlannedJob,
  matrix: readonly MatrixCombination[] | undefined,
  scope: Scope,
): Promise<JobEnd> {
  const { spec } = planned;
  const failFast = templateBoolean(spec.strategy?.failFast, scope, 'fail-fast', true);
  const combinations = matrix ?? [undefined];
  const maxParallel = templateCount(spec.strategy?.maxParallel, scope, 'max-parallel') ?? combinations.length;
  const limiter = new Limiter(maxParallel);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // Every leg listens to it.
  setMaxListeners(0, signal);
  const outputs: Record<string, string> = {};
  const legs = combinations.map((combination, index) =>
    limiter.run(async () => {
      const strategy = {
        'fail-fast': failFast,
        'job-index': index,
        'job-total': combinations.length,
        'max-parallel': maxParallel,
      };
      const contexts = { ...scope.contexts, strategy, matrix: combination ?? null };
      const leg = await runLeg({ ...options, signal }, planned, combination, { ...scope, contexts });
      if (leg.result === 'failure' && failFast && matrix) stop.abort();
      // Of the legs of a matrix, the last one to end that has a value gives it, as on GitHub.
      for (const [name, value] of Object.entries(leg.outputs)) {
        if (value !== '' || !(name in outputs)) outputs[name] = value;
      }
      return leg;
    }),
  );
  const ends = await Promise.all(legs);
  return { result: combine(ends.map(({ result }) => result)), outputs, jobs: ends.flatMap(({ jobs }) => jobs) };
}

/** Runs a leg once its own concurrency group, if it has one, gives it a place. */
async function runLeg(
  options: GraphOptions,
  planned: PlannedJob,
  combination: MatrixCombination | undefined,
  scope: Scope,
): Promise<JobEnd> {
  const name = options.prefix + legName(planned.spec, combination, scope);
  const wish = evaluateConcurrency(planned.spec.concurrency, scope);
  return inGroup(options, planned, name, wish, (inside) => {
    return planned.called ? runCalled(inside, planned, planned.called, name, scope) : runSteps(inside, planned, name, scope);
  });
}

/** Does something in a concurrency group, or tells of a job that was cancelled while it waited for it. */
async function inGroup(
  options: GraphOptions,
  planned: PlannedJob,
  name: string,
  wish: ConcurrencyWish | undefined,
  task: (options: GraphOptions) => Promise<JobEnd>,
): Promise<JobEnd> {
  if (!wish) return task(options);
  const group = wish.group.toLowerCase();
  const cancelled = (reason: string): JobEnd => {
    return { result: 'cancelled', outputs: {}, jobs: [reportUnstarted(options.run, planned, name, 'cancelled', reason)] };
  };
  if (options.held.includes(group)) {
    return cancelled(
      `Canceling since a deadlock for concurrency group '${wish.group}' was detected between 'top level workflow' and '${planned.spec.id}'`,
    );
  }
  const place = await options.run.groups.enter(wish, options.signal);
  if (!place.entered) return cancelled(place.reason);
  try {
    const signal = AbortSignal.any([options.signal, place.signal]);
    setMaxListeners(0, signal);
    return await task({ ...options, signal, held: [...options.held, group] });
  } finally {
    place.leave();
  }
}

async function runCalled(
  options: GraphOptions,
  planned: PlannedJob,
  called: WorkflowPlan,
  name: string,
  scope: Scope,
): Promise<JobEnd> {
  const { run } = options;
  const inputs = callInputs(planned.spec, called.spec.call!, scope);
  const secrets = callSecrets(planned.spec, options.secrets, scope);
  const contexts = { github: githubContext(run), inputs, vars: run.vars };
  const wish = evaluateConcurrency(called.spec.concurrency, { contexts });
  return inGroup(options, planned, name, wish, async ({ signal, held }) => {
    const nested = await runGraph({ run, plan: called, prefix: `${name} / `, inputs, secrets, signal, held });
    return { result: nested.conclusion, outputs: nested.outputs, jobs: nested.jobs };
  });
}

async function runSteps(options: GraphOptions, planned: PlannedJob, name: string, scope: Scope): Promise<JobEnd> {
  const { run, signal, plan } = options;
  const { spec, permissions } = planned;
  const kept = run.kept.get(name);
  if (kept) return { result: 'success', outputs: kept.outputs, jobs: [kept] };
  const tolerant = templateBoolean(spec.continueOnError, scope, 'continue-on-error', false);
  const timeoutMinutes = templateCount(spec.timeoutMinutes, scope, 'timeout-minutes');
  // The labels mean nothing here, but an expression that gives none would leave the job in the queue for ever.
  const labels = spec.runsOn ? templateValue(spec.runsOn, scope) : null;
  if (labels === null || labels === '' || (Array.isArray(labels) && labels.length === 0))
    throw new Error('runs-on names no runner');
  const { needs, matrix, strategy, inputs } = scope.contexts as Record<string, Json>;
  const contexts = { needs: needs ?? {}, matrix: matrix ?? null, strategy: strategy ?? {}, inputs: inputs ?? {} };
  let { secrets } = options;
  let { vars } = run;
  let finish: ((conclusion: Conclusion, url: string) => void) | undefined;
  const environment = evaluateEnvironment(spec.environment, scope);
  if (environment) {
    const entry = await enterEnvironment(run, environment, name, signal);
    if (entry.outcome !== 'approved') {
      const result = entry.outcome === 'rejected' ? 'failure' : 'cancelled';
      return { result, outputs: {}, jobs: [reportUnstarted(run, planned, name, result, entry.error)] };
    }
    finish = entry.finish;
    secrets = { ...secrets, ...entry.secrets };
    vars = { ...vars, ...entry.variables };
  }
  const result = await run.slots.run(async () => {
    if (signal.aborted) return reportUnstarted(run, planned, name, 'cancelled');
    const { spec: workflow, origin } = plan;
    return runJob({ run, workflow, origin, spec, name, permissions, contexts, secrets, vars, timeoutMinutes, signal });
  });
  finish?.(result.conclusion, result.url ?? '');
  const told = result.conclusion === 'failure' && tolerant ? 'success' : result.conclusion;
  return { result: told, outputs: result.outputs, jobs: [result] };
}

function legName(spec: JobSpec, combination: MatrixCombination | undefined, scope: Scope): string {
  const given = spec.name ? templateText(spec.name, scope) : '';
  // A name with an expression is taken to tell the legs apart by itself.
  if (given !== '' && String(spec.name?.value).includes('${{')) return given;
  const label = combination ? matrixLabel(combination) : '';
  return label === '' ? given || spec.id : `${given || spec.id} (${label})`;
}

/** A job that never starts: skipped, cancelled in the queue, or wrong in itself. */
function reportUnstarted(
  run: RunContext,
  planned: PlannedJob,
  name: string,
  conclusion: Conclusion,
  error?: string,
): JobResult {
  const reason = error === undefined ? {} : { error };
  const id = run.nextSkippedId();
  run.report({
    kind: 'job-finished',
    run: run.run.id,
    job: id,
    name,
    conclusion,
    seconds: 0,
    annotations: [],
    ...reason,
    at: Date.now(),
  });
  return { name, conclusion, seconds: 0, permissions: planned.permissions, steps: [], outputs: {}, summaries: [], ...reason };
}
