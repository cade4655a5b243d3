import type { Dataset } from './dataset.js';
import { readColumns } from './known-columns.js';
import { columnOf, type Table } from './table.js';

/**
 * Rows that depend on each other, as block numbers: a resample takes or leaves a block as a whole, so that an interval
 * does not count rows of one day, or of one customer, as if each were news of its own.
 */

const MICROSECONDS_A_DAY = 86_400_000_000n;

/** Fewer blocks give intervals that are too narrow in a way nobody can see; then rows are taken one by one. */
const FEWEST_BLOCKS = 20;

/** A block a UTC day of the event time. @returns undefined when there are too few days */
export async function dayBlocks(
  dataset: Dataset,
  time: string,
  rows: Uint32Array,
  known?: Table,
): Promise<Int32Array | undefined> {
  const column = columnOf(await readColumns(dataset, [time], rows, known), time);
  if (column.type !== 'date' && column.type !== 'timestamp') return undefined;
  return numbered(Array.from(column.values, (value) => value / MICROSECONDS_A_DAY));
}

/** A block a group. @returns undefined when there are too few groups */
export async function groupBlocks(
  dataset: Dataset,
  group: string,
  rows: Uint32Array,
  known?: Table,
): Promise<Int32Array | undefined> {
  const column = columnOf(await readColumns(dataset, [group], rows, known), group);
  return numbered(
    column.type === 'string' ? Array.from(column.codes) : Array.from(column.values as ArrayLike<number | bigint>),
  );
}

function numbered(values: readonly (number | bigint)[]): Int32Array | undefined {
  const numbers = new Map<number | bigint, number>();
  const blocks = Int32Array.from(values, (value) => {
    let block = numbers.get(value);
    if (block === undefined) {
      block = numbers.size;
      numbers.set(value, block);
    }
    return block;
  });
  return numbers.size >= FEWEST_BLOCKS ? blocks : undefined;
}
