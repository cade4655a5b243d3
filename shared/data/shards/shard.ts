import { UserError } from '../../core/errors.js';

/** One of so many jobs that look at the data together, each at rows of its own. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** A matrix of GitHub has no more jobs. */
export const MOST_SHARDS = 256;

/** `3/8`. @throws UserError for anything else */
export function parseShard(text: string): Shard {
  const [, first, second] = /^([1-9]\d{0,2})\/([1-9]\d{0,2})$/.exec(text) ?? [];
  const [index, count] = [Number(first), Number(second)];
  if (first !== undefined && index <= count && count <= MOST_SHARDS) return { index, count };
  throw new UserError(
    `Input "shard" is ${JSON.stringify(text.slice(0, 40))}; accepted: i/n, the i-th of n shards, from 1/1 to ${MOST_SHARDS}/${MOST_SHARDS}, such as 3/8.`,
  );
}

export function shardText({ index, count }: Shard): string {
  return `${index}/${count}`;
}
