import { type Labels, PARTS } from '../data/table.js';
import type { ComparedRows } from './comparison.js';
import { isLabelled } from './sample.js';

/** The part of each row, as an index into PARTS. */
type RowParts = ArrayLike<number>;

const TEST = PARTS.indexOf('test');

/**
 * The rows that may judge: test rows by the candidate's split rule, test rows by the champion's as well (so that neither model
 * can have trained on them, stopped by them or been calibrated with them), and labelled.
 * @returns their indices, ascending, and where the candidate's other test rows went (each is counted once)
 */
export function commonRows(input: {
  readonly candidateParts: RowParts;
  readonly championParts?: RowParts | undefined;
  readonly labels: Labels;
}): { readonly rows: Uint32Array; readonly counts: ComparedRows } {
  const { candidateParts, championParts, labels } = input;
  const rows: number[] = [];
  let test = 0;
  let seenByChampion = 0;
  let unlabelled = 0;
  for (let row = 0; row < candidateParts.length; row++) {
    if (candidateParts[row] !== TEST) continue;
    test++;
    if (championParts && championParts[row] !== TEST) seenByChampion++;
    else if (!isLabelled(labels, row)) unlabelled++;
    else rows.push(row);
  }
  return { rows: Uint32Array.from(rows), counts: { test, used: rows.length, seenByChampion, unlabelled } };
}
