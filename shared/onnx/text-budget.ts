/**
 * Nodes that cut texts into words make a tensor of all rows of a run times the words of its longest text, 80 bytes each as
 * measured. So one long text among many rows costs memory for every one of them, and rows are scored in runs that keep this in bounds.
 */

/**
 * Most rows of a run times characters of its longest text. A word and its blank have at least two characters, so these are at most
 * a million words: 80 MB. A text that is longer than this by itself is scored alone.
 */
export const MOST_CHARACTERS = 2_000_000;

/**
 * Divides the rows [start, end) into runs of at most `most` rows, in order.
 * @param lengthOf characters of the longest text of a row; absent where no column is text
 * @returns the ends of the runs
 */
export function runEnds(start: number, end: number, most: number, lengthOf?: (row: number) => number): number[] {
  const ends: number[] = [];
  let from = start;
  let longest = 0;
  for (let row = start; row < end; row++) {
    const length = lengthOf?.(row) ?? 0;
    const rows = row - from + 1;
    if (rows > most || (rows > 1 && rows * Math.max(longest, length) > MOST_CHARACTERS)) {
      ends.push(row);
      from = row;
      longest = 0;
    }
    if (length > longest) longest = length;
  }
  if (end > from) ends.push(end);
  return ends;
}
