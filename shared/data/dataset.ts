import { resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import type { Progress } from '../core/progress.js';
import type { Spec } from '../spec/schema.js';
import { canonicalText, textHash } from './canonical.js';
import { columnKey, meantColumn } from './column-names.js';
import { normalised, storedType } from './column-types.js';
import { headerColumns } from './csv-header.js';
import { countRows, type Database, openDatabase, readArray, readTexts } from './duckdb.js';
import { type CheckedExpression, checkExpression, closeFence } from './fence.js';
import { type FileLine, fileLines } from './file-lines.js';
import { type RowsFingerprint, rowsDigest } from './fingerprint.js';
import { indexHashes } from './hash-index.js';
import { readLabels } from './labels.js';
import { HASH, hashQuery, ROW, type StoredColumn, storeCanonical, unionStages } from './load.js';
import { type Lookup, type LookupRequest, loadLookup } from './lookup.js';
import { hashIds, keyIds, keyText } from './row-ids.js';
import { type Everything, keepEverything, type SampleRequest, storeSample } from './row-sample.js';
import { filesDigest, filesOfShard, isDividedByRows } from './shards/division.js';
import type { Shard } from './shards/shard.js';
import { resolveSources, type SourceFile } from './sources.js';
import { identifier } from './sql.js';
import { blameFile, loadStages } from './stage.js';
import type { Column, ColumnSchema, ColumnType, Labels, StringColumn, Table } from './table.js';
import { evaluated } from './time-limit.js';
import { readColumn, readFloat64, selectRows } from './typed-columns.js';
import { refuseCutArchives } from './whole-archives.js';

export type Locate = (path: readonly (string | number)[]) => Location;

export interface DatasetRequest {
  readonly spec: Spec;
  /** The working directory, which relative paths of the spec start from. */
  readonly directory: string;
  /** The directory that paths of the spec cannot leave; default `directory`. */
  readonly workspace?: string;
  /** Where a key of the spec stands, for errors. */
  readonly locate: Locate;
  /** Paths that replace `data.path`; they come from the workflow and may lead anywhere on this machine. */
  readonly data?: readonly string[];
  /** Seconds that one expression of the spec may take over all rows. */
  readonly sqlSeconds?: number;
  readonly progress?: Progress;
  /** Files whose values the contract looks up; like those of the spec, they cannot leave the workspace. */
  readonly lookups?: readonly LookupRequest[];
  /**
   * Leaves the rows in the order of the files, Parquet even where it is: several times faster, in a fraction of the
   * memory. For what only looks at the data: there are no hashes, row ids and fingerprint then, and whatever comes by
   * row has another order than in other datasets.
   */
  readonly inFileOrder?: boolean;
  /** Only the rows of a shard, in the order of the files; there may be none. */
  readonly shard?: Shard;
  /** Of many rows only a sample is kept in canonical order, where a sample can stand for them; `everything` then has all. */
  readonly sample?: SampleRequest;
}

/**
 * The rows of a model's data, in the canonical order that depends on nothing but their content. Everything that comes
 * by row (tables, labels, weights, ids, the parts of a split) has that order.
 */
export interface Dataset {
  /** For SQL of ours on the view `source`. SQL of the spec goes through `checkExpression` first. */
  readonly connection: DuckDBConnection;
  /** The files, sorted; relative to the working directory where they stand in it. */
  readonly files: readonly string[];
  /** The raw columns in the order of the files. Nested ones (lists, objects) are not among them. */
  readonly schema: readonly ColumnSchema[];
  /** All raw columns, the nested ones too, which only SQL can read. */
  readonly columnNames: readonly string[];
  /** Rows that `data.where` lets through. */
  readonly rows: number;
  readonly fingerprint: RowsFingerprint;
  /** What a user should know about how the files were read. */
  readonly notices: readonly string[];
  readonly locate: Locate;
  readonly spec: Spec;
  /** What the request asked for, in its order. */
  readonly lookups: readonly Lookup[];
  /** Of a shard: what tells whether others are of the same files, and its rows before `data.where`. */
  readonly share?: { readonly digest: string; readonly rows: number };
  /** All rows, where those of this dataset are a sample. */
  readonly everything?: Everything;

  /** Checks one scalar expression of the spec over the raw columns (fence.ts). */
  checkExpression(sql: string, location: Location): Promise<CheckedExpression>;
  /** The raw column that is meant, by SQL's rules of case. @throws UserError with the nearest name */
  column(name: string, location: Location): StoredColumn;
  /** Raw columns as typed arrays. @param rows indices in canonical order; default all */
  table(columns: readonly string[], rows?: Uint32Array): Promise<Table>;
  /** The values of an expression of the spec, by row: slices, conditions. */
  values(sql: string, location: Location, rows?: Uint32Array): Promise<Column>;
  /** A numeric expression that has been checked. Missing is NaN. @throws UserError where it fails on a value */
  numbers(checkedSql: string, location: Location): Promise<Float64Array>;
  /** What is to be predicted: the target's column or expression. @throws UserError when there is none */
  labelColumn(): Promise<LabelColumn>;
  /** The target's canonical text, by row; code 0 is missing. */
  labelText(): Promise<StringColumn>;
  /**
   * The labels. Without `classes` a target that is constant or all missing is a UserError. With them (those of a model
   * that is to be judged; [] for regression) other values are unlabelled.
   */
  labels(options?: { classes?: readonly string[] }): Promise<Labels>;
  /** The column `data.weight`: finite, not negative, never missing. Undefined when there is none. */
  weights(): Promise<Float64Array | undefined>;
  /** The MD5 of the canonical text over some columns (default: all), 16 bytes a row; see canonical.ts. */
  hashes(columns?: readonly string[]): Promise<Uint8Array>;
  /** What names a row in predictions: its key, else the hex digits of its hash; repeated ones get `-2`, `-3`, ... */
  rowIds(rows?: Uint32Array): Promise<readonly string[]>;
  /**
   * The MD5 of what rowIds gives, 16 bytes a row, in a fraction of the time and memory; undefined where rows are named by their
   * hashes or a name is repeated, which only rowIds tells apart.
   */
  rowIdHashes(): Promise<Uint8Array | undefined>;
  /** Where rows, by their numbers `__row`, begin in CSV files; none of other files (file-lines.ts). */
  linesOf(rows: readonly number[]): Promise<ReadonlyMap<number, FileLine>>;
  /** Of an error of a query: the file's, where a file that is read in place is damaged inside; else the same. */
  blame(error: unknown): Promise<unknown>;
  close(): void;
}

export interface LabelColumn {
  /** For people: the target's name. */
  readonly name: string;
  /** Where it stands in the spec. */
  readonly path: readonly string[];
  readonly type: ColumnType;
  /** Normalised SQL over `source`. */
  readonly sql: string;
  /** The raw columns that it reads. */
  readonly columns: readonly string[];
}

const SOURCE = 'source';
const RAW = '__raw';
const CANONICAL = '__canonical';

/**
 * Reads the data of a spec into DuckDB and fences it off.
 * @throws UserError for files that cannot be read, an invalid `data.where`, and when no row is left
 */
export async function openDataset(request: DatasetRequest): Promise<Dataset> {
  const { spec, directory, locate, progress } = request;
  const paths = request.data ?? (Array.isArray(spec.data.path) ? spec.data.path : [spec.data.path]);
  const workspace = request.data ? undefined : resolve(request.workspace ?? directory);
  const all = resolveSources(paths, resolve(directory), locate(['data', 'path']), workspace);
  const { shard } = request;
  const byRows = shard && isDividedByRows(all) ? shard : undefined;
  const files = shard && !byRows ? filesOfShard(all, shard) : all;
  const inFileOrder = request.inFileOrder === true || shard !== undefined;
  const database = await openDatabase();
  try {
    const { connection } = database;
    const lookups: Lookup[] = [];
    for (const [index, lookup] of (request.lookups ?? []).entries()) {
      const inside = resolve(request.workspace ?? directory);
      lookups.push(await loadLookup(connection, lookup, `__lookup_${index}`, directory, inside));
    }
    progress?.(`reading ${files.length === 1 ? files[0]!.display : `${formatCount(files.length)} files`}`);
    // Beside the reading, and before what else is wrong with the rows where a file ends.
    const cut = refuseCutArchives(files).catch((error: unknown) => error);
    const stages = await loadStages(connection, files, inFileOrder || request.sample !== undefined, byRows).catch(
      async (error: unknown) => {
        throw (await cut) ?? error;
      },
    );
    const problem = await cut;
    if (problem) throw problem;
    const total = stages.reduce((sum, stage) => sum + stage.rows, 0);
    if (total === 0 && !shard) throw new UserError({ message: 'the data has no rows', location: { file: files[0]!.display } });
    const later = shard && !byRows ? await headerColumns(connection, all) : [];
    const { columns, notices } = await unionStages(connection, stages, RAW, [], later);
    const inPlace = stages.every(({ isView }) => isView);
    const inFiles = stages.flatMap((stage) => (stage.isView ? stage.files : []));
    await closeFence(
      connection,
      inFiles.map(({ path }) => path),
    );
    if (!inFileOrder) progress?.(`sorting ${formatCount(total)} rows`);
    const ordered = { ...request, inFileOrder };
    const { rows, everything } = await store(connection, ordered, columns, inPlace, total).catch(async (error: unknown) => {
      throw await blameFile(connection, inFiles, error);
    });
    if (!inPlace) {
      await connection.run(`DROP VIEW ${RAW}`);
      for (const { table, isView } of stages) await connection.run(`DROP ${isView ? 'VIEW' : 'TABLE'} ${identifier(table)}`);
    }
    const names = [...columns.map(({ name }) => identifier(name)), ROW];
    await connection.run(`CREATE VIEW ${SOURCE} AS SELECT ${names.join(', ')} FROM ${CANONICAL}`);
    const hashes = inFileOrder ? undefined : await readArray(connection, `SELECT ${HASH} FROM ${CANONICAL}`, 'hash', rows);
    const left = inPlace ? inFiles : [];
    const share = shard && { digest: filesDigest(all), rows: total };
    return new DuckDataset(database, request, files, columns, notices, rows, hashes, lookups, left, { share, everything });
  } catch (error) {
    database.close();
    throw error;
  }
}

async function store(
  connection: DuckDBConnection,
  { spec, locate, sqlSeconds, inFileOrder, shard, sample, progress }: DatasetRequest,
  columns: readonly StoredColumn[],
  inPlace: boolean,
  total: number,
): Promise<{ rows: number; everything?: Everything }> {
  const names = columns.map(({ name }) => name);
  const location = locate(['data', 'where']);
  const { where } = spec.data;
  const condition = where === undefined ? undefined : await checkExpression(connection, where, RAW, names, location);
  if (condition && condition.type !== 'BOOLEAN') {
    throw new UserError({ message: `where is ${condition.type}, not a condition (true or false): ${where}`, location });
  }
  let kept = total;
  if (condition) {
    // By itself first, so that the time limit is the condition's and not the sort's.
    kept = await evaluated(where!, location, connection, sqlSeconds, () =>
      countRows(connection, `${RAW} WHERE ${condition.sql}`),
    );
    if (kept === 0 && !shard) throw new UserError({ message: `no row fulfils where: ${where}`, location });
  }
  if (inFileOrder) {
    const selected = [...names.map(identifier), ROW].join(', ');
    const where = condition ? ` WHERE ${condition.sql}` : '';
    await connection.run(`CREATE ${inPlace ? 'VIEW' : 'TABLE'} ${CANONICAL} AS SELECT ${selected} FROM ${RAW}${where}`);
  } else if (sample && kept > sample.above) {
    progress?.(`drawing a sample of ${formatCount(sample.rows)} rows`);
    const from = condition ? `${RAW} WHERE ${condition.sql}` : RAW;
    const everything = await keepEverything(connection, columns, from, inPlace, kept);
    const key = [spec.data.key ?? []].flat();
    if (await storeSample(connection, columns, key, everything, sample.rows, CANONICAL))
      return { rows: await countRows(connection, CANONICAL), everything };
    await storeCanonical(connection, everything.from, columns, undefined, CANONICAL);
  } else {
    await storeCanonical(connection, RAW, columns, condition?.sql, CANONICAL);
  }
  return { rows: await countRows(connection, CANONICAL) };
}

class DuckDataset implements Dataset {
  readonly #database: Database;
  readonly #sqlSeconds: number | undefined;
  readonly #columns: readonly StoredColumn[];
  readonly #hashes: Uint8Array | undefined;
  readonly #sources: readonly SourceFile[];
  readonly #inPlace: readonly SourceFile[];
  #label: Promise<LabelColumn> | undefined;
  #labelText: Promise<StringColumn> | undefined;
  #lastHashes: { readonly sql: string; readonly hashes: Promise<Uint8Array> } | undefined;
  #rowIdHashes: Promise<Uint8Array | undefined> | undefined;
  readonly files: readonly string[];
  readonly schema: readonly ColumnSchema[];
  readonly columnNames: readonly string[];
  readonly rows: number;
  readonly notices: readonly string[];
  readonly locate: Locate;
  readonly spec: Spec;
  readonly lookups: readonly Lookup[];
  readonly share?: { readonly digest: string; readonly rows: number };
  readonly everything?: Everything;
  #fingerprint: RowsFingerprint | undefined;

  constructor(
    database: Database,
    { spec, locate, sqlSeconds }: DatasetRequest,
    files: readonly SourceFile[],
    columns: readonly StoredColumn[],
    notices: readonly string[],
    rows: number,
    hashes: Uint8Array | undefined,
    lookups: readonly Lookup[],
    inPlace: readonly SourceFile[],
    { share, everything }: { readonly share: Dataset['share']; readonly everything: Dataset['everything'] },
  ) {
    this.#database = database;
    this.#sqlSeconds = sqlSeconds;
    this.#columns = columns;
    this.#hashes = hashes;
    this.#inPlace = inPlace;
    this.#sources = files;
    this.files = files.map((file) => file.display);
    this.schema = columns.flatMap(({ name, type }) => (type === 'nested' ? [] : [{ name, type }]));
    this.columnNames = columns.map(({ name }) => name);
    this.rows = rows;
    this.notices = notices;
    this.locate = locate;
    this.spec = spec;
    this.lookups = lookups;
    if (share) this.share = share;
    if (everything) this.everything = everything;
  }

  get fingerprint(): RowsFingerprint {
    this.#fingerprint ??= {
      digest: rowsDigest(this.#columns, this.#allHashes),
      rows: this.rows,
      schema: [...this.schema].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
      ...(this.spec.data.where === undefined ? {} : { where: this.spec.data.where }),
    };
    return this.#fingerprint;
  }

  get #allHashes(): Uint8Array {
    if (!this.#hashes) throw new Error('rows in the order of their files have no hashes');
    return this.#hashes;
  }

  get connection(): DuckDBConnection {
    return this.#database.connection;
  }

  #evaluated<T>(sql: string, location: Location, work: () => Promise<T>): Promise<T> {
    return evaluated(sql, location, this.connection, this.#sqlSeconds, work);
  }

  checkExpression(sql: string, location: Location): Promise<CheckedExpression> {
    return checkExpression(this.connection, sql, SOURCE, this.columnNames, location);
  }

  column(name: string, location: Location): StoredColumn {
    const column = this.#columns.find((item) => columnKey(item.name) === columnKey(name));
    if (column) return column;
    const names = this.#columns.map((item) => item.name);
    throw new UserError({
      message: `there is no column ${JSON.stringify(name)}${meantColumn(name, names)}`,
      location,
    });
  }

  async table(columns: readonly string[], rows?: Uint32Array): Promise<Table> {
    const lacking = columns.filter((name) => this.schema.every((column) => column.name !== name));
    if (lacking.length > 0) {
      // The columns of a spec have been looked up before; a model may have been made of other data.
      const found = this.schema.map(({ name }) => name).join(', ');
      throw new UserError({
        message: `the data has no column ${lacking.map((name) => JSON.stringify(name)).join(', ')}, which the model reads; it has: ${found}`,
        location: this.locate(['data', 'path']),
      });
    }
    const read = new Map<string, Column>();
    for (const name of columns) {
      const schema = this.schema.find((column) => column.name === name)!;
      const column = await readColumn(this.connection, identifier(name), schema.type, CANONICAL, this.rows);
      read.set(name, rows ? selectRows(column, rows) : column);
    }
    return { rows: rows?.length ?? this.rows, columns: read };
  }

  async values(sql: string, location: Location, rows?: Uint32Array): Promise<Column> {
    const checked = await this.checkExpression(sql, location);
    const type = storedType(checked.type);
    if (type === 'nested')
      throw new UserError({ message: `SQL ${JSON.stringify(sql)} gives ${checked.type}, not one value`, location });
    const value = `(${normalised(checked.sql, checked.type)})`;
    const column = await this.#evaluated(sql, location, () => readColumn(this.connection, value, type, CANONICAL, this.rows));
    return rows ? selectRows(column, rows) : column;
  }

  async numbers(checkedSql: string, location: Location): Promise<Float64Array> {
    return this.#evaluated(checkedSql, location, () => readFloat64(this.connection, checkedSql, CANONICAL, this.rows));
  }

  labelColumn(): Promise<LabelColumn> {
    this.#label ??= this.#findLabel();
    return this.#label;
  }

  async #findLabel(): Promise<LabelColumn> {
    const { column: name, sql } = this.spec.target;
    if (sql === undefined) {
      const path = ['target', 'column'];
      const column = this.column(name, this.locate(path));
      if (column.type === 'nested') {
        throw new UserError({
          message: `target ${name} holds lists or objects; it must be one value`,
          location: this.locate(path),
        });
      }
      return { name, path, type: column.type, sql: identifier(column.name), columns: [column.name] };
    }
    const path = ['target', 'sql'];
    const checked = await this.checkExpression(sql, this.locate(path));
    const type = storedType(checked.type);
    if (type === 'nested') {
      throw new UserError({ message: `target ${name} is ${checked.type}; it must be one value`, location: this.locate(path) });
    }
    return { name, path, type, sql: `(${normalised(checked.sql, checked.type)})`, columns: checked.columns };
  }

  labelText(): Promise<StringColumn> {
    this.#labelText ??= this.#readLabelText();
    return this.#labelText;
  }

  async #readLabelText(): Promise<StringColumn> {
    const { sql, type, path } = await this.labelColumn();
    const column = await this.#evaluated(this.spec.target.sql ?? sql, this.locate(path), () =>
      readColumn(this.connection, canonicalText(sql, type), 'string', CANONICAL, this.rows),
    );
    return column as StringColumn;
  }

  labels(options: { classes?: readonly string[] } = {}): Promise<Labels> {
    return readLabels(this, this.spec, options.classes);
  }

  async weights(): Promise<Float64Array | undefined> {
    const name = this.spec.data.weight;
    if (name === undefined) return undefined;
    const location = this.locate(['data', 'weight']);
    const column = this.column(name, location);
    if (column.type !== 'integer' && column.type !== 'number') {
      throw new UserError({ message: `weight ${name} is ${column.type}; weights are numbers`, location });
    }
    const weights = await this.numbers(identifier(column.name), location);
    const wrong = weights.reduce((count, weight) => (weight >= 0 && weight < Number.POSITIVE_INFINITY ? count : count + 1), 0);
    if (wrong > 0) {
      throw new UserError({
        message: `weight ${name} is missing, negative or infinite in ${formatCount(wrong)} rows`,
        location,
      });
    }
    if (weights.every((weight) => weight === 0)) throw new UserError({ message: `weight ${name} is 0 in every row`, location });
    return weights;
  }

  async hashes(columns?: readonly string[]): Promise<Uint8Array> {
    if (!columns || (columns.length === this.#columns.length && this.#columns.every(({ name }) => columns.includes(name)))) {
      return this.#allHashes;
    }
    const chosen = columns.map((name) => {
      const column = this.#columns.find((item) => item.name === name);
      if (!column) throw new Error(`the data has no column ${JSON.stringify(name)}`);
      return column;
    });
    const sql = hashQuery(chosen, CANONICAL);
    // A split asks for the same ones several times in a row.
    if (this.#lastHashes?.sql !== sql) this.#lastHashes = { sql, hashes: readArray(this.connection, sql, 'hash', this.rows) };
    return this.#lastHashes.hashes;
  }

  async rowIds(rows?: Uint32Array): Promise<readonly string[]> {
    const { key } = this.spec.data;
    if (key === undefined) return hashIds(this.#allHashes, rows);
    return keyIds(await readTexts(this.connection, `SELECT ${this.#keySql(key)} FROM ${CANONICAL}`), rows);
  }

  rowIdHashes(): Promise<Uint8Array | undefined> {
    this.#rowIdHashes ??= this.#readRowIdHashes();
    return this.#rowIdHashes;
  }

  async #readRowIdHashes(): Promise<Uint8Array | undefined> {
    const { key } = this.spec.data;
    if (key === undefined) return undefined;
    const sql = `SELECT ${textHash([`coalesce(${this.#keySql(key)}, '')`])} FROM ${CANONICAL}`;
    const hashes = await readArray(this.connection, sql, 'hash', this.rows);
    return indexHashes(hashes) && hashes;
  }

  #keySql(key: string | readonly string[]): string {
    const location = this.locate(['data', 'key']);
    return keyText(
      (typeof key === 'string' ? [key] : key).map((name) => {
        const column = this.column(name, location);
        return canonicalText(identifier(column.name), column.type);
      }),
    );
  }

  linesOf(rows: readonly number[]): Promise<ReadonlyMap<number, FileLine>> {
    return fileLines(this.#sources, rows);
  }

  blame(error: unknown): Promise<unknown> {
    return blameFile(this.connection, this.#inPlace, error);
  }

  close(): void {
    this.#database.close();
  }
}
