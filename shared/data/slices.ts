import { UserError } from '../core/errors.js';
import { MISSING_INTEGER } from '../core/missing.js';
import type { LoadedSpec } from '../spec/load.js';
import type { Dataset } from './dataset.js';
import { type Column, columnOf } from './table.js';

/** A named part of the judged rows, as indices into them. */
export interface RowSlice {
  readonly name: string;
  readonly rows: Uint32Array;
  readonly minRows?: number;
}

/** A column gives a slice for each of its largest values; the rest are too small to say anything of. */
const VALUES_OF_A_COLUMN = 10;

/**
 * The slices of `evaluate.slices`: a column means its 10 largest values, an expression the rows where it is true.
 * @param rows the judged rows, in the dataset's order
 */
export async function specSlices(dataset: Dataset, { spec, locate }: LoadedSpec, rows: Uint32Array): Promise<RowSlice[]> {
  const slices: RowSlice[] = [];
  for (const [index, slice] of (spec.evaluate.slices ?? []).entries()) {
    const location = locate(['evaluate', 'slices', index]);
    if (typeof slice === 'string') {
      const { name } = dataset.column(slice, location);
      slices.push(...largestValues(name, columnOf(await dataset.table([name], rows), name)));
      continue;
    }
    const condition = await dataset.values(slice.sql, location, rows);
    if (condition.type !== 'boolean')
      throw new UserError({
        message: `slice ${JSON.stringify(slice.name)}: the expression is ${condition.type}, not true or false`,
        location,
      });
    slices.push({
      name: slice.name,
      rows: rowsWhere(condition.values.length, (row) => condition.values[row] === 1),
      ...(slice.min_rows !== undefined && { minRows: slice.min_rows }),
    });
  }
  return slices;
}

/** A column's groups of rows: −1 for the rows of none. */
export interface RowGroups {
  readonly column: string;
  readonly names: readonly string[];
  readonly of: Int32Array;
}

/**
 * The groups of `evaluate.protected`: of each column its 10 largest values with at least `evaluate.min_rows` of the judged rows.
 * @throws UserError for a column that is not there
 */
export async function protectedGroups(dataset: Dataset, { spec, locate }: LoadedSpec, rows: Uint32Array): Promise<RowGroups[]> {
  const found: RowGroups[] = [];
  for (const [index, wanted] of (spec.evaluate.protected ?? []).entries()) {
    const { name } = dataset.column(wanted, locate(['evaluate', 'protected', index]));
    const slices = largestValues(name, columnOf(await dataset.table([name], rows), name)).filter(
      (slice) => slice.rows.length >= spec.evaluate.min_rows,
    );
    const of = new Int32Array(rows.length).fill(-1);
    for (const [group, slice] of slices.entries()) for (const row of slice.rows) of[row] = group;
    found.push({ column: name, names: slices.map((slice) => slice.name.slice(name.length + 3)), of });
  }
  return found;
}

function largestValues(name: string, column: Column): RowSlice[] {
  const groups = new Map<string, number[]>();
  const count = column.type === 'string' ? column.codes.length : column.values.length;
  for (let row = 0; row < count; row++) {
    const text = valueText(column, row);
    if (text === undefined) continue;
    const group = groups.get(text);
    if (group) group.push(row);
    else groups.set(text, [row]);
  }
  return [...groups]
    .sort(([a, first], [b, second]) => second.length - first.length || (a < b ? -1 : 1))
    .slice(0, VALUES_OF_A_COLUMN)
    .map(([value, group]) => ({ name: `${name} = ${value}`, rows: Uint32Array.from(group) }));
}

/** A value for people; undefined when it is missing. */
function valueText(column: Column, row: number): string | undefined {
  if (column.type === 'string') return column.dictionary[column.codes[row]!] || undefined;
  const value = column.values[row]!;
  if (value === MISSING_INTEGER || Number.isNaN(value)) return undefined;
  if (column.type === 'boolean') return value === 1 ? 'true' : 'false';
  if (column.type === 'date' || column.type === 'timestamp') {
    const instant = new Date(Number(value) / 1000).toISOString();
    return column.type === 'date' ? instant.slice(0, 10) : instant;
  }
  return String(value);
}

function rowsWhere(count: number, holds: (row: number) => boolean): Uint32Array {
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (holds(row)) rows.push(row);
  return Uint32Array.from(rows);
}
