import { WEEK_OFFSET_MS } from '../data/distribution/distribution.js';

const WEEK_MS = 7 * 86_400_000;

/** Windows of one length, one after the other for all time, so that every look at the same rows has the same ones. */
export interface WindowGrid {
  readonly lengthMs: number;
  /** What an instant is moved by before it is divided. */
  readonly offsetMs: number;
}

/**
 * The windows of a length. They are UTC, whatever the time zone of the machine or of the users: a day always has 24 hours,
 * and no hour is there twice or missing when clocks change. Whole weeks begin on Mondays, all else at multiples of its length
 * since 1970 (days at midnight).
 */
export function windowGrid(lengthMs: number): WindowGrid {
  return { lengthMs, offsetMs: lengthMs % WEEK_MS === 0 ? WEEK_OFFSET_MS : 0 };
}

/** The number of the window that an instant is in. */
export function windowOf({ lengthMs, offsetMs }: WindowGrid, at: number): number {
  return Math.floor((at + offsetMs) / lengthMs);
}

/** The first instant of a window; its end is the start of the next. */
export function windowStart({ lengthMs, offsetMs }: WindowGrid, window: number): number {
  return window * lengthMs - offsetMs;
}

/** The newest window that is over. */
export function newestComplete(grid: WindowGrid, now: number): number {
  return windowOf(grid, now) - 1;
}

/** SQL of the window that a TIMESTAMP (UTC) is in, a BIGINT. */
export function windowSql({ lengthMs, offsetMs }: WindowGrid, time: string): string {
  return `CAST(floor((epoch_us(${time}) + ${offsetMs * 1000}) / ${lengthMs * 1000}) AS BIGINT)`;
}
