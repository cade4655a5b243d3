import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ArrayColumn, distributionOf } from '../../../../shared/data/distribution/arrays.js';
import { binRange, coarserKey, FINEST, finestKey, fittingResolution } from '../../../../shared/data/distribution/bins.js';
import { mergeDistributions } from '../../../../shared/data/distribution/merge.js';
import { readDistributions } from '../../../../shared/data/distribution/read.js';
import { sealed } from '../../../../shared/data/distribution/seal.js';
import type { WatchedColumn } from '../../../../shared/data/distribution/watched-column.js';
import { type Database, openDatabase } from '../../../../shared/data/duckdb.js';
import { literal } from '../../../../shared/data/sql.js';

const finite = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: -60, max: 60 }).map((power) => 2 ** power),
  fc.integer({ min: -60, max: 60 }).map((power) => -(2 ** power) * (1 - 2 ** -53)),
  fc.constantFrom(0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE, 2 ** -1074, 0.1, 1e150),
);

describe('bins', () => {
  test('hold their numbers at every resolution', () => {
    fc.assert(
      fc.property(finite, fc.integer({ min: 0, max: 20 }), (value, resolution) => {
        const { low, high } = binRange(coarserKey(finestKey(value), FINEST - resolution), resolution);
        const size = Math.abs(value);
        if (size < 2 ** -1022) expect([low, high]).toEqual([0, 0]);
        else if (value > 0) expect(low <= value && (value < high || high === Number.POSITIVE_INFINITY)).toBe(true);
        else expect(value <= high && (low < value || low === Number.NEGATIVE_INFINITY)).toBe(true);
      }),
    );
  });

  test('are in the order of the numbers, and never wider than their share of an octave', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2, maxLength: 40 }), (values) => {
        const keys = values.sort((a, b) => a - b).map(finestKey);
        expect(keys.every((key, index) => index === 0 || key >= keys[index - 1]!)).toBe(true);
      }),
    );
    const { low, high } = binRange(coarserKey(finestKey(1000), FINEST - 6), 6);
    expect((high - low) / low).toBeLessThanOrEqual(2 ** -6);
  });

  test('are as fine as their number allows', () => {
    const years = Float64Array.from({ length: 34 }, (_, index) => finestKey(1990 + index)).sort();
    expect(fittingResolution(years, FINEST, 256)).toBe(FINEST);
    const wide = Float64Array.from({ length: 5000 }, (_, index) => finestKey(1.01 ** index)).sort();
    const resolution = fittingResolution(wide, FINEST, 256);
    const bins = (at: number): number => new Set(Array.from(wide, (key) => coarserKey(key, FINEST - at))).size;
    expect(bins(resolution)).toBeLessThanOrEqual(256);
    expect(bins(resolution + 1)).toBeGreaterThan(256);
  });
});

interface Row {
  readonly day: number | null;
  readonly x: number | null;
  readonly v: string | null;
}

const rows = fc.array(
  fc.record({
    day: fc.option(fc.integer({ min: -3, max: 12 }), { freq: 8 }),
    x: fc.option(finite, { freq: 6 }),
    v: fc.option(fc.oneof(fc.constantFrom('a', 'b', 'c', "it's", '😀'), fc.integer({ min: 0, max: 60 }).map(String)), {
      freq: 6,
    }),
  }),
  { minLength: 1, maxLength: 120 },
);

const DAY_MS = 86_400_000;
const HUGE = 1e150;

function inMemory(table: readonly Row[], dated = true) {
  const names = [...new Set(table.flatMap(({ v }) => (v === null ? [] : [v])))].sort();
  const columns: ArrayColumn[] = [
    { name: 'x', kind: 'numbers', values: Float64Array.from(table, ({ x }) => x ?? Number.NaN) },
    { name: 'v', kind: 'levels', values: Int32Array.from(table, ({ v }) => (v === null ? -1 : names.indexOf(v))), names },
  ];
  const values = Float64Array.from(table, ({ day }) => (day === null ? Number.NaN : day * DAY_MS + 3_600_000));
  return distributionOf(columns, table.length, dated ? { values, unit: 'day' } : undefined);
}

