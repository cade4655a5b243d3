import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf, UserError } from '../core/errors.js';
import { columnKey, refuseDuplicates } from './column-names.js';
import type { FoundType } from './column-types.js';
import { csvHeader } from './csv-header.js';
import { countRows, readRows } from './duckdb.js';
import { namedFile, readError } from './read-error.js';
import { pieceSql, piecesOfShard, rowsOf } from './shards/division.js';
import type { Shard } from './shards/shard.js';
import type { FileFormat, SourceFile } from './sources.js';
import { identifier, listLiteral, literal } from './sql.js';
import { loadTyped } from './typed-load.js';

/**
 * Files into tables of the database, each value as its file has it: JSON with its own types, Parquet typed, CSV as text
 * but for columns whose type is known already. No SQL of the user's runs here. Row n of a table is data row n of its files, in their order.
 */

/** The number of a row of a view. */
const ROW_NUMBER = '__stage_row';

/** Some files of one shape, loaded. */
export interface Stage {
  readonly table: string;
  readonly format: FileFormat;
  readonly files: readonly SourceFile[];
  /** The columns with their DuckDB types. */
  readonly columns: readonly { readonly name: string; readonly duckType: string }[];
  readonly rows: number;
  /** SQL of the row's number within the stage, from 0. */
  readonly rowNumber: string;
  /** CSV: the columns that have their values in place of their texts, normalised, and their types. */
  readonly typed?: ReadonlyMap<string, FoundType>;
  /** A view of its files, which are read again with every query; else its rows are in the database. */
  readonly isView: boolean;
}

/** Neighbouring files that one read function can take together. */
interface Group {
  readonly format: FileFormat;
  readonly files: SourceFile[];
  /** CSV: delimiter and column names, which all of the group share. */
  readonly header?: { readonly delimiter: string; readonly names: readonly string[] };
}

export interface StageOptions {
  /** Leaves Parquet where it is: a query reads of it the columns that it needs. */
  readonly inPlace?: boolean;
  /** Types columns of CSV while they are read, where that can be done; else all of them have their texts. */
  readonly typed?: boolean;
  /** Of the rows of Parquet files, which all files are then. */
  readonly shard?: Shard | undefined;
}

/**
 * Loads all files, neighbours of one shape together.
 * @throws UserError at the file (and line) that cannot be read
 */
export async function loadStages(
  connection: DuckDBConnection,
  files: readonly SourceFile[],
  { inPlace = false, typed = false, shard }: StageOptions = {},
): Promise<readonly Stage[]> {
  const stages: Stage[] = [];
  for (const group of await groupFiles(connection, files)) {
    const table = `__stage_${stages.length}`;
    const view = inPlace ? await viewParquet(connection, group, table, shard) : undefined;
    if (shard && !view) {
      const message = `its rows cannot be numbered, since it has a column named ${VIRTUAL.join(' or ')}; rename it, or leave the shards out`;
      throw new UserError({ message, location: { file: group.files[0]!.display } });
    }
    stages.push(view ?? (await loadGroup(connection, group, table, typed)));
  }
  return stages;
}

async function groupFiles(connection: DuckDBConnection, files: readonly SourceFile[]): Promise<Group[]> {
  const groups: Group[] = [];
  let last: { key: string; group: Group } | undefined;
  for (const file of files) {
    const text = file.format === 'csv' || file.format === 'tsv';
    const header = text ? await csvHeader(connection, file) : undefined;
    const key = JSON.stringify([file.format, header]);
    if (last?.key === key) {
      last.group.files.push(file);
    } else {
      last = { key, group: { format: file.format, files: [file], ...(header ? { header } : {}) } };
      groups.push(last.group);
    }
  }
  return groups;
}

