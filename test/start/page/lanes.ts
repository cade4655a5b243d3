import type { HistoricAssignment, RegistryHistory } from '../../../shared/registry/history.js';
import { escapeHtml } from '../../render/html.js';

/** A lane a stage: which version had it from one assignment to the next, in the order of events and not to scale. */
export function lanes({ assignments }: RegistryHistory): string {
  const events = assignments.toReversed();
  if (events.length === 0) return '<p class="soft">No version has had a stage.</p>';
  const stages = [...new Set(events.map(({ stage }) => stage))];
  const columns = `grid-template-columns: auto repeat(${events.length}, minmax(62px, 1fr))`;
  const times = events.map(
    ({ at }, index) => `<span class="when" style="grid-row:1;grid-column:${index + 2}">${escapeHtml(at.slice(11, 19))}</span>`,
  );
  const parts = stages.flatMap((stage, row) => [
    `<span class="name" style="grid-row:${row + 2};grid-column:1">${escapeHtml(stage)}</span>`,
    ...events.flatMap((event, index) => (event.stage === stage ? [held(event, events, index, row + 2)] : [])),
  ]);
  return `<p class="soft">From left to right, one column an assignment; nothing is ever taken out of this history.</p><div class="card scroll"><div class="lanes" style="${columns}">${[...times, ...parts].join('')}</div></div>`;
}

function held(event: HistoricAssignment, events: readonly HistoricAssignment[], index: number, row: number): string {
  const next = events.findIndex(({ stage }, later) => later > index && stage === event.stage);
  const until = next < 0 ? -1 : next + 2;
  const note = [event.rollback ? 'rollback' : '', event.reason].filter((part) => part !== '').join(': ');
  const live = next < 0 ? ' live' : '';
  const label = `${event.rollback ? '↩ ' : ''}${event.version}`;
  return `<span class="held${live}" style="grid-row:${row};grid-column:${index + 2} / ${until}" title="${escapeHtml(note)}">${escapeHtml(label)}</span>`;
}
