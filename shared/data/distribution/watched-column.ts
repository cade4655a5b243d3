import type { DatePart } from '../../spec/schema.js';
import type { ColumnType } from '../table.js';

/** A column whose distribution is wanted. */
export interface WatchedColumn {
  /** What the distribution is called. */
  readonly name: string;
  /** SQL over the table, of the one SQL type of its column type (column-types.ts). */
  readonly sql: string;
  readonly type: ColumnType;
  /** Dates and timestamps are never looked at as a whole, since time goes on by itself: this part of them is. */
  readonly part?: DatePart;
}

/** SQL of a value as text; parts of dates sort by their text. */
export function levelSql(column: string, watched: WatchedColumn): string {
  return levelText(levelKey(column, watched), watched);
}

/** SQL of what rows are grouped by: a text, or what is cheaper than its text. */
export function levelKey(column: string, { type, part }: WatchedColumn): string {
  if (part === undefined) return type === 'string' ? `nullif(${column}, '')` : column;
  if (part === 'weekday') return `isodow(${column})`;
  return part === 'is_weekend' ? `isodow(${column}) >= 6` : `${part}(${column})`;
}

/** SQL of the text of such a key. */
export function levelText(key: string, { type, part }: WatchedColumn): string {
  if (part === undefined) return type === 'string' ? key : `CAST(${key} AS VARCHAR)`;
  if (part === 'quarter') return `'Q' || CAST(${key} AS VARCHAR)`;
  if (part === 'is_weekend') return `CAST(${key} AS VARCHAR)`;
  // 2024 began on a Monday.
  if (part === 'weekday') return `strftime(DATE '2023-12-31' + CAST(${key} AS INTEGER), '%u %a')`;
  return `printf('%0${part === 'year' ? 4 : 2}d', CAST(${key} AS INTEGER))`;
}
