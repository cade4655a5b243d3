import type { Predictions } from '../data/predictions.js';
import type { Trainer, TrainingInput } from './trainer.js';

/**
 * The same answer for every row: the share of each class among the training rows, or the mean (weighted, where there
 * are weights). What any model has to beat.
 */
export const baseline: Trainer = {
  async train({ train, trainLabels, trainWeights }: TrainingInput) {
    const answer = new Float64Array(trainLabels.task === 'regression' ? 1 : trainLabels.classes.length);
    let total = 0;
    for (let row = 0; row < train.rows; row++) {
      const weight = trainWeights?.[row] ?? 1;
      total += weight;
      if (trainLabels.task === 'regression') answer[0]! += weight * trainLabels.values[row]!;
      else answer[trainLabels.values[row]!]! += weight;
    }
    for (let index = 0; index < answer.length; index++) answer[index]! /= total;
    return {
      params: {},
      iterations: 1,
      curve: [],
      curveMetric: trainLabels.task === 'regression' ? 'rmse' : 'log_loss',
      importance: new Float64Array(train.columns.length),
      predict({ rows }): Predictions {
        const scores = new Float64Array(rows * answer.length);
        for (let row = 0; row < rows; row++) scores.set(answer, row * answer.length);
        if (trainLabels.task === 'regression') return { task: 'regression', rows, scores };
        return { task: trainLabels.task, classes: trainLabels.classes, rows, scores };
      },
      toGraph(graph, features) {
        const width = graph.constant({ type: 'int64', shape: [1], values: [BigInt(answer.length)] });
        const rows = graph.node('Shape', [features], { start: { int: 0 }, end: { int: 1 } });
        const shape = graph.node('Concat', [rows, width], { axis: { int: 0 } });
        const row = graph.constant({ type: 'float32', shape: [1, answer.length], values: Float32Array.from(answer) });
        return graph.node('Expand', [row, shape]);
      },
    };
  },
};
