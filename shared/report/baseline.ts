import { formatNumber } from '../core/format.js';
import type { Comparison } from '../evaluation/comparison.js';
import { metricName } from './wording.js';

/** More metrics than these make the line too long. */
const MOST = 6;

type WithBaseline = Pick<Comparison, 'baseline' | 'metrics' | 'task'>;

/** One line on what the training labels alone would reach. */
export function baselineLine(result: WithBaseline): string {
  const text = baselineText(result);
  return text === '' ? '' : `<sub>${text}</sub>`;
}

/** The same by itself, safe in HTML too. */
export function baselineText({ baseline, metrics, task }: WithBaseline): string {
  if (!baseline) return '';
  const shown = metrics
    .flatMap(({ name }) => (Object.hasOwn(baseline, name) ? [`${metricName(name)} ${formatNumber(baseline[name]!)}`] : []))
    .slice(0, MOST);
  if (shown.length === 0) return '';
  const constant =
    task === 'regression' ? 'always the mean of the training rows' : 'always the class shares of the training rows';
  return `Without a model (${constant}): ${shown.join(' · ')}`;
}
