import { durationMs } from '../core/duration.js';
import { formatCompact, formatCount, formatShare } from '../core/format.js';
import type { Spec } from '../spec/schema.js';
import type { Health } from './health.js';
import { driftRule, metricRule } from './health-rules.js';
import type { RuleOutcome } from './retraining-rule.js';

/** What is known when it is decided whether to train again. Times are ISO 8601; minutes are those of this month. */
export interface RetrainingFacts {
  readonly model: string;
  readonly now: string;
  /** A person asked for it. */
  readonly forced: boolean;
  /** The version that is live; absent while none is. */
  readonly live?: {
    readonly version: string;
    readonly digest: string;
    readonly rows: number;
    /** Digest of the rows that it was made of. */
    readonly data: string;
  };
  /** The latest version, live or not. */
  readonly registered?: string;
  /** The rows that there are now. */
  readonly data: { readonly digest: string; readonly rows: number };
  /** The newest training, whether or not something came of it. */
  readonly lastTraining?: { readonly at: string; readonly what: string };
  /** The newest training that was judged to its end, and the rows that it had. */
  readonly judged?: { readonly what: string; readonly data: string };
  /** Another run of this workflow that trains, or waits for somebody's approval. */
  readonly underway?: { readonly run: number; readonly waiting: boolean };
  /** `expected`: what the next training takes, by the last one; 0 when nobody knows. */
  readonly minutes: { readonly used: number; readonly expected: number };
  /** What `monitor` found; absent when it was not asked. */
  readonly health?: Health;
}

/** Whether the model is trained again, and why: `retraining.json`. */
export interface RetrainingDecision {
  readonly format: 1;
  readonly kind: 'retraining';
  readonly model: string;
  readonly at: string;
  readonly retrain: boolean;
  /** What decided, for people; at least one line. */
  readonly reasons: readonly string[];
  /** Everything that was looked at. */
  readonly rules: readonly RuleOutcome[];
  readonly live?: RetrainingFacts['live'];
  readonly data: RetrainingFacts['data'];
  readonly minutes: RetrainingFacts['minutes'] & { readonly budget?: number };
}

/** The section `retrain` of a spec with its defaults. */
export interface RetrainingPlan {
  readonly every: string;
  readonly when: NonNullable<NonNullable<Spec['retrain']>['when']>;
  readonly window: string;
  readonly promote: 'auto' | 'ask' | 'never';
  readonly cooldown: string;
  readonly budget_minutes?: number;
  readonly tune: boolean;
  /** Bad windows in a row that are an alarm (`monitor.breaches`). */
  readonly breaches: number;
}

/** The plan of a spec; a spec without the section has the defaults. Nothing is promoted without being asked unless it says so. */
export function retrainingPlan({
  retrain = {},
  monitor,
}: {
  readonly retrain?: Spec['retrain'];
  readonly monitor?: Spec['monitor'];
}): RetrainingPlan {
  const { every = '30d', when = [], window = 'all', promote = 'ask', cooldown = '3d', tune = false, budget_minutes } = retrain;
  const budget = budget_minutes === undefined ? {} : { budget_minutes };
  return { every, when, window, promote, cooldown, tune, ...budget, breaches: monitor?.breaches ?? 2 };
}

/**
 * Decides whether to train again. Something has to speak for it (a rule of `when`, the time, the first training, a person),
 * and nothing against it: another run that is at it, the budget of the month, the cool-down, data that are those of the live
 * version or of a training that was judged already. A person who forces it overrides the cool-down and the unchanged data,
 * never the budget or the other run. The same facts always give the same decision.
 */
export function decideRetraining(plan: RetrainingPlan, facts: RetrainingFacts): RetrainingDecision {
  const rules = [
    ...forceRule(facts),
    ...firstRule(facts),
    everyRule(plan, facts),
    ...plan.when.map((rule) => {
      if ('drift' in rule) return driftRule(facts);
      return 'metric' in rule ? metricRule(rule, facts, plan.breaches) : newRowsRule(rule.new_rows, facts);
    }),
    ...underwayRule(facts),
    ...budgetRule(plan, facts),
    ...cooldownRule(plan, facts),
    ...newDataRule(facts),
  ];
  const fors = rules.filter(({ says }) => says === 'yes');
  const against = rules.filter(({ says }) => says === 'no');
  const retrain = fors.length > 0 && against.length === 0;
  const decisive = retrain ? fors : fors.length > 0 ? [...against, ...fors] : rules.filter(({ says }) => says !== 'no');
  const { model, now: at, live, data, minutes } = facts;
  const budget = plan.budget_minutes === undefined ? {} : { budget: plan.budget_minutes };
  return {
    ...{ format: 1, kind: 'retraining', model, at, retrain },
    reasons: decisive.map(({ text }) => text),
    ...{ rules, ...(live && { live }), data, minutes: { ...minutes, ...budget } },
  };
}

