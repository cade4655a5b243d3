import type { Interval, MetricComparison } from '../evaluation/comparison.js';
import { type HeadCell, html } from './page/marks.js';
import { confidenceText, metricNumbers } from './wording.js';

/** Rows of our pages that hold two models against each other: both figures, the difference, and its interval as a line. */

/** @param champion how it is called. @param confidence of the intervals */
export const headOf = (first: string, champion: string, confidence: number): HeadCell[] => [
  { text: first, kind: 'name' },
  { text: html(champion), kind: 'number roomy' },
  { text: 'candidate', kind: 'number' },
  { text: 'difference', kind: 'number' },
  { text: `${confidenceText(confidence)} interval`, kind: 'number roomy' },
  { text: 'worse | better', kind: 'wide' },
];

/** The cells of `headOf`. @param label safe HTML. @param reach half of the scale, see reachOf */
export function comparedRow(label: string, metric: MetricComparison, reach: number): string[] {
  const write = metricNumbers(metric);
  return [
    label,
    write.value(metric.champion),
    write.value(metric.candidate),
    write.signed(metric.difference),
    metric.interval === undefined ? '' : write.signedInterval(metric.interval),
    metric.interval === undefined ? '' : intervalBar(metric, metric.interval, reach, write.signedInterval(metric.interval)),
  ];
}

/** The widest end of all intervals, with a little room. */
export function reachOf(compared: readonly MetricComparison[]): number {
  const ends = compared.flatMap(({ interval }) => (interval ? [Math.abs(interval.low), Math.abs(interval.high)] : []));
  return 1.05 * ends.reduce((largest, end) => Math.max(largest, end), 0);
}

/** The interval of a difference on a track whose middle is no difference. */
function intervalBar(metric: MetricComparison, interval: Interval, reach: number, words: string): string {
  const direction = metric.better === 'higher' ? 1 : -1;
  const place = (value: number): number =>
    reach > 0 ? Math.min(1, Math.max(0, 0.5 + (direction * value) / (2 * reach))) : 0.5;
  const [from, to] = [place(interval.low), place(interval.high)].sort((a, b) => a - b) as [number, number];
  const percent = (share: number): string => `${Number((100 * share).toFixed(2))}%`;
  const kind = metric.sign === 'better' ? ' good' : metric.sign === 'worse' ? ' bad' : '';
  const at = metric.difference === undefined ? '' : `<b style="left:${percent(place(metric.difference))}"></b>`;
  return `<span class="bar middle interval${kind}" title="${html(words)}"><i style="left:${percent(from)};width:${percent(Math.max(0.01, to - from))}"></i>${at}</span>`;
}
