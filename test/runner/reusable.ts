import { UserError } from '../../shared/core/errors.js';
import type { Json } from '../../shared/core/json.js';
import type { Permissions } from '../github/types.js';
import { type Scope, valueText } from './expressions.js';
import { templateText, templateValue } from './job-context.js';
import type { Origin } from './origin.js';
import { effectivePermissions } from './permissions.js';
import { JOB_TOKEN } from './run-context.js';
import { selfPath } from './uses.js';
import { parseWorkflow } from './workflow.js';
import type { CallSpec, InputSpec, JobSpec, WorkflowSpec } from './workflow-spec.js';

/** Levels of workflows, the one that the event started included. */
const MAX_LEVELS = 10;
/** Calls of reusable workflows in one run. */
const MAX_CALLS = 50;

/** A workflow with everything it calls, read and checked before anything of it runs. */
export interface WorkflowPlan {
  readonly spec: WorkflowSpec;
  readonly origin: Origin;
  readonly jobs: ReadonlyMap<string, PlannedJob>;
}

export interface PlannedJob {
  readonly spec: JobSpec;
  /** What the job's token may do, or what its called workflow may ask for. */
  readonly permissions: Permissions;
  readonly called?: WorkflowPlan;
}

interface PlanOptions {
  readonly project: Origin;
  readonly calls: { count: number };
  readonly level: number;
  readonly caller?: { readonly grant: Permissions; readonly uses: string };
}

/**
 * Plans a workflow of the event's repository.
 * @throws UserError when it, or one that it calls, is wrong or asks for more than it may: then nothing of the run starts.
 */
export function planWorkflow(spec: WorkflowSpec, origin: Origin, project: Origin): Promise<WorkflowPlan> {
  return plan(spec, origin, { project, calls: { count: 0 }, level: 1 });
}

async function plan(spec: WorkflowSpec, origin: Origin, options: PlanOptions): Promise<WorkflowPlan> {
  const jobs = new Map<string, PlannedJob>();
  for (const job of spec.jobs.values()) {
    const caller = options.caller && { ...options.caller, jobId: job.id };
    const permissions = effectivePermissions(spec.permissions, job.permissions, caller);
    if (!job.uses) {
      jobs.set(job.id, { spec: job, permissions });
      continue;
    }
    const { ref, location } = job.uses;
    if (options.level >= MAX_LEVELS) {
      throw new UserError({ message: `uses: ${ref}: workflows may be nested ${MAX_LEVELS} levels deep at most`, location });
    }
    options.calls.count++;
    if (options.calls.count > MAX_CALLS) {
      throw new UserError({ message: `uses: ${ref}: a run may call ${MAX_CALLS} workflows at most`, location });
    }
    const target = locateWorkflow(job, origin, options.project);
    const text = await target.origin.read(target.path);
    if (text === undefined) {
      throw new UserError({
        message: `error parsing called workflow '${ref}': workflow was not found in ${target.origin.slug}`,
        location,
      });
    }
    const calledSpec = parseWorkflow(target.path, text);
    checkCall(job, calledSpec);
    const called = await plan(calledSpec, target.origin, {
      ...options,
      level: options.level + 1,
      caller: { grant: permissions, uses: ref },
    });
    jobs.set(job.id, { spec: job, permissions, called });
  }
  return { spec, origin, jobs };
}

function locateWorkflow(job: JobSpec, origin: Origin, project: Origin): { origin: Origin; path: string } {
  const { ref, location } = job.uses!;
  const fail = (why: string): never => {
    throw new UserError({ message: `uses: ${ref}: ${why}`, location });
  };
  const inFolder = (path: string): string => {
    return /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path)
      ? path
      : fail('a called workflow is a file right in .github/workflows');
  };
  if (ref.startsWith('./')) return { origin, path: inFolder(ref.slice(2)) };
  if (ref.startsWith('$/')) return { origin, path: inFolder(selfPath(ref)) };
  const match = /^([^/@\s]+\/[^/@\s]+)\/([^@\s]+)@\S+$/.exec(ref);
  if (!match)
    return fail(
      "expected './.github/workflows/x.yml', '$/.github/workflows/x.yml' or 'owner/name/.github/workflows/x.yml@ref'",
    );
  if (match[1]!.toLowerCase() !== project.slug.toLowerCase()) return fail(`not available offline; accepted: ${project.slug}`);
  return { origin: project, path: inFolder(match[2]!) };
}

/** Names of inputs and secrets agree between the call and what is called. */
function checkCall(job: JobSpec, called: WorkflowSpec): void {
  const { ref, location } = job.uses!;
  const { call } = called;
  if (!call)
    throw new UserError({
      message: `uses: ${ref}: the workflow has no 'workflow_call' under on, so it cannot be called`,
      location,
    });
  const problems: string[] = [];
  const compare = (
    kind: string,
    given: Iterable<string>,
    declared: ReadonlyMap<string, { required: boolean; default?: unknown }>,
  ): void => {
    const names = [...given].map((name) => name.toLowerCase());
    const known = [...declared.keys()].map((name) => name.toLowerCase());
    for (const name of names) {
      if (!known.includes(name)) problems.push(`Invalid ${kind}, ${name} is not defined in the referenced workflow.`);
    }
    for (const [name, { required, default: preset }] of declared) {
      if (required && preset === undefined && !names.includes(name.toLowerCase())) {
        const noun = kind === 'input' ? 'Input' : 'Secret';
        problems.push(`${noun} ${name} is required, but not provided while calling.`);
      }
    }
  };
  compare('input', job.with.keys(), call.inputs);
  if (job.secrets !== 'inherit') compare('secret', job.secrets.keys(), call.secrets);
  if (problems.length > 0) throw new UserError(problems.map((message) => ({ message: `uses: ${ref}: ${message}`, location })));
}

/**
 * The `inputs` context of a called workflow, each of its declared type.
 * @param scope what the caller's `with:` can see; defaults see no more than `github` and `vars` of it.
 * @throws UserError when a value is not of its type.
 */
export function callInputs(job: JobSpec, call: CallSpec, scope: Scope): Record<string, Json> {
  const given = new Map([...job.with].map(([name, template]) => [name.toLowerCase(), template] as const));
  const inputs: Record<string, Json> = {};
  for (const [name, input] of call.inputs) {
    const template = given.get(name.toLowerCase()) ?? input.default;
    const value = template ? templateValue(template, scope) : emptyInput(input);
    const converted = convertInput(value, input);
    if (converted === undefined) {
      const location = template?.location ?? job.location;
      throw new UserError({ message: `input '${name}' must be a ${input.type}, not '${valueText(value)}'`, location });
    }
    inputs[name] = converted;
  }
  return inputs;
}

function emptyInput(input: InputSpec): Json {
  return input.type === 'boolean' ? false : input.type === 'number' ? 0 : '';
}

function convertInput(value: Json, input: InputSpec): Json | undefined {
  if (input.type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (input.type === 'number') {
    if (typeof value === 'number') return value;
    return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
  }
  return value !== null && typeof value === 'object' ? undefined : valueText(value);
}

/** The secrets that a called workflow sees: all of the caller's, or those that it hands on. */
export function callSecrets(job: JobSpec, secrets: Readonly<Record<string, string>>, scope: Scope): Record<string, string> {
  if (job.secrets === 'inherit') return { ...secrets };
  const contexts = { ...scope.contexts, secrets: { ...secrets, GITHUB_TOKEN: JOB_TOKEN } };
  return Object.fromEntries([...job.secrets].map(([name, template]) => [name, templateText(template, { ...scope, contexts })]));
}
