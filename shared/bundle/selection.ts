/** Why a feature was dropped; see shared/training/selection. */
export type DropReason = 'constant' | 'duplicate' | 'correlated' | 'importance' | 'chance' | 'count';

/** What `features.select` did; kept in the manifest beside what identifies the model. */
export interface FeatureSelection {
  /** How importance was measured. */
  readonly method: 'gain' | 'permutation' | 'null_importance';
  /** Features that there were before. */
  readonly offered: number;
  readonly dropped: readonly DroppedFeature[];
  /** What stays although it should have been dropped too, with the reason: a model needs a feature. */
  readonly spared?: DroppedFeature;
  /** The share of the importance, by the method, that each kept feature had when it was measured; largest first. */
  readonly kept?: readonly { readonly feature: string; readonly value: number }[];
  /** What it cost: the loss on the validation rows, of the model on all features and of the one on what was kept. */
  readonly validation?: { readonly metric: 'log_loss' | 'rmse'; readonly all: number; readonly kept: number };
}

export interface DroppedFeature {
  readonly feature: string;
  /**
   * constant: one value in all training rows. duplicate: the values of another feature. correlated: too much like another.
   * importance: too little of it. chance: no more of it than with shuffled targets. count: less of it than `max` others have.
   */
  readonly reason: DropReason;
  /** The feature that stays in its place. */
  readonly of?: string;
  /** The correlation with `of`, or the share of the importance. */
  readonly value?: number;
}
