import { formatCount, formatDuration, formatNumber, formatShare } from '../../core/format.js';
import type { ColumnProfile, Finding, ProfileDocument, ValueProfile } from '../../data/profile/result.js';
import { PARTS } from '../../data/table.js';
import { bar } from '../bars.js';
import { fitSections, type Section } from '../budget.js';
import { alert, commitPart, details, SUMMARY_LIMIT } from '../comment.js';
import { code, lineStart, prose, text } from '../escape.js';
import { CANDIDATE_COLOR, roundRange, xyChart } from '../mermaid.js';
import { type TableColumn, table } from '../table.js';
import { plural } from '../wording.js';
import { binText, describeValues, distinctText, methodText, missingShare, shareText, strongestRelations } from './words.js';

/** The job summary of a profile: what was found first, then the target, the strongest relations, every column in a line. */

const SHEDDING = ['columns', 'columns', 'pairs', 'findings', 'findings', 'relations', 'columns', 'target'] as const;

/**
 * @param where what holds the full page, for the last line: an artifact's name
 * @param reuse where a profile of before comes from, or why there is none; plain sentences
 */
export function renderProfile(profile: ProfileDocument, where?: string, reuse = ''): string {
  const sections: Section[] = [
    { name: 'head', variants: [`### ${headline(profile)}\n\n${sentence(profile)}`] },
    { name: 'reuse', variants: [lineStart(prose(reuse, 600))] },
    { name: 'findings', variants: [30, 10, 3].map((most) => findings(profile, most)) },
    { name: 'target', variants: [target(profile), ''] },
    { name: 'relations', variants: [relations(profile, 10), relations(profile, 3)] },
    { name: 'columns', variants: [500, 100, 20, 0].map((most) => columns(profile, most)) },
    { name: 'pairs', variants: [pairs(profile), ''] },
    { name: 'footer', variants: [`${footer(profile, where)}\n`] },
  ];
  return fitSections(sections, SHEDDING, SUMMARY_LIMIT).text;
}

function count({ findings: found }: ProfileDocument, level: Finding['level']): number {
  return found.filter((finding) => finding.level === level).length;
}

function headline(profile: ProfileDocument): string {
  const errors = count(profile, 'error');
  const warnings = count(profile, 'warning');
  const sign = errors > 0 ? '🔴' : warnings > 0 ? '🟡' : '🟢';
  const parts = [...(errors > 0 ? [plural(errors, 'problem')] : []), ...(warnings > 0 ? [plural(warnings, 'warning')] : [])];
  return `${sign} ${code(profile.model)}: ${parts.length > 0 ? `the data has ${parts.join(' and ')}` : 'nothing suspicious in the data'}`;
}

function sentence(profile: ProfileDocument): string {
  const { rows, columns: all, split, duplicates } = profile;
  const parts = split
    ? ` (${PARTS.filter((part) => split.counts[part] > 0)
        .map((part) => `${part} ${formatCount(split.counts[part])}`)
        .join(', ')})`
    : '';
  const missing = missingShare(profile);
  return [
    `**${plural(rows, 'row')}**${parts} in **${plural(all.length, 'column')}**`,
    missing === 0 ? 'no value is missing' : `${shareText(missing)} of all values missing`,
    ...(duplicates ? [duplicates.rows === 0 ? 'no row twice' : plural(duplicates.rows, 'repeated row')] : []),
  ].join(' · ');
}

const SIGNS = { error: '❌', warning: '⚠️', note: 'ℹ️' } as const;

function findings({ findings: found, notices }: ProfileDocument, most: number): string {
  const all = [...found, ...notices.map((message) => ({ level: 'note', message }) as const)];
  if (all.length === 0) return '';
  const shown = all.slice(0, most).map(({ level, message }) => `- ${SIGNS[level]} ${lineStart(prose(message, 400))}`);
  const more = all.length - shown.length;
  const worst = found[0]?.level;
  return alert(worst === 'error' ? 'CAUTION' : worst === 'warning' ? 'WARNING' : 'NOTE', [
    ...shown,
    ...(more > 0 ? [`- ${formatCount(more)} more in the page`] : []),
  ]);
}

function target(profile: ProfileDocument): string {
  const { target: values, rows } = profile;
  const title = `**The target** ${code(values.name)}`;
  const missing = values.missing > 0 ? `, missing in ${shareText(values.missing / rows)} of the rows` : '';
  if (values.classes) {
    const total = values.classes.reduce((sum, item) => sum + item.count, 0);
    const body = values.classes.map(({ value, count: n, other }) => [
      other ? '*other*' : code(value, 40),
      bar(n / total, 30),
      formatCount(n),
      shareText(n / total),
    ]);
    const head: TableColumn[] = [
      { head: 'class' },
      { head: '' },
      { head: 'rows', align: 'right' },
      { head: 'share', align: 'right' },
    ];
    return [title + missing, table(head, body)].join('\n\n');
  }
  if (!values.numbers) return title + missing;
  return [`${title}: ${text(describeValues(values), 120)}${missing}`, targetChart(values)].join('\n\n');
}

