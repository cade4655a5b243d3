import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { canonicalText, type StoredType } from '../data/canonical.js';
import { columnKey, meantColumn } from '../data/column-names.js';
import { normalised, storedType } from '../data/column-types.js';
import type { WatchedColumn } from '../data/distribution/watched-column.js';
import { countRows, readRows } from '../data/duckdb.js';
import { readError } from '../data/read-error.js';
import type { SourceFile } from '../data/sources.js';
import { identifier, literal } from '../data/sql.js';
import { GOLDEN_ID_PREFIX, openTraffic, TRAFFIC_COLUMNS } from '../data/traffic-log.js';
import type { WatchedInput } from '../features/watched.js';
import { type WindowGrid, windowSql } from './windows.js';

export interface TrafficRequest {
  readonly files: readonly SourceFile[];
  /** The digest of the live model; rows that another version answered are counted and left out. */
  readonly digest: string;
  readonly inputs: readonly WatchedInput[];
  /** The column with the time of the event; without it, or where the log lacks it, the time of the answer is taken. */
  readonly time: string | undefined;
  readonly grid: WindowGrid;
  /** The first window of the table, and the first that is no longer in it. */
  readonly windows: { readonly first: number; readonly end: number };
  /** The columns that labels are joined by; without them the id of the row. */
  readonly key: readonly string[];
}

/** The log as the table `traffic`, and what there is to say of it. */
export interface Traffic {
  /** SQL over `traffic` of what is watched. */
  readonly columns: readonly WatchedColumn[];
  /** Columns that the log lacks, or has as something else. */
  readonly problems: readonly { readonly column: string; readonly problem: string }[];
  /** Rows in these windows, of any version; without those that stand in the log twice. */
  readonly rows: number;
  /** Rows that stand in the log again, the same in id, time and version. */
  readonly repeated: number;
  /** Rows of other versions, the most first. */
  readonly others: readonly { readonly version: string; readonly rows: number }[];
  /** Whether rows are told by the time of the event. */
  readonly byEvent: boolean;
  /** The newest row of the log, by the same time, in ISO 8601; undefined of an empty log. */
  readonly newest?: string;
}

interface LogColumn {
  readonly name: string;
  readonly duckType: string;
}

/**
 * Loads the log into the table `traffic`: `w` the window from 0, `ts` the time, `live`, `refused`, `problem`, `id`, `key`, `label`,
 * `scores`, and `c0`, `c1`, ... the watched raw columns. Also the view `__log` of all rows, with `__key`.
 * @throws UserError for files that are no traffic log
 */
export async function loadTraffic(connection: DuckDBConnection, request: TrafficRequest): Promise<Traffic> {
  const { files, inputs, grid, windows } = request;
  const paths = files.map(({ path }) => path);
  try {
    await openTraffic(connection, '__files', paths);
    const log = (await readRows(connection, 'DESCRIBE SELECT * FROM __files')).map(
      (row): LogColumn => ({ name: String(row.column_name), duckType: String(row.column_type) }),
    );
    assertLog(log, files);
    const time = timeSql(log, request.time);
    const { columns, problems } = watchedColumns(log, inputs);
    await connection.run(
      `CREATE VIEW __log AS SELECT *, ${time.sql} AS __ts, ${keySql(log, request.key)} AS __key FROM __files`,
    );
    const raw = columns.map(({ raw }, index) => `${raw} AS c${index}`);
    const window = `CAST(${windowSql(grid, '__ts')} - (${windows.first}) AS INTEGER)`;
    const selected = [
      `${window} AS w`,
      ...['__ts AS ts', `mlops_digest = ${literal(request.digest)} AS live`, 'mlops_problem IS NOT NULL AS refused'],
      ...['mlops_problem AS problem', 'mlops_id AS id', '__key AS key', 'mlops_label AS label', 'mlops_scores AS scores'],
      ...['mlops_version AS version', 'mlops_digest AS digest', 'mlops_time AS answered', ...raw],
    ];
    // Rows by which a deployment was tried are old ones, and were asked for by nobody.
    const asked = `NOT starts_with(coalesce(mlops_id, ''), ${literal(GOLDEN_ID_PREFIX)})`;
    await connection.run(
      `CREATE TABLE __read AS SELECT ${selected.join(', ')} FROM __log WHERE isfinite(__ts) AND ${asked} AND ${window} BETWEEN 0 AND ${windows.end - windows.first - 1}`,
    );
    const read = await countRows(connection, '__read');
    await connection.run(
      'CREATE TABLE traffic AS SELECT DISTINCT ON (id, answered, digest) * FROM __read ORDER BY id, answered, digest',
    );
    const rows = await countRows(connection, 'traffic');
    await connection.run('DROP TABLE __read');
    const others = await readRows(
      connection,
      `SELECT coalesce(version, '') AS version, count(*) AS n FROM traffic WHERE NOT coalesce(live, FALSE) GROUP BY ALL ORDER BY n DESC, version`,
    );
    const [last] = await readRows(connection, 'SELECT max(epoch_ms(__ts)) AS ms FROM __log WHERE isfinite(__ts)');
    return {
      columns: columns.map(({ watched, raw: _raw }, index) => ({ ...watched, sql: `c${index}` })),
      problems,
      rows,
      repeated: read - rows,
      others: others.map(({ version, n }) => ({ version: String(version), rows: Number(n) })),
      byEvent: time.byEvent,
      ...(last?.ms !== null && last?.ms !== undefined && { newest: new Date(Number(last.ms)).toISOString() }),
    };
  } catch (error) {
    throw error instanceof UserError ? error : readError(error, files);
  }
}

