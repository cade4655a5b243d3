import type { Bundle } from '../bundle/read.js';
import type { Comparison, GateOutcome, GateResult } from '../evaluation/comparison.js';
import type { GateLine } from '../evaluation/gates.js';
import type { Gate, GateOperator } from '../spec/gates.js';
import { isMeasurement } from '../spec/metrics.js';

/** What a gate says of a version that wants a stage. */
export interface RecheckedGate {
  /** The line of the spec. */
  readonly text: string;
  /** `not judged`: nothing that is here decides it, so it keeps the version from its stage. */
  readonly outcome: GateOutcome | 'not judged';
  /** What decided: a comparison, or what the version recorded of itself. */
  readonly by?: 'comparison' | 'record';
  /** The candidate's value, or the difference for gates against the champion. */
  readonly value?: number;
  readonly note?: string;
}

export interface RecheckInput {
  /** The lines of the spec, as it is now. */
  readonly gates: readonly GateLine[];
  readonly bundle: Pick<Bundle, 'manifest' | 'metrics'>;
  /** Of this very version, with whom it is held against. */
  readonly comparison?: Comparison | undefined;
  /** Nobody has the stage, and nobody is in production: there is no champion to be held against. */
  readonly isFirst: boolean;
}

/**
 * Asks every gate of the spec, as it is now. A comparison decides the lines that it has judged; what the version recorded on
 * its held-out rows decides values of metrics; everything else needs rows and a run of the model, which is `compare`'s, and is
 * not judged.
 */
export function recheckGates({ gates, bundle, comparison, isFirst }: RecheckInput): RecheckedGate[] {
  const judged = new Map(comparison?.gates.map((gate) => [gate.text, gate]));
  return gates.map(({ text, gate }) => {
    const found = judged.get(text);
    return { text, ...(found ? fromComparison(found) : fromRecord(gate, bundle, isFirst, comparison !== undefined)) };
  });
}

function fromComparison({ outcome, value, note }: GateResult): Omit<RecheckedGate, 'text'> {
  return { outcome, by: 'comparison', ...(value !== undefined && { value }), ...(note !== undefined && { note }) };
}

function fromRecord(
  gate: Gate,
  { manifest, metrics }: RecheckInput['bundle'],
  isFirst: boolean,
  isCompared: boolean,
): Omit<RecheckedGate, 'text'> {
  const missing = isCompared ? 'the comparison has no such gate: the spec has changed since' : undefined;
  if (gate.kind !== 'value') {
    if (isFirst) return { outcome: 'skipped', note: 'there is no version yet to be held against' };
    return { outcome: 'not judged', note: missing ?? 'needs the rows and the version that it is held against' };
  }
  const value = recorded(gate.metric, manifest, metrics);
  if (value !== undefined) return { outcome: holds(gate.op, value, gate.number) ? 'pass' : 'fail', by: 'record', value };
  if (isMeasurement(gate.metric)) return { outcome: 'not judged', note: missing ?? 'needs a run of the model' };
  return { outcome: 'inconclusive', by: 'record', note: `the version has no number for ${gate.metric}` };
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
