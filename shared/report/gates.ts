import { decimalsFor, formatCompact, formatCount, formatNumber, formatSigned } from '../core/format.js';
import type { GateOutcome, GateResult } from '../evaluation/comparison.js';
import { type Gate, type GateOperator, readGate } from '../spec/gates.js';
import { isMeasurement } from '../spec/metrics.js';
import { alert, details } from './comment.js';
import { code, prose, text } from './escape.js';
import { type TableColumn, table } from './table.js';
import { plural, SIGNS } from './wording.js';

/** More rows than these are folded; those that fail or are inconclusive come first. */
const OPEN_ROWS = 12;

const ORDER: Readonly<Record<GateOutcome, number>> = { fail: 0, inconclusive: 1, pass: 2, skipped: 3 };
export const OUTCOME_SIGNS: Readonly<Record<GateOutcome, string>> = {
  pass: '✅',
  fail: '❌',
  inconclusive: SIGNS.none,
  skipped: '',
};

const COLUMNS: readonly TableColumn[] = [
  { head: 'gate' },
  { head: 'required' },
  { head: 'found', align: 'right' },
  { head: '', align: 'center' },
];

/** `All 6 gates pass.`, `**1 of 6 gates fails.**` Empty without gates. */
export function gatesSentence(gates: readonly GateResult[]): string {
  if (gates.length === 0) return 'No gates are set.';
  const count = countOutcomes(gates);
  const judged = gates.length - count.skipped;
  const of = (number: number, verb: string, verbs: string): string =>
    `${formatCount(number)} of ${plural(judged, 'gate')} ${number === 1 ? verb : verbs}`;
  const parts: string[] = [];
  if (count.fail > 0) parts.push(`**${of(count.fail, 'fails', 'fail')}.**`);
  if (count.inconclusive > 0) parts.push(`${of(count.inconclusive, 'is', 'are')} inconclusive.`);
  if (count.fail + count.inconclusive === 0 && judged > 0) {
    parts.push(judged === 1 ? 'The gate passes.' : `All ${plural(judged, 'gate')} pass.`);
  }
  if (count.skipped > 0) parts.push(`${plural(count.skipped, 'gate')} ${count.skipped === 1 ? 'was' : 'were'} skipped.`);
  return parts.join(' ');
}

export function countOutcomes(gates: readonly GateResult[]): Record<GateOutcome, number> {
  const count: Record<GateOutcome, number> = { pass: 0, fail: 0, inconclusive: 0, skipped: 0 };
  for (const gate of gates) count[gate.outcome]++;
  return count;
}

/** Gates by urgency: failed, inconclusive, passed, skipped; within each as the spec lists them. */
export function gatesByUrgency(gates: readonly GateResult[]): GateResult[] {
  return [...gates].sort((a, b) => ORDER[a.outcome] - ORDER[b.outcome]);
}

/**
 * The gates as a table, at decreasing lengths: all (folded beyond 12 rows), the 12 most urgent, nothing.
 */
export function gateTable(gates: readonly GateResult[]): string[] {
  if (gates.length === 0) return [''];
  const ordered = gatesByUrgency(gates);
  const rows = ordered.map((gate) => [gateCell(gate), requiredCell(gate), foundCell(gate), OUTCOME_SIGNS[gate.outcome]]);
  if (rows.length <= OPEN_ROWS) return [table(COLUMNS, rows), ''];
  const open = table(COLUMNS, rows.slice(0, OPEN_ROWS));
  const rest = ordered.slice(OPEN_ROWS);
  const summary = `<b>Gates</b>: ${formatCount(rest.length)} more, ${outcomeList(rest)}`;
  return [
    `${open}\n\n${details(summary, table(COLUMNS, rows.slice(OPEN_ROWS, 500)))}`,
    `${open}\n\n${formatCount(rest.length)} more gates: ${outcomeList(rest)}.`,
    '',
  ];
}

