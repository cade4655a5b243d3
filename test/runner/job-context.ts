import type { Json } from '../../shared/core/json.js';
import type { ActionSpec } from './action.js';
import type { StepOutput } from './commands.js';
import { interpolate, interpolateDeep, interpolateText, type Scope, valueText } from './expressions.js';
import { hashFiles } from './hash-files.js';
import type { Masks } from './masks.js';
import type { Origin } from './origin.js';
import type { StepRecord } from './result.js';
import type { RunContext } from './run-context.js';
import type { Condition, RunDefaults, StepSpec, Template } from './workflow-spec.js';

/** An action's own end, registered when its first part has started. */
interface PostHook {
  readonly name: string;
  readonly condition: Condition | undefined;
  readonly run: (step: StepSession) => Promise<StepOutcome>;
  readonly frame: () => Frame;
}

/** What all steps of a job share. */
export interface JobContext {
  readonly run: RunContext;
  readonly workspace: string;
  readonly temp: string;
  readonly toolCache: string;
  readonly masks: Masks;
  /** `env` of workflow and job, and what steps put into GITHUB_ENV. */
  readonly environment: Map<string, string>;
  /** What steps put into GITHUB_PATH, the newest first. */
  readonly paths: string[];
  /** github, vars, secrets, needs, matrix, strategy, inputs, runner, job. */
  readonly contexts: Readonly<Record<string, Json>>;
  readonly defaults: RunDefaults;
  /** What node actions get on top, and `run:` steps do not. */
  readonly serviceEnvironment: Readonly<Record<string, string>>;
  readonly contentsReadable: boolean;
  readonly posts: PostHook[];
  /** Process groups that outlived their step. */
  readonly leftovers: number[];
  readonly cancelled: () => boolean;
  /** Stops what runs now: the job's cancellation, or the time limit of steps that run after it. */
  readonly signal: () => AbortSignal;
}

/** The steps of a job, or those of one composite action within it. */
export interface Frame {
  readonly origin: Origin;
  readonly composite: boolean;
  status: 'success' | 'failure';
  readonly steps: Record<string, StepRecord>;
  /** Set for composite actions only. */
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly environment: Readonly<Record<string, string>>;
  /** `github.action_path` and the like. */
  readonly github: Readonly<Record<string, Json>>;
  readonly instances: Map<StepSpec, ActionInstance>;
}

/** One use of an action: its state goes from `pre` to `main` to `post`. */
export interface ActionInstance {
  readonly action: ActionSpec;
  readonly state: Record<string, string>;
  /** Where and with what the action ran last: its `post` gets the same. */
  ran?: {
    readonly frame: Frame;
    readonly inputs: Readonly<Record<string, string>>;
    readonly own: Readonly<Record<string, string>>;
  };
  /** The frame of its steps, of a composite action. */
  frame?: Frame;
}

/** One step of a job while it runs; the steps of a composite action write into the step that uses it. */
export interface StepSession {
  readonly output: StepOutput;
  readonly name: string;
  readonly summaries: string[];
  readonly signal: AbortSignal;
}

export interface StepOutcome {
  readonly outcome: 'success' | 'failure' | 'cancelled';
  readonly outputs: Readonly<Record<string, string>>;
}

/** What the expressions of a step can see. */
export function stepScope(job: JobContext, frame: Frame, environment: Readonly<Record<string, string>> = {}): Scope {
  const cancelled = job.cancelled();
  const github = { ...(job.contexts.github as Record<string, Json>), ...frame.github };
  const status = cancelled ? 'cancelled' : frame.status;
  const contexts: Record<string, unknown> = {
    ...job.contexts,
    github,
    env: { ...Object.fromEntries(job.environment), ...frame.environment, ...environment },
    steps: frame.steps,
    job: { ...(job.contexts.job as Record<string, Json>), status },
    ...(frame.inputs ? { inputs: frame.inputs } : {}),
  };
  return {
    contexts,
    status: { success: status === 'success', failure: status === 'failure', cancelled },
    hashFiles: (patterns) => hashFiles(job.workspace, patterns),
  };
}

/** An `env:` or `with:` whose values are texts. @throws Error when an expression gives anything but a mapping. */
export function textMapping(template: Template | undefined, scope: Scope, what: string): Record<string, string> {
  if (!template) return {};
  const value = interpolateDeep(template.value, scope);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${what} must be a mapping, not ${valueText(value)}`);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, valueText((member ?? null) as Json)]));
}

/** A value as text. */
export function templateText(template: Template, scope: Scope): string {
  return typeof template.value === 'string' ? interpolateText(template.value, scope) : valueText(template.value);
}

/** A value of its own type. */
export function templateValue(template: Template, scope: Scope): Json {
  return typeof template.value === 'string' ? interpolate(template.value, scope) : interpolateDeep(template.value, scope);
}

/** @throws Error when the value is neither true nor false. */
export function templateBoolean(template: Template | undefined, scope: Scope, what: string, fallback: boolean): boolean {
  if (!template) return fallback;
  const value = templateValue(template, scope);
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Error(`${what} must be true or false, not '${valueText(value)}'`);
}

/** @throws Error when the value is not a whole number above 0. */
export function templateCount(template: Template | undefined, scope: Scope, what: string): number | undefined {
  if (!template) return undefined;
  const value = templateValue(template, scope);
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof count === 'number' && Number.isInteger(count) && count > 0) return count;
  throw new Error(`${what} must be a whole number above 0, not '${valueText(value)}'`);
}