function forceRule({ forced }: RetrainingFacts): RuleOutcome[] {
  return forced ? [{ rule: 'force', says: 'yes', text: 'somebody asked for it (force)' }] : [];
}

function firstRule({ live, registered }: RetrainingFacts): RuleOutcome[] {
  if (live) return [];
  if (registered === undefined) return [{ rule: 'first', says: 'yes', text: 'there is no version yet' }];
  return [{ rule: 'first', says: 'nothing', text: `no version is live, and ${registered} is there to be promoted` }];
}

function everyRule({ every }: RetrainingPlan, { now, lastTraining }: RetrainingFacts): RuleOutcome {
  if (!lastTraining) return { rule: 'every', says: 'unknown', text: 'nothing tells when it was trained last' };
  const { age, text } = since(now, lastTraining);
  const due = age >= durationMs(every);
  return { rule: 'every', says: due ? 'yes' : 'nothing', text: `${text}, and it is due every ${every}` };
}

function newRowsRule(share: number, { live, data }: RetrainingFacts): RuleOutcome {
  const rule = 'new rows';
  if (!live) return { rule, says: 'unknown', text: 'no live version tells how many rows are new' };
  const grown = (data.rows - live.rows) / Math.max(1, live.rows);
  const rows = `${formatCount(data.rows)} rows, ${formatShare(Math.abs(grown))} ${grown < 0 ? 'fewer' : 'more'} than the ${formatCount(live.rows)} of ${live.version}`;
  return {
    rule,
    says: grown >= share && data.rows > live.rows ? 'yes' : 'nothing',
    text: `${rows} (new_rows: ${formatShare(share)})`,
  };
}

function underwayRule({ underway }: RetrainingFacts): RuleOutcome[] {
  if (!underway) return [];
  const text = underway.waiting
    ? `a version waits for approval in run ${underway.run}: approve or reject it there`
    : `run ${underway.run} of this workflow is training`;
  return [{ rule: 'underway', says: 'no', text }];
}

function budgetRule({ budget_minutes: budget }: RetrainingPlan, { minutes }: RetrainingFacts): RuleOutcome[] {
  if (budget === undefined) return [];
  const { used, expected } = minutes;
  const spent = `${formatCompact(used)} of the ${formatCompact(budget)} minutes of this month are used`;
  const next = expected > 0 ? `, and a training takes about ${formatCompact(expected)}` : '';
  const fits = used < budget && used + expected <= budget;
  return [{ rule: 'budget', says: fits ? 'nothing' : 'no', text: `${spent}${next} (retrain.budget_minutes)` }];
}

function cooldownRule({ cooldown }: RetrainingPlan, { now, lastTraining, forced }: RetrainingFacts): RuleOutcome[] {
  if (!lastTraining) return [];
  const { age, text } = since(now, lastTraining);
  const left = durationMs(cooldown) - age;
  if (left <= 0) return [];
  const told = `${text}, within the cool-down of ${cooldown}`;
  if (forced) return [{ rule: 'cooldown', says: 'nothing', text: `${told}, which force overrides` }];
  return [{ rule: 'cooldown', says: 'no', text: `${told}: ${ageText(left)} left` }];
}

function newDataRule({ live, judged, data, forced }: RetrainingFacts): RuleOutcome[] {
  const same =
    live?.data === data.digest ? `${live.version} was made of` : judged?.data === data.digest ? `${judged.what} had` : '';
  if (same === '') return [];
  const told = `the ${formatCount(data.rows)} rows are those that ${same}`;
  if (forced) return [{ rule: 'new data', says: 'nothing', text: `${told}, which force overrides` }];
  return [{ rule: 'new data', says: 'no', text: `${told}: training again would give the same model` }];
}

function since(now: string, { at, what }: { readonly at: string; readonly what: string }): { age: number; text: string } {
  // A clock that runs behind makes nothing older than it is.
  const age = Math.max(0, Date.parse(now) - Date.parse(at));
  return { age, text: `the last training (${what}) was ${ageText(age)} ago` };
}

const AGES = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** `12 days`, `5 hours`, `1 minute`: what is over, rounded down to the largest unit. */
export function ageText(milliseconds: number): string {
  for (const [unit, length] of AGES) {
    const count = Math.floor(milliseconds / length);
    if (count >= 1) return `${formatCount(count)} ${unit}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
