import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../shared/core/errors.js';
import { formatCount } from '../../shared/core/format.js';
import type { Json } from '../../shared/core/json.js';
import type { Conclusion, Job, Permissions } from '../github/types.js';
import { StepOutput } from './commands.js';
import { environmentUrl } from './environment.js';
import { conditionHolds } from './expressions.js';
import {
  type Frame,
  type JobContext,
  type StepOutcome,
  type StepSession,
  stepScope,
  templateText,
  textMapping,
} from './job-context.js';
import { Masks } from './masks.js';
import type { Origin } from './origin.js';
import { prepareSteps } from './prepare.js';
import { signalGroup } from './process.js';
import type { JobResult, StepResult } from './result.js';
import { githubContext, JOB_TOKEN, type RunContext } from './run-context.js';
import { performStep, stepName } from './step.js';
import type { JobSpec, WorkflowSpec } from './workflow-spec.js';

/** Outputs of a job, counted as UTF-16. */
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** What `always()` steps get together after a job was cancelled. */
const AFTERMATH_MINUTES = 5;
const DEFAULT_MINUTES = 360;

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };

export interface JobOptions {
  readonly run: RunContext;
  readonly workflow: WorkflowSpec;
  /** Where the workflow file is from. */
  readonly origin: Origin;
  readonly spec: JobSpec;
  readonly name: string;
  readonly permissions: Permissions;
  /** needs, matrix, strategy, inputs. */
  readonly contexts: Readonly<Record<string, Json>>;
  /** Those of the job's environment among them. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly timeoutMinutes: number | undefined;
  /** Cancels the job: fail-fast, or the end of the whole run. */
  readonly signal: AbortSignal;
}

