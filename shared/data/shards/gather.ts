import { UserError } from '../../core/errors.js';
import { formatCount } from '../../core/format.js';
import type { StoredType } from '../canonical.js';
import { columnKey } from '../column-names.js';
import { commonType, type FoundType, finalType } from '../column-types.js';
import type { ColumnSchema } from '../table.js';
import type { ShardColumn, ShardDocument } from './document.js';
import { MOST_SHARDS, shardText } from './shard.js';

/** What one shard left, and where it is. */
export interface ShardResult {
  readonly document: ShardDocument;
  /** As it is named in messages. */
  readonly shown: string;
  /** The side file, where there is one. */
  readonly values?: string;
}

/** What the shards have to be of. */
export interface Expected {
  readonly kind: ShardDocument['kind'];
  readonly model: string;
  readonly spec: string;
  readonly tool: string;
  readonly commit?: string;
}

/**
 * The shards in their order, when they are all there and of one thing.
 * @throws UserError in one line when one is missing, twice, or of another spec, commit, version, division or data
 */
export function orderShards(results: readonly ShardResult[], expected: Expected): readonly ShardResult[] {
  const [first] = results;
  if (!first) {
    throw new UserError(
      'Input "merge" is true, and there is no result of a shard: run this action with `shard: 1/n` to `n/n` in jobs before this one, in the same run.',
    );
  }
  for (const { document, shown } of results) {
    const own = document as Expected;
    const words = {
      kind: 'action',
      model: 'model',
      spec: 'spec or contract',
      commit: 'commit',
      tool: 'version of this tool',
    } as const;
    for (const [key, word] of Object.entries(words) as [keyof typeof words, string][]) {
      if (own[key] === expected[key] || (key === 'commit' && (own.commit === undefined || expected.commit === undefined)))
        continue;
      const both = key === 'spec' ? '' : ` (${own[key] ?? 'none'}, and this job has ${expected[key] ?? 'none'})`;
      throw new UserError(`${shown} is of another ${word} than this job${both}: run the jobs of all shards again.`);
    }
  }
  const { count } = first.document.shard;
  const byIndex = new Map<number, ShardResult>();
  for (const result of results) {
    const { shard, data } = result.document;
    if (shard.count !== count || shard.index > count || count > MOST_SHARDS) {
      throw new UserError(
        `${first.shown} is shard ${shardText(first.document.shard)} and ${result.shown} is shard ${shardText(shard)}: all jobs divide the data by the same n.`,
      );
    }
    const twin = byIndex.get(shard.index);
    if (twin) {
      throw new UserError(
        `${twin.shown} and ${result.shown} both are shard ${shardText(shard)}: give each job a number of its own.`,
      );
    }
    if (data.digest !== first.document.data.digest) {
      throw new UserError(
        `${first.shown} and ${result.shown} are of different files, or one has changed in between: all shards divide the same files.`,
      );
    }
    if (result.document.like !== first.document.like) {
      throw new UserError(
        `${first.shown} and ${result.shown} were held against different references: give all shards the same input "reference".`,
      );
    }
    byIndex.set(shard.index, result);
  }
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !byIndex.has(index));
  if (missing.length > 0) {
    const which = missing.length === 1 ? `Shard ${missing[0]} of ${count} is` : `Shards ${listed(missing)} of ${count} are`;
    throw new UserError(
      `${which} missing: nothing is decided without; run the failed ${missing.length === 1 ? 'job' : 'jobs'} again, then this one.`,
    );
  }
  return [...byIndex.values()].sort((a, b) => a.document.shard.index - b.document.shard.index);
}

function listed(numbers: readonly number[]): string {
  const shown = numbers.slice(0, 10).join(', ');
  return numbers.length > 10 ? `${shown} and ${formatCount(numbers.length - 10)} more` : shown;
}

/** The rows of all shards, as far as their columns and numbers tell. */
export interface GatheredData {
  readonly rows: number;
  readonly rowsRead: number;
  readonly schema: readonly ColumnSchema[];
  readonly columnNames: readonly string[];
  /** Rows before each shard. */
  readonly offsets: readonly number[];
  readonly files: readonly string[];
  readonly notices: readonly string[];
}

/** @param shards in their order */
export function gatherData(shards: readonly ShardResult[]): GatheredData {
  const all = shards.map(({ document }) => document.data);
  const columns = new Map<string, { readonly name: string; type: FoundType }>();
  for (const data of all) {
    for (const column of data.columns) {
      const known = columns.get(columnKey(column.name));
      const type = isEmpty(column) ? 'missing' : column.type;
      if (known) known.type = commonType(known.type, type);
      else columns.set(columnKey(column.name), { name: column.name, type });
    }
  }
  const typed = [...columns.values()].map(({ name, type }): { name: string; type: StoredType } => ({
    name,
    type: finalType(type),
  }));
  const offsets: number[] = [];
  let rowsRead = 0;
  for (const data of all) {
    offsets.push(rowsRead);
    rowsRead += data.rowsRead;
  }
  return {
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
    rowsRead,
    schema: typed.flatMap(({ name, type }) => (type === 'nested' ? [] : [{ name, type }])),
    columnNames: typed.map(({ name }) => name),
    offsets,
    files: [...new Set(all.flatMap(({ files }) => files))],
    notices: [...new Set(all.flatMap(({ notices }) => notices))],
  };
}

/** No row of the shard has a value, so that any type fits. */
export function isEmpty({ present }: ShardColumn): boolean {
  return present === 0;
}
