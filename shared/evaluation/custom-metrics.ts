import type { Dataset } from '../data/dataset.js';
import { judgedValues } from '../data/judged-values.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import type { LoadedSpec } from '../spec/load.js';
import type { CustomMetric } from './pair.js';

/** One model on the judged rows. */
interface Judged {
  readonly predictions: Predictions;
  readonly threshold: number | undefined;
}

/**
 * The metrics of `evaluate.custom` on the judged rows that are written in SQL: each is the mean of its expression (see judgedValues).
 * @throws UserError at the expression that is wrong
 */
export async function readCustomMetrics(
  dataset: Dataset,
  { spec, locate }: Pick<LoadedSpec, 'spec' | 'locate'>,
  rows: Uint32Array,
  { labels, candidate, champion }: { labels: Labels; candidate: Judged; champion?: Judged | undefined },
): Promise<readonly CustomMetric[]> {
  const entries = Object.entries(spec.evaluate.custom ?? {}).flatMap(([name, { sql, better }]) =>
    sql === undefined ? [] : [[name, { sql, better }] as const],
  );
  if (entries.length === 0) return [];
  const expressions = entries.map(([name, { sql }]) => ({
    name,
    sql,
    location: locate(['evaluate', 'custom', name, 'sql']),
  }));
  const own = await judgedValues(dataset, rows, { labels, ...candidate }, expressions);
  const other = champion && (await judgedValues(dataset, rows, { labels, ...champion }, expressions));
  return entries.map(([name, { better }], index) => ({
    name,
    better,
    candidate: own[index]!,
    ...(other && { champion: other[index]! }),
  }));
}
