import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type { Predictions } from '../../data/predictions.js';
import type { Labels } from '../../data/table.js';
import type { Matrix } from '../../features/plan.js';
import type { TrainedModel, Trainer, TrainingInput } from '../trainer.js';
import { boost, type Ensemble } from './booster.js';
import { scoreRows } from './ensemble-scores.js';
import { softmaxInPlace } from './loss.js';
import { readSettings } from './settings.js';
import { addEnsemble, addSigmoid, addSoftmax } from './to-graph.js';
import { explainingWork, treeContributions } from './tree-shap.js';

/**
 * Gradient-boosted trees on histograms: leaf-wise growth, native categories, learned directions for missing values. Names, meanings
 * and arithmetic of the parameters are LightGBM's. The same input and seed give the same model, bit by bit, on any number of threads.
 */
export const gbdt: Trainer = {
  /** @throws UserError when a parameter is unknown or out of range, or a target exceeds 32-bit floats */
  async train(input: TrainingInput): Promise<TrainedModel> {
    const { params, settings } = readSettings(input.params);
    const labels = input.trainLabels;
    const columns = input.train.columns.length;
    const { ensemble, curve, curveMetric } = await boost({ ...input, settings, threads: input.threads ?? defaultThreads() });
    const isLogarithmic = input.objective?.name === 'poisson';
    return {
      params,
      iterations: ensemble.rounds.length,
      curve,
      curveMetric,
      importance: gainByColumn(ensemble, columns),
      predict: (matrix) => predict(ensemble, labels, matrix, isLogarithmic),
      explain: {
        contributions: (matrix) => treeContributions(ensemble, matrix),
        work: explainingWork(ensemble),
        scale: isLogarithmic
          ? 'log'
          : ({ regression: 'value', binary: 'log-odds', multiclass: 'softmax score' } as const)[labels.task],
      },
      toGraph(graph, features, tails = false) {
        const scores = addEnsemble(graph, features, ensemble);
        if (labels.task === 'regression') return isLogarithmic ? graph.node('Exp', [scores]) : scores;
        return labels.task === 'binary' ? addSigmoid(graph, scores, tails) : addSoftmax(graph, scores);
      },
    };
  },
};

/** All that the machine has; in a thread that shares them with others of its kind, that one. */
function defaultThreads(): number {
  return isMainThread ? availableParallelism() : 1;
}

/** The loss that the splits on each column saved in all. */
function gainByColumn(ensemble: Ensemble, columns: number): Float64Array {
  const importance = new Float64Array(columns);
  for (const tree of ensemble.rounds.flat()) {
    tree?.columns.forEach((column, node) => {
      importance[column]! += tree.gains[node]!;
    });
  }
  return importance;
}

/** @param isLogarithmic the ensemble's scores are logarithms of the prediction */
function predict(ensemble: Ensemble, labels: Labels, matrix: Matrix, isLogarithmic: boolean): Predictions {
  const raw = scoreRows(ensemble, matrix);
  const { rows } = matrix;
  if (labels.task === 'regression') {
    return { task: 'regression', rows, scores: isLogarithmic ? raw[0]!.map((score) => Math.exp(score)) : raw[0]! };
  }
  const { task, classes } = labels;
  const width = classes.length;
  const scores = new Float64Array(rows * width);
  const one = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    if (task === 'binary') {
      const positive = 1 / (1 + Math.exp(-raw[0]![row]!));
      scores[row * 2] = 1 - positive;
      scores[row * 2 + 1] = positive;
      continue;
    }
    for (let k = 0; k < width; k++) one[k] = raw[k]![row]!;
    softmaxInPlace(one);
    scores.set(one, row * width);
  }
  return { task, classes, rows, scores };
}
