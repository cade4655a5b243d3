import { readFileSync } from 'node:fs';

/** Everything that the project reads from the runner's environment, read here and nowhere else. */
export interface RunEnvironment {
  /** `owner/name`. */
  readonly repository?: string;
  readonly repositoryId?: number;
  readonly runId?: number;
  readonly runAttempt: number;
  readonly runUrl?: string;
  /** `name:` of the workflow, as the caller named it. */
  readonly workflow: string;
  /** The caller's file, such as `retrain.yml`. */
  readonly workflowFile?: string;
  readonly event?: string;
  /** The login of who started the run. */
  readonly actor?: string;
  /** The commit that belongs to the work: a pull request's head, not the merge commit that is checked out. */
  readonly headSha?: string;
  readonly pullRequest?: PullRequestEvent;
  /** The branch whose models are the champions: a pull request's base, else the branch of the run. */
  readonly baseBranch?: string;
  readonly onDefaultBranch: boolean;
  readonly apiUrl: string;
  readonly serverUrl: string;
  /** Inside GitHub Actions, with an artifact service at hand. */
  readonly hasArtifacts: boolean;
  /** The job has an identity of its own (`id-token: write`). */
  readonly hasIdToken?: boolean;
  readonly workspace: string;
  readonly temp?: string;
  /** Credentials of an MLflow server, where the step has them. */
  readonly mlflow?: { readonly token?: string; readonly username?: string; readonly password?: string };
}

export interface PullRequestEvent {
  readonly number: number;
  readonly headSha: string;
  /** The head is in another repository: its runs have a token that can only read. */
  readonly fromFork: boolean;
}

/** Reads the environment of the process; outside of a runner most of it is absent. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): RunEnvironment {
  const payload = readPayload(env.GITHUB_EVENT_PATH);
  const pullRequest = pullRequestOf(payload);
  const repository = env.GITHUB_REPOSITORY || undefined;
  const serverUrl = env.GITHUB_SERVER_URL || 'https://github.com';
  const runId = numberOf(env.GITHUB_RUN_ID);
  const headSha = pullRequest?.headSha ?? (env.GITHUB_SHA || undefined);
  const baseBranch = env.GITHUB_BASE_REF || branchOf(env.GITHUB_REF);
  const defaultBranch = text(object(object(payload).repository).default_branch);
  const repositoryId = numberOf(env.GITHUB_REPOSITORY_ID);
  const workflowFile = /\/([^/@]+\.ya?ml)@/.exec(env.GITHUB_WORKFLOW_REF ?? '')?.[1];
  return {
    ...(repository && { repository }),
    ...(repositoryId !== undefined && { repositoryId }),
    ...(runId !== undefined && { runId }),
    runAttempt: numberOf(env.GITHUB_RUN_ATTEMPT) ?? 1,
    ...(repository && runId !== undefined && { runUrl: `${serverUrl}/${repository}/actions/runs/${runId}` }),
    workflow: env.GITHUB_WORKFLOW || 'local',
    ...(workflowFile && { workflowFile }),
    ...(env.GITHUB_EVENT_NAME && { event: env.GITHUB_EVENT_NAME }),
    ...(env.GITHUB_ACTOR && { actor: env.GITHUB_ACTOR }),
    ...(headSha && { headSha }),
    ...(pullRequest && { pullRequest }),
    ...(baseBranch && { baseBranch }),
    onDefaultBranch: defaultBranch !== undefined && env.GITHUB_REF === `refs/heads/${defaultBranch}`,
    apiUrl: env.GITHUB_API_URL || 'https://api.github.com',
    serverUrl,
    hasArtifacts: Boolean(env.ACTIONS_RUNTIME_TOKEN && env.ACTIONS_RESULTS_URL),
    hasIdToken: Boolean(env.ACTIONS_ID_TOKEN_REQUEST_URL && env.ACTIONS_ID_TOKEN_REQUEST_TOKEN),
    workspace: env.GITHUB_WORKSPACE || process.cwd(),
    ...(env.RUNNER_TEMP && { temp: env.RUNNER_TEMP }),
    mlflow: {
      ...(env.MLFLOW_TRACKING_TOKEN && { token: env.MLFLOW_TRACKING_TOKEN }),
      ...(env.MLFLOW_TRACKING_USERNAME && { username: env.MLFLOW_TRACKING_USERNAME }),
      ...(env.MLFLOW_TRACKING_PASSWORD && { password: env.MLFLOW_TRACKING_PASSWORD }),
    },
  };
}

function readPayload(file: string | undefined): unknown {
  if (!file) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // A local run may name a file that is not there; the facts in it are then simply unknown.
  }
}

function pullRequestOf(payload: unknown): PullRequestEvent | undefined {
  const pull = object(object(payload).pull_request);
  const number = pull.number;
  const head = object(pull.head);
  const headSha = text(head.sha);
  if (typeof number !== 'number' || !headSha) return undefined;
  const headRepository = text(object(head.repo).full_name);
  const baseRepository = text(object(object(pull.base).repo).full_name);
  // A head without a repository is a fork that was deleted.
  return { number, headSha, fromFork: headRepository === undefined || headRepository !== baseRepository };
}

function branchOf(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}

function object(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: string | undefined): number | undefined {
  const number = Number(value);
  return value && Number.isFinite(number) ? number : undefined;
}
