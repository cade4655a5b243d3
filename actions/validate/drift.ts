import { durationMs } from '../../shared/core/duration.js';
import { UserError } from '../../shared/core/errors.js';
import { columnKey } from '../../shared/data/column-names.js';
import { countedFromProfile, readCountedValues } from '../../shared/data/counted-values.js';
import type { Dataset } from '../../shared/data/dataset.js';
import type { Distribution } from '../../shared/data/distribution/distribution.js';
import { type DistributionRequest, readDistributions } from '../../shared/data/distribution/read.js';
import { sealed } from '../../shared/data/distribution/seal.js';
import type { CountedValues } from '../../shared/data/drift/methods.js';
import { DRIFT_DEFAULTS, type DriftReport, driftColumns, type SchemaChange } from '../../shared/data/drift/report.js';
import { driftContract, driftRuleOf, judgeDrift } from '../../shared/data/drift/rules.js';
import { readRows } from '../../shared/data/duckdb.js';
import type { DataProfile } from '../../shared/data/reference-profile.js';
import { identifier, literal } from '../../shared/data/sql.js';
import type { ColumnSchema } from '../../shared/data/table.js';
import type { RuleResult } from '../../shared/data/validation.js';
import { type WantedPart, type WatchedSource, watchedColumns } from '../../shared/data/watched-columns.js';
import type { LoadedSpec } from '../../shared/spec/load.js';
import { DATE_PARTS } from '../../shared/spec/schema.js';
import type { FoundReference, KnownCount, KnownProfile, NothingYet } from './reference.js';

export interface DriftFound {
  readonly report: DriftReport;
  readonly rules: readonly RuleResult[];
  /** What this data is like: a reference for later runs. */
  readonly profile: DataProfile;
}

const PREVIOUS_WINDOW = '7d';

/** One side of the comparison: where its rows are, when they are at hand. */
interface Rows {
  readonly dataset: Dataset;
  /** SQL of the table. */
  readonly from: string;
  readonly columns: readonly WatchedSource[];
}

/** All that the verdict has to know of a watched column. */
export type Watched = Pick<WatchedSource, 'name' | 'from' | 'isTarget'>;

interface Sides {
  readonly shown: string;
  readonly against: string;
  readonly reference: Distribution;
  readonly current: Distribution;
  /** What is watched of the current rows. */
  readonly columns: readonly Watched[];
  /** The rows of both, where they are at hand. */
  readonly rows?: { readonly reference: Rows; readonly current: Rows };
  readonly schemaChanges: readonly SchemaChange[];
  readonly notices: readonly string[];
}

/**
 * Holds the data against the reference.
 * @returns undefined with `previous` where there is no window before the newest
 * @throws UserError when the two have nothing in common
 */
export async function checkDrift(
  dataset: Dataset,
  found: Exclude<FoundReference, KnownCount | NothingYet>,
  loaded: LoadedSpec,
): Promise<DriftFound | NothingYet> {
  const sides =
    found.kind === 'previous'
      ? await ofWindows(dataset, loaded)
      : found.kind === 'data'
        ? await ofData(dataset, found.dataset, found.shown)
        : ofProfile(dataset, found, await countLike(dataset, found));
  if ('kind' in sides) return sides;
  return judgeSides(sides, found.kind, dataset, loaded);
}

/** The same of rows that are not at hand, but counted like the profile. */
export function checkCounted(
  data: Pick<Dataset, 'spec' | 'schema'>,
  counted: CountedRows,
  found: KnownProfile,
  loaded: LoadedSpec,
): Promise<DriftFound> {
  return judgeSides(ofProfile(data, found, counted), found.kind, data, loaded);
}

