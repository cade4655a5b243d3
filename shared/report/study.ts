import { formatCompact, formatCount, formatDuration, formatShare } from '../core/format.js';
import type { Better } from '../spec/metrics.js';
import type { ParamImportance } from '../tuning/importance.js';
import type { ParamSet, ParamValue } from '../tuning/space.js';
import type { Trial } from '../tuning/study.js';
import { bar } from './bars.js';
import { fitSections } from './budget.js';
import { alert, details, SUMMARY_LIMIT } from './comment.js';
import { code, codeElement, lineStart, link, prose, text } from './escape.js';
import { CANDIDATE_COLOR, CHAMPION_COLOR, roundRange, xyChart } from './mermaid.js';
import { table } from './table.js';
import { metricNumbers, metricTitle, plural } from './wording.js';

/** What tune-select knows of a study. */
export interface StudyReport {
  readonly model: string;
  readonly study: string;
  readonly metric: string;
  readonly better: Better;
  readonly sampler: string;
  /** The trials that can be compared with each other, by number. */
  readonly trials: readonly Trial[];
  /** Finished trials, the best first. */
  readonly ranking: readonly (Trial & { readonly value: number })[];
  /** What the spec trains without a search, where it was among the trials. */
  readonly present?: ParamSet;
  readonly importance: readonly ParamImportance[];
  /** Plain sentences. */
  readonly notices: readonly string[];
  readonly runUrl?: string;
}

const SHOWN = { top: 10, more: 100, params: 12, failures: 20, points: 60 } as const;

/** The job summary of a study: what was found, how it was found, and what mattered. */
export function renderStudy(report: StudyReport): string {
  const sections = [
    { name: 'head', variants: [`### ${headline(report)}\n\n${sentence(report)}`] },
    { name: 'notices', variants: [notices(report)] },
    { name: 'params', variants: [winner(report)] },
    { name: 'picture', variants: [bestSoFar(report), ''] },
    { name: 'importance', variants: [importance(report), ''] },
    { name: 'trials', variants: [topTrials(report, SHOWN.more), topTrials(report, SHOWN.top), ''] },
    { name: 'failures', variants: [failures(report.trials), ''] },
    { name: 'footer', variants: [`${footerLine(report)}\n`] },
  ];
  return fitSections(sections, ['trials', 'trials', 'failures', 'importance', 'picture'], SUMMARY_LIMIT).text;
}

function headline({ model, metric, ranking }: StudyReport): string {
  const best = ranking[0];
  if (!best) return `🔴 ${code(model)}: no trial has a result`;
  return `🔵 ${code(model)}: ${metricTitle(metric)} ${writer(metric, ranking)(best.value)} on the validation rows, by trial ${formatCount(best.number)}`;
}

function sentence({ trials, sampler }: StudyReport): string {
  const count = (state: Trial['state']): number => trials.filter((trial) => trial.state === state).length;
  const seconds = trials.reduce((sum, trial) => sum + trial.seconds, 0);
  const parts = [
    `${plural(count('finished'), 'trial')} by ${text(sampler, 20)}`,
    count('failed') > 0 ? `${formatCount(count('failed'))} failed` : '',
    count('open') > 0 ? `${formatCount(count('open'))} without a result yet` : '',
    `${formatDuration(seconds)} of training`,
  ];
  return `${parts.filter((part) => part !== '').join(' · ')}. The values are of the validation rows, by which the trials were chosen: they flatter the winner. The test rows, which no trial has seen, are what judges it.`;
}

function notices(report: StudyReport): string {
  const lines = report.notices.slice(0, 20).map((notice) => lineStart(prose(notice, 400)));
  return alert('WARNING', lines.length === 1 ? lines : lines.map((line) => `- ${line}`));
}

