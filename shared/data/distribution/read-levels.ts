import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, readTexts } from '../duckdb.js';
import { literal } from '../sql.js';
import { levelDistribution } from './build.js';
import { blockCount, byGroup, hasFewValues, keptSql, type Place, readCells } from './cells.js';
import { type ColumnDistribution, type LevelBlocks, MOST_BLOCK_LEVELS, MOST_LEVELS, type OtherLevels } from './distribution.js';
import { bucketSql } from './hash.js';
import { levelKey, levelText, type WatchedColumn } from './watched-column.js';

/** Characters of a value that is counted by name. */
const LONGEST_VALUE = 200;

/**
 * A column of named values, group by group: those of most rows have a name, the others are counted together.
 * @param like what its blocks are counted by, where it will be held against another
 */
export async function readLevels(
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
