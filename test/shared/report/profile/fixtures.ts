import type { ColumnProfile, NumberProfile, ProfileDocument, Relation } from '../../../../shared/data/profile/result.js';

/** Text that would do something if it were not escaped: markup, Markdown, mentions, direction marks, CSS and SVG. */
export const HOSTILE =
  '</title></style></svg><script>alert(1)</script><img src=x onerror=alert(1)> "\' onload=x | `a` **b** @octocat [x](https://evil.example) \u202e url(#zr0-c0) {a|b}';

const numbers: NumberProfile = {
  min: 0,
  max: 90,
  mean: 12.5,
  sd: 8.25,
  quantiles: [0.01, ...Array.from({ length: 19 }, (_, index) => (index + 1) / 20), 0.99].map((p) => ({ p, value: 40 * p })),
  infinite: 0,
  zeros: 3,
  negative: 0,
  outliers: 7,
  median: { value: 20, rows: 2 },
  histogram: { from: 0, step: 10, counts: [50, 30, 10, 5], below: 0, above: 5 },
};

function relation(classes: number | undefined, strength: number, value: string): Relation {
  const outcome = (rate: number, rows: number) =>
    classes === undefined
      ? { rows, mean: 100 * rate }
      : { rows, classes: Array.from({ length: classes }, (_, k) => rows * (k === 0 ? 1 - rate : rate / (classes - 1))) };
  return {
    method: classes === undefined ? 'share of variance' : 'share of entropy',
    strength,
    ...(classes !== undefined && { auc: 0.5 + strength / 2 }),
    rows: 100,
    groups: [
      { kind: 'range', low: 0, high: 19, ...outcome(0.2, 50) },
      { kind: 'range', low: 20, high: 90, ...outcome(0.9, 40) },
      { kind: 'value', value, ...outcome(0.5, 20) },
      { kind: 'missing', ...outcome(0.5, 10) },
    ],
  };
}

export interface FixtureOptions {
  readonly task?: ProfileDocument['task'];
  /** In every name and value of the data. */
  readonly word?: string;
  readonly columns?: number;
  /** Every histogram and relation has as many groups as there can be. */
  readonly full?: boolean;
}

function filled(column: ColumnProfile): ColumnProfile {
  const { numbers: found, relation: known } = column;
  const ranges = (known?.groups ?? []).filter(({ kind }) => kind === 'range');
  return {
    ...column,
    ...(found && {
      numbers: { ...found, histogram: { ...found.histogram, counts: Array.from({ length: 40 }, (_, bin) => 1234 + 7 * bin) } },
    }),
    ...(known && {
      relation: {
        ...known,
        groups: [
          ...Array.from({ length: 20 }, (_, at) => ({ ...ranges[at % 2]!, low: 19 * at + 0.125, high: 19 * at + 18.875 })),
          ...known.groups.filter(({ kind }) => kind !== 'range'),
        ],
      },
    }),
  };
}

/** A profile with every kind of column. */
export function profileFixture({
  task = 'binary',
  word = 'plain',
  columns = 6,
  full = false,
}: FixtureOptions = {}): ProfileDocument {
  const classCount = task === 'regression' ? undefined : task === 'binary' ? 2 : 4;
  const kinds: ((index: number) => ColumnProfile)[] = [
    (index) => ({
      name: `${word} number ${index}`,
      role: 'feature',
      type: 'number',
      missing: 10,
      distinct: 80,
      numbers,
      relation: relation(classCount, 0.4, word),
    }),
    (index) => ({
      name: `${word} text ${index}`,
      role: 'feature',
      type: 'string',
      missing: 0,
      distinct: 30,
      levels: {
        top: Array.from({ length: 12 }, (_, at) => ({ value: `${word} ${at}`, count: 12 - at })),
        other: { levels: 18, count: 22 },
      },
      length: { min: 1, mean: 4.5, max: 90 },
      relation: relation(classCount, 0.2, `${word} 0`),
    }),
    (index) => ({
      name: `${word} date ${index}`,
      role: 'time',
      type: 'timestamp',
      missing: 0,
      distinct: 90,
      numbers: {
        ...numbers,
        min: 9.8e14,
        max: 9.9e14,
        histogram: { from: 9.8e14, step: 1e12, counts: [1, 2, 3, 4, 0, 9], below: 0, above: 0 },
      },
      relation: {
        ...relation(classCount, 0.01, word),
        groups: relation(classCount, 0.01, word).groups.map((group, at) =>
          group.kind === 'range' ? { ...group, low: 9.8e14 + 1e12 * at, high: 9.8e14 + 1e12 * at + 1 } : group,
        ),
      },
    }),
    (index) => ({ name: `${word} nested ${index}`, role: 'unused', type: 'nested', missing: 0 }),
    (index) => ({
      name: `${word} void ${index}`,
      role: 'feature',
      type: 'string',
      missing: 100,
      distinct: 0,
      levels: { top: [], other: { levels: 0, count: 0 } },
    }),
    (index) => ({
      name: `${word} flag ${index}`,
      role: 'target source',
      type: 'boolean',
      missing: 1,
      distinct: 2,
      levels: {
        top: [
          { value: 'true', count: 60 },
          { value: 'false', count: 39 },
        ],
        other: { levels: 0, count: 0 },
      },
    }),
  ];
  const all = Array.from({ length: columns }, (_, index) => kinds[index % kinds.length]!(index)).map((column) =>
    full ? filled(column) : column,
  );
  return {
    format: 1,
    kind: 'profile',
    model: 'churn',
    task,
    files: [`data/${word}.csv`],
    rows: 100,
    target: {
      name: `${word} target`,
      type: task === 'regression' ? 'number' : 'string',
      missing: 2,
      sql: `${word} > 15`,
      ...(classCount === undefined
        ? { numbers }
        : { classes: Array.from({ length: classCount }, (_, k) => ({ value: `${word} class ${k}`, count: 40 - 10 * k })) }),
    },
    columns: all,
    correlations: { rows: 50, pairs: [{ a: all[0]!.name, b: `${word} other`, pearson: -0.5, spearman: 0.75, rows: 50 }] },
    associations: { rows: 100, pairs: [{ a: `${word} a`, b: `${word} b`, cramersV: 0.4, rows: 100 }] },
    duplicates: { rows: 3, share: 0.03 },
    split: { by: 'hash', counts: { train: 60, validation: 10, calibration: 0, test: 30 }, leakage: { rows: 1, share: 1 / 30 } },
    findings: [
      {
        kind: 'leakage suspect',
        level: 'error',
        column: all[0]!.name,
        message: `\`${word} number\` alone predicts everything.`,
      },
      { kind: 'duplicates', level: 'note', message: '3 rows are equal to an earlier row.' },
    ],
    standIns: [],
    notices: [`column "${word}" was read`],
    limits: {
      smallestGroup: 5,
      leakageAuc: 0.95,
      leakageVariance: 0.9,
      decidedGroup: 0.99,
      nearConstant: 0.99,
      pairRows: 100_000,
    },
    createdAt: '2025-01-02T03:04:05.678Z',
    seconds: 1.5,
    tool: 'mlops-actions 0.1.0',
    commit: 'abcdef0123456789',
  };
}