/** Runs the steps of one job on this machine, in a workspace and a temporary folder of its own. Never throws for what a workflow does. */
export async function runJob(options: JobOptions): Promise<JobResult> {
  const { run, name, permissions } = options;
  const started = performance.now();
  const { workflow, origin } = options;
  const workflowRef = `${origin.slug}/${workflow.path}@${origin.ref}`;
  const job = run.github.startJob(run.run, { name, permissions, workflowRef });
  run.report({ kind: 'job-started', run: run.run.id, job: job.id, name, at: Date.now() });
  const execution = new JobExecution(options, job);
  const folder = join(run.temp, 'jobs', String(job.id));
  let result: { conclusion: Conclusion; outputs: Record<string, string>; error?: string };
  try {
    result = await execution.perform(folder);
  } finally {
    for (const group of execution.leftovers) signalGroup(group, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  const { conclusion, outputs, error } = result;
  run.github.completeJob(job, conclusion);
  const seconds = (performance.now() - started) / 1000;
  const { steps, environmentUrl: url } = execution;
  const reason = error === undefined ? {} : { error };
  const annotations = steps.flatMap((step) => step.annotations);
  run.report({
    kind: 'job-finished',
    run: run.run.id,
    job: job.id,
    name,
    conclusion,
    seconds,
    annotations,
    ...reason,
    at: Date.now(),
  });
  const summaries = steps.map((step) => step.summary).filter((summary) => summary !== '');
  return { name, conclusion, seconds, permissions, steps, outputs, summaries, ...(url !== '' && { url }), ...reason };
}

class JobExecution {
  readonly steps: StepResult[] = [];
  readonly leftovers: number[] = [];
  environmentUrl = '';
  readonly #options: JobOptions;
  readonly #job: Job;
  readonly #masks = new Masks();
  readonly #cancel = new AbortController();
  #aftermath: AbortSignal | undefined;
  #error: string | undefined;

  constructor(options: JobOptions, job: Job) {
    this.#options = options;
    this.#job = job;
    for (const secret of [job.token, job.runtimeToken, ...Object.values(options.secrets)]) {
      if (secret !== JOB_TOKEN) this.#masks.add(secret);
    }
  }

  async perform(folder: string): Promise<{ conclusion: Conclusion; outputs: Record<string, string>; error?: string }> {
    const { signal, run, timeoutMinutes = DEFAULT_MINUTES } = this.#options;
    const stop = (): void => {
      this.#stop(typeof signal.reason === 'string' ? signal.reason : 'The operation was canceled.');
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const limit = `The job has exceeded the maximum execution time of ${timeoutMinutes} minutes.`;
    const timer = setTimeout(() => this.#stop(limit), Math.min(timeoutMinutes * run.minuteMs, 2 ** 31 - 1));
    try {
      return await this.#performSteps(folder);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  #stop(reason: string): void {
    if (this.#cancel.signal.aborted) return;
    this.#error = reason;
    this.#aftermath = AbortSignal.timeout(AFTERMATH_MINUTES * this.#options.run.minuteMs);
    this.#cancel.abort();
  }

  async #performSteps(folder: string): Promise<{ conclusion: Conclusion; outputs: Record<string, string>; error?: string }> {
    const { spec, origin } = this.#options;
    const frame: Frame = {
      origin,
      composite: false,
      status: 'success',
      steps: {},
      environment: {},
      github: {},
      instances: new Map(),
    };
    const context = this.#context(folder);
    try {
      this.#evaluateEnvironment(context, frame);
      const pres = await prepareSteps(context, frame, spec.steps);
      for (const hook of pres) {
        if (!hook.holds()) continue;
        const outcome = await this.#step(context, hook.name, (session) => attempt(session, () => hook.run(session)));
        if (outcome.conclusion === 'failure') frame.status = 'failure';
      }
    } catch (error) {
      this.#error = messageOf(error);
      frame.status = 'failure';
      await this.#step(context, 'Set up job', async (session) => {
        session.output.annotate('error', this.#error ?? '');
        return { outcome: 'failure', conclusion: 'failure', outputs: {} };
      });
      return { conclusion: 'failure', outputs: {}, error: this.#error };
    }
    for (const step of spec.steps) {
      await this.#step(context, stepName(context, frame, step), (session) => performStep(context, frame, step, session));
    }
    for (const hook of context.posts.reverse()) {
      const scope = stepScope(context, { ...hook.frame(), status: frame.status });
      await this.#step(context, hook.name, async (session) => {
        const record = await attempt(session, async () => {
          if (hook.condition && !conditionHolds(hook.condition.text, scope)) return { outcome: 'skipped', outputs: {} };
          return hook.run(session);
        });
        if (record.conclusion === 'failure') frame.status = 'failure';
        return record;
      });
    }
    const outputs = this.#outputs(context, frame);
    const conclusion = this.#cancel.signal.aborted ? 'cancelled' : frame.status;
    return { conclusion, outputs, ...(this.#error === undefined ? {} : { error: this.#error }) };
  }

  #context(folder: string): JobContext {
    const { run, spec, secrets, vars, permissions, origin, workflow, contexts } = this.#options;
    const job = this.#job;
    const workspace = join(folder, 'work', run.repository.name, run.repository.name);
    const temp = join(folder, 'temp');
    const toolCache = join(run.temp, 'tools');
    const eventPath = join(temp, '_github_workflow', 'event.json');
    for (const path of [workspace, join(temp, '_github_workflow'), toolCache]) mkdirSync(path, { recursive: true });
    writeFileSync(eventPath, JSON.stringify(run.event.payload, null, 2));
    const passed = Object.entries(secrets).map(([key, value]) => [key, value === JOB_TOKEN ? job.token : value] as const);
    const machine: Record<string, Json> = {
      name: 'local',
      os: SYSTEMS[platform()] ?? 'Linux',
      arch: arch() === 'arm64' ? 'ARM64' : 'X64',
      environment: 'self-hosted',
      temp,
      tool_cache: toolCache,
      ...(run.debug ? { debug: '1' } : {}),
    };
    const cacheMode = spec.cacheMode ?? workflow.cacheMode;
    return {
      run,
      workspace,
      temp,
      toolCache,
      masks: this.#masks,
      environment: new Map(),
      paths: [],
      contexts: {
        ...contexts,
        github: { ...githubContext(run), token: job.token, job: spec.id, workspace, event_path: eventPath },
        vars,
        secrets: { ...Object.fromEntries(passed), GITHUB_TOKEN: job.token },
        runner: machine,
        job: {
          workflow_repository: origin.slug,
          workflow_sha: origin.sha,
          workflow_ref: `${origin.slug}/${workflow.path}@${origin.ref}`,
          workflow_file_path: workflow.path,
        },
      },
      defaults: { ...workflow.defaults, ...spec.defaults },
      serviceEnvironment: {
        ACTIONS_RUNTIME_URL: run.github.resultsUrl,
        ACTIONS_RUNTIME_TOKEN: job.runtimeToken,
        ACTIONS_RESULTS_URL: run.github.resultsUrl,
        ACTIONS_CACHE_SERVICE_V2: 'True',
        ...(cacheMode ? { ACTIONS_CACHE_MODE: cacheMode } : {}),
        ...(job.idTokenUrl
          ? { ACTIONS_ID_TOKEN_REQUEST_URL: job.idTokenUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: job.runtimeToken }
          : {}),
      },
      contentsReadable: (permissions.contents ?? 'none') !== 'none',
      posts: [],
      leftovers: this.leftovers,
      cancelled: () => this.#cancel.signal.aborted,
      signal: () => this.#aftermath ?? this.#cancel.signal,
    };
  }

  #evaluateEnvironment(context: JobContext, frame: Frame): void {
    for (const [template, what] of [
      [this.#options.workflow.env, 'env of the workflow'],
      [this.#options.spec.env, 'env of the job'],
    ] as const) {
      const values = textMapping(template, stepScope(context, frame), what);
      for (const [name, value] of Object.entries(values)) context.environment.set(name, value);
    }
  }

  /** Runs a step and keeps what became of it. */
  async #step(
    context: JobContext,
    name: string,
    task: (
      session: StepSession,
    ) => Promise<{ outcome: Conclusion; conclusion: Conclusion; outputs: Readonly<Record<string, string>> }>,
  ): Promise<{ conclusion: Conclusion }> {
    const { report, run } = context.run;
    const index = this.steps.length + 1;
    const place = { run: run.id, job: this.#job.id, step: index };
    report({ kind: 'step-started', ...place, name, at: Date.now() });
    const started = performance.now();
    const output = new StepOutput({
      masks: this.#masks,
      debug: context.run.debug,
      onLine: (line) => report({ kind: 'log', ...place, line, at: Date.now() }),
    });
    const summaries: string[] = [];
    const { outcome, conclusion, outputs } = await task({ output, name, summaries, signal: context.signal() });
    const seconds = (performance.now() - started) / 1000;
    const result = {
      name,
      conclusion,
      outcome,
      seconds,
      outputs,
      log: output.lines.join('\n'),
      annotations: output.annotations,
    };
    this.steps.push({ ...result, summary: summaries.join('\n') });
    report({ kind: 'step-finished', ...place, name, conclusion, seconds, at: Date.now() });
    return { conclusion };
  }

  /** The outputs of the job. Those that hold a secret are left out, and too many of them fail the job. */
  #outputs(context: JobContext, frame: Frame): Record<string, string> {
    const outputs: Record<string, string> = {};
    let bytes = 0;
    try {
      const scope = stepScope(context, frame);
      for (const [name, template] of this.#options.spec.outputs) {
        const value = templateText(template, scope);
        if (this.#masks.hides(value)) continue;
        bytes += 2 * (name.length + value.length);
        outputs[name] = value;
      }
      this.environmentUrl = environmentUrl(this.#options.spec.environment, scope);
      if (bytes <= MAX_OUTPUT_BYTES) return outputs;
      this.#error = `The outputs of the job have ${formatCount(bytes)} bytes (UTF-16); ${formatCount(MAX_OUTPUT_BYTES)} is the most. Use a file or an artifact.`;
    } catch (error) {
      this.#error = `outputs: ${messageOf(error)}`;
    }
    frame.status = 'failure';
    return {};
  }
}

/** Runs a stage whose failure is its own: an annotation, and nothing thrown. */
async function attempt(
  session: StepSession,
  task: () => Promise<StepOutcome | { outcome: 'skipped'; outputs: Readonly<Record<string, string>> }>,
): Promise<{ outcome: Conclusion; conclusion: Conclusion; outputs: Readonly<Record<string, string>> }> {
  try {
    const { outcome, outputs } = await task();
    return { outcome, conclusion: outcome, outputs };
  } catch (error) {
    session.output.annotate('error', messageOf(error));
    return { outcome: 'failure', conclusion: 'failure', outputs: {} };
  }
}
