import { createHash } from 'node:crypto';
import { TwirpError } from '../errors.js';
import { type Fields, textOf } from '../fields.js';
import type { ArtifactRecord, JobRecord, State } from '../state.js';
import { jobBackendId, runBackendId } from '../tokens.js';
import type { Blobs } from './blobs.js';
import type { Service } from './service.js';

const MAX_PER_JOB = 500;
const DAY_MS = 86_400_000;
const DEFAULT_RETENTION_DAYS = 90;
/** Seconds that an address for an upload or a download is good for. */
const UPLOAD_SECONDS = 3_600;
const DOWNLOAD_SECONDS = 600;

/** Types that GitHub is known to refuse although they are well formed. */
const REFUSED_TYPES = [/^application\/vnd\.openxmlformats-/, /^application\/x-7z-compressed$/];

/** Service `github.actions.results.api.v1.ArtifactService`: uploads and same-run downloads, by the runtime token. */
export function artifactService(state: State, blobs: Blobs, origin: () => string): Service {
  return {
    CreateArtifact(job, body) {
      assertOwn(job, body);
      const name = artifactName(body);
      const mimeType = mimeTypeOf(body);
      const sameAttempt = (artifact: ArtifactRecord): boolean =>
        artifact.run.id === job.job.run.id && artifact.run.attempt === job.job.run.attempt;
      if (state.artifacts.some((artifact) => sameAttempt(artifact) && artifact.name === name)) {
        throw new TwirpError('already_exists', 'an artifact with this name already exists on the workflow run');
      }
      if (state.artifacts.filter((artifact) => artifact.job === job).length >= MAX_PER_JOB) {
        throw new TwirpError('invalid_argument', `a job can create at most ${MAX_PER_JOB} artifacts`);
      }
      const id = state.nextId('artifact');
      const extension = mimeType === 'application/zip' ? '.zip' : '';
      const key = createHash('sha256').update(`artifact ${id}`).digest('hex');
      const blob = `actions-results/${runBackendId(job.job.run)}/${key}${extension}`;
      blobs.create(blob);
      state.artifacts.push({
        ...{ id, job, run: job.job.run, name, mimeType, blob, createdAt: state.now() },
        expiresAt: expiryOf(body, state.now()),
        finished: undefined,
      });
      return { ok: true, signed_upload_url: blobs.sign(origin(), blob, 'w', UPLOAD_SECONDS) };
    },

    FinalizeArtifact(job, body) {
      assertOwn(job, body);
      const name = artifactName(body);
      const artifact = state.artifacts.find((record) => record.job === job && record.name === name);
      if (artifact === undefined) throw new TwirpError('not_found', `no artifact ${name} was created by this job`);
      if (artifact.finished !== undefined) throw new TwirpError('already_exists', `the artifact ${name} is complete`);
      const content = blobs.content(artifact.blob);
      if (content === undefined) throw new TwirpError('not_found', `nothing was uploaded for the artifact ${name}`);
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      if (String(body.size ?? '0') !== String(content.length)) {
        throw new TwirpError('invalid_argument', `size is ${String(body.size)}, ${content.length} bytes were uploaded`);
      }
      const hash = textOf(body, 'hash');
      if (hash !== undefined && hash !== digest) {
        throw new TwirpError('invalid_argument', `hash is ${hash}, the upload has ${digest}`);
      }
      blobs.seal(artifact.blob);
      artifact.finished = { size: content.length, digest, at: state.now() };
      return { ok: true, artifact_id: String(artifact.id) };
    },

    ListArtifacts(job, body) {
      assertOwn(job, body);
      const name = textOf(body, 'name_filter');
      const id = body.id_filter === undefined ? undefined : String(body.id_filter);
      const artifacts = visible(state, job)
        .filter((artifact) => name === undefined || artifact.name === name)
        .filter((artifact) => id === undefined || String(artifact.id) === id);
      return {
        artifacts: artifacts.map((artifact) => ({
          workflow_run_backend_id: runBackendId(artifact.run),
          workflow_job_run_backend_id: jobBackendId(artifact.job.job),
          database_id: String(artifact.id),
          name: artifact.name,
          size: String(artifact.finished!.size),
          created_at: new Date(artifact.createdAt).toISOString(),
          digest: artifact.finished!.digest,
        })),
      };
    },

    GetSignedArtifactURL(job, body) {
      const artifact = named(state, job, body);
      return { name: artifact.name, signed_url: downloadUrl(blobs, origin(), artifact) };
    },

    DeleteArtifact(job, body) {
      const artifact = named(state, job, body);
      removeArtifact(state, blobs, artifact);
      return { ok: true, artifact_id: String(artifact.id) };
    },
  };
}

export function downloadUrl(blobs: Blobs, origin: string, artifact: ArtifactRecord): string {
  const fileName = artifact.mimeType === 'application/zip' ? `${artifact.name}.zip` : artifact.name;
  return blobs.sign(origin, artifact.blob, 'r', DOWNLOAD_SECONDS, fileName);
}

export function removeArtifact(state: State, blobs: Blobs, artifact: ArtifactRecord): void {
  state.artifacts = state.artifacts.filter((record) => record !== artifact);
  blobs.delete(artifact.blob);
}

/** The complete, unexpired artifacts of the job's run, all attempts. */
function visible(state: State, job: JobRecord): readonly ArtifactRecord[] {
  return state.artifacts.filter(
    (artifact) => artifact.run.id === job.job.run.id && artifact.finished !== undefined && artifact.expiresAt > state.now(),
  );
}

/** The artifact that a request names by the run and job that made it. */
function named(state: State, job: JobRecord, body: Fields): ArtifactRecord {
  const name = artifactName(body);
  const found = visible(state, job).find(
    (artifact) =>
      artifact.name === name &&
      runBackendId(artifact.run) === body.workflow_run_backend_id &&
      jobBackendId(artifact.job.job) === body.workflow_job_run_backend_id,
  );
  if (found === undefined) throw new TwirpError('not_found', `the run has no artifact ${name}`);
  return found;
}

function assertOwn(job: JobRecord, body: Fields): void {
  const own =
    body.workflow_run_backend_id === runBackendId(job.job.run) && body.workflow_job_run_backend_id === jobBackendId(job.job);
  if (!own) throw new TwirpError('permission_denied', 'the token is not for this run and job');
}

function artifactName(body: Fields): string {
  const name = textOf(body, 'name') ?? '';
  if (name === '' || name.length > 255 || /[\r\n":<>|*?\\/]/.test(name)) {
    throw new TwirpError('invalid_argument', `the artifact name ${JSON.stringify(name)} is not valid`);
  }
  return name;
}

function mimeTypeOf(body: Fields): string {
  const type = textOf(body, 'mime_type') ?? 'application/zip';
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(type) || REFUSED_TYPES.some((refused) => refused.test(type))) {
    throw new TwirpError('invalid_argument', 'mime_type a valid mime_type is required for this artifact version');
  }
  return type;
}

function expiryOf(body: Fields, now: number): number {
  const asked = Date.parse(textOf(body, 'expires_at') ?? '');
  const longest = now + DEFAULT_RETENTION_DAYS * DAY_MS;
  return Number.isNaN(asked) ? longest : Math.min(asked, longest);
}
