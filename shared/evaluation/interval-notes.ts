import { formatCount } from '../core/format.js';
import { METRICS, type MetricName } from '../spec/metrics.js';
import type { Pair } from './pair.js';
import { isCount } from './regression-metrics.js';
import { classCounts, unscoredRows, type ValueSample } from './sample.js';

/** Below so many rows, blocks, or rows of a class, intervals promise more than they keep. */
const MIN_ROWS = 30;
const MIN_BLOCKS = 10;
const MIN_CLASS_ROWS = 5;

/** Metrics that weigh each class by itself, so that the smallest class decides how much an interval is worth. */
const BY_CLASS: readonly MetricName[] = [
  'auc',
  'pr_auc',
  'balanced_accuracy',
  'precision',
  'recall',
  'f1',
  'precision_macro',
  'recall_macro',
  'f1_macro',
  'mcc',
];

/** Why a metric has no valid interval on these rows; undefined when it has one. */
export function noteWithoutInterval(name: MetricName, pair: Pair): string | undefined {
  const { candidate, champion, blocks } = pair;
  if (pair.rows === 0) return 'no labelled rows';
  for (const [model, sample] of Object.entries({ candidate, champion })) {
    const unscored = sample ? unscoredRows(sample) : 0;
    if (unscored > 0) return `the ${model} gives no number for ${formatCount(unscored)} of ${formatCount(pair.rows)} rows`;
  }
  if (name === 'poisson_deviance' && candidate.task === 'regression') {
    if (!isCount(candidate)) return 'undefined: a label is below 0, or a prediction of the candidate is not above 0';
    if (champion && !isCount(champion as ValueSample)) return 'undefined: a prediction of the champion is not above 0';
  }
  if (name === 'ece') return `no valid interval exists for the ${METRICS.ece.title.toLowerCase()}, which depends on its bins`;
  if (pair.rows < MIN_ROWS) return `no interval: ${pair.rows} rows are too few (at least ${MIN_ROWS})`;
  if (blocks && blocks.count < MIN_BLOCKS) return `no interval: ${blocks.count} blocks are too few (at least ${MIN_BLOCKS})`;
  if (candidate.task === 'regression' || !BY_CLASS.includes(name)) return undefined;
  const present = classCounts(candidate).filter((count) => count > 0);
  if (present.length < 2) return 'no interval: all rows are of one class';
  const smallest = Math.min(...present);
  if (smallest >= MIN_CLASS_ROWS) return undefined;
  return `no interval: a class has ${smallest === 1 ? 'one row' : `${smallest} rows`} only (at least ${MIN_CLASS_ROWS})`;
}

/** What the precision hangs on: the rows, those of the smallest class where each class counts by itself, or the blocks. */
export function independentUnits(name: MetricName, { candidate, rows, blocks }: Pair): number {
  const byClass = candidate.task !== 'regression' && BY_CLASS.includes(name);
  const units = byClass ? Math.min(...classCounts(candidate).filter((count) => count > 0)) : rows;
  return blocks ? Math.min(units, blocks.count) : units;
}