/** What the winner changes. */
function winner({ ranking, present, metric, trials }: StudyReport): string {
  const best = ranking[0];
  if (!best) return '';
  const names = [...new Set([...Object.keys(best.params), ...Object.keys(present ?? {})])].sort();
  const write = (params: ParamSet, name: string): string => (Object.hasOwn(params, name) ? valueText(params[name]!) : '–');
  const before = present && trials.find((trial) => sameParams(trial.params, present));
  const rows = names.slice(0, 60).map((name) => {
    const after = write(best.params, name);
    if (!present) return [code(name, 40), after];
    const was = write(present, name);
    return [code(name, 40), was, was === after || after === '–' ? after : `**${after}**`];
  });
  const value = writer(metric, ranking);
  if (before?.value !== undefined) rows.push([metricTitle(metric), value(before.value), `**${value(best.value)}**`]);
  return table(
    [
      { head: 'parameter' },
      ...(present ? [{ head: 'now', align: 'right' as const }] : []),
      { head: 'found', align: 'right' as const },
    ],
    rows,
  );
}

/** An axis of fewer trials would be divided into parts of a trial. */
const NUMBERED = 20;

/** The best value after each trial, over the trials' own values. */
function bestSoFar({ trials, metric, better }: StudyReport): string {
  const values = trials.flatMap(({ value }) => (value === undefined ? [] : [value]));
  if (values.length < 3) return '';
  const bests: number[] = [];
  for (const value of values) {
    const before = bests.at(-1);
    bests.push(before === undefined ? value : better === 'higher' ? Math.max(before, value) : Math.min(before, value));
  }
  const drawn = thinned(bests, SHOWN.points);
  // The worst trials would press the line that matters against an end of the axis.
  const dots = thinned(values, SHOWN.points).map((value) =>
    better === 'higher' ? Math.max(value, quantile(values, 0.1)) : Math.min(value, quantile(values, 0.9)),
  );
  const chart = xyChart({
    description: `${metric} on the validation rows: each trial, and the best so far`,
    xLabel: 'trial with a result',
    yLabel: metric,
    x: values.length <= NUMBERED ? { names: values.map((_, index) => String(index + 1)) } : { from: 1, to: values.length },
    y: roundRange([...drawn, ...dots]),
    lines: [
      { name: 'trial', values: dots, color: CHAMPION_COLOR },
      { name: 'best so far', values: drawn, color: CANDIDATE_COLOR },
    ],
  });
  return `**${metricTitle(metric)}:** best so far (blue), each trial (grey)\n\n${chart}`;
}

/** At most so many values at even distances, the first and the last among them. */
function thinned(values: readonly number[], most: number): readonly number[] {
  if (values.length <= most) return values;
  return Array.from({ length: most }, (_, index) => values[Math.round((index * (values.length - 1)) / (most - 1))]!);
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.round(share * (values.length - 1))]!;
}

function importance({ importance: params }: StudyReport): string {
  const first = params[0];
  if (!first) return '';
  const rows = params.slice(0, 30).map(({ name, share }) => [code(name, 40), formatShare(share), bar(share, 20)]);
  const drawn = table([{ head: 'parameter' }, { head: 'explains', align: 'right' }, { head: '' }], rows);
  const note =
    'Share of the variance of the ranks that a parameter explains by itself: between groups of trials along it, corrected for chance (epsilon squared). What only shows together with another parameter is not in it.';
  const leads =
    first.share > 0
      ? `${codeElement(first.name, 40)} explains ${formatShare(first.share)}`
      : 'no parameter explains anything by itself';
  return details(`<b>Importance</b>: ${leads}`, `${drawn}\n\n<sub>${note}</sub>`);
}

function topTrials({ ranking, metric }: StudyReport, most: number): string {
  if (ranking.length === 0) return '';
  const shown = ranking.slice(0, most);
  return details(
    `<b>Top trials</b>: ${formatCount(shown.length)} of ${formatCount(ranking.length)}`,
    trialTable(shown, metric, ranking),
  );
}

