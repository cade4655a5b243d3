/** What threads are asked to do. Numbers, since they stand in shared memory. */
export const COMMAND = {
  limits: 1,
  gradients: 2,
  root: 3,
  split: 4,
  histogram: 5,
  search: 6,
  score: 7,
  losses: 8,
} as const;

/** Places in `arena.control`. */
export const CONTROL = {
  sequence: 0,
  pending: 1,
  command: 2,
  failed: 3,
  asleep: 4,
  met: 5,
  meetings: 6,
  ends: 7,
  arguments: 8,
} as const;

/** Places in `arena.numbers`: units, the sums of two leaves, the bounds of both, scales; from LIMITS on two numbers a shard. */
export const NUMBER = { gradientUnit: 0, hessianUnit: 1, first: 2, second: 5, bounds: 8, limits: 64 } as const;

/** No histogram, no leaf. */
export const NONE = -1;
