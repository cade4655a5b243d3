import fc from 'fast-check';
import type { DriftReport } from '../../../shared/data/drift/report.js';
import type { Validation } from '../../../shared/data/validation.js';
import type { Comparison, MetricComparison } from '../../../shared/evaluation/comparison.js';

/** Any result that has the form of one: values of all sizes, and texts that try to break out of the Markdown. */

const NASTY = [
  '@octo/team',
  'a@octo',
  '<script>alert(1)</script>',
  '</details></summary></table>',
  '<img src=x onerror=alert(1)>',
  '![x](https://evil.example/x.png)',
  '[x](https://evil.example)',
  'https://evil.example/x',
  'WWW.evil.example',
  '#1 octo/flights#2 GH-3',
  '`',
  '```',
  '~~~',
  '| --- |',
  '\\|',
  '\\',
  '&lt;b&gt;',
  '&#64;octo',
  '-->',
  '<!--',
  '\n\n# heading\n',
  '\r\n- item',
  '\u202eabc',
  '\u0000\u0007',
  '\ud800',
  '$x$',
  '**bold** _em_ __em__ ~~s~~',
  ':+1:',
  '%%{init: {}}%%',
  '"; click A',
  '日本語',
  'e\u0301\u0301\u0301\u0301\u0301\u0301',
  '👩‍👩‍👧',
  ' ',
  '',
];

const piece = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 12 }));
export const hostileText = fc.oneof(
  { weight: 6, arbitrary: fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join('')) },
  {
    weight: 1,
    arbitrary: fc.tuple(piece, fc.integer({ min: 1, max: 400 })).map(([text, times]) => text.repeat(times).slice(0, 2000)),
  },
);

const number = fc
  .oneof(
    fc.double({ min: -2, max: 2, noNaN: true }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, 1, -1, 5e-324, 1.7e308, 1e-9, 123_456.789),
  )
  .map((value) => (value === 0 ? 0 : value));
const count = fc.oneof(fc.nat(100), fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER));

const chiSquare = fc.record({ statistic: number.map(Math.abs), p: fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs) });
const anyMcnemar = fc.record({ exactP: fc.constantFrom(0, 5e-324, 0.04, 1), corrected: chiSquare, uncorrected: chiSquare });

const interval = fc.tuple(number, number).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) }));
const direction = fc.constantFrom('higher' as const, 'lower' as const);
const sign = fc.constantFrom('better' as const, 'worse' as const, 'no evidence' as const, 'identical' as const);

const metricParts = {
  name: fc.oneof(hostileText, fc.constantFrom('auc', 'log_loss', 'rmse')),
  better: direction,
  candidate: fc.option(number),
  candidateInterval: interval,
  champion: fc.option(number),
  difference: number,
  interval,
  sign,
  note: hostileText,
};
const metric: fc.Arbitrary<MetricComparison> = fc.record(metricParts, { requiredKeys: ['name', 'better', 'candidate'] });
const slice = fc.record(
  { ...metricParts, slice: hostileText, rows: count, adjustedP: number },
  { requiredKeys: ['name', 'better', 'candidate', 'slice', 'rows'] },
);

const outcome = fc.constantFrom('pass' as const, 'fail' as const, 'inconclusive' as const, 'skipped' as const);
const gate = fc.record(
  {
    text: fc.oneof(
      hostileText,
      fc.constantFrom('auc >= 0.7', 'auc >= champion - 0.002', 'slice auc >= champion', 'size_mb <= 5', 'auc > champion'),
    ),
    line: fc.integer({ min: 1, max: 500 }),
    metric: fc.oneof(hostileText, fc.constant('auc')),
    outcome,
    required: hostileText,
    value: number,
    interval,
    rowsToDecide: count,
    note: hostileText,
  },
  { requiredKeys: ['text', 'metric', 'outcome', 'required'] },
);

const modelParts = {
  digest: hostileText,
  algorithm: fc.oneof(hostileText, fc.constantFrom('gbdt', 'linear')),
  params: fc.dictionary(
    hostileText.filter((key) => key !== '__proto__'),
    fc.oneof(hostileText, number, fc.boolean()),
    { maxKeys: 8, noNullPrototype: true },
  ),
  features: fc.array(hostileText, { maxLength: 12 }),
  iterations: count,
  trainingSeconds: number.map(Math.abs),
  trainingRows: count,
  dataRows: count,
  sizeBytes: count,
  latency: fc.record(
    { p50Ms: number, p99Ms: number, batch: fc.record({ rows: count, p50Ms: number, p99Ms: number }) },
    { requiredKeys: ['p50Ms', 'p99Ms'] },
  ),
  memoryBytes: number.map(Math.abs),
  importance: fc.array(fc.record({ feature: hostileText, importance: number }), { maxLength: 20 }),
  recorded: fc.dictionary(
    hostileText.filter((key) => key !== '__proto__'),
    number,
    { maxKeys: 5, noNullPrototype: true },
  ),
  commit: hostileText,
  runUrl: hostileText,
};
const modelRequired = [
  'digest',
  'algorithm',
  'params',
  'features',
  'iterations',
  'trainingSeconds',
  'trainingRows',
  'dataRows',
  'sizeBytes',
  'importance',
] as const;

