import { formatCount, formatShare, formatSigned } from '../core/format.js';
import type { Comparison, GroupRates, PerClass } from '../evaluation/comparison.js';
import { type HeadCell, html, nameHtml, tableHtml } from './page/marks.js';
import { confidenceText, plural } from './wording.js';

/** How the models do in parts of the rows, for their page: the worst slices that a search found, protected groups, classes. */

/** More groups of a column, or classes, than these and nobody reads them; `comparison.json` has them all. */
const MOST_ROWS = 200;

const number = (text: string): HeadCell => ({ text, kind: 'number loose' });
const name = (text: string): HeadCell => ({ text, kind: 'name' });

/** @param champion how it is called; absent where there is none */
export function worstSlicesHtml({ search, confidence }: Pick<Comparison, 'search' | 'confidence'>, champion?: string): string {
  if (!search || search.searched === 0) return '';
  const against = champion === undefined ? 'than over all rows' : `than with ${html(champion)}`;
  const words = `Of ${plural(search.searched, 'slice')} searched, ${search.found.length === 0 ? 'none has' : `${plural(search.found.length, 'slice')} ${search.found.length === 1 ? 'has' : 'have'}`} a larger ${search.loss} ${against} beyond chance.${search.found.length === 0 ? '' : ' Being the worst of many, they look worse than they are.'}`;
  const rows = search.found.map(({ parts, rows: count, difference, interval }) => [
    parts.map((part) => nameHtml(part)).join(' and '),
    formatCount(count),
    formatSigned(difference),
    `${formatSigned(interval.low)} … ${formatSigned(interval.high)}`,
  ]);
  const head = [name('slice'), number('rows'), number('more error'), number(`${confidenceText(confidence)} interval`)];
  const found = rows.length === 0 ? '' : `\n<div class="card">${tableHtml(head, rows)}</div>`;
  return `<h2>Worst slices</h2>\n<p class="soft">${words}</p>${found}`;
}

/** How both models treat the groups of `evaluate.protected`. @param champion how it is called */
export function fairnessHtml({ fairness, task }: Pick<Comparison, 'fairness' | 'task'>, champion: string): string {
  const columns = (fairness ?? []).filter(({ groups }) => groups.length > 0);
  if (columns.length === 0) return '';
  const isBinary = task === 'binary';
  const rates: readonly (readonly [head: string, rate: (of: GroupRates) => number | null | undefined, isShare: boolean])[] = [
    ...(isBinary ? ([['decided positive', (of: GroupRates) => of.selected, true]] as const) : []),
    ...(isBinary ? ([['of the positive, found', (of: GroupRates) => of.found, true]] as const) : []),
    ['predicted less true', (of) => of.excess, isBinary],
  ];
  const write = (value: number | null | undefined, isShare: boolean): string => {
    if (value === null || value === undefined) return '–';
    return isShare ? formatShare(value) : formatSigned(value);
  };
  const tables = columns.map(({ column, groups }) => {
    const rows = groups
      .slice(0, MOST_ROWS)
      .map(({ name: group, rows: count, candidate, champion: before }) => [
        nameHtml(group),
        formatCount(count),
        ...rates.map(([, rate, isShare]) =>
          beforeAndNow(before && write(rate(before), isShare), write(rate(candidate), isShare)),
        ),
      ]);
    return `<div class="card">${tableHtml([name(nameHtml(column)), number('rows'), ...rates.map(([head]) => number(head))], rows)}</div>`;
  });
  return `<h2>Groups</h2>\n<p class="soft">${order(champion, columns[0]!.groups)} Their differences stand among the metrics.</p>\n${tables.join('\n')}`;
}

/** Precision and recall of each class. @param champion how it is called */
export function classesHtml({ classes }: Pick<Comparison, 'classes'>, champion: string): string {
  if (!classes || classes.length === 0) return '';
  const rows = classes
    .slice(0, MOST_ROWS)
    .map((item) => [
      nameHtml(item.name),
      formatCount(item.rows),
      ofBoth(item, ({ right, decided }) => share(right, decided)),
      ofBoth(item, ({ right }) => share(right, item.rows)),
    ]);
  const head = [name('class'), number('rows'), number('precision'), number('recall')];
  const words = order(champion, classes);
  return `<h2>Classes</h2>\n${words === '' ? '' : `<p class="soft">${words}</p>\n`}<div class="card">${tableHtml(head, rows)}</div>`;
}

function ofBoth({ candidate, champion }: PerClass, write: (of: PerClass['candidate']) => string): string {
  return beforeAndNow(champion && write(champion), write(candidate));
}

function beforeAndNow(before: string | undefined, now: string): string {
  if (before === undefined) return now;
  return `<span class="soft whole">${before} →</span> <span class="whole">${now}</span>`;
}

function order(champion: string, items: readonly { readonly champion?: unknown }[]): string {
  return items.some((item) => item.champion !== undefined) ? `${html(champion)} → candidate.` : '';
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : formatShare(part / whole);
}
