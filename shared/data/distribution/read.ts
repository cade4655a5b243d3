import type { DuckDBConnection } from '@duckdb/node-api';
import type { DatePart } from '../../spec/schema.js';
import { countRows, readArray, readNumbers, readRows, readTexts } from '../duckdb.js';
import { rounded } from '../profile/association.js';
import { literal } from '../sql.js';
import type { ColumnType } from '../table.js';
import { binSql, coarserKey, FINEST, finestKey, fittingResolution } from './bins.js';
import { keptBlocks } from './blocks.js';
import { levelDistribution, numberDistribution } from './build.js';
import {
  BLOCK_MS,
  type BlockUnit,
  type ColumnDistribution,
  type Distribution,
  type LevelBlocks,
  MOST_BINS,
  MOST_BLOCK_LEVELS,
  MOST_LEVELS,
  type NumberDistribution,
  type OtherLevels,
  type RowBlocks,
  WEEK_OFFSET_MS,
} from './distribution.js';
import { bucketSql } from './hash.js';

/** A column whose distribution is wanted. */
export interface WatchedColumn {
  /** What the distribution is called. */
  readonly name: string;
  /** SQL over the table, of the one SQL type of its column type (column-types.ts). */
  readonly sql: string;
  readonly type: ColumnType;
  /** Dates and timestamps are never looked at as a whole, since time goes on by itself: this part of them is. */
  readonly part?: DatePart;
}

export interface DistributionRequest {
  /** The table or view, quoted. */
  readonly from: string;
  readonly columns: readonly WatchedColumn[];
  /** SQL of a TIMESTAMP in UTC, and what rows are taken together by. */
  readonly time?: { readonly sql: string; readonly unit: BlockUnit };
  /** SQL of an integer in [0, count): rows are counted group by group, those of NULL not at all. Default: one group of all rows. */
  readonly group?: { readonly sql: string; readonly count: number };
  /** Blocks that are kept of each group. */
  readonly mostBlocks?: number;
  /** A distribution that the result will be held against: what it counts block by block is counted here too. */
  readonly like?: Distribution;
  /** Numbers of at most so many rows are counted here and not by the engine: the result is the same. Default: 80,000. */
  readonly fewRows?: number;
}

/** Rows that the resolution of a histogram is guessed from; the guess costs or saves time, and changes no result. */
const SAMPLE_ROWS = 20_000;

/** Of so few rows a guess would be by all of them: their numbers are counted here, many columns in one query. */
const FEW_ROWS = 4 * SAMPLE_ROWS;

/** Columns of one statement. DuckDB's time to plan grows faster than a statement, so wide tables go in batches. */
const BATCH_COLUMNS = 100;

/** Beyond this a square leaves the range of doubles. */
const LARGEST = '1e150::DOUBLE';

/** Characters of a value that is counted by name. */
const LONGEST_VALUE = 200;

/**
 * The distributions of a table's columns, group by group: one scan for the blocks, one for the moments of some columns, then
 * a grouping a column, so that of many rows only counts of bins reach JavaScript. Of few rows the query costs more than the
 * rows, and the numbers come as they are.
 * @returns a distribution a group
 */
