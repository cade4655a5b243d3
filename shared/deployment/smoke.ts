import { measureLatency } from '../onnx/latency.js';
import { askPredictions, compareAnswers, comparisonText, TOLERANCE } from './answers.js';
import type { GoldenRows } from './golden-rows.js';
import { checkLatency, type LatencyGate } from './latency.js';
import type { SmokeTest } from './result.js';
import type { Sender } from './sender.js';
import type { Candidate, Check } from './target.js';

export interface SmokeRequest {
  /** Reaches a server that serves the bundle and nothing else; it runs on this machine. */
  readonly send: Sender;
  readonly candidate: Candidate;
  readonly golden: GoldenRows;
  /** What the predictions that were recorded when the model was made say of the golden rows, where they are at hand. */
  readonly registered?: { readonly rows: number; readonly worst: number };
  readonly gates: readonly LatencyGate[];
  /** About how long the measurement of latencies may take, in milliseconds. */
  readonly budgetMs?: number;
}

/** The path of one version, whatever its share of the traffic is. */
export function versionPath({ model, version }: Candidate): string {
  return `/models/${model}/versions/${version}/predict`;
}

/** The path that traffic takes. */
export function modelPath({ model }: Pick<Candidate, 'model'>): string {
  return `/models/${model}/predict`;
}

/** The indices of all golden rows. */
export function allRows(golden: GoldenRows): readonly number[] {
  return golden.rows.map((_, row) => row);
}

/**
 * Asks a server for the golden rows by HTTP, holds the answers against the model's own, and measures how long one row
 * takes, with the same estimate that `evaluate` uses (the fastest of several runs of each row, so that a stop of this
 * shared machine is not taken for the model).
 */
export async function smokeTest({
  send,
  candidate,
  golden,
  registered,
  gates,
  budgetMs = 3000,
}: SmokeRequest): Promise<SmokeTest> {
  const rows = allRows(golden);
  const path = versionPath(candidate);
  const comparison = compareAnswers(golden, await askPredictions(send, path, golden, rows), rows);
  const checks: Check[] = [{ name: 'answers', ok: comparison.wrong === 0, detail: comparisonText(comparison) }];
  const shown = { rows: rows.length, ...(Number.isFinite(comparison.worst) && { worst: comparison.worst }) };
  if (registered && registered.rows > 0) {
    const detail =
      registered.worst <= TOLERANCE
        ? `${registered.rows} rows as they were predicted when the model was made (largest difference ${registered.worst.toExponential(1)})`
        : `the model differs by ${registered.worst.toPrecision(3)} from what it predicted when it was made, on ${registered.rows} rows: has the data changed, or the type of a column?`;
    checks.push({ name: 'registered predictions', ok: registered.worst <= TOLERANCE, detail });
  }
  const base = { ...shown, ...(registered && { registered }) };
  if (checks.some(({ ok }) => !ok)) return { ...base, checks };
  const ask = async (row: number): Promise<unknown> => askPredictions(send, path, golden, [row]);
  const latency = await measureLatency(ask, rows.length, { rows: rows.length, budgetMs });
  return { ...base, latency, checks: [...checks, ...checkLatency(gates, latency, 'over HTTP on this machine')] };
}
