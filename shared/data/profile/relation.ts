import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows } from '../duckdb.js';
import { literal } from '../sql.js';
import { adjustedCorrelationRatio, rankingAuc, rounded, uncertaintyCoefficient } from './association.js';
import { axis, type Described, type Description, isOrdered, levelNumber } from './columns.js';
import type { Relation, RelationGroup } from './result.js';

/** A group of fewer rows says nothing certain of the target; texts are merged up to this. */
const SMALLEST_GROUP = 20;

/** So few different values are counted before they are grouped. */
const MOST_REPEATED = 20_000;

/** The target as SQL over `source`. */
export type RelationTarget =
  /** `number`: the class's number from 0, NULL where it is missing. */
  | { readonly kind: 'classes'; readonly number: string; readonly classes: number }
  /** `value`: a DOUBLE, NULL where it is missing; `mean`: about its mean, so that squares lose no digits. */
  | { readonly kind: 'numeric'; readonly value: string; readonly mean: number };

/** How rows are put into groups by a column. */
interface Grouping {
  /** SQL over `source`. */
  readonly value: string;
  /** Its rows are first counted by value: then each different value is put into its group once. */
  readonly repeats: boolean;
  /** SQL over `x`, the value, that gives the number of its group; NULL is the missing group. */
  readonly group: string;
  /** What each group is. */
  readonly groups: readonly Pick<RelationGroup, 'kind' | 'low' | 'high' | 'value'>[];
}

/**
 * What a column alone says of the target. One grouping over the data.
 * @param smallestGroup groups of fewer rows count, and are not shown
 * @returns undefined without two rows to compare
 */
export async function relationTo(
  connection: DuckDBConnection,
  target: RelationTarget,
  column: Described,
  description: Description,
  smallestGroup: number,
): Promise<Relation | undefined> {
  const grouping = isOrdered(column.type) ? rangeGrouping(column, description) : levelGrouping(column, description);
  if (!grouping) return undefined;
  const relation =
    target.kind === 'classes'
      ? await classRelation(connection, target, grouping)
      : await numericRelation(connection, target, grouping);
  return relation && { ...relation, groups: relation.groups.filter((group) => group.rows >= smallestGroup) };
}

function rangeGrouping(column: Described, { profile, ranges }: Description): Grouping | undefined {
  if (ranges.length === 0) return undefined;
  const branches = ranges.slice(0, -1).map(({ high }, index) => `WHEN x <= ${upTo(high)} THEN ${index}`);
  return {
    value: axis(column),
    repeats: profile.distinct! <= MOST_REPEATED,
    group: `CASE ${branches.join(' ')} WHEN x IS NOT NULL THEN ${ranges.length - 1} END`,
    groups: ranges.map(({ low, high }) => ({ kind: 'range', low, high })),
  };
}

/** A DOUBLE's literal. */
function upTo(value: number): string {
  return `CAST(${literal(String(value))} AS DOUBLE)`;
}

function levelGrouping({ sql, type }: Described, { profile, levels }: Description): Grouping | undefined {
  const { levels: found } = profile;
  if (!found) return undefined;
  const large = found.top.filter(({ count }) => count >= SMALLEST_GROUP);
  const text = type === 'boolean' ? `CAST(${sql} AS VARCHAR)` : sql;
  return {
    value: text,
    repeats: profile.distinct! <= MOST_REPEATED,
    group: levelNumber('x', levels.slice(0, large.length)),
    groups: [...large.map(({ value }) => ({ kind: 'value' as const, value })), { kind: 'other' }],
  };
}

async function classRelation(
  connection: DuckDBConnection,
  target: Extract<RelationTarget, { kind: 'classes' }>,
  { value, repeats, group: number, groups }: Grouping,
): Promise<Relation | undefined> {
  const source = `(SELECT ${value} AS x, ${target.number} AS k FROM source)`;
  const counted = repeats ? `(SELECT x, k, count(*) AS n FROM ${source} GROUP BY x, k)` : `(SELECT *, 1 AS n FROM ${source})`;
  const cells = await readRows(
    connection,
    `SELECT ${number} AS g, k, sum(n) AS n FROM ${counted} WHERE k IS NOT NULL GROUP BY ALL`,
  );
  const table = [...groups, missing()].map(() => new Array<number>(target.classes).fill(0));
  for (const { g, k, n } of cells) table[g === null ? groups.length : Number(g)]![Number(k)] = Number(n);
  const rows = table.flat().reduce((sum, count) => sum + count, 0);
  if (rows < 2) return undefined;
  return {
    method: 'share of entropy',
    strength: rounded(uncertaintyCoefficient(table)),
    auc: rounded(rankingAuc(table)),
    rows,
    groups: [...groups, missing()].map((group, index) => ({
      ...group,
      rows: table[index]!.reduce((sum, count) => sum + count, 0),
      classes: table[index]!,
    })),
  };
}

async function numericRelation(
  connection: DuckDBConnection,
  target: Extract<RelationTarget, { kind: 'numeric' }>,
  { value, repeats, group: number, groups }: Grouping,
): Promise<Relation | undefined> {
  const centred = `${target.value} - CAST(${literal(String(target.mean))} AS DOUBLE)`;
  const source = `(SELECT ${value} AS x, ${centred} AS y FROM source)`;
  const sums = (by: string, from: string): string =>
    `SELECT ${by}, count(*) AS n, fsum(y) AS s, fsum(y * y) AS ss FROM ${from} WHERE y IS NOT NULL GROUP BY ALL`;
  const cells = await readRows(
    connection,
    repeats
      ? `SELECT ${number} AS g, sum(n) AS n, fsum(s) AS s, fsum(ss) AS ss FROM (${sums('x', source)}) GROUP BY ALL`
      : sums(`${number} AS g`, source),
  );
  const all = [...groups, missing()];
  const moments = all.map(() => ({ count: 0, sum: 0, squares: 0 }));
  for (const { g, n, s, ss } of cells) {
    moments[g === null ? groups.length : Number(g)] = { count: Number(n), sum: Number(s), squares: Number(ss) };
  }
  const rows = moments.reduce((sum, { count }) => sum + count, 0);
  if (rows < 2) return undefined;
  return {
    method: 'share of variance',
    strength: rounded(adjustedCorrelationRatio(moments)),
    rows,
    groups: all.map((group, index) => {
      const { count, sum } = moments[index]!;
      return { ...group, rows: count, mean: rounded(target.mean + (count > 0 ? sum / count : 0)) };
    }),
  };
}

function missing(): Pick<RelationGroup, 'kind'> {
  return { kind: 'missing' };
}
