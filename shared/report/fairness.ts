import { formatCount, formatShare } from '../core/format.js';
import type { Comparison, FairnessGroup, GroupRates, ProtectedColumn } from '../evaluation/comparison.js';
import { details } from './comment.js';
import { code, codeElement } from './escape.js';
import { type TableColumn, table } from './table.js';
import { metricNumbers, theChampion } from './wording.js';

/** Groups of a column in a table, at most; more have no room in a comment. */
const MOST_GROUPS = 20;
const MOST_COLUMNS = 6;

type Measured = Pick<Comparison, 'fairness' | 'task' | 'metrics'> & Partial<Pick<Comparison, 'champion'>>;

/** How both models treat the groups of `evaluate.protected`; folded, at decreasing lengths. */
export function fairnessSection(result: Measured): string[] {
  const columns = (result.fairness ?? []).filter(({ groups }) => groups.length > 0);
  if (columns.length === 0) return [''];
  const names = columns
    .slice(0, 3)
    .map(({ column }) => codeElement(column, 30))
    .join(', ');
  const summary = `<b>Groups</b>: ${names}${columns.length > 3 ? ', …' : ''}${gaps(result)}`;
  const tables = columns.slice(0, MOST_COLUMNS).map((column) => `${code(column.column, 40)}\n\n${groupTable(column, result)}`);
  return [details(summary, `${tables.join('\n\n')}\n\n${legend(result)}`), ''];
}

function gaps({ metrics }: Measured): string {
  const gap = metrics.find(({ name }) => name === 'demographic_parity_difference');
  if (!gap || gap.candidate === null) return '';
  return `, decided positive in shares that differ by up to ${metricNumbers(gap).value(gap.candidate)}`;
}

function groupTable({ groups }: ProtectedColumn, result: Measured): string {
  const isBinary = result.task === 'binary';
  const compared = groups.some(({ champion }) => champion);
  const rates: readonly (readonly [head: string, rate: (rates: GroupRates) => number | null | undefined, isShare: boolean])[] =
    [
      ...(isBinary
        ? ([
            ['decided positive', (of: GroupRates) => of.selected, true],
            ['of the positive, found', (of: GroupRates) => of.found, true],
          ] as const)
        : []),
      ['predicted less true', (of: GroupRates) => of.excess, isBinary],
    ];
  const columns: TableColumn[] = [
    { head: 'group' },
    { head: 'rows', align: 'right' },
    ...rates.map(([head]): TableColumn => ({ head, align: 'right' })),
  ];
  const write = (value: number | null | undefined, isShare: boolean): string => {
    if (value === null || value === undefined) return '–';
    return isShare ? formatShare(value) : value.toPrecision(3);
  };
  const rows = groups.slice(0, MOST_GROUPS).map((group: FairnessGroup) => [
    code(group.name, 40),
    formatCount(group.rows),
    ...rates.map(([, rate, isShare]) => {
      const own = write(rate(group.candidate), isShare);
      return compared && group.champion ? `${write(rate(group.champion), isShare)} → ${own}` : own;
    }),
  ]);
  return table(columns, rows);
}

function legend(result: Measured): string {
  const compared = result.fairness?.some(({ groups }) => groups.some(({ champion }) => champion));
  const order = compared ? `${theChampion(result.champion)} → candidate · ` : '';
  return `<sub>${order}groups with fewer rows than <code>evaluate.min_rows</code> are left out; their differences stand among the metrics.</sub>`;
}
