import { markdownTable } from 'markdown-table';

export type Align = 'left' | 'right' | 'center';

/** A column of a table: its heading (safe Markdown) and how it is aligned. */
export interface TableColumn {
  readonly head: string;
  readonly align?: Align;
}

/** Cells beyond this are not padded: the source would grow by more than it gains in looks. */
const WIDEST_PADDED_ROW = 150;

/**
 * A GFM table. Cells are safe Markdown already (escape.ts); a line break or a bare pipe in one is a bug of the caller.
 * @throws Error on such a cell, or on a row of another length than the head
 */
export function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => column.head);
  for (const row of [head, ...rows]) {
    if (row.length !== columns.length) throw new Error(`a row has ${row.length} cells where the table has ${columns.length}`);
    const broken = row.find((cell) => /[\n|]/.test(cell));
    if (broken !== undefined) throw new Error(`a table cell is not escaped: ${JSON.stringify(broken)}`);
  }
  const widest = rows.reduce(
    (most, row) =>
      Math.max(
        most,
        row.reduce((sum, cell) => sum + cell.length, 0),
      ),
    0,
  );
  return markdownTable([head, ...rows.map((row) => [...row])], {
    align: columns.map((column) => (column.align === 'left' ? null : (column.align ?? null))),
    alignDelimiters: widest <= WIDEST_PADDED_ROW,
  });
}