export async function readDistributions(connection: DuckDBConnection, request: DistributionRequest): Promise<Distribution[]> {
  const { columns, time, like, fewRows = FEW_ROWS } = request;
  const group = request.group ?? { sql: '0', count: 1 };
  // Columns go by names of ours, which none of the user's can meet.
  const from = (wanted: readonly number[]): string => {
    const values = wanted.map((index) => `${columns[index]!.sql} AS c${index}`);
    const selected = [`CAST(${group.sql} AS BIGINT) AS g`, `${blockSql(time)} AS b`, ...values].join(', ');
    return `(SELECT * FROM (SELECT ${selected} FROM ${request.from}) WHERE g IS NOT NULL)`;
  };
  const sizes = await readSizes(connection, from([]), group.count);
  const blocks = time && sizes.map((size) => keptBlocks(time.unit, size.blocks, request.mostBlocks));
  const all = sizes.reduce((sum, { rows }) => sum + rows, 0);
  const place = { connection, rows: all, blocks, groups: group.count };
  const isFew = all <= fewRows;
  const read: ColumnDistribution[][] = [];
  for (let start = 0; start < columns.length; start += BATCH_COLUMNS) {
    const batch = columns.map((_, index) => index).slice(start, start + BATCH_COLUMNS);
    // A query's columns are looked up among all that a wide table has: of few rows a copy of some is less work.
    if (isFew) await connection.run(`CREATE TEMP TABLE __batch AS SELECT * FROM ${from(batch)}`);
    try {
      const of = (wanted: readonly number[]): string => (isFew ? '__batch' : from(wanted));
      const numeric = batch.filter((index) => isNumeric(columns[index]!.type));
      const numbers = await readBatch({ ...place, from: of(numeric) }, numeric, isFew ? undefined : from);
      for (const index of batch) {
        const column = columns[index]!;
        const cells = numbers.get(index);
        read.push(
          cells
            ? byGroup(cells, place).map((own, at) => {
                const counted = { resolution: cells.resolution, ...own };
                return numberDistribution(column.name, counted, cells.moments[at]!, blockCount(place, at));
              })
            : await readLevels({ ...place, from: of([index]) }, column, `c${index}`, blockBinsOf(like, column.name)),
        );
      }
    } finally {
      if (isFew) await connection.run('DROP TABLE __batch');
    }
  }
  return sizes.map(({ rows }, at) => ({
    rows,
    ...(blocks && { blocks: blocks[at]! }),
    columns: read.map((groups) => groups[at]!),
  }));
}

function isNumeric(type: ColumnType): boolean {
  return type === 'integer' || type === 'number';
}

function blockBinsOf(like: Distribution | undefined, name: string): LevelBlocks['bins'] | undefined {
  const column = like?.columns.find((candidate) => candidate.name === name);
  return column?.kind === 'levels' ? column.blocks?.bins : undefined;
}

/** SQL of the block, a BIGINT; NULL without a time. */
function blockSql(time: DistributionRequest['time']): string {
  if (!time) return 'CAST(NULL AS BIGINT)';
  const offset = time.unit === 'week' ? WEEK_OFFSET_MS * 1000 : 0;
  // Infinite timestamps have no microseconds. Floor, since // cuts towards 0 before 1970.
  const microseconds = `CASE WHEN isfinite(${time.sql}) THEN epoch_us(${time.sql}) END`;
  return `CAST(floor((${microseconds} + ${offset}) / ${BLOCK_MS[time.unit] * 1000}) AS BIGINT)`;
}

interface Sizes {
  readonly rows: number;
  readonly blocks: [id: number, rows: number][];
}

async function readSizes(connection: DuckDBConnection, from: string, groups: number): Promise<Sizes[]> {
  const cells = await readCells(connection, `SELECT g, b, NULL AS k, count(*) AS n FROM ${from} GROUP BY ALL`);
  const sizes = Array.from({ length: groups }, (): Sizes & { rows: number } => ({ rows: 0, blocks: [] }));
  for (let cell = 0; cell < cells.counts.length; cell++) {
    const size = sizes[cells.groups[cell]!]!;
    size.rows += cells.counts[cell]!;
    if (!Number.isNaN(cells.blocks[cell]!)) size.blocks.push([cells.blocks[cell]!, cells.counts[cell]!]);
  }
  return sizes;
}

type Moments = NumberDistribution['moments'];

/**
 * Numeric columns, by their numbers, and what is counted of each.
 * @param fromOf of some columns, where there are too many rows to take all of them; undefined: `from` is read as it is
 */
