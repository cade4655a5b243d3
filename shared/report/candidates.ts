import { formatCount } from '../core/format.js';
import type { CandidateResult, Comparison } from '../evaluation/comparison.js';
import { code } from './escape.js';
import { OUTCOME_SIGNS } from './gates.js';
import { type TableColumn, table } from './table.js';
import { championName, confidenceText, metricName, metricNumbers, plural, signOf } from './wording.js';

const MOST_CANDIDATES = 20;

/** Several candidates in one table, the best in bold; everything below it is the best one's. Decreasing lengths. */
export function candidatesSection(result: Comparison): string[] {
  const { candidates = [], primary, confidence } = result;
  const best = candidates.find((candidate) => candidate.best);
  if (!best) return [''];
  const champion = candidates.find(({ metric }) => typeof metric.champion === 'number');
  const before =
    champion && `${championName(result.champion)}: ${metricNumbers(champion.metric).value(champion.metric.champion)}`;
  const columns: TableColumn[] = [
    { head: 'candidate' },
    { head: `${metricName(primary)} ${best.metric.better === 'higher' ? '↑' : '↓'}`, align: 'right' },
    ...(champion
      ? [
          { head: 'difference', align: 'right' as const },
          { head: `${confidenceText(confidence)} interval`, align: 'center' as const },
          { head: '', align: 'center' as const },
        ]
      : []),
    { head: 'gates', align: 'center' },
  ];
  const row = (candidate: CandidateResult): string[] => {
    const { name, metric, gatesOutcome, failed } = candidate;
    const write = metricNumbers(metric);
    const label = code(name, 40);
    const gates =
      failed.length > 0 ? `${OUTCOME_SIGNS.fail} ${formatCount(failed.length)}` : OUTCOME_SIGNS[gatesOutcome] || '–';
    const compared = [write.signed(metric.difference), write.signedInterval(metric.interval), signOf(metric)];
    return [candidate.best ? `**${label}**` : label, write.value(metric.candidate), ...(champion ? compared : []), gates];
  };
  const together = 1 - (1 - confidence) * candidates.length;
  const words = [
    before,
    champion &&
      `each interval is of ${confidenceText(confidence)}, so that all ${formatCount(candidates.length)} hold together at ${confidenceText(Math.max(0, together))}`,
    'everything else here is of the best',
  ].filter((part) => part);
  const more = candidates.length - MOST_CANDIDATES;
  const title = `**The best of ${plural(candidates.length, 'candidate')} is ${code(best.name, 40)}**`;
  const full = [
    `${title}, all held against the same rows:`,
    table(columns, candidates.slice(0, MOST_CANDIDATES).map(row)),
    `<sub>${more > 0 ? `${plural(more, 'more candidate')} not shown. ` : ''}${words.join(' · ')}</sub>`,
  ].join('\n\n');
  return [full, `${title}.`];
}
