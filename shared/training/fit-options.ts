import type { Dataset } from '../data/dataset.js';
import type { SplitRule } from '../data/split-rule.js';
import { columnOf } from '../data/table.js';
import { chosenMetrics } from '../spec/chosen-metrics.js';
import { DEFAULT_ALPHA, objectiveNamed } from '../spec/objectives.js';
import type { Spec } from '../spec/schema.js';
import { isThresholdMetric } from '../spec/threshold-metrics.js';
import type { FitRequest } from './fit.js';
import type { FinishOptions } from './fit-finished.js';
import type { FoldOrder } from './folds.js';

/** What `train` says beyond the algorithm and its params, as a training takes it. */
export function fitOptions({ train }: Spec): Pick<FitRequest, 'objective' | 'classWeight' | 'monotone'> {
  const objective = train.objective === undefined ? undefined : objectiveNamed(train.objective);
  return {
    ...(objective === 'poisson' && { objective: { name: objective } }),
    ...(objective === 'quantile' && { objective: { name: objective, alpha: Number(train.params.alpha ?? DEFAULT_ALPHA) } }),
    ...(train.class_weight !== undefined && { classWeight: train.class_weight }),
    ...(train.monotone && { monotone: train.monotone }),
  };
}

/** What `train` says of calibration, threshold and folds. */
export function finishOptions(spec: Spec): Omit<FinishOptions, 'calibration' | 'foldOrder'> {
  const { calibrate, threshold, cross_validation: folds } = spec.train;
  return {
    ...(calibrate !== undefined && calibrate !== 'none' && { calibrate }),
    ...(threshold && isThresholdMetric(threshold.metric) && { threshold: { metric: threshold.metric } }),
    ...(folds !== undefined && { crossValidation: { folds, metrics: chosenMetrics(spec) } }),
  };
}

/** Folds follow the rule of the split: groups stay together, and times are stretches. */
export async function foldOrder(dataset: Dataset, rule: SplitRule, rows: Uint32Array): Promise<FoldOrder | undefined> {
  if (rule.by === 'hash') return undefined;
  const column = columnOf(await dataset.table([rule.column], rows), rule.column);
  const values = column.type === 'string' ? column.codes : column.values;
  if (rule.by === 'time') return { by: 'time', times: Float64Array.from(values as ArrayLike<number | bigint>, Number) };
  // Any numbers will do, as long as equal groups have equal ones; missing values are a group.
  const numbers = new Map<string, number>();
  const groups = Uint32Array.from(values as ArrayLike<number | bigint>, (value) => {
    const text = String(value);
    if (!numbers.has(text)) numbers.set(text, numbers.size);
    return numbers.get(text)!;
  });
  return { by: 'group', groups };
}
