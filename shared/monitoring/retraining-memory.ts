import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { artifactsByName, artifactsOfRun, type ListedArtifact } from '../github/artifact.js';
import { getRun, jobsOfRun, runsOfWorkflow, type WorkflowRun } from '../github/run.js';
import { type CandidateSource, distrust } from '../registry/candidate.js';
import type { RetrainingBlock } from './retraining-block.js';

/**
 * What retraining remembers of itself, which GitHub keeps anyway: a run that decides to train leaves its decision as an
 * artifact (and a block in the health issue, while there is one), versions are tags, and what a run took stands in its jobs.
 * The present run is left out everywhere, so that a further attempt of it decides as the first one did.
 */

/** A run that decided to train, of a trusted origin. */
export interface Training {
  readonly run: WorkflowRun;
  readonly at: string;
  /** Its decision, unless only the health issue tells of it. */
  readonly artifact?: ListedArtifact;
  /** The digest of its rows, where that is known already. */
  readonly rows?: string;
}

/** Decisions that are looked at: a run further back is over. */
const MOST_DECISIONS = 5;
const LARGEST_DECISION_BYTES = 1_000_000;

/** The artifact of a decision to train. */
export function decisionArtifact(model: string): string {
  return `${model}-retraining`;
}

/**
 * The trainings that other runs of the branch decided on, newest first; the newest few. Needs `actions: read`.
 * @param block what the health issue remembers, for when the artifact of that run has expired
 */
export async function recentTrainings(
  source: CandidateSource,
  model: string,
  branch: string,
  block?: RetrainingBlock,
): Promise<readonly Training[]> {
  const found = await decisionsOf(source, model, branch);
  if (!block || block.run === source.ownRunId) return found;
  const known = found.find(({ run }) => run.id === block.run);
  if (known) return found.map((training) => (training === known ? { ...training, rows: block.data } : training));
  const run = await getRun(source.client, source.repository, block.run).catch((error: unknown) => {
    if (error instanceof UserError) return undefined; // The run was deleted.
    throw error;
  });
  if (!run || distrust(run, branch)) return found;
  return [...found, { run, at: block.at, rows: block.data }].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

async function decisionsOf(source: CandidateSource, model: string, branch: string): Promise<Training[]> {
  const found: Training[] = [];
  const seen = new Set<number>();
  for await (const page of artifactsByName(source.client, source.repository, decisionArtifact(model))) {
    for (const artifact of page) {
      // Anybody's pull request can upload an artifact of any name; what the list says of its origin saves most requests.
      if (artifact.headBranch !== branch || artifact.headRepositoryId !== artifact.repositoryId) continue;
      if (artifact.runId === source.ownRunId || seen.has(artifact.runId)) continue;
      seen.add(artifact.runId);
      const run = await getRun(source.client, source.repository, artifact.runId);
      if (distrust(run, branch)) continue;
      found.push({ run, at: artifact.createdAt, artifact });
      if (found.length >= MOST_DECISIONS) return found;
    }
    return found;
  }
  return found;
}

/** Whether the run of a training is over, and its candidate was held against the champion: then training again tells nothing new. */
export async function wasJudged(source: CandidateSource, model: string, { run }: Training): Promise<boolean> {
  if (run.status !== 'completed') return false;
  const artifacts = await artifactsOfRun(source.client, source.repository, run.id);
  return artifacts.some(({ name }) => name.startsWith(`${model}-comparison-`));
}

const decisionSchema = z.object({
  format: z.literal(1),
  kind: z.literal('retraining'),
  retrain: z.literal(true),
  data: z.object({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/) }),
});

/** The digest of the rows that a training had; undefined when its decision has expired or is none. */
export async function rowsOfTraining(source: CandidateSource, { artifact, rows }: Training): Promise<string | undefined> {
  if (rows !== undefined || !artifact) return rows;
  if (artifact.expired || artifact.bytes > LARGEST_DECISION_BYTES) return undefined;
  const folder = join(source.directory, `decision-${artifact.id}`);
  await mkdir(folder, { recursive: true });
  try {
    await source.artifacts.download(artifact, folder, source.token);
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.json'));
    if (file === undefined || (await stat(join(folder, file))).size > LARGEST_DECISION_BYTES) return undefined;
    return decisionSchema.parse(JSON.parse(await readFile(join(folder, file), 'utf8'))).data.digest;
  } catch (error) {
    source.log(`The decision of run ${artifact.runId} cannot be read, so it is passed over: ${String(error).slice(0, 200)}`);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs shorter than this are counted by the clock; what the jobs of a longer one took is asked. */
const SHORT_MINUTES = 2;
/** So many runs at most are asked for their jobs. */
const MOST_ASKED = 60;

/**
 * The minutes that runs of a workflow have taken this month (UTC), the present one included, and what the next training
 * takes: as long as the newest run that trained. Minutes are those of jobs: while a run waits for an approval, none runs.
 * @param trained the runs that trained
 */
export async function minutesOfMonth(
  source: CandidateSource,
  workflowId: number,
  options: { readonly now: string; readonly trained: readonly number[] },
): Promise<{ readonly used: number; readonly expected: number }> {
  const { now, trained } = options;
  const runs = await runsOfWorkflow(source.client, source.repository, workflowId, `${now.slice(0, 7)}-01T00:00:00Z`);
  const lengths = runs
    .map((run) => ({ run, minutes: minutesBetween(run.createdAt, run.status === 'completed' ? run.updatedAt : now) }))
    .sort((a, b) => b.minutes - a.minutes);
  let used = 0;
  const taken = new Map<number, number>();
  for (const [index, { run, minutes }] of lengths.entries()) {
    const asked = index < MOST_ASKED && (minutes >= SHORT_MINUTES || trained.includes(run.id));
    const found = asked ? await jobMinutes(source, run.id, now) : minutes;
    taken.set(run.id, found);
    used += found;
  }
  const latest = runs.find((run) => trained.includes(run.id) && run.status === 'completed');
  return { used, expected: latest ? taken.get(latest.id)! : 0 };
}

async function jobMinutes(source: CandidateSource, run: number, now: string): Promise<number> {
  const jobs = await jobsOfRun(source.client, source.repository, run);
  return jobs
    .filter(({ status, conclusion }) => (status === 'completed' && conclusion !== 'skipped') || status === 'in_progress')
    .reduce((sum, { startedAt, completedAt }) => sum + minutesBetween(startedAt, completedAt ?? now), 0);
}

function minutesBetween(from: string, to: string): number {
  const minutes = (Date.parse(to) - Date.parse(from)) / 60_000;
  return Number.isFinite(minutes) ? Math.max(0, minutes) : 0;
}
