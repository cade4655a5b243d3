/** Added and taken away again, it leaves the nearest whole number of what is below 2^51 in size, and has no branch as Math.round has. */
export const ROUND = 1.5 * 2 ** 52;

/** The largest of the weights; 1 where there are none. */
export function largest(weights: Float64Array | undefined): number {
  if (!weights) return 1;
  let most = 0;
  for (let row = 0; row < weights.length; row++) if (weights[row]! > most) most = weights[row]!;
  return most;
}
