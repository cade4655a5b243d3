import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  canonicalText,
  hashPosition,
  hashPositions,
  rowText,
  type StoredType,
  textHash,
} from '../../../shared/data/canonical.js';
import { type Database, openDatabase, readArray, readTexts } from '../../../shared/data/duckdb.js';
import { literal } from '../../../shared/data/sql.js';

let database: Database;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());

async function text(sql: string, type: StoredType): Promise<string | null> {
  return (await readTexts(database.connection, `SELECT ${canonicalText('x', type)} FROM (SELECT ${sql} AS x)`))[0]!;
}

/** The definition in canonical.ts, written a second time without SQL. */
function numberText(value: number): string | null {
  if (Number.isNaN(value)) return null;
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) return BigInt(value).toString();
  const sign = value < 0 ? '-' : '';
  const [mantissa = '', exponentText = ''] = Math.abs(value).toExponential().split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '');
  if (exponent < -4 || exponent > 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function textOfRow(values: readonly (string | null)[]): string {
  return values.map((value) => (value === null || value === '' ? '-' : `${Buffer.byteLength(value)}:${value},`)).join('');
}

describe('canonical text', () => {
  it('is one for a number whatever its type', async () => {
    for (const sql of ['1::DOUBLE', "'1.0'::DOUBLE", "'1e0'::DOUBLE"]) expect(await text(sql, 'number')).toBe('1');
    expect(await text('1::BIGINT', 'integer')).toBe('1');
    expect(await text("'-0.0'::DOUBLE", 'number')).toBe('0');
    expect(await text('100000000000000000000::DOUBLE', 'number')).toBe('1e+20');
    expect(await text('1e18::DOUBLE', 'number')).toBe(await text('1000000000000000000::BIGINT', 'integer'));
  });

  it('of any double follows the written definition', async () => {
    const numbers = fc.oneof(fc.double(), fc.double({ min: -1e6, max: 1e6 }), fc.maxSafeInteger(), fc.constant(1e22));
    await fc.assert(
      fc.asyncProperty(numbers, async (value) => {
        expect(await text(`${literal(value)}::DOUBLE`, 'number')).toBe(numberText(value));
      }),
      { numRuns: 500 },
    );
  });

  it('of dates, timestamps and booleans is fixed', async () => {
    expect(await text("DATE '2001-02-03'", 'date')).toBe('2001-02-03');
    expect(await text("TIMESTAMP '2001-02-03 00:00:00'", 'timestamp')).toBe('2001-02-03');
    expect(await text("TIMESTAMP '2001-02-03 04:05:06.7890'", 'timestamp')).toBe('2001-02-03 04:05:06.789');
    expect(await text("TIMESTAMP '2001-02-03 04:05'", 'timestamp')).toBe('2001-02-03 04:05:00');
    expect(await text('TRUE', 'boolean')).toBe('true');
  });

  it('does not exist for missing values', async () => {
    expect(await text("''", 'string')).toBeNull();
    expect(await text("'NaN'::DOUBLE", 'number')).toBeNull();
    expect(await text('NULL::DATE', 'date')).toBeNull();
  });

  it('of rows is as defined, hashed by MD5, and differs for different rows', async () => {
    const value = fc.option(fc.string({ unit: fc.constantFrom('1', ':', ',', '-', 'é', '😀', 'a'), maxLength: 6 }));
    const row = fc.array(value, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(row, row, async (one, other) => {
        const sqlOf = (values: readonly (string | null)[]): string[] =>
          values.map((item) => canonicalText(item === null ? 'NULL::VARCHAR' : literal(item), 'string'));
        const select = `SELECT ${rowText(sqlOf(one))} UNION ALL SELECT ${rowText(sqlOf(other))}`;
        const texts = await readTexts(database.connection, select);
        expect(texts).toEqual([textOfRow(one), textOfRow(other)]);
        const plain = (values: readonly (string | null)[]): string => JSON.stringify(values.map((item) => item || null));
        expect(texts[0] === texts[1]).toBe(plain(one) === plain(other));
        const hashes = await readArray(database.connection, `SELECT ${textHash([rowText(sqlOf(one))])}`, 'hash', 1);
        expect(Buffer.from(hashes).toString('hex')).toBe(createHash('md5').update(textOfRow(one)).digest('hex'));
      }),
      { numRuns: 100 },
    );
  });

  it('gives a position from the first 53 bits', () => {
    // MD5("abc") from RFC 1321's test suite; the number by Python: (0x900150983cd24fb0 >> 11) / 2**53.
    const hash = Buffer.from('900150983cd24fb0d6963f7d28e17f72', 'hex');
    expect(hashPosition(hash, 0)).toBe(Number(0x900150983cd24fb0n >> 11n) / 2 ** 53);
    expect(hashPosition(hash, 0)).toBe(0.5625200626062191);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const bits = Buffer.from(bytes).readBigUInt64BE(0) >> 11n;
        expect(hashPositions(bytes)[0]).toBe(Number(bits) / 2 ** 53);
      }),
    );
  });
});
