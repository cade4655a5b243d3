import type { Matrix, MatrixColumn } from '../features/plan.js';

/**
 * How a linear model sees a matrix: parameter 0 is the intercept, then the standardised numeric columns, the
 * indicators "this number is missing", and a column a level of every category (frequent levels, the rest, missing).
 */
export interface Encoding {
  readonly numeric: readonly NumericEncoding[];
  readonly categories: readonly CategoryEncoding[];
  /** Parameters a class. */
  readonly width: number;
}

export interface NumericEncoding {
  /** Index of the matrix's column. */
  readonly column: number;
  readonly mean: number;
  /** Standard deviation; 1 for a constant. */
  readonly scale: number;
  /** The parameter of the value. */
  readonly at: number;
  /** The parameter of "is missing"; absent when no training row is missing. */
  readonly missingAt?: number;
}

export interface CategoryEncoding {
  readonly column: number;
  /** Indices from here on share one parameter. */
  readonly cap: number;
  /** The parameter of index 0; the rest is at `at + cap`, missing at `at + cap + 1`. */
  readonly at: number;
}

/** Rows as a linear model sees them; `dense` and `at` belong to the same position. */
export interface Design {
  readonly rows: number;
  readonly width: number;
  readonly dense: readonly { readonly at: number; readonly values: Float64Array }[];
  /** Per category: the parameter that is 1 in each row. */
  readonly sparse: readonly Int32Array[];
}

/**
 * Fits means and deviations on the training rows. Infinite values count as missing: a straight line has no answer there.
 * @param maxLevels frequent levels a category that keep a parameter of their own
 */
export function fitEncoding(matrix: Matrix, weights: Float64Array, maxLevels: number): Encoding {
  const numericColumns: { column: number; mean: number; scale: number; missing: boolean }[] = [];
  const categoryColumns: { column: number; cap: number }[] = [];
  for (const [column, { values, levels }] of matrix.columns.entries()) {
    if (levels === undefined) numericColumns.push({ column, ...moments(values, weights) });
    else categoryColumns.push({ column, cap: Math.min(levels - 1, maxLevels) });
  }
  let next = 1;
  const plain = numericColumns.map(({ missing, ...encoding }) => ({ encoding: { ...encoding, at: next++ }, missing }));
  const numeric = plain.map(({ encoding, missing }) => (missing ? { ...encoding, missingAt: next++ } : encoding));
  const categories = categoryColumns.map(({ column, cap }) => {
    const encoding = { column, cap, at: next };
    next += cap + 2;
    return encoding;
  });
  return { numeric, categories, width: next };
}

/** Encodes rows: a missing number becomes the mean, which is 0 once it is standardised. */
export function encode(encoding: Encoding, matrix: Matrix): Design {
  const dense: { at: number; values: Float64Array }[] = [];
  for (const { column, mean, scale, at, missingAt } of encoding.numeric) {
    const { values } = matrix.columns[column]!;
    dense.push({ at, values: Float64Array.from(values, (value) => (Number.isFinite(value) ? (value - mean) / scale : 0)) });
    if (missingAt !== undefined) {
      dense.push({ at: missingAt, values: Float64Array.from(values, (value) => (Number.isFinite(value) ? 0 : 1)) });
    }
  }
  const sparse = encoding.categories.map((category) => codesOf(category, matrix.columns[category.column]!));
  return { rows: matrix.rows, width: encoding.width, dense, sparse };
}

function codesOf({ at, cap }: CategoryEncoding, column: MatrixColumn): Int32Array {
  return Int32Array.from(column.values, (index) => at + (Number.isNaN(index) ? cap + 1 : Math.min(index, cap)));
}

function moments(values: Float32Array, weights: Float64Array): { mean: number; scale: number; missing: boolean } {
  let weight = 0;
  let sum = 0;
  for (let row = 0; row < values.length; row++) {
    if (!Number.isFinite(values[row]!)) continue;
    weight += weights[row]!;
    sum += weights[row]! * values[row]!;
  }
  const mean = weight > 0 ? sum / weight : 0;
  let squares = 0;
  let missing = false;
  for (let row = 0; row < values.length; row++) {
    if (Number.isFinite(values[row]!)) squares += weights[row]! * (values[row]! - mean) ** 2;
    else missing = true;
  }
  const deviation = weight > 0 ? Math.sqrt(squares / weight) : 0;
  // What is left of a constant is rounding.
  return { mean, scale: deviation > 1e-9 * Math.abs(mean) ? deviation : 1, missing };
}

/** out[row] = Σ over the parameters of beta · row. */
export function multiply(design: Design, beta: Float64Array, out: Float64Array): void {
  out.fill(beta[0]!);
  for (const { at, values } of design.dense) {
    const factor = beta[at]!;
    if (factor === 0) continue;
    for (let row = 0; row < out.length; row++) out[row]! += factor * values[row]!;
  }
  for (const codes of design.sparse) {
    for (let row = 0; row < out.length; row++) out[row]! += beta[codes[row]!]!;
  }
}

/** out[parameter] = Σ over the rows of residual · value. */
export function multiplyTransposed(design: Design, residuals: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let row = 0; row < design.rows; row++) out[0]! += residuals[row]!;
  for (const { at, values } of design.dense) {
    let sum = 0;
    for (let row = 0; row < design.rows; row++) sum += residuals[row]! * values[row]!;
    out[at] = sum;
  }
  for (const codes of design.sparse) {
    for (let row = 0; row < design.rows; row++) out[codes[row]!]! += residuals[row]!;
  }
}

/** out[parameter] = Σ over the rows of weight · value². */
export function squaresOf(design: Design, weights: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let row = 0; row < design.rows; row++) out[0]! += weights[row]!;
  for (const { at, values } of design.dense) {
    let sum = 0;
    for (let row = 0; row < design.rows; row++) sum += weights[row]! * values[row]! * values[row]!;
    out[at] = sum;
  }
  for (const codes of design.sparse) {
    for (let row = 0; row < design.rows; row++) out[codes[row]!]! += weights[row]!;
  }
}

/** out[a, b] = Σ over the rows of weight · value a · value b, as a full square of width². */
export function gram(design: Design, weights: Float64Array, out: Float64Array): void {
  const { width, dense, sparse } = design;
  const size = 1 + dense.length + sparse.length;
  const at = new Int32Array(size);
  const values = new Float64Array(size).fill(1);
  for (const [position, column] of dense.entries()) at[1 + position] = column.at;
  out.fill(0);
  for (let row = 0; row < design.rows; row++) {
    const weight = weights[row]!;
    if (weight === 0) continue;
    for (let position = 0; position < dense.length; position++) values[1 + position] = dense[position]!.values[row]!;
    for (let position = 0; position < sparse.length; position++) at[1 + dense.length + position] = sparse[position]![row]!;
    for (let a = 0; a < size; a++) {
      const weighted = weight * values[a]!;
      if (weighted === 0) continue;
      const base = at[a]! * width;
      for (let b = 0; b < size; b++) out[base + at[b]!]! += weighted * values[b]!;
    }
  }
}
