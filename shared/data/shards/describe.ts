import type { DuckDBConnection } from '@duckdb/node-api';
import type { Spec } from '../../spec/schema.js';
import type { StoredType } from '../canonical.js';
import type { Dataset, LabelColumn } from '../dataset.js';
import type { Distribution } from '../distribution/distribution.js';
import { readDistributions } from '../distribution/read.js';
import { readRows } from '../duckdb.js';
import { axis, type Described, isOrdered } from '../profile/columns.js';
import { identifier } from '../sql.js';
import { type ShardDescription, SMALLEST_HASHES } from './document.js';

/** The name of the target among the columns of a description, which no column of a file can have. */
export const TARGET = '\0target';

/** Hashes are whole numbers below this, which doubles hold. */
export const HASH_RANGE = 2 ** 53;

/** What the rows of a shard are like, in numbers that add up to those of all rows. */
export async function describeShard(
  { connection, schema }: Dataset,
  { task }: Spec,
  label: LabelColumn | undefined,
): Promise<{ readonly distribution: Distribution; readonly description: readonly ShardDescription[] }> {
  const columns: (Described & { readonly name: string })[] = schema.map(({ name, type }) => ({
    name,
    type,
    sql: identifier(name),
  }));
  if (label && task === 'regression' && isOrdered(label.type)) columns.push({ name: TARGET, sql: label.sql, type: label.type });
  const [distribution] = await readDistributions(connection, {
    from: 'source',
    columns: columns.map((column) => {
      const { name, sql, type } = column;
      if (isOrdered(type)) return { name, sql: `(${axis(column)}) / ${unitOf(type)}`, type: 'number' as const };
      return { name, sql, type: type === 'boolean' ? 'boolean' : 'string' };
    }),
  });
  const aggregates = columns.flatMap((column, index) => aggregatesOf(column).map(([name, sql]) => `${sql} AS ${name}${index}`));
  const [row = {}] = aggregates.length === 0 ? [] : await readRows(connection, `SELECT ${aggregates.join(',\n')} FROM source`);
  const description: ShardDescription[] = [];
  for (const [index, column] of columns.entries()) {
    const found = (name: string): number | undefined => {
      const value = row[`${name}${index}`];
      return value === null || value === undefined ? undefined : Number(value);
    };
    const [min, max] = [found('min'), found('max')];
    description.push({
      name: column.name,
      present: found('present')!,
      ...(min !== undefined && max !== undefined && { min, max }),
      ...{ zeros: found('zeros') ?? 0, negative: found('negative') ?? 0, infinite: found('infinite') ?? 0 },
      ...(column.type === 'string' && min !== undefined && { characters: found('sum')! }),
      hashes: await smallestHashes(connection, toldBy(column), found('about') ?? 0),
    });
  }
  return { distribution: distribution!, description };
}

/** Dates are counted in days, so that each is a whole number. */
export function unitOf(type: StoredType): number {
  return type === 'date' ? 86_400_000_000 : 1;
}

/** Of texts, smallest and largest are of their lengths. */
function aggregatesOf(column: Described): [name: string, sql: string][] {
  const { sql, type } = column;
  const value = toldBy(column);
  const all: [string, string][] = [
    ['present', `count(${sql})`],
    ['about', `approx_count_distinct(${value})`],
  ];
  if (type === 'string') {
    const length = `length(${sql})`;
    return [...all, ['min', `min(${length})`], ['max', `max(${length})`], ['sum', `sum(${length})`]];
  }
  if (!isOrdered(type)) return all;
  return [
    ...all,
    ...([
      ['min', `min(${value})`],
      ['max', `max(${value})`],
      ['zeros', `count_if(${value} = 0)`],
      ['negative', `count_if(${value} < 0)`],
      ['infinite', `count(${sql}) - count(${value})`],
    ] as [string, string][]),
  ];
}

/** What different values are told by. */
function toldBy(column: Described): string {
  return isOrdered(column.type) ? axis(column) : `CAST(${column.sql} AS VARCHAR)`;
}

async function smallestHashes(connection: DuckDBConnection, value: string, about: number): Promise<number[]> {
  // −0 and 0 are equal, and hash alike.
  const hashes = `SELECT CAST(hash(v) >> 11 AS BIGINT) AS h FROM (SELECT ${value} AS v FROM source) WHERE v IS NOT NULL`;
  const smallest = async (below: number): Promise<number[]> => {
    const where = below < HASH_RANGE ? ` WHERE h < ${Math.floor(below)}` : '';
    const rows = await readRows(connection, `SELECT DISTINCT h FROM (${hashes})${where} ORDER BY h LIMIT ${SMALLEST_HASHES}`);
    return rows.map(({ h }) => Number(h));
  };
  // Of many values only those are kept apart that may be among the smallest.
  const enough = (4 * SMALLEST_HASHES * HASH_RANGE) / Math.max(1, about);
  const found = await smallest(enough);
  return found.length < SMALLEST_HASHES && enough < HASH_RANGE ? smallest(HASH_RANGE) : found;
}
