import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { type ArrayColumn, distributionOf } from '../../../../shared/data/distribution/arrays.js';
import type { Distribution } from '../../../../shared/data/distribution/distribution.js';
import { sealed } from '../../../../shared/data/distribution/seal.js';
import { findDrift } from '../../../../shared/data/drift/drift.js';
import { chiSquare, testRows } from '../../../../shared/data/drift/rows.js';
import { chiSquareTail } from '../../../../shared/data/drift/tails.js';

const golden = JSON.parse(readFileSync(new URL('../golden/drift.json', import.meta.url), 'utf8')) as {
  tables: { reference: number[]; current: number[]; statistic: number; p: number; df: number }[];
};

const DAY_MS = 86_400_000;
const OPTIONS = { minEffect: 0.1, alpha: 0.05, seed: 1 };

/** Normal numbers and texts; `days` of the rows, in turn. */
function made(
  seed: number,
  rows: number,
  options: { days?: number; from?: number; column?: Partial<Record<string, ArrayColumn>> } = {},
): Distribution {
  const random = new Random(seed);
  const names = ['ATL', 'ORD', 'DFW', 'LAX'];
  const columns: ArrayColumn[] = [
    { name: 'age', kind: 'numbers', values: Float64Array.from({ length: rows }, () => 40 + 10 * random.normal()) },
    { name: 'pay', kind: 'numbers', values: Float64Array.from({ length: rows }, () => Math.exp(random.normal())) },
    { name: 'city', kind: 'levels', names, values: Int32Array.from({ length: rows }, () => random.integer(4)) },
  ];
  const chosen = columns.map((column) => options.column?.[column.name] ?? column);
  const { days, from = 11_000 } = options;
  const values = Float64Array.from({ length: rows }, (_, row) => (from + (row % (days ?? 1))) * DAY_MS);
  return distributionOf(chosen, rows, days === undefined ? undefined : { values, unit: 'day' });
}

const changed = (name: string, values: Float64Array): Partial<Record<string, ArrayColumn>> => ({
  [name]: { name, kind: 'numbers', values },
});

const drifted = (reference: Distribution, current: Distribution, options = OPTIONS): string[] =>
  findDrift(reference, current, options).flatMap((column) => (column.drifted ? [column.name] : []));

describe('the test of independent rows', () => {
  test.each(golden.tables)('of $reference and $current is that of scipy', ({ reference, current, ...expected }) => {
    const { statistic, degrees } = chiSquare(reference, current);
    expect(statistic).toBeCloseTo(expected.statistic, 9);
    expect(degrees).toBe(expected.df);
    expect(chiSquareTail(statistic, degrees)).toBeCloseTo(expected.p, 9);
  });

  test('of the published vector', () => {
    const { statistic, degrees } = chiSquare([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]);
    expect(statistic).toBeCloseTo(1.6224089635854342, 12);
    expect(chiSquareTail(statistic, degrees)).toBeCloseTo(0.8985262394026607, 12);
  });

  const grouped = (reference: number[], current: number[]) => ({
    groups: reference.map((_, group) => ({ kind: 'value' as const, value: String(group) })),
    ...{ reference, current },
  });

  test("draws where numbers are small, and agrees with Fisher's exact test", () => {
    // R and scipy: fisher_exact([[8, 2], [1, 9]]) = 0.00547749; χ² orders the tables of 2 × 2 alike.
    const found = testRows(grouped([8, 2], [1, 9]), new Random(1));
    expect(found?.method).toBe('Monte Carlo');
    expect(found?.pValue).toBeGreaterThan(0.0038);
    expect(found?.pValue).toBeLessThan(0.0075);
  });

  test('takes the tables of χ² where they are large, and joins what is rare in a very large one', () => {
    expect(testRows(grouped([500, 500], [480, 520]), new Random(1))?.method).toBe('chi-square');
    const large = testRows(grouped([500_000, 500_000, 2, 1], [480_000, 480_000, 3, 0]), new Random(1));
    expect(large?.method).toBe('chi-square');
    expect(large?.pValue).toBeGreaterThan(0.01);
  });

  test('has nothing to say of one group, or of no rows', () => {
    expect(testRows(grouped([5, 0], [7, 0]), new Random(1))).toBeUndefined();
    expect(testRows(grouped([5, 3], [0, 0]), new Random(1))).toBeUndefined();
  });
});

