import type { ColumnSchema } from '../table.js';
import type { Measured } from './rule.js';

/**
 * How the numbers of a rule over all rows come from those of parts of the rows, which were looked at apart from each other.
 * Unless something else is said, an aggregate is a count and adds up.
 */
export interface InParts {
  /** What a part measures, where that is not what the rule itself does. */
  readonly aggregates?: Readonly<Record<string, string>>;
  /** Aggregates (and details) of which the smallest or largest is that of all. */
  readonly extremes?: Readonly<Record<string, 'min' | 'max'>>;
  /** Values that have to be known one by one, since they may be in several parts. */
  readonly values?: ValuesInParts;
  /** The aggregates of the rule, where they are not those of the parts. */
  readonly whole?: (sums: Measured, values: FoundValues | undefined) => Readonly<Record<string, number>>;
  /** The rule looks at how a value is written, which integers and other numbers do differently. */
  readonly asText?: boolean;
  /** Columns of a rule of several. */
  readonly columns?: readonly string[];
  /** Columns that conditions of the user's read: what those mean depends on the types. */
  readonly reads?: readonly string[];
}

export interface ValuesInParts {
  /** Of a quantile one column of numbers; else what is the same in rows that are the same. */
  readonly columns: readonly ColumnSchema[];
  /** SQL condition of the rows that count. */
  readonly where: string;
  /** `keys` only have to be told apart; `numbers` are needed themselves. */
  readonly kind: 'keys' | 'numbers';
  /** Of numbers: the shares of the rows whose values are wanted, interpolated. */
  readonly quantiles?: readonly number[];
}

/** What is known of the values of all parts together. */
export interface FoundValues {
  readonly rows: number;
  readonly different: number;
  /** Different values that more than one row has. */
  readonly repeated: number;
  /** Those that are wanted; NaN where there is no value. */
  readonly quantiles: readonly number[];
}

/** Counts that add up. */
export const COUNTS: InParts = {};
