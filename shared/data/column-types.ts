import type { StoredType } from './canonical.js';
import type { ColumnType } from './table.js';

/**
 * From DuckDB's types to the six of the contracts. Every column is brought to one SQL type a column type (VARCHAR,
 * BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP) with NULL as its only missing value.
 */

const INTEGERS = /^(TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER)$/;
const NUMBERS = /^(FLOAT|DOUBLE|HUGEINT|UHUGEINT|UBIGINT|BIGNUM|DECIMAL\(.*\))$/;
const TIMESTAMPS = /^TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?$/;
const TEXTS = /^(VARCHAR|JSON|UUID|TIME|TIME_NS|TIME WITH TIME ZONE|INTERVAL|BIT|"?NULL"?|ENUM\(.*\))$/s;

/** The column type of a type as DESCRIBE writes it. Lists, structs, maps, unions and blobs are `nested`. */
export function storedType(duckType: string): StoredType {
  if (duckType.endsWith(']')) return 'nested';
  if (INTEGERS.test(duckType)) return 'integer';
  if (NUMBERS.test(duckType)) return 'number';
  if (duckType === 'BOOLEAN') return 'boolean';
  if (duckType === 'DATE') return 'date';
  if (TIMESTAMPS.test(duckType)) return 'timestamp';
  return TEXTS.test(duckType) ? 'string' : 'nested';
}

/** SQL that brings an expression of that DuckDB type to the one SQL type of its column type, NaN and '' to NULL. */
export function normalised(sql: string, duckType: string): string {
  switch (storedType(duckType)) {
    case 'string':
      return duckType === 'JSON' ? `nullif(${sql} ->> '$', '')` : `nullif(CAST(${sql} AS VARCHAR), '')`;
    case 'integer':
      return `CAST(${sql} AS BIGINT)`;
    case 'number':
      return normalisedNumber(sql, duckType);
    case 'timestamp':
      // The UTC clock of an instant, without the ICU extension's casts.
      return duckType.endsWith('ZONE') ? `make_timestamp(epoch_us(${sql}))` : `CAST(${sql} AS TIMESTAMP)`;
    default:
      return sql;
  }
}

function normalisedNumber(sql: string, duckType: string): string {
  // A 32-bit float by its shortest decimal, so that 0.1 is the same number in Parquet (FLOAT) and in CSV.
  const double = duckType === 'FLOAT' ? `CAST(CAST(${sql} AS VARCHAR) AS DOUBLE)` : `CAST(${sql} AS DOUBLE)`;
  return /^(FLOAT|DOUBLE)$/.test(duckType) ? `CASE WHEN isnan(${sql}) THEN NULL ELSE ${double} END` : double;
}

/** The SQL type of a normalised column. */
export function sqlType(type: ColumnType): string {
  const types = { string: 'VARCHAR', integer: 'BIGINT', number: 'DOUBLE', boolean: 'BOOLEAN', date: 'DATE' } as const;
  return type === 'timestamp' ? 'TIMESTAMP' : types[type];
}

/**
 * What one file's column may be in the union of all: also `missing` (no value at all, so any type fits) and `na`
 * (nothing but spellings of "missing", which are text unless the column is numeric elsewhere).
 */
export type FoundType = StoredType | 'missing' | 'na';

/** The type that holds the values of both: integers widen to numbers, dates to timestamps, all else is text. */
export function commonType(a: FoundType, b: FoundType): FoundType {
  if (a === b) return a;
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (one === 'missing') return other;
    if (one === 'na') return other === 'integer' || other === 'number' ? other : 'string';
    if (one === 'integer' && other === 'number') return 'number';
    if (one === 'date' && other === 'timestamp') return 'timestamp';
  }
  return 'string';
}

/** The type of a column whose files are all known. */
export function finalType(found: FoundType): StoredType {
  return found === 'missing' || found === 'na' ? 'string' : found;
}
