import { mermaidText } from './escape.js';

export interface ChartLine {
  readonly name: string;
  readonly values: readonly number[];
  readonly color: string;
  /** Default: the chart's. */
  readonly kind?: 'line' | 'bar';
}

export interface Chart {
  /** Said to screen readers; the visible caption stands above the chart as text. */
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** The ends of the x axis (the values stand at equal distances), or a name for each value. */
  readonly x: { readonly from: number; readonly to: number } | { readonly names: readonly string[] };
  /** The ends of the y axis. */
  readonly y: { readonly from: number; readonly to: number };
  readonly lines: readonly ChartLine[];
  readonly kind?: 'line' | 'bar';
}

/** The two colours of every chart: told apart without red and green, readable on white and on GitHub's dark. */
export const CHAMPION_COLOR = '#8b949e';
export const CANDIDATE_COLOR = '#2f81f7';

/** Axes and their texts: at least 3.5 : 1 on GitHub's white and on its dark background. */
const AXIS_COLOR = '#7d8590';

/** As wide as a comment is; of a fixed small height, so that the chart does not push the rest away. */
const WIDTH = 740;
const HEIGHT = 230;

/** A fenced `xychart-beta`: the lines are drawn in their order, so the one that matters comes last. */
export function xyChart(chart: Chart): string {
  const axis = 'labelFontSize: 12\n      titleFontSize: 13\n      tickWidth: 1\n      axisLineWidth: 1';
  const colors = ['xAxis', 'yAxis'].flatMap((name) =>
    ['Label', 'Title', 'Tick', 'Line'].map((part) => `      ${name}${part}Color: "${AXIS_COLOR}"`),
  );
  const x = 'names' in chart.x ? `[${chart.x.names.map((name) => mermaidText(name, 20)).join(', ')}]` : range(chart.x);
  return [
    '```mermaid',
    '---',
    'config:',
    '  xyChart:',
    `    width: ${WIDTH}`,
    `    height: ${HEIGHT}`,
    '    showLegend: false',
    `    xAxis:\n      ${axis}`,
    `    yAxis:\n      ${axis}`,
    '  themeVariables:',
    '    xyChart:',
    '      backgroundColor: "transparent"',
    `      plotColorPalette: "${chart.lines.map((line) => line.color).join(', ')}"`,
    ...colors,
    '---',
    'xychart-beta',
    `  accDescr: ${mermaidText(chart.description, 200).slice(1, -1)}`,
    `  x-axis ${mermaidText(chart.xLabel, 60)} ${x}`,
    `  y-axis ${mermaidText(chart.yLabel, 40)} ${range(chart.y)}`,
    ...chart.lines.map(
      (line) =>
        `  ${line.kind ?? chart.kind ?? 'line'} ${mermaidText(line.name, 30)} [${line.values.map((value) => plain(value, chart.y.to - chart.y.from)).join(', ')}]`,
    ),
    '```',
  ].join('\n');
}

function range(ends: { readonly from: number; readonly to: number }): string {
  return `${plain(ends.from, ends.to - ends.from)} --> ${plain(ends.to, ends.to - ends.from)}`;
}

/** A number to a thousandth of its axis, without an exponent, which Mermaid's grammar does not know. */
function plain(value: number, span: number): string {
  const decimals = Math.min(20, Math.max(0, 3 - Math.floor(Math.log10(span))));
  const digits = Math.abs(value) < 1e21 ? value.toFixed(decimals) : BigInt(value).toString();
  const short = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  return short === '-0' ? '0' : short;
}

/**
 * The values at equal distances from the first x to the last, for an axis that knows no other: at `count` of them by
 * linear interpolation, or as they are where x is even already. x ascends.
 */
export function resample(x: readonly number[], y: readonly number[], count: number): number[] {
  const first = x[0]!;
  const even = (x.at(-1)! - first) / (x.length - 1);
  if (x.length <= 2 * count && x.every((value, index) => Math.abs(value - first - index * even) <= 1e-6 * even)) return [...y];
  const step = (x.at(-1)! - first) / (count - 1);
  let left = 0;
  return Array.from({ length: count }, (_, index) => {
    const at = index === count - 1 ? x.at(-1)! : first + step * index;
    while (left < x.length - 2 && x[left + 1]! < at) left++;
    const width = x[left + 1]! - x[left]!;
    return width <= 0 ? y[left + 1]! : y[left]! + ((y[left + 1]! - y[left]!) * (at - x[left]!)) / width;
  });
}

/** Round ends of an axis that hold all values, with a little air: `[0.31, 0.58]` gives 0.3 and 0.6. */
export function roundRange(values: readonly number[]): { from: number; to: number } {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const size = Math.max(Math.abs(low), Math.abs(high));
  // Below a billionth of their size the differences are rounding errors, and the axis could not name its ends.
  const wanted = high - low > 1e-9 * size ? high - low : size;
  // Near the smallest numbers there are, a unit of theirs would be 0.
  const span = wanted > 1e-300 ? wanted : 1;
  const unit = 10 ** Math.floor(Math.log10(span)) / 2;
  const from = Math.floor(low / unit) * unit;
  const to = Math.ceil(high / unit) * unit;
  const ends = { from: tidy(from), to: tidy(to > from ? to : from + unit) };
  return { ...ends, to: tidy(ends.from + roomy(ends.to - ends.from)) };
}

/** Mermaid gives spans just below 1.42 and 3.17 (times a power of ten) up to 15 ticks, and those just above 7. */
function roomy(span: number): number {
  const power = 10 ** Math.floor(Math.log10(span));
  const leading = span / power;
  if (leading > 2.6 && leading < 3.2) return 3.2 * power;
  return leading > 1.3 && leading < 1.42 ? 1.42 * power : span;
}

function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
