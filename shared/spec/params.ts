import { UserError } from '../core/errors.js';
import { nearest } from './nearest.js';

/** The built-in trainers. */
export const ALGORITHMS = ['gbdt', 'linear', 'baseline'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** The values of parameters, canonical names only. */
export type Params = Record<string, number | boolean | string>;

export interface ParamInfo {
  readonly type: 'integer' | 'number';
  /** What it does, in one line. */
  readonly meaning: string;
  /** Absent: the trainer chooses it from the data. */
  readonly default?: number;
  readonly min: number;
  readonly max?: number;
  /** Whether `min` itself is accepted; default true. */
  readonly minInclusive?: boolean;
  /** Whether `max` itself is accepted; default true. */
  readonly maxInclusive?: boolean;
  /** Other names that are accepted. */
  readonly aliases?: readonly string[];
}

/**
 * LightGBM's names, meanings, aliases and defaults, except for two defaults that serve better where a validation part always exists:
 * up to 500 rounds instead of 100, and early stopping after 50 rounds without progress instead of never.
 * Source of names, aliases and defaults: LightGBM's parameter reference.
 */
const GBDT: Readonly<Record<string, ParamInfo>> = {
  num_iterations: {
    type: 'integer',
    meaning: 'Largest number of boosting rounds; early stopping may keep fewer (LightGBM: 100)',
    default: 500,
    min: 1,
    max: 100_000,
    aliases: [
      'num_iteration',
      'n_iter',
      'num_tree',
      'num_trees',
      'num_round',
      'num_rounds',
      'nrounds',
      'num_boost_round',
      'n_estimators',
      'max_iter',
    ],
  },
  learning_rate: {
    type: 'number',
    meaning: 'How much of each tree is added to the model',
    default: 0.1,
    min: 0,
    minInclusive: false,
    aliases: ['shrinkage_rate', 'eta'],
  },
  num_leaves: {
    type: 'integer',
    meaning: 'Largest number of leaves of a tree',
    default: 31,
    min: 2,
    max: 131_072,
    aliases: ['num_leaf', 'max_leaves', 'max_leaf', 'max_leaf_nodes'],
  },
  max_depth: { type: 'integer', meaning: 'Largest depth of a tree; 0 and below: no limit', default: -1, min: -1 },
  min_data_in_leaf: {
    type: 'integer',
    meaning: 'Smallest number of rows in a leaf',
    default: 20,
    min: 0,
    aliases: ['min_data_per_leaf', 'min_data', 'min_child_samples', 'min_samples_leaf'],
  },
  min_sum_hessian_in_leaf: {
    type: 'number',
    meaning: 'Smallest sum of second derivatives in a leaf',
    default: 1e-3,
    min: 0,
    aliases: ['min_sum_hessian_per_leaf', 'min_sum_hessian', 'min_hessian', 'min_child_weight'],
  },
  lambda_l1: {
    type: 'number',
    meaning: 'L1 penalty on the leaves',
    default: 0,
    min: 0,
    aliases: ['reg_alpha', 'l1_regularization'],
  },
  lambda_l2: {
    type: 'number',
    meaning: 'L2 penalty on the leaves',
    default: 0,
    min: 0,
    aliases: ['reg_lambda', 'lambda', 'l2_regularization'],
  },
  min_gain_to_split: {
    type: 'number',
    meaning: 'Smallest gain that is worth a split',
    default: 0,
    min: 0,
    aliases: ['min_split_gain'],
  },
  feature_fraction: {
    type: 'number',
    meaning: 'Share of the features that a tree may use, drawn anew for each tree',
    default: 1,
    min: 0,
    minInclusive: false,
    max: 1,
    aliases: ['sub_feature', 'colsample_bytree'],
  },
  bagging_fraction: {
    type: 'number',
    meaning: 'Share of the rows that a tree sees, without replacement; works where bagging_freq is above 0',
    default: 1,
    min: 0,
    minInclusive: false,
    max: 1,
    aliases: ['sub_row', 'subsample', 'bagging'],
  },
  bagging_freq: {
    type: 'integer',
    meaning: 'Every how many rounds the rows of bagging_fraction are drawn anew; 0: no bagging',
    default: 0,
    min: 0,
    aliases: ['subsample_freq'],
  },
  max_bin: {
    type: 'integer',
    meaning: 'Largest number of bins that the values of a feature are put into',
    default: 255,
    min: 2,
    max: 255,
    aliases: ['max_bins'],
  },
  early_stopping_round: {
    type: 'integer',
    meaning: 'Stop after so many rounds without progress on the validation part; 0: never (LightGBM: 0)',
    default: 50,
    min: 0,
    aliases: ['early_stopping_rounds', 'early_stopping', 'n_iter_no_change'],
  },
  cat_smooth: {
    type: 'number',
    meaning: 'Pulls the statistics of rare categories to the middle when categories are sorted',
    default: 10,
    min: 0,
  },
  cat_l2: { type: 'number', meaning: 'L2 penalty in splits on categories', default: 10, min: 0 },
  max_cat_threshold: {
    type: 'integer',
    meaning: 'Largest number of categories on the smaller side of a split',
    default: 32,
    min: 1,
  },
  max_cat_to_onehot: {
    type: 'integer',
    meaning: 'Features with at most so many categories are split one category against the rest',
    default: 4,
    min: 1,
  },
  min_data_per_group: {
    type: 'integer',
    meaning: 'Smallest number of rows of a group of categories',
    default: 100,
    min: 1,
  },
  alpha: {
    type: 'number',
    meaning: 'The quantile that is predicted, with train.objective: quantile (then 0.9 when absent)',
    min: 0,
    minInclusive: false,
    max: 1,
    maxInclusive: false,
  },
};

const LINEAR: Readonly<Record<string, ParamInfo>> = {
  l2: { type: 'number', meaning: 'L2 penalty on the standardised coefficients; absent: chosen on the validation part', min: 0 },
  max_iterations: { type: 'integer', meaning: 'Largest number of solver steps', default: 100, min: 1, max: 100_000 },
  max_levels: {
    type: 'integer',
    meaning: 'One-hot columns a category: its most frequent levels; the others share one',
    default: 50,
    min: 1,
    max: 10_000,
  },
};

/** The parameters of every built-in trainer, by canonical name. */
export const PARAMS: Readonly<Record<Algorithm, Readonly<Record<string, ParamInfo>>>> = {
  gbdt: GBDT,
  linear: LINEAR,
  baseline: {},
};

/** One parameter that is wrong. */
export interface ParamMistake {
  /** As the user wrote it. */
  readonly name: string;
  readonly message: string;
  /** The name is the mistake, not the value. */
  readonly unknown: boolean;
}

/** The canonical name of a parameter or alias; undefined when the algorithm has no such parameter. */
export function canonicalParam(algorithm: Algorithm, name: string): string | undefined {
  const table = PARAMS[algorithm];
  if (Object.hasOwn(table, name)) return name;
  return Object.entries(table).find(([, info]) => info.aliases?.includes(name))?.[0];
}

/** Everything that is wrong with the parameters of a spec. */
export function paramMistakes(algorithm: Algorithm, params: Readonly<Record<string, unknown>>): ParamMistake[] {
  const mistakes: ParamMistake[] = [];
  const writtenAs = new Map<string, string>();
  for (const [name, value] of Object.entries(params)) {
    const canonical = canonicalParam(algorithm, name);
    if (canonical === undefined) {
      mistakes.push({ name, message: unknownParam(algorithm, name), unknown: true });
      continue;
    }
    const before = writtenAs.get(canonical);
    if (before !== undefined) {
      mistakes.push({ name, message: `${name} and ${before} are the same parameter; keep one`, unknown: true });
      continue;
    }
    writtenAs.set(canonical, name);
    const info = PARAMS[algorithm][canonical]!;
    if (!accepts(info, value)) {
      const label = name === canonical ? name : `${name} (${canonical})`;
      mistakes.push({ name, message: `${label}: found ${JSON.stringify(value)}, expected ${rangeText(info)}`, unknown: false });
    }
  }
  return mistakes;
}

/**
 * The parameters in full: aliases by their canonical names, defaults filled in, in the table's order. A parameter that
 * the trainer chooses itself (`l2` of linear) stays absent when it is not given.
 * @throws UserError with one problem a wrong parameter
 */
export function resolveParams(algorithm: Algorithm, params: Readonly<Record<string, unknown>>): Params {
  const mistakes = paramMistakes(algorithm, params);
  if (mistakes.length > 0)
    throw new UserError(mistakes.map(({ message, unknown }) => ({ message: unknown ? message : `parameter ${message}` })));
  const given = new Map(Object.entries(params).map(([name, value]) => [canonicalParam(algorithm, name), value]));
  const resolved: Params = {};
  for (const [name, info] of Object.entries(PARAMS[algorithm])) {
    const value = given.get(name) ?? info.default;
    if (typeof value === 'number') resolved[name] = value;
  }
  return resolved;
}

/** `a whole number from 2 to 255`. */
export function rangeText(info: ParamInfo): string {
  const kind = info.type === 'integer' ? 'a whole number' : 'a number';
  const low = info.minInclusive === false ? `above ${info.min}` : `of at least ${info.min}`;
  if (info.max === undefined) return `${kind} ${low}`;
  if (info.maxInclusive === false) return `${kind} ${low} and below ${info.max}`;
  return info.minInclusive === false ? `${kind} ${low} up to ${info.max}` : `${kind} from ${info.min} to ${info.max}`;
}

function accepts(info: ParamInfo, value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  if (info.type === 'integer' && !Number.isSafeInteger(value)) return false;
  if (info.minInclusive === false ? value <= info.min : value < info.min) return false;
  if (info.max === undefined) return true;
  return info.maxInclusive === false ? value < info.max : value <= info.max;
}

function unknownParam(algorithm: Algorithm, name: string): string {
  const table = PARAMS[algorithm];
  if (Object.keys(table).length === 0) return `${name}: ${algorithm} has no parameters`;
  const owner = ALGORITHMS.find((other) => other !== algorithm && canonicalParam(other, name) !== undefined);
  if (owner) return `${name} is a parameter of ${owner}, not of ${algorithm}`;
  const aliases = Object.values(table).flatMap((info) => info.aliases ?? []);
  const near = nearest(name, Object.keys(table)) ?? nearest(name, aliases);
  const advice = near ? `did you mean ${JSON.stringify(near)}?` : `${algorithm} knows: ${Object.keys(table).join(', ')}`;
  return `unknown parameter ${JSON.stringify(name)} of ${algorithm}; ${advice}`;
}