async function readBatch(
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

interface Place {
  readonly connection: DuckDBConnection;
  /** Groups, blocks and columns as `g`, `b`, `c0`, `c1`, ... */
  readonly from: string;
  readonly rows: number;
  /** Of each group. */
  readonly blocks: readonly RowBlocks[] | undefined;
  readonly groups: number;
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

async function readLevels(
  place: Place,
  watched: WatchedColumn,
  column: string,
  like: LevelBlocks['bins'] | undefined,
): Promise<ColumnDistribution[]> {
  const { connection } = place;
  const rows = await levelRows(place, watched, column);
  const counted = `SELECT v, ${rows.count} AS n FROM (${rows.sql}) WHERE v IS NOT NULL GROUP BY v`;
  await connection.run(`CREATE TEMP TABLE __counted AS ${counted}`);
  try {
    const { values, other } = await nameLevels(connection, typeof like === 'object' ? like : []);
    const few = other.levels === 0 && values.length <= MOST_BLOCK_LEVELS;
    const bins = like ?? (few ? values : MOST_BLOCK_LEVELS);
    const from = `(${rows.sql}) AS cells LEFT JOIN (SELECT v, code FROM __levels) USING (v)`;
    const cells = await readCells(
      connection,
      `SELECT g, b, coalesce(code, -1) AS k, ${rows.count} AS n FROM ${from} GROUP BY ALL`,
    );
    return byGroup(cells, place).map(({ keys, blocks, counts }, group) => {
      // Code and bucket in one number: of a value that has no name only the bucket is known.
      const codes = keys.map((both) => Math.floor(both / MOST_BLOCK_LEVELS));
      const buckets = keys.map((both) => both % MOST_BLOCK_LEVELS);
      const cellsOfGroup = { values, codes, buckets, blocks, counts, other };
      return levelDistribution(watched.name, cellsOfGroup, blockCount(place, group), bins);
    });
  } finally {
    for (const table of ['__levels', '__counted', '__few']) await connection.run(`DROP TABLE IF EXISTS ${table}`);
  }
}

/** Texts with at most so many different values in the sample are counted block by block at once. */
const FEW_VALUES = 500;

/** A query of the columns g, b, v (the text) and n, whose rows are counted by `count`. */
interface LevelRows {
  readonly sql: string;
  readonly count: string;
}

/** Where values are few, the rows are grouped once, and only groups are made texts; the result is the same. */
async function levelRows(place: Place, watched: WatchedColumn, column: string): Promise<LevelRows> {
  const { connection, from, blocks } = place;
  const key = levelKey(column, watched);
  const isFew = watched.type !== 'string' || (await hasFewValues(connection, `SELECT ${key} AS v FROM ${from}`));
  const rows = `SELECT g, ${keptSql(blocks)} AS b, ${key} AS v`;
  if (!isFew) return { sql: `${rows}, 1 AS n FROM ${from}`, count: 'count(n)' };
  await connection.run(`CREATE TEMP TABLE __few AS ${rows}, count(*) AS n FROM ${from} GROUP BY ALL`);
  return { sql: `SELECT g, b, ${levelText('v', watched)} AS v, n FROM __few`, count: 'CAST(sum(n) AS BIGINT)' };
}

/** By the first rows: a guess that costs or saves time, and changes no result. */
async function hasFewValues(connection: DuckDBConnection, sql: string): Promise<boolean> {
  const [row] = await readRows(connection, `SELECT count(DISTINCT v) AS n FROM (${sql} LIMIT ${SAMPLE_ROWS})`);
  return Number(row?.n) <= FEW_VALUES;
}

/**
 * Makes the table `__levels`: each value with code × buckets + bucket, where values without a name share the last code.
 * @param wanted values that get a name anyway
 * @returns the names by their code, and what is known of the values without one
 */
async function nameLevels(
  connection: DuckDBConnection,
  wanted: readonly string[],
): Promise<{ values: string[]; other: Omit<OtherLevels, 'count'> }> {
  const top = `SELECT v FROM __counted WHERE length(v) <= ${LONGEST_VALUE} ORDER BY n DESC, v LIMIT ${MOST_LEVELS}`;
  const more = wanted.map((value) => `(${literal(value)})`).join(', ');
  const named = more === '' ? top : `SELECT v FROM (${top}) UNION SELECT v FROM (VALUES ${more}) AS wanted(v)`;
  const coded = `SELECT v, row_number() OVER (ORDER BY v) - 1 AS code FROM (${named})`;
  const values = (await readTexts(connection, `SELECT v FROM (${coded}) ORDER BY code`)) as string[];
  const code = `coalesce(code, ${values.length}) * ${MOST_BLOCK_LEVELS} + ${bucketSql('v', MOST_BLOCK_LEVELS)}`;
  await connection.run(
    `CREATE TEMP TABLE __levels AS SELECT v, n, code IS NULL AS nameless, ${code} AS code FROM __counted LEFT JOIN (${coded}) USING (v)`,
  );
  const [rest] = await readRows(connection, 'SELECT count(*) AS levels, max(n) AS most FROM __levels WHERE nameless');
  return { values, other: { levels: Number(rest?.levels), most: Number(rest?.most ?? 0) } };
}

/** SQL of a value as text; parts of dates sort by their text. */
export function levelSql(column: string, watched: WatchedColumn): string {
  return levelText(levelKey(column, watched), watched);
}

/** SQL of what rows are grouped by: a text, or what is cheaper than its text. */
function levelKey(column: string, { type, part }: WatchedColumn): string {
  if (part === undefined) return type === 'string' ? `nullif(${column}, '')` : column;
  if (part === 'weekday') return `isodow(${column})`;
  return part === 'is_weekend' ? `isodow(${column}) >= 6` : `${part}(${column})`;
}

/** SQL of the text of such a key. */
function levelText(key: string, { type, part }: WatchedColumn): string {
  if (part === undefined) return type === 'string' ? key : `CAST(${key} AS VARCHAR)`;
  if (part === 'quarter') return `'Q' || CAST(${key} AS VARCHAR)`;
  if (part === 'is_weekend') return `CAST(${key} AS VARCHAR)`;
  // 2024 began on a Monday.
  if (part === 'weekday') return `strftime(DATE '2023-12-31' + CAST(${key} AS INTEGER), '%u %a')`;
  return `printf('%0${part === 'year' ? 4 : 2}d', CAST(${key} AS INTEGER))`;
}

/** SQL of the block where it is kept; NULL where it is one of the others. */
function keptSql(blocks: Place['blocks']): string {
  if (!blocks || blocks.every(({ total, ids }) => total === ids.length)) return 'b';
  const ids = [...new Set(blocks.flatMap((group) => group.ids))];
  return `CASE WHEN b IN (${ids.map(literal).join(', ')}) THEN b END`;
}

function blockCount({ blocks }: Pick<Place, 'blocks'>, group: number): number {
  return blocks ? blocks[group]!.ids.length : 1;
}

/** A grouping's result in typed arrays; NaN for NULL. */
interface Cells {
  readonly groups: Float64Array;
  readonly blocks: Float64Array;
  readonly keys: Float64Array;
  readonly counts: Float64Array;
}

/** @param sql a query of the columns g, b, k and n */
async function readCells(connection: DuckDBConnection, sql: string): Promise<Cells> {
  await connection.run(`CREATE TEMP TABLE __cells AS ${sql}`);
  try {
    const rows = await countRows(connection, '__cells');
    const columns = ['g', 'b', 'k', 'n'].map(orNaN);
    const [groups, blocks, keys, counts] = await readNumbers(connection, `SELECT ${columns.join(', ')} FROM __cells`, 4, rows);
    return { groups: groups!, blocks: blocks!, keys: keys!, counts: counts! };
  } finally {
    await connection.run('DROP TABLE __cells');
  }
}

function orNaN(value: string): string {
  return `coalesce(CAST(${value} AS DOUBLE), 'NaN'::DOUBLE)`;
}

/** The cells of each group, with the places of their blocks among the group's kept ones. */
function byGroup(
  cells: Cells,
  { groups, blocks }: Pick<Place, 'groups' | 'blocks'>,
): { keys: number[]; blocks: number[]; counts: number[] }[] {
  const split = Array.from({ length: groups }, () => ({
    keys: [] as number[],
    blocks: [] as number[],
    counts: [] as number[],
  }));
  const places = blocks?.map(({ ids }) => new Map(ids.map((id, place) => [id, place])));
  for (let cell = 0; cell < cells.keys.length; cell++) {
    const group = cells.groups[cell]!;
    split[group]!.keys.push(cells.keys[cell]!);
    split[group]!.blocks.push(places ? (places[group]!.get(cells.blocks[cell]!) ?? -1) : 0);
    split[group]!.counts.push(cells.counts[cell]!);
  }
  return split;
}
