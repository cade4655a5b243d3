import { formatCompact, formatCount, formatNumber, formatShare } from '../../core/format.js';
import type { Health, HealthCheck, HealthColumn, HealthReference } from '../../monitoring/health.js';
import { bar, sparkline } from '../bars.js';
import { fitSections, type Section } from '../budget.js';
import { alert, commitPart, details, footer, SUMMARY_LIMIT } from '../comment.js';
import { code, codeElement, lineStart, prose, text } from '../escape.js';
import { type TableColumn, table } from '../table.js';
import { metricName, plural, shortDigest } from '../wording.js';
import { columnChart, missingText, qualityChart } from './charts.js';
import {
  columnsText,
  effectText,
  inOrder,
  listText,
  momentCell,
  momentText,
  STATE_SIGNS,
  subjectText,
  troubleText,
  windowText,
} from './words.js';

/** What a report of health knows beside it: where it is made. All of it is trusted. */
export interface HealthContext {
  readonly runUrl?: string;
  readonly commit?: string;
  readonly tool: string;
  /** What was in alarm before, and is not known to be well again. */
  readonly open?: readonly string[];
  /** Longest text in UTF-16 code units; default that of a job summary. */
  readonly limit?: number;
}

const SHEDDING = [
  'windows',
  'fine',
  'charts',
  'columns',
  'charts',
  'notices',
  'checks',
  'columns',
  'checks',
  'quality',
] as const;

const REFERENCES: Readonly<Record<HealthReference, string>> = {
  training: 'the training rows',
  previous: 'the windows before',
  same_season: 'the season a year ago',
};

/** How a live model is, for the issue and the job summary: what is wrong, since when, in which columns, and how it looks. */
export function renderHealth(health: Health, context: HealthContext): string {
  const charts = health.columns?.filter(({ drifted }) => drifted) ?? [];
  const reference = REFERENCES[health.reference ?? 'training'];
  const drawn = (most: number): string =>
    charts
      .slice(0, most)
      .map((column) => columnChart(column, reference))
      .filter((chart) => chart !== '')
      .join('\n\n');
  const sections: Section[] = [
    { name: 'head', variants: [`### ${headline(health, context.open ?? [])}\n\n${sentence(health)}`] },
    { name: 'checks', variants: [200, 30, 5].map((most) => troubleTable(health, most)) },
    { name: 'quality', variants: [qualityChart(health), ''] },
    { name: 'charts', variants: [drawn(3), drawn(1), ''] },
    { name: 'columns', variants: [columnTable(health, 200), columnTable(health, 20), ''] },
    { name: 'windows', variants: [windowTable(health), ''] },
    { name: 'fine', variants: [otherChecks(health), ''] },
    { name: 'notices', variants: [notices(health, 20), notices(health, 3)] },
  ];
  const end = (shortened: readonly string[]): string => `\n\n${lastLine(health, context, shortened)}\n`;
  const limit = context.limit ?? SUMMARY_LIMIT;
  const room = limit - end(sections.map(({ name }) => name)).length;
  const fitted = fitSections(sections, SHEDDING, room);
  return fitted.text + end(fitted.shortened);
}

function headline(health: Health, open: readonly string[]): string {
  const who = `${code(health.model)}${health.version === '' ? '' : ` ${text(health.version, 30)}`}`;
  const alarms = health.checks.filter(({ state }) => state === 'alarm').length;
  const trouble = troubleText(health, subjectText);
  if (alarms > 0) return `🔴 ${who}: ${trouble}`;
  if (trouble !== '') return `🟡 ${who}: ${trouble}, in one window so far`;
  if (open.length > 0)
    return `⚪ ${who}: it is not known whether ${listText(open, subjectText)} ${open.length === 1 ? 'is' : 'are'} well again`;
  const isKnown = health.checks.some(({ state }) => state === 'ok');
  return isKnown ? `🟢 ${who} is healthy` : `⚪ ${who}: nothing can be said yet`;
}

