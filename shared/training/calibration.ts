import type { Predictions } from '../data/predictions.js';
import type { GraphBuilder } from '../onnx/graph.js';
import { checkEnough, type ScoredRows } from './calibration-rows.js';
import { sigmoid } from './families.js';
import { centredIsotonic, type Piecewise, valueAt } from './isotonic.js';
import { fitSigmoid, type Sigmoid } from './platt.js';

export type CalibrationMethod = 'isotonic' | 'sigmoid';

/** Corrects probabilities: log-odds of each class through a curve of its own, and, of more than two classes, back to a sum of 1. */
export interface Calibrator {
  readonly method: CalibrationMethod;
  /** Rows that it was fitted on, and which they were. */
  readonly rows: number;
  readonly source: ScoredRows['source'];
  apply(predictions: Predictions): Predictions;
  /**
   * Adds the same as nodes, in 64-bit floats.
   * @param probabilities the name of a float32 tensor [N, classes] whose small values keep their digits
   * @returns the name of a tensor of the same kind
   */
  addTo(graph: GraphBuilder, probabilities: string): string;
}

/** A curve from log-odds to probability. */
type Curve = { readonly kind: 'sigmoid'; readonly of: Sigmoid } | { readonly kind: 'isotonic'; readonly of: Piecewise };

const LEAST_ROWS: Readonly<Record<CalibrationMethod, number>> = { sigmoid: 50, isotonic: 200 };

/** Probabilities are taken as at least this, so that their logarithm is finite; 32-bit floats hold it. */
const SMALLEST = 1e-12;

/** Knots of an isotonic curve are at least so far apart in log-odds. */
const GAP = 0.02;

/**
 * Fits a curve a class, of two classes to the positive one alone (one against the rest, Zadrozny and Elkan 2002).
 * @param rows that neither trained the model nor stopped its training
 * @throws UserError when they are too few
 */
export function fitCalibrator(method: CalibrationMethod, rows: ScoredRows): Calibrator {
  checkEnough(rows, `train.calibrate: ${method}`, LEAST_ROWS[method]);
  const { labels, predictions, weights } = rows;
  const width = labels.classes.length;
  const curves = Array.from({ length: width === 2 ? 1 : width }, (_, index): Curve => {
    const target = width === 2 ? 1 : index;
    const odds = logOdds(predictions.scores, width, target);
    const outcomes = Float64Array.from(labels.values, (label) => (label === target ? 1 : 0));
    if (method === 'sigmoid') return { kind: 'sigmoid', of: fitSigmoid(odds, outcomes, weights) };
    const { x, y } = centredIsotonic(odds, outcomes, weights, GAP);
    // So many rows are no ground for certainty (Laplace's rule).
    const least = 1 / (outcomes.length + 2);
    return { kind: 'isotonic', of: { x, y: y.map((value) => Math.min(1 - least, Math.max(least, value))) } };
  });
  return {
    method,
    rows: labels.values.length,
    source: rows.source,
    apply: (given) => apply(curves, given),
    addTo: (graph, probabilities) => addTo(curves, graph, probabilities, width),
  };
}

/** log(p / (1 − p)) of a class, where 1 − p is the sum of the others. */
function logOdds(scores: Float64Array, width: number, target: number): Float64Array {
  const odds = new Float64Array(scores.length / width);
  for (let row = 0; row < odds.length; row++) {
    let others = 0;
    for (let index = 0; index < width; index++) if (index !== target) others += scores[row * width + index]!;
    odds[row] = Math.log(Math.max(SMALLEST, scores[row * width + target]!)) - Math.log(Math.max(SMALLEST, others));
  }
  return odds;
}

