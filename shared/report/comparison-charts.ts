import { formatCount, formatNumber } from '../core/format.js';
import type { Calibration, CalibrationBin, Curve, MetricHistory } from '../evaluation/comparison.js';
import { cleanLine, clip } from './escape.js';
import { draw, QUIET_AXIS, TALL } from './page/svg-chart.js';

/** More marks than these on a line hide each other. */
const MARKS = 60;

const SHARES = { min: 0, max: 1, interval: 0.25 } as const;

/** The ends of the data are seldom round numbers. */
const NO_END_LABELS = { showMinLabel: false, showMaxLabel: false } as const;

/** The curves of both models over the same x, with the numbers at their marks. @param champion how it is called */
export function curveChart(curve: Curve, champion: string): string {
  const step = Math.max(1, Math.ceil(curve.x.length / MARKS));
  const kept = curve.x.map((_, index) => index).filter((index) => index % step === 0 || index === curve.x.length - 1);
  const [xLabel, yLabel] = [curve.xLabel, curve.yLabel].map((label) => clip(cleanLine(label), 40)) as [string, string];
  const lines = [
    ...(curve.champion ? [{ name: champion, values: curve.champion, color: 'var(--axis)' }] : []),
    { name: 'candidate', values: curve.candidate, color: 'var(--accent)' },
  ];
  const isRoc = curve.kind === 'roc';
  const axis = { ...QUIET_AXIS, type: 'value', ...(isRoc ? SHARES : { scale: true, splitNumber: 4 }) };
  const ends = isRoc ? {} : { min: 'dataMin', max: 'dataMax', axisLabel: { ...QUIET_AXIS.axisLabel, ...NO_END_LABELS } };
  return draw(
    clip(cleanLine(curve.title), 80),
    {
      xAxis: { ...axis, ...ends, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: 'var(--axis)' } } },
      yAxis: axis,
      series: [
        ...(isRoc ? [diagonal(1)] : []),
        ...lines.map(({ values, color }) => ({
          type: 'line',
          data: kept.map((index) => [curve.x[index], values[index]]),
          symbol: 'circle',
          symbolSize: 5,
          showAllSymbol: true,
          lineStyle: { color, width: 2 },
          itemStyle: { color },
        })),
      ],
    },
    [
      ...(isRoc ? [[]] : []),
      ...lines.map(({ name: of, values }) =>
        kept.map(
          (index) => `${of}: ${yLabel} ${formatNumber(values[index]!, 4)} at ${xLabel} ${formatNumber(curve.x[index]!, 4)}`,
        ),
      ),
    ],
    isRoc ? TALL : undefined,
  );
}

/** The metric over versions: figures of one test set are joined, the band's ends are dashed. */
export function historyChart({ metric, versions, candidate, band }: MetricHistory): string {
  const figures = [...versions, { ...candidate, version: 'candidate' }];
  const names = figures.map(({ version }) => clip(cleanLine(version), 20));
  // A line a run of figures on the same test rows.
  const runs: number[][] = [];
  figures.forEach(({ testSet }, index) => {
    if (index > 0 && figures[index - 1]!.testSet === testSet) runs.at(-1)!.push(index);
    else runs.push([index]);
  });
  const axis = { ...QUIET_AXIS, axisLine: { show: true, lineStyle: { color: 'var(--axis)' } } };
  const levels = band ? [band.from, band.to] : [];
  return draw(
    `${clip(cleanLine(metric), 40)} over versions`,
    {
      xAxis: { ...axis, type: 'category', data: names, splitLine: { show: false } },
      yAxis: { ...QUIET_AXIS, type: 'value', scale: true, splitNumber: 4 },
      series: [
        ...levels.map((value) => ({
          type: 'line',
          data: figures.map(() => value),
          symbol: 'none',
          lineStyle: { color: 'var(--axis)', width: 1.5, type: 'dashed' },
        })),
        ...runs.map((run) => ({
          type: 'line',
          data: figures.map(({ value }, index) => (run.includes(index) ? value : null)),
          symbol: 'circle',
          symbolSize: 7,
          showAllSymbol: true,
          lineStyle: { color: 'var(--accent)', width: 2 },
          itemStyle: { color: 'var(--accent)' },
        })),
      ],
    },
    [
      ...levels.map(() => []),
      ...runs.map(() =>
        figures.map(({ value, rows }, index) => `${names[index]}: ${formatNumber(value, 4)} on ${formatCount(rows)} rows`),
      ),
    ],
  );
}

/** What the models said against what was; on the diagonal both are the same. */
export function calibrationChart({ candidate, champion }: Calibration, name: string): string {
  const lines = [
    ...(champion ? [{ of: name, bins: champion, color: 'var(--axis)' }] : []),
    { of: 'candidate', bins: candidate, color: 'var(--accent)' },
  ];
  const end = Math.max(0.01, ...lines.flatMap(({ bins }) => bins.flatMap(({ predicted, observed }) => [predicted, observed])));
  const step = [0.02, 0.05, 0.1].find((size) => end <= 5 * size) ?? 0.2;
  const max = Math.min(1, step * Math.ceil(end / step - 1e-9));
  const axis = { ...QUIET_AXIS, type: 'value', min: 0, max, interval: step };
  const points = (bins: readonly CalibrationBin[]): number[][] => bins.map(({ predicted, observed }) => [predicted, observed]);
  return draw(
    'Calibration',
    {
      xAxis: { ...axis, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: 'var(--axis)' } } },
      yAxis: axis,
      series: [
        diagonal(max),
        ...lines.map(({ bins, color }) => ({
          type: 'line',
          data: points(bins),
          symbol: 'circle',
          symbolSize: 6,
          showAllSymbol: true,
          lineStyle: { color, width: 2 },
          itemStyle: { color },
        })),
      ],
    },
    [
      [],
      ...lines.map(({ of, bins }) =>
        bins.map(
          ({ rows, predicted, observed }) =>
            `${of}: said ${formatNumber(predicted, 3)}, was ${formatNumber(observed, 3)}, of ${formatCount(rows)} rows`,
        ),
      ),
    ],
    TALL,
  );
}

/** From 0 to the end of both axes. */
function diagonal(end: number): object {
  return {
    type: 'line',
    data: [
      [0, 0],
      [end, end],
    ],
    symbol: 'none',
    lineStyle: { color: 'var(--axis)', width: 1, type: 'dashed' },
  };
}
