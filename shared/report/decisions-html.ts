import { formatCount, formatShare } from '../core/format.js';
import type { Calibration, Comparison, Confusion } from '../evaluation/comparison.js';
import { wrongRows } from './decisions.js';
import { figureHtml, html, legendHtml, nameHtml, tableHtml } from './page/marks.js';

/** The confusion of both models, side by side. */
export function decisionsHtml({ confusion }: Pick<Comparison, 'confusion'>, champion: string): string {
  const models: [string, Confusion['candidate']][] = confusion
    ? [
        ...(confusion.champion ? [[champion, confusion.champion] as [string, Confusion['candidate']]] : []),
        ['candidate', confusion.candidate],
      ]
    : [];
  const matrices = models.map(([name, matrix]) =>
    figureHtml(
      `<b>${html(name)}</b>: ${formatCount(wrongRows(matrix))} of ${formatCount(matrix.flat().reduce((sum, count) => sum + count, 0))} rows decided wrong`,
      matrixHtml(confusion!.classes, matrix),
    ),
  );
  return matrices.length > 0 ? `<h2>Decisions</h2>\n<div class="card pictures">${matrices.join('\n')}</div>` : '';
}

/** The calibration of both models in one picture. @param chart draws it */
export function calibrationHtml(
  calibration: Calibration,
  champion: string,
  chart: (calibration: Calibration, champion: string) => string,
): string {
  const words = 'share of positives over mean probability; dashed: both the same';
  return figureHtml(words + legendHtml(calibration.champion && champion), chart(calibration, champion));
}

/** A row a label; shares are of the label's rows, and shade the cell. */
function matrixHtml(classes: readonly string[], matrix: Confusion['candidate']): string {
  const head = [
    { text: 'label', kind: 'name' },
    ...classes.map((name) => ({ text: `as ${nameHtml(name, 20)}`, kind: 'number' })),
  ];
  const rows = classes.map((name, label) => {
    const counts = matrix[label]!;
    const all = counts.reduce((sum, count) => sum + count, 0);
    return [
      nameHtml(name, 30),
      ...counts.map((count, decision) => {
        const share = all === 0 ? 0 : count / all;
        const colour = decision === label ? 'good' : 'error';
        return `<span class="cell" style="--shade:${Math.round(share * 45)}%;--tint:var(--${colour})">${formatCount(count)} <small class="soft">${formatShare(share, 0)}</small></span>`;
      }),
    ];
  });
  return tableHtml(head, rows);
}
