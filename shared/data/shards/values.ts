import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalText, rowText } from '../canonical.js';
import type { FoundValues, ValuesInParts } from '../contract/in-parts.js';
import { countRows, openDatabase, readRows } from '../duckdb.js';
import { identifier, literal } from '../sql.js';
import type { ColumnType } from '../table.js';

/**
 * Values that may stand in several shards, so that no shard by itself can say how many different ones there are, which
 * repeat, or where a quantile is: a side file with every different value of a shard, the rows that have it, and the first
 * of them. Keys are told apart by the 128 bits of their MD5, numbers stand there themselves.
 */

/** So many different values of one rule are kept of a shard: some 200 MB. */
export const MOST_VALUES = 10_000_000;

const COLUMNS = 'rule INTEGER, upper UBIGINT, lower UBIGINT, number DOUBLE, n BIGINT, first BIGINT';
const NAMES = 'rule, upper, lower, number, n, first';

/** The key of 0: keys are not negative. */
const MIDDLE = '9223372036854775808::HUGEINT';

export interface WantedValues {
  /** What the file calls them. */
  readonly at: number;
  readonly values: ValuesInParts;
}

export interface CollectedValues {
  readonly at: number;
  readonly rows: number;
  /** Undefined: more than are kept. */
  readonly different: number | undefined;
}

/**
 * Writes the values of a shard, and counts them.
 * @param file Parquet
 * @returns in the order that they are wanted in
 */
export async function collectValues(
  connection: DuckDBConnection,
  wanted: readonly WantedValues[],
  file: string,
  most = MOST_VALUES,
): Promise<CollectedValues[]> {
  // The rows' own database is fenced off from files.
  const database = await openDatabase();
  try {
    await database.connection.run(`CREATE TABLE side (${COLUMNS})`);
    const collected: CollectedValues[] = [];
    for (const { at, values } of wanted) {
      await connection.run(`CREATE TEMP TABLE __values AS ${groupedSql(at, values)}`);
      try {
        const [found] = await readRows(connection, 'SELECT count(*) AS different, coalesce(sum(n), 0) AS n FROM __values');
        const different = Number(found!.different);
        collected.push({ at, rows: Number(found!.n), different: different > most ? undefined : different });
        if (different > most) continue;
        // Sorted numbers take a fraction of the space; hashes do not.
        const isSorted = values.columns.length === 1 && /^(integer|number)$/.test(values.columns[0]!.type);
        const order = isSorted ? ' ORDER BY number, upper, lower' : '';
        const appender = await database.connection.createAppender('side');
        const rows = await connection.stream(`SELECT ${NAMES} FROM __values${order}`);
        for (let chunk = await rows.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await rows.fetchChunk()) {
          appender.appendDataChunk(chunk);
        }
        appender.closeSync();
      } finally {
        await connection.run('DROP TABLE __values');
      }
    }
    await database.connection.run(`COPY side TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`);
    return collected;
  } finally {
    database.close();
  }
}

function groupedSql(at: number, { columns, where, kind }: ValuesInParts): string {
  const rule = `CAST(${at} AS INTEGER) AS rule`;
  const grouped = (values: string, key: string): string =>
    `SELECT ${key}, count(*) AS n, min(__row) AS first FROM (SELECT ${values}, __row FROM source WHERE ${where}) GROUP BY ALL`;
  if (kind === 'numbers') {
    const rows = grouped(`CAST(${identifier(columns[0]!.name)} AS DOUBLE) AS number`, 'number');
    return `SELECT ${rule}, CAST(0 AS UBIGINT) AS upper, CAST(0 AS UBIGINT) AS lower, number, n, first FROM (${rows})`;
  }
  const [only, ...more] = columns;
  const halves = 'CAST(k >> 64 AS UBIGINT) AS upper, CAST(k & 18446744073709551615::UHUGEINT AS UBIGINT) AS lower';
  const rows =
    only && more.length === 0
      ? grouped(`${identifier(only.name)} AS v`, `${keySql('v', only.type)} AS k`)
      : grouped(
          columns.map(({ name, type }, index) => `${canonicalText(identifier(name), type)} AS t${index}`).join(', '),
          `md5_number(${rowText(columns.map((_, index) => `t${index}`))}) AS k`,
        );
  return `SELECT ${rule}, ${halves}, CAST(NULL AS DOUBLE) AS number, n, first FROM (${rows})`;
}

/**
 * SQL of a value's key, a UHUGEINT. Whole numbers are their own, which is many times cheaper, also where a column of another
 * shard has a fraction; all else is the MD5 of its text, which is never as small.
 */
