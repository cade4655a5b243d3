import { formatCompact, formatCount, formatNumber } from '../core/format.js';
import type { DriftColumn, DriftReport } from '../data/drift/report.js';
import { code, prose } from './escape.js';
import { columnChart, missingText } from './health/charts.js';
import { table } from './table.js';
import { plural } from './wording.js';

const MOST_CHARTS = 3;

/**
 * Drift of the data against its reference: what drifted, with charts of the worst columns. Empty without a reference.
 * @param isTitled the headline stands above already
 */
export function renderDrift(report: DriftReport | undefined, most: number, withCharts = true, isTitled = false): string {
  if (!report) return '';
  const drifted = driftedColumns(report);
  const shown = report.columns.slice(0, most);
  const left = report.columns.length - shown.length;
  const drawn = withCharts && most >= 10 ? drifted.slice(0, MOST_CHARTS) : [];
  const charts = drawn.map((column) => columnChart(column, 'the reference', 'the data'));
  const headline = driftHeadline(report);
  const head = isTitled ? '' : `**${headline.charAt(0).toUpperCase()}${headline.slice(1)}**`;
  if (most === 0) return head;
  return [
    head,
    `${plural(report.rows, 'row')} against ${plural(report.reference.rows, 'row')} of ${code(report.reference.shown, 60)}. ${driftRule(report)}${report.columns.some(({ method }) => method) ? '; where the contract names a method, that decides' : ''}.`,
    table(
      [
        { head: 'column' },
        { head: 'change', align: 'right' },
        { head: 'missing' },
        { head: 'what was found' },
        { head: '', align: 'center' },
      ],
      shown.map((column) => [
        code(column.name, 40) + (column.isTarget ? ' (target)' : ''),
        changeText(column),
        missingText(column),
        prose(column.detail, 200),
        column.drifted ? '🔴' : column.note === undefined ? '🟢' : '⚪',
      ]),
    ),
    left > 0 ? `${plural(left, 'more column')} that changed less.` : '',
    schemaText(report),
    ...charts,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** `2 of 3 columns drifted against the reference`, in plain words that can end a sentence. */
export function driftHeadline(report: DriftReport): string {
  const { columns, reference } = report;
  const before = reference.kind === 'previous' ? 'the window before' : 'the reference';
  const drifted = driftedColumns(report).length;
  if (drifted === 0) return `no drift against ${before}, in ${plural(columns.length, 'column')}`;
  return `${formatCount(drifted)} of ${plural(columns.length, 'column')} drifted against ${before}`;
}

export function driftedColumns({ columns }: DriftReport): readonly DriftColumn[] {
  return columns.filter(({ drifted }) => drifted);
}

/** What is drift by the limits of a run: a sentence without its end. */
export function driftRule({ minEffect, alpha }: Pick<DriftReport, 'minEffect' | 'alpha'>): string {
  return `A column has drifted when it changed by at least ${formatCompact(minEffect)} and chance alone would hardly do that (p below ${formatCompact(alpha)}, adjusted for the number of columns)`;
}

/** Of a first run, in plain words. @param why such as `no version of churn has the stage production yet` */
export function noReferenceText(why: string): string {
  return `There is nothing to hold the data against yet: ${why}. This run leaves its profile, and later ones tell drift.`;
}

/** How far a column is from its reference, with the unit. */
export function changeText({ method, effect, measure }: DriftColumn): string {
  if (method) return `${method.name} ${method.value !== 0 && method.value < 0.001 ? '< 0.001' : formatNumber(method.value, 3)}`;
  return `${formatNumber(effect, 2)}${measure === 'wasserstein' ? ' sd' : ''}`;
}

function schemaText({ schemaChanges }: DriftReport): string {
  const lines = schemaChanges
    .slice(0, 20)
    .map(({ column, change: what, detail }) => `- ${code(column, 40)} (${what}): ${prose(detail, 120)}`);
  const left = schemaChanges.length - lines.length;
  return [...lines, ...(left > 0 ? [`- ${formatCount(left)} more`] : [])].join('\n');
}
