import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { candidateArtifact } from '../bundle/files.js';
import { type Bundle, readBundle } from '../bundle/read.js';
import { UserError } from '../core/errors.js';
import { artifactsByName, artifactsOfRun, type ListedArtifact } from '../github/artifact.js';
import { getRun, type WorkflowRun } from '../github/run.js';
import type { ArtifactStore } from '../runner/artifacts.js';
import type { RegistryPlace } from './registry.js';

/** Where candidates are looked for, and with what rights. */
export interface CandidateSource extends RegistryPlace {
  readonly artifacts: ArtifactStore;
  readonly token: string;
  /** Folder below which bundles are unpacked. */
  readonly directory: string;
  /** The running run: what it made itself is no champion. */
  readonly ownRunId?: number;
}

export interface FoundCandidate {
  readonly bundle: Bundle;
  readonly run: WorkflowRun;
}

/**
 * Events whose runs execute only what is on the branch. A pull request's run executes what its author wrote, and a fork
 * can upload an artifact of any name into the same list.
 */
const TRUSTED_EVENTS: readonly string[] = ['push', 'schedule', 'workflow_dispatch', 'repository_dispatch'];

/** A repository whose every recent run failed does not make a search of its whole history worth the requests. */
const RUNS_LOOKED_AT = 30;

/**
 * The newest unexpired candidate of a successful run that is trusted: of this repository, of an event that runs the
 * branch's own code, on the branch.
 * @returns undefined when there is none
 */
export async function newestCandidate(
  source: CandidateSource,
  model: string,
  branch: string,
): Promise<FoundCandidate | undefined> {
  let looked = 0;
  for await (const page of artifactsByName(source.client, source.repository, candidateArtifact(model))) {
    for (const artifact of page) {
      if (artifact.expired || artifact.runId === source.ownRunId) continue;
      if (artifact.headBranch !== branch || artifact.headRepositoryId !== artifact.repositoryId) continue;
      if (looked++ >= RUNS_LOOKED_AT) return undefined;
      const run = await getRun(source.client, source.repository, artifact.runId);
      if (run.conclusion !== 'success' || distrust(run, branch)) continue;
      return { bundle: await unpack(source, artifact), run };
    }
  }
  return undefined;
}

/**
 * The candidate of one run.
 * @param branch the branch whose runs are trusted
 * @throws UserError when the run's origin is not trusted, or it has no such candidate
 */
export async function candidateOfRun(
  source: CandidateSource,
  runId: number,
  model: string,
  branch: string,
): Promise<FoundCandidate> {
  const run = await getRun(source.client, source.repository, runId);
  if (run.id !== source.ownRunId) {
    const reason = distrust(run, branch);
    if (reason) throw new UserError(`The candidate of run ${runId} is not used: ${reason}.`);
  }
  const name = candidateArtifact(model);
  const artifact = (await artifactsOfRun(source.client, source.repository, runId)).find((listed) => listed.name === name);
  if (!artifact)
    throw new UserError(`Run ${runId} has no artifact ${JSON.stringify(name)}: it made no candidate of this model.`);
  if (artifact.expired)
    throw new UserError(`The candidate of run ${runId} has expired (artifacts are kept for a limited time): train it again.`);
  return { bundle: await unpack(source, artifact), run };
}

/** Why a run's artifacts are not trusted; undefined when they are. */
export function distrust(run: WorkflowRun, branch: string): string | undefined {
  if (run.headRepositoryId !== run.repositoryId) return 'the run belongs to a fork';
  if (!TRUSTED_EVENTS.includes(run.event))
    return `the run was started by "${run.event}", which runs code that nobody has merged`;
  if (run.headBranch !== branch)
    return `the run is of branch ${JSON.stringify(run.headBranch)}, not of ${JSON.stringify(branch)}`;
  return undefined;
}

/** Whether runs of this event execute only what is on the branch. */
export function isTrustedEvent(event: string): boolean {
  return TRUSTED_EVENTS.includes(event);
}

async function unpack(source: CandidateSource, artifact: ListedArtifact): Promise<Bundle> {
  const directory = join(source.directory, `${artifact.name}-${artifact.id}`);
  await mkdir(directory, { recursive: true });
  await source.artifacts.download(artifact, directory, source.token);
  return readBundle(directory, `The candidate of run ${artifact.runId}`);
}
