import { delimiter, dirname } from 'node:path';
import type { Json } from '../../shared/core/json.js';
import type { Frame, JobContext } from './job-context.js';

/** What the runner's own environment hands to every step; nothing else of this process is seen. */
const INHERITED = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'TMP',
  'TEMP',
  'USER',
  'SHELL',
  'SystemRoot',
  'PATHEXT',
  'ComSpec',
];

/** The members of the `github` context that steps get as GITHUB_*. */
const GITHUB_VARIABLES = [
  ...['action', 'action_path', 'action_ref', 'action_repository', 'actor', 'api_url', 'base_ref', 'event_name', 'event_path'],
  ...['graphql_url', 'head_ref', 'job', 'ref', 'ref_name', 'ref_protected', 'ref_type', 'repository', 'repository_id'],
  ...['repository_owner', 'retention_days', 'run_attempt', 'run_id', 'run_number', 'server_url', 'sha', 'triggering_actor'],
  ...['workflow', 'workflow_ref', 'workflow_sha', 'workspace'],
];

/**
 * The whole environment of a step's process, in GitHub's order: what the machine gives, then `env:` of the workflow, job and
 * step, then what the runner sets, which nobody can change.
 */
export function stepEnvironment(
  job: JobContext,
  frame: Frame,
  own: Readonly<Record<string, string>>,
  runner: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = { CI: 'true' };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  Object.assign(environment, Object.fromEntries(job.environment), frame.environment, own);
  const github = { ...(job.contexts.github as Record<string, Json>), ...frame.github };
  for (const name of GITHUB_VARIABLES) {
    const value = github[name];
    if (value !== undefined && value !== null) environment[`GITHUB_${name.toUpperCase()}`] = String(value);
  }
  const machine = job.contexts.runner as Record<string, Json>;
  Object.assign(environment, {
    GITHUB_ACTIONS: 'true',
    RUNNER_NAME: String(machine.name),
    RUNNER_OS: String(machine.os),
    RUNNER_ARCH: String(machine.arch),
    RUNNER_ENVIRONMENT: String(machine.environment),
    RUNNER_TEMP: job.temp,
    RUNNER_TOOL_CACHE: job.toolCache,
    RUNNER_WORKSPACE: dirname(job.workspace),
    ...(job.run.debug ? { RUNNER_DEBUG: '1' } : {}),
    ...runner,
  });
  environment.PATH = [...job.paths, environment.PATH ?? ''].filter((path) => path !== '').join(delimiter);
  return environment;
}

/** `INPUT_*` as the runner names them: upper case, spaces to underscores, hyphens kept. */
export function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  );
}
