import { mkdirSync, writeFileSync } from 'node:fs';
import { markdownTable } from 'markdown-table';
import { formatNumber } from '../../shared/core/format.js';

/** The median of repeated measurements, with the smallest and the largest. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
}

/** Another tool on the same work; one that could not be run says why. */
export type Peer =
  | { readonly name: string; readonly version: string; readonly value: number; readonly spread: Spread }
  | { readonly name: string; readonly missing: string };

/** One line of a benchmark's result. */
export interface Measurement {
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly ours: number;
  readonly spread: Spread;
  readonly peers: readonly Peer[];
}

export interface BenchOptions {
  /** Smaller inputs; the cases' names say so. */
  readonly quick: boolean;
  /** Makes the virtual environment of the peers first. */
  readonly install: boolean;
  /** Only these of the benchmark's cases; empty: all. */
  readonly cases: readonly string[];
}

/** A benchmark: measures and says what it found. */
export type Benchmark = (options: BenchOptions) => Promise<readonly Measurement[]>;

/** @throws Error with the names that there are, when one of the wanted cases is not among them */
export function checkCases(wanted: readonly string[], known: readonly string[]): void {
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no case ${unknown.join(', ')}; there are ${known.join(', ')}`);
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted[sorted.length - 1]!, runs: sorted.length };
}

/** Writes `results/<name>.json` beside the benchmarks and returns its path. */
export function writeResult(directory: string, name: string, measurements: readonly Measurement[]): string {
  mkdirSync(directory, { recursive: true });
  const path = `${directory}/${name}.json`;
  writeFileSync(path, `${JSON.stringify(measurements, null, 2)}\n`);
  return path;
}

/** The measurements as a table: one row a case, metric and tool. */
export function tableOf(measurements: readonly Measurement[]): string {
  const rows = measurements.flatMap((measurement) => {
    const metric = `${measurement.metric}${measurement.unit ? ` (${measurement.unit})` : ''}, ${measurement.better} is better`;
    const line = (tool: string, value: number, spread: Spread): string[] => [
      measurement.case,
      metric,
      tool,
      formatNumber(value),
      spread.runs > 1 ? `${formatNumber(spread.min)} to ${formatNumber(spread.max)}, ${spread.runs} runs` : '1 run',
    ];
    return [
      line('ours', measurement.ours, measurement.spread),
      ...measurement.peers.map((peer) =>
        'missing' in peer
          ? [measurement.case, metric, peer.name, 'missing', peer.missing]
          : line(`${peer.name} ${peer.version}`, peer.value, peer.spread),
      ),
    ];
  });
  return markdownTable([['case', 'metric', 'tool', 'median', 'spread'], ...rows], { align: ['l', 'l', 'l', 'r', 'l'] });
}
