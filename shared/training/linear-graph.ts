import type { GraphBuilder } from '../onnx/graph.js';
import type { LinearModel } from './linear.js';

const FLOAT32 = 1;
const INT64 = 7;
const FLOAT64 = 11;

/**
 * Adds a linear model's nodes. The arithmetic is in 64-bit floats, since a number far from 0 with a small spread would
 * lose its digits in 32. A category costs one look-up of its level's coefficients instead of one-hot columns.
 * @returns the name of a float32 tensor: probabilities [N, classes], or the prediction [N, 1]
 */
export function addLinear(model: LinearModel, graph: GraphBuilder, features: string): string {
  const { outputs } = model;
  const intercepts = Array.from({ length: outputs }, (_, output) => coefficient(model, output, 0));
  const parts = [...numericPart(model, graph, features, intercepts), ...categoryPart(model, graph, features)];
  const bias = graph.constant({ type: 'float64', shape: [1, outputs], values: intercepts });
  const predictor = parts.reduce((sum, part) => graph.node('Add', [sum, part]), bias);
  if (model.labels.task === 'regression') return toFloat32(graph, predictor);
  if (outputs > 1) return toFloat32(graph, graph.node('Softmax', [predictor], { axis: { int: 1 } }));
  // Two columns of a softmax are the logistic function of their difference, and neither loses digits near 0.
  const zero = graph.node('Sub', [predictor, predictor]);
  const both = graph.node('Concat', [zero, predictor], { axis: { int: 1 } });
  return toFloat32(graph, graph.node('Softmax', [both], { axis: { int: 1 } }));
}

/** Numbers and their indicators; what standardising takes off every row goes into the intercepts. */
function numericPart(model: LinearModel, graph: GraphBuilder, features: string, intercepts: number[]): string[] {
  const { numeric } = model.encoding;
  const { outputs } = model;
  if (numeric.length === 0) return [];
  const values = pick(
    graph,
    features,
    numeric.map((encoding) => encoding.column),
  );
  // Infinity minus itself is NaN too.
  const missing = graph.node('IsNaN', [graph.node('Sub', [values, values])]);
  const means = graph.constant({ type: 'float64', shape: [1, numeric.length], values: numeric.map(({ mean }) => mean) });
  const filled = graph.node('Where', [missing, means, graph.node('Cast', [values], { to: { int: FLOAT64 } })]);
  const slopes: number[] = [];
  for (const { at, mean, scale } of numeric) {
    for (let output = 0; output < outputs; output++) {
      const slope = coefficient(model, output, at) / scale;
      slopes.push(slope);
      intercepts[output]! -= slope * mean;
    }
  }
  const parts = [
    graph.node('MatMul', [filled, graph.constant({ type: 'float64', shape: [numeric.length, outputs], values: slopes })]),
  ];
  if (numeric.some(({ missingAt }) => missingAt !== undefined)) {
    const indicators = numeric.flatMap(({ missingAt }) =>
      Array.from({ length: outputs }, (_, output) => (missingAt === undefined ? 0 : coefficient(model, output, missingAt))),
    );
    const ones = graph.node('Cast', [missing], { to: { int: FLOAT64 } });
    const weights = graph.constant({ type: 'float64', shape: [numeric.length, outputs], values: indicators });
    parts.push(graph.node('MatMul', [ones, weights]));
  }
  return parts;
}

function categoryPart(model: LinearModel, graph: GraphBuilder, features: string): string[] {
  const { categories, width } = model.encoding;
  const { outputs } = model;
  const [first] = categories;
  if (!first) return [];
  const row = (values: readonly number[]): string => graph.constant({ type: 'float32', shape: [1, categories.length], values });
  const indices = pick(
    graph,
    features,
    categories.map(({ column }) => column),
  );
  const missing = graph.node('IsNaN', [indices]);
  const capped = graph.node('Min', [indices, row(categories.map(({ cap }) => cap))]);
  const known = graph.node('Where', [missing, row(categories.map(({ cap }) => cap + 1)), capped]);
  const rows = graph.node('Add', [known, row(categories.map(({ at }) => at - first.at))]);
  const table: number[] = [];
  for (let at = first.at; at < width; at++) {
    for (let output = 0; output < outputs; output++) table.push(coefficient(model, output, at));
  }
  const coefficients = graph.constant({ type: 'float64', shape: [width - first.at, outputs], values: table });
  const found = graph.node('Gather', [coefficients, graph.node('Cast', [rows], { to: { int: INT64 } })]);
  const axis = graph.constant({ type: 'int64', shape: [1], values: [1n] });
  return [graph.node('ReduceSum', [found, axis], { keepdims: { int: 0 } })];
}

function coefficient({ beta, encoding }: LinearModel, output: number, at: number): number {
  return beta[output * encoding.width + at]!;
}

/** Some columns of [N, F]. */
function pick(graph: GraphBuilder, features: string, columns: readonly number[]): string {
  const indices = graph.constant({ type: 'int64', shape: [columns.length], values: columns.map(BigInt) });
  return graph.node('Gather', [features, indices], { axis: { int: 1 } });
}

function toFloat32(graph: GraphBuilder, value: string): string {
  return graph.node('Cast', [value], { to: { int: FLOAT32 } });
}
