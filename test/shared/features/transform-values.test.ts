import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import type { Labels, Table } from '../../../shared/data/table.js';
import { fitFeatures } from '../../../shared/features/fit.js';
import { buildMatrix, buildTrainingMatrix } from '../../../shared/features/matrix.js';
import { murmurHash3 } from '../../../shared/features/transforms/hashed-tokens.js';
import type { DerivedFeature } from '../../../shared/spec/schema.js';
import { type Cell, moment, schemaOf, tableOf } from './tables.js';

const NAN = Number.NaN;

/** The derived columns by name, fitted on one table and computed for another. */
function derived(item: DerivedFeature, train: Table, asked: Table = train, labels?: Labels): Record<string, number[]> {
  const task = labels?.task ?? 'binary';
  const plan = fitFeatures({ schema: schemaOf(train), use: [], derive: [item], train, ...(labels && { labels }), task });
  return Object.fromEntries(buildMatrix(plan, asked).columns.map(({ name, values }) => [name, [...values]]));
}

const numbers = (...x: Cell[]): Table => tableOf({ x: ['number', x] });
const texts = (...s: Cell[]): Table => tableOf({ s: ['string', s] });
const times = (text: string, count: number): string[] => Array<string>(count).fill(text);

describe('numbers', () => {
  it('log is that of 1 + x, and missing at -1 and below', () => {
    expect(derived({ from: 'x', log: true }, numbers(0, Math.E - 1, -1, -2, null)).x_log).toEqual([0, 1, NAN, NAN, NAN]);
  });

  it('clip holds numbers between the bounds', () => {
    expect(derived({ from: 'x', clip: { min: 0, max: 2 } }, numbers(-3, 1, 7, null)).x_clip).toEqual([0, 1, 2, NAN]);
  });

  it('bins of one width come from the training rows; a bin begins with its edge', () => {
    const train = numbers(0, 10, null, Number.POSITIVE_INFINITY);
    const asked = numbers(-1, 0, 4.9, 5, 10, 99, null);
    expect(derived({ from: 'x', bins: 2 }, train, asked).x_bins).toEqual([0, 0, 0, 1, 1, 1, NAN]);
    expect(derived({ from: 'x', bins: [1, 5] }, train, asked).x_bins).toEqual([0, 0, 1, 2, 2, 2, NAN]);
  });

  it('quantile bins hold equally many training rows, and none is empty', () => {
    const train = numbers(1, 2, 3, 4, 5, 6, 7, 80);
    expect(derived({ from: 'x', quantile_bins: 4 }, train).x_quantile_bins).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(derived({ from: 'x', quantile_bins: 4 }, numbers(1, 1, 1, 1, 1, 2, 3, 4)).x_quantile_bins).toEqual([
      0, 0, 0, 0, 0, 0, 1, 1,
    ]);
  });

  it('ratio, difference and interaction take the columns in their order', () => {
    const table = tableOf({ a: ['integer', [6n, 1n, null]], b: ['number', [4, 0, 2]], c: ['boolean', [true, true, true]] });
    expect(derived({ from: ['a', 'b'], ratio: true }, table)).toEqual({ a_b_ratio: [1.5, NAN, NAN] });
    expect(derived({ from: ['a', 'b'], difference: true }, table)).toEqual({ a_b_difference: [2, 1, NAN] });
    expect(derived({ from: ['a', 'b', 'c'], interaction: true }, table)).toEqual({ a_b_c_interaction: [24, 0, NAN] });
  });

  it('missing is 1 or 0 for any type', () => {
    const table = tableOf({ x: ['number', [1, null]], s: ['string', ['', 'a']], d: ['date', [null, 0n]] });
    expect(derived({ from: ['x', 's', 'd'], missing: true }, table)).toEqual({
      x_missing: [0, 1],
      s_missing: [1, 0],
      d_missing: [1, 0],
    });
  });
});

