/** Pictures in characters: they need no image host and read the same in light and dark, in a mail and in a terminal. */

/** A plain space would be trimmed or collapsed at the ends of a code span. */
const SPACE = '\u00a0';

/**
 * A horizontal bar on a track: a code span of `width` characters, whose grey is the track. Exact to half a character;
 * a value above 0 always shows something.
 */
export function bar(share: number, width: number): string {
  const bounded = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const halves = bounded === 0 ? 0 : Math.max(1, Math.round(bounded * width * 2));
  const drawn = '━'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '╸' : '');
  return `\`${drawn.padEnd(width, SPACE)}\``;
}

/**
 * A difference with its interval on a common scale, as in a forest plot: a code span with a line from `low` to `high`,
 * a dot at the difference and a mark where there is none.
 * @param reach the scale runs from −reach to +reach; what lies beyond ends in `◂` or `▸`
 * @param width an odd number of characters, the middle one is 0
 */
export function forest(difference: number, low: number, high: number, reach: number, width = 15): string {
  const middle = (width - 1) / 2;
  const place = (value: number): number => Math.round(middle + (value / reach) * middle);
  const inside = (at: number): number => Math.min(width - 1, Math.max(0, at));
  const cells: string[] = Array.from({ length: width }, (_, at) => (at === middle ? '┊' : SPACE));
  const from = inside(place(low));
  const to = inside(place(high));
  for (let at = from; at <= to; at++) cells[at] = at === middle ? '┼' : '─';
  if (place(low) < 0) cells[0] = '◂';
  if (place(high) > width - 1) cells[width - 1] = '▸';
  cells[inside(place(difference))] = '●';
  return `\`${cells.join('')}\``;
}

const LEVELS = '▁▂▃▄▅▆▇█';

/**
 * Values one after the other as columns of eight heights: a code span. A middle dot stands where there is none.
 * @param most the value of the highest column
 */
export function sparkline(values: readonly (number | null)[], most: number): string {
  const drawn = values.map((value) => {
    if (value === null || !Number.isFinite(value)) return '·';
    const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
    return LEVELS[Math.min(LEVELS.length - 1, Math.floor(share * LEVELS.length))]!;
  });
  return `\`${drawn.join('')}\``;
}
