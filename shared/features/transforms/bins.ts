import { nanWhere, toFloat32 } from '../nodes.js';
import { doubles, doublesOf } from '../raw.js';
import { type Derive, single } from '../transform.js';

/** The number of the bin that a number falls into; a bin begins with its edge. */
export const bins = single<'bins'>({
  values: (feature, table) =>
    Float32Array.from(doublesOf(feature, feature.from, table), (value) =>
      Number.isNaN(value) ? Number.NaN : reached(feature.edges, value),
    ),
  nodes({ from, edges }, { graph, number, once }) {
    const value = number(from);
    const row = graph.constant({ type: 'float64', shape: [1, edges.length], values: edges });
    const axes = graph.constant({ type: 'int64', shape: [1], values: [1n] });
    const passed = toFloat32(graph, graph.node('GreaterOrEqual', [value, row]));
    const missing = once(`nan ${from}`, () => graph.node('IsNaN', [value]));
    return nanWhere(graph, missing, graph.node('ReduceSum', [passed, axes], { keepdims: { int: 1 } }));
  },
});

/** How many of the ascending edges are not above the value. */
function reached(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const deriveBins: Derive = ({ name, bins: wanted = 1 }, columns, { column }) =>
  columns.map((from) => {
    const edges = typeof wanted === 'number' ? equalWidths(doubles(column(from)), wanted) : wanted;
    return { name: name ?? `${from}_bins`, kind: 'bins', from, edges };
  });

export const deriveQuantileBins: Derive = ({ name, quantile_bins: count = 1 }, columns, { column }) =>
  columns.map((from) => ({
    name: name ?? `${from}_quantile_bins`,
    kind: 'bins',
    from,
    edges: quantiles(doubles(column(from)), count),
  }));

/** The inner edges of bins of one width between the smallest and the largest finite value. */
function equalWidths(values: Float64Array, count: number): number[] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (!(min < max)) return [];
  // Each end by its own share: the width alone can be beyond the largest number.
  return ascending(
    Array.from({ length: count - 1 }, (_, k) => min * (1 - (k + 1) / count) + max * ((k + 1) / count)),
    min,
  );
}

/** The values that as many rows stand below as belong there; those that would bound an empty bin are left out. */
function quantiles(values: Float64Array, count: number): number[] {
  const sorted = values.filter((value) => Number.isFinite(value)).sort();
  if (sorted.length === 0) return [];
  const edges = Array.from({ length: count - 1 }, (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / count)]!);
  return ascending(edges, sorted[0]!);
}

function ascending(edges: readonly number[], above: number): number[] {
  const kept: number[] = [];
  for (const edge of edges) if (edge > (kept.at(-1) ?? above)) kept.push(edge);
  return kept;
}
