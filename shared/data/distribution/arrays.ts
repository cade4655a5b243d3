import { rounded } from '../profile/association.js';
import { coarserKey, FINEST, finestKey, fittingResolution } from './bins.js';
import { keptBlocks } from './blocks.js';
import { levelDistribution, numberDistribution } from './build.js';
import {
  type BlockUnit,
  blockOf,
  type ColumnDistribution,
  type Distribution,
  MOST_BINS,
  MOST_BLOCK_LEVELS,
} from './distribution.js';
import { bucketOf } from './hash.js';

/** The distribution of columns that are in memory already: predictions. Tables of the engine are counted there (read.ts). */

export type ArrayColumn =
  /** NaN: missing. */
  | { readonly name: string; readonly kind: 'numbers'; readonly values: Float64Array }
  /** Indices into `names`; below 0: missing. */
  | { readonly name: string; readonly kind: 'levels'; readonly values: Int32Array; readonly names: readonly string[] };

export interface ArrayTimes {
  /** Milliseconds since the epoch; NaN: unknown. */
  readonly values: Float64Array;
  readonly unit: BlockUnit;
}

/** @param rows entries of every array */
export function distributionOf(columns: readonly ArrayColumn[], rows: number, times?: ArrayTimes): Distribution {
  const ids = times && Array.from(times.values, (time) => blockOf(time, times.unit));
  const sizes = new Map<number, number>();
  for (const id of ids ?? []) if (!Number.isNaN(id)) sizes.set(id, (sizes.get(id) ?? 0) + 1);
  const blocks = times && keptBlocks(times.unit, [...sizes]);
  const places = blocks && new Map(blocks.ids.map((id, place) => [id, place]));
  const blockOfRow = Int32Array.from({ length: rows }, (_, row) => (places ? (places.get(ids![row]!) ?? -1) : 0));
  return {
    rows,
    ...(blocks && { blocks }),
    columns: columns.map((column) => distributionOfColumn(column, blockOfRow, blocks?.ids.length ?? 1)),
  };
}

function distributionOfColumn(column: ArrayColumn, blocks: Int32Array, blockCount: number): ColumnDistribution {
  const { name } = column;
  const counts = new Uint8Array(column.values.length).fill(1);
  if (column.kind === 'levels') {
    const few = column.names.length <= MOST_BLOCK_LEVELS;
    const bucketOfName = few ? [] : column.names.map((value) => bucketOf(value, MOST_BLOCK_LEVELS));
    const buckets = column.values.map((value) => bucketOfName[value] ?? 0);
    const cells = { values: column.names, codes: column.values, buckets, blocks, counts, other: { levels: 0, most: 0 } };
    return levelDistribution(name, cells, blockCount, few ? column.names : MOST_BLOCK_LEVELS);
  }
  const finest = column.values.map((value) => (Number.isNaN(value) ? Number.NaN : finestKey(value)));
  // Sorting finds the resolution, so that few bins are counted and not every value by itself.
  const sorted = finest.filter((key) => !Number.isNaN(key)).sort();
  const resolution = fittingResolution(sorted, FINEST, MOST_BINS);
  const keys = finest.map((key) => coarserKey(key, FINEST - resolution));
  return numberDistribution(name, { resolution, keys, blocks, counts }, momentsOf(column.values), blockCount);
}

/** Beyond this a square leaves the range of doubles. */
const LARGEST = 1e150;

function momentsOf(values: Float64Array): { count: number; mean: number; squares: number } {
  let count = 0;
  let sum = 0;
  const fits = (value: number): boolean => Math.abs(value) < LARGEST;
  for (const value of values) {
    if (!fits(value)) continue;
    count++;
    sum += value;
  }
  if (count === 0) return { count, mean: 0, squares: 0 };
  const mean = sum / count;
  let squares = 0;
  for (const value of values) if (fits(value)) squares += (value - mean) ** 2;
  return { count, mean: rounded(mean), squares: rounded(squares) };
}
