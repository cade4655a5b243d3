import { formatCount, formatShare } from '../../core/format.js';
import type { NumberProfile, Relation, TargetProfile, ValueProfile } from '../../data/profile/result.js';
import { cleanLine, clip } from '../escape.js';
import { draw, QUIET_AXIS, TEXT } from '../page/svg-chart.js';
import { binText, classColor, groupText, isBinary, shortNumber, valueText } from './words.js';

/** How often values stand in each bin. */
export function histogramChart(name: string, type: ValueProfile['type'], numbers: NumberProfile): string {
  const { histogram } = numbers;
  const { from, step, counts } = histogram;
  const isTime = isTimeType(type);
  // Bars of whole numbers stand over their number.
  const shift = type === 'integer' && step === 1 ? 0.5 : 0;
  const scale = isTime ? 1000 : 1;
  const total = counts.reduce((sum, count) => sum + count, histogram.below + histogram.above);
  const titles = counts.map(
    (count, index) => `${binText(type, histogram, index)}: ${formatCount(count)} rows (${formatShare(count / total)})`,
  );
  return draw(
    `Distribution of ${name}`,
    {
      xAxis: [
        { type: 'category', show: false, data: counts.map((_, index) => String(index)) },
        {
          ...QUIET_AXIS,
          type: isTime ? 'time' : 'value',
          position: 'bottom',
          min: (from - shift) / scale,
          max: (from + counts.length * step - shift) / scale,
          splitLine: { show: false },
          splitNumber: 4,
          axisLine: { show: true, lineStyle: { color: 'var(--axis)' } },
          axisLabel: {
            ...TEXT,
            hideOverlap: true,
            showMinLabel: false,
            showMaxLabel: false,
            formatter: tickText(type, (counts.length * step) / scale),
          },
        },
      ],
      yAxis: { ...QUIET_AXIS, type: 'value', splitNumber: 2, axisLabel: { ...TEXT, formatter: shortNumber } },
      series: [
        {
          type: 'bar',
          xAxisIndex: 0,
          data: [...counts],
          barCategoryGap: counts.length > 1 ? '8%' : '60%',
          itemStyle: { color: 'var(--bar)', borderRadius: [1.5, 1.5, 0, 0] },
        },
      ],
    },
    [titles],
  );
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY = 86_400_000;

/** How the ticks of an axis are written; times as short as their span allows. */
function tickText(type: ValueProfile['type'], span: number): (value: number) => string {
  if (type === 'integer') return (value) => (Number.isInteger(value) ? valueText(type, value) : '');
  if (!isTimeType(type)) return (value) => valueText(type, value);
  return (value) => {
    const date = new Date(value);
    if (Number.isNaN(date.getTime())) return '';
    if (span < 2 * DAY) return date.toISOString().slice(11, 16);
    if (span > 3000 * DAY) return String(date.getUTCFullYear());
    const month = MONTHS[date.getUTCMonth()]!;
    return span > 50 * DAY ? `${month} ${date.getUTCFullYear()}` : `${date.getUTCDate()} ${month}`;
  };
}

/** What the target is in each group of a column: a rate, a mean, or the classes' shares. */
export function relationChart(name: string, type: ValueProfile['type'], relation: Relation, target: TargetProfile): string {
  const { groups } = relation;
  const names = groups.map((group) => clip(cleanLine(groupText(type, group)), 60));
  const span = ((groups.findLast(({ kind }) => kind === 'range')?.high ?? 0) - (groups[0]?.low ?? 0)) / 1000;
  const axis = {
    ...QUIET_AXIS,
    type: 'category',
    boundaryGap: true,
    data: groups.map((group) => groupLabel(type, group, span)),
    splitLine: { show: false },
    axisLine: { show: true, onZero: false, lineStyle: { color: 'var(--axis)' } },
    axisLabel: { ...TEXT, hideOverlap: true, interval: Math.max(0, Math.ceil(groups.length / 5) - 1) },
  };
  const title = `${target.name} by ${name}`;
  const classes = target.classes ?? [];
  if (target.classes && !isBinary(target)) {
    const shareOf = (index: number, k: number): number => groups[index]!.classes![k]! / groups[index]!.rows;
    return draw(
      title,
      {
        xAxis: axis,
        yAxis: { ...QUIET_AXIS, type: 'value', min: 0, max: 1, interval: 0.5, axisLabel: { ...TEXT, formatter: percent } },
        series: classes.map(({ other }, k) => ({
          type: 'bar',
          stack: 'all',
          barCategoryGap: '8%',
          data: groups.map((_, index) => shareOf(index, k)),
          itemStyle: { color: classColor(k, other === true) },
        })),
      },
      classes.map(({ value }, k) =>
        names.map((group, index) => `${group}: ${formatShare(shareOf(index, k))} ${cleanLine(value)}`),
      ),
    );
  }
  const values = groups.map((group) => outcomeOf(group, target));
  const overall = overallOutcome(relation, target);
  const write = isBinary(target) ? (value: number) => formatShare(value) : shortNumber;
  return draw(
    title,
    {
      xAxis: axis,
      yAxis: {
        ...QUIET_AXIS,
        type: 'value',
        scale: true,
        splitNumber: 3,
        ...(isBinary(target) && { min: 0, ...(Math.max(...values) > 0.7 && { max: 1, interval: 0.5 }) }),
        axisLabel: { ...TEXT, formatter: isBinary(target) ? percent : shortNumber },
      },
      series: [
        {
          type: 'line',
          data: groups.map(() => overall),
          symbol: 'none',
          lineStyle: { color: 'var(--axis)', width: 1, type: [4, 4] },
        },
        {
          type: 'line',
          // Missing is no neighbour of the largest values.
          data: values.map((value, index) => (groups[index]!.kind === 'range' ? value : '-')),
          symbol: 'circle',
          symbolSize: 6,
          showAllSymbol: true,
          lineStyle: { color: 'var(--accent)', width: 2 },
          itemStyle: { color: 'var(--accent)' },
        },
        {
          type: 'line',
          data: values.map((value, index) => (groups[index]!.kind === 'range' ? '-' : value)),
          symbol: 'diamond',
          symbolSize: 9,
          showAllSymbol: true,
          lineStyle: { opacity: 0 },
          itemStyle: { color: 'var(--soft)' },
        },
      ],
    },
    [
      [],
      ...[0, 1].map(() =>
        values.map((value, index) => `${names[index]}: ${write(value)}, ${formatCount(groups[index]!.rows)} rows`),
      ),
    ],
  );
}

/** The rate of the positive class, or the mean, in a group. */
export function outcomeOf(group: Relation['groups'][number], target: TargetProfile): number {
  return target.classes ? group.classes!.at(-1)! / group.rows : group.mean!;
}

/** The same over all rows. */
export function overallOutcome({ groups, rows }: Relation, target: TargetProfile): number {
  return groups.reduce((sum, group) => sum + group.rows * outcomeOf(group, target), 0) / rows;
}

/** @param span of all groups in milliseconds, where they are times */
function groupLabel(type: ValueProfile['type'], group: Relation['groups'][number], span: number): string {
  if (group.kind !== 'range') return clip(cleanLine(groupText(type, group)), 12);
  return isTimeType(type) ? tickText(type, span)(group.low! / 1000) : valueText(type, group.low!);
}

function isTimeType(type: ValueProfile['type']): boolean {
  return type === 'date' || type === 'timestamp';
}

function percent(value: number): string {
  return formatShare(value, 0);
}