function outcomeList(gates: readonly GateResult[]): string {
  const count = countOutcomes(gates);
  const words: Readonly<Record<GateOutcome, string>> = {
    fail: 'fail',
    inconclusive: 'inconclusive',
    pass: 'pass',
    skipped: 'skipped',
  };
  const outcomes: readonly GateOutcome[] = ['fail', 'inconclusive', 'pass', 'skipped'];
  return outcomes
    .filter((outcome) => count[outcome] > 0)
    .map((outcome) => `${formatCount(count[outcome])} ${words[outcome]}`)
    .join(', ');
}

/** What failed, by how much, and what would pass; what is inconclusive and which rows would decide it. Decreasing lengths. */
export function gateAlert(gates: readonly GateResult[], rows: number, blocked: boolean): string[] {
  const failed = gates.filter((gate) => gate.outcome === 'fail');
  const inconclusive = gates.filter((gate) => gate.outcome === 'inconclusive' && !isIncomparable(gate));
  if (failed.length + inconclusive.length === 0) return [''];
  const kind = failed.length > 0 ? 'CAUTION' : blocked ? 'WARNING' : 'NOTE';
  const all = [...failed.map(failure), ...inconclusive.map((gate) => indecision(gate, rows))];
  return [8, 2].map((most) => {
    const left = all.length - most;
    const lines = [...all.slice(0, most), ...(left > 0 ? [`${formatCount(left)} more in the table.`] : [])];
    return alert(kind, lines.length === 1 ? lines : lines.map((line) => `- ${line}`));
  });
}

/** One plain line for an annotation or a log; not Markdown. */
export function gateMessage(gate: GateResult, rows: number): string {
  const sentence = gate.outcome === 'inconclusive' ? indecisionParts(gate, rows) : failureParts(gate);
  return `gate ${gate.text}: ${sentence}`;
}

/** A gate against a champion that the candidate cannot be compared with: the verdict has said why. */
function isIncomparable(gate: GateResult): boolean {
  return gate.outcome === 'inconclusive' && gate.value === undefined && (gate.note ?? '').startsWith('not comparable');
}

function failure(gate: GateResult): string {
  return `**${code(gate.text, 100)} fails:** ${prose(failureParts(gate), 600)}`;
}

function indecision(gate: GateResult, rows: number): string {
  return `**${code(gate.text, 100)} is inconclusive:** ${prose(indecisionParts(gate, rows), 600)}`;
}

function failureParts(gate: GateResult): string {
  const rule = ruleOf(gate);
  const fallback = gate.note ?? `${gate.required} is required.`;
  if (!rule || gate.value === undefined || rule.kind === 'slice') return fallback;
  const atLeast = rule.op.startsWith('>');
  const write = gateNumbers(gate, rule);
  if (rule.kind === 'value') {
    const gap = Math.abs(rule.number - gate.value);
    const how = gap === 0 ? 'is not enough' : `is ${write.size(gap)} ${atLeast ? 'short' : 'over'}`;
    return `${write.value(gate.value)} ${how}. It passes ${boundary(rule.op, formatCompact(rule.number))}.`;
  }
  const best = gate.interval ? (atLeast ? gate.interval.high : gate.interval.low) : undefined;
  const found = `the difference is ${write.value(gate.value)}${best === undefined ? '' : `, at best ${write.value(best)}`}`;
  return `${found}; ${allowed(rule)} It passes when the whole interval is ${boundary(rule.op, write.value(rule.margin))}.`;
}

function indecisionParts(gate: GateResult, rows: number): string {
  const rule = ruleOf(gate);
  const enough =
    gate.rowsToDecide === undefined
      ? ''
      : ` About ${formatCount(gate.rowsToDecide)} test rows would decide it; there are ${formatCount(rows)}.`;
  if (!rule || !gate.interval || rule.kind === 'slice') return `${gate.note ?? 'these rows do not decide it.'}${enough}`;
  const write = gateNumbers(gate, rule);
  const limit = rule.kind === 'value' ? formatCompact(rule.number) : write.value(rule.margin);
  return `the interval ${write.value(gate.interval.low)} … ${write.value(gate.interval.high)} lies on both sides of ${limit}.${enough || (gate.note === undefined ? '' : ` (${gate.note})`)}`;
}

