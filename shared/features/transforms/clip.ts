import { float64, toFloat32 } from '../nodes.js';
import { doublesOf } from '../raw.js';
import { type Derive, single } from '../transform.js';

/** A number held between bounds; missing stays missing. */
export const clip = single<'clip'>({
  values: ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, ...feature }, table) =>
    Float32Array.from(doublesOf(feature, feature.from, table), (value) => (value < min ? min : value > max ? max : value)),
  nodes({ from, min, max }, { graph, number }) {
    const value = number(from);
    let held = value;
    if (max !== undefined)
      held = graph.node('Where', [graph.node('Greater', [value, float64(graph, max)]), float64(graph, max), held]);
    if (min !== undefined)
      held = graph.node('Where', [graph.node('Less', [value, float64(graph, min)]), float64(graph, min), held]);
    return toFloat32(graph, held);
  },
});

export const deriveClip: Derive = ({ name, clip: bounds }, columns) =>
  columns.map((from) => ({
    name: name ?? `${from}_clip`,
    kind: 'clip',
    from,
    ...(bounds?.min !== undefined && { min: bounds.min }),
    ...(bounds?.max !== undefined && { max: bounds.max }),
  }));
