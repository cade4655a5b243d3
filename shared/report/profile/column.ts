import { formatCompact, formatCount, formatNumber, formatShare } from '../../core/format.js';
import type { ColumnProfile, Profile, Relation, TargetProfile, ValueProfile } from '../../data/profile/result.js';
import { barHtml, figureHtml, html, nameHtml, tableHtml, termsHtml } from '../page/marks.js';
import { classColor, distinctText, isBinary, shareText, shortNumber, valueText } from './words.js';

/** A column's card on the profile's page: its distribution, what the target is along it, and its numbers. */

/** The module that draws, which is imported late. */
export type Charts = Pick<typeof import('./charts.js'), 'histogramChart' | 'relationChart'>;

/** Rows of a table of values that are seen before it is opened. */
const FIRST_VALUES = 8;

/** Of so many columns one finds the way back by scrolling. */
const FEW = 12;

const BACK = '<a class="back" href="#columns">all columns</a>';

export function columnCard(column: ColumnProfile, index: number, profile: Profile, charts: Charts): string {
  const { name, type, role, missing, relation } = column;
  const found = profile.findings.filter((finding) => finding.column === name && finding.kind !== 'target');
  const chips = [
    type,
    ...(role === 'feature' ? [] : [role]),
    ...(missing > 0 ? [`${shareText(missing / profile.rows)} missing`] : []),
    ...(relation && relation.strength >= 0.0005 ? [`explains ${formatShare(relation.strength)}`] : []),
  ].map((text) => `<span class="chip">${html(text)}</span>`);
  const warned = found.map(({ kind, level }) => `<span class="chip ${level}">${html(kind)}</span>`);
  return [
    `<section class="card column" id="column-${index}">`,
    `<div class="head"><h3>${nameHtml(name, 100)}</h3>${[...chips, ...warned].join('')}${profile.columns.length > FEW ? BACK : ''}</div>`,
    column.levels ? levelPictures(column, profile) : numberPictures(column, profile, charts),
    statistics(column, profile),
    '</section>',
  ].join('\n');
}

export function targetCard(profile: Profile, charts: Charts): string {
  const { target, rows } = profile;
  const heading = `<h2>The target: ${nameHtml(target.name)}</h2>`;
  const sql = target.sql === undefined ? '' : `<p class="soft">Derived: <code>${html(target.sql, 300)}</code></p>`;
  const missing =
    target.missing > 0
      ? `<p class="soft">${formatCount(target.missing)} rows (${shareText(target.missing / rows)}) have no target.</p>`
      : '';
  const body = target.classes
    ? classTable(target)
    : target.numbers
      ? `<div class="pictures">${figureHtml(histogramCaption(target), charts.histogramChart(target.name, target.type, target.numbers))}</div>${statistics(target, profile)}`
      : '';
  return `${heading}\n<div class="card">${sql}${body}${missing}</div>`;
}

function classTable({ classes = [] }: TargetProfile): string {
  const total = classes.reduce((sum, { count }) => sum + count, 0);
  const rows = classes.map(({ value, count, other }, index) => [
    other ? '<i>other</i>' : nameHtml(value),
    `<span class="bar"><i style="left:0;width:${Number(((100 * count) / Math.max(1, total)).toFixed(2))}%;background:${classColor(index, other === true)}"></i></span>`,
    formatCount(count),
    shareText(count / total),
  ]);
  return tableHtml(
    [
      { text: 'class', kind: 'name' },
      { text: '', kind: 'wide' },
      { text: 'rows', kind: 'number' },
      { text: 'share', kind: 'number' },
    ],
    rows,
  );
}

function numberPictures(column: ColumnProfile, profile: Profile, charts: Charts): string {
  const { name, type, numbers, relation } = column;
  if (!numbers) return `<p class="soft">${type === 'nested' ? 'Lists, objects or bytes.' : 'No value.'}</p>`;
  const pictures = [figureHtml(histogramCaption(column), charts.histogramChart(name, type, numbers))];
  if (relation && relation.groups.filter(({ kind }) => kind === 'range').length > 1) {
    const legend = needsLegend(profile.target) ? classLegend(profile.target) : '';
    pictures.push(
      figureHtml(relationCaption(relation, profile), charts.relationChart(name, type, relation, profile.target) + legend),
    );
  }
  return `<div class="pictures">${pictures.join('\n')}</div>`;
}

function needsLegend(target: TargetProfile): boolean {
  return target.classes !== undefined && !isBinary(target);
}

function classLegend({ classes = [] }: TargetProfile): string {
  const items = classes.map(
    ({ value, other }, index) => `<span style="--swatch:${classColor(index, other === true)}">${nameHtml(value, 30)}</span>`,
  );
  return `<div class="legend">${items.join('')}</div>`;
}

function histogramCaption({ type, numbers }: ValueProfile): string {
  const { histogram } = numbers!;
  const { below, above, counts, from, step } = histogram;
  const end = Number((from + counts.length * step).toPrecision(12));
  const tails = [
    ...(below > 0 ? [`${formatCount(below)} below ${valueText(type, from)}`] : []),
    ...(above > 0 ? [`${formatCount(above)} from ${valueText(type, end)} on`] : []),
  ];
  return `Rows by value${tails.length > 0 ? `; not shown: ${html(tails.join(', '))}` : ''}`;
}

