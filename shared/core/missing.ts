/** What stands for a missing value in 64-bit integers, dates and timestamps, in tables and in tensors: the smallest one. */
export const MISSING_INTEGER = -(2n ** 63n);
