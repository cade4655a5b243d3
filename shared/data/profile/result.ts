import type { StoredType } from '../canonical.js';
import type { Distribution } from '../distribution/distribution.js';
import type { Part } from '../table.js';

/**
 * What there is to know of the data before anything is trained on it: `profile.json`. Numbers are exact over all rows
 * unless a field says otherwise; what comes from the engine's sums is rounded to ten significant digits, so that their order
 * does not matter.
 * Dates and timestamps stand as microseconds since 1970-01-01 UTC.
 */
export interface Profile {
  readonly format: 1;
  readonly kind: 'profile';
  readonly model: string;
  readonly task: 'binary' | 'multiclass' | 'regression';
  readonly files: readonly string[];
  readonly rows: number;
  /**
   * Of very many rows: what would have to sort or hash each of them is of a sample. These are quantiles, histograms, outliers,
   * rows of the median, duplicates, the split, the counts of texts with very many values, relations and correlations. Counts among
   * them are scaled to all rows, but for those of relations, correlations and associations. Counts of different values beyond 16,384
   * are estimates.
   */
  readonly sample?: {
    readonly rows: number;
    /** The rank of a quantile is within this share of the rows, with 99 % certainty. */
    readonly rankError: number;
  };
  readonly target: TargetProfile;
  /** The raw columns in the order of the data. */
  readonly columns: readonly ColumnProfile[];
  readonly correlations: Correlations;
  readonly associations: Associations;
  /** Rows that are equal to an earlier one in every column; absent where no job has seen all rows. */
  readonly duplicates?: { readonly rows: number; readonly share: number };
  /** Absent when the spec's split cannot be made; a finding says why. */
  readonly split?: {
    readonly by: 'hash' | 'time' | 'group';
    readonly counts: Readonly<Record<Part, number>>;
    /** Test rows that stand again, the same in every column but the key, among the other parts. */
    readonly leakage: { readonly rows: number; readonly share: number };
  };
  /** Dates that are later than the time of the event; absent without `data.time`. */
  readonly later?: readonly LaterColumn[];
  /** Values that look like missing ones. */
  readonly standIns: readonly StandIn[];
  /** The worst first. */
  readonly findings: readonly Finding[];
  /** How the files were read. */
  readonly notices: readonly string[];
  readonly limits: ProfileLimits;
  /** Jobs that have looked at a shard of the rows each; absent where one has seen them all. */
  readonly shards?: number;
  /** Of shards: counts that can be added to those of other rows; values of few rows are not named. */
  readonly distribution?: Distribution;
}

/** The numbers that decide what is named and what is suspected. */
export interface ProfileLimits {
  /** Values that stand in fewer rows are not named: they are counted together as "other". */
  readonly smallestGroup: number;
  /** A class target's column is a leakage suspect from this AUC on. */
  readonly leakageAuc: number;
  /** A numeric target's column is a leakage suspect from this explained share of the variance on. */
  readonly leakageVariance: number;
  /** A group of a column is a suspect when this share of it is of one class that at most a fifth of all rows have. */
  readonly decidedGroup: number;
  /** A column is near-constant when one value has at least this share of the rows. */
  readonly nearConstant: number;
  /** Correlations and associations are computed on at most this many rows. */
  readonly pairRows: number;
}

/** A profile with the facts of the run that made it. */
export interface ProfileDocument extends Profile {
  readonly commit?: string;
  readonly createdAt: string;
  readonly seconds: number;
  readonly tool: string;
}

/** What a column is in the spec. `target source`: the target's expression reads it. `feature source`: only derived features do. */
export type ColumnRole =
  | 'feature'
  | 'feature source'
  | 'target'
  | 'target source'
  | 'key'
  | 'time'
  | 'weight'
  | 'group'
  | 'unused';

/** How far numbers may be off that come from counts of bins and hashes. */
export interface ValueErrors {
  /** Of `distinct`: the relative standard error. */
  readonly distinct?: number;
  /** Of the quantiles, and so of the outliers and the histogram: at most so much of the value (of times, since 1970). */
  readonly quantiles?: number;
  /** Of the frequent values: rows by which a count may be too low. */
  readonly levels?: number;
}

/** What every column has, and the target too. */
export interface ValueProfile {
  readonly type: StoredType;
  readonly missing: number;
  /** Different values that are there; finite ones, where they are numbers. */
  readonly distinct?: number;
  /** Integers, numbers, dates and timestamps with at least one finite value. */
  readonly numbers?: NumberProfile;
  /** Texts and booleans. */
  readonly levels?: LevelProfile;
  /** Of what is not exact; absent where everything is. */
  readonly errors?: ValueErrors;
  /** Texts: characters a value. */
  readonly length?: { readonly min: number; readonly mean: number; readonly max: number };
}

export interface ColumnProfile extends ValueProfile {
  readonly name: string;
  readonly role: ColumnRole;
  /** To the target; absent where nothing can be said (nested columns, a target with a problem, the target itself). */
  readonly relation?: Relation;
}

