import { formatCount, formatShare } from '../core/format.js';
import { NOTABLE_LEAKAGE } from '../data/leakage.js';
import type { Comparison, Verdict } from '../evaluation/comparison.js';
import { baselineLine } from './baseline.js';
import { fitSections, type Section } from './budget.js';
import { candidateSection, disagreementSection } from './candidate.js';
import { candidatesSection } from './candidates.js';
import { changesSection } from './changes.js';
import { type CommentContext, commentMarker, commitPart, footer, forkNote, limitOf, SUMMARY_LIMIT } from './comment.js';
import { curvePicture } from './curve.js';
import { decisionSection } from './decisions.js';
import { code, codeElement, lineStart, prose, text } from './escape.js';
import { fairnessSection } from './fairness.js';
import { countOutcomes, gateAlert, gatesSentence, gateTable } from './gates.js';
import { decayWarning, historySection } from './history.js';
import { metricTables } from './metrics.js';
import { classSection } from './per-class.js';
import { retrainingLine } from './retraining-noise.js';
import { sliceSection, sliceWarning } from './slices.js';
import { confidenceText, metricNumbers, metricTitle, ordinal, plural, theChampion } from './wording.js';
import { searchSection } from './worst-slices.js';

/**
 * What gives way when a comment is too long, in this order: a section named here takes its next shorter form, whose
 * last is to be left out. The verdict, the reasons of failed gates and the footer always stay.
 */
const SHEDDING = [
  'history',
  'candidate',
  'metrics in full',
  'slices',
  'candidate',
  'slices',
  'changes',
  'metrics in full',
  'gates',
  'decisions',
  'decisions',
  'disagreement',
  'classes',
  'worst slices',
  'groups',
  'classes',
  'candidate',
  'slices',
  'picture',
  'baseline',
  'gates',
  'changes',
  'metrics',
  'failed gates',
  'candidates',
  'slice warning',
  'gates',
  'metrics',
] as const;

/**
 * The comment on a pull request: the verdict, what it rests on, and everything else folded.
 * @throws RangeError when `context.limit` is below SMALLEST_LIMIT
 */
export function renderComparison(result: Comparison, context: CommentContext): string {
  return `${commentMarker(result.model, context.workflow)}\n${renderBody(result, context, true)}`;
}

/** The same as a job summary, with more room and without the comment's hidden first line. */
export function renderComparisonSummary(result: Comparison, context: CommentContext): string {
  return renderBody(result, { ...context, limit: context.limit ?? SUMMARY_LIMIT }, true);
}

/** The same without the picture and the hidden line, for a check run, where Mermaid is not drawn. */
export function renderComparisonText(result: Comparison, context: CommentContext): string {
  return renderBody(result, context, false);
}

function renderBody(result: Comparison, context: CommentContext, withPicture: boolean): string {
  const metrics = metricTables(result);
  const sections: Section[] = [
    { name: 'verdict', variants: [[`### ${headline(result)}`, sentence(result)].join('\n\n')] },
    { name: 'fork', variants: [forkNote(context.fork)] },
    { name: 'candidates', variants: candidatesSection(result) },
    { name: 'failed gates', variants: gateAlert(result.gates, result.rows.used, result.blocked) },
    { name: 'gates', variants: gateTable(result.gates) },
    { name: 'metrics', variants: metrics.open },
    { name: 'baseline', variants: [baselineLine(result), ''] },
    { name: 'retraining', variants: [retrainingLine(result)] },
    { name: 'slice warning', variants: failsInSlices(result) ? [''] : [sliceWarning(result), ''] },
    { name: 'decay', variants: [decayWarning(result)] },
    { name: 'leakage', variants: [leakageWarning(result)] },
    { name: 'changes', variants: changesSection(result) },
    {
      name: 'picture',
      variants: withPicture && !['identical', 'not comparable'].includes(result.verdict) ? [picture(result), ''] : [''],
    },
    { name: 'history', variants: withPicture ? historySection(result) : [''] },
    { name: 'metrics in full', variants: metrics.folded },
    { name: 'slices', variants: result.verdict === 'identical' ? [''] : sliceSection(result) },
    { name: 'worst slices', variants: searchSection(result) },
    { name: 'classes', variants: classSection(result) },
    { name: 'decisions', variants: decisionSection(result) },
    { name: 'groups', variants: fairnessSection(result) },
    { name: 'disagreement', variants: disagreementSection(result) },
    { name: 'candidate', variants: candidateSection(result, context.links?.run) },
  ];
  const marker = commentMarker(result.model, context.workflow).length + 1;
  const end = (shortened: readonly string[]): string => `\n\n${footer(footerParts(result), context, shortened)}\n`;
  const limit = limitOf(context) - marker;
  const whole = fitSections(sections, [], Number.POSITIVE_INFINITY).text + end([]);
  if (whole.length <= limit) return whole;
  const fitted = fitSections(sections, SHEDDING, limit - end(sections.map((section) => section.name)).length);
  return fitted.text + end(fitted.shortened);
}

const SIGN: Readonly<Record<Verdict, string>> = {
  better: '🟢',
  worse: '🔴',
  equivalent: '⚪',
  'no evidence': '⚪',
  identical: '⚪',
  'not comparable': '🟡',
  'first model': '🔵',
};

/** The reasons of the failed gates name the slices already. */
function failsInSlices(result: Comparison): boolean {
  return result.gates.some((gate) => gate.outcome === 'fail' && gate.text.trimStart().startsWith('slice '));
}

