import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { canonicalText, rowText, type StoredType, textHash } from './canonical.js';
import { columnKey, refuseLongNames } from './column-names.js';
import { commonType, type FoundType, finalType, normalised, sqlType, storedType } from './column-types.js';
import { identifier } from './sql.js';
import type { Stage } from './stage.js';
import { detectTextTypes, type TextOrigin } from './text-types.js';

/** A column of the data as it is kept. */
export interface StoredColumn {
  readonly name: string;
  readonly type: StoredType;
}

/** The columns that we add to the user's. */
export const ROW = '__row';
export const HASH = '__hash';

/** What one stage has of a column: its type, and the SQL that gives its values normalised. */
interface StagedColumn {
  readonly name: string;
  readonly type: FoundType;
  readonly duckType: string;
  readonly sql: string;
  readonly naCount: number;
  /** The table has the values as they are wanted: `sql` only names them, or leaves out empty texts. */
  readonly isStored: boolean;
}

/** All stages together. */
export interface Union {
  /** In the order of the files. */
  readonly columns: readonly StoredColumn[];
  readonly notices: readonly string[];
  /** Nothing has to be computed for a value, so that reading the view again and again costs no more than a table would. */
  readonly isStored: boolean;
}

/**
 * Makes the view `target` over all stages: the union of their columns by name, in one type a column, and `__row`.
 * @param textColumns columns that are text whatever their values look like: a file whose codes all happen to be digits
 * still holds codes. Of files that have types of their own, these stay.
 * @param elsewhere columns of files that are not among these; they are there, and have no value
 */
export async function unionStages(
  connection: DuckDBConnection,
  stages: readonly Stage[],
  target: string,
  textColumns: readonly string[] = [],
  elsewhere: readonly string[] = [],
): Promise<Union> {
  const notices: string[] = [];
  const staged: StagedColumn[][] = [];
  const asText = new Set(textColumns.map(columnKey));
  for (const stage of stages) staged.push(await stagedColumns(connection, stage, asText, notices));
  const columns = commonColumns([
    ...staged,
    elsewhere.map(
      (name): StagedColumn => ({ name, type: 'missing', duckType: 'VARCHAR', sql: '', naCount: 0, isStored: true }),
    ),
  ]);
  for (const { name } of columns) {
    if (columnKey(name) === ROW || columnKey(name) === HASH) {
      throw new UserError({
        message: `the column name ${JSON.stringify(name)} is used by this tool; rename the column`,
        location: { file: stages[0]!.files[0]!.display },
      });
    }
  }
  refuseLongNames(
    columns.map(({ name }) => name),
    { file: stages[0]!.files[0]!.display },
  );
  let offset = 0;
  const selects = stages.map((stage, index) => {
    const own = new Map(staged[index]!.map((column) => [columnKey(column.name), column]));
    const values = columns.map((column) => {
      const sql = columnSql(column, own.get(columnKey(column.name)));
      return `${sql} AS ${identifier(column.name)}`;
    });
    const select = `SELECT ${[...values, `CAST(${stage.rowNumber} + ${offset + 1} AS BIGINT) AS ${ROW}`].join(', ')} FROM ${identifier(stage.table)}`;
    offset += stage.rows;
    return select;
  });
  await connection.run(`CREATE VIEW ${identifier(target)} AS ${selects.join(' UNION ALL ')}`);
  for (const { name, type } of columns) {
    if (type === 'nested')
      notices.push(`column ${JSON.stringify(name)} holds lists, objects or bytes and cannot be a feature; SQL can read it`);
  }
  const naCounts = new Map<string, number>();
  for (const { name, naCount } of staged.flat()) naCounts.set(name, (naCounts.get(name) ?? 0) + naCount);
  for (const { name } of columns) {
    const count = naCounts.get(name) ?? 0;
    if (count > 0)
      notices.push(`column ${JSON.stringify(name)} is numeric; ${formatCount(count)} values such as "NA" count as missing`);
  }
  const typeOf = new Map(columns.map(({ name, type }) => [columnKey(name), type]));
  const isStored = staged
    .flat()
    .every(({ name, type, isStored }) => isStored && (isText(type) || type === typeOf.get(columnKey(name))));
  return { columns, notices, isStored };
}

/**
 * Writes the rows of a view into the table `target` in canonical order: sorted by the hash of the whole row, so that
 * neither the order of files and rows nor the format matters. Rows of one hash are equal in every column.
 */
export async function storeCanonical(
  connection: DuckDBConnection,
  view: string,
  columns: readonly StoredColumn[],
  condition: string | undefined,
  target: string,
): Promise<void> {
  const where = condition === undefined ? '' : `WHERE ${condition}`;
  await connection.run(
    `CREATE TABLE ${identifier(target)} AS ${hashedRows(columns, columns, `${identifier(view)} ${where}`)} ORDER BY ${HASH}, ${ROW}`,
  );
}

/** A query of the hashes of a table's rows over some columns, whatever order they are given in. */
export function hashQuery(columns: readonly StoredColumn[], table: string): string {
  return `SELECT ${HASH} FROM (${hashedRows(columns, [], identifier(table))})`;
}

