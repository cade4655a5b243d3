import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../../shared/core/errors.js';
import { formatDuration, formatNumber } from '../../shared/core/format.js';
import { canonicalJson, type Json, sha256 } from '../../shared/core/json.js';
import type { Dataset } from '../../shared/data/dataset.js';
import type { Split } from '../../shared/data/split.js';
import { describeStudy, type Study, type StudyPlace } from '../../shared/registry/study.js';
import { renderPack } from '../../shared/report/study.js';
import type { ActionOutcome, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { prepareFit } from '../../shared/training/prepare-fit.js';
import { logArtifact, partArtifact } from '../../shared/tuning/artifacts.js';
import { type Pack, readPack } from '../../shared/tuning/pack.js';
import { ranked, type Trial, trialsOf } from '../../shared/tuning/study.js';
import { eventLine, type StudyEvent, type TrialEvent } from '../../shared/tuning/study-log.js';
import { runTrials } from './trial-pool.js';

export interface PackContext {
  readonly dataset: Dataset;
  readonly split: Split;
  readonly loaded: LoadedSpec;
  readonly place: StudyPlace;
  readonly services: RunnerServices;
}

/** Runs the trials of a pack and leaves their log. Only training and validation rows are read. */
export async function runPack(text: string, context: PackContext): Promise<ActionOutcome> {
  const { dataset, split, loaded, place, services } = context;
  const { environment, artifacts, log } = services;
  const pack = readPack(text);
  const study = await describeStudy(loaded, studyName(pack), place);
  if (study.id !== pack.study)
    throw new UserError(
      `Input "trials" is a pack of study ${pack.study}, but the spec and data here make ${study.id}: the search, the model or ` +
        'the data changed between tune-plan and this step. Give both steps the same commit, spec and data.',
    );
  if (split.counts.validation === 0)
    throw new UserError({
      message: 'trials are scored on the validation rows, and there are none: set split.validation, such as 0.1',
      location: loaded.locate(['split']),
    });
  const { request } = await prepareFit(dataset, split, loaded);

  const journal = new Journal(pack, study, services, place.directory);
  const parts = new LogParts(journal, services);
  const rows = rowsDigest(dataset, split);
  let spent = 0;
  const stop = new AbortController();
  const cancel = (): void => stop.abort();
  for (const name of SIGNALS) process.once(name, cancel);
  try {
    const threads = Math.min(availableParallelism(), pack.trials.length);
    log(`${pack.trials.length} trials of study ${study.id}, ${threads} at a time`);
    await runTrials({ request, metric: study.metric }, pack.trials, {
      threads,
      signal: stop.signal,
      enough: () => pack.seconds !== undefined && spent >= pack.seconds,
      onStart: ({ number, params }) => journal.write({ event: 'started', trial: number, params }),
      onEnd: ({ number, params }, outcome) => {
        spent += outcome.seconds;
        const { seconds } = outcome;
        if ('value' in outcome)
          journal.write({ event: 'finished', trial: number, params, value: outcome.value, seconds, rows });
        else journal.write({ event: 'failed', trial: number, params, reason: outcome.reason, seconds });
        log(journal.progressLine(number));
        parts.offer();
      },
    });
  } finally {
    for (const name of SIGNALS) process.removeListener(name, cancel);
  }

  await parts.settled();
  if (artifacts.available) await artifacts.upload(journal.artifact, [journal.file], journal.folder);
  const trials = journal.trials();
  const failure = failureOf(trials, pack, stop.signal.aborted);
  return {
    outputs: { 'bundle-path': '', digest: '', cached: 'false', artifact: artifacts.available ? journal.artifact : '' },
    summary: renderPack({
      model: study.model,
      metric: study.metric,
      better: study.better,
      round: pack.round,
      job: pack.job,
      trials,
      ...(environment.runUrl && { runUrl: environment.runUrl }),
    }),
    ...(failure && { failure }),
  };
}

/** A cancelled job has some seconds left: enough to leave what it has. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function studyName(pack: Pack): string {
  return pack.study.replace(/-[0-9a-f]{12}$/, '');
}

/** Values of trials can be held against each other only when they come from the same rows in the same parts. */
function rowsDigest(dataset: Dataset, split: Split): string {
  const content = { data: dataset.fingerprint.digest, split: split.rule as unknown as Json };
  return sha256(canonicalJson(content)).slice('sha256:'.length, 'sha256:'.length + 12);
}

function failureOf(trials: readonly Trial[], pack: Pack, cancelled: boolean): string | undefined {
  const ended = trials.filter(({ state }) => state !== 'open');
  if (cancelled)
    return `Cancelled: ${ended.length} of ${pack.trials.length} trials have a result; the others stay open for the next plan.`;
  const reasons = ended.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  if (ended.length === 0 || reasons.length < ended.length) return undefined;
  return `All ${ended.length} trials of this pack failed; the first says: ${reasons[0]}`;
}

/** So often a job leaves what it has, since a machine that is lost uploads nothing more. */
const PART_EVERY_MS = 60_000;

/** Uploads what has come to a log since the last time, beside the trials that go on. */
class LogParts {
  readonly #journal: Journal;
  readonly #services: RunnerServices;
  #last = Date.now();
  #count = 0;
  #uploading: Promise<void> | undefined;

  constructor(journal: Journal, services: RunnerServices) {
    this.#journal = journal;
    this.#services = services;
  }

  /** Called when there is something new; most of the time it is too early. */
  offer(): void {
    const { artifacts, log } = this.#services;
    if (!artifacts.available || this.#uploading || Date.now() - this.#last < PART_EVERY_MS) return;
    this.#last = Date.now();
    const name = partArtifact(this.#journal.artifact, ++this.#count);
    const { file, folder } = this.#journal.takeNew(name);
    this.#uploading = artifacts
      .upload(name, [file], folder)
      // The whole log comes at the end; this is for the case that it does not.
      .catch((error: unknown) => log(`The part ${name} of the log could not be left (${messageOf(error)}); going on.`))
      .then(() => {
        this.#uploading = undefined;
      });
  }

  async settled(): Promise<void> {
    await this.#uploading;
  }
}

/** The log of a pack: a line is on the disk as soon as its trial has begun or ended. */
class Journal {
  readonly artifact: string;
  readonly folder: string;
  readonly file: string;
  readonly #pack: Pack;
  readonly #study: Study;
  readonly #run: number;
  readonly #attempt: number;
  readonly #events: StudyEvent[] = [];
  #taken = 0;

  constructor(pack: Pack, study: Study, { environment }: RunnerServices, directory: string) {
    this.#pack = pack;
    this.#study = study;
    this.#run = environment.runId ?? 0;
    this.#attempt = environment.runAttempt;
    this.artifact = logArtifact(study.model, study.name, { round: pack.round, job: pack.job, attempt: this.#attempt });
    this.folder = join(workDirectory(directory), 'study');
    this.file = join(this.folder, `${this.artifact}.jsonl`);
    mkdirSync(this.folder, { recursive: true });
  }

  write(told: TrialEvent): void {
    const event: StudyEvent = {
      ...told,
      v: 1,
      study: this.#pack.study,
      run: this.#run,
      attempt: this.#attempt,
      round: this.#pack.round,
      job: this.#pack.job,
      at: new Date().toISOString(),
    };
    this.#events.push(event);
    appendFileSync(this.file, eventLine(event));
  }

  /** Writes what has come since the last call into a file of its own. */
  takeNew(name: string): { readonly file: string; readonly folder: string } {
    const folder = join(this.folder, 'parts');
    const file = join(folder, `${name}.jsonl`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, this.#events.slice(this.#taken).map(eventLine).join(''));
    this.#taken = this.#events.length;
    return { file, folder };
  }

  trials(): readonly Trial[] {
    return trialsOf(this.#events);
  }

  /** `Trial 7 (3 of 12): auc 0.8123 in 2.1 s, {"num_leaves":31}; best 0.8201 (trial 4)`. */
  progressLine(number: number): string {
    const trials = this.trials();
    const { metric, better } = this.#study;
    const trial = trials.find((candidate) => candidate.number === number)!;
    const ended = trials.filter(({ state }) => state !== 'open').length;
    const head = `Trial ${number} (${ended} of ${this.#pack.trials.length})`;
    const params = canonicalJson(trial.params);
    if (trial.value === undefined) return `${head} failed: ${trial.reason}; ${params}`;
    const best = ranked(trials, better)[0]!;
    const record = best.number === number ? 'the best so far' : `best ${formatNumber(best.value)} (trial ${best.number})`;
    return `${head}: ${metric} ${formatNumber(trial.value)} in ${formatDuration(trial.seconds)}, ${params}; ${record}`;
  }
}