describe('dates', () => {
  it('cyclic puts a part on its circle', () => {
    const at = tableOf({ at: ['timestamp', [moment('2001-01-01T06:00:00'), moment('2001-04-01T18:00:00'), null]] });
    const { at_hour_sin, at_hour_cos, at_month_sin } = derived({ from: 'at', cyclic: ['hour', 'month'] }, at);
    expect(at_hour_sin).toEqual([1, -1, NAN]);
    expect(at_hour_cos!.map((value) => Math.abs(value) < 1e-7)).toEqual([true, true, false]);
    expect(at_month_sin).toEqual([0, 1, NAN]);
  });

  it('since counts days from a date, or from another column', () => {
    const table = tableOf({
      at: ['timestamp', [moment('2001-01-02T12:00:00'), moment('2000-12-31T00:00:00'), null]],
      born: ['date', [moment('2001-01-01'), null, 0n]],
    });
    expect(derived({ from: 'at', since: '2001-01-01' }, table).at_since).toEqual([1.5, -1, NAN]);
    expect(derived({ from: 'at', since: 'born' }, table).at_since).toEqual([1.5, NAN, NAN]);
  });
});

describe('categories', () => {
  it('interaction joins the frequent combinations; a missing part makes it missing', () => {
    const table = tableOf({
      s: ['string', [...times('a', 5), ...times('b', 6), 'a', 'a', '']],
      t: ['string', [...times('x', 5), ...times('y', 6), 'y', '', 'x']],
      n: ['integer', [...Array<bigint>(11).fill(7n), 7n, 7n, 7n]],
    });
    const joined = [...times('1', 5), ...times('0', 6), '2'].map(Number);
    expect(derived({ from: ['s', 't'], interaction: true }, table).s_t_interaction).toEqual([...joined, NAN, NAN]);
    expect(derived({ from: ['s', 'n', 't'], interaction: true }, table).s_n_t_interaction).toEqual([...joined, NAN, NAN]);
  });

  it('frequency encoding is the share of the training rows', () => {
    const train = texts(...times('a', 6), ...times('b', 5), 'c', null);
    expect(
      derived({ from: 's', frequency_encoding: true }, train, texts('a', 'b', 'c', 'new', null)).s_frequency_encoding,
    ).toEqual([Math.fround(6 / 13), Math.fround(5 / 13), 0, 0, NAN]);
  });

  it('one-hot has a column a frequent level', () => {
    const train = tableOf({ n: ['integer', [...Array<bigint>(6).fill(-3n), ...Array<bigint>(5).fill(4n), 9n]] });
    const asked = tableOf({ n: ['integer', [-3n, 4n, 9n, null]] });
    expect(derived({ from: 'n', one_hot: true }, train, asked)).toEqual({
      'n_one_hot_-3': [1, 0, 0, 0],
      n_one_hot_4: [0, 1, 0, 0],
    });
  });
});

describe('target encoding', () => {
  const train = texts(...times('a', 8), ...times('b', 8), 'rare', null);
  const labels: Labels = {
    task: 'regression',
    values: Float64Array.from({ length: 18 }, (_, row) => (row < 8 ? 10 + (row % 2) : row < 16 ? 20 + (row % 4) : row)),
  };
  const item: DerivedFeature = { from: 's', target_encoding: true };

  it('is a mean that is drawn towards the mean of all; rare levels share one', () => {
    const { s_target_encoding } = derived(item, train, texts('a', 'b', 'rare', 'new', null), labels);
    const [a, b, rare, unseen, missing] = s_target_encoding!;
    expect(a).toBeGreaterThan(10.5);
    expect(a).toBeLessThan(10.6);
    expect(b).toBeLessThan(21.5);
    expect(b).toBeGreaterThan(21.2);
    expect(unseen).toBe(rare);
    expect(missing).toBeNaN();
  });

  it('does not tell a training row its own target', () => {
    const plan = fitFeatures({ schema: schemaOf(train), use: [], derive: [item], train, labels, task: 'regression' });
    const values = buildTrainingMatrix(plan, { table: train, labels }, 42).columns[0]!.values;
    const changed = { ...labels, values: labels.values.with(3, 1000) };
    const again = buildTrainingMatrix(plan, { table: train, labels: changed }, 42).columns[0]!.values;
    // Only rows of other folds see the changed target of row 3.
    expect(again[3]).toBe(values[3]);
    expect([...again].filter((value, row) => value !== values[row] && !Number.isNaN(value)).length).toBeGreaterThan(8);
    expect(buildTrainingMatrix(plan, { table: train, labels }, 42).columns[0]!.values).toEqual(values);
    expect(buildTrainingMatrix(plan, { table: train, labels }, 43).columns[0]!.values).not.toEqual(values);
  });

  it('has a column a class where there are more than two', () => {
    const classes: Labels = {
      task: 'multiclass',
      classes: ['x', 'y', 'z'],
      values: Int32Array.from({ length: 18 }, (_, i) => i % 3),
    };
    expect(Object.keys(derived(item, train, train, classes))).toEqual([
      's_target_encoding_x',
      's_target_encoding_y',
      's_target_encoding_z',
    ]);
    const two: Labels = {
      task: 'binary',
      classes: ['no', 'yes'],
      values: Int32Array.from({ length: 18 }, (_, i) => (i < 8 ? 1 : 0)),
    };
    expect(derived(item, train, texts('a', 'b'), two)).toEqual({ s_target_encoding: [1, 0] });
  });
});

