import { Random } from '../../../shared/core/random.js';
import type { Comparison } from '../../../shared/evaluation/comparison.js';
import { better, candidateModel, championModel, gateFailed, metric, slice } from './fixtures.js';

/** Comparisons that strain a comment: many slices, many metrics, names that try to break out. */

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
  confusion: {
    classes: ['| a |', '@octo/team <b>'],
    candidate: [
      [1, 2],
      [3, 4],
    ],
    champion: [
      [4, 3],
      [2, 1],
    ],
  },
  calibration: {
    candidate: [
      { rows: 5, predicted: 0.1, observed: 0.2 },
      { rows: 5, predicted: 0.7, observed: 0.6 },
    ],
  },
  candidates: [
    {
      ...{ name: '`</table>` @octo/team', digest: 'sha256:"><script>', best: true, verdict: 'better', blocked: true },
      ...{ metric: { ...better.metrics[0]!, name: '`auc`|</summary>' }, gatesOutcome: 'fail', failed: ['<script>', '|'] },
    },
    {
      ...{ name: 'a'.repeat(300), digest: '', best: false, verdict: 'first model', blocked: false },
      ...{ metric: { name: 'x', better: 'lower', candidate: null }, gatesOutcome: 'skipped', failed: [] },
    },
  ],
  history: {
    ...{ metric: '`auc`|</summary>', better: 'higher' },
    versions: ['"] --> ``` %%', '@octo/team', 'a'.repeat(300)].map((version, index) => ({
      ...{ version, at: '<script>', value: 0.7 - index / 100, rows: 10, testSet: index < 2 ? '|' : '' },
    })),
    candidate: { value: 0.5, rows: 10, testSet: '|' },
    leftOut: [{ version: '</details>', reason: '`' }],
    band: { version: '<img src=x onerror=alert(1)>', from: 0.7, to: 0.6 },
  },
  disagreeing: {
    ...{ answer: 'positive class', hidden: 3 },
    rows: [
      {
        ...{ id: '<script>alert(1)</script>', label: '</summary>', candidate: 0.1, champion: 0.9 },
        columns: [
          { name: '"><svg onload=alert(1)>', value: '</td></table> @octo', candidate: 0.3 },
          { name: '', value: null },
        ],
      },
    ],
  },
  tool: '<script>',
  commit: '<b>1234',
};
