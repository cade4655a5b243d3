import { formatCount, formatDuration, formatShare } from '../core/format.js';
import { shownName } from '../data/column-names.js';
import type { FailingSample, RuleResult, Validation } from '../data/validation.js';
import { fitSections, type Section } from './budget.js';
import {
  alert,
  type CommentContext,
  commentMarker,
  commitPart,
  details,
  footer,
  forkNote,
  limitOf,
  SUMMARY_LIMIT,
} from './comment.js';
import { driftedColumns, driftHeadline, noReferenceText, renderDrift } from './drift.js';
import { cleanLine, code, lineStart, prose, text } from './escape.js';
import { type TableColumn, table } from './table.js';
import { plural } from './wording.js';

const SHEDDING = [
  'passing rules',
  'columns',
  'drift',
  'warnings',
  'drift',
  'drift',
  'rules',
  'rules',
  'rules',
  'rules',
] as const;

/**
 * The comment where the data broke its contract, so that there is no model to judge; also the one where it holds.
 * @throws RangeError when `context.limit` is below SMALLEST_LIMIT
 */
export function renderValidationComment(result: Validation, context: CommentContext): string {
  const marker = `${commentMarker(result.model, context.workflow)}\n`;
  return marker + renderBody(result, { ...context, limit: limitOf(context) - marker.length });
}

export interface SummaryContext extends Partial<CommentContext> {
  /** The artifact that has the page of the drift. */
  readonly page?: string;
}

/** The job summary: failing rules first, then the passing ones and the columns. */
export function renderValidation(result: Validation, { page, ...context }: SummaryContext = {}): string {
  return renderBody(result, { workflow: '', ...context, limit: context.limit ?? SUMMARY_LIMIT }, true, page);
}

/** The same for a check run's summary, which shows no diagrams. */
export function renderValidationText(result: Validation, context: CommentContext): string {
  return renderBody(result, context, false);
}

function renderBody(result: Validation, context: CommentContext, withCharts = true, page?: string): string {
  const failing = failingRules(result);
  const passing = result.rules.filter((rule) => rule.passed);
  const sections: Section[] = [
    { name: 'verdict', variants: [`### ${headline(result)}\n\n${sentence(result)}`] },
    { name: 'fork', variants: [forkNote(context.fork)] },
    { name: 'rules', variants: failing.length === 0 ? [''] : [500, 40, 10, 3].map((most) => failingTable(failing, most)) },
    {
      name: 'drift',
      variants: [50, 10, 5, 0].map((most) => renderDrift(result.drift, most, withCharts, result.rules.length === 0)),
    },
    {
      name: 'page',
      variants: [page === undefined ? '' : `Every column is drawn on the page \`drift.html\` of the artifact ${code(page)}.`],
    },
    { name: 'reference', variants: [noReference(result)] },
    { name: 'warnings', variants: [warnings(result, 20), warnings(result, 3)] },
    { name: 'passing rules', variants: [passingRules(passing), ''] },
    { name: 'columns', variants: [columns(result), ''] },
  ];
  const end = (shortened: readonly string[]): string => {
    const parts = [text(result.tool, 40), commitPart(result.commit), `checked in ${formatDuration(result.seconds)}`];
    return `\n\n${footer(parts, context, shortened)}\n`;
  };
  const limit = context.limit ?? limitOf(context);
  const whole = fitSections(sections, [], Number.POSITIVE_INFINITY).text + end([]);
  if (whole.length <= limit) return whole;
  const fitted = fitSections(sections, SHEDDING, limit - end(sections.map((section) => section.name)).length);
  return fitted.text + end(fitted.shortened);
}

/** Rules that fail: errors before warnings, otherwise as the spec lists them. */
export function failingRules(result: Validation): RuleResult[] {
  const failing = result.rules.filter((rule) => !rule.passed);
  return [...failing.filter((rule) => rule.severity === 'error'), ...failing.filter((rule) => rule.severity === 'warning')];
}

/** `the data broke its contract: no model was trained`, in plain words. */
export function validationHeadline(result: Validation): string {
  if (!result.passed) return 'the data broke its contract: no model was trained';
  const { drift, rules } = result;
  const failing = failingRules(result).length;
  const isDrifted = drift !== undefined && driftedColumns(drift).length > 0;
  if (failing > 0) return `the data keeps its contract, with ${plural(failing, 'warning')}`;
  if (rules.length > 0) return `the data keeps its contract${isDrifted ? `; ${driftHeadline(drift)}` : ''}`;
  // Where only drift was asked for, a contract is not what is missing.
  if (drift) return driftHeadline(drift);
  return result.noReference === undefined
    ? 'the data was read; it has no contract'
    : 'the data was read; there is nothing to hold it against yet';
}

function headline(result: Validation): string {
  const { drift } = result;
  const isWatched = failingRules(result).length > 0 || (drift && driftedColumns(drift).length > 0);
  const sign = !result.passed ? '🔴' : isWatched ? '🟡' : result.rules.length === 0 && !drift ? '⚪' : '🟢';
  return `${sign} ${code(result.model)}: ${validationHeadline(result)}`;
}

