import type { DriftReport } from './drift/report.js';
import type { ColumnSchema } from './table.js';

/** The data held against its contract: `validation.json`. */
export interface Validation {
  readonly format: 1;
  readonly kind: 'validation';
  readonly model: string;
  /** The spec's path in the repository, for annotations. */
  readonly spec?: string;
  /** The contract's file, where it is another one; then the lines of the rules are its. */
  readonly contract?: string;
  /** No rule of severity error fails. */
  readonly passed: boolean;
  readonly rows: number;
  readonly schema: readonly ColumnSchema[];
  readonly rules: readonly RuleResult[];
  /** Things that are no rule of the contract: a missing purpose, duplicates that straddle the split. */
  readonly warnings: readonly string[];
  /** The data held against a reference. */
  readonly drift?: DriftReport;
  /** Why there is nothing yet to hold the data against, where a reference was named: a first run. */
  readonly noReference?: string;
  readonly seconds: number;
  readonly commit?: string;
  readonly createdAt: string;
  readonly tool: string;
}

export interface FailingSample {
  /** Counts data rows from 1 in the order of the files. */
  readonly row?: number;
  readonly value: string;
  /** Where the row begins in its CSV file; absent for other files. */
  readonly at?: { readonly file: string; readonly line: number };
}

export interface RuleResult {
  /** Absent for rules of the whole table. */
  readonly column?: string;
  /** The key in the spec: `missing.max`, `enum`, `rows.min`. */
  readonly rule: string;
  /** What is required, for people: `at most 0.5 % missing`, `one of: a, b`. */
  readonly required: string;
  /** What was found, for people: `12 of 1,461 rows (0.8 %)`, `no such column`. */
  readonly found: string;
  readonly severity: 'error' | 'warning';
  readonly passed: boolean;
  /** Rows that fail, where the rule is one about rows. */
  readonly failing?: number;
  /** Rows that the rule looked at. */
  readonly considered?: number;
  /** What was measured, where that is no count of failing rows: a mean, a number of rows or values, the newest time. */
  readonly observed?: number | string;
  /** A few of them. */
  readonly samples?: readonly FailingSample[];
  /** Where the rule stands in the spec, or in the contract's own file; for annotations. */
  readonly line?: number;
}
