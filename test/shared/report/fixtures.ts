import type {
  Comparison,
  GateResult,
  MetricComparison,
  ModelSummary,
  SliceComparison,
} from '../../../shared/evaluation/comparison.js';
import { mcnemarOf } from '../../../shared/evaluation/mcnemar.js';
import type { CommentContext } from '../../../shared/report/comment.js';

/** Results of every kind that a report meets. The numbers are invented; the forms are those of real runs. */

export const context: CommentContext = {
  workflow: 'model-ci',
  links: {
    report: 'https://github.com/octo/flights/actions/runs/7/artifacts/21',
    bundle: 'https://github.com/octo/flights/actions/runs/7/artifacts/22',
    run: 'https://github.com/octo/flights/actions/runs/7',
  },
};

/** What a fork's run leaves: nobody knows what else its artifacts hold, so none is linked. */
export const fromFork: CommentContext = {
  workflow: 'model-ci',
  links: { run: context.links!.run! },
  fork: 'ann-visitor/flights',
};

export const championModel: ModelSummary = {
  digest: `sha256:9d1b${'5'.repeat(56)}c07e`,
  algorithm: 'gbdt',
  params: { num_leaves: 31, num_iterations: 300, learning_rate: 0.1, min_data_in_leaf: 20 },
  features: ['delay_origin', 'destination', 'distance', 'origin'],
  iterations: 184,
  trainingSeconds: 2.4,
  trainingRows: 214_212,
  dataRows: 306_018,
  sizeBytes: 412_000,
  latency: { p50Ms: 0.11, p99Ms: 0.29, batch: { rows: 256, p50Ms: 2.1, p99Ms: 2.6 } },
  memoryBytes: 9_400_000,
  importance: [{ feature: 'distance', importance: 1 }],
  commit: 'a4c1e0b2d9f84c11',
};

export const candidateModel: ModelSummary = {
  digest: `sha256:4f0c${'a'.repeat(56)}91ab`,
  algorithm: 'gbdt',
  params: { num_leaves: 127, num_iterations: 300, learning_rate: 0.1, min_data_in_leaf: 20 },
  features: ['destination', 'distance', 'origin', 'date_hour', 'date_weekday', 'date_month'],
  iterations: 212,
  trainingSeconds: 3.1,
  trainingRows: 214_212,
  dataRows: 306_018,
  sizeBytes: 1_812_000,
  latency: { p50Ms: 0.18, p99Ms: 0.41, batch: { rows: 256, p50Ms: 3.4, p99Ms: 4.2 } },
  memoryBytes: 14_200_000,
  importance: [
    { feature: 'date_hour', importance: 0.412 },
    { feature: 'origin', importance: 0.203 },
    { feature: 'destination', importance: 0.161 },
    { feature: 'distance', importance: 0.118 },
    { feature: 'date_weekday', importance: 0.071 },
    { feature: 'date_month', importance: 0.035 },
  ],
  commit: '3f2c1ab7788990aa',
  runUrl: 'https://github.com/octo/flights/actions/runs/7',
};

export function metric(
  name: string,
  better: 'higher' | 'lower',
  champion: number,
  candidate: number,
  half: number,
): MetricComparison {
  const difference = candidate - champion;
  const [low, high] = [difference - half, difference + half];
  const gain = better === 'higher' ? difference : -difference;
  const sign = low > 0 || high < 0 ? (gain > 0 ? 'better' : 'worse') : 'no evidence';
  const own = 1.6 * half;
  return {
    name,
    better,
    candidate,
    champion,
    difference,
    interval: { low, high },
    sign,
    candidateInterval: { low: candidate - own, high: candidate + own },
  };
}

export function slice(name: string, rows: number, champion: number, candidate: number, half: number): SliceComparison {
  return { ...metric('auc', 'higher', champion, candidate, half), slice: name, rows };
}

const passing: readonly GateResult[] = [
  { text: 'auc >= 0.70', line: 31, metric: 'auc', outcome: 'pass', required: '≥ 0.7', value: 0.7406 },
  {
    text: 'auc >= champion - 0.002',
    line: 32,
    metric: 'auc',
    outcome: 'pass',
    required: '≥ champion − 0.002',
    value: 0.0094,
    interval: { low: 0.0071, high: 0.0117 },
  },
  {
    text: 'log_loss <= champion',
    line: 33,
    metric: 'log_loss',
    outcome: 'pass',
    required: '≤ champion',
    value: -0.0061,
    interval: { low: -0.0079, high: -0.0043 },
  },
  {
    text: 'slice auc >= champion - 0.02',
    line: 34,
    metric: 'auc',
    outcome: 'pass',
    required: '≥ champion − 0.02 in every slice',
    note: 'no evidence of harm in 9 slices',
  },
  { text: 'latency_p99_ms <= 5', line: 35, metric: 'latency_p99_ms', outcome: 'pass', required: '≤ 5', value: 0.412 },
  { text: 'size_mb <= 20', line: 36, metric: 'size_mb', outcome: 'pass', required: '≤ 20', value: 1.812 },
];

