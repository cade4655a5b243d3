import { messageOf } from '../../shared/core/errors.js';
import { declaredInputs, resolveInputs } from './action-inputs.js';
import { CHECKOUT_INPUTS, checkout } from './checkout.js';
import { conditionHolds } from './expressions.js';
import {
  type ActionInstance,
  type Frame,
  type JobContext,
  type StepOutcome,
  type StepSession,
  stepScope,
  templateBoolean,
  templateCount,
  templateText,
  textMapping,
} from './job-context.js';
import { runNodeStage } from './node-action.js';
import type { StepRecord } from './result.js';
import { runScript } from './run-script.js';
import { loadAction, resolveUses } from './uses.js';
import type { StepSpec } from './workflow-spec.js';

const SKIPPED: StepRecord = { outputs: {}, outcome: 'skipped', conclusion: 'skipped' };

/** The name GitHub shows for a step: its own, else what it runs. */
export function stepName(job: JobContext, frame: Frame, step: StepSpec): string {
  const template = step.name ?? step.run;
  let text = step.uses?.ref ?? '';
  if (template) {
    try {
      text = templateText(template, stepScope(job, frame));
    } catch {
      // The step itself will fail on what its name cannot be made of, if it needs it.
      text = String(template.value);
    }
  }
  const line = text.trim().split('\n', 1)[0]!;
  return job.masks.apply(step.name && line !== '' ? line : `Run ${line}`);
}

/**
 * Runs one step of a job or of a composite action: environment, condition, time limit, `continue-on-error`. Never throws: what
 * goes wrong is an error annotation, and the step has failed.
 */
export async function performStep(job: JobContext, frame: Frame, step: StepSpec, session: StepSession): Promise<StepRecord> {
  let record: StepRecord;
  try {
    const own = textMapping(step.env, stepScope(job, frame), 'env');
    const scope = stepScope(job, frame, own);
    if (conditionHolds(step.condition?.text, scope)) {
      const tolerant = templateBoolean(step.continueOnError, scope, 'continue-on-error', false);
      const minutes = templateCount(step.timeoutMinutes, scope, 'timeout-minutes');
      const { outcome, outputs } = await limited(job, session, minutes, (inner) => dispatch(job, frame, step, own, inner));
      record = { outputs, outcome, conclusion: outcome === 'failure' && tolerant ? 'success' : outcome };
    } else record = SKIPPED;
  } catch (error) {
    // An expression or input that makes no sense.
    session.output.annotate('error', locate(step, messageOf(error)));
    record = { outputs: {}, outcome: 'failure', conclusion: 'failure' };
  }
  if (record.conclusion === 'failure' || record.conclusion === 'cancelled') frame.status = 'failure';
  if (step.id !== undefined) frame.steps[step.id] = record;
  return record;
}

function locate(step: StepSpec, message: string): string {
  const { file, line, column } = step.location;
  return `${file} (Line: ${line}, Col: ${column}): ${message}`;
}

/** Runs a task under the step's own time limit and the job's cancellation. */
async function limited(
  job: JobContext,
  session: StepSession,
  minutes: number | undefined,
  task: (session: StepSession) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  const timeout = new AbortController();
  const timer = minutes === undefined ? undefined : setTimeout(() => timeout.abort(), minutes * job.run.minuteMs);
  const signal = AbortSignal.any([session.signal, timeout.signal]);
  try {
    const result = await task({ ...session, signal });
    if (session.signal.aborted) return { ...result, outcome: 'cancelled' };
    if (timeout.signal.aborted) {
      session.output.annotate('error', `The action '${session.name}' has timed out after ${minutes} minutes.`);
      return { ...result, outcome: 'failure' };
    }
    return result;
  } catch (error) {
    session.output.annotate('error', messageOf(error));
    return { outcome: 'failure', outputs: {} };
  } finally {
    clearTimeout(timer);
  }
}

function dispatch(
  job: JobContext,
  frame: Frame,
  step: StepSpec,
  own: Readonly<Record<string, string>>,
  session: StepSession,
): Promise<StepOutcome> {
  return step.uses ? runUses(job, frame, step, own, session) : runScript(job, named(frame, step, '__run'), step, own, session);
}