const values = fc.array(number, { maxLength: 50 });

const figureParts = { value: number, rows: count, testSet: fc.oneof(hostileText, fc.constant('1f0c9a2e')) };
const anyHistory = fc.record(
  {
    metric: fc.oneof(hostileText, fc.constant('auc')),
    better: direction,
    versions: fc.array(fc.record({ version: hostileText, at: hostileText, ...figureParts }), { maxLength: 20 }),
    candidate: fc.record(figureParts),
    leftOut: fc.array(fc.record({ version: hostileText, reason: hostileText }), { maxLength: 6 }),
    band: fc.record({ version: hostileText, from: number, to: number }),
  },
  { requiredKeys: ['metric', 'better', 'versions', 'candidate', 'leftOut'] },
);

const verdict = fc.constantFrom(
  'better' as const,
  'worse' as const,
  'equivalent' as const,
  'no evidence' as const,
  'identical' as const,
  'not comparable' as const,
  'first model' as const,
);
const anyCandidate = fc.record({
  ...{
    name: hostileText,
    digest: hostileText,
    best: fc.boolean(),
    metric,
    verdict,
    gatesOutcome: outcome,
    blocked: fc.boolean(),
  },
  failed: fc.array(hostileText, { maxLength: 12 }),
});

const anyRows = fc.record({
  answer: fc.constantFrom('positive class' as const, 'own class' as const, 'value' as const),
  rows: fc.array(
    fc.record(
      {
        ...{ id: hostileText, label: hostileText, candidate: number, champion: number },
        columns: fc.array(
          fc.record(
            { name: hostileText, value: fc.option(hostileText), candidate: number, champion: number },
            { requiredKeys: ['name', 'value'] },
          ),
          { maxLength: 5 },
        ),
      },
      { requiredKeys: ['label', 'candidate', 'champion', 'columns'] },
    ),
    { maxLength: 5 },
  ),
  hidden: count,
});
const anyBins = fc.array(fc.record({ rows: count, predicted: number, observed: number }), { maxLength: 12 });
const anyConfusion = fc.integer({ min: 0, max: 12 }).chain((size) => {
  const matrix = fc.array(fc.array(count, { minLength: size, maxLength: size }), { minLength: size, maxLength: size });
  return fc.record(
    { classes: fc.array(hostileText, { minLength: size, maxLength: size }), candidate: matrix, champion: matrix },
    { requiredKeys: ['classes', 'candidate'] },
  );
});

export const anyComparison: fc.Arbitrary<Comparison> = fc.record(
  {
    format: fc.constant(1 as const),
    kind: fc.constant('comparison' as const),
    model: hostileText,
    task: fc.constantFrom('binary' as const, 'multiclass' as const, 'regression' as const),
    primary: fc.oneof(hostileText, fc.constant('auc')),
    verdict,
    reason: hostileText,
    gates: fc.array(gate, { maxLength: 30 }),
    gatesOutcome: outcome,
    blocked: fc.boolean(),
    metrics: fc.array(metric, { maxLength: 30 }),
    slices: fc.array(slice, { maxLength: 50 }),
    slicesLeftOut: count,
    minRows: count,
    confidence: fc.double({ min: 0.5, max: 0.9999, noNaN: true }),
    rows: fc.record({ test: count, used: count, seenByChampion: count, unlabelled: count }),
    candidate: fc.record(modelParts, { requiredKeys: [...modelRequired] }),
    champion: fc.record({ ...modelParts, reference: hostileText }, { requiredKeys: [...modelRequired, 'reference'] }),
    changes: fc.array(
      fc.record(
        {
          kind: fc.constantFrom(
            'algorithm' as const,
            'param' as const,
            'feature' as const,
            'target' as const,
            'data' as const,
            'split' as const,
            'drift' as const,
          ),
          name: hostileText,
          before: hostileText,
          after: hostileText,
        },
        { requiredKeys: ['kind', 'name'] },
      ),
      { maxLength: 30 },
    ),
    disagreement: fc.record(
      { rows: count, forTheBetter: count, forTheWorse: count, mcnemar: anyMcnemar },
      { requiredKeys: ['rows', 'forTheBetter', 'forTheWorse'] },
    ),
    curve: fc.record(
      {
        kind: fc.constantFrom('roc' as const, 'residuals' as const, 'coverage' as const),
        title: hostileText,
        xLabel: hostileText,
        yLabel: hostileText,
        x: fc.oneof(values, fc.constant([0, 0.1, 0.5, 1])),
        candidate: fc.oneof(values, fc.constant([0, 0.3, 0.7, 1])),
        champion: fc.oneof(values, fc.constant([0, 0.3, 0.71, 1])),
      },
      { requiredKeys: ['kind', 'title', 'xLabel', 'yLabel', 'x', 'candidate'] },
    ),
    history: anyHistory,
    confusion: anyConfusion,
    disagreeing: anyRows,
    calibration: fc.record({ candidate: anyBins, champion: anyBins }, { requiredKeys: ['candidate'] }),
    candidates: fc.array(anyCandidate, { maxLength: 25 }),
    leakage: number,
    looks: count,
    commit: hostileText,
    createdAt: hostileText,
    tool: hostileText,
  },
  {
    requiredKeys: [
      'format',
      'kind',
      'model',
      'task',
      'primary',
      'verdict',
      'gates',
      'gatesOutcome',
      'blocked',
      'metrics',
      'slices',
      'slicesLeftOut',
      'minRows',
      'confidence',
      'rows',
      'candidate',
      'changes',
      'createdAt',
      'tool',
    ],
  },
);

