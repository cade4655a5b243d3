import { canonicalText } from '../canonical.js';
import type { Lookup } from '../lookup.js';
import { identifier, literal } from '../sql.js';
import type { ColumnSchema, ColumnType } from '../table.js';

/** The type of SQL that a text is read as. */
export const SQL_TYPES: Readonly<Record<Exclude<ColumnType, 'string'>, string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
};

/** SQL condition: the value is missing. In the view `source` NULL is the only missing value (column-types.ts). */
export function missingCondition({ name }: ColumnSchema): string {
  return `(${identifier(name)} IS NULL)`;
}

/** Longer lists are looked up by a hash table, which the engine makes of an IN. */
const LONGEST_SEARCHED = 32;

/**
 * SQL condition: the value is one of a list, unknown where it is missing. Values that the column's type can never hold are
 * left out. `list_contains` is faster than a short IN, and looks at each value of a Parquet file's dictionary once.
 */
export function membership(column: ColumnSchema, values: readonly (string | number | boolean)[]): string {
  const { expression, literals } = comparable(column, values);
  if (literals.length === 0) return `(CASE WHEN ${identifier(column.name)} IS NOT NULL THEN FALSE END)`;
  if (literals.length > LONGEST_SEARCHED) return `(${expression} IN (${literals.join(', ')}))`;
  return `list_contains([${literals.join(', ')}], ${expression})`;
}

/**
 * A column, and the distinct values of a list as literals that it can be compared with. Those that the column's type can
 * never hold are left out.
 */
export function comparable(
  { name, type }: ColumnSchema,
  values: readonly (string | number | boolean)[],
): { readonly expression: string; readonly literals: readonly string[] } {
  const column = identifier(name);
  const distinct = (texts: readonly (string | undefined)[]) => [...new Set(texts.filter((text) => text !== undefined))];
  switch (type) {
    case 'integer':
    case 'number':
      return {
        expression: column,
        literals: distinct(values.map((value) => (isNumeric(value) ? literal(Number(value)) : undefined))),
      };
    case 'boolean':
      return {
        expression: column,
        literals: distinct(
          values.map((value) => (/^(true|false)$/i.test(String(value)) ? String(value).toUpperCase() : undefined)),
        ),
      };
    case 'date':
    case 'timestamp':
      return {
        expression: `epoch_us(${column})`,
        literals: distinct(values.map((value) => microseconds(String(value))?.toString())),
      };
    case 'string':
      return {
        expression: `CAST(${column} AS VARCHAR)`,
        literals: distinct(values.map((value) => literal(String(value)))),
      };
  }
}

/** SQL condition: every column has a value. */
export function presentCondition(columns: readonly ColumnSchema[]): string {
  return columns.map((column) => `NOT ${missingCondition(column)}`).join(' AND ');
}

/** SQL condition: a lookup does not have the values of the columns together. Types that differ are compared by their text. */
export function unknownCondition(columns: readonly ColumnSchema[], { table, types }: Lookup): string {
  const equal = columns.map(({ name, type }, index) => {
    const own = `source.${identifier(name)}`;
    const other = `known.k${index}`;
    const otherType = types[index]!;
    return type === otherType ? `${other} = ${own}` : `${canonicalText(other, otherType)} = ${canonicalText(own, type)}`;
  });
  return `NOT EXISTS (SELECT 1 FROM ${identifier(table)} AS known WHERE ${equal.join(' AND ')})`;
}

function isNumeric(value: string | number | boolean): boolean {
  return typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)));
}

/** Microseconds since 1970 UTC of `2024-01-31`, `2024-01-31 12:00`, `2024-01-31T12:00:00.5+02:00`; no zone means UTC. */
export function microseconds(text: string): bigint | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/.exec(
    text.trim(),
  );
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isReal || hour > 23 || minute > 59 || second > 59) return undefined;
  const [, sign, zoneHours, zoneMinutes] = /^([+-])(\d\d):?(\d\d)?$/.exec(parts[8] ?? '') ?? [];
  const zone = (Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0)) * (sign === '-' ? -1 : 1);
  const seconds = date.getTime() / 1000 + hour * 3600 + (minute - zone) * 60 + second;
  return BigInt(seconds) * 1_000_000n + BigInt((parts[7] ?? '').padEnd(6, '0'));
}
