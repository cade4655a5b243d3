import type { DuckDBConnection } from '@duckdb/node-api';
import { formatCount, formatNumber } from '../core/format.js';
import type { Progress } from '../core/progress.js';
import { BLOCK_MS, type BlockUnit, blockOf } from '../data/distribution/distribution.js';
import { countRows, readArray, readTexts } from '../data/duckdb.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import type { MetricComparison } from '../evaluation/comparison.js';
import { evaluateModel } from '../evaluation/judge.js';
import { readGate } from '../spec/gates.js';
import { betterOf, isMetric, type MetricName } from '../spec/metrics.js';
import type { Spec } from '../spec/schema.js';
import { checkOf, type Finding } from './breaches.js';
import type { HealthCheck, HealthWindow } from './health.js';

/** How good the live model was on labelled rows of a window. */
export type WindowMetrics = HealthWindow['metrics'];

export interface QualityRequest {
  readonly task: Spec['task'];
  /** The classes in the order of the scores; empty for regression. */
  readonly classes: readonly string[];
  readonly threshold: number | undefined;
  readonly metrics: readonly MetricName[];
  readonly unit: BlockUnit;
  readonly confidence: number;
  readonly resamples: number;
  readonly seed: number;
  readonly progress?: Progress | undefined;
}

/** Intervals of a dozen windows need not be as fine as those of a verdict. */
const MOST_RESAMPLES = 500;

/** Fewer blocks give intervals that are too narrow in a way nobody can see. */
const FEWEST_BLOCKS = 20;

/** Metrics of the labelled rows of one window. Rows whose label is of no class of the model count as unlabelled. */
export async function windowMetrics(
  connection: DuckDBConnection,
  window: number,
  request: QualityRequest,
): Promise<{ rows: number; metrics: WindowMetrics }> {
  const sample = await readLabelled(connection, window, request);
  const isKnown = (value: number): boolean => (request.task === 'regression' ? Number.isFinite(value) : value >= 0);
  const rows = Array.from(sample.labels.values as ArrayLike<number>).filter(isKnown).length;
  if (rows === 0) return { rows, metrics: {} };
  const primary = request.metrics[0]!;
  const { metrics } = evaluateModel({
    labels: sample.labels,
    candidate: sample.predictions,
    primary,
    metrics: request.metrics,
    gates: [],
    gatesInconclusive: 'pass',
    slices: [],
    minRows: 1,
    confidence: request.confidence,
    bootstrap: Math.min(request.resamples, MOST_RESAMPLES),
    seed: request.seed,
    blocks: blocksOf(sample.times, request.unit),
    threshold: { candidate: request.threshold },
    measures: {},
    progress: request.progress,
  });
  return { rows, metrics: Object.fromEntries(metrics.flatMap(metricValue)) };
}

function metricValue({ name, candidate, candidateInterval }: MetricComparison): [string, WindowMetrics[string]][] {
  if (candidate === null) return [];
  return [[name, { value: candidate, ...candidateInterval }]];
}

interface Labelled {
  readonly labels: Labels;
  readonly predictions: Predictions;
  /** Milliseconds since the epoch. */
  readonly times: Float64Array;
}

