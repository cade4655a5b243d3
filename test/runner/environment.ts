import type { Json } from '../../shared/core/json.js';
import type { EnvironmentEntry } from '../github/types.js';
import { type Scope, valueText } from './expressions.js';
import { templateText, templateValue } from './job-context.js';
import type { RunContext } from './run-context.js';
import type { Template } from './workflow-spec.js';

/** Days that GitHub waits for a reviewer. */
const PATIENCE_MINUTES = 30 * 24 * 60;

/** The `environment:` of a job. */
export interface WantedEnvironment {
  readonly name: string;
  /** Whether GitHub keeps a deployment of it; `deployment: false` leaves that to whoever deploys. */
  readonly deployment: boolean;
}

/** Evaluates name and `deployment` of an `environment:`. @throws Error when it names none */
export function evaluateEnvironment(template: Template | undefined, scope: Scope): WantedEnvironment | undefined {
  if (!template) return undefined;
  const fields = fieldsOf(template);
  const part = (key: string): Json => templateValue({ value: fields[key] ?? null, location: template.location }, scope);
  const name = valueText(part('name'));
  // What GitHub makes of an empty name is not written down, so a workflow must not lean on it.
  if (name === '') throw new Error('environment needs a name, and this one is empty');
  const deployment = fields.deployment === undefined ? true : part('deployment');
  if (deployment === true || deployment === 'true') return { name, deployment: true };
  if (deployment === false || deployment === 'false') return { name, deployment: false };
  throw new Error(`deployment of environment must be true or false, not '${valueText(deployment)}'`);
}

/** The address of what was deployed, which may use outputs of steps; empty where the job names none. */
export function environmentUrl(template: Template | undefined, scope: Scope): string {
  const url = template && fieldsOf(template).url;
  return url === undefined ? '' : templateText({ value: url, location: template!.location }, scope);
}

/** Waits until the environment lets the job start. @returns what it gets there, or why it does not start */
export async function enterEnvironment(
  run: RunContext,
  wanted: WantedEnvironment,
  job: string,
  signal: AbortSignal,
): Promise<EnvironmentEntry & { readonly error?: string }> {
  const patience = AbortSignal.timeout(Math.min(PATIENCE_MINUTES * run.minuteMs, 2 ** 31 - 1));
  const entry = await run.github.enterEnvironment(run.run, {
    ...{ job, environment: wanted.name, deployment: wanted.deployment },
    signal: AbortSignal.any([signal, patience]),
  });
  if (entry.outcome === 'rejected')
    return { ...entry, error: `The deployment was rejected or didn't satisfy other protection rules (${wanted.name}).` };
  if (entry.outcome === 'cancelled' && !signal.aborted)
    return { ...entry, outcome: 'rejected', error: `Nobody has reviewed ${wanted.name} in time.` };
  // As with the repository's own, code of a fork sees no secrets.
  return run.event.fork ? { ...entry, secrets: {} } : entry;
}

function fieldsOf({ value }: Template): Record<string, Json> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, Json>)
    : { name: value };
}
