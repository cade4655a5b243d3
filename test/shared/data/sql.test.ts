import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../shared/data/duckdb.js';
import { identifier, literal } from '../../../shared/data/sql.js';

let database: Database;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());

async function read(sql: string): Promise<{ name: string; value: unknown }> {
  const reader = await database.connection.runAndReadAll(sql);
  return { name: reader.columnNames()[0]!, value: reader.getRowsJS()[0]![0] };
}

describe('sql text', () => {
  it('brings every text through as a literal and as a name', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(text, text, async (value, name) => {
        const column = name.replaceAll('\0', '') || 'x';
        expect(await read(`SELECT ${literal(value)} AS ${identifier(column)}`)).toEqual({ name: column, value });
      }),
      { numRuns: 200 },
    );
  });

  it('brings every number through', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double(), async (value) => {
        expect((await read(`SELECT CAST(${literal(value)} AS DOUBLE)`)).value).toBe(Object.is(value, -0) ? 0 : value);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps 64-bit integers and booleans', async () => {
    expect((await read(`SELECT ${literal(-(2n ** 63n))}`)).value).toBe(-(2n ** 63n));
    expect((await read(`SELECT 3 - ${literal(-4)}`)).value).toBe(7);
    expect((await read(`SELECT ${literal(false)}`)).value).toBe(false);
  });

  it('refuses a NUL in a name', () => {
    expect(() => identifier('a\0b')).toThrow(/NUL/);
  });
});
