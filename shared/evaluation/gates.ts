import { formatCount, formatSigned } from '../core/format.js';
import { formatGate, type Gate, type GateOperator, parseGate } from '../spec/gates.js';
import type { LoadedSpec } from '../spec/load.js';
import { isMeasurement, type MeasurementName } from '../spec/metrics.js';
import type { GateOutcome, GateResult, Interval, MetricComparison } from './comparison.js';
import type { TestedSlice } from './slices.js';
import { holm } from './statistics.js';

/** A gate as the spec has it. */
export interface GateLine {
  readonly gate: Gate;
  /** The line of the spec, as the user wrote it. */
  readonly text: string;
  readonly line?: number;
}

/** The gates of a spec. */
export function gateLines({ spec, locate }: LoadedSpec): GateLine[] {
  const custom = Object.keys(spec.evaluate.custom ?? {});
  return spec.gates.map((text, index) => {
    const { line } = locate(['gates', index]);
    return { gate: parseGate(text, custom), text, ...(line !== undefined && { line }) };
  });
}

/** What is measured of a model beside its predictions; units as in MEASUREMENTS. */
export type Measures = { readonly [name in MeasurementName]?: number };

export interface GateInput {
  readonly gates: readonly GateLine[];
  readonly metrics: readonly MetricComparison[];
  /** Those of the metrics that a command has measured: they have no interval, and a number is held against their value. */
  readonly measured?: readonly string[] | undefined;
  readonly slices: readonly TestedSlice[];
  /** The rows that judged. */
  readonly rows: number;
  readonly measures: Measures;
  readonly championMeasures?: Measures | undefined;
  readonly confidence: number;
  /** Rows for which the candidate gives no number. */
  readonly unscored: number;
  /** Why nothing can be held against the champion. */
  readonly withoutChampion?: { readonly outcome: 'skipped' | 'inconclusive'; readonly note: string } | undefined;
}

type Judged = Omit<GateResult, 'text' | 'line' | 'metric' | 'required'>;

/** More rows than this many times the present ones are no advice. */
const FARTHEST = 1000;

/**
 * Judges every gate:
 * - against a number: by the point value;
 * - against the champion with a margin: passes when the whole interval of the difference keeps to it, fails when the whole
 *   interval breaks it, else inconclusive;
 * - `>= champion` fails only when the candidate is significantly worse; `> champion` passes only when it is
 *   significantly better, and fails when no value of the interval is (`<=` and `<` mirrored);
 * - slices: fails when one breaks the margin beyond chance, after Holm over the slices.
 *
 * Metrics without a valid interval decide nothing and say so; those that a command has measured are held against a number all the same.
 */
export function judgeGates(input: GateInput): GateResult[] {
  return input.gates.map(({ gate, text, line }) => ({
    text,
    ...(line !== undefined && { line }),
    ...formatGate(gate),
    ...judgeGate(gate, input),
  }));
}

/** The gates together: one fail is fail; else one inconclusive is inconclusive; else pass. */
export function outcomeOf(gates: readonly GateResult[]): GateOutcome {
  if (gates.some((gate) => gate.outcome === 'fail')) return 'fail';
  return gates.some((gate) => gate.outcome === 'inconclusive') ? 'inconclusive' : 'pass';
}

function judgeGate(gate: Gate, input: GateInput): Judged {
  if (isMeasurement(gate.metric)) return judgeMeasure(gate, gate.metric, input);
  if (gate.kind !== 'value' && input.withoutChampion) return input.withoutChampion;
  if (gate.metric === 'ece') {
    return {
      outcome: 'skipped',
      note: 'decides nothing: the calibration error has no valid interval; brier and log_loss have',
    };
  }
  if (input.unscored > 0) {
    return { outcome: 'fail', note: `the candidate gives no number for ${formatCount(input.unscored)} rows` };
  }
  if (gate.kind === 'slice') return judgeSlices(gate, input);
  const metric = input.metrics.find(({ name }) => name === gate.metric);
  if (!metric) return { outcome: 'skipped', note: `${gate.metric} was not computed` };
  return gate.kind === 'value' ? judgeValue(gate, metric, input) : judgeDifference(gate, metric, input.rows);
}

function judgeMeasure(gate: Gate, name: MeasurementName, input: GateInput): Judged {
  const own = input.measures[name];
  if (own === undefined) return { outcome: 'skipped', note: `${name} was not measured` };
  if (gate.kind === 'value') return { outcome: holds(gate.op, own, gate.number) ? 'pass' : 'fail', value: own };
  const other = input.championMeasures?.[name];
  if (other === undefined) {
    return input.withoutChampion ?? { outcome: 'skipped', note: `${name} of the champion was not measured` };
  }
  return { outcome: holds(gate.op, own - other, gate.margin) ? 'pass' : 'fail', value: own - other };
}