function allowed(rule: Exclude<Gate, { kind: 'value' }>): string {
  const size = formatCompact(Math.abs(rule.margin));
  const losing = rule.op.startsWith('>') ? rule.margin < 0 : rule.margin > 0;
  if (rule.margin === 0) return rule.op.length === 1 ? 'it must be better.' : 'no loss is allowed.';
  return losing ? `a loss of ${size} is allowed.` : `a gain of ${size} is required.`;
}

function boundary(op: GateOperator, limit: string): string {
  return { '>=': `from ${limit} on`, '>': `above ${limit}`, '<=': `up to ${limit}`, '<': `below ${limit}` }[op];
}

/** The numbers of a gate, with decimals enough to tell the value from its threshold. */
function gateNumbers(gate: GateResult, rule: Gate): { value: (value: number) => string; size: (value: number) => string } {
  const isValue = rule.kind === 'value';
  if (isValue && isMeasurement(rule.metric)) return { value: formatCompact, size: formatCompact };
  const threshold = isValue ? rule.number : rule.margin;
  const numbers = [gate.value ?? 0, gate.interval?.low ?? threshold, gate.interval?.high ?? threshold];
  const largest = Math.max(...numbers.map(Math.abs));
  let decimals = isValue ? decimalsFor(gate.value ?? 0) : Math.max(0, 4 - Math.max(0, Math.ceil(Math.log10(largest || 1))));
  while (
    decimals < 9 &&
    numbers.some((value) => value !== threshold && Number(value.toFixed(decimals)) === Number(threshold.toFixed(decimals)))
  ) {
    decimals++;
  }
  const format = isValue ? formatNumber : formatSigned;
  return { value: (value) => format(value, decimals), size: (value) => formatNumber(value, decimals) };
}

function ruleOf(gate: GateResult): Gate | undefined {
  const read = readGate(gate.text, [gate.metric]);
  return 'kind' in read ? read : undefined;
}

function gateCell(gate: GateResult): string {
  const name = code(gate.metric, 40);
  return ruleOf(gate)?.kind === 'slice' ? `every slice ${name}` : name;
}

function requiredCell(gate: GateResult): string {
  const required = text(gate.required.replace(/ in every slice$/, ''), 60);
  return required.length <= 24 ? required.replaceAll(' ', '\u00a0') : required;
}

function foundCell(gate: GateResult): string {
  const rule = ruleOf(gate);
  if (isIncomparable(gate)) return 'not comparable';
  if (gate.outcome === 'skipped') return gate.note === undefined ? 'skipped' : prose(gate.note, 120);
  // What failed or is inconclusive is said in full above the table.
  if (rule?.kind === 'slice' && gate.outcome === 'fail') return 'evidence of harm';
  if (rule?.kind === 'slice' && gate.note !== undefined) return prose(gate.note, 160);
  if (gate.value === undefined) return gate.note === undefined ? '–' : text(gate.note, 120);
  return gateFigures(gate);
}

/** What was found, in figures: `0.7406 (0.7370 … 0.7442)`, `+0.0094 (low +0.0071)`; a dash without a figure. Safe anywhere. */
export function gateFigures(gate: GateResult): string {
  if (gate.value === undefined) return '–';
  const rule = ruleOf(gate);
  if (!rule) return formatCompact(gate.value);
  const write = gateNumbers(gate, rule);
  if (rule.kind !== 'value' && gate.value === 0 && gate.interval?.low === 0 && gate.interval.high === 0) return 'no difference';
  const value = write.value(gate.value);
  if (!gate.interval) return value;
  if (rule.kind === 'value') return `${value} (${write.value(gate.interval.low)} … ${write.value(gate.interval.high)})`;
  const decisive = rule.op.startsWith('>')
    ? `low ${write.value(gate.interval.low)}`
    : `high ${write.value(gate.interval.high)}`;
  return `${value} (${decisive})`;
}
