import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows } from './duckdb.js';
import { adjustedCorrelationRatio, rankingAuc, rounded, uncertaintyCoefficient } from './profile-association.js';
import { axis, type Described, type Description, isOrdered, levelNumber } from './profile-columns.js';
import type { Relation, RelationGroup } from './profile-result.js';
import { literal } from './sql.js';

/** A group of fewer rows says nothing certain of the target; texts are merged up to this. */
const SMALLEST_GROUP = 20;

/** Rows that a quantile group should have at least; fewer groups where there are not enough rows. */
const ROWS_A_GROUP = 30;

/** Numbers of groups whose cuts are multiples of 5 %. */
const GROUP_COUNTS = [20, 10, 5, 4, 2];

/** The target as SQL over `source`. */
export type RelationTarget =
  /** `number`: the class's number from 0, NULL where it is missing. */
  | { readonly kind: 'classes'; readonly number: string; readonly classes: number }
  /** `value`: a DOUBLE, NULL where it is missing; `mean`: about its mean, so that squares lose no digits. */
  | { readonly kind: 'numeric'; readonly value: string; readonly mean: number };

/** How rows are put into groups by a column: SQL of the group's number, and what each is. NULL is the missing group. */
interface Grouping {
  readonly sql: string;
  readonly groups: readonly Pick<RelationGroup, 'kind' | 'low' | 'high' | 'value'>[];
}

/** What a column alone says of the target. One grouping over the data. @returns undefined without two rows to compare */
export async function relationTo(
  connection: DuckDBConnection,
  target: RelationTarget,
  column: Described,
  description: Description,
): Promise<Relation | undefined> {
  const grouping = isOrdered(column.type) ? rangeGrouping(column, description) : levelGrouping(column, description);
  if (!grouping) return undefined;
  return target.kind === 'classes'
    ? classRelation(connection, target, grouping)
    : numericRelation(connection, target, grouping);
}

function rangeGrouping(column: Described, { profile }: Description): Grouping | undefined {
  const { numbers } = profile;
  if (!numbers) return undefined;
  const finite = numbers.histogram.counts.reduce(
    (sum, count) => sum + count,
    numbers.histogram.below + numbers.histogram.above,
  );
  const count = GROUP_COUNTS.find((groups) => finite / groups >= ROWS_A_GROUP) ?? 2;
  const cuts = numbers.quantiles
    .filter(({ p }) => Math.abs(p * count - Math.round(p * count)) < 1e-9)
    .map(({ value }) => value)
    .filter((value, index, all) => value !== all[index - 1] && value < numbers.max);
  const x = axis(column);
  const branches = cuts.map((cut, index) => `WHEN ${x} <= CAST(${literal(String(cut))} AS DOUBLE) THEN ${index}`);
  const ends = [numbers.min, ...cuts, numbers.max];
  return {
    sql: `CASE WHEN ${x} IS NULL THEN NULL ${branches.join(' ')} ELSE ${cuts.length} END`,
    groups: Array.from({ length: cuts.length + 1 }, (_, index) => ({
      kind: 'range',
      low: rounded(ends[index]!),
      high: rounded(ends[index + 1]!),
    })),
  };
}

function levelGrouping({ sql, type }: Described, { profile, levels }: Description): Grouping | undefined {
  const { levels: found } = profile;
  if (!found) return undefined;
  const large = found.top.filter(({ count }) => count >= SMALLEST_GROUP);
  const text = type === 'boolean' ? `CAST(${sql} AS VARCHAR)` : sql;
  return {
    sql: levelNumber(text, levels.slice(0, large.length)),
    groups: [...large.map(({ value }) => ({ kind: 'value' as const, value })), { kind: 'other' }],
  };
}

async function classRelation(
  connection: DuckDBConnection,
  target: Extract<RelationTarget, { kind: 'classes' }>,
  { sql, groups }: Grouping,
): Promise<Relation | undefined> {
  const cells = await readRows(
    connection,
    `SELECT ${sql} AS g, ${target.number} AS k, count(*) AS n FROM source WHERE k IS NOT NULL GROUP BY ALL`,
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
    groups: [...groups, missing()]
      .map((group, index) => ({ ...group, rows: table[index]!.reduce((sum, count) => sum + count, 0), classes: table[index]! }))
      .filter((group) => group.rows > 0),
  };
}

async function numericRelation(
  connection: DuckDBConnection,
  target: Extract<RelationTarget, { kind: 'numeric' }>,
  { sql, groups }: Grouping,
): Promise<Relation | undefined> {
  const cells = await readRows(
    connection,
    `SELECT g, count(*) AS n, fsum(y) AS s, fsum(y * y) AS ss
     FROM (SELECT ${sql} AS g, ${target.value} - CAST(${literal(String(target.mean))} AS DOUBLE) AS y FROM source)
     WHERE y IS NOT NULL GROUP BY g`,
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
    groups: all
      .map((group, index) => {
        const { count, sum } = moments[index]!;
        return { ...group, rows: count, mean: rounded(target.mean + (count > 0 ? sum / count : 0)) };
      })
      .filter((group) => group.rows > 0),
  };
}

function missing(): Pick<RelationGroup, 'kind'> {
  return { kind: 'missing' };
}
