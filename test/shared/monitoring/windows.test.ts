import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { durationMs } from '../../../shared/core/duration.js';
import { type Database, openDatabase, readRows } from '../../../shared/data/duckdb.js';
import { newestComplete, windowGrid, windowOf, windowSql, windowStart } from '../../../shared/monitoring/windows.js';

const iso = (grid: ReturnType<typeof windowGrid>, window: number): string => new Date(windowStart(grid, window)).toISOString();
const at = (text: string): number => Date.parse(text);

describe('windows', () => {
  test('of a week begin on Mondays, days at midnight, hours at their multiples; all in UTC', () => {
    const week = windowGrid(durationMs('7d'));
    expect(iso(week, windowOf(week, at('2026-11-26T05:00:00Z')))).toBe('2026-11-23T00:00:00.000Z');
    expect(new Date(windowStart(week, 0)).getUTCDay()).toBe(1);
    expect(iso(windowGrid(durationMs('2w')), 5).slice(10)).toBe('T00:00:00.000Z');
    const day = windowGrid(durationMs('1d'));
    expect(iso(day, windowOf(day, at('2026-03-29T23:59:59.999Z')))).toBe('2026-03-29T00:00:00.000Z');
    const six = windowGrid(durationMs('6h'));
    expect(iso(six, windowOf(six, at('2026-03-29T17:59:00Z')))).toBe('2026-03-29T12:00:00.000Z');
  });

  test('do not change length when clocks do', () => {
    // Summer time begins in Europe on 2026-03-29 and in America on 2026-03-08.
    for (const moment of ['2026-03-29T01:30:00Z', '2026-03-08T10:00:00Z', '2026-10-25T01:30:00Z']) {
      const grid = windowGrid(durationMs('1d'));
      const window = windowOf(grid, at(moment));
      expect(windowStart(grid, window + 1) - windowStart(grid, window)).toBe(86_400_000);
      expect(iso(grid, window)).toBe(`${moment.slice(0, 10)}T00:00:00.000Z`);
    }
    // The same instant is in the same window, however it is written.
    const grid = windowGrid(durationMs('7d'));
    expect(windowOf(grid, at('2026-03-30T01:00:00+02:00'))).toBe(windowOf(grid, at('2026-03-29T23:00:00Z')));
  });

  test('are complete when they are over, to the millisecond', () => {
    const grid = windowGrid(durationMs('7d'));
    expect(iso(grid, newestComplete(grid, at('2026-03-30T00:00:00.000Z')))).toBe('2026-03-23T00:00:00.000Z');
    expect(iso(grid, newestComplete(grid, at('2026-03-29T23:59:59.999Z')))).toBe('2026-03-16T00:00:00.000Z');
  });

  test('hold every instant exactly once, also before 1970', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e13, max: 1e13 }),
        fc.constantFrom('1h', '6h', '1d', '7d', '2w', '90m', '1.5d'),
        (moment, length) => {
          const grid = windowGrid(durationMs(length));
          const window = windowOf(grid, moment);
          expect(windowStart(grid, window)).toBeLessThanOrEqual(moment);
          expect(windowStart(grid, window + 1)).toBeGreaterThan(moment);
        },
      ),
    );
  });

  describe('in the engine', () => {
    let database: Database;
    beforeAll(async () => {
      database = await openDatabase();
    });
    afterAll(() => database.close());

    test('are the same ones', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: -1e12, max: 4e12 }),
          fc.constantFrom('1h', '1d', '7d', '90m'),
          async (moment, length) => {
            const grid = windowGrid(durationMs(length));
            const time = `make_timestamp(${moment}::BIGINT * 1000)`;
            const [row] = await readRows(database.connection, `SELECT ${windowSql(grid, time)} AS w`);
            expect(Number(row!.w)).toBe(windowOf(grid, moment));
          },
        ),
        { numRuns: 50 },
      );
    });
  });
});

test('durations are numbers with a unit', () => {
  expect(['250ms', '90s', '1.5h', '2d', '1w'].map(durationMs)).toEqual([250, 90_000, 5_400_000, 172_800_000, 604_800_000]);
  for (const text of ['7', '7 d', '-1d', 'd', '1y', '']) expect(() => durationMs(text)).toThrow('is no duration');
});
