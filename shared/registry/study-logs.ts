import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../core/errors.js';
import { artifactsByName, artifactsOfRun, type ListedArtifact } from '../github/artifact.js';
import { getRun } from '../github/run.js';
import { isLogArtifact, logArtifact, wholeOf } from '../tuning/artifacts.js';
import { mergeLogs, type ReadLog, readLog, type StudyEvent } from '../tuning/study-log.js';
import { type CandidateSource, distrust } from './candidate.js';
import type { Study } from './study.js';

/** Everything that is known of a study. */
export interface StudyLogs {
  readonly events: readonly StudyEvent[];
  /** Studies of the same name with another space, model or data. */
  readonly others: readonly string[];
  /** The artifacts that the events come from. */
  readonly artifacts: readonly number[];
  /** Logs that could not be read, in plain sentences. */
  readonly problems: readonly string[];
}

/** Runs whose logs are read, and runs whose origin is looked at, before a search of the history ends. */
const RUNS_READ = 5;
const RUNS_LOOKED_AT = 30;
const DOWNLOADS_AT_ONCE = 8;

/**
 * The logs of a study: of this run (all its attempts), and of earlier ones of the branch. Runs of forks and of pull
 * requests can upload artifacts of any name, so their logs are never read by other runs.
 * @param local the folder with the logs of this machine, which count where GitHub is not at hand
 */
export async function readStudyLogs(
  study: Study,
  local: string,
  source?: CandidateSource,
  branch?: string,
): Promise<StudyLogs> {
  if (!source) return collect([await readFolder(local, study.id)], [], []);
  const logs = new Reader(study, source);
  if (source.ownRunId !== undefined) await logs.readRun(source.ownRunId);
  if (branch) for await (const runId of earlierRuns(study, source, branch)) await logs.readRun(runId);
  return collect(logs.logs, logs.artifacts, logs.problems);
}

function collect(logs: readonly ReadLog[], artifacts: readonly number[], problems: readonly string[]): StudyLogs {
  return {
    events: mergeLogs(logs.map(({ events }) => events)),
    others: [...new Set(logs.flatMap(({ others }) => others))].sort(),
    artifacts: [...new Set(artifacts)].sort((a, b) => a - b),
    problems,
  };
}

/** Every run that works on a study begins with the same artifact: the plan of its first round. */
async function* earlierRuns(study: Study, source: CandidateSource, branch: string): AsyncGenerator<number> {
  const name = logArtifact(study.model, study.name, { round: 1, job: 0, attempt: 1 });
  let looked = 0;
  let read = 0;
  for await (const page of artifactsByName(source.client, source.repository, name)) {
    for (const artifact of page) {
      if (artifact.runId === source.ownRunId || artifact.headBranch !== branch) continue;
      if (artifact.headRepositoryId !== artifact.repositoryId) continue;
      if (looked++ >= RUNS_LOOKED_AT) return;
      if (distrust(await getRun(source.client, source.repository, artifact.runId), branch)) continue;
      yield artifact.runId;
      if (++read >= RUNS_READ) return;
    }
  }
}

class Reader {
  readonly logs: ReadLog[] = [];
  readonly artifacts: number[] = [];
  readonly problems: string[] = [];
  readonly #study: Study;
  readonly #source: CandidateSource;
  readonly #known = new Set<number>();

  constructor(study: Study, source: CandidateSource) {
    this.#study = study;
    this.#source = source;
  }

  async readRun(runId: number): Promise<void> {
    const { model, name } = this.#study;
    const all = await artifactsOfRun(this.#source.client, this.#source.repository, runId);
    const logs = all.filter((artifact) => !artifact.expired && isLogArtifact(model, name, artifact.name));
    // Parts are for jobs that did not come to their end; the whole log holds them.
    const whole = new Set(logs.map((artifact) => artifact.name));
    const wanted = logs.filter((artifact) => wholeOf(artifact.name) === artifact.name || !whole.has(wholeOf(artifact.name)));
    // Plans hold what was known when they were made; read first, they save most of the other downloads.
    const plans = wanted.filter((artifact) => /-j0-a\d+$|-report-a\d+$/.test(artifact.name));
    for (const plan of plans) await this.#read(plan);
    const rest = wanted.filter((artifact) => !plans.includes(artifact)).values();
    const worker = async (): Promise<void> => {
      for (const artifact of rest) await this.#read(artifact);
    };
    await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, worker));
  }

  async #read(artifact: ListedArtifact): Promise<void> {
    if (this.#known.has(artifact.id)) return;
    this.#known.add(artifact.id);
    const { artifacts, directory, token } = this.#source;
    const folder = join(directory, `${artifact.name}-${artifact.id}`);
    try {
      await mkdir(folder, { recursive: true });
      await artifacts.download(artifact, folder, token);
    } catch (error) {
      this.problems.push(
        `The log ${artifact.name} of run ${artifact.runId} could not be read (${messageOf(error)}): its trials count as not yet run.`,
      );
      return;
    }
    const log = await readFolder(folder, this.#study.id);
    this.logs.push(log);
    this.artifacts.push(artifact.id, ...log.merged);
    for (const id of log.merged) this.#known.add(id);
  }
}

/** All logs in a folder; nothing where there is no folder. */
async function readFolder(folder: string, study: string): Promise<ReadLog> {
  const names = await readdir(folder).catch(() => []);
  const logs: ReadLog[] = [];
  for (const name of names.filter((file) => file.endsWith('.jsonl')).sort()) {
    logs.push(readLog(await readFile(join(folder, name), 'utf8'), study));
  }
  return {
    events: logs.flatMap(({ events }) => events),
    others: logs.flatMap(({ others }) => others),
    merged: logs.flatMap(({ merged }) => merged),
  };
}