function trialTable(trials: readonly Trial[], metric: string, all: readonly Trial[]): string {
  const names = [...new Set(trials.flatMap(({ params }) => Object.keys(params)))].sort().slice(0, SHOWN.params);
  const value = writer(metric, all);
  const rows = trials.map((trial) => [
    formatCount(trial.number),
    trial.value === undefined ? '–' : value(trial.value),
    formatDuration(trial.seconds),
    ...names.map((name) => (Object.hasOwn(trial.params, name) ? valueText(trial.params[name]!) : '–')),
  ]);
  return table(
    [
      { head: 'trial', align: 'right' },
      { head: metricTitle(metric), align: 'right' },
      { head: 'took', align: 'right' },
      ...names.map((name) => ({ head: code(name, 40), align: 'right' as const })),
    ],
    rows,
  );
}

/** The failures by reason, the most frequent first, and the trials that nobody has finished. */
function failures(trials: readonly Trial[]): string {
  const failed = trials.filter(({ state }) => state === 'failed');
  if (failed.length === 0) return '';
  const byReason = new Map<string, Trial[]>();
  for (const trial of failed) byReason.set(trial.reason ?? '', [...(byReason.get(trial.reason ?? '') ?? []), trial]);
  const rows = [...byReason]
    .sort(([, a], [, b]) => b.length - a.length || a[0]!.number - b[0]!.number)
    .slice(0, SHOWN.failures)
    .map(([reason, same]) => [
      text(reason, 300) || '(no reason)',
      formatCount(same.length),
      formatCount(same[0]!.number),
      paramsText(same[0]!.params),
    ]);
  const drawn = table(
    [{ head: 'reason' }, { head: 'trials', align: 'right' }, { head: 'such as', align: 'right' }, { head: 'params' }],
    rows,
  );
  return details(`<b>Failures</b>: ${plural(failed.length, 'trial')}, ${plural(byReason.size, 'reason')}`, drawn);
}

function footerLine({ study, runUrl }: StudyReport): string {
  const run = runUrl === undefined ? '' : link('run', runUrl);
  return `<sub>${[`study ${text(study, 60)}`, run].filter((part) => part !== '').join(' · ')}</sub>`;
}

/** What one job ran of a study. */
export interface PackReport {
  readonly model: string;
  readonly metric: string;
  readonly better: Better;
  readonly round: number;
  readonly job: number;
  readonly trials: readonly Trial[];
  readonly runUrl?: string;
}

/** The job summary of a pack of trials. */
export function renderPack(report: PackReport): string {
  const { model, metric, better, trials } = report;
  const finished = trials
    .filter(({ value }) => value !== undefined)
    .sort((a, b) => (better === 'higher' ? b.value! - a.value! : a.value! - b.value!) || a.number - b.number);
  const best = finished[0];
  const result = best ? `best ${metricTitle(metric)} ${writer(metric, finished)(best.value!)}` : 'no trial has a result';
  const place = `round ${formatCount(report.round)}, job ${formatCount(report.job)}`;
  const sections = [
    {
      name: 'head',
      variants: [`### ${best ? '🔵' : '🔴'} ${code(model)}: ${plural(finished.length, 'trial')} of ${place}, ${result}`],
    },
    {
      name: 'trials',
      variants: [finished.length === 0 ? '' : trialTable(finished.slice(0, SHOWN.more), metric, finished), ''],
    },
    { name: 'failures', variants: [failures(trials), ''] },
  ];
  return `${fitSections(sections, ['trials', 'failures'], SUMMARY_LIMIT - 1).text}\n`;
}

/** Writes values with as many decimals as tell the trials apart. */
function writer(metric: string, trials: readonly Trial[]): (value: number) => string {
  const values = trials.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const difference = values.length > 1 ? Math.abs(values[0]! - values[values.length - 1]!) : 0;
  return metricNumbers({ name: metric, better: 'higher', candidate: values[0] ?? 0, difference }).value;
}

function valueText(value: ParamValue): string {
  return typeof value === 'number' ? formatCompact(value) : text(String(value), 60) || '(empty)';
}

function paramsText(params: ParamSet): string {
  const parts = Object.keys(params).sort().slice(0, SHOWN.params);
  return parts.map((name) => `${code(name, 40)} ${valueText(params[name]!)}`).join(', ') || '–';
}

function sameParams(a: ParamSet, b: ParamSet): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