function assertLog(log: readonly LogColumn[], files: readonly SourceFile[]): void {
  const lacking = TRAFFIC_COLUMNS.filter(({ name }) => !log.some((column) => column.name === name));
  if (lacking.length === 0) return;
  throw new UserError({
    message:
      `this is no traffic log: it has no ${lacking.map(({ name }) => name).join(', ')}. The log is the Parquet files that the server ` +
      'writes, with the columns ' +
      `${TRAFFIC_COLUMNS.map(({ name }) => name).join(', ')} and the model's raw columns`,
    location: { file: files[0]!.display },
  });
}

function findColumn(log: readonly LogColumn[], name: string): LogColumn | undefined {
  return log.find((column) => columnKey(column.name) === columnKey(name));
}

function timeSql(log: readonly LogColumn[], name: string | undefined): { sql: string; byEvent: boolean } {
  const answered = normalised('mlops_time', findColumn(log, 'mlops_time')!.duckType);
  const column = name === undefined ? undefined : findColumn(log, name);
  const type = column && storedType(column.duckType);
  if (!column || (type !== 'date' && type !== 'timestamp')) return { sql: answered, byEvent: false };
  const event = `CAST(${normalised(identifier(column.name), column.duckType)} AS TIMESTAMP)`;
  return { sql: `coalesce(${event}, ${answered})`, byEvent: true };
}

function keySql(log: readonly LogColumn[], key: readonly string[]): string {
  const columns = key.map((name) => findColumn(log, name));
  const isLogged = columns.length > 0 && columns.every((column) => column !== undefined);
  if (!isLogged) return 'mlops_id';
  return joinedKey(columns.map((column) => ({ sql: identifier(column!.name), duckType: column!.duckType })));
}

/** SQL of a key as one text, the same for the same values whatever file they come from; NULL where a part is missing. */
export function joinedKey(columns: readonly { readonly sql: string; readonly duckType: string }[]): string {
  const texts = columns.map(({ sql, duckType }) => canonicalText(normalised(sql, duckType), storedType(duckType)));
  if (texts.length === 1) return texts[0]!;
  return texts.map((text) => `replace(replace(${text}, '\\', '\\\\'), '|', '\\|')`).join(" || '|' || ");
}

interface FoundColumn {
  readonly watched: Omit<WatchedColumn, 'sql'>;
  /** SQL over the log. */
  readonly raw: string;
}

/** Of each watched column its SQL, or what is wrong with it. */
function watchedColumns(
  log: readonly LogColumn[],
  inputs: readonly WatchedInput[],
): { columns: FoundColumn[]; problems: { column: string; problem: string }[] } {
  const columns: FoundColumn[] = [];
  const problems = new Map<string, string>();
  const names = log.map(({ name }) => name).filter((name) => !TRAFFIC_COLUMNS.some((own) => own.name === name));
  for (const { from, ...watched } of inputs) {
    const column = findColumn(log, from);
    if (!column) {
      problems.set(from, `the traffic has no such column${meantColumn(from, names)}`);
      continue;
    }
    const found = storedType(column.duckType);
    const expected = kindOf(watched.type);
    if (kindOf(found) !== expected) {
      problems.set(from, `it is ${found} in the traffic, and was ${watched.type} when the model was trained`);
      continue;
    }
    columns.push({ watched, raw: normalised(identifier(column.name), column.duckType) });
  }
  return { columns, problems: [...problems].map(([column, problem]) => ({ column, problem })) };
}

/** Types whose values can stand for each other. */
function kindOf(type: StoredType): string {
  if (type === 'integer' || type === 'number') return 'number';
  return type === 'date' || type === 'timestamp' ? 'time' : type;
}

/** What to say of the log beside its health. */
export function trafficNotices(traffic: Traffic): string[] {
  const { others, repeated } = traffic;
  const rows = others.reduce((sum, other) => sum + other.rows, 0);
  const named = others.slice(0, 5).map((other) => `${other.version || 'no version'} ${formatCount(other.rows)}`);
  return [
    ...(rows > 0 ? [`Rows that other versions answered are left out: ${formatCount(rows)} (${named.join(', ')}).`] : []),
    ...(repeated > 0 ? [`Rows that stand in the traffic log more than once count once: ${formatCount(repeated)}.`] : []),
  ];
}
