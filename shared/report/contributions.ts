import type { Explanation } from '../bundle/explanation.js';
import { formatCount, formatNumber, formatSigned } from '../core/format.js';
import { bar } from './bars.js';
import { details } from './comment.js';
import { code, codeElement, text } from './escape.js';
import { table } from './table.js';
import { plural } from './wording.js';

const MOST_FEATURES = 15;
const MOST_OF_A_ROW = 6;

/** Below this a correlation is no direction worth a word. */
const LEAST_TREND = 0.3;

/**
 * SHAP values: what each feature adds to the score of held-out rows, in the mean and in three of them. Empty without any.
 * @param isCalibrated whether something comes after the score
 */
export function contributionsSection(explanation: Explanation, isCalibrated: boolean): string {
  const shown = explanation.features.filter(({ mean }) => mean > 0).slice(0, MOST_FEATURES);
  const first = shown[0];
  if (!first) return '';
  const rows = shown.map(({ feature, mean, trend }) => [
    code(feature, 40),
    formatNumber(mean, 4),
    bar(mean / first.mean, 20),
    trend === undefined || Math.abs(trend) < LEAST_TREND ? '' : trend > 0 ? 'raise it' : 'lower it',
  ]);
  const means = table(
    [
      { head: 'feature' },
      { head: `mean size, ${explanation.scale}`, align: 'right' },
      { head: 'contribution to the score' },
      { head: 'larger values' },
    ],
    rows,
  );
  const head = `<b>Contributions</b> (SHAP) to ${plural(explanation.rows, 'held-out row')}: ${codeElement(first.feature, 40)} adds most`;
  return details(
    head,
    [means, threeRows(explanation), isCalibrated ? 'Scores are those before calibration.' : '']
      .filter((part) => part !== '')
      .join('\n\n'),
  );
}

/** The rows with the lowest, the middle and the highest score, from the base to the score. */
function threeRows({ sample, outputs, base, features, scale }: Explanation): string {
  if (outputs.length > 0 || sample.length < 3) return '';
  const ordered = sample.toSorted((a, b) => a.score[0]! - b.score[0]!);
  const three = [ordered[0]!, ordered[Math.floor(ordered.length / 2)]!, ordered.at(-1)!];
  const sizeOf = (index: number): number => Math.max(...three.map((one) => Math.abs(one.contributions[0]![index]!)));
  const order = Array.from(features.keys()).sort((a, b) => sizeOf(b) - sizeOf(a) || a - b);
  const [large, rest] = [order.slice(0, MOST_OF_A_ROW), order.slice(MOST_OF_A_ROW)];
  const signed = (value: number): string => formatSigned(value, 3);
  const rows = [
    ['mean of the training rows', ...three.map(() => formatNumber(base[0]!, 3))],
    ...large.map((index) => [code(features[index]!.feature, 40), ...three.map((one) => signed(one.contributions[0]![index]!))]),
    ...(rest.length > 0
      ? [
          [
            `${formatCount(rest.length)} more`,
            ...three.map((one) => signed(rest.reduce((sum, index) => sum + one.contributions[0]![index]!, 0))),
          ],
        ]
      : []),
    [`score (${scale})`, ...three.map((one) => `**${formatNumber(one.score[0]!, 3)}**`)],
  ];
  const heads = ['lowest', 'middle', 'highest'].map((which, index) => ({
    head: `${which} score, row ${text(three[index]!.row, 20)}`,
    align: 'right' as const,
  }));
  return `Three of these rows, from the mean to their score:\n\n${table([{ head: 'what adds' }, ...heads], rows)}`;
}