function sentence(result: Validation): string {
  const failing = failingRules(result);
  const errors = failing.filter((rule) => rule.severity === 'error');
  const on = `on ${plural(result.rows, 'row')}`;
  if (result.rules.length === 0) {
    return `${plural(result.rows, 'row')} in ${plural(result.schema.length, 'column')}. A \`contract\` section in the spec would hold them to rules.`;
  }
  if (failing.length === 0)
    return `All ${plural(result.rules.length, 'rule')} hold ${on} in ${plural(result.schema.length, 'column')}.`;
  const worst = failing[0]!;
  const first = `${ruleName(worst)}: ${prose(worst.found, 120)}, ${prose(worst.required, 120)} required`;
  const count = errors.length > 0 ? errors.length : failing.length;
  const what = errors.length > 0 ? 'broken' : 'broken, none of them an error';
  return `**${formatCount(count)} of ${plural(result.rules.length, 'rule')} ${count === 1 ? 'is' : 'are'} ${what}** ${on}. ${count === 1 ? 'It is' : 'First'} ${first}.`;
}

function ruleName(rule: RuleResult): string {
  return rule.column === undefined ? code(rule.rule, 80) : `${code(rule.column, 40)} ${text(rule.rule, 80)}`;
}

const RULE_COLUMNS: readonly TableColumn[] = [
  { head: 'column' },
  { head: 'rule' },
  { head: 'required' },
  { head: 'found' },
  { head: '', align: 'center' },
];

function ruleRow(rule: RuleResult): string[] {
  return [
    rule.column === undefined ? '*the table*' : code(rule.column, 40),
    code(rule.rule, 80),
    prose(rule.required, 100),
    prose(rule.found, 100),
    rule.passed ? '✅' : rule.severity === 'error' ? '❌' : '⚠️',
  ];
}

function failingTable(failing: readonly RuleResult[], most: number): string {
  const shown = failing.slice(0, most);
  const more = failing.length - shown.length;
  return [
    table(RULE_COLUMNS, shown.map(ruleRow)),
    more > 0 ? `${plural(more, 'more broken rule')} not shown.` : '',
    samples(shown.slice(0, 40)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function samples(rules: readonly RuleResult[]): string {
  const withSamples = rules.filter((rule) => rule.samples && rule.samples.length > 0);
  if (withSamples.length === 0) return '';
  const rows = withSamples.map((rule) => {
    const values = (rule.samples ?? []).slice(0, 5).map((sample) => code(sample.value, 40) + placeText(sample));
    return [rule.column === undefined ? '*the table*' : code(rule.column, 40), code(rule.rule, 80), values.join(', ')];
  });
  const total = withSamples.reduce((sum, rule) => sum + (rule.samples?.length ?? 0), 0);
  const body = table([{ head: 'column' }, { head: 'rule' }, { head: 'values that break it' }], rows);
  return details(
    `<b>Samples</b>: ${plural(total, 'value')} that break ${withSamples.length === 1 ? 'the rule' : 'the rules'}`,
    body,
  );
}

function placeText({ row, at }: FailingSample): string {
  if (at) return ` (${code(`${at.file}:${at.line}`, 60)})`;
  return row === undefined ? '' : ` (row ${formatCount(row)})`;
}

function noReference(result: Validation): string {
  if (result.noReference === undefined) return '';
  return alert('NOTE', [prose(noReferenceText(result.noReference), 400)]);
}

function warnings(result: Validation, most: number): string {
  const shown = result.warnings
    .slice(0, most)
    .map((warning) => lineStart(prose(warning, 300)))
    .filter((warning) => warning !== '');
  if (shown.length === 0) return '';
  const more = result.warnings.length - most;
  const lines = [...shown, ...(more > 0 ? [`${formatCount(more)} more`] : [])];
  return alert('WARNING', lines.length === 1 ? lines : lines.map((line) => `- ${line}`));
}

function passingRules(passing: readonly RuleResult[]): string {
  if (passing.length === 0) return '';
  const rows = passing.slice(0, 500).map(ruleRow);
  const more = passing.length > 500 ? `\n\n${formatCount(passing.length - 500)} more.` : '';
  return details(`<b>Rules that hold</b>: ${formatCount(passing.length)}`, table(RULE_COLUMNS, rows) + more);
}

function columns(result: Validation): string {
  if (result.schema.length === 0) return '';
  const shown = result.schema.slice(0, 200).map((column) => `${code(column.name, 40)} ${column.type}`);
  const more = result.schema.length > 200 ? ` and ${formatCount(result.schema.length - 200)} more` : '';
  return details(`<b>Columns</b>: ${formatCount(result.schema.length)}`, `${shown.join(' · ')}${more}`);
}

/** A broken rule in one plain line, for annotations and logs; not Markdown. */
export function ruleMessage(rule: RuleResult, rows: number): string {
  const where = rule.column === undefined ? rule.rule : `${shownName(rule.column)} ${rule.rule}`;
  const share = rule.failing === undefined || rows === 0 ? '' : ` (${formatShare(rule.failing / rows)} of the rows)`;
  return cleanLine(
    `contract ${where}: ${rule.found}${rule.found.includes('%') ? '' : share}; required: ${rule.required}${firstPlace(rule)}`,
  );
}

function firstPlace({ samples }: RuleResult): string {
  const at = samples?.[0]?.at;
  return at ? `; the first is ${at.file}:${at.line}` : '';
}
