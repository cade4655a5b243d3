import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import type { Spec } from '../spec/schema.js';
import { canonicalText, textHash } from './canonical.js';
import { columnKey, meantColumn } from './column-names.js';
import { normalised, storedType } from './column-types.js';
import type { Dataset, LabelColumn, Locate } from './dataset.js';
import { type Database, readArray, readTexts } from './duckdb.js';
import { type CheckedExpression, checkExpression } from './fence.js';
import { type FileLine, fileLines } from './file-lines.js';
import { type RowsFingerprint, rowsDigest } from './fingerprint.js';
import { indexHashes } from './hash-index.js';
import { readLabels } from './labels.js';
import { hashQuery, type StoredColumn } from './load.js';
import type { Lookup } from './lookup.js';
import { hashIds, keyIds, keyText } from './row-ids.js';
import type { Everything } from './row-sample.js';
import type { SourceFile } from './sources.js';
import { identifier } from './sql.js';
import { blameFile } from './stage.js';
import type { Column, ColumnSchema, Labels, StringColumn, Table } from './table.js';
import { evaluated } from './time-limit.js';
import { readColumn, readFloat64, selectRows } from './typed-columns.js';

/** The view of the rows that SQL reads. */
export const SOURCE = 'source';
/** The table behind it, in the order of the rows. */
export const CANONICAL = '__canonical';

/** Rows in DuckDB, fenced off; see open-dataset.ts. */
export class DuckDataset implements Dataset {
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
    { spec, locate, sqlSeconds }: { readonly spec: Spec; readonly locate: Locate; readonly sqlSeconds?: number },
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
