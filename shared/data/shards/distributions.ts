import { FINEST } from '../distribution/bins.js';
import type { ColumnDistribution, Distribution } from '../distribution/distribution.js';
import { mergeDistributions } from '../distribution/merge.js';
import type { ShardDocument } from './document.js';
import type { ShardResult } from './gather.js';

export interface MergedCounts {
  readonly distribution: Distribution;
  /** What its columns are in the data. */
  readonly columns: NonNullable<ShardDocument['watched']>;
  /** Columns that are left out, since shards took them for different types. */
  readonly different: readonly string[];
}

/** What the rows of all shards are like; undefined where they were not counted. @param shards in their order */
export function mergeCounts(shards: readonly ShardResult[]): MergedCounts | undefined {
  const parts = shards.map(({ document }) => document.distribution);
  if (parts.some((part) => part === undefined)) return undefined;
  const distributions = parts as readonly Distribution[];
  const names = [...new Set(distributions.flatMap(({ columns }) => columns.map(({ name }) => name)))];
  const kinds = new Map(names.map((name) => [name, kindOf(distributions, name)]));
  const kept = names.filter((name) => kinds.get(name) !== undefined);
  const aligned = distributions.map((part) => ({
    ...part,
    columns: kept.map((name) => columnIn(part, name, kinds.get(name)!)),
  }));
  const watched = shards.flatMap(({ document }) => document.watched ?? []);
  return {
    distribution: aligned.slice(1).reduce(mergeDistributions, aligned[0]!),
    columns: kept.flatMap((name) => watched.find((column) => column.name === name) ?? []),
    different: names.filter((name) => kinds.get(name) === undefined),
  };
}

/** Numbers or categories, whichever the shards with values say; undefined where they disagree. */
function kindOf(parts: readonly Distribution[], name: string): ColumnDistribution['kind'] | undefined {
  const columns = parts.flatMap((part) => part.columns.filter((column) => column.name === name && !isEmpty(column)));
  const kinds = new Set(columns.map(({ kind }) => kind));
  if (kinds.size > 1) return undefined;
  return [...kinds][0] ?? parts.flatMap((part) => part.columns.find((column) => column.name === name) ?? [])[0]!.kind;
}

function isEmpty(column: ColumnDistribution): boolean {
  return column.kind === 'numbers' ? column.counts.length === 0 : column.levels.length === 0 && column.other.count === 0;
}

/** A column of a part; where the part has no value of it, in the kind that others have. */
function columnIn({ rows, columns, blocks }: Distribution, name: string, kind: ColumnDistribution['kind']): ColumnDistribution {
  const own = columns.find((column) => column.name === name);
  if (own?.kind === kind) return own;
  const sizes = blocks?.rows ?? [rows];
  const counts = sizes.map(() => []);
  const missing = own?.blocks.missing ?? sizes;
  return kind === 'numbers'
    ? {
        ...{ kind, name, missing: rows, moments: { count: 0, mean: 0, squares: 0 } },
        ...{ resolution: FINEST, keys: [], counts: [] },
        blocks: { resolution: FINEST, keys: [], counts, missing },
      }
    : {
        ...{ kind, name, missing: rows, levels: [], other: { levels: 0, count: 0, most: 0 } },
        blocks: { bins: [], counts, other: sizes.map(() => 0), missing },
      };
}
