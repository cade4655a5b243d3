import { formatCompact, formatCount } from '../core/format.js';
import type { RetrainingDecision, RetrainingPlan } from '../monitoring/retraining.js';
import type { RuleOutcome } from '../monitoring/retraining-rule.js';
import { code, lineStart, text } from './escape.js';
import { table } from './table.js';
import { shortDigest } from './wording.js';

export interface RetrainingContext {
  /** The stage that the live version has. */
  readonly stage: string;
  readonly plan: Pick<RetrainingPlan, 'promote' | 'window' | 'tune'>;
}

const SIGNS: Readonly<Record<RuleOutcome['says'], string>> = {
  yes: '🔁 train',
  no: '✋ do not',
  nothing: '',
  unknown: '❔ unknown',
};

const AFTERWARDS: Readonly<Record<RetrainingPlan['promote'], string>> = {
  auto: 'An accepted candidate goes live by itself.',
  ask: 'An accepted candidate waits until somebody says yes.',
  never: 'An accepted candidate becomes a version, and is promoted by hand.',
};

function listOf(reasons: readonly string[]): string {
  return reasons.map((reason) => `- ${lineStart(text(reason, 500))}`).join('\n');
}

/** The job summary of a decision: what was decided, why, and everything that was looked at. */
export function renderRetraining(decision: RetrainingDecision, { stage, plan }: RetrainingContext): string {
  const { model, retrain, reasons, rules, live, data, minutes } = decision;
  const headline = retrain ? `🔁 ${code(model)} is trained again` : `⚪ ${code(model)} is not trained again`;
  const window = plan.window === 'all' ? '' : ` on the rows of the last ${code(plan.window, 20)}`;
  const how = retrain
    ? `It is trained${window}${plan.tune ? ', after a search for better parameters' : ''}. ${AFTERWARDS[plan.promote]}`
    : '';
  const looked = table(
    [{ head: 'rule' }, { head: '' }, { head: 'what was found' }],
    rules.map(({ rule, says, text: found }) => [rule, SIGNS[says], text(found, 500)]),
  );
  const facts = [
    live ? `live: ${code(live.version)} (${code(stage, 40)})` : `nothing has the stage ${code(stage, 40)}`,
    `data: ${formatCount(data.rows)} rows, ${code(shortDigest(data.digest), 30)}`,
    ...(minutes.budget === undefined
      ? []
      : [`minutes of this month: ${formatCompact(minutes.used)} of ${formatCompact(minutes.budget)}`]),
  ];
  return `${[`### ${headline}`, listOf(reasons), how, looked, facts.join(' · ')].filter((part) => part !== '').join('\n\n')}\n`;
}
