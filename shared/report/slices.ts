import { formatCount } from '../core/format.js';
import type { Comparison, SliceComparison } from '../evaluation/comparison.js';
import { forest } from './bars.js';
import { details } from './comment.js';
import { code, codeElement } from './escape.js';
import { type TableColumn, table } from './table.js';
import { championName, confidenceText, metricNumbers, metricTitle, plural, signOf } from './wording.js';

type Sliced = Pick<Comparison, 'slices' | 'slicesLeftOut' | 'minRows' | 'confidence' | 'primary'> &
  Partial<Pick<Comparison, 'champion'>>;

/** The slices, folded, at decreasing lengths; the worst come first. */
export function sliceSection(result: Sliced): string[] {
  if (result.slices.length === 0) {
    return result.slicesLeftOut === 0 ? [''] : [leftOut(result), ''];
  }
  const compared = result.slices.some((slice) => slice.difference !== undefined);
  const ordered = compared ? byHarm(result.slices) : [...result.slices];
  const summary = sliceSummary(result, compared);
  return [500, 40, 10]
    .map((most) => {
      const shown = ordered.slice(0, most);
      const more = ordered.length - shown.length;
      const parts = [
        compared ? comparedTable(result, shown) : plainTable(result, shown),
        compared ? legend(result) : '',
        more > 0 ? `${plural(more, 'more slice')} not shown.` : '',
        result.slicesLeftOut > 0 ? leftOut(result) : '',
      ];
      return details(summary, parts.filter((part) => part !== '').join('\n\n'));
    })
    .concat('');
}

/** Slices with evidence of harm stand in the open, whatever the whole says. */
export function sliceWarning(result: Comparison): string {
  const worse = byHarm(result.slices.filter((slice) => slice.sign === 'worse'));
  if (worse.length === 0) return '';
  const named = worse.slice(0, 3).map((slice) => {
    const write = metricNumbers(slice);
    return `${code(slice.slice, 40)} ${write.signed(slice.difference)} (${write.signedInterval(slice.interval)}, ${plural(slice.rows, 'row')})`;
  });
  const more = worse.length > 3 ? ` and ${formatCount(worse.length - 3)} more` : '';
  return `🔴 **Worse in ${plural(worse.length, 'slice')}** of ${formatCount(result.slices.length)}: ${named.join(' · ')}${more}`;
}

function sliceSummary(result: Sliced, compared: boolean): string {
  const checked = `<b>Slices</b>: ${formatCount(result.slices.length)} checked`;
  if (!compared) return checked + weakest(result.slices);
  const worse = byHarm(result.slices.filter((slice) => slice.sign === 'worse'));
  const better = result.slices.filter((slice) => slice.sign === 'better').length;
  const names = worse
    .slice(0, 2)
    .map((slice) => codeElement(slice.slice, 30))
    .join(', ');
  const harm =
    worse.length === 0 ? '0 worse' : `<b>${formatCount(worse.length)} worse</b> (${names}${worse.length > 2 ? ', …' : ''})`;
  return `${checked}, ${harm}, ${formatCount(better)} better (Holm-corrected)`;
}

function weakest(slices: readonly SliceComparison[]): string {
  const measured = slices.filter((slice) => slice.candidate !== null);
  const bad = (slice: SliceComparison): number => (slice.better === 'higher' ? -1 : 1) * (slice.candidate ?? 0);
  const worst = measured.sort((a, b) => bad(b) - bad(a))[0];
  return worst ? `, weakest in ${codeElement(worst.slice, 30)} (${metricNumbers(worst).value(worst.candidate)})` : '';
}

/** Evidence of harm first, then evidence of gain, then none; within each the largest difference first. */
function byHarm(slices: readonly SliceComparison[]): SliceComparison[] {
  const rank = (slice: SliceComparison): number => (slice.sign === 'worse' ? 0 : slice.sign === 'better' ? 1 : 2);
  return [...slices].sort(
    (a, b) => rank(a) - rank(b) || Math.abs(b.difference ?? 0) - Math.abs(a.difference ?? 0) || (a.slice < b.slice ? -1 : 1),
  );
}

function comparedTable(result: Sliced, slices: readonly SliceComparison[]): string {
  const columns: TableColumn[] = [
    { head: 'slice' },
    { head: 'rows', align: 'right' },
    { head: championName(result.champion), align: 'right' },
    { head: 'candidate', align: 'right' },
    { head: 'difference', align: 'right' },
    { head: 'worse ┊ better', align: 'center' },
    { head: '', align: 'center' },
  ];
  const reach = reachOf(slices);
  return table(
    columns,
    slices.map((slice) => {
      const write = metricNumbers(slice);
      const direction = slice.better === 'higher' ? 1 : -1;
      const ends = slice.interval && [direction * slice.interval.low, direction * slice.interval.high];
      const picture =
        ends && slice.difference !== undefined && reach > 0
          ? forest(direction * slice.difference, Math.min(...ends), Math.max(...ends), reach)
          : '–';
      return [
        sliceName(slice),
        formatCount(slice.rows),
        write.value(slice.champion),
        slice.sign === 'better' ? `**${write.value(slice.candidate)}**` : write.value(slice.candidate),
        write.signed(slice.difference),
        picture,
        signOf(slice),
      ];
    }),
  );
}

/** A short name stays on one line; a long one may break, so that the table never grows sideways. */
function sliceName(slice: SliceComparison): string {
  const name = code(slice.slice, 48);
  return name.length <= 18 ? name.replaceAll(' ', '\u00a0') : name;
}

/** The scale of the pictures: nine of ten intervals fit whole. */
function reachOf(slices: readonly SliceComparison[]): number {
  const ends = slices
    .flatMap((slice) => (slice.interval ? [Math.max(Math.abs(slice.interval.low), Math.abs(slice.interval.high))] : []))
    .sort((a, b) => a - b);
  return ends[Math.ceil(ends.length * 0.9) - 1] ?? 0;
}

function plainTable(result: Sliced, slices: readonly SliceComparison[]): string {
  const columns: TableColumn[] = [
    { head: 'slice' },
    { head: 'rows', align: 'right' },
    { head: metricTitle(result.primary), align: 'right' },
    { head: `${confidenceText(result.confidence)} interval`, align: 'center' },
  ];
  return table(
    columns,
    slices.map((slice) => {
      const write = metricNumbers(slice);
      return [
        code(slice.slice, 48),
        formatCount(slice.rows),
        write.value(slice.candidate),
        write.interval(slice.candidateInterval),
      ];
    }),
  );
}

function legend(result: Sliced): string {
  return `<sub>${metricTitle(result.primary)} · the lines are ${confidenceText(result.confidence)} intervals of the difference, on one scale; ┊ is no difference.</sub>`;
}

function leftOut(result: Sliced): string {
  const verb = result.slicesLeftOut === 1 ? 'was' : 'were';
  return `${plural(result.slicesLeftOut, 'slice')} with fewer than ${formatCount(result.minRows)} rows ${verb} left out.`;
}
