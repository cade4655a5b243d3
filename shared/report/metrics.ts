import { formatCount } from '../core/format.js';
import type { Comparison, MetricComparison } from '../evaluation/comparison.js';
import { details } from './comment.js';
import { prose } from './escape.js';
import { type TableColumn, table } from './table.js';
import { championName, confidenceText, metricName, metricNumbers, signOf } from './wording.js';

/** More metrics than these are folded. */
const OPEN_ROWS = 10;
const MOST_ROWS = 1000;

type Row = (metric: MetricComparison) => string[];

/** The metrics: what stands open, and the rest folded; each at decreasing lengths. */
export interface MetricSections {
  readonly open: readonly string[];
  readonly folded: readonly string[];
}

/**
 * The columns follow what is known: both models and their difference; one column where both are the same; recorded
 * values, marked as such, where the champion cannot be run here; the candidate alone where there is no champion.
 */
export function metricTables(result: Comparison): MetricSections {
  if (result.metrics.length === 0) return { open: [''], folded: [''] };
  const gated = new Set(result.gates.map((gate) => gate.metric));
  const [columns, row] = layout(result);
  const ordered = byImportance(result.metrics, result.primary, gated);
  const cut = Math.min(ordered.length, OPEN_ROWS);
  const render = (metrics: readonly MetricComparison[]): string =>
    [table(columns, metrics.map(row)), notes(metrics)].filter((part) => part !== '').join('\n\n');
  const note = recordedNote(result);
  const open = [cut, 3, 1].map((count) => render(ordered.slice(0, Math.min(cut, count))) + note);
  const rest = ordered.slice(cut);
  if (rest.length === 0) return { open: [...new Set(open)], folded: [''] };
  const folded = [MOST_ROWS, 40].map((most) => details(restSummary(rest), render(rest.slice(0, most))));
  return { open, folded: [...folded, ''] };
}

function layout(result: Comparison): [TableColumn[], Row] {
  const name: TableColumn = { head: 'metric' };
  const number = (head: string): TableColumn => ({ head, align: 'right' });
  const middle = (head: string): TableColumn => ({ head, align: 'center' });
  const interval = middle(`${confidenceText(result.confidence)} interval`);
  const label = (metric: MetricComparison): string => {
    const shown = metricName(metric.name);
    return `${metric.name === result.primary ? `**${shown}**` : shown} ${metric.better === 'higher' ? '↑' : '↓'}`;
  };
  const champion = championName(result.champion);

  if (result.verdict === 'identical') {
    return [
      [name, number('both models'), interval],
      (metric) => {
        const write = metricNumbers(metric);
        return [label(metric), write.value(metric.candidate), write.interval(metric.candidateInterval)];
      },
    ];
  }
  if (!result.metrics.some((metric) => metric.champion !== undefined && metric.champion !== null)) {
    const recorded = result.champion?.recorded;
    if (!recorded) {
      return [
        [name, number('candidate'), interval],
        (metric) => {
          const write = metricNumbers(metric);
          return [label(metric), write.value(metric.candidate), write.interval(metric.candidateInterval)];
        },
      ];
    }
    return [
      [name, number(`${champion}, as it recorded`), number('candidate'), interval],
      (metric) => {
        const value = Object.hasOwn(recorded, metric.name) ? recorded[metric.name] : undefined;
        const write = metricNumbers(metric, value === undefined ? [] : [value]);
        const old = value === undefined ? '–' : `*${write.value(value)}*`;
        return [label(metric), old, write.value(metric.candidate), write.interval(metric.candidateInterval)];
      },
    ];
  }
  return [
    [name, number(champion), number('candidate'), number('difference'), interval, middle('')],
    (metric) => {
      const write = metricNumbers(metric);
      const value = write.value(metric.candidate);
      return [
        label(metric),
        write.value(metric.champion),
        metric.sign === 'better' ? `**${value}**` : value,
        write.signed(metric.difference),
        write.signedInterval(metric.interval),
        signOf(metric),
      ];
    },
  ];
}

/** The primary metric, then what gates ask for, then what is worse, then the rest; otherwise in the order of the spec. */
function byImportance(metrics: readonly MetricComparison[], primary: string, gated: ReadonlySet<string>): MetricComparison[] {
  const rank = (metric: MetricComparison): number => {
    if (metric.name === primary) return 0;
    if (metrics.length <= OPEN_ROWS) return 1;
    if (gated.has(metric.name)) return 1;
    return metric.sign === 'worse' ? 2 : 3;
  };
  return [...metrics].sort((a, b) => rank(a) - rank(b));
}

function restSummary(rest: readonly MetricComparison[]): string {
  const count = (sign: MetricComparison['sign']): number => rest.filter((metric) => metric.sign === sign).length;
  const compared = rest.some((metric) => metric.sign !== undefined);
  const verdict = compared ? `, ${formatCount(count('worse'))} worse, ${formatCount(count('better'))} better` : '';
  return `<b>Metrics</b>: ${formatCount(rest.length)} more${verdict}`;
}

function notes(metrics: readonly MetricComparison[]): string {
  const noted = metrics.filter((metric) => metric.note !== undefined && metric.note !== '');
  const lines = noted.slice(0, 6).map((metric) => `${metricName(metric.name)}: ${prose(metric.note ?? '', 160)}`);
  return lines.length === 0 ? '' : `<sub>${lines.join(' · ')}</sub>`;
}

function recordedNote(result: Comparison): string {
  if (result.verdict !== 'not comparable' || !result.champion?.recorded) return '';
  return '\n\n<sub>Values in italics stand in the champion\u2019s own bundle, measured on its own test rows. They decide nothing.</sub>';
}
