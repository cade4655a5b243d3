import { createHash } from 'node:crypto';
import type { LevelBlocks } from './distribution.js';

/**
 * The bucket of a value: the last eight bytes of the MD5 digest of its UTF-8 as a number, lowest byte first, modulo the number
 * of buckets. The same in the engine and here, and frozen: counts in bundles are of these buckets.
 */
export function bucketOf(value: string, buckets: number): number {
  return Number(createHash('md5').update(value).digest().readBigUInt64LE(8) % BigInt(buckets));
}

/** SQL of the same, of a text. */
export function bucketSql(text: string, buckets: number): string {
  return `CAST(md5_number_lower(${text}) % ${buckets} AS BIGINT)`;
}

/** The same counts in buckets, where values were counted by name. Values that were not named cannot be moved. */
export function inBuckets(blocks: LevelBlocks, buckets: number): LevelBlocks {
  const { bins } = blocks;
  if (typeof bins === 'number') {
    if (bins !== buckets) throw new Error(`${bins} buckets cannot become ${buckets}`);
    return blocks;
  }
  const places = bins.map((value) => bucketOf(value, buckets));
  const counts = blocks.counts.map((row) => {
    const moved = new Array<number>(buckets).fill(0);
    for (const [bin, count] of row.entries()) moved[places[bin]!]! += count;
    return moved;
  });
  return { ...blocks, bins: buckets, counts };
}
