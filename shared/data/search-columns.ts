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
  return (
    column.type !== 'string' && column.type !== 'boolean' && new Set(column.values as Iterable<unknown>).size > MOST_GROUPS
  );
}

function values(column: string, data: Column): SearchColumn {
  const rows = data.type === 'string' ? data.codes.length : data.values.length;
  const counts = new Map<string, number>();
  const texts: (string | undefined)[] = [];
  for (let row = 0; row < rows; row++) {
    const text = valueText(data, row);
    texts.push(text);
    if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const largest = [...counts].sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1)).slice(0, MOST_GROUPS);
  const groups = new Map(largest.map(([text], group) => [text, group]));
  return {
    column,
    names: largest.map(([text]) => `${column} = ${text}`),
    of: Int32Array.from(texts, (text) => (text === undefined ? -1 : (groups.get(text) ?? -1))),
  };
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