describe('drift', () => {
  test('of a mean that moved by half a standard deviation is found, in its column only', () => {
    const random = new Random(9);
    const moved = Float64Array.from({ length: 500 }, () => 45 + 10 * random.normal());
    const found = findDrift(sealed(made(1, 500)), made(2, 500, { column: changed('age', moved) }), OPTIONS);
    expect(found.filter((column) => column.drifted).map(({ name }) => name)).toEqual(['age']);
    expect(found[0]!.effect.measure).toBe('wasserstein');
    expect(found[0]!.effect.value).toBeCloseTo(0.5, 0);
    expect(found[0]!.adjustedP).toBeLessThan(0.001);
  });

  test('needs both: an effect that matters, and evidence', () => {
    const tiny = Float64Array.from({ length: 40_000 }, (_, row) => 40.5 + 10 * Math.sin(row));
    const plain = Float64Array.from({ length: 40_000 }, (_, row) => 40 + 10 * Math.sin(row));
    const large = findDrift(
      made(1, 40_000, { column: changed('age', plain) }),
      made(1, 40_000, { column: changed('age', tiny) }),
      OPTIONS,
    )[0]!;
    expect(large.adjustedP).toBeLessThan(0.001);
    expect(large.effect.value).toBeLessThan(0.1);
    expect(large.drifted).toBe(false);
    const few = [1, 2, 3, 4, 5].flatMap((seed) => findDrift(made(seed, 12), made(seed + 10, 12), OPTIONS));
    expect(few.some(({ effect }) => effect.value >= 0.1)).toBe(true);
    expect(few.some((column) => column.drifted)).toBe(false);
  });

  test('of values that are new is found and named; few rows are not', () => {
    const names = ['ATL', 'ORD', 'DFW', 'LAX', 'DEN', 'SFO'];
    const values = Int32Array.from({ length: 600 }, (_, row) => (row < 3 ? 5 : row % 5));
    const column: ArrayColumn = { name: 'city', kind: 'levels', names, values };
    const [, , city] = findDrift(sealed(made(1, 5000)), made(2, 600, { column: { city: column } }), OPTIONS);
    expect(city).toMatchObject({ drifted: true, newValues: [{ value: 'DEN', share: expect.closeTo(0.2, 1) }], goneValues: [] });
  });

  test('of values that are gone is found and named', () => {
    const values = Int32Array.from({ length: 600 }, (_, row) => row % 3);
    const column: ArrayColumn = { name: 'city', kind: 'levels', names: ['ATL', 'ORD', 'DFW'], values };
    const [, , city] = findDrift(sealed(made(1, 5000)), made(2, 600, { column: { city: column } }), OPTIONS);
    expect(city).toMatchObject({ drifted: true, goneValues: [{ value: 'LAX' }] });
  });

  test('of the share of missing values is found where the values themselves are the same', () => {
    const random = new Random(5);
    const values = Float64Array.from({ length: 2000 }, (_, row) => (row % 12 === 0 ? Number.NaN : 40 + 10 * random.normal()));
    const [age] = findDrift(made(1, 2000), made(2, 2000, { column: changed('age', values) }), OPTIONS);
    expect(age).toMatchObject({ drifted: true, missing: { reference: 0, current: expect.closeTo(1 / 12, 2) } });
  });

  test('of numbers that became infinite, or of another size, is found', () => {
    const infinite = Float64Array.from({ length: 1000 }, (_, row) =>
      row % 3 === 0 ? Number.POSITIVE_INFINITY : 40 + (row % 20),
    );
    expect(drifted(made(1, 1000), made(2, 1000, { column: changed('age', infinite) }))).toEqual(['age']);
    const scaled = Float64Array.from({ length: 1000 }, (_, row) => 40_000 + 100 * (row % 200));
    expect(drifted(made(1, 1000), made(2, 1000, { column: changed('age', scaled) }))).toEqual(['age']);
  });

  test('is not what one absurd value does', () => {
    const random = new Random(77);
    const values = Float64Array.from({ length: 1000 }, (_, row) => (row === 7 ? 1e300 : 40 + 10 * random.normal()));
    const [age] = findDrift(made(1, 5000), made(2, 1000, { column: changed('age', values) }), OPTIONS);
    expect(age!.drifted).toBe(false);
    expect(age!.effect.value).toBeLessThan(0.1);
  });

  test('of a column that did not vary is found when it does', () => {
    const constant = made(1, 800, { column: changed('age', new Float64Array(800).fill(7)) });
    const same = findDrift(constant, made(2, 800, { column: changed('age', new Float64Array(800).fill(7)) }), OPTIONS)[0]!;
    expect([same.drifted, same.note]).toEqual([false, 'it does not vary, before and now']);
    expect(drifted(constant, made(3, 800))).toContain('age');
  });

  test('says nothing of columns that one side lacks, of empty sides, and of values that hardly repeat', () => {
    const reference = made(1, 500);
    expect(findDrift({ ...reference, columns: reference.columns.slice(0, 1) }, made(2, 500), OPTIONS)).toHaveLength(1);
    const empty = findDrift(reference, made(2, 0), OPTIONS);
    expect(empty.map(({ drifted, note }) => [drifted, note])).toEqual(Array(3).fill([false, 'there are no rows']));
    const names = Array.from({ length: 2000 }, (_, index) => `id-${index}`);
    const ids = (from: number): Partial<Record<string, ArrayColumn>> => ({
      city: { name: 'city', kind: 'levels', names, values: Int32Array.from({ length: 1000 }, (_, row) => from + row) },
    });
    const [, , id] = findDrift(sealed(made(1, 1000, { column: ids(0) })), made(2, 1000, { column: ids(1000) }), OPTIONS);
    expect([id!.drifted, id!.note]).toEqual([false, 'its values hardly repeat']);
  });

  test('is the same every time, and whatever the order of the columns', () => {
    const [reference, current] = [made(1, 60), made(2, 40)];
    const found = findDrift(reference, current, OPTIONS);
    expect(findDrift(reference, current, OPTIONS)).toEqual(found);
    const turned = { ...current, columns: [...current.columns].reverse() };
    expect(findDrift(reference, turned, OPTIONS)).toEqual(found);
  });
});

