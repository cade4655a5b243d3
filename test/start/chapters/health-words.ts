import { formatNumber } from '../../../shared/core/format.js';
import type { Health } from '../../../shared/monitoring/health.js';
import { metricTitle } from '../../../shared/report/wording.js';
import type { RunResult } from '../../runner/result.js';
import { expectThat } from '../story/expectation.js';
import type { Story } from '../story/story.js';
import { columns } from '../terminal-text.js';

const SIGNS = { ok: '🟢', watch: '🟡', alarm: '🔴', unknown: '⚪' } as const;
const ORDER = ['alarm', 'watch', 'ok', 'unknown'] as const;

/** A JSON file of an artifact that a run has left. */
export function jsonOf<Result>(story: Story, run: RunResult, artifact: string, file: string): Result {
  const text = story.evidence.artifact(run, artifact)?.get(file);
  expectThat(text !== undefined, `${file} among the artifacts of ${run.workflow}`, 'none');
  return JSON.parse(text.toString('utf8')) as Result;
}

/** What is watched, the worst first, and the primary metric window by window; as lines of text. */
export function stateLines({ checks, windows, primary, expected }: Health): string {
  const known = checks
    .filter(({ state }) => state !== 'unknown')
    .toSorted((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state))
    .map(({ state, kind, subject, detail }) => [SIGNS[state], kind === subject ? kind : `${kind}: ${subject}`, detail]);
  const metric = windows.flatMap(({ from, metrics }) => {
    const value = primary === undefined ? undefined : metrics[primary];
    return value ? [`${formatNumber(value.value)} since ${from.slice(0, 10)}`] : [];
  });
  const held = expected === undefined ? '' : `, ${formatNumber(expected)} on held-out rows`;
  return [
    columns([['', 'what', 'found'], ...known]).join('\n'),
    ...(primary === undefined || metric.length === 0 ? [] : [`${metricTitle(primary)} a window: ${metric.join(', ')}${held}`]),
  ].join('\n');
}
