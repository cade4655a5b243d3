import { formatCompact, formatCount, formatNumber, formatShare } from '../core/format.js';
import type { DriftColumn, DriftReport } from '../data/drift/report.js';
import type { GroupShare } from '../data/drift/shown.js';
import type { Validation } from '../data/validation.js';
import { changeText, driftedColumns, driftHeadline, driftRule } from './drift.js';
import { barHtml, figureHtml, footerHtml, html, nameHtml, proseHtml, tableHtml, termsHtml } from './page/marks.js';
import { pageHtml } from './page/page.js';
import { plural } from './wording.js';

type Drawn = (column: DriftColumn) => string;

/** More columns than these and nobody reads them; `validation.json` has them all. */
const MOST_COLUMNS = 1000;

/**
 * The data beside its reference as one page that needs nothing else: no script, no network. Every column that drifted has its
 * picture, the worst first, and then those that changed less.
 * @param report `result.drift`
 */
export async function renderDriftHtml(result: Validation, report: DriftReport): Promise<string> {
  const { groupChart } = await import('./drift-charts.js');
  const isDrawn = ({ groups }: DriftColumn): boolean => groups.length > 1;
  const places = new Map(report.columns.filter(isDrawn).map((column, index) => [column, index]));
  const card = (column: DriftColumn): string => columnCard(column, places.get(column)!, groupChart);
  const drifted = driftedColumns(report);
  const others = report.columns.filter((column) => !column.drifted && isDrawn(column));
  const undrawn = drifted.filter((column) => !isDrawn(column)).length;
  return pageHtml(`${result.model}: ${driftHeadline(report)}`, [
    header(result, report),
    remarks(report),
    ...(drifted.length > 0 ? ['<h2>What drifted</h2>', LEGEND, cards(drifted.filter(isDrawn).map(card))] : []),
    undrawn > 0
      ? `<p class="soft">${plural(undrawn, 'more column')} drifted and ${undrawn === 1 ? 'has' : 'have'} no picture here.</p>`
      : '',
    overview(report, places),
    ...(others.length > 0
      ? [
          `<h2>What changed less</h2>\n${drifted.length > 0 ? '' : LEGEND}`,
          `<details${drifted.length > 0 ? '' : ' open'}><summary>${plural(others.length, 'column')}</summary>`,
          cards(others.map(card)),
          '</details>',
        ]
      : []),
    footer(result, report),
  ]);
}

function cards(parts: readonly string[]): string {
  return `<div class="cards">\n${parts.join('\n')}\n</div>`;
}

const LEGEND =
  '<div class="legend"><span style="--swatch:var(--other)">the reference</span><span style="--swatch:var(--accent)">the data</span></div>';

function header(result: Validation, report: DriftReport): string {
  const { rows, reference, columns } = report;
  return [
    `<h1>${nameHtml(result.model)}: ${html(driftHeadline(report))}</h1>`,
    `<p class="lead">${proseHtml(ruleText(report))}</p>`,
    termsHtml('facts', [
      ['drifted', `${formatCount(driftedColumns(report).length)}<small>of ${plural(columns.length, 'column')}</small>`],
      ['rows of the data', formatCount(rows)],
      ['rows of the reference', `${formatCount(reference.rows)}<small>${nameHtml(reference.shown, 60)}</small>`],
    ]),
  ].join('\n');
}

/** What is drift, and what is not, by the limits of this run. */
function ruleText(report: DriftReport): string {
  const named = report.columns.some(({ method }) => method) ? ' Where the contract names a method, that decides.' : '';
  return `${driftRule(report)}.${named}`;
}

function remarks({ schemaChanges, notices }: DriftReport): string {
  const lines = [
    ...schemaChanges.slice(0, MOST_COLUMNS).map(({ column, change, detail }) => ({
      level: change === 'new' ? 'note' : 'warning',
      text: `<b>${change}</b> <code>${nameHtml(column)}</code>: ${html(detail, 300)}`,
    })),
    ...notices.map((notice) => ({ level: 'note', text: proseHtml(notice) })),
  ];
  if (lines.length === 0) return '';
  return `<ul class="findings">\n${lines.map(({ level, text }) => `<li class="${level}">${text}</li>`).join('\n')}\n</ul>`;
}

