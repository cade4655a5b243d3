import { normalCdf } from './statistics.js';

/** One-sided p-values of a difference against any limit. */
export interface TailTest {
  /** The chance of a difference that is at least so far below the limit when the true one is at the limit. */
  below(limit: number): number;
  /** The same on the other side. */
  above(limit: number): number;
}

/** From a difference that is spread like a normal number; a standard error of 0 is certainty. */
export function normalTails(difference: number, standardError: number): TailTest {
  const below = (excess: number): number => {
    if (standardError > 0) return normalCdf(excess / standardError);
    return excess < 0 ? 0 : 1;
  };
  return { below: (limit) => below(difference - limit), above: (limit) => below(limit - difference) };
}

/** Of a difference that is no evidence of anything. */
export const NO_EVIDENCE: TailTest = { below: () => 1, above: () => 1 };

export function twoSidedP(tails: TailTest): number {
  return Math.min(1, 2 * Math.min(tails.below(0), tails.above(0)));
}
