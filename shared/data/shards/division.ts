import { statSync } from 'node:fs';
import { UserError } from '../../core/errors.js';
import { formatCount } from '../../core/format.js';
import { canonicalJson, sha256 } from '../../core/json.js';
import { columnKey } from '../column-names.js';
import type { SourceFile } from '../sources.js';
import { identifier } from '../sql.js';
import { type Shard, shardText } from './shard.js';

/**
 * How data is divided among shards: each has neighbouring rows, so that the shards one behind the other are the data in
 * the order of its files. Parquet, which says how many rows it has, is divided by rows; other files go whole, by their
 * sizes. Nothing but names, sizes and numbers of rows decides, so that each job finds its own without asking the others.
 */

/** The same for all shards of the same files. */
export function filesDigest(files: readonly SourceFile[]): string {
  return sha256(canonicalJson(files.map(({ display, path }) => [display, statSync(path).size])));
}

/** Whether the files are divided by rows: then each shard has to see all of them. */
export function isDividedByRows(files: readonly SourceFile[]): boolean {
  return files.every(({ format }) => format === 'parquet');
}

/**
 * The files of a shard, where files go whole.
 * @throws UserError when there are fewer files than shards
 */
export function filesOfShard(files: readonly SourceFile[], shard: Shard): readonly SourceFile[] {
  const { count } = shard;
  if (files.length < count) {
    const found = files.length === 1 ? `${files[0]!.display} is one file` : `there are ${formatCount(files.length)} files`;
    throw new UserError(
      `Input "shard" is ${shardText(shard)}, and ${found}: CSV and JSON go to the shards file by file; use at most ${formatCount(files.length)} ${files.length === 1 ? 'shard' : 'shards'}, or Parquet, which is divided by rows.`,
    );
  }
  const [start, end] = cutsOf(
    files.map(({ path }) => statSync(path).size),
    count,
  ).slice(shard.index - 1, shard.index + 1) as [number, number];
  return files.slice(start, end);
}

/** Where neighbours are cut so that each of `count` groups has at least one, and their sizes are as even as cuts allow. */
export function cutsOf(sizes: readonly number[], count: number): number[] {
  const ends = [0];
  for (const size of sizes) ends.push(ends.at(-1)! + size);
  const total = ends.at(-1)!;
  const cuts = [0];
  for (let group = 1; group < count; group++) {
    const wanted = (total * group) / count;
    let cut = cuts.at(-1)! + 1;
    const last = sizes.length - (count - group);
    while (cut < last && Math.abs(ends[cut + 1]! - wanted) <= Math.abs(ends[cut]! - wanted)) cut++;
    cuts.push(cut);
  }
  return [...cuts, sizes.length];
}

/** Whole neighbouring files, or some rows of one. */
export interface Piece {
  readonly files: readonly SourceFile[];
  /** Rows of each file. */
  readonly counts: readonly number[];
  /** The number that its first row has in the shard. */
  readonly start: number;
  /** Of one file: only its rows [from, to), counted from 0. */
  readonly rows?: { readonly from: number; readonly to: number };
}

export function rowsOf({ counts, rows }: Piece): number {
  return rows ? rows.to - rows.from : counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The pieces of Parquet files that a shard has: some rows of a first file, whole files, some rows of a last one.
 * @param counts rows of each file
 * @throws UserError when there are fewer rows than shards
 */
export function piecesOfShard(files: readonly SourceFile[], counts: readonly number[], shard: Shard): readonly Piece[] {
  const total = counts.reduce((sum, rows) => sum + rows, 0);
  if (total < shard.count) {
    throw new UserError(
      `Input "shard" is ${shardText(shard)}, and the data has ${formatCount(total)} ${total === 1 ? 'row' : 'rows'}: use at most as many shards as there are rows.`,
    );
  }
  const from = Math.floor((total * (shard.index - 1)) / shard.count);
  const to = Math.floor((total * shard.index) / shard.count);
  const pieces: Piece[] = [];
  let before = 0;
  for (const [index, file] of files.entries()) {
    const rows = counts[index]!;
    const [first, last] = [Math.max(from - before, 0), Math.min(to - before, rows)];
    if (first < last) {
      const isWhole = first === 0 && last === rows;
      const previous = pieces.at(-1);
      if (isWhole && previous && !previous.rows) {
        pieces[pieces.length - 1] = { ...previous, files: [...previous.files, file], counts: [...previous.counts, rows] };
      } else {
        const start = before + first - from;
        pieces.push({ files: [file], start, counts: [rows], ...(!isWhole && { rows: { from: first, to: last } }) });
      }
    }
    before += rows;
  }
  return pieces;
}

interface TypedColumn {
  readonly name: string;
  readonly duckType: string;
}

/**
 * A query of a piece in the columns of all files, whichever it has, and the number of each row in the shard.
 * @param source SQL of the piece's files
 * @param own the columns that its files have
 * @param all those of all files
 */
export function pieceSql(
  piece: Piece,
  source: string,
  own: readonly TypedColumn[],
  all: readonly TypedColumn[],
  rowNumber: string,
): string {
  const values = all.map(({ name, duckType }) => {
    const found = own.find((column) => columnKey(column.name) === columnKey(name));
    const value = found ? identifier(found.name) : 'NULL';
    return `${found?.duckType === duckType ? value : `CAST(${value} AS ${duckType})`} AS ${identifier(name)}`;
  });
  const starts: number[] = [];
  let next = piece.start;
  for (const rows of piece.counts) {
    starts.push(next);
    next += rows;
  }
  const first = piece.rows?.from ?? 0;
  const start = starts.length === 1 ? String(starts[0]! - first) : `[${starts.join(', ')}][CAST(file_index AS BIGINT) + 1]`;
  const number = `CAST(file_row_number AS BIGINT) + CAST(${start} AS BIGINT) AS ${rowNumber}`;
  const where = piece.rows ? ` WHERE file_row_number >= ${first} AND file_row_number < ${piece.rows.to}` : '';
  return `SELECT ${[...values, number].join(', ')} FROM ${source}${where}`;
}
