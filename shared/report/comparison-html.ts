import { formatBytes, formatCount, formatDuration, formatNumber, formatShare } from '../core/format.js';
import type { Comparison, McNemar, ModelSummary } from '../evaluation/comparison.js';
import { comparedRow, headOf, reachOf } from './compared-rows.js';
import { plainHeadline } from './comparison.js';
import { candidatesHtml, GATE_CLASS, historyHtml } from './context-html.js';
import { batchName, memoryText, timesText } from './cost.js';
import { decisionsHtml } from './decisions-html.js';
import { disagreeingHtml } from './disagreeing-html.js';
import { figureHtml, html, nameHtml, proseHtml, tableHtml, termsHtml } from './page/marks.js';
import { pageHtml } from './page/page.js';
import { confidenceText, plural, shortDigest, stepsOf, theChampion } from './wording.js';

/** More slices than these and nobody reads them; `comparison.json` has them all. */
const MOST_SLICES = 1000;

/** Below so many rows that only one model gets right, McNemar's exact p-value is shown in the place of the chi-square's. */
const FEW_CHANGES = 25;

/**
 * The comparison as one page that needs nothing else: no script, no network. It holds what a comment has no room for: every
 * metric and slice with its interval drawn, and the curves at full size, with the numbers under the pointer.
 */
export async function renderComparisonHtml(result: Comparison): Promise<string> {
  const { calibrationChart, curveChart, historyChart } = await import('./comparison-charts.js');
  const champion = theChampion(result.champion);
  const { curve } = result;
  return pageHtml(`${result.model}: ${plainHeadline(result)}`, [
    header(result),
    candidatesHtml(result),
    gates(result),
    metrics(result),
    ...(curve && curve.x.length > 1
      ? [
          `<h2>${html(curve.title)}</h2>`,
          `<div class="card">${figureHtml(legend(result, champion), curveChart(curve, champion))}</div>`,
        ]
      : []),
    historyHtml(result, historyChart),
    slices(result),
    decisionsHtml(result, champion, calibrationChart),
    disagreement(result, champion),
    disagreeingHtml(result, champion),
    changes(result),
    models(result, champion),
    `<footer><p>${html(result.tool)} · ${html(result.createdAt)}${result.commit === undefined ? '' : ` · commit <code>${html(result.commit.slice(0, 12))}</code>`}</p></footer>`,
  ]);
}

function header(result: Comparison): string {
  const { rows } = result;
  const facts: [string, string][] = [
    ['verdict', html(result.verdict)],
    ['gates', html(result.gatesOutcome)],
    ['held-out rows', formatCount(rows.used)],
    ...(result.looks === undefined ? [] : [['candidates judged here', formatCount(result.looks)] as [string, string]]),
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
    const found = gate.value === undefined ? '–' : formatNumber(gate.value, 4);
    const decide = gate.rowsToDecide === undefined ? '' : ` About ${plural(gate.rowsToDecide, 'row')} would decide it.`;
    return [
      `<code>${html(gate.text)}</code>`,
      `<span class="chip ${GATE_CLASS[gate.outcome]}">${html(gate.outcome)}</span>`,
      found,
      `${proseHtml(gate.note ?? '')}${decide}`,
    ];
  });
  const head = [{ text: 'gate' }, { text: '' }, { text: 'found', kind: 'number' }, { text: '', kind: 'wide' }];
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
  return [
    '<h2>Metrics</h2>',
    `<p class="soft">The lines are ${confidenceText(result.confidence)} intervals of the difference, each on its own scale; right of the middle is better.</p>`,
    `<div class="card">${tableHtml(headOf('metric'), rows)}</div>`,
  ].join('\n');
}

function slices(result: Comparison): string {
  if (result.slices.length === 0) return '';
  const reach = reachOf(result.slices);
  const rows = result.slices
    .slice(0, MOST_SLICES)
    .map((slice) =>
      comparedRow(`${nameHtml(slice.slice)} <small class="soft">${plural(slice.rows, 'row')}</small>`, slice, reach),
    );
  const more = result.slices.length - MOST_SLICES;
  return [
    '<h2>Slices</h2>',
    `<p class="soft">${nameHtml(result.primary)}, all on one scale; the signs are Holm-corrected.${more > 0 ? ` ${plural(more, 'more slice')} in comparison.json.` : ''}</p>`,
    `<div class="card">${tableHtml(headOf('slice'), rows)}</div>`,
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

function legend(result: Comparison, champion: string): string {
  const line = (colour: string, name: string): string => `<span style="--swatch:var(--${colour})">${html(name)}</span>`;
  const axes = result.curve ? `${html(result.curve.yLabel)} over ${html(result.curve.xLabel)}` : '';
  return `${axes}<span class="legend">${line('accent', 'candidate')}${result.curve?.champion ? line('axis', champion) : ''}</span>`;
}
