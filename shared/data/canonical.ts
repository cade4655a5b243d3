import type { ColumnType } from './table.js';

/**
 * The canonical text of values and rows: what the stable hash of the splits, the row ids and the data fingerprint are
 * made of. It is the same whether a value came from CSV, JSON or Parquet, and it is frozen: a change would move rows
 * between the parts of every model that exists.
 *
 * A value: text as it is; whole numbers in decimal digits, whatever their type (1, 1.0 and 1e0 are `1`; −0 is `0`);
 * other numbers as the shortest decimal that reads back as the same double (`0.1`; below 1e-4 and from 1e17 on with an
 * exponent of at least two digits, `1.5e-07`); `true` and `false`; dates as `2001-02-03`; timestamps in UTC as
 * `2001-02-03 04:05:06.789`, without trailing zeros of the fraction, and at midnight as the date alone. Missing values
 * (NULL, the empty text, NaN) have none.
 *
 * A row over columns sorted by name: each value as a netstring, `<bytes of UTF-8>:<text>,`, and `-` where it is missing.
 * A netstring begins with a digit, so no two different rows have the same text.
 */

/** What a column of the data is: a type of the contracts, or `nested` (lists, structs, maps, blobs). */
export type StoredType = ColumnType | 'nested';

/** SQL of the canonical text of an expression of the SQL type that `normalised` gives; NULL where it is missing. */
export function canonicalText(sql: string, type: StoredType): string {
  switch (type) {
    case 'string':
      return `nullif(${sql}, '')`;
    case 'number':
      // TRY_CAST, because an optimiser may evaluate a branch for rows that do not take it.
      return (
        `CASE WHEN isnan(${sql}) THEN NULL WHEN ${sql} = trunc(${sql}) AND ${sql} >= '-9223372036854775808'::DOUBLE ` +
        `AND ${sql} < '9223372036854775808'::DOUBLE THEN CAST(TRY_CAST(${sql} AS BIGINT) AS VARCHAR) ` +
        `ELSE CAST(${sql} AS VARCHAR) END`
      );
    case 'timestamp':
      return (
        `CASE WHEN date_trunc('day', ${sql}) = ${sql} THEN CAST(CAST(${sql} AS DATE) AS VARCHAR) ` +
        `ELSE CAST(${sql} AS VARCHAR) END`
      );
    default:
      return `CAST(${sql} AS VARCHAR)`;
  }
}

/** SQL of a row's canonical text from its values' canonical texts. Each is repeated, so they should be columns. */
export function rowText(texts: readonly string[]): string {
  const parts = texts.map((text) => `CASE WHEN (${text}) IS NULL THEN '-' ELSE concat(strlen(${text}), ':', ${text}, ',') END`);
  return parts.length > 0 ? `concat(${parts.join(', ')})` : "''";
}

/**
 * SQL of a row's hash, a UHUGEINT whose 16 bytes, lowest first, are the MD5 digest of its canonical text (RFC 1321).
 * MD5 because it is a published standard and in every engine and language: a split can be computed again anywhere.
 * @param texts the row's canonical text in pieces, in order
 */
export function textHash(texts: readonly string[]): string {
  return `md5_number(${texts.length === 1 ? texts[0]! : `concat(${texts.join(', ') || "''"})`})`;
}

/** Position of a row on [0, 1): the first 53 bits of its hash, which are all that a double holds. */
export function hashPosition(hashes: Uint8Array, row: number): number {
  const at = row * 16;
  const high = ((hashes[at]! << 24) | (hashes[at + 1]! << 16) | (hashes[at + 2]! << 8) | hashes[at + 3]!) >>> 0;
  const low = (hashes[at + 4]! << 16) | (hashes[at + 5]! << 8) | hashes[at + 6]!;
  // 32 bits and the upper 21 of the next 24.
  return (high * 0x20_0000 + (low >>> 3)) / 0x20_0000_0000_0000;
}

/** The positions of all rows. */
export function hashPositions(hashes: Uint8Array): Float64Array {
  const positions = new Float64Array(hashes.length / 16);
  for (let row = 0; row < positions.length; row++) positions[row] = hashPosition(hashes, row);
  return positions;
}
