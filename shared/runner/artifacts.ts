import { messageOf, UserError } from '../core/errors.js';
import type { RunEnvironment } from './environment.js';

/** Workflow artifacts: immutable files of a run, which expire. */
export interface ArtifactStore {
  /** False outside of GitHub Actions, where there is nothing to upload to. */
  readonly available: boolean;
  /** @param files absolute paths below root @returns id and digest (`sha256:<hex>`) of the zip */
  upload(name: string, files: readonly string[], root: string): Promise<{ id: number; digest: string }>;
  /**
   * Downloads an artifact of this repository and checks its digest.
   * @param options.packed leaves the zip as the one file of the directory, for what anybody may have written
   * @throws UserError when its bytes are not those that were uploaded
   */
  download(
    artifact: ArtifactReference,
    directory: string,
    token: string,
    options?: { readonly packed?: boolean },
  ): Promise<void>;
}

/** An artifact as the REST API lists it. */
export interface ArtifactReference {
  readonly id: number;
  readonly name: string;
  readonly runId: number;
  /** `sha256:<hex>`, where the service knows it. */
  readonly digest?: string;
}

export function createArtifactStore(environment: RunEnvironment): ArtifactStore {
  return {
    available: environment.hasArtifacts,

    async upload(name, files, root) {
      const client = await createClient();
      try {
        const { id, digest } = await client.uploadArtifact(name, [...files], root);
        if (id === undefined || digest === undefined) throw new Error('the service gave no id');
        return { id, digest: `sha256:${digest}` };
      } catch (error) {
        if (/already exists|409/.test(messageOf(error)))
          throw new UserError(
            `Artifact ${JSON.stringify(name)} exists already in this run: two jobs of one run make the same model. ` +
              'Give the specs different names.',
            { cause: error },
          );
        throw error;
      }
    },

    async download(artifact, directory, token, { packed = false } = {}) {
      const [repositoryOwner, repositoryName] = (environment.repository ?? '').split('/');
      if (!repositoryOwner || !repositoryName)
        throw new UserError('Artifacts can only be downloaded in GitHub Actions: GITHUB_REPOSITORY is not set.');
      const client = await createClient();
      const { digestMismatch } = await client.downloadArtifact(artifact.id, {
        path: directory,
        ...(artifact.digest && { expectedHash: artifact.digest }),
        skipDecompress: packed,
        findBy: { token, workflowRunId: artifact.runId, repositoryOwner, repositoryName },
      });
      if (digestMismatch)
        throw new UserError(
          `Artifact ${JSON.stringify(artifact.name)} of run ${artifact.runId} is damaged: its bytes do not have the digest ` +
            `${artifact.digest} that was recorded. Run the job that made it again.`,
        );
    },
  };
}

/** Imported late: the client weighs a megabyte, and most steps of a job never touch it. */
async function createClient() {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  return new DefaultArtifactClient();
}
