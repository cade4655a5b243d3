import { decimalsFor, formatCount, formatNumber, formatShare, formatSigned } from '../core/format.js';
import type { Comparison, Interval, MetricComparison, ModelSummary } from '../evaluation/comparison.js';
import { FAIRNESS, isFairness, isMeasurement, isMetric, MEASUREMENTS, METRICS } from '../spec/metrics.js';
import { code, text } from './escape.js';

/** The words and numbers that all reports share. What they return is safe Markdown and safe HTML alike, where not said otherwise. */

/** Signs of a row. No colour where there is no evidence. */
export const SIGNS = { better: '🟢', worse: '🔴', none: '⚪' } as const;

/** `1 gate`, `6 gates`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `1st`, `2nd`, `14th`. */
export function ordinal(count: number): string {
  const tens = count % 100;
  const ending = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${formatCount(count)}${ending}`;
}

/** How the champion is called: its stage (`production`), its version, else `champion`. Plain words, safe anywhere. */
export function championName(champion: Comparison['champion']): string {
  const reference = champion?.reference ?? '';
  return (
    /^[\w-]+#([a-z][a-z0-9-]{0,30})$/.exec(reference)?.[1] ?? /^[\w-]+@(v\d[\w.-]{0,20})$/.exec(reference)?.[1] ?? 'champion'
  );
}

/** `production`, `v1.3.0`, but `the champion`. */
export function theChampion(champion: Comparison['champion']): string {
  const name = championName(champion);
  return name === 'champion' ? 'the champion' : name;
}

/** `ROC AUC` for `auc`; other names as code (Markdown). */
export function metricTitle(name: string): string {
  if (isMetric(name)) return METRICS[name].title;
  if (isFairness(name)) return FAIRNESS[name].title;
  return isMeasurement(name) ? MEASUREMENTS[name].title : code(name, 40);
}

/** The name of a metric in a table, as the spec writes it. */
export function metricName(name: string): string {
  return isMetric(name) || isFairness(name) || isMeasurement(name) ? name : text(name, 40) || '(empty)';
}

/** `95 %`, of a confidence of 0.95. */
export function confidenceText(confidence: number): string {
  return formatShare(confidence, Math.abs(confidence * 100 - Math.round(confidence * 100)) < 1e-9 ? 0 : 2);
}

/** One metric's numbers with the same number of decimals, enough for two digits of the interval's width. */
export interface MetricNumbers {
  readonly value: (value: number | null | undefined) => string;
  readonly signed: (value: number | undefined) => string;
  readonly interval: (interval: Interval | undefined) => string;
  readonly signedInterval: (interval: Interval | undefined) => string;
}

const NOTHING = '–';

export function metricNumbers(metric: MetricComparison, more: readonly number[] = []): MetricNumbers {
  const values = [metric.candidate, metric.champion, ...more].filter((value): value is number => typeof value === 'number');
  const base = values.length === 0 ? 4 : Math.min(...values.map(decimalsFor));
  const span = metric.interval
    ? metric.interval.high - metric.interval.low
    : (metric.candidateInterval?.high ?? 0) - (metric.candidateInterval?.low ?? 0) || Math.abs(metric.difference ?? 0);
  const wanted = span > 0 && Number.isFinite(span) ? 1 - Math.floor(Math.log10(span)) : 0;
  const decimals = Math.max(base, Math.min(wanted, base + 4, 9));
  const value = (number: number | null | undefined): string =>
    number === null || number === undefined ? NOTHING : formatNumber(number, decimals);
  const signed = (number: number | undefined): string => (number === undefined ? NOTHING : formatSigned(number, decimals));
  return {
    value,
    signed,
    interval: (interval) => (interval ? `${value(interval.low)} … ${value(interval.high)}` : NOTHING),
    signedInterval: (interval) => (interval ? `${signed(interval.low)} … ${signed(interval.high)}` : NOTHING),
  };
}

/** The sign of a row; empty where nothing was compared. */
export function signOf(metric: MetricComparison): string {
  if (metric.sign === 'better') return SIGNS.better;
  if (metric.sign === 'worse') return SIGNS.worse;
  return metric.sign === 'no evidence' ? SIGNS.none : '';
}

/** `gbdt, 212 trees, trained in 3.1 s on 214,212 rows`, without the time: `steps` in the algorithm's own word. */
export function stepsOf(model: Pick<ModelSummary, 'algorithm' | 'iterations'>): string {
  if (model.algorithm === 'gbdt') return plural(model.iterations, 'tree');
  return model.algorithm === 'linear' ? plural(model.iterations, 'step') : '';
}

/** `sha256:4f0c…91ab`, of any text that claims to be a digest. Not escaped. */
export function shortDigest(digest: string): string {
  const match = /^sha256:([0-9a-f]{4})[0-9a-f]*([0-9a-f]{4})$/.exec(digest);
  return match ? `sha256:${match[1]}…${match[2]}` : digest;
}
