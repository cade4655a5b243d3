import type { Explanation } from '../../../shared/bundle/explanation.js';
import type { TrainingReport } from '../../../shared/report/training.js';
import { training } from './model-fixtures.js';

const features = ['distance', 'origin', 'date_hour', 'date_weekday', 'destination', 'carrier', 'temp_max', 'a`|<b>x</b>'];

/** Contributions that add up, of a feature whose name wants to break out as well. */
const explanation: Explanation = {
  scale: 'log-odds',
  rows: 200,
  outputs: [],
  base: [-1.2],
  features: features.map((feature, index) => ({
    feature,
    mean: 0.5 / (index + 1),
    ...(index % 3 !== 1 && { trend: [0.8, 0, -0.7][index % 3]! }),
  })),
  sample: [0.3, 0.1, -0.2, -0.4].map((size, row) => {
    const own = features.map((_, index) => size / (index + 1));
    return { row: `f${row}`, score: [own.reduce((sum, value) => sum + value, -1.2)], contributions: [own] };
  }),
};

/** A training with every option, and SHAP values. */
export const withOptions: TrainingReport = {
  ...training,
  explanation,
  manifest: {
    ...training.manifest,
    params: { ...training.manifest.params, calibrate: 'isotonic', class_weight: '{"true":3}', monotone: '{"distance":1}' },
    threshold: 0.2871094048023224,
    training: {
      ...training.manifest.training,
      crossValidation: {
        folds: 5,
        rows: 214_212,
        metrics: [
          { name: 'auc', mean: 0.7391, sd: 0.00213, values: [0.7371, 0.7421, 0.7389, 0.7402, 0.7372] },
          { name: 'log_loss', mean: 0.4471, sd: 0.0031, values: [0.4431, 0.4512, 0.4467, 0.4481, 0.4464] },
          { name: 'f1', mean: null, sd: null, values: [0.5, null, 0.5, 0.5, 0.5] },
        ],
      },
      calibration: { method: 'isotonic', rows: 214_212, source: 'out-of-fold predictions' },
      threshold: { metric: 'f1', reached: 0.5213, rows: 214_212, source: 'out-of-fold predictions' },
    },
  },
};
