import type { HealthCheck, HealthWindow } from './health.js';

/** What one window said of a thing that is watched; undefined where it could not decide. */
export type Finding = { readonly bad: boolean; readonly detail: string } | undefined;

export interface BreachRule {
  /** So many bad windows in a row are an alarm. */
  readonly breaches: number;
  /** What is said where no window decides. */
  readonly otherwise: string;
}

/**
 * The state of a thing from what its windows said, oldest first. Windows that could not decide are passed over; when none of
 * the newest ones could, as many as an alarm takes, nothing is known any more.
 */
export function checkOf(
  subject: Pick<HealthCheck, 'kind' | 'subject'>,
  windows: readonly Pick<HealthWindow, 'from'>[],
  findings: readonly Finding[],
  { breaches, otherwise }: BreachRule,
): HealthCheck {
  const decided = findings.flatMap((finding, index) => (finding ? [{ ...finding, from: windows[index]!.from }] : []));
  const newest = decided.at(-1);
  const isRecent = findings.slice(-Math.max(2, breaches)).some((finding) => finding !== undefined);
  if (!newest || !isRecent) return { ...subject, state: 'unknown', breaches: 0, detail: otherwise };
  let run = 0;
  while (decided.at(-1 - run)?.bad) run++;
  const since = decided.at(-run)?.from;
  return {
    ...subject,
    state: run >= breaches ? 'alarm' : run > 0 ? 'watch' : 'ok',
    breaches: run,
    detail: newest.detail,
    ...(run > 0 && since !== undefined && { since }),
  };
}
