import type { Health, HealthCheck, HealthColumn, HealthWindow } from '../../../../shared/monitoring/health.js';

/** Looks at live models: one that is ill, one that is well, one of which nothing is known, and one with hostile names. */

const DAY_MS = 86_400_000;
const START = Date.parse('2001-04-02T00:00:00Z');
const moment = (day: number): string => new Date(START + day * DAY_MS).toISOString();

const auc = [0.702, 0.699, 0.704, 0.697, 0.7, 0.671, 0.662];

const windows: HealthWindow[] = auc.map((value, index) => ({
  from: moment(7 * index),
  to: moment(7 * index + 7),
  rows: 11_800 + 37 * index,
  asked: 11_900 + 40 * index,
  refused: index * 2,
  sparse: false,
  labelled: index === 6 ? 4100 : 11_700 + 30 * index,
  labelsComplete: true,
  metrics: { auc: { value, low: value - 0.011, high: value + 0.01 }, log_loss: { value: 0.5 - value / 20 } },
}));

const limits = { minRows: 500, breaches: 2, minEffect: 0.1, alpha: 0.05, block: 'day', confidence: 0.95 } as const;

const history = (...last: number[]): number[] => [0.02, 0.03, 0.02, 0.04, 0.03, ...last];

const distance: HealthColumn = {
  name: 'distance',
  of: 'input',
  effect: 0.42,
  measure: 'wasserstein',
  pValue: 0.0001,
  adjustedP: 0.0004,
  drifted: true,
  psi: 0.21,
  missing: { reference: 0, current: 0.021 },
  newValues: [],
  goneValues: [],
  groups: [
    ...[150, 250, 350, 500, 700, 950, 1300, 1900].map((low, index, lows) => ({
      kind: 'range' as const,
      low: index === 0 ? 20 : low,
      high: lows[index + 1] ?? 4962,
      reference: 0.125,
      current: 0.05 + 0.02 * index,
    })),
    { kind: 'missing', reference: 0, current: 0.021 },
  ],
  history: history(0.38, 0.42),
};

const origin: HealthColumn = {
  ...distance,
  name: 'origin',
  effect: 0.19,
  measure: 'jensen-shannon',
  psi: 0.15,
  missing: { reference: 0, current: 0 },
  newValues: [{ value: 'MDW', share: 0.058 }],
  goneValues: [{ value: 'HNL', share: 0.011 }],
  groups: [
    ...['ATL', 'ORD', 'DFW', 'LAX', 'PHX', 'MDW', 'HNL'].map((value, index) => ({
      kind: 'value' as const,
      value,
      reference: [0.061, 0.058, 0.054, 0.041, 0.033, 0, 0.011][index]!,
      current: [0.049, 0.012, 0.061, 0.043, 0.031, 0.058, 0][index]!,
    })),
    { kind: 'other', reference: 0.742, current: 0.746 },
  ],
  history: history(0.16, 0.19),
};

const hour: HealthColumn = {
  ...origin,
  name: 'date_hour',
  effect: 0.021,
  psi: 0.004,
  adjustedP: 0.0008,
  drifted: false,
  newValues: [],
  goneValues: [],
  history: history(0.02, 0.021),
};

const answer: HealthColumn = {
  ...hour,
  name: 'label',
  of: 'prediction',
  effect: 0.05,
  adjustedP: 0.31,
  history: history(0.05, 0.05),
};

const ok = (kind: HealthCheck['kind'], subject: string, detail: string): HealthCheck => ({
  kind,
  subject,
  state: 'ok',
  breaches: 0,
  detail,
});
const since = moment(35);