function apply(curves: readonly Curve[], given: Predictions): Predictions {
  if (given.task === 'regression') throw new Error('regression has no probabilities');
  const width = given.classes.length;
  const scores = new Float64Array(given.scores.length);
  curves.forEach((curve, index) => {
    const target = width === 2 ? 1 : index;
    logOdds(given.scores, width, target).forEach((odds, row) => {
      scores[row * width + target] =
        curve.kind === 'sigmoid' ? sigmoid(curve.of.slope * odds + curve.of.intercept) : valueAt(curve.of, odds);
    });
  });
  for (let row = 0; row < given.rows; row++) {
    if (width === 2) {
      scores[row * 2] = 1 - scores[row * 2 + 1]!;
      continue;
    }
    let sum = 0;
    for (let index = 0; index < width; index++) sum += scores[row * width + index]!;
    for (let index = 0; index < width; index++) scores[row * width + index]! /= sum;
  }
  return { ...given, scores };
}

const FLOAT32 = 1;
const FLOAT64 = 11;

function addTo(curves: readonly Curve[], graph: GraphBuilder, probabilities: string, width: number): string {
  const own = graph.node('Cast', [probabilities], { to: { int: FLOAT64 } });
  const others = graph.node('MatMul', [
    own,
    graph.constant({
      type: 'float64',
      shape: [width, width],
      values: Array.from({ length: width * width }, (_, at) => (Math.floor(at / width) === at % width ? 0 : 1)),
    }),
  ]);
  const smallest = graph.constant({ type: 'float64', shape: [1], values: [SMALLEST] });
  const logarithm = (value: string): string => graph.node('Log', [graph.node('Max', [value, smallest])]);
  const odds = graph.node('Sub', [logarithm(own), logarithm(others)]);
  const columns = curves.map((curve, index) => {
    const at = graph.constant({ type: 'int64', shape: [1], values: [BigInt(width === 2 ? 1 : index)] });
    return addCurve(curve, graph, graph.node('Gather', [odds, at], { axis: { int: 1 } }));
  });
  const calibrated = width === 2 ? addComplement(graph, columns[0]!) : addShares(graph, columns);
  return graph.node('Cast', [calibrated], { to: { int: FLOAT32 } });
}

/** From log-odds [N, 1] to the curve's value. */
function addCurve(curve: Curve, graph: GraphBuilder, odds: string): string {
  const doubles = (shape: readonly number[], values: readonly number[]): string =>
    graph.constant({ type: 'float64', shape, values });
  if (curve.kind === 'sigmoid') {
    const { slope, intercept } = curve.of;
    return graph.node('Sigmoid', [
      graph.node('Add', [graph.node('Mul', [odds, doubles([1], [slope])]), doubles([1], [intercept])]),
    ]);
  }
  const { x, y } = curve.of;
  const pieces = x.length - 1;
  if (pieces === 0) return graph.node('Add', [graph.node('Mul', [odds, doubles([1], [0])]), doubles([1], [y[0]!])]);
  // How far the row has come in each piece, times the piece's slope.
  const from = doubles([1, pieces], x.slice(0, -1));
  const inside = graph.node('Min', [graph.node('Max', [odds, from]), doubles([1, pieces], x.slice(1))]);
  const slopes = Array.from({ length: pieces }, (_, piece) => (y[piece + 1]! - y[piece]!) / (x[piece + 1]! - x[piece]!));
  const risen = graph.node('MatMul', [graph.node('Sub', [inside, from]), doubles([pieces, 1], slopes)]);
  return graph.node('Add', [risen, doubles([1], [y[0]!])]);
}

function addComplement(graph: GraphBuilder, positive: string): string {
  const one = graph.constant({ type: 'float64', shape: [1], values: [1] });
  return graph.node('Concat', [graph.node('Sub', [one, positive]), positive], { axis: { int: 1 } });
}

function addShares(graph: GraphBuilder, columns: readonly string[]): string {
  const all = graph.node('Concat', columns, { axis: { int: 1 } });
  const axis = graph.constant({ type: 'int64', shape: [1], values: [1n] });
  return graph.node('Div', [all, graph.node('ReduceSum', [all, axis])]);
}
