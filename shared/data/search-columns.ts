import { filled } from '../core/filled.js';
import { formatCompact } from '../core/format.js';
import { MISSING_INTEGER } from '../core/missing.js';
import type { Dataset } from './dataset.js';
import { largestValues } from './largest-values.js';
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

type OrderedColumn = Exclude<Column, { type: 'string' | 'boolean' }>;

function isOrdered(column: Column): column is OrderedColumn {
  if (column.type === 'string' || column.type === 'boolean') return false;
  const seen = new Set<unknown>();
  for (const value of column.values as Iterable<unknown>) {
    seen.add(value);
    if (seen.size > MOST_GROUPS) return true;
  }
  return false;
}

function values(column: string, data: Column): SearchColumn {
  const { texts, of } = largestValues(data, MOST_GROUPS);
  return { column, names: texts.map((text) => `${column} = ${text}`), of };
}

function ranges(column: string, data: OrderedColumn): SearchColumn {
  const numbers = numbersOf(data);
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
    of: filled(new Int32Array(numbers.length), (row) => rangeOf(numbers[row]!, cuts)),
  };
}

/** NaN where they are missing. */
function numbersOf({ values }: OrderedColumn): Float64Array {
  if (!(values instanceof BigInt64Array)) return values;
  return filled(new Float64Array(values.length), (row) => (values[row] === MISSING_INTEGER ? Number.NaN : Number(values[row])));
}

/** Ascending ends, the last of which is the largest number; −1 for NaN. */
function rangeOf(value: number, ends: readonly number[]): number {
  if (Number.isNaN(value)) return -1;
  let at = 0;
  while (value > ends[at]!) at++;
  return at;
}

/** What slices can be searched in where no model says what it reads: every column but target and key. */
export async function searchableColumns(dataset: Dataset): Promise<string[]> {
  const { columns } = await dataset.labelColumn();
  const keys = [dataset.spec.data.key ?? []].flat();
  return dataset.schema.map(({ name }) => name).filter((name) => !columns.includes(name) && !keys.includes(name));
}
