import { formatCount } from '../core/format.js';
import type { Comparison, MetricHistory } from '../evaluation/comparison.js';
import { isBelowBand } from '../evaluation/history.js';
import { details } from './comment.js';
import { prose, text } from './escape.js';
import { CANDIDATE_COLOR, CHAMPION_COLOR, type ChartLine, roundRange, xyChart } from './mermaid.js';
import { type MetricNumbers, metricName, metricNumbers, metricTitle, plural } from './wording.js';

/** A comment's picture has room for so many; comparison.json has them all. */
const MOST_DRAWN = 12;
const MOST_NAMED = 4;

/** No metric is larger, and an axis of more would have no ends. */
const LARGEST_DRAWN = 1e15;

/** Said in the open: what no single comparison shows, because each step was too small. Empty where there is nothing to say. */
export function decayWarning(result: Pick<Comparison, 'history' | 'verdict'>): string {
  const { history, verdict } = result;
  if (!history?.band || !isBelowBand(history)) return '';
  const { band, metric, candidate, better } = history;
  const write = numbersOf(history);
  const steps = verdict === 'worse' ? '' : ' Each step may have been too small to be seen; together they are not.';
  return `⚠️ **Decay over versions:** ${metricTitle(metric)} ${write(candidate.value)} is beyond the noise band of ${text(band.version, 30)} (${write(band.from)}; chance alone explains ${better === 'higher' ? 'down' : 'up'} to ${write(band.to)}), as their trainings recorded it.${steps}`;
}

/** The primary metric over the versions, with its noise band; folded. */
export function historySection({ history }: Pick<Comparison, 'history'>): string[] {
  if (!history || history.versions.length === 0) return [''];
  const parts = [historyChart(history), legend(history), leftOut(history)];
  const summary = `<b>Over ${plural(history.versions.length, 'version')}</b>: ${conclusion(history)}`;
  return [details(summary, parts.filter((part) => part !== '').join('\n\n')), ''];
}

/** Safe in `<summary>`. */
function conclusion(history: MetricHistory): string {
  const { metric, candidate, versions, band, better } = history;
  const value = `${metricName(metric)} ${numbersOf(history)(candidate.value)}`;
  const direction = better === 'higher' ? 1 : -1;
  if (versions.every((version) => direction * (candidate.value - version.value) > 0)) return `${value}, the best so far`;
  if (!band) return value;
  const of = `the noise band of ${text(band.version, 30)}`;
  return isBelowBand(history) ? `${value}, <b>beyond ${of}</b>` : `${value}, within ${of}`;
}

/** Figures of one test set are a line; of several they are bars, since nothing joins them. */
function historyChart(history: MetricHistory): string {
  const { metric, candidate, band, better } = history;
  const versions = history.versions.slice(-MOST_DRAWN);
  const figures = [...versions, candidate];
  const isOneSet = figures.every(({ testSet }) => testSet === candidate.testSet);
  const values = figures.map(({ value }) => value);
  if ([...values, band?.from ?? 0, band?.to ?? 0].some((value) => Math.abs(value) > LARGEST_DRAWN)) return '';
  const level = (name: string, value: number): ChartLine => ({
    ...{ name, values: values.map(() => value), color: CHAMPION_COLOR, kind: 'line' },
  });
  const levels = band ? [level('band begins', band.from), level('band ends', band.to)] : [];
  const own: ChartLine = { name: 'recorded', values, color: CANDIDATE_COLOR, kind: isOneSet ? 'line' : 'bar' };
  return xyChart({
    description: `${metric} over versions`,
    xLabel: 'version',
    yLabel: `${metric}, ${better} is better`,
    x: { names: [...versions.map(({ version }) => version), 'candidate'] },
    y: roundRange([...values, ...(band ? [band.from, band.to] : [])]),
    lines: isOneSet ? [...levels, own] : [own, ...levels],
  });
}

function legend({ versions, candidate, band, metric }: MetricHistory): string {
  const others = versions.filter(({ testSet }) => testSet !== candidate.testSet).length;
  const parts = [
    `Blue: ${metricTitle(metric)}, as each training recorded it on its own test rows.`,
    band
      ? `Grey: the noise band, from ${text(band.version, 30)} to where chance alone ends on so many rows, for ${plural(versions.length, 'version')} looked at together.`
      : '',
    others > 0
      ? `${formatCount(others)} of ${plural(versions.length, 'version')} ${others === 1 ? 'was' : 'were'} measured on other test rows than the candidate, so no line joins them; the bars do not begin at 0.`
      : '',
  ];
  return `<sub>${parts.filter((part) => part !== '').join(' ')}</sub>`;
}

function leftOut({ leftOut: versions }: MetricHistory): string {
  if (versions.length === 0) return '';
  const named = versions.slice(-MOST_NAMED).map(({ version, reason }) => `${text(version, 30)} (${prose(reason, 120)})`);
  const more = versions.length > MOST_NAMED ? ` and ${formatCount(versions.length - MOST_NAMED)} more` : '';
  return `<sub>Left out: ${named.join(', ')}${more}.</sub>`;
}

function numbersOf({ metric, better, candidate, versions, band }: MetricHistory): MetricNumbers['value'] {
  const others = [...versions.map(({ value }) => value), ...(band ? [band.from, band.to] : [])];
  return metricNumbers({ name: metric, better, candidate: candidate.value }, others).value;
}
