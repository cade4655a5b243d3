import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatCount, formatDuration } from '../../shared/core/format.js';
import { connectStudy } from '../../shared/registry/connect.js';
import { describeStudy, type Study } from '../../shared/registry/study.js';
import { readStudyLogs } from '../../shared/registry/study-logs.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { loadSpec } from '../../shared/spec/load.js';
import { logArtifact } from '../../shared/tuning/artifacts.js';
import { MOST_PACK_CHARACTERS, type Pack, packText } from '../../shared/tuning/pack.js';
import { type PlannedTrial, packsOf, planRound, type Round } from '../../shared/tuning/round.js';
import { type Trial, trialsOf } from '../../shared/tuning/study.js';
import { eventLine, mergedLine, type StudyEvent } from '../../shared/tuning/study-log.js';

export interface TunePlanInputs {
  readonly data: readonly string[];
  readonly 'github-token': string | undefined;
  readonly jobs: number | undefined;
  readonly round: number;
  readonly spec: string;
  readonly study: string;
  readonly 'working-directory': string;
}

/** The outputs of a job may have 1 MB as UTF-16; the other half is the caller's. */
const MOST_MATRIX_CHARACTERS = 250_000;

/** Proposes the trials of a round and leaves them in the study's log. */
export async function run(inputs: TunePlanInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, artifacts, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const study = await describeStudy(loaded, inputs.study, { directory, workspace: environment.workspace, data: inputs.data });
  const folder = join(workDirectory(directory), 'study');
  const source = await connectStudy(services, inputs['github-token'], directory);
  const logs = await readStudyLogs(study, folder, source, environment.baseBranch);
  const known = trialsOf(logs.events);
  const annotations: Annotation[] = loaded.notices.map((notice) => ({ ...notice, level: 'notice' }));
  annotations.push(...logs.problems.map((message): Annotation => ({ level: 'warning', message })));
  if (known.length === 0 && logs.others.length > 0)
    annotations.push({ level: 'notice', message: startsAnew(study), location: loaded.locate(['tune']) });
  log(knownLine(study, known));

  const jobs = Math.min(inputs.jobs ?? study.jobs, 256);
  const { round, packs } = fitted(study, inputs.round, known, jobs);
  const matrix = JSON.stringify({ include: packs.map((pack) => ({ job: pack.job, trials: packText(pack) })) });
  const place = { round: inputs.round, attempt: environment.runAttempt };
  const proposed = round.trials.map(
    ({ number, params }): StudyEvent => ({
      ...{ event: 'proposed', v: 1, study: study.id, run: environment.runId ?? 0, ...place, job: 0 },
      ...{ trial: number, params, at: new Date().toISOString() },
    }),
  );
  const artifact = logArtifact(study.model, study.name, { ...place, job: 0 });
  const file = join(folder, `${artifact}.jsonl`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, mergedLine(logs.artifacts) + [...logs.events, ...proposed].map(eventLine).join(''));
  if (artifacts.available) await artifacts.upload(artifact, [file], folder);

  const told = roundLine(inputs.round, round, packs.length);
  log(told);
  return {
    outputs: { matrix, count: String(packs.length), done: String(round.done) },
    annotations,
    summary: `${told}\n`,
  };
}

/** The round, with fewer trials where all of them would be more than the outputs of a job may hold. */
function fitted(study: Study, number: number, known: readonly Trial[], jobs: number): { round: Round; packs: readonly Pack[] } {
  for (let most = Number.POSITIVE_INFINITY; ; ) {
    const round = planRound(study.plan, number, known, most);
    const packs = packsOf(round.trials, jobs).map((trials, index) => packOf(study, number, index + 1, trials, round, jobs));
    const texts = packs.map(packText);
    // Each pack is a text within a text, so that its quotes are escaped.
    const whole = texts.reduce((sum, text) => sum + JSON.stringify(text).length + 30, 0);
    const largest = texts.reduce((longest, text) => Math.max(longest, text.length), 0);
    const share = Math.min(MOST_MATRIX_CHARACTERS / whole, MOST_PACK_CHARACTERS / largest);
    if (packs.length === 0 || share >= 1 || round.trials.length === 1) return { round, packs };
    most = Math.max(1, Math.floor(round.trials.length * share * 0.95));
  }
}

function packOf(
  study: Study,
  round: number,
  job: number,
  trials: readonly PlannedTrial[],
  { secondsLeft, trials: all }: Round,
  jobs: number,
): Pack {
  const legs = Math.min(jobs, all.length);
  return { study: study.id, round, job, trials, ...(secondsLeft !== undefined && { seconds: secondsLeft / legs }) };
}

function startsAnew({ name, id }: Study): string {
  return (
    `Study "${name}" starts anew as ${id}: the search space, the model or the data is not that of its earlier trials, whose ` +
    'values cannot be held against new ones.'
  );
}

function knownLine({ id }: Study, known: readonly Trial[]): string {
  const count = (state: Trial['state']): string => formatCount(known.filter((trial) => trial.state === state).length);
  if (known.length === 0) return `Study ${id}: no trials yet`;
  return `Study ${id}: ${count('finished')} trials finished, ${count('failed')} failed, ${count('open')} without a result`;
}

function roundLine(number: number, { trials, reopened, done, reason, secondsLeft }: Round, jobs: number): string {
  if (done) return `Nothing to run: ${reason}.`;
  if (trials.length === 0) return `Round ${number} is beyond the last one of the spec (tune.rounds): nothing to run.`;
  const again = reopened > 0 ? `, ${formatCount(reopened)} of them again because their job died` : '';
  const time = secondsLeft === undefined ? '' : `; ${formatDuration(secondsLeft)} of the budget left`;
  return `Round ${number}: ${formatCount(trials.length)} trials in ${formatCount(jobs)} jobs${again}${time}.`;
}
