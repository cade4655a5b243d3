import type { GitHubClient, RepositoryName } from './client.js';
import { type Attempt, attempt, statusOf } from './errors.js';

/** What a deployment can be; `inactive` is what another one has followed. */
export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'error' | 'inactive' | 'queued' | 'pending';

/** A deployment's record as GitHub keeps it. */
export interface Deployment {
  readonly id: number;
  readonly environment: string;
  /** The tag or commit that was deployed. */
  readonly ref: string;
  /** What the creator has written into it; anybody who may write deployments can be the creator. */
  readonly payload: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
}

export interface NewDeployment {
  /** A tag, branch or commit of the repository. */
  readonly ref: string;
  readonly environment: string;
  /** Tells apart what is deployed into one environment: `deploy:flight-delay`. */
  readonly task: string;
  readonly description: string;
  readonly payload: Readonly<Record<string, string>>;
}

export interface DeploymentStatus {
  readonly state: DeploymentState;
  /** One line; cut to what GitHub takes. */
  readonly description: string;
  /** Page of the run. */
  readonly logUrl?: string;
  /** Where what was deployed answers. */
  readonly environmentUrl?: string;
}

const LONGEST_DESCRIPTION = 140;

/** Environments keep every deployment for ever; beyond so many of one task nobody's record is still open. */
const MOST_LOOKED_AT = 100;

const writing = (what: string): Attempt => ({
  what,
  permission: 'deployments: write',
  fromFork: false,
  invalid: 'Is the name of the environment a plain one, and is the tag of the version still there?',
});

/**
 * Opens a deployment's record. Nothing is merged into the ref, and no check has to be green: the check of the running job
 * itself never is.
 */
export async function createDeployment(
  client: GitHubClient,
  repository: RepositoryName,
  deployment: NewDeployment,
): Promise<number> {
  const { data } = await attempt(writing('record the deployment'), () =>
    client.rest.repos.createDeployment({
      ...repository,
      ...deployment,
      description: shortened(deployment.description),
      auto_merge: false,
      required_contexts: [],
    }),
  );
  // 202 says that something was merged instead, which was not asked for.
  if (!('id' in data)) throw new Error(`GitHub made no deployment: ${data.message ?? 'it gave no reason'}`);
  return data.id;
}

/** Adds a status, which is the deployment's state from then on. Deployments of other models stay as they are. */
export async function setDeploymentStatus(
  client: GitHubClient,
  repository: RepositoryName,
  id: number,
  { state, description, logUrl, environmentUrl }: DeploymentStatus,
): Promise<void> {
  await attempt(writing('record how the deployment went'), () =>
    client.rest.repos.createDeploymentStatus({
      ...repository,
      deployment_id: id,
      state,
      description: shortened(description),
      ...(logUrl !== undefined && { log_url: logUrl }),
      ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
      // It would spare production, and meet every model that shares the environment.
      auto_inactive: false,
    }),
  );
}

/** The deployments of a task into an environment, newest first, at most a hundred. */
export async function listDeployments(
  client: GitHubClient,
  repository: RepositoryName,
  { environment, task }: Pick<NewDeployment, 'environment' | 'task'>,
): Promise<readonly Deployment[]> {
  const details = { what: 'list the deployments', permission: 'deployments: read', fromFork: false };
  const { data } = await attempt(details, () =>
    client.rest.repos.listDeployments({ ...repository, environment, task, per_page: MOST_LOOKED_AT }),
  );
  return data
    .map(({ id, environment: name, ref, payload, created_at }) => ({
      ...{ id, environment: name, ref, payload: payloadOf(payload), createdAt: created_at },
    }))
    .sort((a, b) => b.id - a.id);
}

/** The state of a deployment; undefined when it has none yet, or is gone. */
export async function deploymentState(
  client: GitHubClient,
  repository: RepositoryName,
  id: number,
): Promise<DeploymentState | undefined> {
  const details = { what: `read deployment ${id}`, permission: 'deployments: read', fromFork: false };
  return attempt(details, async () => {
    try {
      const { data } = await client.rest.repos.listDeploymentStatuses({ ...repository, deployment_id: id, per_page: 1 });
      return data[0]?.state as DeploymentState | undefined;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  });
}

/**
 * Marks what a deployment has followed: every earlier one of the list that still says that it is live, or that is still
 * under way although its run has ended. The newest ones are asked first, and the asking ends at the first that was
 * followed before: those before it were, too.
 * @param earlier newest first
 */
export async function deactivateDeployments(
  client: GitHubClient,
  repository: RepositoryName,
  earlier: readonly Deployment[],
  description: string,
): Promise<void> {
  for (const { id } of earlier) {
    const state = await deploymentState(client, repository, id);
    if (state === 'inactive') return;
    // A failed one never was live, and its reason stays readable.
    if (state === 'failure' || state === 'error') continue;
    await setDeploymentStatus(client, repository, id, { state: 'inactive', description });
  }
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_DESCRIPTION ? `${line.slice(0, LONGEST_DESCRIPTION - 1)}…` : line;
}

/** GitHub gives the payload as it was sent: as an object, or as text that holds one. */
function payloadOf(payload: unknown): Readonly<Record<string, unknown>> {
  if (typeof payload !== 'string') return (payload ?? {}) as Readonly<Record<string, unknown>>;
  try {
    const parsed: unknown = JSON.parse(payload);
    return parsed !== null && typeof parsed === 'object' ? (parsed as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
