import type { Manifest } from '../bundle/manifest.js';
import { incomparableReason } from './comparability.js';
import type { MetricComparison, MetricHistory } from './comparison.js';
import { normalQuantile } from './statistics.js';
import { testSetOf } from './test-set.js';

/** A version with the figures that its own training recorded on its own test rows. */
export interface MeasuredVersion {
  /** `v1.2.0` */
  readonly version: string;
  /** ISO 8601. */
  readonly at: string;
  readonly manifest: Manifest;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface HistoryInput {
  /** The primary metric, as it was judged. */
  readonly metric: MetricComparison;
  /** Rows that judged, which the candidate's interval is of. */
  readonly rows: number;
  readonly confidence: number;
  /** In any order. */
  readonly versions: readonly MeasuredVersion[];
  readonly candidate: { readonly manifest: Manifest; readonly metrics: Readonly<Record<string, number>> };
}

/** One version before is what the comparison itself is about. */
const FEWEST = 2;

/**
 * The primary metric over the versions and the candidate, as each training recorded it, and where chance ends: a candidate that is worse
 * than any one of k versions by more than two independent figures on so many rows differ in 1 - confidence of the cases, one-sided and
 * divided by k (Bonferroni), is below the noise band. The standard error comes from the candidate's own interval and shrinks with the
 * square root of the rows. On the same test rows both figures share their noise, and the band is wider than it had to be: what it flags
 * is flagged all the same.
 * @returns undefined where fewer than two versions can stand beside the candidate
 */
export function historyOf(input: HistoryInput): MetricHistory | undefined {
  const { metric, candidate } = input;
  const { name, better } = metric;
  const leftOut: { version: string; reason: string }[] = [];
  const kept: MeasuredVersion[] = [];
  // A version that is the candidate itself is the point at the end already.
  const others = input.versions.filter(({ manifest }) => manifest.digest !== candidate.manifest.digest);
  for (const version of others.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))) {
    const reason =
      incomparableReason(candidate.manifest, version.manifest) ??
      (Number.isFinite(version.metrics[name]) ? undefined : `it recorded no ${name}`);
    if (reason === undefined) kept.push(version);
    else leftOut.push({ version: version.version, reason });
  }
  const newest = candidate.metrics[name];
  if (kept.length < FEWEST || newest === undefined || !Number.isFinite(newest)) return undefined;
  const versions = kept.map(({ version, at, manifest, metrics }) => ({
    ...{ version, at, value: metrics[name]!, rows: manifest.training.rows.test, testSet: testSetOf(manifest) },
  }));
  const band = bandOf(input, versions);
  return {
    ...{ metric: name, better, versions, leftOut },
    candidate: { value: newest, rows: candidate.manifest.training.rows.test, testSet: testSetOf(candidate.manifest) },
    ...(band && { band }),
  };
}

function bandOf(
  { metric, rows, confidence, candidate }: HistoryInput,
  versions: MetricHistory['versions'],
): MetricHistory['band'] {
  const { candidateInterval, better } = metric;
  const own = candidate.manifest.training.rows.test;
  if (!candidateInterval || own < 1 || versions.some((version) => version.rows < 1)) return undefined;
  const half = (candidateInterval.high - candidateInterval.low) / 2;
  // Of a figure on one row; on n rows it is this over the root of n.
  const unit = (half / normalQuantile(1 - (1 - confidence) / 2)) * Math.sqrt(rows);
  const reach = normalQuantile(1 - (1 - confidence) / versions.length);
  if (!(unit > 0 && reach > 0)) return undefined;
  const direction = better === 'higher' ? 1 : -1;
  const bands = versions.map(({ version, value, rows: of }) => ({
    version,
    from: value,
    to: value - direction * reach * unit * Math.sqrt(1 / of + 1 / own),
  }));
  return bands.reduce((highest, band) => (direction * (band.to - highest.to) > 0 ? band : highest));
}

/** Whether the candidate is worse than chance lets it be. */
export function isBelowBand({ better, candidate, band }: MetricHistory): boolean {
  return band !== undefined && (better === 'higher' ? candidate.value < band.to : candidate.value > band.to);
}
