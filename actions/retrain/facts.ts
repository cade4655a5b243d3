import type { Dataset } from '../../shared/data/dataset.js';
import { getRun } from '../../shared/github/run.js';
import type { Health } from '../../shared/monitoring/health.js';
import type { RetrainingFacts, RetrainingPlan } from '../../shared/monitoring/retraining.js';
import type { RetrainingBlock } from '../../shared/monitoring/retraining-block.js';
import {
  minutesOfMonth,
  recentTrainings,
  rowsOfTraining,
  type Training,
  wasJudged,
} from '../../shared/monitoring/retraining-memory.js';
import type { CandidateSource } from '../../shared/registry/candidate.js';
import { fetchVersion } from '../../shared/registry/fetch.js';
import { type RegisteredVersion, Registry } from '../../shared/registry/registry.js';
import { recordedManifest } from '../../shared/registry/version-choice.js';

export interface FactsRequest {
  readonly source: CandidateSource;
  readonly model: string;
  /** The stage that a version has to have to be live. */
  readonly stage: string;
  readonly branch: string;
  readonly plan: RetrainingPlan;
  readonly forced: boolean;
  readonly fingerprint: Dataset['fingerprint'];
  readonly health: Health | undefined;
  /** What the health issue remembers. */
  readonly block: RetrainingBlock | undefined;
  readonly now: string;
}

/** Asks GitHub what the decision needs: tags, what other runs have decided, and what the runs of this month took. */
export async function gatherFacts(request: FactsRequest): Promise<RetrainingFacts> {
  const { source, model, stage, branch, plan, forced, fingerprint, health, block, now } = request;
  const registry = new Registry(source, model);
  const tags = await registry.tags();
  const live = (await registry.atStage(stage, tags))?.version;
  const latest = await registry.latest(tags);
  const trainings = await recentTrainings(source, model, branch, block);
  const known = live && (await describe(registry, source, live));
  const busy = trainings.find(({ run }) => run.status !== 'completed');
  const lastTraining = newest([live, latest], trainings, source.ownRunId);
  const judged = await judgedBefore(source, model, trainings, fingerprint.digest, known?.data);
  return {
    ...{ model, now, forced, data: { digest: fingerprint.digest, rows: fingerprint.rows } },
    ...(live && known && { live: { version: live.record.version, digest: live.record.digest, ...known.rowsOf } }),
    ...(latest && { registered: latest.record.version }),
    ...(lastTraining && { lastTraining }),
    ...(judged && { judged }),
    ...(busy && { underway: { run: busy.run.id, waiting: busy.run.status === 'waiting' } }),
    minutes: await minutes(request, plan, trainings, known?.seconds),
    ...(health && { health }),
  };
}

/** The rows that a version was made of, and how long that took: from its registry commit, else from its bundle. */
async function describe(registry: Registry, source: CandidateSource, version: RegisteredVersion) {
  const manifest =
    (await recordedManifest(registry, version)) ?? (await fetchVersion(source, registry.model, version)).manifest;
  const { rows, digest: data } = manifest.data;
  return { data, rowsOf: { rows, data }, seconds: manifest.training.seconds };
}

/** The newest of what versions and decisions tell of a training, without those of this very run. */
function newest(
  versions: readonly (RegisteredVersion | undefined)[],
  trainings: readonly Training[],
  ownRun: number | undefined,
): RetrainingFacts['lastTraining'] {
  const made = versions
    .filter((version) => version !== undefined && (ownRun === undefined || version.record.run !== ownRun))
    .map((version) => ({ at: version!.taggedAt, what: version!.record.version }));
  const decided = trainings.map(({ at, run }) => ({ at, what: `run ${run.id}` }));
  return [...made, ...decided].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}

/** The newest training by another run, when it had these rows and came to a verdict. Asked only where the live version had others. */
async function judgedBefore(
  source: CandidateSource,
  model: string,
  [training]: readonly Training[],
  data: string,
  live: string | undefined,
): Promise<RetrainingFacts['judged']> {
  if (!training || live === data) return undefined;
  const rows = await rowsOfTraining(source, training);
  if (rows !== data || !(await wasJudged(source, model, training))) return undefined;
  return { what: `run ${training.run.id}`, data };
}

async function minutes(
  { source, now }: FactsRequest,
  plan: RetrainingPlan,
  trainings: readonly Training[],
  seconds: number | undefined,
): Promise<RetrainingFacts['minutes']> {
  // Without a budget nobody needs to know, and it takes a request a run.
  if (plan.budget_minutes === undefined || source.ownRunId === undefined) return { used: 0, expected: 0 };
  const { workflowId } = await getRun(source.client, source.repository, source.ownRunId);
  const spent = await minutesOfMonth(source, workflowId, { now, trained: trainings.map(({ run }) => run.id) });
  return { used: spent.used, expected: Math.max(spent.expected, (seconds ?? 0) / 60) };
}
