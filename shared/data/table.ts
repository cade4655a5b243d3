/**
 * A table in memory, by column, in typed arrays: what DuckDB hands to the trainer, to ONNX and to the metrics.
 * The arrays have exactly the form that a model's input tensors take, so nothing is converted on the way.
 */

export const COLUMN_TYPES = ['string', 'integer', 'number', 'boolean', 'date', 'timestamp'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export interface ColumnSchema {
  readonly name: string;
  readonly type: ColumnType;
}

/** Text by dictionary: `dictionary[codes[row]]`. Code 0 is always the empty string, which is "missing". */
export interface StringColumn {
  readonly type: 'string';
  readonly codes: Uint32Array;
  readonly dictionary: readonly string[];
}

/** Whole numbers; dates and timestamps in microseconds since 1970-01-01 UTC. Missing: MISSING_INTEGER of core/missing.ts. */
export interface IntegerColumn {
  readonly type: 'integer' | 'date' | 'timestamp';
  readonly values: BigInt64Array;
}

/** Missing: NaN. */
export interface NumberColumn {
  readonly type: 'number';
  readonly values: Float64Array;
}

/** 0, 1 or NaN for missing. */
export interface BooleanColumn {
  readonly type: 'boolean';
  readonly values: Float32Array;
}

export type Column = StringColumn | IntegerColumn | NumberColumn | BooleanColumn;

export interface Table {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
}

/** The column of that name. A missing one is a bug of the caller, who chose the columns. */
export function columnOf(table: Table, name: string): Column {
  const column = table.columns.get(name);
  if (!column) throw new Error(`the table has no column ${JSON.stringify(name)}`);
  return column;
}

/** The parts of a split. A row of `test` judges models and never trains or chooses one. */
export const PARTS = ['train', 'validation', 'calibration', 'test'] as const;
export type Part = (typeof PARTS)[number];

/** Stands where an index into PARTS would, for a row that is in no part: the model has nothing of it. */
export const OUTSIDE = 255;

/**
 * What is to be predicted, row by row. Classes are indices into `classes` (−1: the label is missing);
 * regression values are plain numbers (NaN: missing).
 */
export type Labels =
  | { readonly task: 'binary' | 'multiclass'; readonly classes: readonly string[]; readonly values: Int32Array }
  | { readonly task: 'regression'; readonly values: Float64Array };
