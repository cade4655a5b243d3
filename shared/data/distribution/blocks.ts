import type { BlockUnit, RowBlocks } from './distribution.js';

/**
 * So many blocks are kept at most. They are a sample, but not one that anybody could choose: those whose numbers have the
 * smallest hashes. So the sample of a union is taken from the union of the samples, and distributions can be added.
 * A hundred days show how days differ; more would fill the bundle.
 */
export const MOST_BLOCKS = 100;

/** @param sizes of every block: its number and its rows */
export function keptBlocks(
  unit: BlockUnit,
  sizes: readonly (readonly [id: number, rows: number])[],
  most = MOST_BLOCKS,
): RowBlocks {
  const kept = [...sizes]
    .sort(([a], [b]) => hash(a) - hash(b) || a - b)
    .slice(0, most)
    .sort(([a], [b]) => a - b);
  return { unit, total: sizes.length, ids: kept.map(([id]) => id), rows: kept.map(([, rows]) => rows) };
}

/** An even hash of a whole number (the finaliser of splitmix32), which is frozen: the samples of bundles depend on it. */
export function hash(id: number): number {
  let mixed = Math.imul(id ^ (id >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
