import type { DuckDBConnection } from '@duckdb/node-api';
import type { Manifest } from '../bundle/manifest.js';
import { durationMs } from '../core/duration.js';
import type { Location } from '../core/errors.js';
import type { Progress } from '../core/progress.js';
import type { BlockUnit, Distribution } from '../data/distribution/distribution.js';
import { readDistributions } from '../data/distribution/read.js';
import type { WatchedColumn } from '../data/distribution/watched-column.js';
import { openDatabase, readRows } from '../data/duckdb.js';
import { closeFence } from '../data/fence.js';
import { predictionNames } from '../data/prediction-columns.js';
import type { SourceFile } from '../data/sources.js';
import type { WatchedInput } from '../features/watched.js';
import { chosenMetrics, primaryMetric } from '../spec/chosen-metrics.js';
import type { Spec } from '../spec/schema.js';
import { checkDrift, type WindowReference } from './drift-checks.js';
import type { Health, HealthCheck, HealthLimits, HealthWindow } from './health.js';
import { joinLabels, labelNotices, loadLabels } from './labels.js';
import { qualityChecks, windowMetrics } from './quality.js';
import { type Sample, serviceChecks } from './service-metrics.js';
import { loadTraffic, type Traffic, trafficNotices } from './traffic.js';
import { columnChecks, refusedCheck, volumeCheck } from './traffic-checks.js';
import { newestComplete, type WindowGrid, windowGrid, windowStart } from './windows.js';

/** The windows that a look shows; a quarter of a year of weeks. */
const MOST_WINDOWS = 12;

const MOST_BLOCKS = 200;

export const MONITOR_DEFAULTS = {
  window: '7d',
  min_rows: 500,
  breaches: 2,
  reference: 'training',
  min_effect: 0.1,
  alpha: 0.05,
  block: 'day',
} as const;

/** The windows of a look at a moment. */
export interface LookedAt {
  readonly grid: WindowGrid;
  readonly first: number;
  readonly end: number;
}

/** The newest windows that are over. */
export function windowsAt(spec: Pick<Spec, 'monitor'>, at: Date): LookedAt {
  const grid = windowGrid(durationMs(spec.monitor?.window ?? MONITOR_DEFAULTS.window));
  const newest = newestComplete(grid, at.getTime());
  return { grid, first: newest - MOST_WINDOWS + 1, end: newest + 1 };
}

export interface LookRequest {
  readonly spec: Spec;
  readonly locate: (path: readonly (string | number)[]) => Location;
  /** The live model. */
  readonly manifest: Manifest;
  /** Held-out metrics as its bundle recorded them. */
  readonly recorded: Readonly<Record<string, number>>;
  /** Empty when the model is no version. */
  readonly version: string;
  readonly at: Date;
  readonly windows: LookedAt;
  readonly inputs: readonly WatchedInput[];
  /** The column with the time of the event. */
  readonly time: string | undefined;
  readonly unit: BlockUnit;
  readonly reference: WindowReference;
  readonly traffic: readonly SourceFile[];
  /** Undefined when there are none to expect; without files where none has come yet. */
  readonly labels?: { readonly files: readonly SourceFile[]; readonly key: readonly string[]; readonly delayMs: number };
  /** What the service says of itself; undefined when it is not asked, or does not answer. */
  readonly service?: readonly Sample[] | undefined;
  readonly notices: readonly string[];
  readonly progress?: Progress;
}

/** Looks at the traffic of a live model, window by window, and says how it is. */
export async function lookAtHealth(request: LookRequest): Promise<Health> {
  const { spec, manifest, at, inputs, labels, progress } = request;
  const database = await openDatabase();
  try {
    const { connection } = database;
    progress?.('reading the traffic');
    const traffic = await loadTraffic(connection, {
      ...{ files: request.traffic, digest: manifest.digest, inputs, time: request.time },
      ...{ grid: request.windows.grid, windows: request.windows, key: labels?.key ?? [] },
    });
    const labelling =
      labels && labels.files.length > 0 ? { ...labels, target: spec.target, locate: request.locate } : undefined;
    const columns = labelling && (await readLabelFiles(connection, labelling));
    await closeFence(connection);
    const counts = labelling && columns ? await joinLabels(connection, columns, labelling, spec.task) : undefined;

    const all = await readWindows(connection, request);
    const begin = all.findIndex(({ rows, refused }) => rows + refused > 0);
    // The live version's own windows; how much is asked for is a matter of all versions.
    const windows = begin < 0 ? [] : all.slice(begin);
    const found = await lookAtWindows(connection, request, traffic, windows);
    const checks = [
      ...found.checks,
      volumeOf(all, request),
      ...(request.service ? serviceChecks(request.service, serviceLimits(request)) : []),
    ];
    const expected = recordedLikeLive(request)[primaryMetric(spec)];
    return {
      format: 1,
      kind: 'health',
      model: spec.name,
      version: request.version,
      digest: manifest.digest,
      at: at.toISOString(),
      window: spec.monitor?.window ?? MONITOR_DEFAULTS.window,
      windows: found.windows,
      checks,
      healthy: checks.every(({ state }) => state !== 'alarm'),
      drifted: checks.flatMap(({ kind, state, subject }) => (kind === 'input drift' && state === 'alarm' ? [subject] : [])),
      notices: [
        ...request.notices,
        ...(windows.length === 0 ? [nothingSaid(request, traffic)] : []),
        ...trafficNotices(traffic),
        ...(counts ? labelNotices(counts) : []),
        ...(labels ? weightNotices(spec) : []),
      ],
      reference: request.reference.kind,
      columns: found.columns,
      limits: limitsOf(spec, request.unit),
      primary: primaryMetric(spec),
      ...(expected !== undefined && { expected }),
    };
  } finally {
    database.close();
  }
}