const size = number.map(Math.abs);
const part = fc.double({ min: 0, max: 1, noNaN: true });
const shares = fc.record({ reference: part, current: part });

const anyDrift: fc.Arbitrary<DriftReport> = fc.record({
  reference: fc.record({
    kind: fc.constantFrom('model' as const, 'profile' as const, 'data' as const, 'previous' as const),
    shown: hostileText,
    rows: count,
  }),
  rows: count,
  minEffect: size,
  alpha: part,
  columns: fc.array(
    fc.record(
      {
        name: hostileText,
        from: hostileText,
        isTarget: fc.boolean(),
        drifted: fc.boolean(),
        effect: size,
        measure: fc.constantFrom('wasserstein' as const, 'jensen-shannon' as const),
        adjustedP: part,
        psi: number,
        missing: shares,
        detail: hostileText,
        groups: fc.array(
          fc.record(
            {
              kind: fc.constantFrom('range' as const, 'value' as const, 'other' as const, 'missing' as const),
              low: number,
              high: number,
              value: hostileText,
              reference: part,
              current: part,
            },
            { requiredKeys: ['kind', 'reference', 'current'] },
          ),
          { maxLength: 14 },
        ),
        method: fc.record({ name: fc.constantFrom('ks' as const, 'psi' as const), value: size, threshold: size }),
        note: hostileText,
      },
      { requiredKeys: ['name', 'from', 'isTarget', 'drifted', 'effect', 'measure', 'psi', 'missing', 'detail', 'groups'] },
    ),
    { maxLength: 25 },
  ),
  schemaChanges: fc.array(
    fc.record({
      column: hostileText,
      change: fc.constantFrom('gone' as const, 'new' as const, 'type' as const),
      detail: hostileText,
    }),
    { maxLength: 25 },
  ),
  notices: fc.array(hostileText, { maxLength: 3 }),
});

export const anyValidation: fc.Arbitrary<Validation> = fc.record(
  {
    format: fc.constant(1 as const),
    kind: fc.constant('validation' as const),
    model: hostileText,
    contract: hostileText,
    passed: fc.boolean(),
    rows: count,
    schema: fc.array(fc.record({ name: hostileText, type: fc.constantFrom('string' as const, 'number' as const) }), {
      maxLength: 20,
    }),
    rules: fc.array(
      fc.record(
        {
          column: hostileText,
          rule: hostileText,
          required: hostileText,
          found: hostileText,
          severity: fc.constantFrom('error' as const, 'warning' as const),
          passed: fc.boolean(),
          failing: count,
          considered: count,
          observed: fc.oneof(number, hostileText),
          samples: fc.array(
            fc.record(
              { row: count, value: hostileText, at: fc.record({ file: hostileText, line: fc.integer({ min: 1, max: 500 }) }) },
              { requiredKeys: ['value'] },
            ),
            { maxLength: 6 },
          ),
          line: fc.integer({ min: 1, max: 500 }),
        },
        { requiredKeys: ['rule', 'required', 'found', 'severity', 'passed'] },
      ),
      { maxLength: 40 },
    ),
    warnings: fc.array(hostileText, { maxLength: 10 }),
    drift: anyDrift,
    noReference: hostileText,
    seconds: number.map(Math.abs),
    commit: hostileText,
    createdAt: hostileText,
    tool: hostileText,
  },
  {
    requiredKeys: ['format', 'kind', 'model', 'passed', 'rows', 'schema', 'rules', 'warnings', 'seconds', 'createdAt', 'tool'],
  },
);