/** ROC-like curves on uneven x. */
const x = Array.from({ length: 31 }, (_, index) => (index / 30) ** 1.5);
const roc = (power: number): number[] => x.map((value) => value ** power);

export const better: Comparison = {
  format: 1,
  kind: 'comparison',
  model: 'flight-delay',
  task: 'binary',
  primary: 'auc',
  verdict: 'better',
  gates: passing,
  gatesOutcome: 'pass',
  blocked: false,
  metrics: [
    metric('auc', 'higher', 0.7312, 0.7406, 0.0023),
    metric('log_loss', 'lower', 0.4521, 0.446, 0.0018),
    metric('accuracy', 'higher', 0.8093, 0.8101, 0.0013),
    metric('brier', 'lower', 0.1431, 0.1412, 0.0006),
  ],
  slices: [
    slice('origin = ORD', 4116, 0.742, 0.761, 0.01),
    slice('long haul', 8902, 0.698, 0.711, 0.009),
    slice('origin = HNL', 812, 0.655, 0.652, 0.025),
    slice('origin = ATL', 5230, 0.733, 0.745, 0.008),
    slice('origin = DFW', 4987, 0.721, 0.7295, 0.0091),
    slice('origin = LAX', 3120, 0.708, 0.7165, 0.0121),
    slice('origin = PHX', 2874, 0.715, 0.72, 0.013),
    slice('origin = DEN', 2512, 0.749, 0.757, 0.014),
    slice('origin = SEA', 903, 0.7, 0.712, 0.028),
  ],
  slicesLeftOut: 12,
  minRows: 200,
  confidence: 0.95,
  rows: { test: 61_204, used: 61_204, seenByChampion: 0, unlabelled: 0 },
  candidate: candidateModel,
  champion: { ...championModel, reference: 'flight-delay#production' },
  changes: [
    { kind: 'param', name: 'num_leaves', before: '31', after: '127' },
    { kind: 'feature', name: 'date_hour', after: 'hour of date' },
    { kind: 'feature', name: 'date_weekday', after: 'weekday of date' },
    { kind: 'feature', name: 'delay_origin', before: 'number' },
  ],
  disagreement: changedSides(1204, 713, 491),
  curve: {
    kind: 'roc',
    title: 'ROC',
    xLabel: 'false positive rate',
    yLabel: 'true positive rate',
    x,
    candidate: roc(0.435),
    champion: roc(0.455),
  },
  leakage: 0.0002,
  looks: 14,
  commit: '3f2c1ab7788990aa',
  createdAt: '2026-11-23T10:00:00.000Z',
  tool: 'mlops-actions 0.1.0',
};

function changedSides(rows: number, forTheBetter: number, forTheWorse: number): NonNullable<Comparison['disagreement']> {
  return { rows, forTheBetter, forTheWorse, mcnemar: mcnemarOf({ wins: forTheBetter, losses: forTheWorse })! };
}

function withoutChampion({ champion: _, ...curve }: NonNullable<Comparison['curve']>): NonNullable<Comparison['curve']> {
  return curve;
}

/** Ten groups of a model whose probabilities are off by a factor. */
const deciles = (factor: number) =>
  Array.from({ length: 10 }, (_, index) => {
    const observed = 0.03 + 0.006 * index ** 2;
    return { rows: 6120, observed, predicted: observed * factor + 0.01 };
  });

