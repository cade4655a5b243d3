import { formatNumber } from '../../../shared/core/format.js';
import { metricTitle } from '../../../shared/report/wording.js';
import { escapeHtml } from '../../render/html.js';
import type { ScoreRecord, Tone } from '../story/record.js';

/** A row a candidate: where it came from, its value with its interval on one scale, and the verdict. */
export function scoreChart(scores: readonly ScoreRecord[]): string {
  const { metric, better } = scores[0]!;
  const ends = scores.flatMap(({ value, low = value, high = value }) => [low, high]);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const span = most - least || Math.abs(most) || 1;
  const place = (value: number): string => `${(((value - least) / span) * 96 + 2).toFixed(2)}%`;
  const rows = scores.map((score) => {
    const { label, chapter, value, low, high, version } = score;
    const tone = toneOf(score);
    const whisker =
      low === undefined || high === undefined
        ? ''
        : `<i style="left:${place(low)};width:${((Math.max(high - low, 0) / span) * 96).toFixed(2)}%"></i>`;
    const became = version === undefined ? '' : ` <span class="soft">→ ${escapeHtml(version)}</span>`;
    const cells = [
      `<a class="number ${tone}" href="#chapter-${chapter}">${chapter}</a>`,
      `<span class="label">${escapeHtml(label)}${became}</span>`,
      `<span class="plot ${tone}">${whisker}<b style="left:${place(value)}"></b></span>`,
      `<span class="value">${formatNumber(value)}</span>`,
      `<span class="verdict"><span class="chip ${tone}">${escapeHtml(score.blocked ? `${score.verdict}, refused` : score.verdict)}</span></span>`,
    ];
    return `<div class="score">${cells.join('')}</div>`;
  });
  const direction = better === 'higher' ? 'higher is better' : 'lower is better';
  return [
    `<p class="soft">${escapeHtml(metricTitle(metric))} on held-out rows, with its 95 % interval; ${direction}. The verdict compares with the champion of that moment, on the same rows.</p>`,
    `<div class="card scores">${rows.join('')}</div>`,
  ].join('\n');
}

function toneOf({ verdict, blocked }: ScoreRecord): Tone {
  if (blocked || verdict === 'worse') return 'bad';
  return verdict === 'better' || verdict === 'first model' ? 'good' : 'neutral';
}
