/** Measures of how two columns go together, from counts and typed arrays. */

/** Ten significant digits: sums that the engine takes in another order, or on more threads, then give the same number. */
export function rounded(value: number, digits = 10): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;
}

/** Rows of a class (column) in a group (row). */
export type Contingency = readonly (readonly number[])[];

/**
 * Theil's uncertainty coefficient I(group; class) / H(class), where the mutual information is less its expectation
 * under independence, (groups − 1)(classes − 1) / 2n (Miller 1955). In [0, 1]; 0 when there is one class.
 */
export function uncertaintyCoefficient(table: Contingency): number {
  const { groups, classes, total } = marginals(table);
  let information = 0;
  for (const [g, row] of table.entries()) {
    for (const [k, count] of row.entries()) {
      if (count > 0) information += (count / total) * Math.log((count * total) / (groups[g]! * classes[k]!));
    }
  }
  let entropy = 0;
  for (const count of classes) if (count > 0) entropy -= (count / total) * Math.log(count / total);
  if (entropy <= 0) return 0;
  const bias = ((present(groups) - 1) * (present(classes) - 1)) / (2 * total);
  return Math.min(1, Math.max(0, (information - bias) / entropy));
}

/**
 * The area under the ROC curve of each class against the rest when rows are ranked by their group's rate of that class,
 * averaged by the classes' sizes. 0.5 when there is one class.
 */
export function rankingAuc(table: Contingency): number {
  const { groups, classes, total } = marginals(table);
  let weighted = 0;
  let weight = 0;
  for (const [k, positives] of classes.entries()) {
    const negatives = total - positives;
    if (positives === 0 || negatives === 0) continue;
    const order = table
      .map((row, g) => ({ hits: row[k]!, misses: groups[g]! - row[k]! }))
      .filter(({ hits, misses }) => hits + misses > 0)
      .sort((a, b) => b.hits / (b.hits + b.misses) - a.hits / (a.hits + a.misses));
    let area = 0;
    let missed = 0;
    for (const { hits, misses } of order) {
      area += hits * (negatives - missed - misses / 2);
      missed += misses;
    }
    weighted += positives * (area / (positives * negatives));
    weight += positives;
  }
  return weight === 0 ? 0.5 : weighted / weight;
}

/** A group's count, sum and sum of squares of the target. */
export interface GroupMoments {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/**
 * The correlation ratio adjusted for the number of groups: ε² = 1 − (SSW / (n − k)) / (SST / (n − 1)) (Kelley 1935).
 * In [0, 1]; 0 when the target does not vary. Sums should be of values less their mean, else digits are lost.
 */
export function adjustedCorrelationRatio(groups: readonly GroupMoments[]): number {
  const filled = groups.filter(({ count }) => count > 0);
  const n = filled.reduce((sum, group) => sum + group.count, 0);
  const total = filled.reduce((sum, group) => sum + group.sum, 0);
  const squares = filled.reduce((sum, group) => sum + group.squares, 0);
  const within = filled.reduce((sum, group) => sum + group.squares - group.sum ** 2 / group.count, 0);
  const all = squares - total ** 2 / n;
  if (n <= filled.length || !(all > 0)) return 0;
  return Math.min(1, Math.max(0, 1 - Math.max(0, within) / (n - filled.length) / (all / (n - 1))));
}

/**
 * Cramér's V with the bias correction of Bergsma (2013): φ² less (r − 1)(c − 1)/(n − 1), over the smaller corrected
 * dimension. In [0, 1]; 0 when a side has one value.
 */
export function cramersV(table: Contingency): number {
  const { groups, classes, total } = marginals(table);
  const r = present(groups);
  const c = present(classes);
  if (r < 2 || c < 2 || total < 2) return 0;
  let chi2 = -total;
  for (const [g, row] of table.entries()) {
    for (const [k, count] of row.entries()) if (count > 0) chi2 += (count * count * total) / (groups[g]! * classes[k]!);
  }
  const phi2 = Math.max(0, chi2 / total - ((r - 1) * (c - 1)) / (total - 1));
  const rows = r - (r - 1) ** 2 / (total - 1);
  const columns = c - (c - 1) ** 2 / (total - 1);
  const smaller = Math.min(rows, columns) - 1;
  return smaller > 0 ? Math.min(1, Math.sqrt(phi2 / smaller)) : 0;
}

/** Pearson's correlation; NaN when a side does not vary. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const n = x.length;
  let meanX = 0;
  let meanY = 0;
  for (let row = 0; row < n; row++) {
    meanX += x[row]! / n;
    meanY += y[row]! / n;
  }
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let row = 0; row < n; row++) {
    const dx = x[row]! - meanX;
    const dy = y[row]! - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  // A column that does not vary has rounding errors for a variance.
  const tiny = (mean: number): number => n * (1e-13 * mean) ** 2;
  if (!(xx > tiny(meanX)) || !(yy > tiny(meanY))) return Number.NaN;
  return Math.min(1, Math.max(-1, xy / Math.sqrt(xx) / Math.sqrt(yy)));
}

/** Ranks from 1, equal values share the mean of theirs. No NaN among the values. */
export function ranks(values: Float64Array): Float64Array {
  // Sorting values and finding each among the different ones is several times faster than sorting rows by their values.
  const different = values.slice().sort();
  const rankOf = new Float64Array(different.length);
  let count = 0;
  for (let start = 0; start < different.length; count++) {
    let end = start + 1;
    while (end < different.length && different[end] === different[start]) end++;
    rankOf[count] = (start + 1 + end) / 2;
    different[count] = different[start]!;
    start = end;
  }
  return values.map((value) => {
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (different[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return rankOf[low]!;
  });
}

function marginals(table: Contingency): { groups: number[]; classes: number[]; total: number } {
  const groups = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const classes = Array.from({ length: table[0]?.length ?? 0 }, (_, k) => table.reduce((sum, row) => sum + row[k]!, 0));
  return { groups, classes, total: groups.reduce((sum, count) => sum + count, 0) };
}

function present(counts: readonly number[]): number {
  return counts.filter((count) => count > 0).length;
}
