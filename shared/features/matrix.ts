import { UserError } from '../core/errors.js';
import { MISSING_INTEGER } from '../core/missing.js';
import { type Column, columnOf, type StringColumn, type Table } from '../data/table.js';
import { datePartOf } from './calendar.js';
import type { Feature, FeaturePlan, Matrix, MatrixColumn } from './plan.js';
import { tensorText } from './text.js';

/**
 * Every feature of every row, as the plan defines it: the values that the graph's feature nodes compute, bit for bit.
 * @throws UserError when a column's type does not fit the feature that was fitted on it
 */
export function buildMatrix(plan: FeaturePlan, table: Table): Matrix {
  return { rows: table.rows, columns: plan.features.map((feature) => matrixColumn(feature, columnOf(table, feature.from))) };
}

function matrixColumn(feature: Feature, column: Column): MatrixColumn {
  const { name } = feature;
  switch (feature.kind) {
    case 'numeric':
      if (column.type === 'string') throw wrongType(feature, column, 'a number or boolean');
      return { name, values: numbersOf(column) };
    case 'date_part':
      if (column.type !== 'date' && column.type !== 'timestamp') throw wrongType(feature, column, 'a date or timestamp');
      return { name, values: datePartOf(feature.part, column.values) };
    case 'categorical':
      if (column.type !== 'string') throw wrongType(feature, column, 'text');
      return { name, values: indicesOf(column, feature.levels), levels: feature.levels.length + 1 };
  }
}

function numbersOf(column: Exclude<Column, StringColumn>): Float32Array {
  if (column.type === 'boolean') return column.values;
  if (column.type === 'number') return Float32Array.from(column.values);
  const values = new Float32Array(column.values.length);
  for (let row = 0; row < values.length; row++) {
    const value = column.values[row]!;
    values[row] = value === MISSING_INTEGER ? Number.NaN : float32Of(value);
  }
  return values;
}

/**
 * A 64-bit whole number as the nearest 32-bit float, rounded once. Beyond 2^53 the way over a 64-bit float would round
 * twice; there the lowest bits are folded into one, which is set when any of them is, and then rounding is exact.
 */
function float32Of(value: bigint): number {
  const near = Number(value);
  if (Number.isSafeInteger(near)) return Math.fround(near);
  const folded = (value >> 11n) | (value & 0x7ffn ? 1n : 0n);
  return Math.fround(Number(folded) * 2048);
}

function indicesOf(column: StringColumn, levels: readonly string[]): Float32Array {
  const indexOf = new Map<string, number>(levels.map((level, index) => [level, index]));
  indexOf.set('', Number.NaN);
  const indexOfCode = Float32Array.from(column.dictionary, (text) => indexOf.get(tensorText(text)) ?? levels.length);
  return Float32Array.from(column.codes, (code) => indexOfCode[code]!);
}

function wrongType(feature: Feature, column: Column, expected: string): UserError {
  return new UserError(
    `column ${JSON.stringify(feature.from)} is of type ${column.type}, but the feature ${JSON.stringify(feature.name)} was ` +
      `fitted on ${expected}: give the column that type in the data (contract.columns checks it)`,
  );
}
