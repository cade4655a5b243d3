import { formatCount } from '../core/format.js';
import { isFairness, METRICS } from '../spec/metrics.js';
import type { Pair } from './pair.js';
import { isCount, percentageErrors } from './regression-metrics.js';
import { type ClassSample, classCounts, predictedClasses, unscoredRows, type ValueSample } from './sample.js';
import { effectiveNumber } from './statistics.js';

/** Below so many rows, blocks, or rows of a class, intervals promise more than they keep. */
const MIN_ROWS = 30;
const MIN_BLOCKS = 10;
const MIN_CLASS_ROWS = 5;

/** Metrics that weigh each class by itself, so that the smallest class decides how much an interval is worth. */
const BY_CLASS: readonly string[] = [
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

/**
 * Fewer decisions for a class leave a metric that divides by them without a valid interval. On flights of which few are called
 * late, 95 % intervals of precision, F1, Matthews' correlation and balanced accuracy missed the true value in 41 % of the samples
 * with fewer than 3 such calls, in 5 to 9 % with fewer than 10, and in 3 to 6 % from there on (1,200 samples).
 */
const MIN_DECISIONS = 10;

/**
 * A percentage error of a label near 0 is as large as all others together. On flights, of which some 3 % are on time to the minute,
 * 95 % intervals missed the true value in 37.5 % of the samples of 30 rows and in 15.8 % of those of 100, which held none or few of them.
 */
const MIN_ROWS_OF_SHARES = 300;
const MIN_DECIDING_ROWS = 10;

const BY_DECISION: readonly string[] = [
  'balanced_accuracy',
  'precision',
  'f1',
  'precision_macro',
  'recall_macro',
  'f1_macro',
  'mcc',
];

interface Thresholds {
  readonly candidate?: number | undefined;
  readonly champion?: number | undefined;
}

/** Why a metric has no valid interval on these rows; undefined when it has one. */
export function noteWithoutInterval(name: string, pair: Pair, thresholds: Thresholds = {}): string | undefined {
  const { candidate, champion, blocks, weights } = pair;
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
  if (weights && effectiveNumber(weights) < MIN_ROWS) {
    return `no interval: by their weights the rows count as ${Math.floor(effectiveNumber(weights))} (at least ${MIN_ROWS})`;
  }
  if (name === 'mape' && candidate.task === 'regression') {
    const note = noteOfShares(candidate, champion as ValueSample | undefined);
    if (note !== undefined) return note;
  }
  const own = candidate.custom?.get(name);
  if (own) {
    const known = own.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
    if (known < MIN_ROWS) return `no interval: the expression has a value in ${known} rows only (at least ${MIN_ROWS})`;
  }
  if (isFairness(name) && !candidate.groups?.some(({ names }) => names.length > 1)) {
    return 'no column of evaluate.protected has two groups that are large enough';
  }
  if (blocks && blocks.count < MIN_BLOCKS) return `no interval: ${blocks.count} blocks are too few (at least ${MIN_BLOCKS})`;
  if (candidate.task === 'regression' || !BY_CLASS.includes(name)) return undefined;
  const present = classCounts(candidate).filter((count) => count > 0);
  if (present.length < 2) return 'no interval: all rows are of one class';
  const smallest = Math.min(...present);
  if (smallest >= MIN_CLASS_ROWS) return noteOfDecisions(name, pair, thresholds);
  return `no interval: a class has ${smallest === 1 ? 'one row' : `${smallest} rows`} only (at least ${MIN_CLASS_ROWS})`;
}

function noteOfShares(candidate: ValueSample, champion: ValueSample | undefined): string | undefined {
  const { rows } = candidate;
  if (rows < MIN_ROWS_OF_SHARES) {
    return `no interval: ${rows} rows may lack the labels near 0 that decide a percentage error (at least ${MIN_ROWS_OF_SHARES})`;
  }
  const models = champion ? [candidate, champion] : [candidate];
  const fewest = Math.min(...models.map((sample) => effectiveNumber(percentageErrors(sample)) || rows));
  if (fewest >= MIN_DECIDING_ROWS) return undefined;
  const deciding = fewest < 2 ? 'one row' : `${Math.floor(fewest)} rows`;
  return `no interval: the percentage error hangs on ${deciding} with a label near 0 (at least ${MIN_DECIDING_ROWS})`;
}

function noteOfDecisions(name: string, { candidate, champion }: Pair, thresholds: Thresholds): string | undefined {
  if (!BY_DECISION.includes(name)) return undefined;
  // A precision of few decisions is as unsure in the champion, and 0 by convention without any.
  const models = { candidate, ...(champion && name.startsWith('precision') && { champion }) };
  for (const [model, sample] of Object.entries(models)) {
    const counts = new Uint32Array((sample as ClassSample).classes);
    for (const decision of predictedClasses(sample as ClassSample, thresholds[model as keyof Thresholds])) counts[decision]!++;
    const present = classCounts(sample as ClassSample);
    const fewest = Math.min(...counts.filter((_, at) => present[at]! > 0));
    if (fewest >= MIN_DECISIONS) continue;
    const rows = fewest === 0 ? 'no row' : fewest === 1 ? 'one row only' : `${fewest} rows only`;
    return `no interval: the ${model} decides for a class in ${rows} (at least ${MIN_DECISIONS})`;
  }
  return undefined;
}

/** What the precision hangs on: the rows, those of the smallest class where each class counts by itself, or the blocks. */
export function independentUnits(name: string, { candidate, rows, blocks, weights }: Pair): number {
  const own = candidate.custom?.get(name)?.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0);
  const byClass = candidate.task !== 'regression' && BY_CLASS.includes(name);
  const counted = own ?? (byClass ? Math.min(...classCounts(candidate).filter((count) => count > 0)) : rows);
  const units = weights ? Math.max(2, (counted * effectiveNumber(weights)) / rows) : counted;
  return blocks ? Math.min(units, blocks.count) : units;
}
