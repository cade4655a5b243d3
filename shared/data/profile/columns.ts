import type { DuckDBConnection } from '@duckdb/node-api';
import type { StoredType } from '../canonical.js';
import { readRows } from '../duckdb.js';
import { listLiteral, literal } from '../sql.js';
import { rounded } from './association.js';
import { countValues, describeNumbers, type ValueRange, valueGroups } from './numbers.js';
import type { LevelProfile, ValueProfile } from './result.js';

/** So many values of a text are kept; the rest are "other". */
export const MOST_LEVELS = 50;

/** Groups of numbers: enough to see a curve, and each of enough rows to have a rate. */
const MOST_RANGES = 20;
const ROWS_A_RANGE = 30;

/** Enough to tell repeated values from those that hardly repeat. */
const SAMPLE_ROWS = 20_000;

/** Comparing with so few one by one is faster than searching a list. */
const FEW_LEVELS = 8;

/** Beyond this a square leaves the range of doubles. */
const LARGEST = '1e150::DOUBLE';

/** Names longer than this are cut in the profile. */
const LONGEST_VALUE = 200;

/** A column, or the target's expression, over the view `source`. */
export interface Described {
  readonly sql: string;
  readonly type: StoredType;
}

/** What the profile says of a column, and the whole values of its levels, which the profile may show shortened. */
export interface Description {
  readonly profile: ValueProfile;
  readonly levels: readonly string[];
  /** Of numbers and dates: groups of neighbouring values, for the relation to the target. */
  readonly ranges: readonly ValueRange[];
}

export function isOrdered(type: StoredType): boolean {
  return type === 'integer' || type === 'number' || type === 'date' || type === 'timestamp';
}

/** SQL of a value as a DOUBLE (dates in microseconds since 1970 UTC); NULL where it is missing or infinite. */
export function axis({ sql, type }: Described): string {
  // Infinite dates have no microseconds.
  if (type === 'date' || type === 'timestamp') return `CAST(epoch_us(CAST(${sql} AS TIMESTAMP)) AS DOUBLE)`;
  return `CASE WHEN abs(CAST(${sql} AS DOUBLE)) < ${LARGEST} THEN CAST(${sql} AS DOUBLE) END`;
}

/**
 * Describes columns: one fused aggregate over all, then a grouping a column.
 * @param rows of the view `source`
 * @param smallestGroup values of fewer rows are not named
 */
export async function describeColumns(
  connection: DuckDBConnection,
  columns: readonly Described[],
  rows: number,
  smallestGroup: number,
): Promise<Description[]> {
  const counted = await countPresent(connection, columns);
  const different = await findDifferent(connection, columns);
  const described: Description[] = [];
  for (const [index, column] of columns.entries()) {
    const { type } = column;
    const { present, length } = counted[index]!;
    const base = { type, missing: rows - present };
    if (type === 'nested') {
      described.push({ profile: base, levels: [], ranges: [] });
    } else if (!isOrdered(type)) {
      const { distinct, levels, texts } = await readLevels(connection, column, present, smallestGroup);
      described.push({ profile: { ...base, distinct, levels, ...(length && { length }) }, levels: texts, ranges: [] });
    } else {
      const values = await countValues(connection, axis(column), rows, different[index]!);
      const numbers = values.rows > 0 ? describeNumbers(type, values, present - values.rows) : undefined;
      const ranges = valueGroups(values, MOST_RANGES, ROWS_A_RANGE);
      described.push({ profile: { ...base, distinct: values.values.length, ...(numbers && { numbers }) }, levels: [], ranges });
    }
  }
  return described;
}

/** What one scan over all columns finds. */
interface Counted {
  readonly present: number;
  readonly length?: NonNullable<ValueProfile['length']>;
}

