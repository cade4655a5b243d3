import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatCount, formatNumber } from '../../shared/core/format.js';
import { canonicalJson } from '../../shared/core/json.js';
import { connectStudy } from '../../shared/registry/connect.js';
import { describeStudy, type Study } from '../../shared/registry/study.js';
import { readStudyLogs } from '../../shared/registry/study-logs.js';
import { renderStudy } from '../../shared/report/study.js';
import type { ActionOutcome, Annotation, RunnerServices } from '../../shared/runner/services.js';
import { workDirectory } from '../../shared/runner/work-directory.js';
import { loadSpec } from '../../shared/spec/load.js';
import { reportArtifact } from '../../shared/tuning/artifacts.js';
import { paramImportance } from '../../shared/tuning/importance.js';
import { contains } from '../../shared/tuning/space.js';
import { ranked, sameRows, type Trial, trialsOf } from '../../shared/tuning/study.js';
import { eventLine, mergedLine } from '../../shared/tuning/study-log.js';

export interface TuneSelectInputs {
  readonly data: readonly string[];
  readonly 'github-token': string | undefined;
  readonly spec: string;
  readonly study: string;
  readonly 'working-directory': string;
}

/** Merges the logs of a study and names the params of the best trial. */
export async function run(inputs: TuneSelectInputs, services: RunnerServices): Promise<ActionOutcome> {
  const { environment, artifacts, log } = services;
  const directory = resolve(environment.workspace, inputs['working-directory']);
  const loaded = await loadSpec(join(directory, inputs.spec), { displayName: join(inputs['working-directory'], inputs.spec) });
  const study = await describeStudy(loaded, inputs.study, { directory, workspace: environment.workspace, data: inputs.data });
  const folder = join(workDirectory(directory), 'study');
  const source = await connectStudy(services, inputs['github-token'], directory);
  const logs = await readStudyLogs(study, folder, source, environment.baseBranch);
  const { trials, others } = sameRows(trialsOf(logs.events));
  const ranking = ranked(trials, study.better);
  const best = ranking[0];
  const notices = [...logs.problems, ...noticesOf(trials, others)];
  const { first, space, sampler } = study.plan;

  const summary = renderStudy({
    model: study.model,
    study: study.id,
    metric: study.metric,
    better: study.better,
    sampler,
    trials,
    ranking,
    ...(first && contains(space, first) && { present: first }),
    importance: paramImportance(space, trials),
    notices,
    ...(environment.runUrl && { runUrl: environment.runUrl }),
  });
  const report = join(workDirectory(directory), 'study.md');
  const events = join(workDirectory(directory), 'study.jsonl');
  await mkdir(workDirectory(directory), { recursive: true });
  await writeFile(report, summary);
  await writeFile(events, mergedLine(logs.artifacts) + logs.events.map(eventLine).join(''));
  if (artifacts.available) {
    const name = reportArtifact(study.model, study.name, environment.runAttempt);
    await artifacts.upload(name, [report, events], workDirectory(directory));
  }
  if (best) log(`Trial ${best.number}: ${study.metric} ${formatNumber(best.value)}, ${canonicalJson(best.params)}`);
  return {
    outputs: {
      params: best ? canonicalJson(best.params) : '',
      value: best ? String(best.value) : '',
      'report-path': report,
    },
    annotations: notices.map((message): Annotation => ({ level: 'warning', message })),
    summary,
    ...(!best && { failure: nothingFound(study, trials) }),
  };
}

function noticesOf(trials: readonly Trial[], others: number): string[] {
  const open = trials.filter(({ state }) => state === 'open').length;
  const notices: string[] = [];
  if (open > 0)
    notices.push(
      `${formatCount(open)} of ${formatCount(trials.length)} trials have no result, because their jobs died or their time was up; the next run of the study takes them up again.`,
    );
  if (others > 0)
    notices.push(
      `${formatCount(others)} trials were scored on other validation rows than the rest (the champion, whose division of rows is kept, has changed) and are left out.`,
    );
  return notices;
}

function nothingFound(study: Study, trials: readonly Trial[]): string {
  const failed = trials.filter(({ state }) => state === 'failed');
  if (trials.length === 0)
    return `Study ${study.id} has no trials: run tune-plan and train with its packs before, with the same spec, data and study.`;
  if (failed.length === 0)
    return `None of the ${formatCount(trials.length)} trials of study ${study.id} has a result: their jobs died.`;
  return `All ${formatCount(failed.length)} trials of study ${study.id} that ended have failed; the first says: ${failed[0]!.reason}`;
}
