import { formatCount, formatSigned } from '../core/format.js';
import type { Comparison, WorstSlice } from '../evaluation/comparison.js';
import { details } from './comment.js';
import { code } from './escape.js';
import { table } from './table.js';
import { confidenceText, plural, theChampion } from './wording.js';

type Searched = Pick<Comparison, 'search' | 'confidence'> & Partial<Pick<Comparison, 'champion'>>;

/** The slices that a search found in which the candidate does harm; folded, at decreasing lengths. */
export function searchSection(result: Searched): string[] {
  const { search } = result;
  if (!search || search.searched === 0) return [''];
  const against = result.champion ? `than with ${theChampion(result.champion)}` : 'than over all rows';
  if (search.found.length === 0) {
    return [
      `<sub>Of ${plural(search.searched, 'slice')} searched, none has a larger error ${against} beyond chance.</sub>`,
      '',
    ];
  }
  const summary = `<b>Worst slices</b>: ${plural(search.found.length, 'slice')} of ${formatCount(search.searched)} searched with a larger error ${against}`;
  const rows = search.found.map((slice) => [
    nameOf(slice),
    formatCount(slice.rows),
    signed(slice.difference),
    `${signed(slice.interval.low)} … ${signed(slice.interval.high)}`,
  ]);
  const columns = [
    { head: 'slice' },
    { head: 'rows', align: 'right' as const },
    { head: `${search.loss === 'absolute error' ? 'absolute' : 'squared'} error`, align: 'right' as const },
    { head: `${confidenceText(result.confidence)} interval`, align: 'center' as const },
  ];
  const legend = `<sub>Found by a search over groups and pairs of groups, and still there after Holm over all of them; being the worst of many, they look worse than they are.</sub>`;
  return [details(summary, `${table(columns, rows)}\n\n${legend}`), ''];
}

function nameOf({ parts }: WorstSlice): string {
  return parts.map((part) => code(part, 48)).join(' and ');
}

function signed(value: number): string {
  return formatSigned(value, Math.max(2, Math.min(6, 2 - Math.floor(Math.log10(Math.abs(value) || 1)))));
}
