import { formatCount, formatNumber } from '../../../shared/core/format.js';
import type { Comparison } from '../../../shared/evaluation/comparison.js';
import type { RegistryHistory } from '../../../shared/registry/history.js';
import { metricTitle } from '../../../shared/report/wording.js';
import { columns, plainLines } from '../terminal-text.js';

/** `ROC AUC 0.5685 → 0.6773 on 60,000 held-out rows`. */
export function scoreText({ metrics, primary, rows }: Comparison): string {
  const metric = metrics.find(({ name }) => name === primary);
  const number = (value: number | null | undefined): string | undefined => {
    return typeof value === 'number' ? formatNumber(value) : undefined;
  };
  const values = [number(metric?.champion), number(metric?.candidate)].filter((value) => value !== undefined);
  return `${metricTitle(primary)} ${values.join(' → ')} on ${formatCount(rows.used)} held-out rows`;
}

/** What a reader of a comment sees first: the verdict, the gates and the metrics. */
export function topOfComment(markdown: string): string {
  const end = markdown.search(/^(\*\*What changed|\*\*ROC|<details>|```)/m);
  return plainLines(end < 0 ? markdown : markdown.slice(0, end)).join('\n');
}

/** The first table of a document. */
export function firstTable(markdown: string): string {
  return plainLines(/^\|.*(?:\n\|.*)*/m.exec(markdown)?.[0] ?? '').join('\n');
}

/** Who had which stage since when, oldest first, as lines of text. */
export function stageLines({ assignments }: RegistryHistory): string {
  const rows = assignments.toReversed().map(({ at, stage, version, rollback, reason }) => {
    return [at.slice(11, 19), stage, version, rollback ? `rollback: ${reason}` : reason];
  });
  return columns([['since', 'stage', 'version', 'reason'], ...rows]).join('\n');
}
