import { z } from 'zod';
import type { Json } from '../core/json.js';
import { readHiddenBlock } from '../github/hidden-block.js';
import type { OwnIssue, WantedState } from '../github/issue.js';
import type { Health } from './health.js';

/** The one issue of a model's health: how it is found, what it remembers, and when it is open. */

export const HEALTH_LABEL = 'mlops-health';

/** The hidden blocks of the issue: each belongs to the action of that name. */
export const HEALTH_BLOCKS = { monitor: 'monitor', retrain: 'retrain' } as const;

/** The hidden first line by which the issue of a model is found again. No name can end the comment. */
export function healthMarker(model: string): string {
  return `<!-- mlops-actions health: ${model.replace(/[^\w.-]/gu, '_').replace(/-(?=-|$)/g, '%2D')} -->`;
}

/** What the issue remembers of the last look. */
export interface HealthMemory {
  readonly healthy: boolean;
  /** Kind and subject of what was in alarm, and of what was and is not known to be well again. */
  readonly alarms: readonly (readonly [kind: string, subject: string])[];
}

const memorySchema = z.object({
  healthy: z.boolean(),
  alarms: z.array(z.tuple([z.string(), z.string()])).max(20_000),
});

/** What an issue's text remembers; somebody may have edited it. */
export function readMemory(body: string | undefined): HealthMemory | undefined {
  const parsed = memorySchema.safeParse(body === undefined ? undefined : readHiddenBlock(body, HEALTH_BLOCKS.monitor));
  return parsed.success ? parsed.data : undefined;
}

/** What is to be remembered: alarms of which nothing is known now are still open questions. */
export function nextMemory(health: Health, before: HealthMemory | undefined): HealthMemory & { readonly [key: string]: Json } {
  const alarms = health.checks
    .filter(({ state, kind, subject }) => state === 'alarm' || (state === 'unknown' && wasAlarm(before, kind, subject)))
    .map(({ kind, subject }): readonly [string, string] => [kind, subject]);
  return { healthy: health.healthy && alarms.length === 0, alarms };
}

function wasAlarm(before: HealthMemory | undefined, kind: string, subject: string): boolean {
  return before?.alarms.some(([oldKind, oldSubject]) => oldKind === kind && oldSubject === subject) ?? false;
}

/** What was in alarm, and is not known to be well again. */
export function openQuestions(health: Health, before: HealthMemory | undefined): readonly string[] {
  return health.checks
    .filter(({ state, kind, subject }) => state === 'unknown' && wasAlarm(before, kind, subject))
    .map(({ subject }) => subject);
}

/** Closed only when something is known to be well, and nothing that was in alarm is unknown. */
export function wantedState(health: Health, before: HealthMemory | undefined): WantedState {
  if (!health.healthy) return 'open';
  const isKnown = health.checks.some(({ state }) => state === 'ok' || state === 'watch');
  return isKnown && nextMemory(health, before).healthy ? 'closed' : 'as it is';
}

/** A person who closed it as not planned has silenced this spell; after the model was healthy again, it is opened as ever. */
export function isSilenced({ reason, body }: OwnIssue): boolean {
  return reason === 'not_planned' && readMemory(body)?.healthy === false;
}
