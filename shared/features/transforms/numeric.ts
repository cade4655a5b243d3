import { MISSING_INTEGER } from '../../core/missing.js';
import type { BooleanColumn, IntegerColumn, NumberColumn } from '../../data/table.js';
import { nanWhere, toFloat32 } from '../nodes.js';
import { typedColumn } from '../raw.js';
import { single } from '../transform.js';

/** A column of numbers, whole numbers or booleans as it is. */
export const numeric = single<'numeric'>({
  values: (feature, table) =>
    numbersOf(
      typedColumn(feature, feature.from, table, ['number', 'integer', 'boolean'], 'a number or boolean') as
        | NumberColumn
        | IntegerColumn
        | BooleanColumn,
    ),
  nodes({ from }, { graph, input, missing }) {
    const { name, tensor } = input(from);
    if (tensor === 'float32') return name;
    const cast = toFloat32(graph, name);
    return tensor === 'int64' ? nanWhere(graph, missing(from), cast) : cast;
  },
});

function numbersOf(column: NumberColumn | IntegerColumn | BooleanColumn): Float32Array {
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