function sentence(health: Health): string {
  const { windows, checks, limits } = health;
  const newest = windows.at(-1);
  const alarms = checks.filter(({ state }) => state === 'alarm');
  const since = alarms.flatMap((check) => check.since ?? []).sort()[0];
  const parts = [
    ...(since === undefined ? [] : [`**Since ${momentText(since)}**`]),
    newest
      ? `${since === undefined ? 'Newest' : 'newest'} window ${windowText(newest)}, ${plural(newest.rows, 'row')}${newest.sparse ? ', too few to decide' : ''}`
      : `${since === undefined ? 'No' : 'no'} window with rows`,
    `looked at ${momentText(health.at)}`,
    ...(limits ? [`an alarm takes ${plural(limits.breaches, 'bad window')} in a row`] : []),
  ];
  return parts.join(' · ');
}

const CHECK_COLUMNS: readonly TableColumn[] = [
  { head: '', align: 'center' },
  { head: 'what' },
  { head: 'found' },
  { head: 'windows', align: 'right' },
  { head: 'since' },
];

function checkRow({ state, kind, subject, detail, breaches, since }: HealthCheck): string[] {
  const name = kind === subject ? kind : `${kind} ${subjectText(subject)}`;
  return [
    STATE_SIGNS[state],
    name,
    text(detail, 400),
    breaches > 0 ? formatCount(breaches) : '',
    since === undefined ? '' : momentCell(since),
  ];
}

/** What is in alarm or watched. */
function troubleTable(health: Health, most: number): string {
  const trouble = inOrder(health.checks).filter(({ state }) => state === 'alarm' || state === 'watch');
  if (trouble.length === 0) return '';
  const more = trouble.length - most;
  return (
    table(CHECK_COLUMNS, trouble.slice(0, most).map(checkRow)) + (more > 0 ? `\n\n${plural(more, 'more')} of the kind.` : '')
  );
}

/** What is fine, and what could not be decided. */
function otherChecks(health: Health): string {
  const others = inOrder(health.checks).filter(({ state }) => state === 'ok' || state === 'unknown');
  if (others.length === 0) return '';
  const unknown = others.filter(({ state }) => state === 'unknown').length;
  const fine = others.length - unknown;
  const parts = [
    ...(fine > 0 ? [`${formatCount(fine)} fine`] : []),
    ...(unknown > 0 ? [`${formatCount(unknown)} undecided`] : []),
  ];
  const rows = others
    .slice(0, 300)
    .map(({ state, kind, subject, detail }) => [
      STATE_SIGNS[state],
      kind === subject ? kind : `${kind} ${subjectText(subject)}`,
      text(detail, 400),
    ]);
  return details(`<b>Everything else</b>: ${parts.join(', ')}`, table(CHECK_COLUMNS.slice(0, 3), rows));
}

/** Every column with its distance from the reference, and how that went from window to window. */
function columnTable(health: Health, most: number): string {
  const { columns = [], limits } = health;
  if (columns.length === 0) return '';
  const drifted = columns.filter((column) => column.drifted).length;
  const certain = columns.filter((column) => !column.drifted && isCertain(column, health)).length;
  const small = certain > 0 ? `, ${formatCount(certain)} certain but too small to matter` : '';
  const summary = `<b>Columns</b>: ${formatCount(drifted)} of ${columnsText(columns.length)} drifted in the newest window${small}`;
  const longest = Math.max(limits?.minEffect ?? 0, ...columns.map(({ effect }) => effect));
  const highest = (column: HealthColumn): number =>
    Math.max(2 * (limits?.minEffect ?? 0.1), ...column.history.map((value) => value ?? 0));
  const rows = columns
    .slice(0, most)
    .map((column) => [
      `${column.drifted ? '🔴 ' : ''}${code(column.name, 40)}${column.of === 'prediction' ? ' (answer)' : ''}`,
      effectText(column),
      bar(longest > 0 ? column.effect / longest : 0, 10),
      sparkline(column.history, highest(column)),
      pText(column),
      formatNumber(column.psi, 3),
      missingText(column),
      changedValues(column),
    ]);
  const head: TableColumn[] = [
    { head: 'column' },
    { head: 'distance', align: 'right' },
    { head: '' },
    { head: 'by window' },
    { head: 'p', align: 'right' },
    { head: 'PSI', align: 'right' },
    { head: 'missing' },
    { head: 'values' },
  ];
  const used = head.map((_, index) => index < 6 || rows.some((row) => row[index] !== ''));
  const kept = <Item>(items: readonly Item[]): Item[] => items.filter((_, index) => used[index]);
  const rule = limits
    ? `Drift is a distance of at least ${formatCompact(limits.minEffect)} with p below ${formatCompact(limits.alpha)}, adjusted for the number of columns; rows of one ${limits.block} count together. Numbers: Wasserstein distance in standard deviations (sd); values: Jensen-Shannon distance.`
    : '';
  const more = columns.length > most ? `\n\n${plural(columns.length - most, 'more column')}.` : '';
  return details(summary, `${table(kept(head), rows.map(kept))}${more}\n\n<sub>${rule}</sub>`);
}