/** Columns whose texts are joined at a time. */
const JOINED_COLUMNS = 50;

/**
 * A query of some columns of rows, their number and their hash. In steps, each by the names of the one before: values,
 * their canonical texts, the texts of some columns joined, the hash. Written as one expression, the SQL of a value would
 * stand in it a dozen times, and a table of a thousand columns would take minutes to plan. Names within are ours, so that
 * no name of a user's can meet them.
 */
function hashedRows(columns: readonly StoredColumn[], kept: readonly StoredColumn[], from: string): string {
  const sorted = [...columns].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const values = kept.map(({ name }, index) => `${identifier(name)} AS v${index}`);
  const texts = sorted.map(({ name, type }, index) => `${canonicalText(identifier(name), type)} AS t${index}`);
  const carried = ['r', ...kept.map((_, index) => `v${index}`)];
  const joined: string[] = [];
  for (let start = 0; start < sorted.length; start += JOINED_COLUMNS) {
    const names = sorted.slice(start, start + JOINED_COLUMNS).map((_, index) => `t${start + index}`);
    joined.push(`${rowText(names)} AS j${joined.length}`);
  }
  const hash = textHash(joined.map((_, index) => `j${index}`));
  const named = kept.map(({ name }, index) => `v${index} AS ${identifier(name)}`);
  return (
    `SELECT ${[...named, `r AS ${ROW}`, `${hash} AS ${HASH}`].join(', ')} FROM ` +
    `(SELECT ${[...carried, ...joined].join(', ')} FROM (SELECT ${[`${ROW} AS r`, ...values, ...texts].join(', ')} FROM ${from}))`
  );
}

async function stagedColumns(
  connection: DuckDBConnection,
  stage: Stage,
  asText: ReadonlySet<string>,
  notices: string[],
): Promise<StagedColumn[]> {
  const texts = stage.columns.flatMap(({ name, duckType }) => {
    if (stage.typed?.has(name) || asText.has(columnKey(name))) return [];
    const origin = textOrigin(stage, duckType);
    return origin ? [{ name, origin, text: origin === 'json mixed' ? `(${identifier(name)} ->> '$')` : identifier(name) }] : [];
  });
  const types = await detectTextTypes(connection, stage.table, texts);
  return stage.columns.map(({ name, duckType }) => {
    const known = stage.typed?.get(name);
    if (known) return { name, type: known, duckType: 'VARCHAR', sql: identifier(name), naCount: 0, isStored: true };
    const text = types.get(name);
    if (!text) {
      const sql = normalised(identifier(name), duckType);
      return { name, type: storedType(duckType), duckType, sql, naCount: 0, isStored: sql === identifier(name) };
    }
    if (text.ambiguous) {
      notices.push(
        `column ${JSON.stringify(name)} stays text: its dates fit ${text.ambiguous.join(' and ')} alike; write them as 2001-12-31`,
      );
    }
    const source = texts.find((column) => column.name === name)!.text;
    const { type, naCount } = text;
    return { name, type, duckType: 'VARCHAR', sql: text.sql(source), naCount, isStored: isText(type) };
  });
}

/** Texts, or nothing that is of use: whatever the type of the column in the union is, no value is made of them. */
function isText(type: FoundType): boolean {
  return type === 'string' || type === 'missing' || type === 'na';
}

function textOrigin(stage: Stage, duckType: string): TextOrigin | undefined {
  if (stage.format === 'csv' || stage.format === 'tsv') return 'csv';
  if (stage.format !== 'json') return undefined;
  if (duckType === 'JSON') return 'json mixed';
  return duckType === 'VARCHAR' ? 'json text' : undefined;
}

function commonColumns(staged: readonly (readonly StagedColumn[])[]): StoredColumn[] {
  const found = new Map<string, { name: string; type: FoundType; duckTypes: Set<string> }>();
  for (const column of staged.flat()) {
    const other = found.get(columnKey(column.name));
    if (other) {
      other.type = commonType(other.type, column.type);
      other.duckTypes.add(column.duckType);
    } else {
      found.set(columnKey(column.name), { name: column.name, type: column.type, duckTypes: new Set([column.duckType]) });
    }
  }
  return [...found.values()].map(({ name, type, duckTypes }) => ({
    name,
    // Nested values of two shapes have only their text in common.
    type: type === 'nested' && duckTypes.size > 1 ? 'string' : finalType(type),
  }));
}

/** SQL of a column of the union from one stage: its values in the common type, or NULL where the stage has none. */
function columnSql(column: StoredColumn, own: StagedColumn | undefined): string {
  if (column.type === 'nested') return own ? own.sql : 'NULL';
  const type = sqlType(column.type);
  if (!own || (own.type === 'missing' && column.type !== 'string')) return `CAST(NULL AS ${type})`;
  if (own.type === 'na') return column.type === 'string' ? own.sql : `CAST(NULL AS ${type})`;
  if (own.type === column.type || own.type === 'missing') return own.sql;
  if (column.type === 'string') return canonicalText(`(${own.sql})`, own.type);
  return `CAST(${own.sql} AS ${type})`;
}
