import { formatCount, formatShare } from '../core/format.js';
import type { ClassCounts, Comparison, PerClass } from '../evaluation/comparison.js';
import { details } from './comment.js';
import { code, codeElement } from './escape.js';
import { type TableColumn, table } from './table.js';
import { theChampion } from './wording.js';

type Classified = Pick<Comparison, 'classes'> & Partial<Pick<Comparison, 'champion'>>;

/** Precision and recall of each class in both models; folded, at decreasing lengths. */
export function classSection(result: Classified): string[] {
  const classes = result.classes ?? [];
  if (classes.length === 0) return [''];
  const compared = classes.some(({ champion }) => champion);
  const summary = `<b>Classes</b>: ${formatCount(classes.length)}, weakest recall in ${weakest(classes)}`;
  const legend = compared ? `\n\n<sub>${theChampion(result.champion)} → candidate</sub>` : '';
  return [100, 20]
    .map((most) => {
      const more = classes.length > most ? `\n\n${formatCount(classes.length - most)} more classes not shown.` : '';
      return details(summary, `${classTable(classes.slice(0, most))}${more}${legend}`);
    })
    .concat('');
}

function classTable(classes: readonly PerClass[]): string {
  const columns: TableColumn[] = [
    { head: 'class' },
    ...['rows', 'decided', 'right', 'precision', 'recall'].map((head): TableColumn => ({ head, align: 'right' })),
  ];
  const cell = (item: PerClass, write: (counts: ClassCounts) => string): string =>
    item.champion ? `${write(item.champion)} → ${write(item.candidate)}` : write(item.candidate);
  return table(
    columns,
    classes.map((item) => [
      code(item.name, 40),
      formatCount(item.rows),
      cell(item, ({ decided }) => formatCount(decided)),
      cell(item, ({ right }) => formatCount(right)),
      cell(item, ({ right, decided }) => share(right, decided)),
      cell(item, ({ right }) => share(right, item.rows)),
    ]),
  );
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : formatShare(part / whole);
}

function weakest(classes: readonly PerClass[]): string {
  const recall = ({ rows, candidate }: PerClass): number => (rows === 0 ? 1 : candidate.right / rows);
  const worst = [...classes].sort((a, b) => recall(a) - recall(b))[0]!;
  return `${codeElement(worst.name, 30)} (${formatShare(recall(worst))})`;
}
