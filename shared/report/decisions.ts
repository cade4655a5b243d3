import { formatCount, formatNumber, formatShare } from '../core/format.js';
import type { Calibration, CalibrationBin, Comparison, Confusion } from '../evaluation/comparison.js';
import { details } from './comment.js';
import { code } from './escape.js';
import { type TableColumn, table } from './table.js';
import { championName, plural, theChampion } from './wording.js';

type Decided = Pick<Comparison, 'confusion' | 'calibration'> & Partial<Pick<Comparison, 'champion'>>;

/** A comment is not wide enough for more. */
const MOST_CLASSES = 6;

/** Confusion and calibration of both models, side by side; folded, at decreasing lengths. */
export function decisionSection(result: Decided): string[] {
  const { confusion, calibration } = result;
  const champion = theChampion(result.champion);
  const isShown = confusion && confusion.classes.length > 1 && confusion.classes.length <= MOST_CLASSES;
  const matrix = isShown ? confusionTable(confusion, champion) : '';
  const groups =
    calibration && calibration.candidate.length > 1 ? calibrationTable(calibration, championName(result.champion)) : '';
  if (matrix === '' && groups === '') return [''];
  const wrong = isShown
    ? `: ${plural(wrongRows(confusion.candidate), 'row')} decided wrong${wrongBefore(confusion, champion)}`
    : '';
  const summary = `<b>${matrix === '' ? 'Calibration' : groups === '' ? 'Confusion' : 'Confusion and calibration'}</b>${wrong}`;
  const both = details(summary, [matrix, groups].filter((part) => part !== '').join('\n\n'));
  return matrix === '' || groups === '' ? [both, ''] : [both, details(summary, matrix), ''];
}

function wrongBefore({ champion }: Confusion, name: string): string {
  return champion ? `, ${formatCount(wrongRows(champion))} by ${name}` : '';
}

/** Rows off the diagonal. */
export function wrongRows(matrix: readonly (readonly number[])[]): number {
  return matrix.reduce(
    (sum, row, label) => sum + row.reduce((all, count, decision) => all + (label === decision ? 0 : count), 0),
    0,
  );
}

function confusionTable({ classes, candidate, champion }: Confusion, name: string): string {
  const columns: TableColumn[] = [
    { head: 'label' },
    ...classes.map((decided): TableColumn => ({ head: `decided ${code(decided, 20)}`, align: 'right' })),
  ];
  const rows = classes.map((label, row) => [
    code(label, 30),
    ...classes.map((_, decision) => {
      const now = formatCount(candidate[row]![decision]!);
      const cell = champion ? `${formatCount(champion[row]![decision]!)} → ${now}` : now;
      return row === decision ? `**${cell}**` : cell;
    }),
  ]);
  return table(columns, rows) + (champion ? `\n\n<sub>Rows, ${name} → candidate; in bold those that are right.</sub>` : '');
}

function calibrationTable({ candidate, champion }: Calibration, name: string): string {
  const number = (head: string): TableColumn => ({ head, align: 'right' });
  const columns: TableColumn[] = [
    { head: 'group' },
    ...(champion ? [number(`${name} said`), number('was')] : []),
    number('candidate said'),
    number('was'),
  ];
  const cells = (bin: CalibrationBin | undefined): string[] =>
    bin ? [formatNumber(bin.predicted, 3), formatNumber(bin.observed, 3)] : ['–', '–'];
  const length = Math.max(candidate.length, champion?.length ?? 0);
  const rows = Array.from({ length: Math.min(length, 20) }, (_, index) => [
    formatCount(index + 1),
    ...(champion ? cells(champion[index]) : []),
    ...cells(candidate[index]),
  ]);
  const off = (bins: readonly CalibrationBin[]): string => formatShare(distance(bins), 2);
  const mean = `On average the candidate is off by ${off(candidate)}${champion ? `, ${name === 'champion' ? 'the champion' : name} by ${off(champion)}` : ''}.`;
  return `${table(columns, rows)}\n\n<sub>Probability of the positive class in groups of equally many rows, and the share that was positive. ${mean}</sub>`;
}

/** The mean distance between what was said and what was, over rows. */
function distance(bins: readonly CalibrationBin[]): number {
  const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
  return rows === 0 ? 0 : bins.reduce((sum, bin) => sum + (bin.rows / rows) * Math.abs(bin.predicted - bin.observed), 0);
}
