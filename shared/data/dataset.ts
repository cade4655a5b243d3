import type { DuckDBConnection } from '@duckdb/node-api';
import type { Location } from '../core/errors.js';
import type { Spec } from '../spec/schema.js';
import type { CheckedExpression } from './fence.js';
import type { FileLine } from './file-lines.js';
import type { RowsFingerprint } from './fingerprint.js';
import type { StoredColumn } from './load.js';
import type { Lookup } from './lookup.js';
import type { Everything } from './row-sample.js';
import type { Column, ColumnSchema, ColumnType, Labels, StringColumn, Table } from './table.js';

export type Locate = (path: readonly (string | number)[]) => Location;

/**
 * The rows of a model's data, in the canonical order that depends on nothing but their content. Everything that comes
 * by row (tables, labels, weights, ids, the parts of a split) has that order.
 */
export interface Dataset {
  /** For SQL of ours on the view `source`. SQL of the spec goes through `checkExpression` first. */
  readonly connection: DuckDBConnection;
  /** The files, sorted; relative to the working directory where they stand in it. */
  readonly files: readonly string[];
  /** The raw columns in the order of the files. Nested ones (lists, objects) are not among them. */
  readonly schema: readonly ColumnSchema[];
  /** All raw columns, the nested ones too, which only SQL can read. */
  readonly columnNames: readonly string[];
  /** Rows that `data.where` lets through. */
  readonly rows: number;
  readonly fingerprint: RowsFingerprint;
  /** What a user should know about how the files were read. */
  readonly notices: readonly string[];
  readonly locate: Locate;
  readonly spec: Spec;
  /** What the request asked for, in its order. */
  readonly lookups: readonly Lookup[];
  /** Of a shard: what tells whether others are of the same files, and its rows before `data.where`. */
  readonly share?: { readonly digest: string; readonly rows: number };
  /** All rows, where those of this dataset are a sample. */
  readonly everything?: Everything;

  /** Checks one scalar expression of the spec over the raw columns (fence.ts). */
  checkExpression(sql: string, location: Location): Promise<CheckedExpression>;
  /** The raw column that is meant, by SQL's rules of case. @throws UserError with the nearest name */
  column(name: string, location: Location): StoredColumn;
  /** Raw columns as typed arrays. @param rows indices in canonical order; default all */
  table(columns: readonly string[], rows?: Uint32Array): Promise<Table>;
  /** The values of an expression of the spec, by row: slices, conditions. */
  values(sql: string, location: Location, rows?: Uint32Array): Promise<Column>;
  /** A numeric expression that has been checked. Missing is NaN. @throws UserError where it fails on a value */
  numbers(checkedSql: string, location: Location): Promise<Float64Array>;
  /** What is to be predicted: the target's column or expression. @throws UserError when there is none */
  labelColumn(): Promise<LabelColumn>;
  /** The target's canonical text, by row; code 0 is missing. */
  labelText(): Promise<StringColumn>;
  /**
   * The labels. Without `classes` a target that is constant or all missing is a UserError. With them (those of a model
   * that is to be judged; [] for regression) other values are unlabelled.
   */
  labels(options?: { classes?: readonly string[] }): Promise<Labels>;
  /** The column `data.weight`: finite, not negative, never missing. Undefined when there is none. */
  weights(): Promise<Float64Array | undefined>;
  /** The MD5 of the canonical text over some columns (default: all), 16 bytes a row; see canonical.ts. */
  hashes(columns?: readonly string[]): Promise<Uint8Array>;
  /** What names a row in predictions: its key, else the hex digits of its hash; repeated ones get `-2`, `-3`, ... */
  rowIds(rows?: Uint32Array): Promise<readonly string[]>;
  /**
   * The MD5 of what rowIds gives, 16 bytes a row, in a fraction of the time and memory; undefined where rows are named by their
   * hashes or a name is repeated, which only rowIds tells apart.
   */
  rowIdHashes(): Promise<Uint8Array | undefined>;
  /** Where rows, by their numbers `__row`, begin in CSV files; none of other files (file-lines.ts). */
  linesOf(rows: readonly number[]): Promise<ReadonlyMap<number, FileLine>>;
  /** Of an error of a query: the file's, where a file that is read in place is damaged inside; else the same. */
  blame(error: unknown): Promise<unknown>;
  close(): void;
}

export interface LabelColumn {
  /** For people: the target's name. */
  readonly name: string;
  /** Where it stands in the spec. */
  readonly path: readonly string[];
  readonly type: ColumnType;
  /** Normalised SQL over `source`. */
  readonly sql: string;
  /** The raw columns that it reads. */
  readonly columns: readonly string[];
}
