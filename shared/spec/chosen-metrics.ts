import { parseGate } from './gates.js';
import { DEFAULT_METRICS, DEFAULT_PRIMARY, fairnessOfTask, isFairness, isMetric, type MetricName } from './metrics.js';
import type { Spec } from './schema.js';

/** The metric that gives the verdict. */
export function primaryMetric(spec: Pick<Spec, 'task' | 'evaluate'>): MetricName {
  const { primary } = spec.evaluate;
  return primary !== undefined && isMetric(primary) ? primary : DEFAULT_PRIMARY[spec.task];
}

/** The metric of a comparison's verdict: `evaluate.primary`, which may be one of the spec's own. */
export function judgedPrimary(spec: Pick<Spec, 'task' | 'evaluate'>): string {
  const { primary, custom } = spec.evaluate;
  return primary !== undefined && custom && Object.hasOwn(custom, primary) ? primary : primaryMetric(spec);
}

/** What a judgement computes: the primary first, the listed ones in their order, those of gates, then the rest of the spec's own. */
export function judgedMetrics(spec: Pick<Spec, 'task' | 'evaluate' | 'gates'>): readonly string[] {
  const custom = Object.keys(spec.evaluate.custom ?? {});
  const listed = spec.evaluate.metrics ?? DEFAULT_METRICS[spec.task];
  const gated = spec.gates.map((text) => parseGate(text, custom).metric);
  const fairness = spec.evaluate.protected?.length ? fairnessOfTask(spec.task) : [];
  const known = (name: string): boolean => isMetric(name) || isFairness(name) || custom.includes(name);
  return [...new Set([judgedPrimary(spec), ...listed, ...gated, ...custom, ...fairness])].filter(known);
}

/**
 * Every metric of the project that a spec needs, each once: the primary first, then those of `evaluate.metrics` (or the task's defaults),
 * then those that only gates name. The spec's own metrics (`evaluate.custom`) are not among them.
 */
export function chosenMetrics(spec: Pick<Spec, 'task' | 'evaluate' | 'gates'>): readonly MetricName[] {
  const custom = Object.keys(spec.evaluate.custom ?? {});
  const listed = spec.evaluate.metrics ?? DEFAULT_METRICS[spec.task];
  const gated = spec.gates.map((text) => parseGate(text, custom).metric);
  return [...new Set([primaryMetric(spec), ...listed, ...gated])].filter(isMetric);
}