/** The table `labelled` as arrays, in an order that only the rows decide. */
async function readLabelled(
  connection: DuckDBConnection,
  window: number,
  { task, classes }: QualityRequest,
): Promise<Labelled> {
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE __window AS SELECT * FROM labelled WHERE w = ${window} ORDER BY ts, truth, scores`,
  );
  const rows = await countRows(connection, '__window');
  const numbers = (sql: string): Promise<Float64Array> =>
    readArray(connection, `SELECT coalesce(CAST(${sql} AS DOUBLE), 'NaN'::DOUBLE) FROM __window`, 'float64', rows);
  const times = await numbers('epoch_ms(ts)');
  if (task === 'regression') {
    const labels: Labels = { task, values: await numbers('truth') };
    return { labels, predictions: { task, rows, scores: await numbers('scores[1]') }, times };
  }
  const width = classes.length;
  const scores = new Float64Array(rows * width);
  for (let index = 0; index < width; index++) {
    const values = await numbers(`scores[${index + 1}]`);
    for (let row = 0; row < rows; row++) scores[row * width + index] = values[row]!;
  }
  const indexOf = new Map<string | null, number>(classes.map((text, index) => [text, index]));
  const texts = await readTexts(connection, 'SELECT truth FROM __window');
  const values = Int32Array.from(texts, (text) => indexOf.get(text) ?? -1);
  return { labels: { task, classes, values }, predictions: { task, classes, rows, scores }, times };
}

/** Rows that depend on each other: by the spec's unit where a window has enough of those, else by the hour, else none. */
function blocksOf(times: Float64Array, unit: BlockUnit): Int32Array | undefined {
  for (const candidate of BLOCK_MS[unit] > BLOCK_MS.hour ? [unit, 'hour' as const] : [unit]) {
    const blocks = Int32Array.from(times, (time) => blockOf(time, candidate));
    if (new Set(blocks).size >= FEWEST_BLOCKS) return blocks;
  }
  return undefined;
}

export interface QualityLimits {
  readonly primary: MetricName;
  /** What counts as equal on the primary metric. */
  readonly margin: number;
  /** Held-out metrics that the bundle recorded, and how many rows they are of. */
  readonly recorded: Readonly<Record<string, number>>;
  readonly recordedRows: number;
  /** Lines of the spec's gates; those against a number are held against live rows as well. */
  readonly gates: readonly string[];
  readonly minRows: number;
  readonly breaches: number;
}

/** The primary metric against what the model had on its held-out rows, and metrics against the gates' numbers. */
export function qualityChecks(windows: readonly HealthWindow[], limits: QualityLimits): HealthCheck[] {
  const { primary, recorded, minRows, breaches } = limits;
  const otherwise = `no window has ${formatCount(minRows)} labelled rows whose labels are complete`;
  const findings = (metric: string, judge: (value: WindowMetrics[string], rows: number) => Finding): Finding[] =>
    windows.map((window) => {
      const value = window.metrics[metric];
      return value && window.labelsComplete && window.labelled >= minRows ? judge(value, window.labelled) : undefined;
    });
  const expected = recorded[primary];
  const againstRecorded =
    expected === undefined
      ? []
      : [
          checkOf(
            { kind: 'quality', subject: primary },
            windows,
            findings(primary, (value, rows) => heldAgainstRecorded(value, rows, expected, limits)),
            { breaches, otherwise },
          ),
        ];
  const againstGates = limits.gates.flatMap((text) => {
    const gate = readGate(text);
    if (!('kind' in gate)) return [];
    if (gate.kind !== 'value' || !isMetric(gate.metric)) return [];
    const isLow = gate.op.startsWith('>');
    const judge = ({ value, low, high }: WindowMetrics[string]): Finding => {
      if (low === undefined || high === undefined) return undefined;
      // Only a whole interval on the wrong side is evidence.
      return {
        bad: isLow ? high < gate.number : low > gate.number,
        detail: `${range({ value, low, high })}, ${text} required`,
      };
    };
    return [checkOf({ kind: 'quality', subject: text }, windows, findings(gate.metric, judge), { breaches, otherwise })];
  });
  return [...againstRecorded, ...againstGates];
}

/**
 * Bad when the interval of the difference from the recorded value, less the margin, is all on the worse side. The recorded value is
 * of a sample too: its error is taken as the window's own, in the measure of the rows that both have.
 */
function heldAgainstRecorded(
  { value, low, high }: WindowMetrics[string],
  rows: number,
  expected: number,
  { primary, margin, recordedRows }: QualityLimits,
): Finding {
  if (low === undefined || high === undefined) return undefined;
  const widened = Math.sqrt(1 + (recordedRows > 0 ? rows / recordedRows : 0));
  const isHigher = betterOf(primary) === 'higher';
  const best = isHigher ? value + (high - value) * widened : value - (value - low) * widened;
  const bad = isHigher ? best < expected - margin : best > expected + margin;
  return { bad, detail: `${range({ value, low, high })}, against ${formatNumber(expected)} on held-out rows` };
}

function range({ value, low, high }: { value: number; low: number; high: number }): string {
  return `${formatNumber(value)} (${formatNumber(low)} … ${formatNumber(high)})`;
}