function columnCard(column: DriftColumn, index: number, draw: Drawn): string {
  const { name, isTarget, drifted, detail, groups } = column;
  const chips = [
    ...(isTarget ? ['<span class="chip">target</span>'] : []),
    drifted ? '<span class="chip warning">drifted</span>' : '<span class="chip clear">no drift</span>',
  ];
  const isOfValues = groups.some(({ kind }) => kind === 'value');
  return [
    `<section class="card column" id="column-${index}">`,
    `<div class="head"><h3>${nameHtml(name, 100)}</h3>${chips.join('')}</div>`,
    `<p class="soft">${html(detail, 500)}</p>`,
    isOfValues ? valueTable(groups) : figureHtml('Share of the rows, by value', draw(column)),
    '</section>',
  ].join('\n');
}

/** Texts: a table says more than a picture, on a phone too. */
function valueTable(groups: readonly GroupShare[]): string {
  const largest = Math.max(1e-9, ...groups.flatMap(({ reference, current }) => [reference, current]));
  const rows = groups.map(({ kind, value, reference, current }) => [
    kind === 'value' ? nameHtml(value ?? '') : `<i>${kind === 'other' ? 'all others' : kind}</i>`,
    `<span class="pair">${barHtml(reference / largest)}${barHtml(current / largest, 'accent')}</span>`,
    formatShare(reference),
    formatShare(current),
  ]);
  return tableHtml(
    [
      { text: 'value', kind: 'name' },
      { text: '', kind: 'wide' },
      { text: 'reference', kind: 'number' },
      { text: 'data', kind: 'number' },
    ],
    rows,
  );
}

function overview({ columns }: DriftReport, places: ReadonlyMap<DriftColumn, number>): string {
  const largest = Math.max(1e-9, ...columns.map(({ effect }) => effect));
  const rows = columns.slice(0, MOST_COLUMNS).map((column) => {
    const { name, isTarget, drifted, effect, adjustedP, psi, missing, note } = column;
    const place = places.get(column);
    const shown = nameHtml(name);
    return [
      `${place === undefined ? shown : `<a href="#column-${place}">${shown}</a>`}${isTarget ? ' <span class="chip">target</span>' : ''}`,
      barHtml(effect / largest, drifted ? 'accent' : 'plain'),
      html(changeText(column)),
      adjustedP === undefined ? '' : adjustedP < 0.001 ? '&lt; 0.001' : formatNumber(adjustedP, 3),
      formatNumber(psi, 3),
      missing.reference === missing.current ? '' : `${formatShare(missing.reference)} → ${formatShare(missing.current)}`,
      drifted
        ? '<span class="chip warning">drifted</span>'
        : note === undefined
          ? ''
          : '<span class="chip">not compared</span>',
    ];
  });
  const head = [
    { text: 'column', kind: 'name' },
    { text: '', kind: 'wide' },
    { text: 'change', kind: 'number' },
    { text: 'p', kind: 'number' },
    { text: 'PSI', kind: 'number roomy' },
    { text: 'missing', kind: 'number roomy' },
    { text: '', kind: 'roomy' },
  ];
  const left = columns.length - rows.length;
  const more = left > 0 ? `<p class="soft">${plural(left, 'more column')} in validation.json.</p>` : '';
  return `<h2>All columns</h2>\n<div class="card">${tableHtml(head, rows)}${more}</div>`;
}

function footer(result: Validation, { columns }: DriftReport): string {
  const lines = [
    'Numbers: the Wasserstein distance in standard deviations of the reference (sd); values: the Jensen-Shannon distance, from 0 to 1. Missing values count as a value.',
    ...(columns.some(({ groups }) => groups.some(({ kind }) => kind === 'range'))
      ? ['Numbers are cut into groups that hold about equally many rows of both sides together.']
      : []),
    'Of values, those that changed most are shown; rare ones count together.',
  ];
  return footerHtml(lines, result, `checked in ${formatCompact(Number(result.seconds.toPrecision(2)))} s`);
}