describe('distributions', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openDatabase();
  });
  afterAll(() => database.close());

  const columns: WatchedColumn[] = [
    { name: 'x', sql: 'x', type: 'number' },
    { name: 'v', sql: 'v', type: 'string' },
  ];

  async function load(table: readonly Row[]): Promise<void> {
    const { connection } = database;
    await connection.run('CREATE OR REPLACE TABLE t (ts TIMESTAMP, x DOUBLE, v VARCHAR, g INTEGER)');
    const values = table.map(({ day, x, v }, index) => {
      const at = day === null ? 'NULL' : `make_timestamp(${day * DAY_MS + 3_600_000}::BIGINT * 1000)`;
      return `(${at}, ${x === null ? 'NULL' : `'${x}'::DOUBLE`}, ${v === null ? 'NULL' : literal(v)}, ${index % 3})`;
    });
    await connection.run(`INSERT INTO t VALUES ${values.join(', ')}`);
  }

  /** Moments are compared by themselves: sums are taken in another order. */
  const counts = (distribution: unknown): unknown =>
    JSON.parse(JSON.stringify(distribution, (key, value: unknown) => (key === 'moments' ? undefined : value)));

  test('are the same whether the engine counts or we do', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (table) => {
        await load(table);
        const time = { sql: 'ts', unit: 'day' } as const;
        const [read] = await readDistributions(database.connection, { from: 't', columns, time, fewRows: 0 });
        const [few] = await readDistributions(database.connection, { from: 't', columns, time });
        expect(few).toEqual(read);
        const counted = inMemory(table);
        // Where each value has a name, the engine counts those that are there; we those that there may be.
        expect(counts(read)).toEqual(counts(counted));
        const [[own], [other]] = [read!.columns, counted.columns];
        if (own?.kind !== 'numbers' || other?.kind !== 'numbers') throw new Error('x is a number');
        expect(own.moments.count).toBe(table.filter(({ x }) => x !== null && Math.abs(x) < HUGE).length);
        expect(own.moments.count).toBe(other.moments.count);
      }),
      { numRuns: 60 },
    );
  });

  test('have the moments of the values', async () => {
    const table = Array.from({ length: 500 }, (_, index): Row => ({ day: 1, x: 1e6 + Math.sin(index), v: null }));
    await load(table);
    const [read] = await readDistributions(database.connection, { from: 't', columns });
    const [own, other] = [read!.columns[0]!, inMemory(table, false).columns[0]!];
    if (own.kind !== 'numbers' || other.kind !== 'numbers') throw new Error('x is a number');
    expect(own.moments.mean).toBeCloseTo(other.moments.mean, 6);
    expect(own.moments.squares).toBeCloseTo(other.moments.squares, 6);
    expect(other.moments.squares / 499).toBeCloseTo(0.5, 1);
  });

  test('of groups are those of the groups one by one', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(0, 1000), async (table, fewRows) => {
        await load(table);
        const time = { sql: 'ts', unit: 'day' } as const;
        const group = { sql: 'CASE WHEN g < 2 THEN g END', count: 2 };
        const read = await readDistributions(database.connection, { from: 't', columns, time, group, fewRows });
        for (const [at, distribution] of read.entries()) {
          const own = table.filter((_, index) => index % 3 === at);
          expect(distribution.rows).toBe(own.length);
          const alone = own.length === 0 ? undefined : inMemory(own);
          if (alone) expect(counts(distribution.columns[0])).toEqual(counts(alone.columns[0]));
        }
      }),
      { numRuns: 20 },
    );
  });

  test('of parts add up to that of the whole', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 120 }), fc.boolean(), (table, cut, dated) => {
        const [a, b] = [table.slice(0, cut), table.slice(cut)];
        fc.pre(a.length > 0 && b.length > 0);
        const sum = mergeDistributions(inMemory(a, dated), inMemory(b, dated));
        const whole = inMemory(table, dated);
        expect(counts(sum.columns[0])).toEqual(counts(whole.columns[0]));
        expect(sum.blocks).toEqual(whole.blocks);
        const [own, all] = [sum.columns[1]!, whole.columns[1]!];
        if (own.kind !== 'levels' || all.kind !== 'levels') throw new Error('v is a text');
        expect(counts({ ...own, blocks: byName(own.blocks) })).toEqual(counts({ ...all, blocks: byName(all.blocks) }));
      }),
      { numRuns: 200 },
    );
  });

  /** Names in one order. */
  const byName = ({
    bins,
    counts: table,
    ...rest
  }: {
    bins: readonly string[] | number;
    counts: readonly (readonly number[])[];
  }) =>
    typeof bins === 'number'
      ? { bins, table, ...rest }
      : { ...rest, table: table.map((row) => Object.fromEntries(bins.map((name, bin) => [name, row[bin]!]).sort())) };

  test('keep a sample of many blocks, and the same one however they are added', () => {
    const table = Array.from({ length: 700 }, (_, index): Row => ({ day: index % 350, x: index, v: 'a' }));
    const whole = inMemory(table);
    expect([whole.blocks?.total, whole.blocks?.ids.length]).toEqual([350, 100]);
    expect(mergeDistributions(inMemory(table.slice(0, 200)), inMemory(table.slice(200))).blocks?.ids).toEqual(
      whole.blocks?.ids,
    );
  });

  test('name no value of few rows once they are sealed, and lose no row', () => {
    fc.assert(
      fc.property(rows, (table) => {
        const distribution = sealed(inMemory(table));
        const [x, v] = distribution.columns;
        if (x?.kind !== 'numbers' || v?.kind !== 'levels') throw new Error('x is a number and v a text');
        expect(v.levels.every(({ count }) => count >= 5)).toBe(true);
        const named = new Set(v.levels.map(({ value }) => value));
        if (typeof v.blocks.bins === 'object') expect(v.blocks.bins.every((value) => named.has(value))).toBe(true);
        expect(v.missing + v.other.count + v.levels.reduce((sum, { count }) => sum + count, 0)).toBe(table.length);
        expect(x.missing + x.counts.reduce((sum, count) => sum + count, 0)).toBe(table.length);
        expect(x.keys.length).toBeLessThanOrEqual(Math.max(8, table.length / 10));
        const dated = table.filter(({ day }) => day !== null).length;
        for (const { blocks } of [x, v]) {
          const other = 'other' in blocks ? blocks.other : [];
          expect([...blocks.counts.flat(), ...blocks.missing, ...other].reduce((sum, count) => sum + count, 0)).toBe(dated);
        }
      }),
    );
  });

  test('of dates are those of their parts', async () => {
    const { connection } = database;
    await connection.run(
      "CREATE OR REPLACE TABLE d AS SELECT TIMESTAMP '2024-03-30 23:30:00' + INTERVAL (i) HOUR AS ts, NULL::DOUBLE AS x FROM range(48) r(i)",
    );
    const parts = (['hour', 'weekday', 'is_weekend', 'quarter', 'year'] as const).map(
      (part): WatchedColumn => ({ name: part, sql: 'ts', type: 'timestamp', part }),
    );
    const time = { sql: 'ts', unit: 'day' } as const;
    const [read] = await readDistributions(connection, { from: 'd', columns: parts, time });
    const levels = read!.columns.map((column) => (column.kind === 'levels' ? column.levels : []));
    expect(levels[0]).toHaveLength(24);
    expect(levels[0]!.every(({ count }) => count === 2)).toBe(true);
    // Midnight to midnight in UTC: the hour that summer time takes in Europe is there.
    expect(levels[1]).toEqual(
      [
        { value: '1 Mon', count: 23 },
        { value: '7 Sun', count: 24 },
        { value: '6 Sat', count: 1 },
      ].sort((a, b) => b.count - a.count),
    );
    expect(levels[2]).toEqual([
      { value: 'true', count: 25 },
      { value: 'false', count: 23 },
    ]);
    expect(read!.blocks?.rows).toEqual([1, 24, 23]);
    expect([levels[3], levels[4]]).toEqual([
      [
        { value: 'Q2', count: 23 },
        { value: 'Q1', count: 25 },
      ].sort((a, b) => b.count - a.count),
      [{ value: '2024', count: 48 }],
    ]);
  });
});
