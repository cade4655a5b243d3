import type { Manifest } from '../../../shared/bundle/manifest.js';
import { Random } from '../../../shared/core/random.js';
import type { Validation } from '../../../shared/data/validation.js';
import type {
  Comparison,
  GateResult,
  MetricComparison,
  ModelSummary,
  SliceComparison,
} from '../../../shared/evaluation/comparison.js';
import type { Evaluation } from '../../../shared/evaluation/evaluation.js';
import type { CommentContext } from '../../../shared/report/comment.js';
import type { TrainingReport } from '../../../shared/report/training.js';

/** Results of every kind that a report meets. The numbers are invented; the forms are those of real runs. */

export const context: CommentContext = {
  workflow: 'model-ci',
  links: {
    report: 'https://github.com/octo/flights/actions/runs/7/artifacts/21',
    bundle: 'https://github.com/octo/flights/actions/runs/7/artifacts/22',
    run: 'https://github.com/octo/flights/actions/runs/7',
  },
};

const championModel: ModelSummary = {
  digest: `sha256:9d1b${'5'.repeat(56)}c07e`,
  algorithm: 'gbdt',
  params: { num_leaves: 31, num_iterations: 300, learning_rate: 0.1, min_data_in_leaf: 20 },
  features: ['delay_origin', 'destination', 'distance', 'origin'],
  iterations: 184,
  trainingSeconds: 2.4,
  trainingRows: 214_212,
  dataRows: 306_018,
  sizeBytes: 412_000,
  latency: { p50Ms: 0.11, p99Ms: 0.29 },
  importance: [{ feature: 'distance', importance: 1 }],
  commit: 'a4c1e0b2d9f84c11',
};

const candidateModel: ModelSummary = {
  digest: `sha256:4f0c${'a'.repeat(56)}91ab`,
  algorithm: 'gbdt',
  params: { num_leaves: 127, num_iterations: 300, learning_rate: 0.1, min_data_in_leaf: 20 },
  features: ['destination', 'distance', 'origin', 'date_hour', 'date_weekday', 'date_month'],
  iterations: 212,
  trainingSeconds: 3.1,
  trainingRows: 214_212,
  dataRows: 306_018,
  sizeBytes: 1_812_000,
  latency: { p50Ms: 0.18, p99Ms: 0.41 },
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

function metric(name: string, better: 'higher' | 'lower', champion: number, candidate: number, half: number): MetricComparison {
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

function slice(name: string, rows: number, champion: number, candidate: number, half: number): SliceComparison {
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
  disagreement: { rows: 1204, forTheBetter: 713, forTheWorse: 491 },
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

function withoutChampion({ champion: _, ...curve }: NonNullable<Comparison['curve']>): NonNullable<Comparison['curve']> {
  return curve;
}

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
  ],
  candidate: { ...candidateModel, algorithm: 'linear', params: { l2: 0.01 }, iterations: 24, dataRows: 298_410 },
  curve: { ...better.curve!, candidate: roc(0.6), champion: roc(0.4) },
  disagreement: { rows: 4210, forTheBetter: 1622, forTheWorse: 2588 },
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
  disagreement: { rows: 212, forTheBetter: 104, forTheWorse: 108 },
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

const origins = [
  'ATL',
  'ORD',
  'DFW',
  'LAX',
  'PHX',
  'DEN',
  'IAH',
  'LAS',
  'DTW',
  'MSP',
  'EWR',
  'SFO',
  'CLT',
  'MCO',
  'SLC',
  'BOS',
];
const airports = [...origins, 'LGA', 'PHL', 'SEA', 'JFK', 'BWI', 'CVG', 'MDW', 'SAN', 'TPA', 'IAD', 'DCA', 'OAK', 'STL', 'PDX'];
const many = [...airports, 'HNL', 'CLE', 'MIA', 'FLL', 'PIT', 'SMF', 'MCI', 'SJC', 'RDU', 'IND'];

export const fortySlices: Comparison = {
  ...better,
  slices: many.map((airport, index) => {
    const random = new Random(index);
    const rows = Math.round(6000 / (1 + index / 6));
    return slice(
      `origin = ${airport}`,
      rows,
      0.72 + 0.02 * random.normal(),
      0.73 + 0.02 * random.normal(),
      0.7 / Math.sqrt(rows),
    );
  }),
};

export const twoHundredMetrics: Comparison = {
  ...better,
  metrics: [
    ...better.metrics,
    ...Array.from({ length: 196 }, (_, index) => {
      const random = new Random(index + 1000);
      const value = 0.5 + 0.4 * random.uniform();
      return metric(`recall_at_threshold_${index}`, 'higher', value, value + 0.004 * random.normal(), 0.004);
    }),
  ],
};

export const hostile: Comparison = {
  ...gateFailed,
  model: 'flight<script>alert(1)</script>--> @octo/team',
  primary: '`auc`|</summary>',
  reason:
    'see https://evil.example/x www.evil.example @octo/admins #12 [click](javascript:alert(1)) ![x](https://evil.example/p.png)\n\n# heading',
  metrics: [
    { ...better.metrics[0]!, name: '`auc`|</summary>' },
    { ...better.metrics[1]!, name: '@octo/team **bold** <img src=x onerror=alert(1)>', note: '</details></table><h1>big</h1>' },
    { ...better.metrics[2]!, name: 'a'.repeat(300) },
    { ...better.metrics[3]!, name: '\u202egnp.exe\u202c\u0000 \ud800 $x^2$ _under_ ~~gone~~' },
  ],
  slices: [
    slice('name = "|" OR 1=1 -- <b>', 812, 0.7, 0.6, 0.01),
    slice('```mermaid\nxychart-beta', 812, 0.7, 0.6, 0.01),
    slice('Zürich = 日本語のとても長い名前がここに続きます、まだまだ続きます', 812, 0.7, 0.71, 0.02),
    slice(
      'a_very_long_column_name_that_nobody_would_ever_write = another_very_long_value_without_a_break',
      812,
      0.7,
      0.8,
      0.02,
    ),
  ],
  changes: [
    { kind: 'param', name: '</details>', before: '@octo/team', after: '<!-- mlops-actions: other / model-ci -->' },
    { kind: 'feature', name: '| a | b |', after: 'x' },
  ],
  gates: [
    {
      text: 'auc >= 1 <script>',
      metric: '<script>',
      outcome: 'fail',
      required: '≥ <b>1</b> | x',
      value: 0.5,
      note: '@octo/team\n- item',
    },
    ...gateFailed.gates,
  ],
  candidate: {
    ...candidateModel,
    params: { '__html__<script>': '"><svg onload=alert(1)>', ['p'.repeat(200)]: 'v'.repeat(2000) },
    features: ['@octo/team', '<script>', '`', '```', '|', '\\', ''],
    importance: [
      { feature: '<img src=x>@octo/team', importance: 0.9 },
      { feature: '`|`', importance: 0.1 },
    ],
    runUrl: 'javascript:alert(1)',
    commit: '<script>',
    digest: 'sha256:"><script>',
  },
  champion: { ...championModel, reference: '<a href="https://evil.example">x</a>', runUrl: 'https://evil.example/' },
  curve: { ...better.curve!, title: '"] --> ``` %% <script>', xLabel: '";\nend', yLabel: '[x](y) @octo/team' },
  tool: '<script>',
  commit: '<b>1234',
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
