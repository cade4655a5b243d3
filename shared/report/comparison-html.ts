import { formatBytes, formatCount, formatDuration, formatNumber, formatShare } from '../core/format.js';
import type { Comparison, McNemar, ModelSummary } from '../evaluation/comparison.js';
import { baselineText } from './baseline.js';
import { comparedRow, headOf, reachOf } from './compared-rows.js';
import { plainHeadline } from './comparison.js';
import { candidatesHtml, GATE_CLASS, historyHtml } from './context-html.js';
import { batchName, memoryText, timesText } from './cost.js';
import { calibrationHtml, decisionsHtml } from './decisions-html.js';
import { disagreeingHtml } from './disagreeing-html.js';
import { gateFigures } from './gates.js';
import { classesHtml, fairnessHtml, worstSlicesHtml } from './groups-html.js';
import { figureHtml, footerHtml, html, legendHtml, nameHtml, proseHtml, tableHtml, termsHtml } from './page/marks.js';
import { pageHtml } from './page/page.js';
import { championName, confidenceText, plural, shortDigest, stepsOf, theChampion } from './wording.js';

/** More slices than these and nobody reads them; `comparison.json` has them all. */
const MOST_SLICES = 1000;

/** Below so many rows that only one model gets right, McNemar's exact p-value is shown in the place of the chi-square's. */
const FEW_CHANGES = 25;

/**
 * The comparison as one page that needs nothing else: no script, no network. It holds what a comment has no room for: every
 * metric and slice with its interval drawn, and the curves at full size, with the numbers under the pointer.
 */
export async function renderComparisonHtml(result: Comparison): Promise<string> {
  const charts = await import('./comparison-charts.js');
  const champion = theChampion(result.champion);
  return pageHtml(`${result.model}: ${plainHeadline(result)}`, [
    header(result),
    candidatesHtml(result),
    gates(result),
    metrics(result),
    curves(result, champion, charts),
    historyHtml(result, charts.historyChart),
    slices(result),
    worstSlicesHtml(result, result.champion && champion),
    fairnessHtml(result, champion),
    decisionsHtml(result, champion),
    classesHtml(result, champion),
    disagreement(result, champion),
    disagreeingHtml(result, champion),
    changes(result),
    models(result, champion),
    footer(result),
  ]);
}

function header(result: Comparison): string {
  const { rows } = result;
  const facts: [string, string][] = [
    ['verdict', html(result.verdict)],
    ['gates', result.gates.length === 0 ? 'none' : html(result.gatesOutcome)],
    ['held-out rows', formatCount(rows.used)],
    ...(result.looks === undefined ? [] : [['candidates judged on these rows', formatCount(result.looks)] as [string, string]]),
  ];
  const left = [
    rows.seenByChampion > 0 ? `${plural(rows.seenByChampion, 'row')} that the champion may have trained on` : '',
    (rows.older ?? 0) > 0 ? `${plural(rows.older ?? 0, 'row')} that are not newer than its data` : '',
    rows.unlabelled > 0 ? `${plural(rows.unlabelled, 'row')} without a known label` : '',
  ].filter((part) => part !== '');
  return [
    `<h1>${nameHtml(result.model)}: ${html(plainHeadline(result))}</h1>`,
    result.reason === undefined ? '' : `<p class="lead">${proseHtml(result.reason)}</p>`,
    left.length === 0 ? '' : `<p class="soft">Left out: ${left.join(', ')}.</p>`,
    termsHtml('facts', facts),
  ].join('\n');
}

function gates(result: Comparison): string {
  if (result.gates.length === 0) return '';
  const rows = result.gates.map((gate) => {
    const decide = gate.rowsToDecide === undefined ? '' : ` About ${plural(gate.rowsToDecide, 'row')} would decide it.`;
    const note = `${proseHtml(gate.note ?? '')}${decide}`;
    return [
      `<code>${html(gate.text)}</code>${note === '' ? '' : `<br><small class="soft">${note}</small>`}`,
      `<span class="chip ${GATE_CLASS[gate.outcome]}">${html(gate.outcome)}</span>`,
      gateFigures(gate),
    ];
  });
  const head = [{ text: 'gate', kind: 'name' }, { text: '' }, { text: 'found', kind: 'number loose' }];
  return `<h2>Gates</h2>\n<div class="card">${tableHtml(head, rows)}</div>`;
}

function metrics(result: Comparison): string {
  if (result.metrics.length === 0) return '';
  const rows = result.metrics.map((metric) => {
    const name = nameHtml(metric.name);
    const label = `${metric.name === result.primary ? `<b>${name}</b>` : name} ${metric.better === 'higher' ? '↑' : '↓'}`;
    const note = metric.note === undefined ? '' : `<br><small class="soft">${proseHtml(metric.note)}</small>`;
    // Every metric has a unit of its own, so each has its own scale.
    return comparedRow(label + note, metric, reachOf([metric]));
  });
  const without = baselineText(result);
  return [
    '<h2>Metrics</h2>',
    `<p class="soft">The lines are ${confidenceText(result.confidence)} intervals of the difference, each on its own scale; right of the middle is better.</p>`,
    `<div class="card">${tableHtml(headOf('metric', championName(result.champion), result.confidence), rows)}</div>`,
    ...(without === '' ? [] : [`<p class="soft">${without}.</p>`]),
  ].join('\n');
}

