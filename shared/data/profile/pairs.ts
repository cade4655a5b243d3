import type { DuckDBConnection } from '@duckdb/node-api';
import { readArray } from '../duckdb.js';
import { cramersV, pearson, ranks, rounded } from './association.js';
import { axis, type Described, type Description, levelNumber } from './columns.js';
import type { Associations, Correlations } from './result.js';

/** How columns go together, two at a time, on a sample: the first rows of the view, which stand in the order of their hashes. */

/** At most this many pairs are kept. */
const MOST_PAIRS = 30;

/** So many columns are paired; of wider tables the first. */
const MOST_COLUMNS = 200;

/** Rows times pairs: beyond this the sample shrinks, so that a wide table does not take minutes. */
const MOST_WORK = 2e8;
const FEWEST_ROWS = 5000;

/** Pairs with fewer rows in common say nothing. */
const FEWEST_COMMON = 20;

/** Texts with more values take part with their largest and "other". */
const MOST_LEVELS = 30;

export interface NamedColumn {
  readonly name: string;
  readonly column: Described;
  readonly description: Description;
}

function sampleSize(rows: number, columns: number, most: number): number {
  const pairs = Math.max(1, (columns * (columns - 1)) / 2);
  return Math.min(rows, most, Math.max(FEWEST_ROWS, Math.floor(MOST_WORK / pairs)));
}

/**
 * Pearson's and Spearman's correlation of the numeric columns, the strongest pairs. A pair that chance alone gives often
 * (under three standard errors) is not among them.
 * @param most rows of the sample
 */
export async function correlate(
  connection: DuckDBConnection,
  columns: readonly NamedColumn[],
  rows: number,
  most: number,
): Promise<Correlations> {
  const numeric = columns
    .filter(({ description: { profile } }) => profile.numbers && profile.numbers.min < profile.numbers.max)
    .slice(0, MOST_COLUMNS);
  if (numeric.length < 2) return { rows: 0, pairs: [] };
  const size = sampleSize(rows, numeric.length, most);
  const values: Float64Array[] = [];
  for (const { column } of numeric) {
    const sql = `SELECT coalesce(${axis(column)}, 'NaN'::DOUBLE) FROM source LIMIT ${size}`;
    values.push(await readArray(connection, sql, 'float64', size));
  }
  const roughRanks = values.map(rankPresent);
  const candidates: { a: number; b: number; strength: number; rows: number }[] = [];
  for (let a = 0; a < numeric.length; a++) {
    for (let b = a + 1; b < numeric.length; b++) {
      const common = commonRows(values[a]!, values[b]!);
      const n = common.x.length;
      if (n < FEWEST_COMMON) continue;
      const byRank = commonRows(roughRanks[a]!, roughRanks[b]!);
      const strength = Math.max(strengthOf(pearson(common.x, common.y)), strengthOf(pearson(byRank.x, byRank.y)));
      if (strength > 3 / Math.sqrt(n)) candidates.push({ a, b, strength, rows: n });
    }
  }
  const strongest = candidates.sort((p, q) => q.strength - p.strength || p.a - q.a || p.b - q.b).slice(0, MOST_PAIRS);
  return {
    rows: size,
    pairs: strongest.map(({ a, b, rows: n }) => {
      const { x, y } = commonRows(values[a]!, values[b]!);
      // Ranks anew among the rows that the pair has in common, unless those are all.
      const spearman = n === size ? pearson(roughRanks[a]!, roughRanks[b]!) : pearson(ranks(x), ranks(y));
      return {
        a: numeric[a]!.name,
        b: numeric[b]!.name,
        pearson: rounded(finiteOr0(pearson(x, y))),
        spearman: rounded(finiteOr0(spearman)),
        rows: n,
      };
    }),
  };
}

function finiteOr0(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function strengthOf(correlation: number): number {
  return Math.abs(finiteOr0(correlation));
}

function rankPresent(values: Float64Array): Float64Array {
  const present = values.filter((value) => !Number.isNaN(value));
  const ranked = ranks(present);
  let at = 0;
  return values.map((value) => (Number.isNaN(value) ? Number.NaN : ranked[at++]!));
}

function commonRows(a: Float64Array, b: Float64Array): { x: Float64Array; y: Float64Array } {
  const x = new Float64Array(a.length);
  const y = new Float64Array(a.length);
  let count = 0;
  for (let row = 0; row < a.length; row++) {
    if (Number.isNaN(a[row]!) || Number.isNaN(b[row]!)) continue;
    x[count] = a[row]!;
    y[count++] = b[row]!;
  }
  return { x: x.subarray(0, count), y: y.subarray(0, count) };
}

/** Cramér's V of the texts and booleans that have repeated values, the strongest pairs. */
export async function associate(
  connection: DuckDBConnection,
  columns: readonly NamedColumn[],
  rows: number,
  most: number,
): Promise<Associations> {
  const repeated = columns.filter(({ description: { profile } }) => repeats(profile)).slice(0, MOST_COLUMNS);
  if (repeated.length < 2) return { rows: 0, pairs: [] };
  const size = sampleSize(rows, repeated.length, most);
  const coded: { codes: Uint32Array; levels: number }[] = [];
  for (const { column, description } of repeated) {
    const levels = description.levels.slice(0, MOST_LEVELS);
    const text = column.type === 'boolean' ? `CAST(${column.sql} AS VARCHAR)` : column.sql;
    // 0 is missing, which is no value of its own here.
    const sql = `SELECT CAST(coalesce(${levelNumber(text, levels)} + 1, 0) AS UINTEGER) FROM source LIMIT ${size}`;
    coded.push({ codes: await readArray(connection, sql, 'uint32', size), levels: levels.length + 1 });
  }
  const pairs: { a: string; b: string; cramersV: number; rows: number }[] = [];
  for (let a = 0; a < repeated.length; a++) {
    for (let b = a + 1; b < repeated.length; b++) {
      const table = crossTable(coded[a]!, coded[b]!);
      const n = table.flat().reduce((sum, count) => sum + count, 0);
      const v = n < FEWEST_COMMON ? 0 : rounded(cramersV(table));
      if (v > 0) pairs.push({ a: repeated[a]!.name, b: repeated[b]!.name, cramersV: v, rows: n });
    }
  }
  // The sort keeps the columns' order among equals.
  return { rows: size, pairs: pairs.sort((p, q) => q.cramersV - p.cramersV).slice(0, MOST_PAIRS) };
}

/** At least two values with a name, which most of the rows have: free texts and ids are out. */
function repeats({ levels }: Description['profile']): boolean {
  if (!levels) return false;
  const named = levels.top.slice(0, MOST_LEVELS).reduce((sum, { count }) => sum + count, 0);
  const present = levels.top.reduce((sum, { count }) => sum + count, levels.other.count);
  return levels.top.length + (levels.other.count > 0 ? 1 : 0) >= 2 && named >= 0.3 * present;
}

interface Coded {
  readonly codes: Uint32Array;
  readonly levels: number;
}

function crossTable(a: Coded, b: Coded): number[][] {
  const table = Array.from({ length: a.levels }, () => new Array<number>(b.levels).fill(0));
  for (let row = 0; row < a.codes.length; row++) {
    const [x, y] = [a.codes[row]!, b.codes[row]!];
    if (x > 0 && y > 0) table[x - 1]![y - 1]! += 1;
  }
  return table;
}
