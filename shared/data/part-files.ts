import { columnKey } from './column-names.js';
import { sqlType } from './column-types.js';
import type { Dataset } from './dataset.js';
import { openDatabase } from './duckdb.js';
import { loadParts, PARTS_TABLE } from './part-table.js';
import { identifier, literal } from './sql.js';
import { type ColumnSchema, type ColumnType, PARTS, type Part } from './table.js';

/** A file with the rows of one part, in canonical order. */
export interface PartFile {
  readonly part: Part;
  readonly file: string;
  /** With the target (and the weight), and only the rows whose label is there; else the features of all rows. */
  readonly labelled: boolean;
}

export interface PartFilesRequest {
  /** The part of every row. */
  readonly parts: Uint8Array;
  /** The raw columns that are features. */
  readonly features: readonly ColumnSchema[];
  readonly format: 'parquet' | 'csv';
  readonly files: readonly PartFile[];
}

/** Names of the columns that a file has beside the features. */
export interface PartFileColumns {
  readonly target: string;
  readonly weight?: string;
}

/**
 * Writes rows of a dataset for a program of the user's: the raw features, and where it may see them the target (the
 * classes as they stand in the data) and the weight. Missing text is the empty text, as the model will get it; all else
 * that is missing is NULL. The dataset's own database is fenced off from files, so that the rows go through another one.
 */
export async function writePartFiles(dataset: Dataset, request: PartFilesRequest): Promise<PartFileColumns> {
  const { features, parts, format, files } = request;
  const label = await dataset.labelColumn();
  const { weight: weightName } = dataset.spec.data;
  const weight = weightName === undefined ? undefined : dataset.column(weightName, dataset.locate(['data', 'weight'])).name;
  const names: PartFileColumns = { target: targetName(label.name, features), ...(weight !== undefined && { weight }) };
  const columns: WrittenColumn[] = features.map(({ name, type }) => ({ name, type, sql: valueSql(identifier(name), type) }));
  const answers: WrittenColumn[] = [{ name: names.target, type: label.type, sql: label.sql }];
  if (weight !== undefined) answers.push({ name: weight, type: 'number', sql: `CAST(${identifier(weight)} AS DOUBLE)` });
  await loadParts(dataset, parts);
  try {
    for (const { part, file, labelled } of files) {
      const written = labelled ? [...columns, ...answers] : columns;
      const condition = labelled ? ` AND (${label.sql}) IS NOT NULL` : '';
      const values = written.map(({ sql, type }) => `CAST(${sql} AS ${sqlType(type)})`).join(', ');
      const select = `SELECT ${values} FROM source POSITIONAL JOIN ${PARTS_TABLE} WHERE __part = ${PARTS.indexOf(part)}${condition}`;
      await writeFound(dataset, select, written, file, format);
    }
  } finally {
    await dataset.connection.run(`DROP TABLE IF EXISTS ${PARTS_TABLE}`);
  }
  return names;
}

/** A column of a written file. */
export interface WrittenColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly sql: string;
}

/** Missing text is the empty text, as a model gets it. */
export function valueSql(sql: string, type: ColumnType): string {
  return type === 'string' ? `coalesce(${sql}, '')` : sql;
}

/** A derived target may have the name of a feature; then it gets an underscore. */
function targetName(wanted: string, features: readonly ColumnSchema[]): string {
  const taken = new Set(features.map(({ name }) => columnKey(name)));
  let name = wanted;
  while (taken.has(columnKey(name))) name += '_';
  return name;
}

/** Writes what a query of a dataset finds, through a database that may write files. */
export async function writeFound(
  dataset: Dataset,
  select: string,
  columns: readonly Pick<WrittenColumn, 'name' | 'type'>[],
  file: string,
  format: 'parquet' | 'csv',
): Promise<void> {
  const database = await openDatabase();
  try {
    const { connection } = database;
    const declared = columns.map(({ name, type }) => `${identifier(name)} ${sqlType(type)}`).join(', ');
    await connection.run(`CREATE TABLE part (${declared})`);
    const appender = await connection.createAppender('part');
    const rows = await dataset.connection.stream(select);
    for (let chunk = await rows.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await rows.fetchChunk()) {
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    const options = format === 'csv' ? 'FORMAT csv, HEADER' : 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880';
    await connection.run(`COPY part TO ${literal(file)} (${options})`);
  } finally {
    database.close();
  }
}
