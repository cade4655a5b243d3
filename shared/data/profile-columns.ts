import type { DuckDBConnection } from '@duckdb/node-api';
import type { StoredType } from './canonical.js';
import { readRows } from './duckdb.js';
import { rounded } from './profile-association.js';
import { type Bins, binEdges, chooseBins } from './profile-bins.js';
import type { LevelProfile, NumberProfile, ValueProfile } from './profile-result.js';
import { listLiteral, literal } from './sql.js';

/** Shares of the rows whose quantiles are kept: the groups of a relation are cut at multiples of 5 %. */
export const QUANTILES = [0.01, ...Array.from({ length: 19 }, (_, index) => (index + 1) / 20), 0.99];

/** So many values of a text are kept; the rest are "other". */
const MOST_LEVELS = 50;

/** Exact quantiles hold the values of their columns in memory: this many columns at a time. */
const QUANTILE_BATCH = 16;

/** Counting different values exactly is worth it where an estimate leaves doubt: nearly all, or few. */
const NEARLY_ALL = 0.8;
const FEW = 1000;

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
}

export function isOrdered(type: StoredType): boolean {
  return type === 'integer' || type === 'number' || type === 'date' || type === 'timestamp';
}

/** SQL of a value as a DOUBLE (dates in microseconds since 1970 UTC); NULL where it is missing or infinite. */
export function axis({ sql, type }: Described): string {
  if (type === 'date' || type === 'timestamp')
    return `CAST(CASE WHEN isfinite(${sql}) THEN epoch_us(CAST(${sql} AS TIMESTAMP)) END AS DOUBLE)`;
  return `CASE WHEN abs(CAST(${sql} AS DOUBLE)) < ${LARGEST} THEN CAST(${sql} AS DOUBLE) END`;
}

/**
 * Describes columns in three passes: one fused aggregate over all, one more with what the first found (bins, the mean),
 * and a grouping a text column.
 * @param rows of the view `source`
 */
export async function describeColumns(
  connection: DuckDBConnection,
  columns: readonly Described[],
  rows: number,
  smallestGroup: number,
): Promise<Description[]> {
  const first = await firstPass(connection, columns);
  const second = await secondPass(connection, columns, first, rows);
  const described: Description[] = [];
  for (const [index, column] of columns.entries()) {
    const { present, estimate, length } = first[index]!;
    const { distinct, numbers } = second[index]!;
    const base = { type: column.type, missing: rows - present };
    if (column.type === 'nested') {
      described.push({ profile: base, levels: [] });
    } else if (column.type === 'string' || column.type === 'boolean') {
      const { found, top } = await readLevels(connection, column, present, smallestGroup);
      const profile = {
        ...base,
        distinct: { count: found.count, exact: true },
        levels: found.levels,
        ...(length && { length }),
      };
      described.push({ profile, levels: top });
    } else {
      const count = distinct ?? Math.min(estimate, present);
      const profile = { ...base, distinct: { count, exact: distinct !== undefined }, ...(numbers && { numbers }) };
      described.push({ profile, levels: [] });
    }
  }
  return described;
}

/** What one scan finds. Quantiles are in the order of QUANTILES. */
interface First {
  readonly present: number;
  readonly estimate: number;
  readonly length?: { readonly min: number; readonly mean: number; readonly max: number };
  readonly numbers?: {
    readonly finite: number;
    readonly min: number;
    readonly max: number;
    readonly mean: number;
    readonly quantiles: readonly number[];
  };
}