export const worse: Comparison = {
  ...better,
  verdict: 'worse',
  gates: [],
  gatesOutcome: 'pass',
  metrics: [
    metric('auc', 'higher', 0.7406, 0.6911, 0.0041),
    metric('log_loss', 'lower', 0.446, 0.4713, 0.0031),
    metric('accuracy', 'higher', 0.8101, 0.8092, 0.0012),
    metric('brier', 'lower', 0.1412, 0.1466, 0.0009),
  ],
  slices: [
    slice('origin = ORD', 4116, 0.761, 0.702, 0.012),
    slice('origin = HNL', 812, 0.652, 0.601, 0.035),
    slice('long haul', 8902, 0.711, 0.709, 0.009),
  ],
  slicesLeftOut: 0,
  changes: [
    { kind: 'algorithm', name: 'algorithm', before: 'gbdt', after: 'linear' },
    { kind: 'data', name: 'rows', before: '306,018', after: '298,410' },
    {
      ...{ kind: 'drift', name: 'distance' },
      after: "moved by 0.41 standard deviations from the champion's training rows, p < 0.001",
    },
  ],
  candidate: { ...candidateModel, algorithm: 'linear', params: { l2: 0.01 }, iterations: 24, dataRows: 298_410 },
  curve: { ...better.curve!, candidate: roc(0.6), champion: roc(0.4) },
  disagreement: changedSides(4210, 1622, 2588),
  confusion: {
    classes: ['on time', 'late'],
    candidate: [
      [47_102, 2_311],
      [8_766, 3_025],
    ],
    champion: [
      [47_433, 1_980],
      [7_643, 4_148],
    ],
  },
  calibration: { candidate: deciles(0.82), champion: deciles(0.98) },
  classes: [
    {
      name: 'on time',
      rows: 49_413,
      candidate: { decided: 55_868, right: 47_102 },
      champion: { decided: 55_076, right: 47_433 },
    },
    { name: 'late', rows: 11_791, candidate: { decided: 5_336, right: 3_025 }, champion: { decided: 6_128, right: 4_148 } },
  ],
  disagreeing: {
    answer: 'positive class',
    hidden: 1,
    rows: [
      {
        ...{ id: 'UA-1873', label: 'on time', candidate: 0.08, champion: 0.71 },
        columns: [
          { name: 'distance', value: '2475', candidate: -0.02, champion: 0.41 },
          { name: 'origin', value: 'LAX', candidate: 0.01, champion: 0.12 },
          { name: 'carrier', value: null },
        ],
      },
      {
        ...{ id: 'AA-40', label: 'late', candidate: 0.11, champion: 0.83 },
        columns: [
          { name: 'origin', value: 'ORD', candidate: 0.02, champion: 0.35 },
          { name: 'distance', value: '67', candidate: -0.04, champion: 0.22 },
        ],
      },
    ],
  },
};

export const noEvidence: Comparison = {
  ...better,
  verdict: 'no evidence',
  metrics: [
    metric('auc', 'higher', 0.7406, 0.7411, 0.0014),
    metric('log_loss', 'lower', 0.446, 0.4457, 0.0009),
    metric('accuracy', 'higher', 0.8101, 0.8099, 0.0009),
  ],
  gates: passing.slice(0, 1),
  slices: [],
  slicesLeftOut: 0,
  changes: [{ kind: 'param', name: 'learning_rate', before: '0.1', after: '0.08' }],
  curve: { ...better.curve!, candidate: roc(0.4361), champion: roc(0.437) },
  disagreement: changedSides(212, 104, 108),
  rows: { test: 61_204, used: 58_003, seenByChampion: 3100, unlabelled: 101 },
};

export const equivalent: Comparison = {
  ...noEvidence,
  verdict: 'equivalent',
  reason: 'the whole interval lies within the margin of 0.002 that counts as equal',
};

export const identical: Comparison = {
  ...better,
  verdict: 'identical',
  reason: 'the two models have the same digest',
  metrics: better.metrics.map(({ name, better: direction, candidate, candidateInterval }) => ({
    name,
    better: direction,
    candidate: candidate,
    candidateInterval: candidateInterval!,
    champion: candidate,
    difference: 0,
    sign: 'identical' as const,
  })),
  gates: passing.map((gate) => (gate.interval ? { ...gate, value: 0, interval: { low: 0, high: 0 } } : gate)),
  slices: [],
  slicesLeftOut: 0,
  changes: [],
  candidate: { ...championModel, runUrl: 'https://github.com/octo/flights/actions/runs/7' },
  disagreement: { rows: 0, forTheBetter: 0, forTheWorse: 0 },
};

