/**
 * `contributions.json`: SHAP values of a sample of held-out rows. They add up: a row's score of an output is its base and the row's
 * contributions. No value of a column stands here.
 */
export interface Explanation {
  /** What scores are: of binary log-odds, of Poisson the logarithm, of several classes the scores before softmax. */
  readonly scale: 'value' | 'log' | 'log-odds' | 'softmax score';
  /** Rows that were explained. */
  readonly rows: number;
  /** The classes that scores are of; one output has none. */
  readonly outputs: readonly string[];
  /** The mean score of the training rows, by output. */
  readonly base: readonly number[];
  /** Largest first. */
  readonly features: readonly {
    readonly feature: string;
    /** Mean size of the contribution, over rows and outputs. */
    readonly mean: number;
    /** Correlation of value and contribution: above 0 larger values raise the score. Absent for categories and several outputs. */
    readonly trend?: number;
  }[];
  /** Some of the rows by their ids in predictions.parquet: score and contribution by output, features in the order above. */
  readonly sample: readonly {
    readonly row: string;
    readonly score: readonly number[];
    readonly contributions: readonly (readonly number[])[];
  }[];
}
