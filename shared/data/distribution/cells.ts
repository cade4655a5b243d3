import type { DuckDBConnection } from '@duckdb/node-api';
import { countRows, readNumbers, readRows } from '../duckdb.js';
import { literal } from '../sql.js';
import type { RowBlocks } from './distribution.js';

/** Rows that something is guessed from; the guess costs or saves time, and changes no result. */
export const SAMPLE_ROWS = 20_000;

/** Different values in the sample up to which rows are grouped by them at once. */
const FEW_VALUES = 500;

/** Where the cells of columns are counted. */
export interface Place {
  readonly connection: DuckDBConnection;
  /** Groups, blocks and columns as `g`, `b`, `c0`, `c1`, ... */
  readonly from: string;
  readonly rows: number;
  /** Of each group. */
  readonly blocks: readonly RowBlocks[] | undefined;
  readonly groups: number;
}

/** By the first rows: a guess that costs or saves time, and changes no result. */
export async function hasFewValues(connection: DuckDBConnection, sql: string): Promise<boolean> {
  const [row] = await readRows(connection, `SELECT count(DISTINCT v) AS n FROM (${sql} LIMIT ${SAMPLE_ROWS})`);
  return Number(row?.n) <= FEW_VALUES;
}

/** SQL of the block where it is kept; NULL where it is one of the others. */
export function keptSql(blocks: Place['blocks']): string {
  if (!blocks || blocks.every(({ total, ids }) => total === ids.length)) return 'b';
  const ids = [...new Set(blocks.flatMap((group) => group.ids))];
  return `CASE WHEN b IN (${ids.map(literal).join(', ')}) THEN b END`;
}

/** Of a group; one of all rows without a time. */
export function blockCount({ blocks }: Pick<Place, 'blocks'>, group: number): number {
  return blocks ? blocks[group]!.ids.length : 1;
}

/** A grouping's result in typed arrays; NaN for NULL. */
export interface Cells {
  readonly groups: Float64Array;
  readonly blocks: Float64Array;
  readonly keys: Float64Array;
  readonly counts: Float64Array;
}

/** @param sql a query of the columns g, b, k and n */
export async function readCells(connection: DuckDBConnection, sql: string): Promise<Cells> {
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

export function orNaN(value: string): string {
  return `coalesce(CAST(${value} AS DOUBLE), 'NaN'::DOUBLE)`;
}

/** The cells of each group, with the places of their blocks among the group's kept ones. */
export function byGroup(
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
