import type { Bundle } from '../bundle/read.js';
import { type Gate, type GateOperator, parseGate } from '../spec/gates.js';
import { isMeasurement } from '../spec/metrics.js';

/** What a gate says of a version, from nothing but what the version has recorded. */
export interface RecheckedGate {
  /** The line of the spec. */
  readonly text: string;
  readonly outcome: 'pass' | 'fail' | 'inconclusive' | 'not checked';
  readonly value?: number;
  readonly note?: string;
}

/**
 * Holds the gates of the spec, as it is now, against a version's recorded held-out metrics. Gates against the champion,
 * slices and latencies need rows and a run of the model, so they are named and left to "compare".
 */
export function recheckGates(
  gates: readonly string[],
  { manifest, metrics }: Pick<Bundle, 'manifest' | 'metrics'>,
): RecheckedGate[] {
  return gates.map((text) => ({ text, ...recheck(parseGate(text), manifest, metrics) }));
}

function recheck(gate: Gate, manifest: Bundle['manifest'], metrics: Bundle['metrics']): Omit<RecheckedGate, 'text'> {
  if (gate.kind !== 'value') return { outcome: 'not checked', note: 'needs the champion and the rows: "compare" judges it' };
  const value = recorded(gate.metric, manifest, metrics);
  if (value === undefined) {
    const isLatency = isMeasurement(gate.metric);
    return isLatency
      ? { outcome: 'not checked', note: 'needs a run of the model: "compare" judges it' }
      : { outcome: 'inconclusive', note: `the version has no number for ${gate.metric}` };
  }
  return { outcome: holds(gate.op, value, gate.number) ? 'pass' : 'fail', value };
}

function recorded(metric: string, manifest: Bundle['manifest'], metrics: Bundle['metrics']): number | undefined {
  if (metric === 'rows') return manifest.training.rows.test;
  if (metric === 'size_mb') return (manifest.files['model.onnx']?.bytes ?? 0) / 1e6;
  return isMeasurement(metric) || !Object.hasOwn(metrics, metric) ? undefined : metrics[metric];
}

function holds(op: GateOperator, value: number, limit: number): boolean {
  if (op === '>=') return value >= limit;
  if (op === '>') return value > limit;
  return op === '<=' ? value <= limit : value < limit;
}