async function firstPass(connection: DuckDBConnection, columns: readonly Described[]): Promise<First[]> {
  const found: First[] = [];
  for (let start = 0; start < columns.length; start += QUANTILE_BATCH) {
    const batch = columns.slice(start, start + QUANTILE_BATCH);
    const aggregates = batch.flatMap((column, index) => {
      const { sql, type } = column;
      const named = (name: string, aggregate: string): string => `${aggregate} AS ${name}${index}`;
      const always = [named('n', `count(${sql})`)];
      if (type === 'nested' || type === 'boolean') return always;
      if (type === 'string') {
        const length = `length(${sql})`;
        return [...always, named('lo', `min(${length})`), named('hi', `max(${length})`), named('sum', `sum(${length})`)];
      }
      const x = axis(column);
      return [
        ...always,
        named('d', `approx_count_distinct(${sql})`),
        named('f', `count(${x})`),
        named('lo', `min(${x})`),
        named('hi', `max(${x})`),
        named('sum', `fsum(${x})`),
        named('q', `quantile_cont(${x}, [${QUANTILES.join(', ')}])`),
      ];
    });
    const [row = {}] = await readRows(connection, `SELECT ${aggregates.join(',\n')} FROM source`);
    batch.forEach(({ type }, index) => {
      const value = (name: string): number => Number(row[`${name}${index}`]);
      const present = value('n');
      const finite = isOrdered(type) ? value('f') : 0;
      found.push({
        present,
        estimate: isOrdered(type) ? value('d') : 0,
        ...(type === 'string' &&
          present > 0 && { length: { min: value('lo'), mean: rounded(value('sum') / present), max: value('hi') } }),
        ...(finite > 0 && {
          numbers: {
            finite,
            min: value('lo'),
            max: value('hi'),
            mean: rounded(value('sum') / finite),
            quantiles: (row[`q${index}`] as unknown[]).map((quantile) => rounded(Number(quantile))),
          },
        }),
      });
    });
  }
  return found;
}

interface Second {
  readonly distinct?: number;
  readonly numbers?: NumberProfile;
}

async function secondPass(
  connection: DuckDBConnection,
  columns: readonly Described[],
  first: readonly First[],
  rows: number,
): Promise<Second[]> {
  const bins = columns.map(({ type }, index) => {
    const numbers = first[index]!.numbers;
    return numbers && chooseBins(type, { ...numbers, low: numbers.quantiles[0]!, high: numbers.quantiles.at(-1)! });
  });
  const countsDistinct = first.map(
    ({ estimate, present }) => estimate > 0 && (estimate >= NEARLY_ALL * present || estimate < FEW || rows < FEW),
  );
  const aggregates = columns.flatMap((column, index) => {
    const { numbers } = first[index]!;
    const distinct = countsDistinct[index] ? [`count(DISTINCT ${column.sql}) AS d${index}`] : [];
    return numbers ? [...distinct, ...numberAggregates(column, numbers, bins[index]!, index)] : distinct;
  });
  const [row = {}] = aggregates.length > 0 ? await readRows(connection, `SELECT ${aggregates.join(',\n')} FROM source`) : [];
  return columns.map((_, index) => {
    const { numbers, present } = first[index]!;
    const value = (name: string): number => Number(row[`${name}${index}`]);
    return {
      ...(countsDistinct[index] && { distinct: value('d') }),
      ...(numbers && { numbers: numberProfile(numbers, present, bins[index]!, row[`h${index}`] as unknown[], value) }),
    };
  });
}

const quantileOf = (quantiles: readonly number[], p: number): number => quantiles[QUANTILES.indexOf(p)]!;

function fences(quantiles: readonly number[]): { low: number; high: number } {
  const [lower, upper] = [quantileOf(quantiles, 0.25), quantileOf(quantiles, 0.75)];
  const reach = 3 * (upper - lower);
  return { low: lower - reach, high: upper + reach };
}

