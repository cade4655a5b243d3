import { UserError } from '../core/errors.js';
import { filled } from '../core/filled.js';
import type { LoadedSpec } from '../spec/load.js';
import type { Dataset } from './dataset.js';
import { readColumns } from './known-columns.js';
import { type LargestValues, largestValues } from './largest-values.js';
import { columnOf, type Table } from './table.js';

/** A named part of the judged rows, as indices into them. */
export interface RowSlice {
  readonly name: string;
  readonly rows: Uint32Array;
  readonly minRows?: number;
}

/** A column gives a slice for each of its largest values; the rest are too small to say anything of. */
const VALUES_OF_A_COLUMN = 10;

export interface SlicedRows {
  /** The judged rows, in the dataset's order. */
  readonly rows: Uint32Array;
  /** Columns of these rows that have been read before. */
  readonly known?: Table | undefined;
}

/**
 * The slices of `evaluate.slices`: a column means its 10 largest values, an expression the rows where it is true.
 */
export async function specSlices(dataset: Dataset, { spec, locate }: LoadedSpec, judged: SlicedRows): Promise<RowSlice[]> {
  const slices: RowSlice[] = [];
  for (const [index, slice] of (spec.evaluate.slices ?? []).entries()) {
    const location = locate(['evaluate', 'slices', index]);
    if (typeof slice === 'string') {
      const { name } = dataset.column(slice, location);
      slices.push(...slicesOf(name, await largestOf(dataset, name, judged)));
      continue;
    }
    const condition = await dataset.values(slice.sql, location, judged.rows);
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
export async function protectedGroups(
  dataset: Dataset,
  { spec, locate }: LoadedSpec,
  judged: SlicedRows,
): Promise<RowGroups[]> {
  const found: RowGroups[] = [];
  for (const [index, wanted] of (spec.evaluate.protected ?? []).entries()) {
    const { name } = dataset.column(wanted, locate(['evaluate', 'protected', index]));
    const { texts, counts, of } = await largestOf(dataset, name, judged);
    // The largest come first, so those that are large enough do.
    const names = texts.filter((_, place) => counts[place]! >= spec.evaluate.min_rows);
    found.push({ column: name, names, of: filled(of, (row) => (of[row]! < names.length ? of[row]! : -1)) });
  }
  return found;
}

async function largestOf(dataset: Dataset, name: string, { rows, known }: SlicedRows): Promise<LargestValues> {
  return largestValues(columnOf(await readColumns(dataset, [name], rows, known), name), VALUES_OF_A_COLUMN);
}

function slicesOf(column: string, { texts, counts, of }: LargestValues): RowSlice[] {
  const slices = texts.map((text, place) => ({ name: `${column} = ${text}`, rows: new Uint32Array(counts[place]!) }));
  const lengths = new Uint32Array(texts.length);
  for (let row = 0; row < of.length; row++) {
    const place = of[row]!;
    if (place >= 0) slices[place]!.rows[lengths[place]!++] = row;
  }
  return slices;
}

function rowsWhere(count: number, holds: (row: number) => boolean): Uint32Array {
  const rows: number[] = [];
  for (let row = 0; row < count; row++) if (holds(row)) rows.push(row);
  return Uint32Array.from(rows);
}
