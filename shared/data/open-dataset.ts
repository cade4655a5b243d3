import { resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import type { Progress } from '../core/progress.js';
import type { Spec } from '../spec/schema.js';
import { headerColumns } from './csv-header.js';
import type { Dataset, Locate } from './dataset.js';
import { CANONICAL, DuckDataset, SOURCE } from './duck-dataset.js';
import { countRows, openDatabase, readArray } from './duckdb.js';
import { checkExpression, closeFence } from './fence.js';
import { HASH, ROW, type StoredColumn, storeCanonical, unionStages } from './load.js';
import { type Lookup, type LookupRequest, loadLookup } from './lookup.js';
import { type Everything, keepEverything, type SampleRequest, storeSample } from './row-sample.js';
import { filesDigest, filesOfShard, isDividedByRows } from './shards/division.js';
import type { Shard } from './shards/shard.js';
import { resolveSources } from './sources.js';
import { identifier } from './sql.js';
import { blameFile, loadStages } from './stage.js';
import { evaluated } from './time-limit.js';
import { refuseCutArchives } from './whole-archives.js';

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

const RAW = '__raw';

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
    const staged = { inPlace: inFileOrder || request.sample !== undefined, typed: true, shard: byRows };
    const stages = await loadStages(connection, files, staged).catch(async (error: unknown) => {
      throw (await cut) ?? error;
    });
    const problem = await cut;
    if (problem) throw problem;
    const total = stages.reduce((sum, stage) => sum + stage.rows, 0);
    if (total === 0 && !shard) throw new UserError({ message: 'the data has no rows', location: { file: files[0]!.display } });
    const later = shard && !byRows ? await headerColumns(connection, all) : [];
    const { columns, notices, isStored } = await unionStages(connection, stages, RAW, [], later);
    const inPlace = stages.every(({ isView }) => isView);
    // What is read again and again without any work needs no copy.
    const isView = inPlace || (isStored && spec.data.where === undefined && stages.every((stage) => !stage.isView));
    const inFiles = stages.flatMap((stage) => (stage.isView ? stage.files : []));
    await closeFence(
      connection,
      inFiles.map(({ path }) => path),
    );
    if (!inFileOrder) progress?.(`sorting ${formatCount(total)} rows`);
    const ordered = { ...request, inFileOrder };
    const { rows, everything } = await store(connection, ordered, columns, isView, total).catch(async (error: unknown) => {
      throw await blameFile(connection, inFiles, error);
    });
    const isLeft = isView && (inFileOrder || everything !== undefined);
    if (!isLeft) {
      await connection.run(`DROP VIEW ${RAW}`);
      for (const stage of stages) await connection.run(`DROP ${stage.isView ? 'VIEW' : 'TABLE'} ${identifier(stage.table)}`);
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
  isView: boolean,
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
    await connection.run(`CREATE ${isView ? 'VIEW' : 'TABLE'} ${CANONICAL} AS SELECT ${selected} FROM ${RAW}${where}`);
  } else if (sample && kept > sample.above) {
    progress?.(`drawing a sample of ${formatCount(sample.rows)} rows`);
    const from = condition ? `${RAW} WHERE ${condition.sql}` : RAW;
    const everything = await keepEverything(connection, columns, from, isView, kept);
    const key = [spec.data.key ?? []].flat();
    if (await storeSample(connection, columns, key, everything, sample.rows, CANONICAL))
      return { rows: await countRows(connection, CANONICAL), everything };
    await storeCanonical(connection, everything.from, columns, undefined, CANONICAL);
  } else {
    await storeCanonical(connection, RAW, columns, condition?.sql, CANONICAL);
  }
  return { rows: kept };
}
