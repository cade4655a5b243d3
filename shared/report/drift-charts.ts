import { formatShare } from '../core/format.js';
import type { DriftColumn } from '../data/drift/report.js';
import type { GroupShare } from '../data/drift/shown.js';
import { cleanLine, clip } from './escape.js';
import { groupName } from './health/charts.js';
import { roundRange } from './mermaid.js';
import { draw, QUIET_AXIS, TEXT } from './page/svg-chart.js';
import { shortNumber } from './profile/words.js';

/** A label stands under every so many groups, so that they have room on a phone. */
const MOST_LABELS = 5;

/** The shares of the rows in each group of a column: the reference beside the data. */
export function groupChart({ name, groups }: Pick<DriftColumn, 'name' | 'groups'>): string {
  const names = groups.map((group, index) => clip(cleanLine(groupName(group, index, groups)), 40));
  const sides = [
    { of: 'the reference', values: groups.map(({ reference }) => reference), color: 'var(--other)' },
    { of: 'the data', values: groups.map(({ current }) => current), color: 'var(--accent)' },
  ];
  const every = Math.max(1, Math.ceil(groups.length / MOST_LABELS));
  // ECharts cannot divide an axis of the smallest numbers there are.
  const top = Math.max(0.01, roundRange([0, ...sides.flatMap(({ values }) => values)]).to);
  return draw(
    `${clip(cleanLine(name), 80)}: shares of the rows in the reference and in the data`,
    {
      xAxis: {
        ...QUIET_AXIS,
        type: 'category',
        // A category axis merges equal names: the place makes them different, and the label is the name alone.
        data: groups.map((_, index) => String(index)),
        splitLine: { show: false },
        axisLine: { show: true, lineStyle: { color: 'var(--axis)' } },
        axisLabel: {
          ...TEXT,
          hideOverlap: true,
          // What is no range has no neighbours that tell what it is, so it is named in any case, and takes the room for it.
          interval: (index: number) =>
            groups[index]?.kind !== 'range' || (index % every === 0 && (groups[index + 1]?.kind ?? 'range') === 'range'),
          formatter: (index: string) => label(groups[Number(index)]!, Number(index), names),
        },
      },
      yAxis: {
        ...QUIET_AXIS,
        type: 'value',
        ...{ min: 0, max: top, interval: top / 2 },
        axisLabel: { ...TEXT, formatter: (share: number) => formatShare(share, Number.isInteger(50 * top) ? 0 : 1) },
      },
      series: sides.map(({ values, color }) => ({
        type: 'bar',
        data: values,
        barGap: '5%',
        barCategoryGap: '25%',
        itemStyle: { color, borderRadius: [1.5, 1.5, 0, 0] },
      })),
    },
    sides.map(({ of, values }) => values.map((share, index) => `${names[index]}: ${formatShare(share)} of ${of}`)),
  );
}

/** Shorter than a name: of a range its lower end, of the first the end that it is below. */
function label(group: GroupShare, index: number, names: readonly string[]): string {
  if (group.kind !== 'range') return clip(names[index]!, 12);
  if (group.low === undefined || index === 0) return group.high === undefined ? 'all' : `< ${shortNumber(group.high)}`;
  return `≥ ${shortNumber(group.low)}`;
}
