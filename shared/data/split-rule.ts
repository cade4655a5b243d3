/**
 * How rows were divided, complete enough to say later, of any row, which part it was in. It is frozen in the
 * bundle's manifest, so that a comparison can leave out every row that one of the models may have trained on.
 */
export type SplitRule = Division & {
  /** Only these rows were divided; the others are in no part. */
  readonly window?: RowWindow;
};

/** Rows later than an instant. */
export interface RowWindow {
  /** The column with the time of the event. */
  readonly column: string;
  /** Microseconds since 1970 UTC, as decimal text. */
  readonly after: string;
}

type Division =
  | {
      readonly by: 'hash';
      /** The columns whose canonical text is hashed, sorted by name. */
      readonly columns: readonly string[];
      readonly shares: PartShares;
      /**
       * Cut points on [0, 1) a class (key: the class's text), or one entry `"*"` when not stratified or for a class
       * that is not listed: u < test is test; then validation, calibration, and the rest is train.
       */
      readonly cuts: {
        readonly [classText: string]: { readonly test: number; readonly validation: number; readonly calibration: number };
      };
    }
  | {
      readonly by: 'time';
      readonly column: string;
      readonly shares: PartShares;
      /**
       * Boundaries in microseconds since 1970 UTC, as decimal text (they exceed what JSON numbers hold): rows before
       * `validation` train; then validation, calibration and test. Rows of one instant are never divided. A row
       * without a time belongs to train.
       */
      readonly boundaries: { readonly validation: string; readonly calibration: string; readonly test: string };
    }
  | {
      readonly by: 'group';
      readonly column: string;
      readonly shares: PartShares;
      /** Like `"*"` of a hash split, on the hash of the group. */
      readonly cut: { readonly test: number; readonly validation: number; readonly calibration: number };
    };

export interface PartShares {
  readonly validation: number;
  readonly calibration: number;
  readonly test: number;
}