async function countPresent(connection: DuckDBConnection, columns: readonly Described[]): Promise<Counted[]> {
  const aggregates = columns.flatMap(({ sql, type }, index) => {
    const length = `length(${sql})`;
    const lengths = [`min(${length}) AS lo${index}`, `max(${length}) AS hi${index}`, `sum(${length}) AS sum${index}`];
    return [`count(${sql}) AS n${index}`, ...(type === 'string' ? lengths : [])];
  });
  const [row = {}] = await readRows(connection, `SELECT ${aggregates.join(',\n')} FROM source`);
  return columns.map(({ type }, index) => {
    const value = (name: string): number => Number(row[`${name}${index}`]);
    const present = value('n');
    if (type !== 'string' || present === 0) return { present };
    return { present, length: { min: value('lo'), mean: rounded(value('sum') / present), max: value('hi') } };
  });
}

/** Whether most values of each column differ, by the first rows: those are a random sample, as they stand in the order of hashes. */
async function findDifferent(connection: DuckDBConnection, columns: readonly Described[]): Promise<boolean[]> {
  const aggregates = columns.map(({ sql, type }, index) =>
    isOrdered(type) ? `2 * approx_count_distinct(${sql}) > count(${sql}) AS d${index}` : `FALSE AS d${index}`,
  );
  const sample = `SELECT * FROM source LIMIT ${SAMPLE_ROWS}`;
  const [row = {}] = await readRows(connection, `SELECT ${aggregates.join(',\n')} FROM (${sample})`);
  return columns.map((_, index) => row[`d${index}`] === true);
}

/** The texts of a column and how many rows have each, most rows first. @param from a table or view that has the column */
export async function readLevels(
  connection: DuckDBConnection,
  { sql }: Described,
  present: number,
  smallestGroup: number,
  from = 'source',
): Promise<{ distinct: number; levels: LevelProfile; texts: string[] }> {
  const grouped = `SELECT ${sql} AS value, count(*) AS n FROM ${from} WHERE ${sql} IS NOT NULL GROUP BY ALL`;
  const groups = `SELECT CAST(value AS VARCHAR) AS value, n FROM (${grouped})`;
  const rows = await readRows(
    connection,
    `WITH groups AS MATERIALIZED (${groups})
     SELECT total.levels, top.value, top.n
     FROM (SELECT count(*) AS levels FROM groups) AS total
     LEFT JOIN (SELECT * FROM groups WHERE n >= ${smallestGroup} ORDER BY n DESC, value LIMIT ${MOST_LEVELS}) AS top ON TRUE
     ORDER BY top.n DESC, top.value`,
  );
  const distinct = Number(rows[0]?.levels ?? 0);
  const named = rows.filter(({ value }) => value !== null).map(({ value, n }) => ({ value: String(value), count: Number(n) }));
  const counted = named.reduce((sum, level) => sum + level.count, 0);
  return {
    distinct,
    levels: {
      top: named.map((level) => ({ ...level, value: shortened(level.value) })),
      other: { levels: distinct - named.length, count: present - counted },
    },
    texts: named.map(({ value }) => value),
  };
}

function shortened(value: string): string {
  return value.length > LONGEST_VALUE ? `${Array.from(value.slice(0, LONGEST_VALUE)).slice(0, -1).join('')}…` : value;
}

/** SQL of the number (from 0) of the level that a text is, `levels.length` for any other, NULL where it is missing. */
export function levelNumber(text: string, levels: readonly string[]): string {
  if (levels.length === 0) return `CASE WHEN ${text} IS NOT NULL THEN 0 END`;
  if (levels.length <= FEW_LEVELS) {
    const branches = levels.map((level, index) => `WHEN ${text} = ${literal(level)} THEN ${index}`);
    return `CASE ${branches.join(' ')} WHEN ${text} IS NOT NULL THEN ${levels.length} END`;
  }
  const position = `list_position(${listLiteral(levels)}, ${text})`;
  return `CASE WHEN ${text} IS NOT NULL THEN coalesce(${position} - 1, ${levels.length}) END`;
}