describe('rows that come in days', () => {
  /** A column that is the same for all rows of a day, as the weather is. */
  const weather = (days: number, rows: number, isSunny: (day: number) => boolean): Partial<Record<string, ArrayColumn>> => {
    const values = Int32Array.from({ length: rows }, (_, row) => (isSunny(row % days) ? 1 : 0));
    return { city: { name: 'city', kind: 'levels', names: ['rain', 'sun'], values } };
  };

  test('do not make a few sunny days look like drift', () => {
    const reference = made(1, 6000, { days: 60, column: weather(60, 6000, (day) => day % 2 === 0) });
    const current = made(2, 700, { days: 7, from: 12_000, column: weather(7, 700, (day) => day > 0) });
    const found = findDrift(reference, current, OPTIONS)[2]!;
    expect(found.test?.method).toBe('blocks');
    expect(found.effect.value).toBeGreaterThan(0.2);
    expect(found.drifted).toBe(false);
    // The same counts as independent rows would be an alarm.
    const asRows = ({ rows, columns }: Distribution): Distribution => ({ rows, columns });
    expect(findDrift(asRows(reference), asRows(current), OPTIONS)[2]).toMatchObject({ drifted: true });
  });

  test('show drift that goes through all days', () => {
    const random = new Random(4);
    const moved = Float64Array.from({ length: 700 }, () => 45 + 10 * random.normal());
    const reference = sealed(made(1, 6000, { days: 60 }));
    expect(drifted(reference, made(2, 700, { days: 7, from: 12_000, column: changed('age', moved) }))).toEqual(['age']);
  });

  test('are compared by t where there are few days, also with one', () => {
    const random = new Random(4);
    const moved = changed(
      'age',
      Float64Array.from({ length: 700 }, () => 60 + 10 * random.normal()),
    );
    const [age] = findDrift(made(1, 6000, { days: 60 }), made(2, 700, { days: 1, from: 12_000, column: moved }), OPTIONS);
    expect(age).toMatchObject({ drifted: true, test: { method: 't' } });
    const [, pay] = findDrift(made(1, 500, { days: 5 }), made(2, 300, { days: 3, from: 12_000 }), OPTIONS);
    expect(pay).toMatchObject({ drifted: false, test: { method: 't' } });
  });

  test('with one day on each side cannot tell drift from an ordinary day', () => {
    const found = findDrift(made(1, 500, { days: 1 }), made(2, 500, { days: 1, from: 12_000 }), OPTIONS);
    expect(found.map(({ note }) => note)).toEqual(
      Array(3).fill('there are too few days to tell a change from an ordinary day'),
    );
  });

  test('are held against a reference without time by their own days', () => {
    const random = new Random(4);
    const moved = changed(
      'age',
      Float64Array.from({ length: 700 }, () => 50 + 10 * random.normal()),
    );
    const current = made(2, 700, { days: 7, column: moved });
    const found = findDrift(sealed(made(1, 5000)), current, OPTIONS);
    expect(found.map((column) => [column.name, column.drifted, column.test?.method])).toEqual([
      ['age', true, 't'],
      ['pay', false, 't'],
      ['city', false, 't'],
    ]);
  });

  test('of many values are compared by buckets, which no luck of the reference chose', () => {
    const names = Array.from({ length: 200 }, (_, index) => `airport ${index}`);
    const column = (seed: number, rows: number, from = 0): Partial<Record<string, ArrayColumn>> => {
      const random = new Random(seed);
      const values = Int32Array.from({ length: rows }, () =>
        Math.min(199, from + Math.floor(-30 * Math.log(1 - random.uniform()))),
      );
      return { city: { name: 'city', kind: 'levels', names, values } };
    };
    const reference = sealed(made(1, 6000, { days: 60, column: column(1, 6000) }));
    expect(drifted(reference, made(2, 1400, { days: 7, from: 12_000, column: column(2, 1400) }))).toEqual([]);
    expect(drifted(reference, made(2, 1400, { days: 7, from: 12_000, column: column(2, 1400, 20) }))).toEqual(['city']);
  });
});
