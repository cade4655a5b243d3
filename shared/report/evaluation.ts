import { formatCount } from '../core/format.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { baselineLine } from './baseline.js';
import { fitSections } from './budget.js';
import { importanceTable, madeOf } from './candidate.js';
import { commitPart, details, SUMMARY_LIMIT } from './comment.js';
import { costTable } from './cost.js';
import { curvePicture } from './curve.js';
import { decisionSection } from './decisions.js';
import { code, codeElement, lineStart, prose, text } from './escape.js';
import { fairnessSection } from './fairness.js';
import { countOutcomes, gateAlert, gatesSentence, gateTable } from './gates.js';
import { classSection } from './per-class.js';
import { sliceSection } from './slices.js';
import { table } from './table.js';
import { confidenceText, metricName, metricNumbers, metricTitle, plural, shortDigest } from './wording.js';
import { searchSection } from './worst-slices.js';

/**
 * The job summary of an evaluation: one model on its held-out rows.
 * @param reuse where a result of before comes from, or why there is none; plain sentences
 */
export function renderEvaluation(result: Evaluation, reuse = ''): string {
  const importance = importanceTable(result.candidate.importance, 15);
  const about = [costTable(result.candidate), importance].filter((part) => part !== '').join('\n\n');
  const model = `<b>Model</b>: ${madeOf(result.candidate)} · ${codeElement(shortDigest(result.candidate.digest), 30)}`;
  const sections = [
    { name: 'head', variants: [`### ${headline(result)}\n\n${sentence(result)}`] },
    { name: 'reuse', variants: [lineStart(prose(reuse, 600))] },
    { name: 'failed gates', variants: gateAlert(result.gates, result.rows.used, result.blocked) },
    { name: 'gates', variants: gateTable(result.gates) },
    { name: 'metrics', variants: [metricTable(result)] },
    { name: 'baseline', variants: [baselineLine(result)] },
    { name: 'picture', variants: [curvePicture(result.curve, ''), ''] },
    { name: 'slices', variants: sliceSection(result) },
    { name: 'worst slices', variants: searchSection(result) },
    { name: 'classes', variants: classSection(result) },
    { name: 'decisions', variants: decisionSection(result) },
    { name: 'groups', variants: fairnessSection(result) },
    { name: 'model', variants: [about === '' ? '' : details(model, about), ''] },
    { name: 'footer', variants: [`${footerLine(result)}\n`] },
  ];
  return fitSections(sections, ['model', 'slices', 'slices', 'slices', 'gates', 'gates', 'picture'], SUMMARY_LIMIT).text;
}

function headline(result: Evaluation): string {
  const count = countOutcomes(result.gates);
  const sign = result.blocked || count.fail > 0 ? '🔴' : '🔵';
  const primary = result.metrics.find((metric) => metric.name === result.primary);
  const value = primary ? metricNumbers(primary).value(primary.candidate) : '–';
  return `${sign} ${code(result.model)}: ${metricTitle(result.primary)} ${value}`;
}

function sentence(result: Evaluation): string {
  const primary = result.metrics.find((metric) => metric.name === result.primary);
  const interval = primary?.candidateInterval
    ? `${confidenceText(result.confidence)} CI ${metricNumbers(primary).interval(primary.candidateInterval)}, on `
    : 'On ';
  const left = result.rows.unlabelled > 0 ? ` ${formatCount(result.rows.unlabelled)} without a known label were left out.` : '';
  return `${interval}${plural(result.rows.used, 'held-out row')}.${left} ${gatesSentence(result.gates)}`;
}

function metricTable(result: Evaluation): string {
  if (result.metrics.length === 0) return '';
  const columns = [
    { head: 'metric' },
    { head: 'value', align: 'right' as const },
    { head: `${confidenceText(result.confidence)} interval`, align: 'center' as const },
  ];
  const rows = result.metrics.slice(0, 500).map((metric) => {
    const write = metricNumbers(metric);
    const name = metricName(metric.name);
    const note = metric.note === undefined ? '' : text(metric.note, 160);
    const interval = metric.candidateInterval ? write.interval(metric.candidateInterval) : note || '–';
    return [
      `${metric.name === result.primary ? `**${name}**` : name} ${metric.better === 'higher' ? '↑' : '↓'}`,
      write.value(metric.candidate),
      interval,
    ];
  });
  return table(columns, rows);
}

function footerLine(result: Evaluation): string {
  return `<sub>${[text(result.tool, 40), commitPart(result.commit)].filter((part) => part !== '').join(' · ')}</sub>`;
}
