import type { DuckDBConnection } from '@duckdb/node-api';
import { type Location, UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { canonicalText } from '../data/canonical.js';
import { columnKey, meantColumn } from '../data/column-names.js';
import { normalised, sqlType, storedType } from '../data/column-types.js';
import { countRows, readRows } from '../data/duckdb.js';
import { checkExpression } from '../data/fence.js';
import { ROW, type StoredColumn, unionStages } from '../data/load.js';
import type { SourceFile } from '../data/sources.js';
import { identifier } from '../data/sql.js';
import { loadStages } from '../data/stage.js';
import { withTimeLimit } from '../data/time-limit.js';
import type { Spec } from '../spec/schema.js';
import { joinedKey } from './traffic.js';

export interface LabelsRequest {
  readonly files: readonly SourceFile[];
  /** The column or columns that name the row. */
  readonly key: readonly string[];
  readonly target: Spec['target'];
  readonly locate: (path: readonly (string | number)[]) => Location;
}

/** What became of the labels. */
export interface LabelCounts {
  readonly rows: number;
  /** Labels for rows that the log does not have. */
  readonly unknown: number;
  /** Labels without a key. */
  readonly keyless: number;
  /** Labels of a key that has a newer one, which say the same, and which say something else. */
  readonly repeated: number;
  readonly changed: number;
}

/**
 * Loads labels into the table `labels` (`key`, and the columns of the files), one a key: where a key has several, the last
 * one counts, in the order of the files' names and of their lines. Comes before the fence is closed.
 * @throws UserError for files that cannot be read, and when they lack the key
 */
export async function loadLabels(connection: DuckDBConnection, request: LabelsRequest): Promise<readonly StoredColumn[]> {
  const { files, key, locate } = request;
  const stages = await loadStages(connection, files);
  const { columns } = await unionStages(connection, stages, '__labels');
  const place = locate(['monitor', 'labels', 'key']);
  const keys = key.map((name) => {
    const column = columns.find((candidate) => columnKey(candidate.name) === columnKey(name));
    if (column && column.type !== 'nested') return { sql: identifier(column.name), duckType: sqlType(column.type) };
    const names = columns.map((candidate) => candidate.name);
    throw new UserError({
      message: `the labels (${files[0]!.display}) have no column ${JSON.stringify(name)}${meantColumn(name, names)}; monitor.labels.key names the column that tells whose label it is`,
      location: place,
    });
  });
  await connection.run(`CREATE TABLE __keyed AS SELECT *, ${joinedKey(keys)} AS __key FROM __labels`);
  await connection.run(
    `CREATE TABLE labels AS SELECT * EXCLUDE (__newest) FROM
     (SELECT *, row_number() OVER (PARTITION BY __key ORDER BY ${ROW} DESC) AS __newest FROM __keyed WHERE __key IS NOT NULL) WHERE __newest = 1`,
  );
  return columns;
}

/**
 * Joins labels to the live rows: the table `labelled` with window `w`, `ts`, `scores` and `truth`, the class's text or a number.
 * Comes after the fence is closed, since the target may be SQL of the spec.
 */
export async function joinLabels(
  connection: DuckDBConnection,
  columns: readonly StoredColumn[],
  { target, locate, files }: LabelsRequest,
  task: Spec['task'],
): Promise<LabelCounts> {
  const truth = await truthSql(connection, columns, { target, locate, files }, task);
  const location = locate(['target', target.sql === undefined ? 'column' : 'sql']);
  try {
    await withTimeLimit(connection, async () => {
      await connection.run(`CREATE TABLE __truth AS SELECT __key, ${ROW}, ${truth} AS truth FROM __keyed`);
    });
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UserError({ message: `the target cannot be told from the labels: ${reason}`, location }, { cause: error });
  }
  await connection.run(
    `CREATE TABLE labelled AS SELECT w, ts, scores, truth FROM traffic
     JOIN labels ON traffic.key = labels.__key JOIN __truth ON __truth.${ROW} = labels.${ROW}
     WHERE live AND NOT refused AND truth IS NOT NULL AND scores IS NOT NULL`,
  );
  const [older] = await readRows(
    connection,
    `SELECT count(*) FILTER (old.truth IS NOT DISTINCT FROM new.truth) AS repeated, count(*) FILTER (old.truth IS DISTINCT FROM new.truth) AS changed
     FROM __truth AS old JOIN labels ON old.__key = labels.__key AND old.${ROW} <> labels.${ROW} JOIN __truth AS new ON new.${ROW} = labels.${ROW}`,
  );
  const known = '(SELECT DISTINCT __key FROM __known)';
  return {
    rows: await countRows(connection, '__keyed'),
    unknown: await countRows(connection, `labels ANTI JOIN ${known} USING (__key)`),
    keyless: await countRows(connection, '__keyed WHERE __key IS NULL'),
    repeated: Number(older?.repeated ?? 0),
    changed: Number(older?.changed ?? 0),
  };
}

/** SQL of what was true, over the labels' columns: the target's own column, or its expression. */
async function truthSql(
  connection: DuckDBConnection,
  columns: readonly StoredColumn[],
  { target, locate, files }: Pick<LabelsRequest, 'target' | 'locate' | 'files'>,
  task: Spec['task'],
): Promise<string> {
  const own = columns.find(({ name }) => columnKey(name) === columnKey(target.column));
  const names = columns.map(({ name }) => name);
  const asTruth = (sql: string, type: ReturnType<typeof storedType>): string => {
    if (task !== 'regression') return canonicalText(sql, type);
    if (type === 'integer' || type === 'number') return `CAST(${sql} AS DOUBLE)`;
    throw new UserError({
      message: `the labels (${files[0]!.display}) have ${target.column} as ${type}; a regression's are numbers`,
      location: locate(['target', 'column']),
    });
  };
  if (own && own.type !== 'nested') return asTruth(identifier(own.name), own.type);
  if (target.sql === undefined) {
    throw new UserError({
      message: `the labels (${files[0]!.display}) have no column ${JSON.stringify(target.column)}${meantColumn(target.column, names)}; labels hold the target, beside their key`,
      location: locate(['monitor', 'labels', 'path']),
    });
  }
  const checked = await checkExpression(connection, target.sql, '__keyed', names, locate(['target', 'sql']));
  return asTruth(`(${normalised(checked.sql, checked.type)})`, storedType(checked.type));
}

/** What to say of the labels. */
export function labelNotices({ rows, unknown, keyless, repeated, changed }: LabelCounts): string[] {
  const of = `of ${formatCount(rows)} labels`;
  return [
    ...(unknown > 0 ? [`${formatCount(unknown)} ${of} are for rows that the traffic log does not have.`] : []),
    ...(keyless > 0 ? [`${formatCount(keyless)} ${of} have no key, and are left out.`] : []),
    ...(changed > 0 ? [`${formatCount(changed)} ${of} were changed by a later one, which counts.`] : []),
    ...(repeated > 0 ? [`${formatCount(repeated)} ${of} say again what another says.`] : []),
  ];
}