function judgeValue(gate: Gate & { kind: 'value' }, metric: MetricComparison, { measured }: GateInput): Judged {
  if (metric.candidate === null) {
    return { outcome: 'inconclusive', note: metric.note ?? `${metric.name} is undefined on these rows` };
  }
  const value = metric.candidate;
  const interval = metric.candidateInterval;
  if (!interval && measured?.includes(metric.name))
    return { outcome: holds(gate.op, value, gate.number) ? 'pass' : 'fail', value };
  if (!interval) return { outcome: 'inconclusive', value, ...(metric.note !== undefined && { note: metric.note }) };
  return { outcome: holds(gate.op, value, gate.number) ? 'pass' : 'fail', value, interval };
}

function judgeDifference(gate: Gate & { kind: 'champion' }, metric: MetricComparison, rows: number): Judged {
  const { difference, interval } = metric;
  if (difference === undefined || !interval) {
    return {
      outcome: 'inconclusive',
      ...(difference !== undefined && { value: difference }),
      note: metric.note ?? `${metric.name} is undefined on these rows`,
    };
  }
  const found = { value: difference, interval };
  // Read downwards for < and <=, so that larger is always what the gate asks for.
  const upwards = isLowerBound(gate.op);
  const low = upwards ? interval.low : -interval.high;
  const high = upwards ? interval.high : -interval.low;
  const limit = upwards ? gate.margin : -gate.margin;
  const strict = gate.op === '>' || gate.op === '<';
  if (strict ? high <= limit : high < limit) return { outcome: 'fail', ...found };
  if (strict ? low > limit : low >= limit) return { outcome: 'pass', ...found };
  if (!strict && !gate.hasMargin) return { outcome: 'pass', ...found, note: 'not significantly worse' };
  const decisive = rowsToDecide(upwards ? difference : -difference, { low, high }, limit, rows);
  return {
    outcome: 'inconclusive',
    ...found,
    ...(decisive === undefined
      ? { note: 'the difference is too close to the limit for any realistic number of rows' }
      : { rowsToDecide: decisive }),
  };
}

/**
 * How many rows would bring the nearer end of the interval to the limit if the difference stayed as it is: intervals
 * shrink with the root of the rows. Two significant digits; undefined when that is out of reach.
 */
function rowsToDecide(difference: number, interval: Interval, limit: number, rows: number): number | undefined {
  const reach = difference > limit ? difference - interval.low : interval.high - difference;
  const needed = rows * (reach / (difference - limit)) ** 2;
  if (!(needed <= rows * FARTHEST)) return undefined;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(needed)) - 1);
  return Math.max(rows + 1, Math.ceil(needed / unit) * unit);
}

function judgeSlices(gate: Gate & { kind: 'slice' }, input: GateInput): Judged {
  const all = input.slices.filter(({ comparison }) => comparison.name === gate.metric);
  if (all.length === 0) return { outcome: 'skipped', note: 'no slice has enough rows' };
  const tests = all.flatMap(({ comparison, tails }) => {
    const { difference, interval, slice } = comparison;
    if (!tails || difference === undefined || !interval) return [];
    const p = isLowerBound(gate.op) ? tails.below(gate.margin) : tails.above(gate.margin);
    return [{ slice, difference, interval, p }];
  });
  if (tests.length === 0) {
    const reason = all[0]!.comparison.note?.replace(/^no interval: /, '') ?? 'too few rows';
    return { outcome: 'inconclusive', note: `no slice has a valid interval (${reason})` };
  }
  const adjusted = holm(tests.map(({ p }) => p));
  const ranked = tests.map((test, index) => ({ ...test, adjusted: adjusted[index]! })).sort((a, b) => a.p - b.p);
  const worst = ranked[0]!;
  // One-sided, at the share of the interval that lies beyond its end.
  const harmed = ranked.filter((test) => test.adjusted < (1 - input.confidence) / 2);
  const found = { value: worst.difference, interval: worst.interval };
  if (harmed.length === 0) return { outcome: 'pass', ...found, note: `no evidence of harm in ${formatCount(tests.length)}` };
  const names = harmed.slice(0, 3).map(({ slice, difference }) => `${slice} (${formatSigned(difference)})`);
  const more = harmed.length > names.length ? ` and ${harmed.length - names.length} more` : '';
  return { outcome: 'fail', ...found, note: `worse in ${harmed.length} of ${tests.length}: ${names.join(', ')}${more}` };
}

function isLowerBound(op: GateOperator): boolean {
  return op === '>=' || op === '>';
}

function holds(op: GateOperator, value: number, limit: number): boolean {
  if (op === '>=') return value >= limit;
  if (op === '>') return value > limit;
  return op === '<=' ? value <= limit : value < limit;
}