/** The frame with `github.action` of a step. */
function named(frame: Frame, step: StepSpec, fallback: string, more: Readonly<Record<string, string>> = {}): Frame {
  return { ...frame, github: { ...frame.github, action: step.id ?? fallback, ...more } };
}

async function runUses(
  job: JobContext,
  frame: Frame,
  step: StepSpec,
  own: Readonly<Record<string, string>>,
  session: StepSession,
): Promise<StepOutcome> {
  const uses = step.uses!.ref;
  session.output.print(`##[group]Run ${uses}`);
  const scope = stepScope(job, frame, own);
  const reference = resolveUses(uses, frame.origin, job.run);
  if (reference.kind === 'checkout') {
    const inputs = resolveInputs(declaredInputs(CHECKOUT_INPUTS), step.with, scope, session);
    session.output.print('##[endgroup]');
    if (!job.contentsReadable) {
      throw new Error("actions/checkout: the job's token cannot read the repository; add 'contents: read' to its permissions");
    }
    const { store, source, event } = job.run;
    const repositories = [...new Set([source.slug, event.headRepository.fullName])];
    const log = (line: string): void => session.output.print(line);
    const outputs = await checkout({ inputs, store, workspace: job.workspace, origin: source, repositories, log });
    return { outcome: 'success', outputs };
  }
  const instance: ActionInstance = frame.instances.get(step) ?? {
    action: await loadAction(reference, uses, { workspace: job.workspace, source: job.run.source }),
    state: {},
  };
  frame.instances.set(step, instance);
  const { action } = instance;
  const inputs = resolveInputs(action.inputs, step.with, scope, session);
  const identity =
    reference.kind === 'origin' && reference.ref !== undefined
      ? { action_repository: reference.origin.slug, action_ref: reference.ref }
      : { action_repository: '', action_ref: '' };
  const within = named(frame, step, '__self', identity);
  if (action.runs.kind === 'composite') {
    session.output.print('##[endgroup]');
    return runComposite(job, within, instance, inputs, own, session);
  }
  registerPost(job, within, instance, inputs, own, session.name);
  return runNodeStage(job, within, instance, { script: action.runs.main, inputs, own }, session);
}

/** From here on the action's `post` will run, whatever happens to it. */
export function registerPost(
  job: JobContext,
  frame: Frame,
  instance: ActionInstance,
  inputs: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
  name: string,
): void {
  const { runs } = instance.action;
  if (runs.kind !== 'node' || runs.post === undefined) return;
  const script = runs.post;
  const first = instance.ran === undefined;
  const ran = { frame, inputs, own };
  instance.ran = ran;
  if (!first) return;
  const last = (): typeof ran => instance.ran ?? ran;
  job.posts.push({
    name: `Post ${name}`,
    condition: runs.postIf,
    frame: () => last().frame,
    run: (session) =>
      limited(job, session, undefined, (inner) => runNodeStage(job, last().frame, instance, { script, ...last() }, inner)),
  });
}

async function runComposite(
  job: JobContext,
  frame: Frame,
  instance: ActionInstance,
  inputs: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
  session: StepSession,
): Promise<StepOutcome> {
  const { action } = instance;
  if (action.runs.kind !== 'composite') throw new TypeError(`${action.name} is not a composite action`);
  const inner: Frame = compositeFrame(frame, instance, inputs, own);
  for (const step of action.runs.steps) {
    await performStep(job, inner, step, { ...session, name: stepName(job, inner, step) });
  }
  const scope = stepScope(job, inner);
  const outputs = [...action.outputs].map(([name, value]) => [name, value ? templateText(value, scope) : ''] as const);
  return { outcome: inner.status, outputs: Object.fromEntries(outputs) };
}

/** Where the steps of a composite action run. Its instances last from `pre` to `main`. */
export function compositeFrame(
  frame: Frame,
  instance: ActionInstance,
  inputs: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): Frame {
  const inner: Frame = {
    origin: instance.action.origin,
    composite: true,
    status: 'success',
    steps: {},
    inputs,
    environment: { ...frame.environment, ...own },
    github: { ...frame.github, action_path: instance.action.folder },
    instances: instance.frame?.instances ?? new Map(),
  };
  instance.frame = inner;
  return inner;
}