function keySql(value: string, type: ColumnType): string {
  const whole = (sql: string): string => `CAST(CAST(${sql} AS HUGEINT) + ${MIDDLE} AS UHUGEINT)`;
  if (type === 'integer') return whole(value);
  const hash = `md5_number(${canonicalText(value, type)})`;
  if (type !== 'number') return hash;
  const isWhole = `${value} = trunc(${value}) AND abs(${value}) < '9223372036854775808'::DOUBLE`;
  return `CASE WHEN ${isWhole} THEN ${whole(`TRY_CAST(${value} AS BIGINT)`)} ELSE ${hash} END`;
}

/** The values of one rule in one shard. */
export interface ShardValues {
  readonly file: string;
  readonly at: number;
  /** What is added to the numbers of its rows. */
  readonly offset: number;
}

/** Whether a file is such a side file, of so many rows. */
export async function isValuesFile(connection: DuckDBConnection, file: string, rows: number): Promise<boolean> {
  try {
    const columns = await readRows(connection, `DESCRIBE SELECT * FROM read_parquet(${literal(file)})`);
    const found = columns.map((column) => `${String(column.column_name)} ${String(column.column_type)}`).join(', ');
    return found === COLUMNS && (await countRows(connection, `read_parquet(${literal(file)})`)) === rows;
  } catch {
    return false;
  }
}

/** The values of all shards together. @param shards in their order */
export async function mergeValues(
  connection: DuckDBConnection,
  shards: readonly ShardValues[],
  { kind, quantiles = [] }: ValuesInParts,
): Promise<FoundValues> {
  const by = kind === 'numbers' ? 'number' : 'upper, lower';
  const grouped = `SELECT ${by}, CAST(sum(n) AS BIGINT) AS n FROM (${allSql(shards)}) GROUP BY ${by}`;
  const [found] = await readRows(
    connection,
    `SELECT coalesce(sum(n), 0) AS n, count(*) AS different, count_if(n > 1) AS repeated FROM (${grouped})`,
  );
  const rows = Number(found!.n);
  const at: number[] = [];
  for (const quantile of quantiles) at.push(rows === 0 ? Number.NaN : await quantileAt(connection, grouped, rows, quantile));
  return { rows, different: Number(found!.different), repeated: Number(found!.repeated ?? 0), quantiles: at };
}

/** Interpolated, as `quantile_cont` does. */
async function quantileAt(connection: DuckDBConnection, grouped: string, rows: number, quantile: number): Promise<number> {
  const position = (rows - 1) * quantile;
  const [low, high] = [Math.floor(position), Math.ceil(position)];
  const ordered = `SELECT number, sum(n) OVER (ORDER BY number) AS upto FROM (${grouped})`;
  const at = (place: number): string => `CAST(min(number) FILTER (WHERE upto > ${place}) AS VARCHAR)`;
  const [found] = await readRows(connection, `SELECT ${at(low)} AS low, ${at(high)} AS high FROM (${ordered})`);
  const [below, above] = [Number(found!.low), Number(found!.high)];
  return below === above ? below : below + (position - low) * (above - below);
}

export interface RepeatedRow {
  /** Counted through all shards. */
  readonly row: number;
  /** The first row with the same value. */
  readonly first: number;
  /** Where the key says it: a whole number. */
  readonly value?: string;
}

/**
 * The first rows whose value stands in an earlier shard too.
 * @param firstToo also the very first row of such a value
 */
export async function repeatedAcross(
  connection: DuckDBConnection,
  shards: readonly ShardValues[],
  most: number,
  firstToo: boolean,
): Promise<RepeatedRow[]> {
  const same = 'PARTITION BY upper, lower';
  const which = firstToo ? `count(*) OVER (${same}) > 1` : `row_number() OVER (${same} ORDER BY first) > 1`;
  const rows = await readRows(
    connection,
    `SELECT first AS r, min(first) OVER (${same}) AS f, CASE WHEN upper = 0 THEN CAST(lower AS HUGEINT) - ${MIDDLE} END AS v
     FROM (${allSql(shards)}) QUALIFY ${which} ORDER BY r LIMIT ${most}`,
  );
  return rows.map(({ r, f, v }) => ({ row: Number(r), first: Number(f), ...(v !== null && { value: String(v) }) }));
}

function allSql(shards: readonly ShardValues[]): string {
  const selects = shards.map(
    ({ file, at, offset }) =>
      `SELECT upper, lower, number, n, first + ${offset} AS first FROM read_parquet(${literal(file)}) WHERE rule = ${at}`,
  );
  return selects.length === 0
    ? `SELECT * FROM (SELECT 0::UBIGINT AS upper, 0::UBIGINT AS lower, 0.0::DOUBLE AS number, 0::BIGINT AS n, 0::BIGINT AS first) WHERE FALSE`
    : selects.join(' UNION ALL ');
}
