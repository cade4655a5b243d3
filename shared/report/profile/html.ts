import { formatCompact, formatCount, formatDuration, formatNumber, formatShare } from '../../core/format.js';
import type { ProfileDocument } from '../../data/profile/result.js';
import { PARTS } from '../../data/table.js';
import { barHtml, footerHtml, html, nameHtml, proseHtml, signedBarHtml, tableHtml, termsHtml } from '../page/marks.js';
import { pageHtml } from '../page/page.js';
import { plural } from '../wording.js';
import { type Charts, columnCard, targetCard } from './column.js';
import { describeValues, distinctText, methodText, missingShare, shareText, strongestRelations } from './words.js';

/** In a list of the strongest there are so many. */
const STRONGEST = 15;

/** Ends of the scale of their bars: weak relations are told apart too. */
const SCALES = [0.02, 0.05, 0.1, 0.2, 0.5, 1];

/**
 * The profile as one page that needs nothing else: no script, no network (a policy in the page forbids both), readable
 * on a phone, light and dark by the reader's system. Everything of the data is escaped.
 */
export async function renderProfileHtml(profile: ProfileDocument): Promise<string> {
  const { histogramChart, relationChart } = await import('./charts.js');
  const charts: Charts = { histogramChart, relationChart };
  return pageHtml(`${profile.model}: profile of the data`, [
    header(profile),
    findings(profile),
    targetCard(profile, charts),
    relations(profile),
    overview(profile),
    '<h2>Column by column</h2>',
    ...profile.columns.map((column, index) => columnCard(column, index, profile, charts)),
    pairs(profile),
    footer(profile),
  ]);
}

function header(profile: ProfileDocument): string {
  const { rows, columns, files, split, duplicates, findings: found } = profile;
  const count = (level: string): number => found.filter((finding) => finding.level === level).length;
  const parts = split
    ? PARTS.filter((part) => split.counts[part] > 0)
        .map((part) => `${formatCount(split.counts[part])} ${part}`)
        .join(', ')
    : 'no split';
  const shown = files.slice(0, 3).map((file) => `<code>${nameHtml(file, 80)}</code>`);
  const more = files.length > 3 ? ` and ${formatCount(files.length - 3)} more` : '';
  return [
    '<header>',
    `<h1>${nameHtml(profile.model, 100)}: what is in the data</h1>`,
    `<p class="soft">${shown.join(', ')}${more}</p>`,
    termsHtml('facts', [
      ['rows', `${formatCount(rows)}<small>${parts}</small>`],
      [
        'columns',
        `<a href="#columns">${formatCount(columns.length)}</a><small>${formatCount(inputs(profile))} used by the model</small>`,
      ],
      ['missing cells', shareText(missingShare(profile))],
      [
        'repeated rows',
        duplicates
          ? formatCount(duplicates.rows) + (duplicates.rows > 0 ? `<small>${shareText(duplicates.share)}</small>` : '')
          : '<small>not counted</small>',
      ],
      [
        'to look at',
        `${formatCount(found.length)}<small>${plural(count('error'), 'problem')}, ${plural(count('warning'), 'warning')}</small>`,
      ],
    ]),
    '</header>',
  ].join('\n');
}

function inputs({ columns }: ProfileDocument): number {
  return columns.filter(({ role }) => role === 'feature' || role === 'feature source').length;
}

const LEVEL_WORDS = { error: 'Problem', warning: 'Warning', note: 'Note' } as const;

function findings({ findings: found, notices }: ProfileDocument): string {
  const all = [...found, ...notices.map((message) => ({ level: 'note', kind: 'reading', message }) as const)];
  if (all.length === 0) return '<h2>What to look at</h2>\n<p class="clear">Nothing suspicious was found.</p>';
  const items = all.map(
    ({ level, kind, message }) => `<li class="${level}"><b>${LEVEL_WORDS[level]}: ${html(kind)}</b> ${proseHtml(message)}</li>`,
  );
  const shown = items.slice(0, 12);
  const rest = items.slice(12);
  const more =
    rest.length > 0
      ? `<details><summary>${formatCount(rest.length)} more</summary><ul class="findings">${rest.join('\n')}</ul></details>`
      : '';
  return `<h2>What to look at</h2>\n<ul class="findings">\n${shown.join('\n')}\n</ul>${more}`;
}