/** The verdict in one line. Markdown. */
function headline(result: Comparison): string {
  const gates = gateClause(result);
  const sign = result.blocked || result.gatesOutcome === 'fail' ? '🔴' : SIGN[result.verdict];
  return `${sign} ${code(result.model)}: ${verdictWords(result, gates !== '')}${gates}`;
}

/** `better than production, but 1 of 6 gates fails`; plain words without Markdown. */
export function plainHeadline(result: Comparison): string {
  const gates = gateClause(result);
  return verdictWords(result, gates !== '') + gates;
}

function verdictWords(result: Comparison, short: boolean): string {
  const champion = theChampion(result.champion);
  const several = result.candidates?.length ?? 1;
  const best = several > 1 ? `the best of ${formatCount(several)} candidates` : 'the candidate';
  const subject = short ? '' : `${best} is `;
  const words: Readonly<Record<Verdict, string>> = {
    better: `${subject}better than ${champion}`,
    worse: `${subject}worse than ${champion}`,
    equivalent: `${subject}as good as ${champion}`,
    'no evidence': `no evidence of a difference from ${champion}`,
    identical: `${subject}identical to ${champion}`,
    'not comparable': `not comparable with ${champion}`,
    'first model': 'the first model',
  };
  return words[result.verdict];
}

function gateClause(result: Comparison): string {
  const count = countOutcomes(result.gates);
  const judged = result.gates.length - count.skipped;
  const join = result.verdict === 'worse' ? ', and' : ', but';
  if (judged === 1 && count.fail === 1) return `${join} its gate fails`;
  if (count.fail > 0) {
    return `${join} ${formatCount(count.fail)} of ${plural(judged, 'gate')} ${count.fail === 1 ? 'fails' : 'fail'}`;
  }
  if (result.blocked && count.inconclusive > 0) {
    return `${join} ${formatCount(count.inconclusive)} of ${plural(judged, 'gate')} ${count.inconclusive === 1 ? 'is' : 'are'} inconclusive`;
  }
  return '';
}

/** How much, how sure, on what rows, and whether the gates pass. */
function sentence(result: Comparison): string {
  const reason = result.reason === undefined ? '' : asSentence(prose(result.reason, 400));
  const parts: string[] = [];
  if (result.verdict === 'not comparable' || result.verdict === 'identical') parts.push(reason);
  parts.push(primarySentence(result), rowsLeftOut(result));
  if (result.verdict !== 'not comparable' && result.verdict !== 'identical') parts.push(reason);
  if (gateClause(result) === '') parts.push(gatesSentence(result.gates));
  return lineStart(parts.filter((part) => part !== '').join(' '));
}

function asSentence(plain: string): string {
  if (plain === '') return '';
  const start = plain.charAt(0).toUpperCase() + plain.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

function primarySentence(result: Comparison): string {
  const metric = result.metrics.find((candidate) => candidate.name === result.primary);
  const rows = `${plural(result.rows.used, 'held-out row')}`;
  if (!metric || metric.candidate === null) return `${metricTitle(result.primary)} could not be measured on ${rows}.`;
  const write = metricNumbers(metric);
  const title = metricTitle(metric.name);
  const lower = metric.better === 'lower' ? 'lower is better; ' : '';
  const confidence = confidenceText(result.confidence);
  const compared = typeof metric.champion === 'number' && metric.difference !== undefined && result.verdict !== 'identical';
  if (compared) {
    const interval = metric.interval ? `, ${confidence} CI ${write.signedInterval(metric.interval)}` : ', no valid interval';
    return `${title} **${write.value(metric.champion)} → ${write.value(metric.candidate)}** (${lower}${write.signed(metric.difference)}${interval}) on ${rows} that neither model has trained on.`;
  }
  const interval = metric.candidateInterval ? `${confidence} CI ${write.interval(metric.candidateInterval)}` : '';
  const inBrackets = [metric.better === 'lower' ? 'lower is better' : '', interval].filter((part) => part !== '').join('; ');
  return `${title} **${write.value(metric.candidate)}**${inBrackets === '' ? '' : ` (${inBrackets})`} on ${rows}.`;
}

function rowsLeftOut(result: Comparison): string {
  const { seenByChampion, older = 0, unlabelled } = result.rows;
  const reasons = [
    seenByChampion > 0 ? `${formatCount(seenByChampion)} that ${theChampion(result.champion)} may have trained on` : '',
    older > 0 ? `${formatCount(older)} that are not newer than its data` : '',
    unlabelled > 0 ? `${formatCount(unlabelled)} without a known label` : '',
  ].filter((part) => part !== '');
  return reasons.length === 0 ? '' : `Left out: ${new Intl.ListFormat('en-GB').format(reasons)}.`;
}

/** Duplicates across the split flatter every figure; said in the open from one row in a thousand on. */
function leakageWarning(result: Comparison): string {
  if (result.leakage === undefined || result.leakage < NOTABLE_LEAKAGE) return '';
  return `⚠️ **${formatShare(result.leakage)} of the test rows stand among the training rows as well**, the same in every feature and the target: the figures flatter both models.`;
}

function picture(result: Comparison): string {
  const differs = result.verdict === 'better' || result.verdict === 'worse';
  return curvePicture(result.curve, theChampion(result.champion), differs);
}

function footerParts(result: Comparison): string[] {
  return [
    text(result.tool, 40),
    commitPart(result.commit),
    result.looks === undefined ? '' : `${ordinal(result.looks)} candidate judged on this test set`,
    result.champion ? `champion ${codeElement(result.champion.reference, 60)}` : '',
  ];
}
