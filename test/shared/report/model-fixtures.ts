import type { Manifest } from '../../../shared/bundle/manifest.js';
import type { Validation } from '../../../shared/data/validation.js';
import type { Evaluation } from '../../../shared/evaluation/evaluation.js';
import type { TrainingReport } from '../../../shared/report/training.js';
import { candidateModel, firstModel } from './fixtures.js';

/** A contract that is broken, one model evaluated, and one that was trained. */

export const validationFailed: Validation = {
  format: 1,
  kind: 'validation',
  model: 'seattle-weather',
  passed: false,
  rows: 1461,
  schema: [
    { name: 'date', type: 'date' },
    { name: 'precipitation', type: 'number' },
    { name: 'wind', type: 'number' },
    { name: 'weather', type: 'string' },
  ],
  rules: [
    {
      column: 'date',
      rule: 'unique',
      required: 'no value twice',
      found: '1,461 distinct values',
      severity: 'error',
      passed: true,
    },
    {
      column: 'wind',
      rule: 'max',
      required: 'at most 9',
      found: '12 of 1,461 rows (0.8 %) above, the largest is 9.5',
      severity: 'error',
      passed: false,
      failing: 12,
      samples: [
        { row: 17, value: '9.5' },
        { row: 340, value: '9.2' },
      ],
      line: 14,
    },
    {
      column: 'weather',
      rule: 'enum',
      required: 'one of: rain, sun, fog',
      found: '79 of 1,461 rows (5.4 %) hold something else',
      severity: 'error',
      passed: false,
      failing: 79,
      samples: [
        { row: 1, value: 'drizzle' },
        { row: 51, value: 'snow' },
      ],
      line: 18,
    },
    {
      column: 'precipitation',
      rule: 'missing.max',
      required: 'at most 0 % missing',
      found: '3 of 1,461 rows (0.2 %)',
      severity: 'warning',
      passed: false,
      failing: 3,
      line: 11,
    },
    { rule: 'rows.min', required: 'at least 1,000 rows', found: '1,461 rows', severity: 'error', passed: true },
  ],
  warnings: ['the spec states no purpose: say in `purpose` what the model is for'],
  seconds: 0.21,
  commit: '3f2c1ab7788990aa',
  createdAt: '2026-11-23T10:00:00.000Z',
  tool: 'mlops-actions 0.1.0',
};

export const evaluation: Evaluation = {
  format: 1,
  kind: 'evaluation',
  model: 'flight-delay',
  task: 'binary',
  primary: 'auc',
  metrics: firstModel.metrics,
  slices: firstModel.slices,
  slicesLeftOut: 12,
  minRows: 200,
  confidence: 0.95,
  gates: firstModel.gates,
  gatesOutcome: 'pass',
  blocked: false,
  rows: { test: 61_204, used: 61_100, unlabelled: 104 },
  candidate: candidateModel,
  curve: firstModel.curve!,
  commit: '3f2c1ab7788990aa',
  createdAt: '2026-11-23T10:00:00.000Z',
  tool: 'mlops-actions 0.1.0',
};

export const manifest: Manifest = {
  format: 1,
  name: 'flight-delay',
  task: 'binary',
  digest: candidateModel.digest,
  signature: {
    inputs: [
      { name: 'date', column: 'timestamp', tensor: 'int64' },
      { name: 'origin', column: 'string', tensor: 'string' },
      { name: 'distance', column: 'number', tensor: 'float64' },
    ],
    outputs: [
      { name: 'label', tensor: 'string', shape: ['N'] },
      { name: 'probabilities', tensor: 'float32', shape: ['N', 2] },
    ],
  },
  classes: ['false', 'true'],
  target: { column: 'late', sql: 'delay > 15' },
  algorithm: 'gbdt',
  params: candidateModel.params,
  features: {
    features: [
      { name: 'distance', kind: 'numeric', from: 'distance' },
      { name: 'date_hour', kind: 'date_part', from: 'date', part: 'hour' },
      { name: 'origin', kind: 'categorical', from: 'origin', levels: ['ATL', 'ORD', 'DFW'] },
    ],
  },
  seed: 42,
  threshold: 0.5,
  data: {
    digest: `sha256:${'7'.repeat(64)}`,
    rows: 306_018,
    schema: [
      { name: 'date', type: 'timestamp' },
      { name: 'origin', type: 'string' },
      { name: 'distance', type: 'number' },
      { name: 'delay', type: 'integer' },
    ],
  },
  split: {
    by: 'time',
    column: 'date',
    shares: { validation: 0.1, calibration: 0, test: 0.2 },
    boundaries: { validation: '1', calibration: '2', test: '3' },
  },
  training: {
    rows: { train: 214_212, validation: 30_602, calibration: 0, test: 61_204 },
    seconds: 3.1,
    iterations: 212,
    finishedAt: '2026-11-23T10:00:00.000Z',
  },
  commit: '3f2c1ab7788990aa',
  tool: { name: 'mlops-actions', version: '0.1.0' },
  files: { 'model.onnx': { sha256: `sha256:${'e'.repeat(64)}`, bytes: 1_812_000 } },
};

export const training: TrainingReport = {
  manifest,
  metrics: { auc: 0.7406, log_loss: 0.446, accuracy: 0.8101 },
  importance: candidateModel.importance,
  curve: Array.from({ length: 42 }, (_, index) => ({ step: 5 * index + 1, value: 0.44 + 0.25 * Math.exp(-index / 6) })),
  curveMetric: 'log_loss',
  leakage: 0.012,
  notices: ['`monitor` is accepted; the action that reads it is not part of this version'],
};
