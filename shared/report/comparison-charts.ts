import { formatNumber } from '../core/format.js';
import type { Curve } from '../evaluation/comparison.js';
import { cleanLine, clip } from './escape.js';
import { draw, QUIET_AXIS } from './page/svg-chart.js';

/** More marks than these on a line hide each other. */
const MARKS = 60;

/** The curves of both models over the same x, with the numbers at their marks. @param champion how it is called */
export function curveChart(curve: Curve, champion: string): string {
  const step = Math.max(1, Math.ceil(curve.x.length / MARKS));
  const kept = curve.x.map((_, index) => index).filter((index) => index % step === 0 || index === curve.x.length - 1);
  const [xLabel, yLabel] = [curve.xLabel, curve.yLabel].map((label) => clip(cleanLine(label), 40)) as [string, string];
  const lines = [
    ...(curve.champion ? [{ name: champion, values: curve.champion, color: 'var(--axis)' }] : []),
    { name: 'candidate', values: curve.candidate, color: 'var(--accent)' },
  ];
  const axis = { ...QUIET_AXIS, type: 'value', min: 'dataMin', max: 'dataMax', splitNumber: 4 };
  return draw(
    clip(cleanLine(curve.title), 80),
    {
      xAxis: { ...axis, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: 'var(--axis)' } } },
      yAxis: axis,
      series: lines.map(({ values, color }) => ({
        type: 'line',
        data: kept.map((index) => [curve.x[index], values[index]]),
        symbol: 'circle',
        symbolSize: 5,
        showAllSymbol: true,
        lineStyle: { color, width: 2 },
        itemStyle: { color },
      })),
    },
    lines.map(({ name: of, values }) =>
      kept.map(
        (index) => `${of}: ${yLabel} ${formatNumber(values[index]!, 4)} at ${xLabel} ${formatNumber(curve.x[index]!, 4)}`,
      ),
    ),
  );
}