function isCertain({ adjustedP }: HealthColumn, { limits }: Health): boolean {
  return adjustedP !== undefined && adjustedP < (limits?.alpha ?? 0.05);
}

function pText({ adjustedP, note }: HealthColumn): string {
  if (adjustedP === undefined) return note === undefined ? '–' : text(note, 80);
  return adjustedP < 0.001 ? '<\u00a00.001' : formatNumber(adjustedP, 3);
}

function changedValues({ newValues, goneValues }: HealthColumn): string {
  const list = (values: HealthColumn['newValues']): string =>
    values
      .slice(0, 3)
      .map(({ value, share }) => `${code(value, 30)} ${formatShare(share)}`)
      .join(', ');
  return [
    ...(newValues.length > 0 ? [`new: ${list(newValues)}`] : []),
    ...(goneValues.length > 0 ? [`gone: ${list(goneValues)}`] : []),
  ].join('; ');
}

function windowTable(health: Health): string {
  const { windows, primary } = health;
  if (windows.length === 0) return '';
  const labelled = windows.some((window) => window.labelled > 0);
  const metric = primary !== undefined && windows.some((window) => window.metrics[primary]) ? primary : undefined;
  const head: TableColumn[] = [
    { head: 'window (UTC)' },
    { head: 'rows', align: 'right' },
    { head: 'refused', align: 'right' },
    ...(labelled ? [{ head: 'labelled', align: 'right' as const }] : []),
    ...(metric === undefined ? [] : [{ head: metricName(metric), align: 'right' as const }]),
    { head: '' },
  ];
  const remark = ({ sparse, labelsComplete }: Health['windows'][number]): string =>
    sparse ? 'too few rows' : labelled && !labelsComplete ? 'labels still come' : '';
  const remarks = windows.some((window) => remark(window) !== '');
  const rows = [...windows].reverse().map((window) => {
    const found = metric === undefined ? undefined : window.metrics[metric];
    const interval =
      found?.low === undefined || found.high === undefined ? '' : ` (${formatNumber(found.low)} … ${formatNumber(found.high)})`;
    return [
      windowText(window),
      formatCount(window.rows),
      formatCount(window.refused ?? 0),
      ...(labelled ? [formatCount(window.labelled)] : []),
      ...(metric === undefined ? [] : [found ? `${formatNumber(found.value)}${interval}` : '–']),
      ...(remarks ? [remark(window)] : []),
    ];
  });
  const all = windows.reduce((sum, window) => sum + window.rows, 0);
  return details(
    `<b>Windows</b>: ${formatCount(windows.length)}, ${plural(all, 'row')} in all`,
    table(remarks ? head : head.slice(0, -1), rows),
  );
}

function notices(health: Health, most: number): string {
  const lines = health.notices
    .slice(0, most)
    .map((notice) => lineStart(prose(notice, 300)))
    .filter((notice) => notice !== '');
  const more = health.notices.length - most;
  const all = more > 0 ? [...lines, `${formatCount(more)} more`] : lines;
  return alert('NOTE', all.length === 1 ? all : all.map((line) => `- ${line}`));
}

function lastLine(health: Health, { runUrl, commit, tool }: HealthContext, shortened: readonly string[]): string {
  const parts = [text(tool, 40), commitPart(commit), codeElement(shortDigest(health.digest), 30)];
  return footer(parts, { workflow: '', ...(runUrl !== undefined && { links: { run: runUrl } }) }, shortened);
}
