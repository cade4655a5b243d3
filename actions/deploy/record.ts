import { messageOf } from '../../shared/core/errors.js';
import type { Candidate, TargetKind } from '../../shared/deployment/target.js';
import {
  createDeployment,
  type Deployment,
  deactivateDeployments,
  deploymentState,
  listDeployments,
  setDeploymentStatus,
} from '../../shared/github/deployment.js';
import type { CandidateSource } from '../../shared/registry/candidate.js';
import type { Annotation } from '../../shared/runner/services.js';

/** What a deployment's record says of itself. */
export interface RecordRequest {
  readonly source: CandidateSource;
  readonly candidate: Candidate;
  readonly kind: TargetKind;
  readonly environment: string;
  /** The tag of the version, or the commit of the run. */
  readonly ref: string;
  readonly runUrl?: string;
}

/**
 * The record that GitHub shows of a deployment. It is opened before anything is changed, so that a token that may not
 * write it is told early, and closed when everything is done.
 */
export class DeploymentRecord {
  readonly id: number;
  readonly #request: RecordRequest;
  readonly #earlier: readonly Deployment[];
  readonly #warnings: Annotation[] = [];

  private constructor(id: number, request: RecordRequest, earlier: readonly Deployment[]) {
    this.id = id;
    this.#request = request;
    this.#earlier = earlier;
  }

  /** The record of this very model, when it is the one that is live. */
  static async live(request: RecordRequest): Promise<number | undefined> {
    const { client, repository } = request.source;
    for (const { id, payload } of await listDeployments(client, repository, placeOf(request))) {
      const state = await deploymentState(client, repository, id);
      if (state === 'failure' || state === 'error') continue;
      return state === 'success' && payload.digest === request.candidate.digest ? id : undefined;
    }
    return undefined;
  }

  static async open(request: RecordRequest): Promise<DeploymentRecord> {
    const { source, candidate, kind, ref, environment } = request;
    const { client, repository } = source;
    const { model, version, digest } = candidate;
    const earlier = await listDeployments(client, repository, placeOf(request));
    const id = await createDeployment(client, repository, {
      ...{ ref, environment, task: placeOf(request).task, description: `${model} ${version || digest}`.trim() },
      payload: { model, version, digest, target: kind },
    });
    const record = new DeploymentRecord(id, request, earlier);
    await record.#set('in_progress', 'Smoke test and rollout');
    return record;
  }

  /** It is live: what it follows is not any more. */
  async succeed(description: string, url: string | undefined): Promise<void> {
    const { client, repository } = this.#request.source;
    await this.#told(async () => {
      await this.#set('success', description, url);
      await deactivateDeployments(client, repository, this.#earlier, `Followed by ${description}`);
    });
  }

  /** It is not live; what was live before still is. */
  async fail(description: string): Promise<void> {
    await this.#told(() => this.#set('failure', description));
  }

  /** What could not be written; the rollout itself is as it is. */
  get warnings(): readonly Annotation[] {
    return this.#warnings;
  }

  async #set(state: 'in_progress' | 'success' | 'failure', description: string, environmentUrl?: string): Promise<void> {
    const { source, runUrl } = this.#request;
    await setDeploymentStatus(source.client, source.repository, this.id, {
      ...{ state, description },
      ...(runUrl !== undefined && { logUrl: runUrl }),
      ...(environmentUrl !== undefined && { environmentUrl }),
    });
  }

  async #told(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.#warnings.push({
        level: 'warning',
        message: `The record of the deployment does not say how it went, since it could not be written: ${messageOf(error)}`,
      });
    }
  }
}

/** Several models may share an environment: each has a task of its own. */
function placeOf({ environment, candidate }: RecordRequest): { readonly environment: string; readonly task: string } {
  return { environment, task: `deploy:${candidate.model}` };
}
