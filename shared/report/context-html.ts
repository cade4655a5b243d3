import { formatCount } from '../core/format.js';
import type { Comparison, GateOutcome, MetricHistory } from '../evaluation/comparison.js';
import { isBelowBand } from '../evaluation/history.js';
import { comparedRow, headOf, reachOf } from './compared-rows.js';
import { figureHtml, html, nameHtml, proseHtml, tableHtml } from './page/marks.js';
import { championName, confidenceText, metricNumbers, plural, theChampion } from './wording.js';

/** What stands around a comparison on its page: the other candidates, and the versions before. */

/** How an outcome's chip looks. */
export const GATE_CLASS: Readonly<Record<GateOutcome, string>> = {
  pass: 'clear',
  fail: 'error',
  inconclusive: 'warning',
  skipped: 'soft',
};

/** Several candidates against one champion. */
export function candidatesHtml({ candidates: found, primary, confidence, champion }: Comparison): string {
  if (!found) return '';
  const reach = reachOf(found.map(({ metric }) => metric));
  const rows = found.map(({ name, best, metric, verdict, gatesOutcome, failed }) => {
    const mark = best ? ' <span class="chip clear">best</span>' : '';
    const outcome = `<span class="chip ${GATE_CLASS[gatesOutcome]}">${html(gatesOutcome)}</span>`;
    const lost =
      failed.length > 0
        ? `<br><small class="soft">${failed
            .slice(0, 10)
            .map((text) => `<code>${html(text)}</code>`)
            .join(', ')}</small>`
        : '';
    return [...withoutChampion(comparedRow(`<b>${nameHtml(name)}</b>${mark}`, metric, reach)), html(verdict), outcome + lost];
  });
  const before =
    typeof found[0]?.metric.champion === 'number'
      ? ` ${html(theChampion(champion))} has ${metricNumbers(found[0].metric).value(found[0].metric.champion)}.`
      : '';
  const words = `All on the same rows, by ${nameHtml(primary)}${before === '' ? '.' : `;${before}`} The intervals are of ${confidenceText(confidence)} each, so that those of all ${formatCount(found.length)} hold together. What follows is of the best.`;
  const head = [
    ...withoutChampion(headOf('candidate', championName(champion), confidence)),
    { text: 'verdict' },
    { text: 'gates' },
  ];
  return `<h2>Candidates</h2>\n<p class="soft">${words}</p>\n<div class="card">${tableHtml(head, rows)}</div>`;
}

/** Every candidate has the same one. */
function withoutChampion<Cell>(cells: readonly Cell[]): Cell[] {
  return cells.toSpliced(1, 1);
}

/** The primary metric over versions. @param chart draws it */
export function historyHtml({ history: found, confidence }: Comparison, chart: (history: MetricHistory) => string): string {
  if (!found || found.versions.length === 0) return '';
  const { metric, band, leftOut, candidate, versions } = found;
  const others = versions.filter(({ testSet }) => testSet !== candidate.testSet).length;
  const words = [
    'As each training recorded it, on its own test rows; figures of the same test rows are joined.',
    band
      ? `Dashed: from the figure of ${html(band.version, 30)} to where chance alone ends on so many rows (${confidenceText(confidence)}, for all versions together).`
      : '',
    others > 0 ? `${plural(others, 'version')} ${others === 1 ? 'has' : 'have'} other test rows than the candidate.` : '',
    leftOut.length > 0
      ? `Left out: ${leftOut.map(({ version, reason }) => `${html(version, 30)} (${proseHtml(reason)})`).join(', ')}.`
      : '',
  ].filter((part) => part !== '');
  const beyond = isBelowBand(found) ? ' <span class="chip warning">beyond the noise band</span>' : '';
  return [
    `<h2>${nameHtml(metric)} over versions${beyond}</h2>`,
    `<p class="soft">${words.join(' ')}</p>`,
    `<div class="card">${figureHtml(`${nameHtml(metric)} ${found.better === 'higher' ? '↑' : '↓'}`, chart(found))}</div>`,
  ].join('\n');
}
