import { float64, toFloat32 } from '../nodes.js';
import { doublesOf } from '../raw.js';
import { type Derive, type FeatureNodes, single } from '../transform.js';

/** Features of several numbers of a row, computed in 64 bits from left to right. */

export const ratio = single<'ratio'>({
  values: (feature, table) =>
    combine(
      feature.from.map((name) => doublesOf(feature, name, table)),
      (first, second) => (second === 0 ? Number.NaN : first / second),
    ),
  nodes({ from }, { graph, number }) {
    const [first, second] = from.map(number);
    const zero = graph.node('Equal', [second!, float64(graph, 0)]);
    const quotient = graph.node('Div', [first!, second!]);
    return toFloat32(graph, graph.node('Where', [zero, float64(graph, Number.NaN), quotient]));
  },
});

export const difference = single<'difference'>({
  values: (feature, table) =>
    combine(
      feature.from.map((name) => doublesOf(feature, name, table)),
      (first, second) => first - second,
    ),
  nodes: ({ from }, place) => chain(place, 'Sub', from),
});

export const product = single<'product'>({
  values: (feature, table) =>
    combine(
      feature.from.map((name) => doublesOf(feature, name, table)),
      (first, second) => first * second,
    ),
  nodes: ({ from }, place) => chain(place, 'Mul', from),
});

function combine(columns: readonly Float64Array[], operation: (left: number, right: number) => number): Float32Array {
  const [first, ...rest] = columns;
  return Float32Array.from(first!, (value, row) => rest.reduce((left, column) => operation(left, column[row]!), value));
}

function chain({ graph, number }: FeatureNodes, operator: string, from: readonly string[]): string {
  return toFloat32(
    graph,
    from.map(number).reduce((left, right) => graph.node(operator, [left, right])),
  );
}

export const deriveRatio: Derive = ({ name }, from) => [{ name: name ?? [...from, 'ratio'].join('_'), kind: 'ratio', from }];

export const deriveDifference: Derive = ({ name }, from) => [
  { name: name ?? [...from, 'difference'].join('_'), kind: 'difference', from },
];
