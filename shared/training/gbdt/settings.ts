import { resolveParams } from '../../spec/params.js';

/** The parameters of boosting, typed. Names and meanings are LightGBM's; see shared/spec/params.ts. */
export interface Settings {
  readonly numIterations: number;
  readonly earlyStoppingRound: number;
  readonly baggingFraction: number;
  readonly baggingFreq: number;
  readonly featureFraction: number;
  readonly maxBin: number;
  readonly tree: TreeSettings;
}

/** What the growth of one tree depends on. */
export interface TreeSettings {
  readonly learningRate: number;
  readonly numLeaves: number;
  /** 0 and below: no limit. */
  readonly maxDepth: number;
  readonly split: SplitSettings;
}

/** What decides which split of a leaf is best. */
export interface SplitSettings {
  readonly minDataInLeaf: number;
  readonly minSumHessianInLeaf: number;
  readonly lambdaL1: number;
  readonly lambdaL2: number;
  readonly minGainToSplit: number;
  readonly catSmooth: number;
  readonly catL2: number;
  readonly maxCatThreshold: number;
  readonly maxCatToOnehot: number;
  readonly minDataPerGroup: number;
}

/**
 * The full parameters and their typed form.
 * @throws UserError with one problem a parameter that is unknown or out of range
 */
export function readSettings(given: Readonly<Record<string, unknown>>): {
  readonly params: Readonly<Record<string, number | boolean | string>>;
  readonly settings: Settings;
} {
  const params = resolveParams('gbdt', given);
  const read = (name: string): number => {
    const value = params[name];
    if (typeof value !== 'number') throw new Error(`gbdt has no parameter ${name}`);
    return value;
  };
  const settings: Settings = {
    numIterations: read('num_iterations'),
    earlyStoppingRound: read('early_stopping_round'),
    baggingFraction: read('bagging_fraction'),
    baggingFreq: read('bagging_freq'),
    featureFraction: read('feature_fraction'),
    maxBin: read('max_bin'),
    tree: {
      learningRate: read('learning_rate'),
      numLeaves: read('num_leaves'),
      maxDepth: read('max_depth'),
      split: {
        minDataInLeaf: read('min_data_in_leaf'),
        minSumHessianInLeaf: read('min_sum_hessian_in_leaf'),
        lambdaL1: read('lambda_l1'),
        lambdaL2: read('lambda_l2'),
        minGainToSplit: read('min_gain_to_split'),
        catSmooth: read('cat_smooth'),
        catL2: read('cat_l2'),
        maxCatThreshold: read('max_cat_threshold'),
        maxCatToOnehot: read('max_cat_to_onehot'),
        minDataPerGroup: read('min_data_per_group'),
      },
    },
  };
  return { params, settings };
}
