import type { Dataset } from './dataset.js';
import { columnOf, type Table } from './table.js';

/**
 * Columns of some rows, in the order of their names; see Dataset.table.
 * @param known columns of the same rows that have been read before: each read goes over all rows of the data
 */
export async function readColumns(
  dataset: Dataset,
  names: readonly string[],
  rows: Uint32Array,
  known?: Table,
): Promise<Table> {
  const read = await dataset.table(
    names.filter((name) => !known?.columns.has(name)),
    rows,
  );
  return {
    rows: rows.length,
    columns: new Map(names.map((name) => [name, known?.columns.get(name) ?? columnOf(read, name)])),
  };
}
