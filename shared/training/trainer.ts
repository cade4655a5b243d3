import type { Progress } from '../core/progress.js';
import type { Predictions } from '../data/predictions.js';
import type { Labels } from '../data/table.js';
import type { Matrix } from '../features/plan.js';
import type { GraphBuilder } from '../onnx/graph.js';

/** Another loss than that of the task; gbdt has them, for regression. */
export type SpecialObjective = { readonly name: 'quantile'; readonly alpha: number } | { readonly name: 'poisson' };

/** What every built-in trainer gets. Matrices of train and validation have the same columns. */
export interface TrainingInput {
  readonly train: Matrix;
  readonly trainLabels: Labels;
  /** Rows that choose (early stopping, L2); they never fit. */
  readonly validation: Matrix;
  readonly validationLabels: Labels;
  /** Row weights of train, mean 1; absent: all 1. */
  readonly trainWeights?: Float64Array;
  readonly validationWeights?: Float64Array;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly objective?: SpecialObjective;
  /** By matrix column: 1 where the prediction may only rise with the number, -1 only fall, else 0. gbdt knows it. */
  readonly monotone?: Int8Array;
  readonly seed: number;
  /** Threads that the training may use; absent: what the machine has. The model does not depend on it. */
  readonly threads?: number;
  readonly progress: Progress;
}

/**
 * What each column adds to each raw score (before sigmoid, softmax or exponential): a score is `base[output]` and the sum over
 * the columns of `values[(row * outputs + output) * columns + column]`.
 */
export interface Contributions {
  readonly rows: number;
  readonly outputs: number;
  readonly columns: number;
  readonly base: Float64Array;
  readonly values: Float64Array;
}

/** What every built-in trainer gives. */
export interface TrainedModel {
  /** The parameters in full, defaults filled in. */
  readonly params: Readonly<Record<string, string | number | boolean>>;
  /** Steps that the model keeps: boosting rounds, solver iterations; 1 for a baseline. */
  readonly iterations: number;
  /** Metric on validation rows after each recorded step; empty where the trainer has no steps. */
  readonly curve: readonly { readonly step: number; readonly value: number }[];
  /** The curve's metric, such as log_loss or rmse. */
  readonly curveMetric: string;
  /** A weight a matrix column, not negative; fit.ts normalises it to shares. */
  readonly importance: Float64Array;
  /** Scores every row; the trainer's own arithmetic, which the graph must reproduce within 1e-5. */
  predict(matrix: Matrix): Predictions;
  /** Shapley values, exact; of trainers that have them. */
  readonly explain?: {
    contributions(matrix: Matrix): Contributions;
    /** Steps that a row takes. */
    readonly work: number;
    /** What the raw scores are. */
    readonly scale: 'value' | 'log' | 'log-odds' | 'softmax score';
  };
  /**
   * Adds the model's nodes.
   * @param features the name of a float32 tensor [N, F] with the matrix's columns in order
   * @param tails small probabilities keep their digits, since something will be computed of them
   * @returns the name of a float32 tensor: probabilities [N, classes], or the prediction [N, 1]
   */
  toGraph(graph: GraphBuilder, features: string, tails?: boolean): string;
}

/** A built-in algorithm. */
export interface Trainer {
  train(input: TrainingInput): Promise<TrainedModel>;
}