function relationCaption({ groups }: Relation, { target }: Profile): string {
  const count = groups.filter(({ kind }) => kind === 'range').length;
  const missing = groups.some(({ kind }) => kind === 'missing') ? '; a diamond: where it is missing' : '';
  const cut = `${formatCount(count)} groups of neighbouring values`;
  if (isBinary(target)) {
    return `Share of ${nameHtml(target.name)} = ${nameHtml(target.classes!.at(-1)!.value, 30)}, in ${cut}; dashed: overall${missing}`;
  }
  if (target.classes) return `Classes of ${nameHtml(target.name)}, in ${cut}`;
  return `Mean ${nameHtml(target.name)}, in ${cut}; dashed: overall${missing}`;
}

/** Texts: a table says more than a picture, on a phone too. What the target is stands beside each value. */
function levelPictures({ levels, relation, missing }: ColumnProfile, { rows, target }: Profile): string {
  const { top, other } = levels!;
  const outcome = (kind: string, value?: string): string => {
    const group = relation?.groups.find(
      (candidate) => candidate.kind === kind && (value === undefined || candidate.value === value),
    );
    if (!group) return '';
    if (!target.classes) return shortNumber(group.mean!);
    if (isBinary(target)) return formatShare(group.classes!.at(-1)! / group.rows);
    const most = group.classes!.indexOf(Math.max(...group.classes!));
    return `${nameHtml(target.classes[most]!.value, 20)} ${formatShare(group.classes![most]! / group.rows, 0)}`;
  };
  const largest = Math.max(1, missing, other.count, ...top.map(({ count }) => count));
  const row = (name: string, count: number, target: string): string[] => [
    name,
    barHtml(count / largest),
    formatCount(count),
    shareText(count / rows),
    target,
  ];
  // The relation's "other" has the values of a few rows too; only when there are none is it the same.
  const sameOther = top.every(({ value }) => relation?.groups.some((group) => group.value === value));
  const otherOutcome = sameOther ? outcome('other') : '';
  const named = top.map(({ value, count }) => row(nameHtml(value), count, outcome('value', value)));
  const rest = [
    ...(other.count > 0
      ? [
          row(
            `<i>${top.length === 0 ? 'all' : 'other'}: ${formatCount(other.levels)} ${other.levels === 1 ? 'value' : 'values'}</i>`,
            other.count,
            otherOutcome,
          ),
        ]
      : []),
    ...(missing > 0 ? [row('<i>missing</i>', missing, outcome('missing'))] : []),
  ];
  const head = [
    { text: 'value', kind: 'name' },
    { text: '', kind: 'wide' },
    { text: 'rows', kind: 'number' },
    { text: 'share', kind: 'number roomy' },
    { text: outcomeTitle(target, relation), kind: 'number' },
  ];
  const isLong = named.length > FIRST_VALUES + 2;
  const first = isLong ? named.slice(0, FIRST_VALUES) : named;
  const later = isLong
    ? `<details><summary>${formatCount(named.length - FIRST_VALUES)} more values</summary>${tableHtml(head, named.slice(FIRST_VALUES))}</details>`
    : '';
  return tableHtml(head, [...first, ...rest]) + later;
}

function outcomeTitle(target: TargetProfile, relation: Relation | undefined): string {
  if (!relation) return '';
  if (!target.classes) return `mean ${nameHtml(target.name, 24)}`;
  return isBinary(target) ? `${nameHtml(target.name, 20)} = ${nameHtml(target.classes.at(-1)!.value, 16)}` : 'mostly';
}

function statistics(column: ValueProfile & { readonly relation?: Relation }, profile: Profile): string {
  const { type, numbers, length, relation } = column;
  const write = (value: number): string => html(valueText(type, value));
  const terms: [string, string][] = [];
  if (column.distinct !== undefined) terms.push(['distinct', distinctText(column)]);
  if (numbers) {
    const at = (p: number): string => write(numbers.quantiles.find((quantile) => quantile.p === p)!.value);
    const isTime = type === 'date' || type === 'timestamp';
    terms.push(
      ['min', write(numbers.min)],
      ['25 %', at(0.25)],
      ['median', at(0.5)],
      ['75 %', at(0.75)],
      ['max', write(numbers.max)],
    );
    if (!isTime) {
      terms.push(['mean', html(shortNumber(numbers.mean))]);
      if (numbers.sd !== undefined) terms.push(['sd', html(shortNumber(numbers.sd))]);
      if (numbers.zeros > 0) terms.push(['zeros', shareText(numbers.zeros / profile.rows)]);
      if (numbers.negative > 0) terms.push(['negative', shareText(numbers.negative / profile.rows)]);
      if (numbers.outliers > 0) terms.push(['far out', `${formatCount(numbers.outliers)} rows`]);
    }
    if (numbers.infinite > 0) terms.push(['infinite', `${formatCount(numbers.infinite)} rows`]);
  }
  if (length)
    terms.push(['characters', `${formatCount(length.min)} … ${formatCount(length.max)}, mean ${formatCompact(length.mean)}`]);
  if (relation?.auc !== undefined) terms.push(['AUC alone', formatNumber(relation.auc, 3)]);
  return terms.length > 0 ? termsHtml('stats', terms) : '';
}
