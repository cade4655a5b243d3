/** Pictures in characters: they need no image host and read the same in light and dark, in a mail and in a terminal. */

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A horizontal bar, exact to an eighth of a character; a value above 0 always shows something. */
export function bar(share: number, width: number): string {
  const bounded = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const eighths = bounded === 0 ? 0 : Math.max(1, Math.round(bounded * width * 8));
  return '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}

/**
 * A difference with its interval on a common scale, as in a forest plot: `····├──●──┤··`, with `┊` where there is none.
 * @param reach the scale runs from −reach to +reach; what lies beyond ends in `◂` or `▸`
 * @param width an odd number of characters, the middle one is 0
 */
export function forest(difference: number, low: number, high: number, reach: number, width = 21): string {
  const middle = (width - 1) / 2;
  const place = (value: number): number => Math.round(middle + (value / reach) * middle);
  const inside = (at: number): number => Math.min(width - 1, Math.max(0, at));
  const cells: string[] = Array.from({ length: width }, (_, at) => (at === middle ? '┊' : ' '));
  const from = inside(place(low));
  const to = inside(place(high));
  for (let at = from; at <= to; at++) cells[at] = at === middle ? '┼' : '─';
  if (place(low) < 0) cells[0] = '◂';
  if (place(high) > width - 1) cells[width - 1] = '▸';
  cells[inside(place(difference))] = '●';
  return cells.join('');
}