async function judgeSides(
  sides: Sides,
  kind: DriftReport['reference']['kind'],
  data: Pick<Dataset, 'spec' | 'schema'>,
  loaded: LoadedSpec,
): Promise<DriftFound> {
  const { spec } = loaded;
  const limits = driftContract(spec)?.drift;
  const { reference, current, rows: both } = sides;
  const columnOf = ({ columns }: Rows, name: string): WatchedSource => columns.find((column) => column.name === name)!;
  const counted = async (name: string): Promise<readonly [CountedValues, CountedValues] | undefined> => {
    if (!both) {
      const [before, after] = [reference, current].map(({ columns }) => columns.find((column) => column.name === name)!);
      return countedFromProfile(before!, after!);
    }
    const read = (rows: Rows) => readCountedValues(rows.dataset.connection, rows.from, columnOf(rows, name));
    const [before, after] = [await read(both.reference), await read(both.current)];
    return before && after && [before, after];
  };
  const options = {
    minEffect: limits?.min_effect ?? DRIFT_DEFAULTS.min_effect,
    alpha: limits?.alpha ?? DRIFT_DEFAULTS.alpha,
  };
  const columns = await driftColumns({
    ...options,
    ...{ references: [reference], current, against: sides.against, seed: spec.seed, counted },
    sources: new Map(sides.columns.map((column) => [column.name, column])),
    ruleOf: (from) => driftRuleOf(spec, from),
  });
  if (columns.length === 0) {
    throw new UserError(
      `Input "reference": ${sides.shown} has no column in common with the data, so there is nothing to hold against it.`,
    );
  }
  const report: DriftReport = {
    reference: { kind, shown: sides.shown, rows: reference.rows },
    ...{ rows: current.rows, ...options, columns, schemaChanges: sides.schemaChanges, notices: sides.notices },
  };
  return { report, rules: judgeDrift(report, loaded, data), profile: profileOf(data, current) };
}

/** The profile of data that is held against nothing, for later runs. */
export async function profileData(dataset: Dataset): Promise<DataProfile> {
  return profileOf(dataset, (await countLike(dataset)).distribution);
}

/** Rows as a profile counts them. */
export interface CountedRows {
  readonly columns: readonly Watched[];
  readonly distribution: Distribution;
}

/** @param like what they will be held against */
export async function countLike(dataset: Dataset, like?: KnownProfile): Promise<CountedRows> {
  const columns = await watchedColumns(dataset, like && (like.parts ?? partsIn(like.distribution, dataset.schema)));
  return { columns, distribution: await distributionIn({ dataset, from: 'source', columns }, like?.distribution) };
}

export function profileOf({ spec, schema }: Pick<Dataset, 'spec' | 'schema'>, data: Distribution): DataProfile {
  return { format: 1, kind: 'data profile', model: spec.name, schema, data: sealed(data) };
}

async function distributionIn(rows: Rows, like?: Distribution): Promise<Distribution> {
  const time = timeOf(rows.dataset, like);
  const [found] = await readDistributions(rows.dataset.connection, {
    ...{ from: rows.from, columns: rows.columns },
    ...(time && { time }),
    ...(like && { like }),
  });
  return found!;
}

/** What rows are taken together by; undefined where the data has no time. */
function timeOf(dataset: Dataset, like?: Distribution): DistributionRequest['time'] {
  const { data, monitor } = dataset.spec;
  const column = data.time === undefined ? undefined : dataset.column(data.time, dataset.locate(['data', 'time']));
  if (column?.type !== 'date' && column?.type !== 'timestamp') return undefined;
  return { sql: `CAST(${identifier(column.name)} AS TIMESTAMP)`, unit: like?.blocks?.unit ?? monitor?.block ?? 'day' };
}

async function ofData(dataset: Dataset, other: Dataset, shown: string): Promise<Sides> {
  const referenceRows = { dataset: other, from: 'source', columns: await watchedColumns(other) };
  const currentRows = { dataset, from: 'source', columns: await watchedColumns(dataset) };
  const reference = await distributionIn(referenceRows);
  return {
    ...{ shown, against: shown, reference, columns: currentRows.columns },
    rows: { reference: referenceRows, current: currentRows },
    current: await distributionIn(currentRows, reference),
    schemaChanges: changesOf(other.schema, dataset.schema),
    notices: [],
  };
}

function ofProfile(data: Pick<Dataset, 'schema'>, found: KnownProfile, { columns, distribution: current }: CountedRows): Sides {
  const { distribution, shown, schema } = found;
  const isModel = found.kind === 'model' || schema === undefined;
  return {
    ...{ shown, against: isModel ? `the training rows of ${shown}` : shown },
    ...{ reference: distribution, current, columns },
    schemaChanges: schema ? changesOf(schema, data.schema) : unlike(distribution, current),
    notices: found.hasTarget
      ? []
      : [
          'This profile has no target, so a drift of the target is not seen: train again, or hold the data against a data file.',
        ],
  };
}

