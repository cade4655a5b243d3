/**
 * The quantile of values. Without weights: linear between order statistics, numpy's default (type 7 of Hyndman and Fan
 * 1996). With weights: the smallest value whose weights, added up from below, exceed `level` of the total. Both as
 * LightGBM's. The order of the values does not matter.
 * @param level above 0 and below 1
 */
export function weightedQuantile(values: Float64Array, weights: Float64Array | undefined, level: number): number {
  if (!weights) {
    const sorted = values.slice().sort();
    const place = (sorted.length - 1) * level;
    const below = Math.floor(place);
    const low = sorted[below]!;
    const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return low + (high - low) * (place - below);
  }
  const order = Uint32Array.from(values, (_, index) => index).sort(
    (a, b) => values[a]! - values[b]! || weights[a]! - weights[b]!,
  );
  let total = 0;
  for (const index of order) total += weights[index]!;
  let sum = 0;
  for (const index of order) {
    sum += weights[index]!;
    if (sum > level * total) return values[index]!;
  }
  return values[order.at(-1)!]!;
}
