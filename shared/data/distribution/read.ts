import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnType } from '../table.js';
import { keptBlocks } from './blocks.js';
import { numberDistribution } from './build.js';
import { blockCount, byGroup, readCells, SAMPLE_ROWS } from './cells.js';
import {
  BLOCK_MS,
  type BlockUnit,
  type ColumnDistribution,
  type Distribution,
  type LevelBlocks,
  WEEK_OFFSET_MS,
} from './distribution.js';
import { readLevels } from './read-levels.js';
import { readNumberColumns } from './read-numbers.js';
import type { WatchedColumn } from './watched-column.js';

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

/** Of so few rows a guess would be by all of them: their numbers are counted here, many columns in one query. */
const FEW_ROWS = 4 * SAMPLE_ROWS;

/** Columns of one statement. DuckDB's time to plan grows faster than a statement, so wide tables go in batches. */
const BATCH_COLUMNS = 100;

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
      const numbers = await readNumberColumns({ ...place, from: of(numeric) }, numeric, isFew ? undefined : from);
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