/** The windows of the data itself: the newest one, and that before it. */
async function ofWindows(dataset: Dataset, { spec, locate }: LoadedSpec): Promise<Sides | NothingYet> {
  const time = timeOf(dataset);
  if (!time) {
    throw new UserError({
      message: 'the reference "previous" needs data.time, the column with the time of the event, as a date or timestamp',
      location: locate(['data', 'time']),
    });
  }
  const length = spec.monitor?.window ?? PREVIOUS_WINDOW;
  const [newest] = await readRows(
    dataset.connection,
    `SELECT epoch_us(max(${time.sql})) AS at FROM source WHERE isfinite(${time.sql})`,
  );
  if (newest?.at == null) {
    throw new UserError({
      message: `the reference "previous" needs the time of the event, and data.time (${spec.data.time}) is missing in every row`,
      location: locate(['data', 'time']),
    });
  }
  const end = BigInt(String(newest.at));
  const window = BigInt(durationMs(length)) * 1000n;
  const within = (from: bigint, to: bigint): string =>
    `(SELECT * FROM source WHERE epoch_us(${time.sql}) > ${literal(Number(from))} AND epoch_us(${time.sql}) <= ${literal(Number(to))})`;
  const columns = await watchedColumns(dataset);
  const currentRows = { dataset, from: within(end - window, end), columns };
  const referenceRows = { dataset, from: within(end - 2n * window, end - window), columns };
  const reference = await distributionIn(referenceRows);
  if (reference.rows === 0) {
    return { kind: 'nothing', why: `the data has no rows in the ${length} (\`monitor.window\`) before its newest ${length}` };
  }
  const against = `the ${length} before`;
  return {
    ...{ shown: `previous ${length}`, against, reference, columns },
    rows: { reference: referenceRows, current: currentRows },
    current: await distributionIn(currentRows, reference),
    ...{ schemaChanges: [], notices: [] },
  };
}

/** Columns of a profile that are parts of dates of the data, by their names. */
function partsIn({ columns }: Distribution, schema: readonly ColumnSchema[]): WantedPart[] {
  const names = new Set(schema.map(({ name }) => columnKey(name)));
  return columns.flatMap(({ name }) => {
    if (names.has(columnKey(name))) return [];
    const part = DATE_PARTS.find((candidate) => name.endsWith(`_${candidate}`));
    const from = part && schema.find((column) => columnKey(column.name) === columnKey(name.slice(0, -part.length - 1)));
    return part && from && (from.type === 'date' || from.type === 'timestamp') ? [{ name, from: from.name, part }] : [];
  });
}

function changesOf(before: readonly ColumnSchema[], after: readonly ColumnSchema[]): SchemaChange[] {
  const byKey = (schema: readonly ColumnSchema[]) => new Map(schema.map((column) => [columnKey(column.name), column]));
  const [earlier, later] = [byKey(before), byKey(after)];
  return [
    ...before.flatMap(({ name, type }): SchemaChange[] => {
      const now = later.get(columnKey(name));
      if (!now) return [{ column: name, change: 'gone', detail: `the reference has it (${type}), and the data does not` }];
      return now.type === type ? [] : [{ column: name, change: 'type', detail: `${type} in the reference, ${now.type} now` }];
    }),
    ...after.flatMap(({ name, type }): SchemaChange[] =>
      earlier.has(columnKey(name)) ? [] : [{ column: name, change: 'new', detail: `the reference does not have it (${type})` }],
    ),
  ];
}

/** The same of a profile that knows its columns' kinds only. */
function unlike(before: Distribution, after: Distribution): SchemaChange[] {
  const words = { numbers: 'numbers', levels: 'categories' } as const;
  return before.columns.flatMap(({ name, kind }): SchemaChange[] => {
    const now = after.columns.find((column) => column.name === name);
    if (!now) return [{ column: name, change: 'gone', detail: 'the reference has it, and the data does not' }];
    return now.kind === kind
      ? []
      : [{ column: name, change: 'type', detail: `${words[kind]} in the reference, ${words[now.kind]} now` }];
  });
}
