import { float64, toFloat32 } from '../nodes.js';
import { doublesOf } from '../raw.js';
import { type Derive, single } from '../transform.js';

/** log(1 + x), in 64 bits. */
export const log = single<'log'>({
  values: (feature, table) =>
    Float32Array.from(doublesOf(feature, feature.from, table), (value) => (value > -1 ? Math.log(1 + value) : Number.NaN)),
  nodes({ from }, { graph, number }) {
    const value = number(from);
    const logarithm = graph.node('Log', [graph.node('Add', [value, float64(graph, 1)])]);
    const defined = graph.node('Greater', [value, float64(graph, -1)]);
    return toFloat32(graph, graph.node('Where', [defined, logarithm, float64(graph, Number.NaN)]));
  },
});

export const deriveLog: Derive = ({ name }, columns) =>
  columns.map((from) => ({ name: name ?? `${from}_log`, kind: 'log', from }));
