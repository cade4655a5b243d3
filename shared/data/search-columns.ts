import { formatCompact } from '../core/format.js';
import { MISSING_INTEGER } from '../core/missing.js';
import type { Dataset } from './dataset.js';
import { valueText } from './slices.js';
import type { Column, Table } from './table.js';

/** A column cut into few groups, to search for slices: −1 for rows of none. */
export interface SearchColumn {
  readonly column: string;
  /** For people, a group each: `origin = ORD`, `distance 300 to 700`. */
  readonly names: readonly string[];
  readonly of: Int32Array;
}

/** Groups of a column: its largest values, or as many ranges with equally many rows. */
const MOST_GROUPS = 8;

/** Cuts columns into groups; what has one value only is left out. */
export function searchColumns(table: Table): SearchColumn[] {
  return [...table.columns].flatMap(([name, column]) => {
    const found = isOrdered(column) ? ranges(name, column) : values(name, column);
    return found.names.length > 1 ? [found] : [];
  });
}

function isOrdered(column: Column): column is Exclude<Column, { type: 'string' | 'boolean' }> {
  if (column.type === 'string' || column.type === 'boolean') return false;
  const seen = new Set<unknown>();
  for (const value of column.values as Iterable<unknown>) {
    seen.add(value);
    if (seen.size > MOST_GROUPS) return true;
  }
  return false;
}

/** Texts are counted by their codes: a string a row costs seconds among many. */
function values(column: string, data: Column): SearchColumn {
  const codes = data.type === 'string' ? data.codes : codesOf(data);
  const counts = new Map<number, { readonly row: number; count: number }>();
  for (let row = 0; row < codes.length; row++) {
    const found = counts.get(codes[row]!);
    if (found) found.count++;
    else counts.set(codes[row]!, { row, count: 1 });
  }
  const named = [...counts].flatMap(([code, { row, count }]) => {
    const text = valueText(data, row);
    return text === undefined ? [] : [{ code, text, count }];
  });
  const largest = named.sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1)).slice(0, MOST_GROUPS);
  const groups = new Map(largest.map(({ code }, group) => [code, group]));
  return {
    column,
    names: largest.map(({ text }) => `${column} = ${text}`),
    of: Int32Array.from(codes, (code) => groups.get(code) ?? -1),
  };
}

/** A number for each of the few values that there are. */
function codesOf({ values }: Exclude<Column, { type: 'string' }>): Uint32Array {
  const codes = new Map<unknown, number>();
  return Uint32Array.from(values as ArrayLike<unknown>, (value) => {
    const code = codes.get(value) ?? codes.size;
    codes.set(value, code);
    return code;
  });
}

function ranges(column: string, data: Exclude<Column, { type: 'string' }>): SearchColumn {
  const numbers = Float64Array.from(data.values as ArrayLike<number | bigint>, (value) =>
    value === MISSING_INTEGER ? Number.NaN : Number(value),
  );
  const sorted = numbers.filter((value) => !Number.isNaN(value)).sort();
  const ends = Array.from(
    { length: MOST_GROUPS },
    (_, group) => sorted[Math.ceil(((group + 1) * sorted.length) / MOST_GROUPS) - 1]!,
  );
  const cuts = [...new Set(ends)];
  const write = (value: number): string =>
    data.type === 'date' || data.type === 'timestamp'
      ? new Date(value / 1000).toISOString().slice(0, 10)
      : formatCompact(value);
  const names = cuts.map((end, group) => {
    const start = group === 0 ? sorted[0]! : cuts[group - 1]!;
    return `${column} ${group === 0 ? 'from' : 'above'} ${write(start)} to ${write(end)}`;
  });
  return {
    column,
    names,
    of: Int32Array.from(numbers, (value) => (Number.isNaN(value) ? -1 : cuts.findIndex((end) => value <= end))),
  };
}

/** What slices can be searched in where no model says what it reads: every column but target and key. */
export async function searchableColumns(dataset: Dataset): Promise<string[]> {
  const { columns } = await dataset.labelColumn();
  const keys = [dataset.spec.data.key ?? []].flat();
  return dataset.schema.map(({ name }) => name).filter((name) => !columns.includes(name) && !keys.includes(name));
}
