import type { Manifest } from '../bundle/manifest.js';
import { formatCount, formatNumber } from '../core/format.js';
import { text } from './escape.js';
import { table } from './table.js';
import { metricNumbers, metricTitle, plural } from './wording.js';

/** Mean, sd and range of every metric over the folds; empty without cross-validation. */
export function foldTable({ training }: Manifest): string {
  const { crossValidation: folds, calibration, threshold } = training;
  if (!folds) return '';
  const rows = folds.metrics.slice(0, 100).map(({ name, mean, sd, values }) => {
    if (mean === null || sd === null) return [metricTitle(name), 'not defined on every fold', '', ''];
    const known = values.filter((own): own is number => own !== null);
    const write = metricNumbers({ name, better: 'higher', candidate: mean });
    const range = `${write.value(Math.min(...known))} to ${write.value(Math.max(...known))}`;
    return [metricTitle(name), `**${write.value(mean)}**`, formatNumber(sd, 4), range];
  });
  const head = [
    { head: `metric, ${formatCount(folds.folds)} folds of ${plural(folds.rows, 'row')}` },
    ...['mean', 'sd', 'lowest and highest fold'].map((own) => ({ head: own, align: 'right' as const })),
  ];
  const before = calibration || threshold ? '\n\nBefore calibration, and decided at 0.5.' : '';
  return `${table(head, rows)}${before}`;
}

/** What calibrated the probabilities, on which rows; empty where nothing did. */
export function calibrationText({ training: { calibration } }: Manifest): string {
  if (!calibration) return '';
  const on = `${plural(calibration.rows, 'row')} (${text(calibration.source, 40)})`;
  return `${text(calibration.method, 20)}, fitted on ${on}, part of the graph`;
}

/** The threshold and what chose it; empty where it was not chosen. */
export function thresholdText({ threshold: value, training: { threshold } }: Manifest): string {
  if (!threshold || value === undefined) return '';
  const on = `${plural(threshold.rows, 'row')} (${text(threshold.source, 40)})`;
  const reached = `${metricTitle(threshold.metric)} ${formatNumber(threshold.reached, 4)}`;
  return `${formatNumber(value, 4)}, the best of ${on} with ${reached}`;
}