function relations(profile: ProfileDocument): string {
  const strongest = strongestRelations(profile).slice(0, STRONGEST);
  if (strongest.length === 0) return '';
  const largest = strongest[0]!.relation.strength;
  const scale = SCALES.find((end) => end >= largest) ?? 1;
  const withAuc = strongest.some(({ relation }) => relation.auc !== undefined);
  const index = new Map(profile.columns.map(({ name }, at) => [name, at]));
  const rows = strongest.map(({ name, relation, role }) => [
    `<a href="#column-${index.get(name)}">${nameHtml(name)}</a>${role === 'unused' || role === 'time' ? ` <span class="chip">${role}</span>` : ''}`,
    barHtml(relation.strength / scale, 'accent'),
    formatShare(relation.strength),
    ...(withAuc ? [relation.auc === undefined ? '' : formatNumber(relation.auc, 3)] : []),
  ]);
  const head = [
    { text: 'column', kind: 'name' },
    { text: `0 … ${formatShare(scale, 0)}`, kind: 'wide' },
    { text: 'explains', kind: 'number' },
    ...(withAuc ? [{ text: 'AUC alone', kind: 'number' }] : []),
  ];
  return [
    `<h2>What says most about ${nameHtml(profile.target.name)}</h2>`,
    `<p class="lead">Each column alone: ${html(methodText(profile), 400)}. Columns may say the same, and may say more together.</p>`,
    `<div class="card">${tableHtml(head, rows)}</div>`,
  ].join('\n');
}

function overview(profile: ProfileDocument): string {
  const rows = profile.columns.map((column, index) => [
    `<a href="#column-${index}">${nameHtml(column.name)}</a>`,
    column.type,
    column.role,
    shareText(column.missing / profile.rows),
    distinctText(column),
    html(describeValues(column), 90),
  ]);
  const head = [
    { text: 'column', kind: 'name' },
    { text: 'type' },
    { text: 'role', kind: 'roomy' },
    { text: 'missing', kind: 'number' },
    { text: 'distinct', kind: 'number' },
    { text: 'values', kind: 'roomy' },
  ];
  return `<h2 id="columns">All columns</h2>\n<div class="card">${tableHtml(head, rows)}</div>`;
}

function pairs({ correlations, associations, rows }: ProfileDocument): string {
  const sections: string[] = [];
  const sample = (used: number): string => (used < rows ? `, on a random sample of ${formatCount(used)} rows` : '');
  if (correlations.pairs.length > 0) {
    const body = correlations.pairs.map(({ a, b, pearson, spearman }) => [
      `${nameHtml(a)} · ${nameHtml(b)}`,
      signedBarHtml(spearman),
      formatNumber(pearson, 2),
      formatNumber(spearman, 2),
    ]);
    const head = [
      { text: 'columns', kind: 'name' },
      { text: '', kind: 'wide' },
      { text: 'Pearson', kind: 'number' },
      { text: 'Spearman', kind: 'number' },
    ];
    sections.push(
      `<h2>Numbers that go together</h2>\n<p class="lead">The strongest correlations${sample(correlations.rows)}. The bars are Spearman's: of ranks, so that no single value rules them.</p>`,
      `<div class="card">${tableHtml(head, body)}</div>`,
    );
  }
  if (associations.pairs.length > 0) {
    const body = associations.pairs.map(({ a, b, cramersV }) => [
      `${nameHtml(a)} · ${nameHtml(b)}`,
      barHtml(cramersV, 'accent'),
      formatNumber(cramersV, 2),
    ]);
    const head = [
      { text: 'columns', kind: 'name' },
      { text: '', kind: 'wide' },
      { text: "Cramér's V", kind: 'number' },
    ];
    sections.push(
      `<h2>Categories that go together</h2>\n<p class="lead">Cramér's V (0: independent, 1: one tells the other), with Bergsma's bias correction${sample(associations.rows)}.</p>`,
      `<div class="card">${tableHtml(head, body)}</div>`,
    );
  }
  return sections.join('\n');
}

function footer(profile: ProfileDocument): string {
  const { limits, seconds } = profile;
  const suspect =
    profile.task === 'regression'
      ? `it alone explains ${formatShare(limits.leakageVariance, 0)} of the target's variance`
      : `it alone reaches an AUC of ${formatCompact(limits.leakageAuc)}`;
  const lines = [
    `Values that stand in fewer than ${formatCount(limits.smallestGroup)} rows are not named; they are counted as "other".`,
    `A column is a leakage suspect from where ${suspect}, and near-constant from one value in ${formatShare(limits.nearConstant, 0)} of the rows.`,
    'For its relation to the target a numeric column is cut into at most 20 groups of neighbouring values; missing is a group of its own. The AUC ranks rows by the rate of their group, on the same rows, and is a little high on few rows.',
    ...(profile.shards === undefined
      ? []
      : [
          `Merged from ${formatCount(profile.shards)} shards: smallest, largest, means, shares and lengths are exact; a number behind ≈ is an estimate, whose error stands in profile.json, and quantiles are those of bins.`,
        ]),
    'Histograms leave out long tails beyond the 1 % and 99 % quantiles and say how many rows those hold. Times are UTC.',
  ];
  return footerHtml(lines, profile, formatDuration(seconds));
}
