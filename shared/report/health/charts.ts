import { formatCompact, formatNumber, formatShare } from '../../core/format.js';
import type { GroupShare } from '../../data/drift/shown.js';
import type { Health, HealthColumn } from '../../monitoring/health.js';
import { clipMiddle, code, text } from '../escape.js';
import { CANDIDATE_COLOR, CHAMPION_COLOR, roundRange, xyChart } from '../mermaid.js';
import { metricTitle } from '../wording.js';
import { windowText } from './words.js';

const LONGEST_NAME = 14;

type DrawnColumn = Pick<HealthColumn, 'name' | 'groups'>;

/** The newest rows of a column (bars) over its reference (line). Empty with fewer than two groups. */
export function columnChart(column: DrawnColumn, reference: string, newest = 'the newest window'): string {
  const { groups, left } = drawnGroups(column);
  if (groups.length < 2) return '';
  const current = groups.map((group) => 100 * group.current);
  const before = groups.map((group) => 100 * group.reference);
  const highest = roundRange([0, ...current, ...before]);
  const caption = `**${code(column.name, 60)}**: ${newest} (blue bars), ${reference} (grey line)${left}`;
  return `${caption}\n\n${xyChart({
    description: `${column.name}: shares of the rows in ${newest} and of ${reference}`,
    xLabel: column.name,
    yLabel: '% of the rows',
    x: { names: unique(groups.map((group, index) => groupName(group, index, groups))) },
    y: { from: 0, to: highest.to },
    lines: [
      { name: newest.replace(/^the /, ''), values: current, color: CANDIDATE_COLOR, kind: 'bar' },
      { name: 'reference', values: before, color: CHAMPION_COLOR },
    ],
  })}`;
}

/** All other values together would flatten those that are named: then they are told in words. */
function drawnGroups({ groups }: DrawnColumn): { groups: readonly GroupShare[]; left: string } {
  const other = groups.find(({ kind }) => kind === 'other');
  const named = groups.filter(({ kind }) => kind !== 'other');
  const height = (group: GroupShare): number => Math.max(group.reference, group.current);
  if (!other || named.length < 3 || height(other) < 2 * Math.max(...named.map(height))) return { groups, left: '' };
  return { groups: named, left: `; all others ${formatShare(other.reference)} → ${formatShare(other.current)}` };
}

/** An axis draws names that are the same in one place. */
function unique(names: readonly string[]): string[] {
  return names.map((name, index) => {
    const before = names.slice(0, index).filter((other) => other === name).length;
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}

/** What a group holds, as short as an axis needs it: of a range its lower end, of the first the end that it is below. */
export function groupName({ kind, low, high, value }: GroupShare, index: number, groups: readonly GroupShare[]): string {
  if (kind === 'missing') return 'missing';
  if (kind === 'other') return 'other';
  if (kind === 'value') return shortened(value ?? '');
  const isFirst = index === 0 && groups[1]?.kind === 'range';
  return isFirst ? `to ${shortNumber(high ?? 0)}` : `${shortNumber(low ?? 0)} on`;
}

/** At most three significant digits. */
function shortNumber(value: number): string {
  return Number.isFinite(value) ? formatCompact(Number(value.toPrecision(3))) : value > 0 ? '∞' : '−∞';
}

function shortened(value: string): string {
  return clipMiddle(value, LONGEST_NAME);
}

/** The primary metric window by window, with what was recorded at the training. Empty with fewer than two values. */
export function qualityChart(health: Health): string {
  const { primary, expected, windows } = health;
  if (primary === undefined) return '';
  const measured = windows.flatMap((window) => {
    const found = window.metrics[primary];
    return found ? [{ window, ...found }] : [];
  });
  if (measured.length < 2) return '';
  const values = measured.map(({ value }) => value);
  const expectation = expected === undefined ? [] : [expected];
  const range = roundRange([...values, ...expectation]);
  const newest = measured.at(-1)!;
  const interval =
    newest.low === undefined || newest.high === undefined
      ? ''
      : ` (${formatNumber(newest.low)} … ${formatNumber(newest.high)})`;
  const against = expected === undefined ? '' : `, ${formatNumber(expected)} on held-out rows (grey)`;
  const caption = `**${metricTitle(primary)} on labelled rows**: ${formatNumber(newest.value)}${interval} in the newest window (blue)${against}`;
  return `${caption}\n\n${xyChart({
    description: `${primary} of each window`,
    xLabel: `windows of ${text(health.window, 20)}`,
    yLabel: primary,
    x: { names: measured.map(({ window }) => windowText(window, 'short')) },
    y: range,
    lines: [
      ...(expected === undefined ? [] : [{ name: 'held-out rows', values: values.map(() => expected), color: CHAMPION_COLOR }]),
      { name: primary, values, color: CANDIDATE_COLOR },
    ],
  })}`;
}

/** `missing 0.1 % → 7.9 %`; empty where it hardly changed. */
export function missingText({ missing }: Pick<HealthColumn, 'missing'>): string {
  if (Math.abs(missing.current - missing.reference) < 0.001) return '';
  return `${formatShare(missing.reference)} → ${formatShare(missing.current)}`;
}
