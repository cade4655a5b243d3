import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseInstant } from '../../../shared/serving/instants.js';

const microsOf = (text: string): bigint | undefined => {
  const instant = parseInstant(text);
  return instant && BigInt(instant.seconds) * 1_000_000n + BigInt(instant.micros);
};

test('a time that JavaScript writes is read as the same time', () => {
  const date = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
  fc.assert(
    fc.property(date, (time) => {
      expect(microsOf(time.toISOString())).toBe(BigInt(time.getTime()) * 1000n);
      expect(microsOf(time.toISOString().slice(0, 10))).toBe(BigInt(Math.floor(time.getTime() / 86_400_000)) * 86_400_000_000n);
    }),
  );
});

test('texts are read as the reader of the training data reads them', async () => {
  const texts = [
    '2024-02-29',
    '2023-02-29',
    '1900-02-29',
    '2000-02-29T23:59:59',
    '2024-13-01',
    '2024-00-10',
    '2024-01-32',
    '0001-01-01',
    '9999-12-31 23:59:59.999999',
    '2024-01-01T24:00:00',
    '2024-01-01T24:00:01',
    '2024-01-01T23:60:00',
    '2024-01-01T23:59:60',
    '2024-01-01 00:00:00.1234567',
    '2024-01-01 00:00:00.9',
    '1969-12-31T23:59:59.999999Z',
    '2024-01-01T00:00:00+05:30',
    '2024-01-01T00:00:00-0330',
    '2024-01-01T00:00:00-03',
  ];
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  for (const text of texts) {
    const reader = await connection.runAndReadAll(`SELECT epoch_us(TRY_CAST('${text}' AS TIMESTAMPTZ)) AS micros`);
    expect([text, microsOf(text)]).toEqual([text, reader.getRowObjects()[0]!.micros ?? undefined]);
  }
  connection.closeSync();
  instance.closeSync();
});

test.each([
  '',
  '2024',
  '2024-1-1',
  '01/02/2024',
  '2024-01-01T',
  '2024-01-01T10',
  ' 2024-01-01',
  '2024-01-01T10:00:00.',
  '-2024-01-01',
  '2024-01-01T00:00:00+16',
  '2024-01-01T00:00:00+01:75',
  'now',
])('%j is no time', (text) => {
  expect(parseInstant(text)).toBeUndefined();
});