async function readLabelFiles(connection: DuckDBConnection, request: Parameters<typeof loadLabels>[1]) {
  const columns = await loadLabels(connection, request);
  await connection.run('CREATE TABLE __known AS SELECT DISTINCT __key FROM __log WHERE __key IS NOT NULL');
  return columns;
}

export function limitsOf({ monitor = {}, evaluate }: Pick<Spec, 'monitor' | 'evaluate'>, block: BlockUnit): HealthLimits {
  return {
    minRows: monitor.min_rows ?? MONITOR_DEFAULTS.min_rows,
    breaches: monitor.breaches ?? MONITOR_DEFAULTS.breaches,
    minEffect: monitor.min_effect ?? MONITOR_DEFAULTS.min_effect,
    alpha: monitor.alpha ?? MONITOR_DEFAULTS.alpha,
    block,
    confidence: evaluate.confidence,
  };
}

function serviceLimits({ spec, version, unit }: LookRequest) {
  return { model: spec.name, version, gates: spec.gates, minRequests: limitsOf(spec, unit).minRows };
}

/** Why there is no window to speak of. */
function nothingSaid({ version, manifest }: LookRequest, { newest, rows }: Traffic): string {
  const model = version === '' ? `model ${manifest.digest.slice(0, 14)}…` : version;
  if (newest === undefined) return 'The traffic log has no rows.';
  if (rows === 0)
    return `The traffic log has no rows in the windows that were looked at; its newest row is of ${newest.slice(0, 16)} UTC.`;
  return `No row of the traffic was answered by ${model}: nothing can be said of it yet.`;
}

/** A window of the table, by its number from 0. */
interface CountedWindow {
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly asked: number;
  readonly refused: number;
  readonly labelsComplete: boolean;
}

/** All windows of the look, also those without rows. */
async function readWindows(
  connection: DuckDBConnection,
  { windows: { grid, first, end }, at, labels }: LookRequest,
): Promise<CountedWindow[]> {
  const rows = await readRows(
    connection,
    `SELECT w, count(*) AS asked, count(*) FILTER (live AND NOT refused) AS answered, count(*) FILTER (live AND refused) AS refused
     FROM traffic GROUP BY w`,
  );
  const counted = new Map(rows.map((row) => [Number(row.w), row]));
  return Array.from({ length: end - first }, (_, number): CountedWindow => {
    const row = counted.get(number);
    const to = windowStart(grid, first + number + 1);
    return {
      number,
      from: new Date(windowStart(grid, first + number)).toISOString(),
      to: new Date(to).toISOString(),
      rows: Number(row?.answered ?? 0),
      asked: Number(row?.asked ?? 0),
      refused: Number(row?.refused ?? 0),
      labelsComplete: labels !== undefined && to + labels.delayMs <= at.getTime(),
    };
  });
}

/** From the first window that anything was asked for in. */
function volumeOf(all: readonly CountedWindow[], { spec, unit }: LookRequest): HealthCheck {
  const begin = all.findIndex(({ asked }) => asked > 0);
  return volumeCheck(begin < 0 ? [] : all.slice(begin), limitsOf(spec, unit).breaches);
}

