import { datePartOf } from '../calendar.js';
import { nanWhere } from '../nodes.js';
import type { CyclicPart, FeatureOf } from '../plan.js';
import { moments } from '../raw.js';
import { type Derive, single } from '../transform.js';

/** The first value of a part, and how many values go round. */
const CIRCLES: Readonly<Record<CyclicPart, { readonly first: number; readonly period: number }>> = {
  month: { first: 1, period: 12 },
  day: { first: 1, period: 31 },
  weekday: { first: 0, period: 7 },
  hour: { first: 0, period: 24 },
  minute: { first: 0, period: 60 },
};

/** Sine and cosine of a part of a date, from a table of the few values that it takes, so that both sides have the same. */
export const cyclic = single<'cyclic'>({
  values(feature, table) {
    const waves = wavesOf(feature);
    const parts = datePartOf(feature.part, moments(feature, feature.from, table));
    return parts.map((part) => (Number.isNaN(part) ? Number.NaN : waves[part]!));
  },
  nodes(feature, { graph, missing, calendar }) {
    const waves = wavesOf(feature);
    const value = graph.node(
      'LabelEncoder',
      [calendar(feature.from)(feature.part)],
      { keys_floats: { floats: [...waves.keys()] }, values_floats: { floats: waves }, default_float: { float: 0 } },
      { domain: 'ai.onnx.ml' },
    );
    return nanWhere(graph, missing(feature.from), value);
  },
});

/** By the value of the part. */
function wavesOf({ part, wave }: FeatureOf<'cyclic'>): Float32Array {
  const { first, period } = CIRCLES[part];
  return Float32Array.from({ length: first + period }, (_, value) => Math[wave]((2 * Math.PI * (value - first)) / period));
}

export const deriveCyclic: Derive = ({ name, cyclic: parts = [] }, columns) =>
  columns.flatMap((from) =>
    parts.flatMap((part) =>
      (['sin', 'cos'] as const).map((wave) => ({
        name: `${name !== undefined && parts.length === 1 ? name : `${name ?? from}_${part}`}_${wave}`,
        kind: 'cyclic' as const,
        from,
        part,
        wave,
      })),
    ),
  );
