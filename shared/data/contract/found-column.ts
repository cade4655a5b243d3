import { nearest } from '../../spec/nearest.js';
import { columnKey } from '../column-names.js';
import type { Dataset } from '../dataset.js';
import { identifier } from '../sql.js';
import type { ColumnSchema } from '../table.js';

/** What the rules of a contract need to know of the columns. */
export type ContractColumns = Pick<Dataset, 'schema' | 'columnNames'>;

/** The column of that name, by SQL's rules of case. */
export function columnNamed({ schema }: ContractColumns, name: string): ColumnSchema | undefined {
  const exact = schema.find((column) => column.name === name);
  return exact ?? schema.find((column) => columnKey(column.name) === columnKey(name));
}

/** What is said of a column that rules cannot be held against. */
export function absence({ schema, columnNames }: ContractColumns, name: string): string {
  if (columnNames.some((one) => columnKey(one) === columnKey(name))) return 'holds lists or objects, which rules do not reach';
  const near = nearest(
    name,
    schema.map((column) => column.name),
  );
  return near === undefined ? 'no such column' : `no such column; the nearest is ${near}`;
}

/** SQL text: the values of columns, joined for people. */
export function columnsText(columns: readonly string[]): string {
  if (columns.length === 0) return "''";
  return `concat_ws(', ', ${columns.map((name) => `coalesce(CAST(${identifier(name)} AS VARCHAR), '(missing)')`).join(', ')})`;
}
