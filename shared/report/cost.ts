import { formatBytes, formatCompact } from '../core/format.js';
import type { ModelSummary } from '../evaluation/comparison.js';
import { table } from './table.js';
import { plural } from './wording.js';

/** What running one model costs, as a table; empty where it was not run. */
export function costTable(model: ModelSummary): string {
  if (!model.latency) return '';
  const rows = [
    ['latency of a row, median · 99th percentile', timesText(model.latency)],
    [batchName([model]), timesText(model.latency.batch)],
    ['peak memory', memoryText(model)],
    ['size', formatBytes(model.sizeBytes)],
  ].filter(([, value]) => value !== '–');
  return table([{ head: '' }, { head: 'value', align: 'right' }], rows);
}

/** `0.11 · 0.29 ms`: the median and the 99th percentile. */
export function timesText(times: { readonly p50Ms: number; readonly p99Ms: number } | undefined): string {
  return times ? `${formatCompact(times.p50Ms)} · ${formatCompact(times.p99Ms)} ms` : '–';
}

/** What the times of a batch are called; a batch has as many rows for one model as for the other. */
export function batchName(models: readonly ModelSummary[]): string {
  const batch = models.find(({ latency }) => latency?.batch)?.latency?.batch;
  return `latency of ${batch ? plural(batch.rows, 'row') : 'a batch'}, median · 99th percentile`;
}

export function memoryText({ memoryBytes }: ModelSummary): string {
  return memoryBytes === undefined ? '–' : formatBytes(memoryBytes);
}
