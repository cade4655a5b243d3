import { formatNumber } from '../core/format.js';
import type { Health, HealthCheck, HealthWindow } from './health.js';
import type { RuleOutcome } from './retraining-rule.js';

/** What the rules need of the facts. */
interface Looked {
  readonly live?: { readonly version: string; readonly digest: string };
  readonly health?: Health;
}

/** Columns that are named in one line. */
const MOST_NAMED = 5;

/** `{drift: true}`: drift of inputs or predictions is in alarm. */
export function driftRule(facts: Looked): RuleOutcome {
  const health = ofLive(facts);
  if (typeof health === 'string') return { rule: 'drift', says: 'unknown', text: `${health}, so drift cannot be told` };
  const alarms = health.checks.filter(({ kind, state }) => kind.endsWith('drift') && state === 'alarm');
  if (alarms.length > 0) return { rule: 'drift', says: 'yes', text: alarmText(alarms) };
  const watched = health.checks.filter(({ kind, state }) => kind.endsWith('drift') && state === 'watch');
  const text = watched.length > 0 ? `drift of ${named(watched)} is not yet an alarm` : 'no drift is in alarm';
  return { rule: 'drift', says: 'nothing', text };
}

/**
 * `{metric: auc, below: 0.68}`: on rows whose labels are complete, either the newest window's whole interval is beyond the
 * limit, or so many windows in a row are by their values. One noisy window alone decides nothing.
 */
export function metricRule(
  rule: { readonly metric: string } & ({ readonly below: number } | { readonly above: number }),
  facts: Looked,
  breaches: number,
): RuleOutcome {
  const { metric } = rule;
  const [side, limit] = 'below' in rule ? (['below', rule.below] as const) : (['above', rule.above] as const);
  const health = ofLive(facts);
  const unknown = (why: string): RuleOutcome => ({
    rule: 'metric',
    says: 'unknown',
    text: `${why}, so ${metric} cannot be told`,
  });
  if (typeof health === 'string') return unknown(health);
  const windows = health.windows.filter((window) => window.labelsComplete && !window.sparse && metric in window.metrics);
  const newest = windows.at(-1);
  if (!newest) return unknown(`no window has enough labelled rows with ${metric}`);
  const beyond = (value: number): boolean => (side === 'below' ? value < limit : value > limit);
  const { value, low, high } = newest.metrics[metric]!;
  const nearest = side === 'below' ? high : low;
  const surely = nearest !== undefined && beyond(nearest);
  const row = windows.length - windows.findLastIndex((window) => !beyond(window.metrics[metric]!.value)) - 1;
  const interval = low !== undefined && high !== undefined ? ` (${formatNumber(low)} to ${formatNumber(high)})` : '';
  const found = `${metric} is ${formatNumber(value)}${interval} in the window ${periodText(newest)}`;
  if (surely || row >= breaches) {
    const repeated = row >= 2 ? `, the ${ordinal(row)} window in a row` : '';
    return { rule: 'metric', says: 'yes', text: `${found}, ${side} ${formatNumber(limit)}${repeated}` };
  }
  const doubt = beyond(value)
    ? `, ${side} ${formatNumber(limit)}, which may be chance`
    : `; the rule asks for ${side} ${formatNumber(limit)}`;
  return { rule: 'metric', says: 'nothing', text: found + doubt };
}

/** The look at the version that is live now; or why there is none, in words. */
function ofLive({ health, live }: Looked): Health | string {
  if (!health) return 'nobody looked at the health of the live model';
  if (live && health.digest !== live.digest)
    return `the health is that of ${health.version || 'another model'}, and ${live.version} is live`;
  return health;
}

function alarmText(alarms: readonly HealthCheck[]): string {
  const kinds = [...new Set(alarms.map(({ kind }) => kind))];
  return kinds.map((kind) => `${kind} of ${named(alarms.filter((alarm) => alarm.kind === kind))}`).join('; ');
}

function named(checks: readonly HealthCheck[]): string {
  const subjects = checks.slice(0, MOST_NAMED).map(({ subject }) => subject);
  const more = checks.length - subjects.length;
  return more > 0 ? `${subjects.join(', ')} and ${more} more` : subjects.join(', ');
}

/** `2001-05-01 to 2001-05-08`. */
function periodText({ from, to }: HealthWindow): string {
  return `${from.slice(0, 10)} to ${to.slice(0, 10)}`;
}

function ordinal(count: number): string {
  const suffix = count % 100 >= 11 && count % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${suffix}`;
}
