import type { Comparison } from '../evaluation/comparison.js';
import { metricNumbers, metricTitle, plural } from './wording.js';

/** One line on how much the candidate's primary metric hangs on the seed of its training. */
export function retrainingLine({ retraining, metrics, primary }: Comparison): string {
  const spread = retraining?.metrics.find(({ name }) => name === primary);
  const metric = metrics.find(({ name }) => name === primary);
  if (!retraining || !spread || !metric) return '';
  const trainings = plural(retraining.trainings, 'training');
  if (spread.spread === 0) return `<sub>${trainings} with different seeds give the same ${metricTitle(primary)}.</sub>`;
  const write = metricNumbers(metric, [spread.low, spread.high]);
  return `<sub>${trainings} with different seeds give a ${metricTitle(primary)} of ${write.value(spread.low)} to ${write.value(spread.high)}; the intervals of the differences hold that chance too.</sub>`;
}
