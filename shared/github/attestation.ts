import { messageOf } from '../core/errors.js';
import type { GitHubClient, RepositoryName } from './client.js';

/** A file by its name and its sha256 (`sha256:<hex>`). */
export interface AttestedFile {
  readonly name: string;
  readonly digest: string;
}

/** What became of a wish for an attestation: it is there, or in one sentence why not. */
export type AttestationOutcome = { readonly url: string } | { readonly problem: string };

export interface AttestationRequest {
  readonly files: readonly AttestedFile[];
  readonly token: string;
  /** The job has an identity (`id-token: write`). */
  readonly hasIdToken: boolean;
  /** `https://github.com`. */
  readonly serverUrl: string;
}

/**
 * Attests that files come from the present run: SLSA provenance, signed by Sigstore for the job's own identity, and kept by
 * GitHub. It is additional: whatever is in the way is told, and nothing is thrown. Files that have an attestation keep it.
 */
export async function attestFiles(
  client: GitHubClient,
  repository: RepositoryName,
  { files, token, hasIdToken, serverUrl }: AttestationRequest,
): Promise<AttestationOutcome> {
  const page = `${serverUrl}/${repository.owner}/${repository.repo}/attestations`;
  if (files.length === 0) return { problem: 'GitHub names no digest of the files' };
  if (await isAttested(client, repository, files[0]!.digest)) return { url: page };
  if (!hasIdToken)
    return { problem: 'the job has no identity; add "id-token: write" and "attestations: write" to its "permissions:"' };
  try {
    const { attestProvenance } = await import('@actions/attest');
    const { data } = await client.rest.repos.get({ ...repository });
    const { attestationID } = await attestProvenance({
      subjects: files.map(({ name, digest }) => ({ name, digest: { sha256: digest.replace(/^sha256:/, '') } })),
      token,
      // What is public may stand in the public log; the other instance keeps none.
      sigstore: data.visibility === 'public' ? 'public-good' : 'github',
    });
    return { url: attestationID === undefined ? page : `${page}/${attestationID}` };
  } catch (error) {
    return { problem: problemOf(messageOf(error)) };
  }
}

/** Whether a file has an attestation already; one that cannot be seen counts as none. */
async function isAttested(client: GitHubClient, repository: RepositoryName, digest: string): Promise<boolean> {
  try {
    const { data } = await client.request('GET /repos/{owner}/{repo}/attestations/{subject_digest}', {
      ...repository,
      subject_digest: digest,
      per_page: 1,
    });
    return (data.attestations?.length ?? 0) > 0;
  } catch {
    return false;
  }
}

function problemOf(message: string): string {
  const line = message.replace(/\s+/g, ' ').slice(0, 300);
  if (!message.startsWith('Failed to persist attestation')) return `it could not be signed (${line}); run the job again for it`;
  return /not accessible by integration/.test(message)
    ? 'the token may not keep it; add "attestations: write" to the "permissions:" of the job'
    : `GitHub does not keep it (${line}); private repositories need a plan that has attestations`;
}