function targetChart({ name, type, numbers }: ProfileDocument['target']): string {
  const { histogram } = numbers!;
  const { counts, from, step } = histogram;
  const to = Number((from + counts.length * step).toPrecision(12));
  if (counts.length < 2) return '';
  return xyChart({
    kind: 'bar',
    description: `Distribution of ${name}: ${binText(type, histogram, counts.indexOf(Math.max(...counts)))} is most frequent`,
    xLabel: name,
    yLabel: 'rows',
    x: { from, to },
    y: { from: 0, to: roundRange([0, ...counts]).to },
    lines: [{ name: 'rows', values: counts, color: CANDIDATE_COLOR }],
  });
}

function relations(profile: ProfileDocument, most: number): string {
  const strongest = strongestRelations(profile);
  if (strongest.length === 0) return '';
  const withAuc = strongest.some(({ relation }) => relation.auc !== undefined);
  const largest = strongest[0]!.relation.strength;
  const head: TableColumn[] = [
    { head: 'column' },
    { head: '' },
    { head: 'explains', align: 'right' },
    ...(withAuc ? [{ head: 'AUC alone', align: 'right' as const }] : []),
  ];
  const body = strongest
    .slice(0, most)
    .map(({ name, relation }) => [
      code(name, 40),
      bar(relation.strength / largest, 20),
      formatShare(relation.strength),
      ...(withAuc ? [relation.auc === undefined ? '' : formatNumber(relation.auc, 3)] : []),
    ]);
  return `**What says most about** ${code(profile.target.name)}: ${text(methodText(profile), 300)}.\n\n${table(head, body)}`;
}

function columns(profile: ProfileDocument, most: number): string {
  if (most === 0) return '';
  const shown = profile.columns.slice(0, most);
  const body = shown.map((column) => [
    code(column.name, 40),
    column.type + roleText(column),
    shareText(column.missing / profile.rows),
    distinctText(column),
    picture(column),
    text(describeValues(column), 90),
  ]);
  const head: TableColumn[] = [
    { head: 'column' },
    { head: 'type' },
    { head: 'missing', align: 'right' },
    { head: 'distinct', align: 'right' },
    { head: 'distribution' },
    { head: 'values' },
  ];
  const more = profile.columns.length - shown.length;
  const rest = more > 0 ? `\n\n${formatCount(more)} more in the page.` : '';
  return details(`<b>Columns</b>: ${formatCount(profile.columns.length)}`, table(head, body) + rest);
}

function roleText({ role }: ColumnProfile): string {
  return role === 'feature' ? '' : `, *${role}*`;
}

const BLOCKS = '▁▂▃▄▅▆▇█';
const BARS = 14;

/** A histogram in characters: of numbers by value, of texts by frequency. Anything that is there is at least a line. */
function picture({ numbers, levels }: ValueProfile): string {
  const bars = numbers ? merged(numbers.histogram.counts) : [...(levels?.top ?? []).slice(0, BARS).map((level) => level.count)];
  const largest = Math.max(0, ...bars);
  if (largest === 0) return '';
  const drawn = bars.map((value) => (value === 0 ? '\u00a0' : BLOCKS[Math.min(7, Math.floor((value / largest) * 8))]!));
  return `\`${drawn.join('')}\``;
}

/** Neighbouring bins together, so that at most BARS are left. */
function merged(counts: readonly number[]): number[] {
  const width = Math.ceil(counts.length / BARS);
  const bars = new Array<number>(Math.ceil(counts.length / width)).fill(0);
  for (const [index, value] of counts.entries()) bars[Math.floor(index / width)]! += value;
  return bars;
}

function pairs({ correlations, associations }: ProfileDocument): string {
  const numbers = correlations.pairs
    .slice(0, 10)
    .map(({ a, b, pearson, spearman }) => [
      `${code(a, 30)} · ${code(b, 30)}`,
      formatNumber(pearson, 2),
      formatNumber(spearman, 2),
    ]);
  const texts = associations.pairs
    .slice(0, 10)
    .map(({ a, b, cramersV }) => [`${code(a, 30)} · ${code(b, 30)}`, formatNumber(cramersV, 2)]);
  const right = (head: string): TableColumn => ({ head, align: 'right' });
  const tables = [
    ...(numbers.length > 0 ? [table([{ head: 'numbers' }, right('Pearson'), right('Spearman')], numbers)] : []),
    ...(texts.length > 0 ? [table([{ head: 'categories' }, right("Cramér's V")], texts)] : []),
  ];
  return tables.length === 0 ? '' : details('<b>Columns that go together</b>', tables.join('\n\n'));
}

function footer(profile: ProfileDocument, where: string | undefined): string {
  const parts = [
    ...(where === undefined ? [] : [`charts of every column: <code>profile.html</code> in artifact ${text(where, 100)}`]),
    `values in fewer than ${formatCount(profile.limits.smallestGroup)} rows are not named`,
    text(profile.tool, 40),
    commitPart(profile.commit),
    formatDuration(profile.seconds),
  ];
  return `<sub>${parts.filter((part) => part !== '').join(' · ')}</sub>`;
}