async function loadGroup(connection: DuckDBConnection, group: Group, table: string, isTyped: boolean): Promise<Stage> {
  let typed: ReadonlyMap<string, FoundType> | undefined;
  try {
    if (group.format === 'parquet') await refuseDuplicatesInParquet(connection, group.files);
    const source = group.format === 'json' ? await jsonSource(connection, group.files) : tableFunction(group);
    if (isTyped && group.header) typed = await loadTyped(connection, source, group.header.names, table);
    else await connection.run(`CREATE TABLE ${identifier(table)} AS SELECT * FROM ${source}`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (group.format === 'json') await refuseEmptyArrays(connection, group.files);
    // Of pages that are damaged inside the engine does not say whose they are.
    if (group.format === 'parquet' && !namedFile(messageOf(error), group.files)) {
      const found = await blameFile(connection, group.files, error);
      if (found instanceof UserError) throw found;
    }
    throw readError(error, group.files);
  }
  const columns = (await describe(connection, identifier(table))).map(({ name, duckType }) => ({ name, duckType }));
  const rows = await countRows(connection, identifier(table));
  const { format, files } = group;
  return { table, format, files, columns, rows, rowNumber: 'rowid', isView: false, ...(typed && { typed }) };
}

/** Columns that the engine adds to those of a Parquet file; a file's own of these names come first. */
const VIRTUAL = ['file_row_number', 'file_index', ROW_NUMBER];

/** Undefined where the files are no Parquet, or have columns of the names that we need. */
async function viewParquet(
  connection: DuckDBConnection,
  group: Group,
  table: string,
  shard: Shard | undefined,
): Promise<Stage | undefined> {
  if (group.format !== 'parquet') return undefined;
  try {
    await refuseDuplicatesInParquet(connection, group.files);
    const source = tableFunction(group);
    const columns = await describe(connection, source);
    if (columns.some(({ name }) => VIRTUAL.includes(name.toLowerCase()))) return undefined;
    const counts: number[] = [];
    for (const { path } of group.files) counts.push(await countRows(connection, `read_parquet(${literal(path)})`));
    const all = { files: group.files, counts, start: 0 };
    const pieces = shard ? piecesOfShard(group.files, counts, shard) : [all];
    const selects: string[] = [];
    for (const piece of pieces) {
      const from = piece.files.length === group.files.length ? source : tableFunction({ ...group, files: [...piece.files] });
      selects.push(pieceSql(piece, from, from === source ? columns : await describe(connection, from), columns, ROW_NUMBER));
    }
    await connection.run(`CREATE VIEW ${identifier(table)} AS ${selects.join(' UNION ALL ')}`);
    const rows = pieces.reduce((sum, piece) => sum + rowsOf(piece), 0);
    const files = [...new Set(pieces.flatMap((piece) => piece.files))];
    return { table, format: 'parquet', files, columns, rows, rowNumber: ROW_NUMBER, isView: true };
  } catch (error) {
    throw error instanceof UserError ? error : readError(error, group.files);
  }
}

/**
 * Why a query of files that are read in place failed, where it is a file's fault: each is read whole by itself.
 * @returns the error at the file, or the one that was given
 */
export async function blameFile(connection: DuckDBConnection, files: readonly SourceFile[], error: unknown): Promise<unknown> {
  // What is wrong with an expression has been said at its place, unless it is the values that it fails on.
  if (error instanceof UserError && !error.message.includes('fails on the data')) return error;
  for (const file of files) {
    try {
      await connection.run(`SELECT count(*) FROM read_parquet(${literal(file.path)}) AS t WHERE hash(t) = 0`);
    } catch (failure) {
      return readError(failure, [file]);
    }
  }
  return error;
}

function tableFunction({ format, files, header }: Group): string {
  const list = listLiteral(files.map((file) => file.path));
  if (!header) {
    if (format !== 'parquet') throw new Error(`a ${format} group without a header`);
    return `read_parquet(${list}, union_by_name = true, hive_partitioning = false)`;
  }
  const columns = header.names.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ');
  return (
    `read_csv(${list}, auto_detect = false, header = true, columns = {${columns}}, delim = ${literal(header.delimiter)}, ` +
    `quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false, hive_partitioning = false)`
  );
}

/**
 * JSON (an array or a line an object): the types of numbers and booleans are DuckDB's, found over all rows; what JSON
 * quotes stays text here, since whether "2001-02-03" is a date is decided in one place for all formats.
 */
async function jsonSource(connection: DuckDBConnection, files: readonly SourceFile[]): Promise<string> {
  const list = listLiteral(files.map((file) => file.path));
  const common = "format = 'auto', records = 'true', union_by_name = true, hive_partitioning = false";
  const found = await describe(
    connection,
    `read_json(${list}, ${common}, sample_size = -1, maximum_sample_files = ${files.length}, map_inference_threshold = -1)`,
  );
  await refuseKeysByCase(
    connection,
    files,
    found.map(({ name }) => name),
  );
  const quoted = /^(DATE|TIMESTAMP.*|TIME.*|UUID)$/;
  const columns = found.map(
    ({ name, duckType }) => `${literal(name)}: ${literal(quoted.test(duckType) ? 'VARCHAR' : duckType)}`,
  );
  return `read_json(${list}, ${common}, columns = {${columns.join(', ')}})`;
}

/**
 * Keys that differ in case only: the engine calls the second one `c_1`, which no record has, and its values are gone.
 * @throws UserError at the file
 */
async function refuseKeysByCase(
  connection: DuckDBConnection,
  files: readonly SourceFile[],
  names: readonly string[],
): Promise<void> {
  const known = new Map(names.map((name) => [columnKey(name), name]));
  for (const name of names) {
    const other = known.get(columnKey(/^(.*)_\d+$/s.exec(name)?.[1] ?? ''));
    if (other === undefined) continue;
    const key = name.replace(/_\d+$/, '');
    for (const file of files) {
      const has = async (one: string): Promise<boolean> => {
        const records = `SELECT 1 FROM read_json_objects(${literal(file.path)}, format = 'auto')`;
        return (await countRows(connection, `(${records} WHERE list_contains(json_keys(json), ${literal(one)}) LIMIT 1)`)) > 0;
      };
      // A column that is called so of its own accord stands in some record.
      if (await has(name)) break;
      if (await has(key)) refuseDuplicates([other, key], { file: file.display });
    }
  }
}

/** `[]` has no record, which the engine takes for JSON of another kind. */
async function refuseEmptyArrays(connection: DuckDBConnection, files: readonly SourceFile[]): Promise<void> {
  for (const file of files) {
    let values: number;
    try {
      values = await countRows(connection, `read_json_objects(${literal(file.path)}, format = 'auto')`);
    } catch {
      // Text that is no JSON: the first error says so better.
      return;
    }
    if (values === 0) throw new UserError({ message: 'the data has no rows', location: { file: file.display } });
  }
}

async function describe(connection: DuckDBConnection, from: string): Promise<{ name: string; duckType: string }[]> {
  const rows = await readRows(connection, `DESCRIBE SELECT * FROM ${from}`);
  return rows.map((row) => ({ name: String(row.column_name), duckType: String(row.column_type) }));
}

async function refuseDuplicatesInParquet(connection: DuckDBConnection, files: readonly SourceFile[]): Promise<void> {
  for (const file of files) {
    const nodes = await readRows(connection, `SELECT name, num_children FROM parquet_schema(${literal(file.path)})`);
    const names: string[] = [];
    // The schema is a tree written depth first; the root's children are the columns.
    let at = 1;
    const skip = (): void => {
      const children = Number(nodes[at++]?.num_children ?? 0);
      for (let child = 0; child < children; child++) skip();
    };
    while (at < nodes.length) {
      names.push(String(nodes[at]!.name));
      skip();
    }
    refuseDuplicates(names, { file: file.display });
  }
}
