/**
 * The quantile of values. Without weights: linear between order statistics, numpy's default (type 7 of Hyndman and Fan
 * 1996). With weights: the smallest value whose weights, added up from below, exceed `level` of the total. Both as
 * LightGBM's. The order of the values does not matter.
 * @param values at least one, no NaN
 * @param level above 0 and below 1
 */
export function weightedQuantile(values: Float64Array, weights: Float64Array | undefined, level: number): number {
  if (!weights) {
    const place = (values.length - 1) * level;
    const below = Math.floor(place);
    const moved = values.slice();
    const low = select(moved, below);
    let high = Number.POSITIVE_INFINITY;
    for (let at = below + 1; at < moved.length; at++) if (moved[at]! < high) high = moved[at]!;
    return high === Number.POSITIVE_INFINITY ? low : low + (high - low) * (place - below);
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

/** The value that sorting would put at a place; afterwards it stands there, none above before it and none below behind it (Hoare 1961). */
function select(values: Float64Array, place: number): number {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = middleOf(values[first]!, values[(first + last) >> 1]!, values[last]!);
    let low = first;
    let high = last;
    while (low <= high) {
      while (values[low]! < pivot) low++;
      while (values[high]! > pivot) high--;
      if (low > high) break;
      const value = values[low]!;
      values[low++] = values[high]!;
      values[high--] = value;
    }
    if (place <= high) last = high;
    else if (place >= low) first = low;
    else break;
  }
  return values[place]!;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