describe('texts', () => {
  it('length counts characters, not code units', () => {
    expect(derived({ from: 's', length: true }, texts('abc', '𝒳é', 'x'.repeat(129), '', null)).s_length).toEqual([
      3,
      2,
      129,
      NAN,
      NAN,
    ]);
  });

  it('hashes every word into a bucket', () => {
    const columns = derived({ from: 's', hashed_tokens: 4 }, texts('hello, hello world', '', null));
    const counts = [0, 0, 0, 0];
    for (const word of ['hello', 'hello', 'world']) counts[murmurHash3(word) % 4]! += 1;
    expect(Object.keys(columns)).toEqual([0, 1, 2, 3].map((bucket) => `s_hashed_tokens_${bucket}`));
    expect(Object.values(columns).map(([first]) => first)).toEqual(counts);
    expect(Object.values(columns).flatMap(([, ...rest]) => rest)).toEqual(Array(8).fill(0));
  });

  it('MurmurHash3 gives the values of its reference implementation', () => {
    expect(['', 'hello', 'hello, world', 'The quick brown fox jumps over the lazy dog'].map(murmurHash3)).toEqual([
      0, 0x248bfa47, 0x149bbb7f, 0x2e4ff723,
    ]);
  });

  it('TF-IDF takes the most frequent words, in any spelling that training rows have', () => {
    const train = texts('Late again', 'late, LATE!', 'on time', 'again');
    const columns = derived({ from: 's', tfidf: 2 }, train, texts('late LATE lAte', 'again', 'time', null));
    const weight = Math.fround(Math.log(5 / 3) + 1);
    expect(columns).toEqual({
      s_tfidf_again: [0, weight, 0, 0],
      s_tfidf_late: [Math.fround(2 * weight), 0, 0, 0],
    });
  });
});

it.each([
  [
    { from: 's', one_hot: true },
    'one_hot of "s" tells nothing: of 6 different values in 7 training rows none stands in 5 or more',
  ],
  [{ from: 's', frequency_encoding: true }, 'frequency_encoding of "s" tells nothing'],
  [{ from: ['s', 't'], interaction: true }, 'interaction of "s" and "t" tells nothing: of 6 and 1 different values'],
  [{ from: 'none', tfidf: 3 }, 'tfidf of "none" tells nothing: no training row has a word'],
] as [DerivedFeature, string][])('refuses %j of more categories than rows can tell of', (item, message) => {
  const table = tableOf({
    s: ['string', ['a', 'b', 'c', 'd', 'e', 'f', null]],
    t: ['string', times('t', 7)],
    none: ['string', times('!?', 7)],
  });
  expect(() => derived(item, table)).toThrow(`features.derive: ${message}`);
});

it('refuses a column whose type has changed', () => {
  const plan = fitFeatures({
    schema: [{ name: 's', type: 'string' }],
    use: [],
    derive: [{ from: 's', length: true }],
    train: texts('a'),
    task: 'binary',
  });
  expect(() => buildMatrix(plan, tableOf({ s: ['integer', [1n]] }))).toThrow(UserError);
});
