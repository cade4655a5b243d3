import type { DuckDBConnection } from '@duckdb/node-api';
import { countRows, readArray, readNumbers, readRows } from '../duckdb.js';
import { rounded } from '../profile/association.js';
import { binSql, coarserKey, FINEST, finestKey, fittingResolution } from './bins.js';
import { type Cells, hasFewValues, keptSql, orNaN, type Place, readCells, SAMPLE_ROWS } from './cells.js';
import { MOST_BINS, type NumberDistribution } from './distribution.js';

/** Beyond this a square leaves the range of doubles. */
const LARGEST = '1e150::DOUBLE';

type Moments = NumberDistribution['moments'];

/**
 * Numeric columns, by their numbers, and what is counted of each.
 * @param fromOf of some columns, where there are too many rows to take all of them; undefined: `from` is read as it is
 */
export async function readNumberColumns(
  place: Place,
  numeric: readonly number[],
  fromOf: ((columns: readonly number[]) => string) | undefined,
): Promise<ReadonlyMap<number, NumberCells & { readonly moments: Moments[] }>> {
  if (numeric.length === 0) return new Map();
  const moments = await readMoments(place.connection, place.from, numeric, place.groups);
  const few = fromOf ? [] : await countFew(place, numeric);
  const found = new Map<number, NumberCells & { readonly moments: Moments[] }>();
  for (const [at, index] of numeric.entries()) {
    const cells = few[at] ?? (await countNumbers({ ...place, from: fromOf!([index]) }, index));
    found.set(index, { ...cells, moments: moments[at]! });
  }
  return found;
}

/** Of numeric columns, by their numbers. */
async function readMoments(
  connection: DuckDBConnection,
  from: string,
  columns: readonly number[],
  groups: number,
): Promise<Moments[][]> {
  const none: Moments = { count: 0, mean: 0, squares: 0 };
  const moments = columns.map(() => Array.from({ length: groups }, () => none));
  const doubles = columns.map((index) => `CAST(c${index} AS DOUBLE) AS x${index}`);
  const finite = columns.map((index) => `CASE WHEN abs(x${index}) < ${LARGEST} THEN x${index} END AS x${index}`);
  const aggregates = columns.map((index) => {
    const value = `x${index}`;
    return `count(${value}) AS n${index}, favg(${value}) AS m${index}, var_pop(${value}) * count(${value}) AS s${index}`;
  });
  const values = `SELECT g, ${finite.join(', ')} FROM (SELECT g, ${doubles.join(', ')} FROM ${from})`;
  for (const row of await readRows(connection, `SELECT g, ${aggregates.join(', ')} FROM (${values}) GROUP BY g`)) {
    for (const [at, index] of columns.entries()) {
      const count = Number(row[`n${index}`]);
      if (count === 0) continue;
      const [mean, squares] = [Number(row[`m${index}`]), Number(row[`s${index}`])];
      moments[at]![Number(row.g)] = { count, mean: rounded(mean), squares: rounded(squares) };
    }
  }
  return moments;
}

/** Keys of a resolution that is at least as fine as the histogram's will be. */
type NumberCells = Cells & { readonly resolution: number };

/** Numeric columns of few rows, by their numbers; each row is a cell. */
async function countFew({ connection, from, rows }: Place, columns: readonly number[]): Promise<NumberCells[]> {
  const selected = ['g', 'b', ...columns.map((index) => `c${index}`)].map(orNaN);
  const sql = `SELECT ${selected.join(', ')} FROM ${from}`;
  const [groups, blocks, ...values] = await readNumbers(connection, sql, selected.length, rows);
  const counts = new Float64Array(rows).fill(1);
  return values.map((own) => {
    const finest = own.map((value) => (Number.isNaN(value) ? value : finestKey(value)));
    const resolution = fittingResolution(finest.filter((key) => !Number.isNaN(key)).sort(), FINEST, MOST_BINS);
    const keys = finest.map((key) => coarserKey(key, FINEST - resolution));
    return { resolution, groups: groups!, blocks: blocks!, keys, counts };
  });
}

async function countNumbers(place: Place, index: number): Promise<NumberCells> {
  const from = `(SELECT g, ${keptSql(place.blocks)} AS b, CAST(c${index} AS DOUBLE) AS x FROM ${place.from})`;
  const resolution = await guessResolution(place, from);
  const key = binSql('x', resolution);
  // Bins are dear: where values are few they are found for each value, and not for each row.
  const isFew = await hasFewValues(place.connection, `SELECT x AS v FROM ${from}`);
  const grouped = `SELECT g, b, x, count(*) AS n FROM ${from} GROUP BY ALL`;
  const cells = await readCells(
    place.connection,
    isFew
      ? `SELECT g, b, ${key} AS k, CAST(sum(n) AS BIGINT) AS n FROM (${grouped}) GROUP BY ALL`
      : `SELECT g, b, ${key} AS k, count(*) AS n FROM ${from} GROUP BY ALL`,
  );
  return { resolution, ...cells };
}

/** At least as fine as the histogram will be: over all rows there are no fewer bins than over some. */
async function guessResolution({ connection, rows }: Place, from: string): Promise<number> {
  // Whole vectors of rows here and there: to draw each row by itself costs more than the guess saves.
  const percent = Math.min(100, (400 * SAMPLE_ROWS) / Math.max(1, rows));
  const sample = `SELECT x FROM (SELECT x FROM ${from} USING SAMPLE ${percent.toFixed(6)}% (system)) WHERE x IS NOT NULL LIMIT ${4 * SAMPLE_ROWS}`;
  await connection.run(`CREATE TEMP TABLE __sample AS ${sample}`);
  try {
    const values = await readArray(connection, 'SELECT x FROM __sample', 'float64', await countRows(connection, '__sample'));
    return fittingResolution(Float64Array.from(new Set(Array.from(values, finestKey))).sort(), FINEST, MOST_BINS);
  } finally {
    await connection.run('DROP TABLE __sample');
  }
}