/** The curves of both models and their calibration, beside each other where there is room. */
function curves(result: Comparison, champion: string, charts: typeof import('./comparison-charts.js')): string {
  const { curve, calibration } = result;
  const figures: [title: string, figure: string][] = [
    ...(curve && curve.x.length > 1
      ? [[html(curve.title), figureHtml(legend(curve, champion), charts.curveChart(curve, champion))] as [string, string]]
      : []),
    ...(calibration && calibration.candidate.length > 1
      ? [['calibration', calibrationHtml(calibration, champion, charts.calibrationChart)] as [string, string]]
      : []),
  ];
  if (figures.length === 0) return '';
  const title = figures.map(([name]) => name).join(' and ');
  return `<h2>${title[0]!.toUpperCase()}${title.slice(1)}</h2>\n<div class="card pictures">${figures.map(([, figure]) => figure).join('\n')}</div>`;
}

function slices(result: Comparison): string {
  if (result.slices.length === 0) return '';
  const reach = reachOf(result.slices);
  const rows = result.slices
    .slice(0, MOST_SLICES)
    .map((slice) =>
      comparedRow(`${nameHtml(slice.slice)} <small class="soft whole">${plural(slice.rows, 'row')}</small>`, slice, reach),
    );
  const more = result.slices.length - MOST_SLICES;
  return [
    '<h2>Slices</h2>',
    `<p class="soft">${nameHtml(result.primary)}, all on one scale; the signs are Holm-corrected.${more > 0 ? ` ${plural(more, 'more slice')} in comparison.json.` : ''}</p>`,
    `<div class="card">${tableHtml(headOf('slice', championName(result.champion), result.confidence), rows)}</div>`,
  ].join('\n');
}

function disagreement(result: Comparison, champion: string): string {
  const found = result.disagreement;
  if (!found || result.rows.used === 0) return '';
  const { rows, forTheBetter, forTheWorse, mcnemar } = found;
  return [
    '<h2>Where they disagree</h2>',
    `<p>On ${plural(rows, 'row')} (${formatShare(rows / result.rows.used)}): ${formatCount(forTheBetter)} for the better, ${formatCount(forTheWorse)} for the worse than ${html(champion)}.</p>`,
    ...(mcnemar ? [`<p class="soft">${mcnemarText(mcnemar, forTheBetter + forTheWorse)} ${deciderText(result)}</p>`] : []),
  ].join('\n');
}

/** Few rows leave the chi-square distribution too coarse an approximation. */
function mcnemarText({ exactP, corrected }: McNemar, changes: number): string {
  const name = "McNemar's test of the rows that only one of them gets right:";
  if (changes < FEW_CHANGES) return `${name} ${chanceText(exactP)} (exact).`;
  return `${name} χ² = ${formatNumber(corrected.statistic, 2)} with continuity correction, ${chanceText(corrected.p)}.`;
}

function deciderText({ primary, retraining }: Comparison): string {
  const form = primary === 'accuracy' && !retraining ? ", which is the test's mid-p form" : '';
  return `It is shown beside the verdict and has no part in it: that comes from the interval of ${nameHtml(primary)}${form}.`;
}

function chanceText(p: number): string {
  return p < 0.001 ? 'p &lt; 0.001' : `p = ${formatNumber(p, 3)}`;
}

function changes(result: Comparison): string {
  if (result.changes.length === 0) return '';
  const rows = result.changes
    .slice(0, MOST_SLICES)
    .map(({ kind, name, before, after }) => [html(kind), nameHtml(name), html(before ?? '–'), html(after ?? '–')]);
  const head = ['what', 'name', 'before', 'after'].map((text) => ({ text }));
  return `<h2>What changed</h2>\n<div class="card">${tableHtml(head, rows)}</div>`;
}

function models(result: Comparison, champion: string): string {
  const of = (model: ModelSummary): string[] => [
    `${html(model.algorithm)}${stepsOf(model) === '' ? '' : `, ${stepsOf(model)}`}`,
    `${formatCount(model.trainingRows)} of ${formatCount(model.dataRows)} rows`,
    formatDuration(model.trainingSeconds),
    formatBytes(model.sizeBytes),
    timesText(model.latency),
    timesText(model.latency?.batch),
    memoryText(model),
    `<code>${html(shortDigest(model.digest))}</code>`,
  ];
  const names = [
    ...['algorithm', 'trained on', 'training took', 'size', 'latency of a row, median · 99th percentile'],
    ...[batchName([result.candidate, ...(result.champion ? [result.champion] : [])]), 'peak memory', 'digest'],
  ];
  const [candidate, before] = [of(result.candidate), result.champion && of(result.champion)];
  const rows = names.map((name, index) => [name, ...(before ? [before[index]!] : []), candidate[index]!]);
  const head = ['', ...(before ? [champion] : []), 'candidate'].map((text) => ({ text: html(text) }));
  return `<h2>The models</h2>\n<div class="card">${tableHtml(head, rows)}</div>`;
}

function legend({ kind, xLabel, yLabel, champion }: NonNullable<Comparison['curve']>, name: string): string {
  const chance = kind === 'roc' ? '; dashed: chance' : '';
  return `${html(yLabel)} over ${html(xLabel)}${chance}${legendHtml(champion && name)}`;
}

function footer(result: Comparison): string {
  const lines = [
    'Both models were run on the same held-out rows. <i>Better</i> and <i>worse</i>: the interval of the difference excludes 0. ↑ higher is better, ↓ lower is better.',
    ...(result.slices.length > 0
      ? [
          "Holm's correction: among many slices some differ by chance alone, so a slice is called only where it differs beyond that.",
        ]
      : []),
  ];
  return footerHtml(result.champion ? lines : [], result, '');
}
