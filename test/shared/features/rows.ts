import fc from 'fast-check';
import type { Table } from '../../../shared/data/table.js';
import type { DerivedFeature } from '../../../shared/spec/schema.js';
import { FLOAT64, INT64, MOMENT, TEXT, tableOf } from './tables.js';

/** An item a way to use each transform: all of them are tried alone and together. */
export const ITEMS: Readonly<Record<string, readonly DerivedFeature[]>> = {
  parts: [{ from: 'at', parts: ['year', 'weekday', 'minute'] }],
  cyclic: [{ from: ['at', 'day'], cyclic: ['month', 'day', 'weekday', 'hour', 'minute'] }],
  since: [
    { from: 'at', since: '2001-02-03T04:05:06' },
    { from: 'at', since: 'day', name: 'wait' },
  ],
  log: [{ from: ['f', 'i', 'b'], log: true }],
  clip: [
    { from: ['f', 'i', 'b'], clip: { min: -1.5, max: 2.1 } },
    { from: 'f', clip: { min: 0.1 }, name: 'up' },
    { from: 'f', clip: { max: 0.1 }, name: 'down' },
  ],
  bins: [
    { from: ['f', 'i', 'b'], bins: 4 },
    { from: 'f', bins: [-1, 0, 0.1, 5], name: 'steps' },
    { from: 'f', bins: 1, name: 'one' },
  ],
  quantile_bins: [{ from: ['f', 'i', 'b'], quantile_bins: 5 }],
  ratio: [
    { from: ['f', 'g'], ratio: true },
    { from: ['i', 'b'], ratio: true },
  ],
  difference: [
    { from: ['f', 'i'], difference: true },
    { from: ['i', 'j'], difference: true },
  ],
  interaction: [
    { from: ['f', 'i', 'b'], interaction: true },
    { from: ['s', 'u'], interaction: true },
    { from: ['u', 'j', 's'], interaction: true },
  ],
  length: [{ from: ['s', 'words'], length: true }],
  hashed_tokens: [{ from: ['s', 'words'], hashed_tokens: 7 }],
  tfidf: [{ from: ['words', 's'], tfidf: 6 }],
  target_encoding: [{ from: ['s', 'u', 'j'], target_encoding: true }],
  frequency_encoding: [{ from: ['s', 'u', 'j'], frequency_encoding: true }],
  missing: [{ from: ['f', 'i', 'b', 's', 'at', 'words'], missing: true }],
  one_hot: [{ from: ['s', 'u', 'j'], one_hot: true }],
};

const WORDS = fc
  .array(fc.oneof(TEXT, fc.constantFrom('good', 'Good', 'GOOD', 'bad', "don't", 'late', 'Straße', 'x'.repeat(64), '第三')), {
    maxLength: 9,
  })
  .chain((words) => fc.constantFrom(' ', ', ', '\n', '…', '').map((between) => words.join(between)));

const ROW = fc.record({
  f: fc.oneof(FLOAT64, fc.double({ min: -3, max: 6, noNaN: true })),
  g: fc.oneof(FLOAT64, fc.constantFrom(0, -0, 2)),
  i: INT64,
  j: fc.oneof(INT64, fc.constantFrom(1n, 2n, 3n, null)),
  b: fc.constantFrom(0, 1, null),
  s: TEXT,
  u: fc.constantFrom('a', 'b', 'A', '', null),
  words: WORDS,
  at: MOMENT,
  day: fc.oneof(MOMENT, fc.constant(null)),
});

export type Row = typeof ROW extends fc.Arbitrary<infer Of> ? Of : never;

export function rowsTable(rows: readonly Row[]): Table {
  return tableOf({
    f: ['number', rows.map(({ f }) => f)],
    g: ['number', rows.map(({ g }) => g)],
    i: ['integer', rows.map(({ i }) => i)],
    j: ['integer', rows.map(({ j }) => j)],
    b: ['boolean', rows.map(({ b }) => b)],
    s: ['string', rows.map(({ s }) => s)],
    u: ['string', rows.map(({ u }) => u)],
    words: ['string', rows.map(({ words }) => words)],
    at: ['timestamp', rows.map(({ at }) => at)],
    day: ['date', rows.map(({ day }) => day)],
  });
}

/** A row with a value of every column: a column without any gives some transforms nothing to tell. */
const ANCHOR: Row = { f: 1, g: 2, i: 3n, j: 1n, b: 1, s: 'a', u: 'a', words: 'good', at: 0n, day: 0n };

/** Rows that fit and, five times each so that levels are frequent, rows that are asked: some known, some new. */
export const CASE = fc.record({
  train: fc
    .array(ROW, { minLength: 1, maxLength: 12 })
    .map((rows) => rows.concat(ANCHOR).flatMap((row) => Array<Row>(5).fill(row))),
  asked: fc.array(ROW, { minLength: 1, maxLength: 20 }),
  seed: fc.integer({ min: 0, max: 1000 }),
  /** Texts make tensors as wide as the longest text of a run. */
  chunkRows: fc.constantFrom(1, 3, 2048),
});
