import { formatNumber, formatSigned } from '../core/format.js';
import type { Curve } from '../evaluation/comparison.js';
import { text } from './escape.js';
import { CANDIDATE_COLOR, CHAMPION_COLOR, type Chart, resample, roundRange, xyChart } from './mermaid.js';

const POINTS = 41;

/** Two curves that are nowhere further apart than this share of the picture's height look like one. */
const TELLS_APART = 0.06;

/**
 * The picture: the candidate's curve over the champion's. Where the two would lie on each other, it shows how far the
 * candidate is above or below the champion instead, since that is the question; but not without evidence that they
 * differ, when a magnified difference would mislead. Empty when there is nothing to draw.
 * @param champion how the champion is called
 */
export function curvePicture(curve: Curve | undefined, champion: string, differs = true): string {
  const drawable = curve && usable(curve);
  if (!drawable) return '';
  const x = { from: drawable.x[0]!, to: drawable.x.at(-1)! };
  const candidate = resample(drawable.x, drawable.candidate, POINTS);
  const title = text(drawable.title, 80) || 'Curve';
  const base = { xLabel: drawable.xLabel, x };
  if (!drawable.champion) {
    return picture(`**${title}**`, {
      ...base,
      description: drawable.title,
      yLabel: drawable.yLabel,
      y: axis(drawable, candidate),
      lines: [{ name: 'candidate', values: candidate, color: CANDIDATE_COLOR }],
    });
  }
  const before = resample(drawable.x, drawable.champion, POINTS);
  const gaps = candidate.map((value, index) => value - before[index]!);
  const height = axis(drawable, [...candidate, ...before]);
  const largest = gaps.reduce((best, gap, index) => (Math.abs(gap) > Math.abs(gaps[best]!) ? index : best), 0);
  if (Math.abs(gaps[largest]!) < TELLS_APART * (height.to - height.from)) {
    if (!differs || gaps[largest] === 0) return '';
    const at = x.from + ((x.to - x.from) * largest) / (POINTS - 1);
    const where = `${formatSigned(gaps[largest]!, 3)}, at ${formatNumber(at, 2)}`;
    return picture(`**${title}: the candidate (blue) above or below ${champion} (grey)** · largest gap ${where}`, {
      ...base,
      description: `${drawable.title}, candidate minus ${champion}`,
      yLabel: `${drawable.yLabel}, gained`,
      // A little room on the other side of 0 keeps the champion's line off the axis.
      y: roundRange([...gaps, -0.15 * gaps[largest]!]),
      lines: [
        { name: champion, values: gaps.map(() => 0), color: CHAMPION_COLOR },
        { name: 'candidate', values: gaps, color: CANDIDATE_COLOR },
      ],
    });
  }
  return picture(`**${title}:** candidate (blue), ${champion} (grey)`, {
    ...base,
    description: drawable.title,
    yLabel: drawable.yLabel,
    y: height,
    lines: [
      { name: champion, values: before, color: CHAMPION_COLOR },
      { name: 'candidate', values: candidate, color: CANDIDATE_COLOR },
    ],
  });
}

/** A learning curve: one line over steps. Empty with fewer than two points. */
export function learningCurve(points: readonly { readonly step: number; readonly value: number }[], metric: string): string {
  const finite = points.filter((point) => Number.isFinite(point.value) && Number.isFinite(point.step));
  const steps = finite.map((point) => point.step);
  const values = finite.map((point) => point.value);
  if (finite.length < 2 || !ascends(steps)) return '';
  const drawn = resample(steps, values, Math.min(POINTS * 2, Math.max(2, finite.length)));
  return xyChart({
    description: `${metric} on the validation rows after each step`,
    xLabel: 'step',
    yLabel: metric,
    x: { from: steps[0]!, to: steps.at(-1)! },
    y: roundRange(drawn),
    lines: [{ name: metric, values: drawn, color: CANDIDATE_COLOR }],
  });
}

function picture(caption: string, chart: Chart): string {
  return `${caption}\n\n${xyChart(chart)}`;
}

/** The curve with finite values of one length and an ascending x; anything else cannot be drawn. */
function usable(curve: Curve): Curve | undefined {
  const lists = [curve.x, curve.candidate, ...(curve.champion ? [curve.champion] : [])];
  const complete = lists.every((list) => list.length === curve.x.length && list.every(Number.isFinite));
  return curve.x.length >= 2 && complete && ascends(curve.x) ? curve : undefined;
}

function ascends(x: readonly number[]): boolean {
  return x.every((value, index) => index === 0 || value >= x[index - 1]!) && x.at(-1)! > x[0]!;
}

function axis(curve: Curve, values: readonly number[]): { from: number; to: number } {
  return curve.kind === 'roc' ? { from: 0, to: 1 } : roundRange(values);
}
