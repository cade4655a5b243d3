import { durationMs } from '../core/duration.js';
import { pathText } from './accepted.js';
import type { Finding, Sections } from './checks.js';
import type { Path } from './document.js';
import { betterOf, fitsTask, isMetric, METRIC_NAMES, metricByOtherName, metricsOfTask, rangeOf } from './metrics.js';
import { nearest } from './nearest.js';
import type { Spec } from './schema.js';

type Rule = NonNullable<NonNullable<Spec['retrain']>['when']>[number];
type MetricRule = Extract<Rule, { metric: string }>;

const DEFAULTS = { every: '30d', cooldown: '3d' } as const;

/** What the schema cannot say of the section `retrain`: times that fit each other, and rules that can come true. */
export function checkRetrain({ retrain, tune, data, task, monitor }: Sections, content: unknown): Finding[] {
  if (!retrain) return [];
  const findings: Finding[] = [];
  const { every = DEFAULTS.every, cooldown = DEFAULTS.cooldown, window } = retrain;
  if (durationMs(cooldown) > durationMs(every)) {
    const [key, fix] = retrain.cooldown === undefined ? ['every', 'cooldown'] : ['cooldown', 'every'];
    const message = `retrain.cooldown (${cooldown}) is longer than retrain.every (${every}), which could never be kept; change ${fix} or ${key}`;
    findings.push(wrong(['retrain', key], message));
  }
  if (durationMs(every) === 0)
    findings.push(wrong(['retrain', 'every'], 'retrain.every: found 0, which would train in every run; such as 30d'));
  if (window !== undefined && window !== 'all') {
    const path = ['retrain', 'window'];
    if (durationMs(window) === 0) findings.push(wrong(path, 'retrain.window: found 0, expected all or a duration such as 90d'));
    else if (data && data.time === undefined) {
      const message = `retrain.window (${window}) is counted by the time of the event: name its column with data.time, or use all`;
      findings.push(wrong(path, message));
    }
  }
  if (retrain.budget_minutes === 0) {
    const message = 'retrain.budget_minutes: with 0 minutes nothing is ever trained; leave the key out for no limit';
    findings.push(wrong(['retrain', 'budget_minutes'], message));
  }
  // A section with mistakes of its own is there all the same.
  if (retrain.tune && !tune && !hasSection(content, 'tune')) {
    const message = 'retrain.tune searches for parameters, and there is no section tune; add one, or leave this out';
    findings.push(wrong(['retrain', 'tune'], message));
  }
  for (const [index, rule] of (retrain.when ?? []).entries()) {
    if ('metric' in rule) findings.push(...checkMetricRule(['retrain', 'when', index], rule, task));
  }
  const watched = (retrain.when ?? []).findIndex((rule) => !('new_rows' in rule));
  if (watched >= 0 && !monitor && !hasSection(content, 'monitor')) {
    const path = ['retrain', 'when', watched];
    const message = `${pathText(path)} needs what monitor sees of the live model, and the spec has no section monitor`;
    findings.push({ path, message, kind: 'notice' });
  }
  return findings;
}

const wrong = (path: Path, message: string): Finding => ({ path, message, kind: 'error' });

function hasSection(content: unknown, name: string): boolean {
  return typeof content === 'object' && content !== null && Object.hasOwn(content, name);
}

function checkMetricRule(path: Path, rule: MetricRule, task: Spec['task'] | undefined): Finding[] {
  const name = rule.metric;
  const place = pathText(path);
  if (!isMetric(name) || (task && !fitsTask(name, task))) {
    const known = task ? metricsOfTask(task) : METRIC_NAMES;
    const meant = metricByOtherName(name, task) ?? nearest(name, known);
    const what = isMetric(name) ? `${name} is no metric of task ${task}` : `unknown metric ${JSON.stringify(name)}`;
    const advice = meant ? `did you mean ${JSON.stringify(meant)}?` : `its metrics: ${known.join(', ')}`;
    return [wrong([...path, 'metric'], `${place}: ${what}; ${advice}`)];
  }
  const [side, limit] = 'below' in rule ? (['below', rule.below] as const) : (['above', rule.above] as const);
  const [low, high] = rangeOf(name)!;
  if (limit < low || limit > high) {
    const meant = high === 1 && limit > 1 && limit <= 100 ? `; did you mean ${limit / 100}?` : '';
    const range = Number.isFinite(high) ? `between ${low} and ${high}` : `never below ${low}`;
    return [
      wrong(
        [...path, side],
        `${place}: ${name} is ${Number.isFinite(low) ? range : `at most ${high}`}, found ${limit}${meant}`,
      ),
    ];
  }
  const better = betterOf(name);
  if (better === undefined || (better === 'higher') === (side === 'below')) return [];
  const message = `${place} trains again when ${name} is ${side} ${limit}, though ${better} is better; is that meant?`;
  return [{ path, message, kind: 'notice' }];
}
