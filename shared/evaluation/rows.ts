import { type Labels, OUTSIDE, PARTS } from '../data/table.js';
import type { ComparedRows } from './comparison.js';
import { isLabelled } from './sample.js';

/** The part of each row, as an index into PARTS or OUTSIDE. */
type RowParts = ArrayLike<number>;

const TEST = PARTS.indexOf('test');

/**
 * The rows that may judge: test rows by the candidate's split rule, test rows by the champion's as well (so that neither model
 * can have trained on them, stopped by them or been calibrated with them), and labelled. Rows outside of the champion's window
 * are as new to it as test rows.
 * @param input.recent 1 for the rows that may judge; default all
 * @returns their indices, ascending, and where the candidate's other test rows went (each is counted once)
 */
export function commonRows(input: {
  readonly candidateParts: RowParts;
  readonly championParts?: RowParts | undefined;
  readonly labels: Labels;
  readonly recent?: ArrayLike<number> | undefined;
}): { readonly rows: Uint32Array; readonly counts: ComparedRows } {
  const { candidateParts, championParts, labels, recent } = input;
  const rows: number[] = [];
  let test = 0;
  let seenByChampion = 0;
  let older = 0;
  let unlabelled = 0;
  for (let row = 0; row < candidateParts.length; row++) {
    if (candidateParts[row] !== TEST) continue;
    test++;
    if (championParts && championParts[row] !== TEST && championParts[row] !== OUTSIDE) seenByChampion++;
    else if (recent && recent[row] !== 1) older++;
    else if (!isLabelled(labels, row)) unlabelled++;
    else rows.push(row);
  }
  return {
    rows: Uint32Array.from(rows),
    counts: { test, used: rows.length, seenByChampion, ...(recent && { older }), unlabelled },
  };
}
