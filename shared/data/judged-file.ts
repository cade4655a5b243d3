import { columnKey } from './column-names.js';
import { sqlType } from './column-types.js';
import type { Dataset } from './dataset.js';
import { type JudgedModelRows, withJudgement } from './judged-values.js';
import { valueSql, type WrittenColumn, writeFound } from './part-files.js';
import { identifier } from './sql.js';
import type { ColumnSchema } from './table.js';

export interface JudgedFile {
  readonly file: string;
  readonly format: 'parquet' | 'csv';
  /** The columns of the data that it gets; none whose name is `label`, `prediction` or `decision`, which mean the judgement's. */
  readonly columns: readonly ColumnSchema[];
}

/**
 * Writes what a model says of judged rows, and the rows: `label`, `prediction` and `decision` (see judgedValues), of more than two classes
 * `score_<class>` for each, and columns of the data. Missing text is the empty text, all else that is missing is NULL.
 * @param rows the judged rows in the dataset's order, which is the file's
 * @returns the names of the columns with the scores, in the order of the labels' classes
 */
export function writeJudgedFile(
  dataset: Dataset,
  rows: Uint32Array,
  model: JudgedModelRows,
  { file, format, columns }: JudgedFile,
): Promise<readonly string[]> {
  return withJudgement(dataset, rows, model, async ({ view, place, scores }) => {
    const { labels } = model;
    const classType = labels.task === 'multiclass' ? 'string' : 'number';
    const written: WrittenColumn[] = [
      { name: 'label', type: classType, sql: 'label' },
      { name: 'prediction', type: 'number', sql: 'prediction' },
      { name: 'decision', type: classType, sql: 'decision' },
      ...columns.map(({ name, type }) => ({ name, type, sql: valueSql(identifier(name), type) })),
    ];
    const taken = new Set(written.map(({ name }) => columnKey(name)));
    const names = labels.task === 'multiclass' ? labels.classes.map((name) => freeName(`score_${name}`, taken)) : [];
    written.push(...names.map((name, index) => ({ name, type: 'number' as const, sql: scores[index]! })));
    const values = written.map(({ sql, type }) => `CAST(${sql} AS ${sqlType(type)})`).join(', ');
    await writeFound(dataset, `SELECT ${values} FROM ${view} ORDER BY ${place}`, written, file, format);
    return names;
  });
}

/** The name, with underscores behind it while another column has it. */
function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  while (taken.has(columnKey(name))) name += '_';
  taken.add(columnKey(name));
  return name;
}
