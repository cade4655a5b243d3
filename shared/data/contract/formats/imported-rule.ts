import type { Location, Problem } from '../../../core/errors.js';
import type { ColumnType } from '../../table.js';

/**
 * What the formats of other tools have in common: a list of rules, each a test with what it is allowed to fail. The
 * readers of this room turn files into it; shared/data/contract runs it.
 */

export type Scalar = string | number | boolean;

export interface Bounds {
  readonly min?: number | string | undefined;
  readonly max?: number | string | undefined;
  readonly strictMin?: boolean | undefined;
  readonly strictMax?: boolean | undefined;
}

export type Statistic =
  | 'min'
  | 'max'
  | 'mean'
  | 'median'
  | 'stdev'
  | 'sum'
  | 'distinct'
  /** Different values by values. */
  | 'distinct share'
  /** Values by rows. */
  | 'present share';

/** Tests that each row passes or fails. Those of one column leave missing values out, but for `missing` itself. */
export type RowTest =
  | { readonly kind: 'missing' }
  | { readonly kind: 'present' }
  | { readonly kind: 'unique' }
  | { readonly kind: 'range'; readonly bounds: Bounds }
  | { readonly kind: 'set'; readonly values: readonly Scalar[]; readonly negate?: boolean }
  | {
      readonly kind: 'pattern';
      readonly patterns: readonly string[];
      readonly how: PatternMatch;
      readonly match: 'any' | 'all' | 'none';
    }
  | { readonly kind: 'length'; readonly bounds: Bounds }
  /** Texts that can be read as a type; columns of the type pass. */
  | { readonly kind: 'readable'; readonly as: ColumnType; readonly format?: string | undefined }
  | { readonly kind: 'json' }
  | { readonly kind: 'order'; readonly breaks: '<' | '<=' | '>' | '>=' }
  /** Distance from the mean in standard deviations. */
  | { readonly kind: 'deviation'; readonly threshold: number; readonly doubleSided: boolean }
  /** Of two columns. */
  | { readonly kind: 'pair'; readonly relation: '>' | '>=' | '='; readonly ignore: IgnoredRows }
  | { readonly kind: 'pairs'; readonly pairs: readonly (readonly Scalar[])[]; readonly ignore: IgnoredRows }
  /** Of several columns in a row: their sum, all different, all the same. */
  | { readonly kind: 'total'; readonly total: number; readonly ignore: IgnoredRows }
  | { readonly kind: 'different'; readonly ignore: IgnoredRows }
  | { readonly kind: 'same'; readonly ignore: IgnoredRows }
  | { readonly kind: 'condition'; readonly sql: string }
  /** The values together stand in another file: the lookup of that number. */
  | { readonly kind: 'reference'; readonly lookup: number };

/** Rows of several columns that do not count. */
export type IgnoredRows = 'all missing' | 'any missing' | 'never';
export type PatternMatch = 'search' | 'start' | 'full' | 'like';

/** Tests of a column or of the table as a whole. */
export type WholeTest =
  | { readonly kind: 'column' }
  | { readonly kind: 'position'; readonly index: number }
  | { readonly kind: 'type'; readonly types: readonly TypeName[]; readonly shown: string }
  | { readonly kind: 'statistic'; readonly statistic: Statistic; readonly bounds: Bounds }
  | {
      readonly kind: 'quantiles';
      readonly quantiles: readonly { readonly at: number; readonly bounds: Bounds }[];
      readonly how: 'nearest' | 'linear';
    }
  | { readonly kind: 'values'; readonly how: 'in' | 'contain' | 'equal'; readonly values: readonly Scalar[] }
  | { readonly kind: 'most common'; readonly values: readonly Scalar[]; readonly ties: boolean }
  | {
      readonly kind: 'columns';
      readonly names: readonly string[];
      readonly how: 'ordered' | 'ordered prefix' | 'equal' | 'contain' | 'in';
    }
  | { readonly kind: 'column count'; readonly bounds: Bounds }
  | { readonly kind: 'rows'; readonly bounds: Bounds };

/** With gaps: some values are missing. pandas keeps such whole numbers as floating point, and booleans as objects. */
export type TypeName = ColumnType | 'integer with gaps' | 'integer without gaps' | 'boolean with gaps';

/** How many of the rows may fail. */
export type Allowance =
  /** At least this share of the rows that count pass. */
  | { readonly mostly: number }
  /** Their number, or percentage of all rows, is within bounds. */
  | { readonly failing: Bounds; readonly unit: 'rows' | 'percent' };

export interface ImportedRule {
  /** What the format calls it: `expect_column_values_to_be_between`, `minimum`. */
  readonly name: string;
  /** In the order of the test. */
  readonly columns: readonly string[];
  readonly test: RowTest | WholeTest;
  readonly allow: Allowance;
  readonly severity: 'error' | 'warning';
  /** SQL condition: only these rows count. */
  readonly where?: string | undefined;
  /** A column that may be absent: then the rule says nothing. */
  readonly optional?: boolean | undefined;
  readonly location: Location;
  /** The rule as the file has it, for results in the same format. */
  readonly origin?: unknown;
}

/** A file of values that a rule refers to, relative to the contract's own folder. */
export interface ImportedLookup {
  readonly path: string;
  readonly to: readonly string[];
  readonly location: Location;
}

/** A contract of another tool. */
export interface ImportedContract {
  /** As shown to users, from the root of the repository. */
  readonly file: string;
  readonly format: string;
  readonly rules: readonly ImportedRule[];
  readonly lookups: readonly ImportedLookup[];
  /** Rules that are not run, by name, each at its place. */
  readonly unsupported: readonly Problem[];
}

export const ALL_ROWS: Allowance = { mostly: 1 };
