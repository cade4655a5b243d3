import type { Tensor } from 'onnxruntime-node';
import { UserError } from '../core/errors.js';
import { MISSING_INTEGER } from '../core/missing.js';
import type { Column, Table } from '../data/table.js';
import type { TensorType } from './signature.js';

/** Gives the tensor of the rows [start, end) of one input, in the order that it was made for. */
export type TensorSource = (start: number, end: number) => Tensor;

/** The part of onnxruntime-node that makes tensors. */
export interface Runtime {
  readonly Tensor: typeof Tensor;
}

/**
 * One input that holds one raw column. Where the column has exactly the tensor's form, and rows are not put in order, nothing is copied.
 * @param rank 2 gives tensors [n, 1], 1 gives [n]
 * @param order the rows in the order that they are asked for; default as they are
 * @throws UserError when values of that column cannot fill such a tensor
 */
export function columnSource(
  runtime: Runtime,
  name: string,
  column: Column,
  type: TensorType,
  rank: 1 | 2,
  order?: Uint32Array,
): TensorSource {
  const dims = (rows: number): number[] => (rank === 2 ? [rows, 1] : [rows]);
  if (type === 'string') {
    if (column.type !== 'string') throw misfit(name, column, type);
    return (start, end) => {
      const texts: string[] = new Array(end - start);
      for (let at = start; at < end; at++) texts[at - start] = column.dictionary[column.codes[order ? order[at]! : at]!]!;
      return new runtime.Tensor('string', texts, dims(end - start));
    };
  }
  const values = convert(name, column, type);
  // The runtime's constructor has one overload a type; the array was made for exactly this type.
  return (start, end) => {
    const block = order ? pick(values, order.subarray(start, end)) : values.subarray(start, end);
    return new runtime.Tensor(type as 'float32', block as Float32Array, dims(end - start));
  };
}

function pick(values: Values, rows: Uint32Array): Values {
  const picked = values.slice(0, rows.length);
  for (let at = 0; at < rows.length; at++) picked[at] = values[rows[at]!]!;
  return picked;
}

/**
 * One input [n, F] of numbers that holds all columns in the given order.
 * @throws UserError when a column is text
 */
export function matrixSource(
  runtime: Runtime,
  table: Table,
  columns: readonly string[],
  type: Exclude<TensorType, 'string' | 'bool'>,
): TensorSource {
  const width = columns.length;
  const arrays = columns.map((name) => convert(name, table.columns.get(name)!, type));
  return (start, end) => {
    const rows = end - start;
    const block = type === 'int64' ? new BigInt64Array(rows * width) : new FLOAT_ARRAYS[type](rows * width);
    for (const [position, values] of arrays.entries()) {
      for (let row = 0; row < rows; row++) block[row * width + position] = values[start + row]!;
    }
    return new runtime.Tensor(type as 'float32', block as Float32Array, [rows, width]);
  };
}

const FLOAT_ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

type Values = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;

function convert(name: string, column: Column, type: Exclude<TensorType, 'string'>): Values {
  if (column.type === 'string') throw misfit(name, column, type);
  if (type === 'int64') return column.values instanceof BigInt64Array ? column.values : toInt64(name, column.values);
  if (type === 'float32' && column.type === 'boolean') return column.values;
  if (type === 'float64' && column.type === 'number') return column.values;
  const numbers =
    column.values instanceof BigInt64Array
      ? Float64Array.from(column.values, (value) => (value === MISSING_INTEGER ? Number.NaN : Number(value)))
      : column.values;
  if (type === 'float64') return Float64Array.from(numbers);
  if (type === 'float32') return Float32Array.from(numbers);
  const [low, high] = type === 'bool' ? [0, 1] : [-(2 ** 31), 2 ** 31 - 1];
  const bad = numbers.findIndex((value: number) => !(Number.isInteger(value) && value >= low && value <= high));
  if (bad >= 0) throw badValue(name, type, bad, numbers[bad]!);
  return type === 'bool' ? Uint8Array.from(numbers) : Int32Array.from(numbers);
}

function toInt64(name: string, values: Float32Array | Float64Array): BigInt64Array {
  const whole = new BigInt64Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) whole[row] = MISSING_INTEGER;
    else if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) whole[row] = BigInt(value);
    else throw badValue(name, 'int64', row, value);
  }
  return whole;
}

function misfit(name: string, column: Column, type: TensorType): UserError {
  return new UserError(
    `column ${JSON.stringify(name)} is of type ${column.type}, but the model's input takes ${type === 'string' ? 'text' : `numbers (${type})`}`,
  );
}

function badValue(name: string, type: string, row: number, value: number): UserError {
  const found = Number.isNaN(value) ? 'a missing value' : String(value);
  return new UserError(
    `column ${JSON.stringify(name)}, row ${row + 1}: the model's input takes ${type}, which cannot hold ${found}`,
  );
}