export interface TargetProfile extends ValueProfile {
  readonly name: string;
  /** The expression, when the target is derived. */
  readonly sql?: string;
  /** Classes in the model's order (the positive one last), else by size. `other` are those that are too small or too many. */
  readonly classes?: readonly { readonly value: string; readonly count: number; readonly other?: true }[];
  /** Why nothing can be trained on it as it is. */
  readonly problem?: string;
}

export interface NumberProfile {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation of the sample (n − 1); absent for one value. */
  readonly sd?: number;
  /** The values at shares of the rows, interpolated; the shares are QUANTILES. */
  readonly quantiles: readonly { readonly p: number; readonly value: number }[];
  /** Infinite, or beyond ±1e150, which no sum of squares holds. They are in no other number here. */
  readonly infinite: number;
  readonly zeros: number;
  readonly negative: number;
  /** Beyond three interquartile ranges from the quartiles (Tukey's outer fences); 0 where the quartiles are one value. */
  readonly outliers: number;
  /** Rows that have the median's value. */
  readonly median: { readonly value: number; readonly rows: number };
  readonly histogram: Histogram;
}

/** Bins of one width: `counts[i]` rows are in [from + i·step, from + (i+1)·step). */
export interface Histogram {
  readonly from: number;
  readonly step: number;
  readonly counts: readonly number[];
  /** Rows outside: the tails beyond the 1 % and 99 % quantiles are cut where they would flatten the picture. */
  readonly below: number;
  readonly above: number;
}

export interface LevelProfile {
  /** The most frequent values, none of them in fewer rows than `limits.smallestGroup`. */
  readonly top: readonly { readonly value: string; readonly count: number }[];
  /** All the others together. */
  readonly other: { readonly levels: number; readonly count: number };
}

/**
 * How much a column alone says of the target. Numbers and dates are cut into at most 20 groups of neighbours,
 * texts into their values (small ones together), missing is a group of its own.
 */
export interface Relation {
  /**
   * Class targets: mutual information over the target's entropy (Theil's U), less its bias under independence
   * (Miller-Madow). Numeric targets: the correlation ratio adjusted for the number of groups (Kelley's ε²).
   */
  readonly method: 'share of entropy' | 'share of variance';
  /** In [0, 1]. */
  readonly strength: number;
  /**
   * Class targets: area under the ROC curve when rows are ranked by their group's class rate, class against rest,
   * averaged by the classes' sizes. Measured on the rows that the rates come from, so a little high.
   */
  readonly auc?: number;
  /** Rows with a known target. */
  readonly rows: number;
  /** Those of at least `limits.smallestGroup` rows. */
  readonly groups: readonly RelationGroup[];
}

export interface RelationGroup {
  readonly kind: 'range' | 'value' | 'other' | 'missing';
  /** Of a range: its smallest and its largest value. */
  readonly low?: number;
  readonly high?: number;
  readonly value?: string;
  readonly rows: number;
  /** Class targets: rows of each of the target's classes. Numeric targets: the mean. */
  readonly classes?: readonly number[];
  readonly mean?: number;
}

export interface Correlations {
  /** Rows that they were computed on: the first in the order of the rows' hashes, which is a random sample. */
  readonly rows: number;
  /** The strongest, by the larger of the two in size. */
  readonly pairs: readonly {
    readonly a: string;
    readonly b: string;
    readonly pearson: number;
    readonly spearman: number;
    /** Rows where both are there. */
    readonly rows: number;
  }[];
}

export interface Associations {
  readonly rows: number;
  /** Cramér's V with Bergsma's bias correction, the strongest. */
  readonly pairs: readonly { readonly a: string; readonly b: string; readonly cramersV: number; readonly rows: number }[];
}

export interface LaterColumn {
  readonly column: string;
  /** Rows where it is later. */
  readonly rows: number;
}

/** A value that stands in for a missing one. */
export interface StandIn {
  readonly column: string;
  readonly value: string | number;
  readonly rows: number;
  /** Of numbers: where all the others are. */
  readonly rest?: { readonly low: number; readonly high: number };
}

export type FindingKind =
  | 'target'
  | 'split'
  | 'test rows seen'
  | 'leakage suspect'
  | 'id-like'
  | 'constant'
  | 'near-constant'
  | 'all missing'
  | 'missing'
  | 'stand-in'
  | 'time travel'
  | 'infinite'
  | 'outliers'
  | 'same as another'
  | 'duplicates'
  | 'cannot be a feature';

export interface Finding {
  readonly kind: FindingKind;
  /** `error`: nothing can be trained, or its score would be wrong. `warning`: look at it. `note`: good to know. */
  readonly level: 'error' | 'warning' | 'note';
  readonly column?: string;
  /** One sentence for people; backticks mark names. */
  readonly message: string;
}
