import type { Actor } from './state.js';

const HOUR_MS = 3_600_000;
/** Requests an hour: a job's token for all jobs of its repository together, a person, and who does not say who he is. */
const LIMITS = { job: 1_000, person: 5_000, anonymous: 60 } as const;

export interface Quota {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Seconds since the epoch. */
  readonly reset: number;
}

/** Counts requests in windows of an hour. */
export class RateLimits {
  readonly #windows = new Map<string, { used: number; end: number }>();

  /** The state of an actor's window after counting `cost` more requests (0 looks only). */
  count(actor: Actor, now: number, cost: number): Quota {
    const key =
      actor.kind === 'job'
        ? `repository ${actor.job.job.run.repository.id}`
        : actor.kind === 'person'
          ? `person ${actor.login}`
          : 'anonymous';
    const before = this.#windows.get(key);
    const window = before === undefined || now >= before.end ? { used: 0, end: now + HOUR_MS } : before;
    window.used += cost;
    this.#windows.set(key, window);
    const limit = LIMITS[actor.kind];
    return {
      limit,
      used: Math.min(window.used, limit),
      remaining: Math.max(0, limit - window.used),
      reset: Math.ceil(window.end / 1000),
    };
  }

  /** Whether one more request would be one too many. */
  exhausted(actor: Actor, now: number): boolean {
    return this.count(actor, now, 0).remaining === 0;
  }
}

export function quotaHeaders(quota: Quota): Readonly<Record<string, string>> {
  return {
    'X-RateLimit-Limit': String(quota.limit),
    'X-RateLimit-Remaining': String(quota.remaining),
    'X-RateLimit-Reset': String(quota.reset),
    'X-RateLimit-Used': String(quota.used),
    'X-RateLimit-Resource': 'core',
  };
}