function numberAggregates(column: Described, numbers: NonNullable<First['numbers']>, bins: Bins, index: number): string[] {
  const x = axis(column);
  const { low, high } = fences(numbers.quantiles);
  // DuckDB's bins take their upper end; over negated values they take their lower one.
  const edges = binEdges(bins).map((edge) => double(-edge));
  const named = (name: string, aggregate: string): string => `${aggregate} AS ${name}${index}`;
  return [
    named('ss', `fsum((${x} - ${double(numbers.mean)}) * (${x} - ${double(numbers.mean)}))`),
    named('z', `count(*) FILTER (${x} = 0)`),
    named('neg', `count(*) FILTER (${x} < 0)`),
    named('out', `count(*) FILTER (${x} < ${double(low)} OR ${x} > ${double(high)})`),
    named('med', `count(*) FILTER (${x} = ${double(quantileOf(numbers.quantiles, 0.5))})`),
    named('above', `count(*) FILTER (${x} >= ${double(binEdges(bins).at(-1)!)})`),
    named('h', `map_values(histogram(-(${x}), [${edges.reverse().join(', ')}]))`),
  ];
}

/** A literal that DuckDB reads as the same DOUBLE, never as DECIMAL. */
function double(value: number): string {
  return `CAST(${literal(String(value === 0 ? 0 : value))} AS DOUBLE)`;
}

function numberProfile(
  numbers: NonNullable<First['numbers']>,
  present: number,
  bins: Bins,
  histogram: readonly unknown[],
  value: (name: string) => number,
): NumberProfile {
  const { finite, min, max, mean, quantiles } = numbers;
  // From the upper end down: rows above the last bin, the bins, rows below the first.
  const counts = histogram
    .slice(1, bins.count + 1)
    .map(Number)
    .reverse();
  const above = value('above');
  const inside = counts.reduce((sum, count) => sum + count, 0);
  return {
    min: rounded(min),
    max: rounded(max),
    mean,
    ...(finite > 1 && { sd: rounded(Math.sqrt(value('ss') / (finite - 1))) }),
    quantiles: QUANTILES.map((p, index) => ({ p, value: quantiles[index]! })),
    infinite: present - finite,
    zeros: value('z'),
    negative: value('neg'),
    outliers: value('out'),
    median: { value: quantileOf(quantiles, 0.5), rows: value('med') },
    histogram: { from: bins.from, step: bins.step, counts, below: finite - inside - above, above },
  };
}

async function readLevels(
  connection: DuckDBConnection,
  { sql }: Described,
  present: number,
  smallestGroup: number,
): Promise<{ found: { count: number; levels: LevelProfile }; top: string[] }> {
  const groups = `SELECT CAST(${sql} AS VARCHAR) AS value, count(*) AS n FROM source WHERE ${sql} IS NOT NULL GROUP BY ALL`;
  const rows = await readRows(
    connection,
    `WITH groups AS MATERIALIZED (${groups})
     SELECT total.levels, top.value, top.n
     FROM (SELECT count(*) AS levels FROM groups) AS total
     LEFT JOIN (SELECT * FROM groups WHERE n >= ${smallestGroup} ORDER BY n DESC, value LIMIT ${MOST_LEVELS}) AS top ON TRUE
     ORDER BY top.n DESC, top.value`,
  );
  const count = Number(rows[0]?.levels ?? 0);
  const named = rows.filter(({ value }) => value !== null).map(({ value, n }) => ({ value: String(value), count: Number(n) }));
  const counted = named.reduce((sum, level) => sum + level.count, 0);
  return {
    found: {
      count,
      levels: {
        top: named.map((level) => ({ ...level, value: shortened(level.value) })),
        other: { levels: count - named.length, count: present - counted },
      },
    },
    top: named.map(({ value }) => value),
  };
}

function shortened(value: string): string {
  return value.length > LONGEST_VALUE ? `${Array.from(value.slice(0, LONGEST_VALUE)).slice(0, -1).join('')}…` : value;
}

/** SQL of the number (from 0) of the level that a text is, `levels.length` for any other, NULL where it is missing. */
export function levelNumber(text: string, levels: readonly string[]): string {
  if (levels.length === 0) return `CASE WHEN ${text} IS NOT NULL THEN 0 END`;
  const position = `list_position(${listLiteral(levels)}, ${text})`;
  return `CASE WHEN ${text} IS NOT NULL THEN coalesce(${position} - 1, ${levels.length}) END`;
}