export const notComparable: Comparison = {
  ...better,
  verdict: 'not comparable',
  reason:
    'the target differs: the champion learned `late` as delay > 15, the candidate as delay > 30, so that a figure of one says nothing about the other',
  metrics: better.metrics.map(({ name, better: direction, candidate, candidateInterval }) => ({
    name,
    better: direction,
    candidate,
    candidateInterval: candidateInterval!,
  })),
  gates: passing
    .filter((gate) => !gate.text.includes('champion'))
    .concat({ ...passing[1]!, outcome: 'skipped', note: 'the two models are not comparable' }),
  slices: [],
  slicesLeftOut: 0,
  champion: {
    ...championModel,
    reference: 'flight-delay@v1.3.0',
    recorded: { auc: 0.7312, log_loss: 0.4521, accuracy: 0.8093 },
  },
  changes: [{ kind: 'target', name: 'target', before: 'delay > 15', after: 'delay > 30' }],
  curve: withoutChampion(better.curve!),
};

/** Not comparable, and no rows of the champion are left to disagree on. */
const { disagreement: _disagreement, ...withoutDisagreement } = notComparable;

export const targetChanged: Comparison = withoutDisagreement;

const { champion: _champion, disagreement: _none, looks: _looks, ...alone } = better;

export const firstModel: Comparison = {
  ...alone,
  verdict: 'first model',
  reason: 'there is no champion yet: the next candidate will be held against this one',
  metrics: notComparable.metrics,
  gates: passing.map((gate) =>
    gate.text.includes('champion')
      ? { text: gate.text, metric: gate.metric, required: gate.required, outcome: 'skipped' as const, note: 'no champion yet' }
      : gate,
  ),
  slices: better.slices.map(({ slice: name, rows, name: of, better: direction, candidate, candidateInterval }) => ({
    slice: name,
    rows,
    name: of,
    better: direction,
    candidate,
    candidateInterval: candidateInterval!,
  })),
  changes: [],
  curve: withoutChampion(better.curve!),
};

export const gateFailed: Comparison = {
  ...better,
  gates: [
    passing[0]!,
    { ...passing[1]!, text: 'auc >= champion - 0.002' },
    {
      text: 'auc >= 0.75',
      line: 37,
      metric: 'auc',
      outcome: 'fail',
      required: '≥ 0.75',
      value: 0.7406,
      interval: { low: 0.737, high: 0.7442 },
    },
    {
      text: 'slice auc >= champion - 0.02',
      line: 34,
      metric: 'auc',
      outcome: 'fail',
      required: '≥ champion − 0.02 in every slice',
      note: 'harm in 1 of 9 slices: origin = HNL loses 0.0530 (0.0310 … 0.0750)',
    },
    passing[4]!,
    passing[5]!,
  ],
  gatesOutcome: 'fail',
  blocked: true,
  slices: better.slices.map((item) => (item.slice === 'origin = HNL' ? slice('origin = HNL', 812, 0.655, 0.602, 0.022) : item)),
};

export const inconclusive: Comparison = {
  ...noEvidence,
  gates: [
    passing[0]!,
    {
      text: 'auc >= champion + 0.001',
      line: 38,
      metric: 'auc',
      outcome: 'inconclusive',
      required: '≥ champion + 0.001',
      value: 0.0005,
      interval: { low: -0.0009, high: 0.0019 },
      rowsToDecide: 455_000,
    },
    passing[4]!,
  ],
  gatesOutcome: 'inconclusive',
};

export const regression: Comparison = {
  ...better,
  model: 'body-mass',
  task: 'regression',
  primary: 'rmse',
  metrics: [
    metric('rmse', 'lower', 334.21, 318.94, 9.1),
    metric('mae', 'lower', 262.4, 251.32, 7.4),
    { ...metric('r2', 'higher', 0.8312, 0.8463, 0.011), note: 'r2 is unsteady below 100 rows' },
  ],
  gates: [
    {
      text: 'rmse <= champion + 5',
      metric: 'rmse',
      outcome: 'pass',
      required: '≤ champion + 5',
      value: -15.27,
      interval: { low: -24.37, high: -6.17 },
    },
  ],
  slices: [],
  slicesLeftOut: 3,
  champion: { ...championModel, reference: 'run:8123456' },
  rows: { test: 67, used: 67, seenByChampion: 0, unlabelled: 0 },
  disagreement: { rows: 19, forTheBetter: 12, forTheWorse: 7 },
  curve: {
    kind: 'residuals',
    title: 'Residuals',
    xLabel: 'predicted body mass',
    yLabel: 'mean error',
    x: [2900, 3300, 3700, 4100, 4500, 4900, 5300, 5700],
    candidate: [-40, 22, 10, -31, 12, 30, -8, -61],
    champion: [-120, 40, 36, -52, 18, 66, -30, -140],
  },
};
