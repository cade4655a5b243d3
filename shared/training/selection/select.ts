import type { DroppedFeature, FeatureSelection } from '../../bundle/selection.js';
import { UserError } from '../../core/errors.js';
import { formatCount } from '../../core/format.js';
import type { Labels } from '../../data/table.js';
import type { FeaturePlan, Matrix } from '../../features/plan.js';
import type { Spec } from '../../spec/schema.js';
import type { TrainedModel, TrainingInput } from '../trainer.js';
import { NULL_RUNS, nullImportance, permutationImportance } from './importance.js';
import { lossName, lossOf, type ValidationRows } from './loss.js';
import { correlatedFeatures, uselessFeatures } from './redundant.js';

export type SelectOptions = NonNullable<Spec['features']['select']>;

/** The features that stay, and why the others do not. */
export interface Selected {
  readonly plan: FeaturePlan;
  readonly train: Matrix;
  readonly validation: Matrix;
  /** The record, once the model on what was kept is there. */
  record(model: TrainedModel): FeatureSelection;
}

/**
 * Drops features: first those that are constant or have the values of another, then those too much like another, then those
 * that matter too little. Importance is that of a model of the given kind and parameters on what the first steps left. One
 * feature always stays, and is said to be spared where it should not.
 * @param input the training as it would be with all features
 * @param train trains a model
 * @throws UserError when permutation has no validation rows
 */
export async function selectFeatures(
  options: SelectOptions,
  plan: FeaturePlan,
  input: TrainingInput,
  train: (input: TrainingInput) => Promise<TrainedModel>,
): Promise<Selected> {
  const method = options.method ?? 'gain';
  if (method === 'permutation' && input.validation.rows === 0) {
    throw new UserError(
      'features.select: method permutation needs validation rows; raise split.validation, or use method: gain',
    );
  }
  const names = plan.features.map(({ name }) => name);
  const dropped: DroppedFeature[] = [];
  const left = (): number[] => {
    const gone = new Set(dropped.map(({ feature }) => feature));
    const kept = names.flatMap((name, index) => (gone.has(name) ? [] : [index]));
    return kept.length > 0 ? kept : [0];
  };
  // A tree or a line on another feature can be another model even where the feature says nothing new, so what all of them
  // give is measured and not assumed.
  const all = await train(input);
  dropped.push(...uselessFeatures(input.train.columns));
  if (options.correlation_max !== undefined) {
    const columns = left();
    const importance = columns.map((column) => all.importance[column]!);
    const matrix = columns.map((column) => input.train.columns[column]!);
    dropped.push(...correlatedFeatures(matrix, importance, options.correlation_max));
  }
  let shares: Judged['shares'] | undefined;
  let spared: DroppedFeature | undefined;
  if (options.method !== undefined || options.max !== undefined || options.min_importance !== undefined) {
    const columns = left();
    const own = withColumns(input, columns);
    const model = columns.length === names.length ? all : await train(own);
    const ownNames = columns.map((column) => names[column]!);
    const judged = await judge(options, ownNames, own, model, train);
    dropped.push(...judged.dropped);
    ({ shares, spared } = judged);
  }
  const kept = left();
  const selected = withColumns(input, kept);
  const place = new Map(names.map((name, index) => [name, index]));
  spared ??= dropped.find(({ feature }) => kept.includes(place.get(feature)!));
  input.progress(`Selected ${formatCount(kept.length)} of ${formatCount(names.length)} features`);
  return {
    plan: { ...plan, features: kept.map((column) => plan.features[column]!) },
    train: selected.train,
    validation: selected.validation,
    record(model) {
      const loss = (of: TrainedModel, { validation }: TrainingInput): number => lossOf(of, validationOf(input, validation));
      const before = loss(all, input);
      const after = loss(model, selected);
      return {
        method,
        offered: names.length,
        dropped: dropped
          .filter(({ feature }) => !kept.includes(place.get(feature)!))
          .sort((a, b) => place.get(a.feature)! - place.get(b.feature)!),
        ...(spared && { spared }),
        ...(shares && { kept: shares.filter(({ feature }) => kept.includes(place.get(feature)!)) }),
        ...(Number.isFinite(before) &&
          Number.isFinite(after) && { validation: { metric: lossName(input.trainLabels), all: before, kept: after } }),
      };
    },
  };
}

interface Judged {
  readonly dropped: readonly DroppedFeature[];
  /** The best of those that should all be dropped. */
  readonly spared: DroppedFeature | undefined;
  /** Of the importance, largest first. */
  readonly shares: readonly { readonly feature: string; readonly value: number }[];
}

/** Drops what has no more importance than chance gives, too small a share of it, or comes after the wanted number. */
async function judge(
  { method = 'gain', max, min_importance: least = 0 }: SelectOptions,
  names: readonly string[],
  input: TrainingInput,
  model: TrainedModel,
  train: (input: TrainingInput) => Promise<TrainedModel>,
): Promise<Judged> {
  const weights =
    method === 'permutation'
      ? permutationImportance(model, validationOf(input, input.validation), input.seed)
      : model.importance;
  const chance = method === 'null_importance' ? await chanceOf(input, model, train) : undefined;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = Array.from(weights, (weight) => (total > 0 ? weight / total : 0));
  const order = [...names.keys()].sort((a, b) => shares[b]! - shares[a]! || a - b);
  let kept = 0;
  const dropped = order.flatMap((at): DroppedFeature[] => {
    const about = { feature: names[at]!, value: shares[at]! };
    if (kept > 0 || total > 0) {
      if (kept > 0 && kept >= (max ?? names.length)) return [{ ...about, reason: 'count' }];
      if (chance && weights[at]! <= chance[at]!) return [{ ...about, reason: 'chance' }];
      if (shares[at]! < least) return [{ ...about, reason: 'importance' }];
    }
    kept += 1;
    return [];
  });
  return {
    dropped: kept > 0 ? dropped : dropped.slice(1),
    spared: kept > 0 ? undefined : dropped[0],
    shares: order.map((at) => ({ feature: names[at]!, value: shares[at]! })),
  };
}

function chanceOf(
  input: TrainingInput,
  { params, iterations }: TrainedModel,
  train: (input: TrainingInput) => Promise<TrainedModel>,
): Promise<Float64Array> {
  // Trees are not stopped early, else models of noise would be a few trees, and any feature more important than in those.
  const fixed = 'early_stopping_round' in params ? { num_iterations: Math.max(1, iterations), early_stopping_round: 0 } : {};
  return nullImportance(input.trainLabels, input.train.columns.length, input.seed, (trainLabels: Labels, run) => {
    input.progress(`Null importance: ${run + 1} of ${NULL_RUNS}`);
    return train({ ...input, trainLabels, params: { ...params, ...fixed }, progress: () => {} });
  });
}

function withColumns(input: TrainingInput, columns: readonly number[]): TrainingInput {
  const pick = ({ rows, columns: all }: Matrix): Matrix => ({ rows, columns: columns.map((column) => all[column]!) });
  return { ...input, train: pick(input.train), validation: pick(input.validation) };
}

function validationOf({ validationLabels, validationWeights }: TrainingInput, matrix: Matrix): ValidationRows {
  return { matrix, labels: validationLabels, weights: validationWeights };
}