async function lookAtWindows(
  connection: DuckDBConnection,
  request: LookRequest,
  traffic: Traffic,
  counted: readonly CountedWindow[],
): Promise<Pick<Health, 'windows' | 'checks'> & Required<Pick<Health, 'columns'>>> {
  const { spec, manifest, labels, progress, reference } = request;
  const limits = limitsOf(spec, request.unit);
  if (counted.length === 0) return { windows: [], checks: [], columns: [] };
  progress?.('comparing windows');
  const windows: HealthWindow[] = [];
  for (const { number, ...window } of counted) {
    const quality =
      labels && labels.files.length > 0
        ? await qualityOf(connection, number, window.labelsComplete, request)
        : { rows: 0, metrics: {} };
    const sparse = window.rows < limits.minRows;
    windows.push({ ...window, sparse, labelled: quality.rows, metrics: quality.metrics });
  }
  const names = predictionNames(manifest.task, manifest.classes);
  const drift = checkDrift({
    windows,
    distributions: await readLive(connection, request, traffic, counted),
    reference:
      reference.kind === 'same_season' ? { ...reference, seasons: reference.seasons.slice(counted[0]!.number) } : reference,
    predictions: [names.score, ...(names.label === undefined ? [] : [names.label])],
    limits,
    seed: spec.seed,
  });
  const checks: HealthCheck[] = [
    ...(labels ? qualityChecks(windows, qualityLimits(request, limits)) : []),
    ...drift.checks,
    ...columnChecks(windows, traffic.problems, limits.breaches),
    refusedCheck(windows, await readReasons(connection, counted), limits),
  ];
  return { windows, checks, columns: drift.columns };
}

async function qualityOf(connection: DuckDBConnection, window: number, isComplete: boolean, request: LookRequest) {
  const { spec, manifest, unit, progress } = request;
  if (!isComplete) {
    const [row] = await readRows(connection, `SELECT count(*) AS n FROM labelled WHERE w = ${window}`);
    return { rows: Number(row?.n), metrics: {} };
  }
  return windowMetrics(connection, window, {
    ...{ task: manifest.task, classes: manifest.classes, threshold: manifest.threshold },
    ...{ metrics: chosenMetrics(spec), unit, seed: spec.seed, progress },
    ...{ confidence: spec.evaluate.confidence, resamples: spec.evaluate.bootstrap },
  });
}

/** What live rows can be held against: nobody weighs them, so weighted metrics of held-out rows are other figures. */
function recordedLikeLive({ spec, recorded }: LookRequest): LookRequest['recorded'] {
  return spec.data.weight === undefined ? recorded : {};
}

function weightNotices({ data: { weight } }: LookRequest['spec']): string[] {
  if (weight === undefined) return [];
  return [
    `What the version recorded weighs rows by ${weight} (data.weight), and live rows all count alike: quality is held against the gates with a number alone.`,
  ];
}

function qualityLimits(request: LookRequest, { minRows, breaches }: HealthLimits) {
  const { spec, manifest } = request;
  const recorded = recordedLikeLive(request);
  return {
    ...{ primary: primaryMetric(spec), margin: spec.evaluate.margin ?? 0, recorded, gates: spec.gates, minRows, breaches },
    recordedRows: manifest.training.rows.test,
  };
}

/** Inputs and answers of the live version, window by window. */
async function readLive(
  connection: DuckDBConnection,
  { manifest, reference, unit }: LookRequest,
  traffic: Traffic,
  counted: readonly CountedWindow[],
): Promise<Distribution[]> {
  const names = predictionNames(manifest.task, manifest.classes);
  const scores = { binary: 'scores[2]', multiclass: 'list_max(scores)', regression: 'scores[1]' } as const;
  const answers: WatchedColumn[] = [
    ...(names.label === undefined ? [] : [{ name: names.label, sql: 'label', type: 'string' as const }]),
    {
      name: names.score,
      sql: `CASE WHEN isnan(${scores[manifest.task]}) THEN NULL ELSE ${scores[manifest.task]} END`,
      type: 'number',
    },
  ];
  const like = likeOf(reference);
  return readDistributions(connection, {
    from: '(SELECT * FROM traffic WHERE live AND NOT refused)',
    columns: [...traffic.columns, ...answers],
    time: { sql: 'ts', unit },
    group: { sql: `w - ${counted[0]!.number}`, count: counted.length },
    mostBlocks: MOST_BLOCKS,
    ...(like && { like }),
  });
}

/** All reference columns together, for what is counted block by block. */
function likeOf(reference: WindowReference): Distribution | undefined {
  if (reference.kind === 'previous') return undefined;
  const parts =
    reference.kind === 'training' ? reference.distributions : reference.seasons.flatMap((season) => season ?? []).slice(0, 1);
  return parts.length === 0 ? undefined : { rows: 0, columns: parts.flatMap(({ columns }) => columns) };
}

/** The most frequent reason of each window why a row was refused. */
async function readReasons(connection: DuckDBConnection, counted: readonly CountedWindow[]): Promise<(string | undefined)[]> {
  const rows = await readRows(
    connection,
    `SELECT w, arg_max(problem, n) AS problem FROM
     (SELECT w, left(problem, 300) AS problem, count(*) AS n FROM traffic WHERE live AND refused GROUP BY ALL) GROUP BY w`,
  );
  const reasons = new Map(rows.map(({ w, problem }) => [Number(w), String(problem)]));
  return counted.map(({ number }) => reasons.get(number));
}