const checks: HealthCheck[] = [
  {
    ...{ kind: 'quality', subject: 'auc', state: 'alarm', breaches: 2, since },
    detail: '0.6620 (0.6510 … 0.6720), against 0.7010 on held-out rows',
  },
  {
    ...{ kind: 'input drift', subject: 'distance', state: 'alarm', breaches: 2, since, effect: 0.42, pValue: 0.0004 },
    detail: 'moved by 0.42 standard deviations from the training rows, p < 0.001; missing 0.0 % → 2.1 %',
  },
  {
    ...{ kind: 'input drift', subject: 'origin', state: 'alarm', breaches: 2, since, effect: 0.19, pValue: 0.0004 },
    detail:
      'a distance of 0.19 (1 is nothing in common) from the training rows, p < 0.001; new: "MDW" 5.8 %; gone: "HNL" 1.1 %',
  },
  {
    ...{ kind: 'volume', subject: 'rows', state: 'watch', breaches: 1, since: moment(42) },
    detail: '24,410 rows, and 11,940 in an ordinary window before',
  },
  ok('input drift', 'date_hour', 'a distance of 0.02 (1 is nothing in common) from the training rows, p < 0.001'),
  ok('prediction drift', 'label', 'a distance of 0.05 (1 is nothing in common) from the training rows, p = 0.310'),
  ok('contract', 'refused rows', '12 of 12,034 rows were refused (0.10 %)'),
  ok('errors', 'requests that fail (5xx)', '3 of 84,112 requests since the service started (0.00 %)'),
  {
    kind: 'latency',
    subject: 'latency_p99_ms <= 5',
    state: 'unknown',
    breaches: 0,
    detail: '12 requests since the service started: too few to say',
  },
];

export const ill: Health = {
  format: 1,
  kind: 'health',
  model: 'flight-delay',
  version: 'v1.2.0',
  digest: `sha256:${'4f0c'.repeat(16)}`,
  at: '2001-05-21T06:30:00.000Z',
  window: '7d',
  windows,
  checks,
  healthy: false,
  drifted: ['distance', 'origin'],
  notices: [
    'Not watched, since time changes them by itself: date_month.',
    'Rows that other versions answered are left out: 1,204 (v1.1.0 1,204).',
  ],
  reference: 'training',
  columns: [distance, origin, answer, hour],
  limits,
  primary: 'auc',
  expected: 0.701,
};

export const well: Health = {
  ...ill,
  windows: windows.slice(0, 5),
  checks: checks.filter(({ state }) => state === 'ok'),
  healthy: true,
  drifted: [],
  notices: [],
  columns: [answer, hour],
};

export const watched: Health = {
  ...well,
  checks: checks.map((check) =>
    check.state === 'alarm' ? { ...check, state: 'watch', breaches: 1, since: moment(42) } : check,
  ),
  columns: ill.columns!,
};

export const unknown: Health = {
  ...well,
  version: '',
  windows: [],
  checks: [{ kind: 'volume', subject: 'rows', state: 'unknown', breaches: 0, detail: 'too few windows to know what is usual' }],
  columns: [],
  notices: ['No row of the traffic was answered by model sha256:4f0c4f0…: nothing can be said of it yet.'],
};

const EVIL = '--> <script>alert(1)</script> @octocat #1 | `x` **b** [l](https://evil.example) \u202e';

export const hostile: Health = {
  ...ill,
  model: 'a--b',
  version: EVIL,
  primary: EVIL,
  checks: [
    { kind: 'input drift', subject: EVIL, state: 'alarm', breaches: 2, detail: `${EVIL}\n# heading`, since: EVIL },
    { kind: 'contract', subject: `${EVIL}\n`, state: 'watch', breaches: 1, detail: EVIL.repeat(30) },
    ok('quality', EVIL, EVIL),
  ],
  columns: Array.from({ length: 60 }, (_, index) => ({
    ...origin,
    name: `${EVIL} ${index}`,
    newValues: [{ value: EVIL, share: 0.5 }],
    goneValues: [{ value: `${EVIL}\n`, share: 0.5 }],
    groups: origin.groups.map((group) => ({ ...group, ...(group.value !== undefined && { value: EVIL }) })),
    note: EVIL,
  })),
  windows: windows.map((window) => ({ ...window, metrics: { [EVIL]: { value: 0.5, low: 0.4, high: 0.6 } } })),
  notices: [EVIL, `${EVIL}\n> quote`],
};

/** A model of a thousand columns, all of them drifted. */
export const wide: Health = {
  ...ill,
  checks: Array.from({ length: 1000 }, (_, index) => ({ ...checks[1]!, subject: `column_${index}` })),
  columns: Array.from({ length: 1000 }, (_, index) => ({ ...distance, name: `column_${index}` })),
};
