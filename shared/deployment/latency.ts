import { type MetricSample, sumOf } from '../core/prometheus.js';
import { type GateOperator, readGate } from '../spec/gates.js';
import type { Check } from './target.js';

/** A gate on how long one row takes, in milliseconds. */
export interface LatencyGate {
  readonly text: string;
  readonly measure: 'p50Ms' | 'p99Ms';
  readonly op: GateOperator;
  readonly number: number;
}

/** The spec's gates on latencies that a number decides; those against the champion were `compare`'s. */
export function latencyGates(texts: readonly string[]): readonly LatencyGate[] {
  return texts.flatMap((text): LatencyGate[] => {
    const gate = readGate(text);
    if (!('kind' in gate) || gate.kind !== 'value') return [];
    if (gate.metric !== 'latency_p50_ms' && gate.metric !== 'latency_p99_ms') return [];
    return [{ text, measure: gate.metric === 'latency_p50_ms' ? 'p50Ms' : 'p99Ms', op: gate.op, number: gate.number }];
  });
}

/** Holds measured latencies against the gates, a check a gate. */
export function checkLatency(
  gates: readonly LatencyGate[],
  latency: { readonly p50Ms: number; readonly p99Ms: number },
  where: string,
): readonly Check[] {
  return gates.map(({ text, measure, op, number }) => {
    const value = latency[measure];
    const ok = op === '>=' ? value >= number : op === '>' ? value > number : op === '<=' ? value <= number : value < number;
    return { name: text, ok, detail: `${value.toFixed(2)} ms ${where}` };
  });
}

/** Cumulative counts of a histogram by the upper bounds of its buckets. */
export type Histogram = ReadonlyMap<number, number>;

/** A histogram's buckets, summed over every label but `le` that is not asked for. */
export function histogramOf(
  samples: readonly MetricSample[],
  name: string,
  labels: Readonly<Record<string, string>>,
): Histogram {
  const bucket = `${name}_bucket`;
  const bounds = new Set(samples.filter((sample) => sample.name === bucket).map((sample) => sample.labels.le ?? ''));
  return new Map(
    [...bounds]
      .map((le): [number, number] => [
        le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
        sumOf(samples, bucket, { ...labels, le }),
      ])
      .sort(([a], [b]) => a - b),
  );
}

/** What was counted between two looks at a counter that may have begun anew meanwhile (the process was started again). */
export function increase(before: number, after: number): number {
  return after >= before ? after - before : after;
}

/**
 * A quantile of what a histogram has counted between two looks, linear within its bucket, as Prometheus'
 * `histogram_quantile` estimates it.
 * @returns undefined when nothing was counted; the largest finite bound when it lies beyond that
 */
export function histogramQuantile(before: Histogram, after: Histogram, share: number): number | undefined {
  const counts = [...after].map(([bound, count]): [number, number] => [bound, increase(before.get(bound) ?? 0, count)]);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const rank = share * total;
  let [low, below] = [0, 0];
  for (const [bound, count] of counts) {
    if (count >= rank) {
      if (bound === Number.POSITIVE_INFINITY) return low;
      return low + ((bound - low) * (rank - below)) / (count - below);
    }
    [low, below] = [bound, count];
  }
  return low;
}
