import type { Health, HealthCheck, HealthColumn, HealthKind, HealthWindow } from '../../monitoring/health.js';
import { clip, code } from '../escape.js';
import { plural } from '../wording.js';

export const STATE_SIGNS: Readonly<Record<HealthCheck['state'], string>> = {
  alarm: '🔴',
  watch: '🟡',
  ok: '🟢',
  unknown: '⚪',
};

/** What matters most to whoever is called: first what users feel, then what may become so. */
const ORDER: readonly HealthKind[] = [
  ...(['quality', 'errors', 'latency', 'contract', 'volume', 'prediction drift', 'input drift'] as const),
];

const STATES: readonly HealthCheck['state'][] = ['alarm', 'watch', 'unknown', 'ok'];

/** Alarms before what is watched, and the kinds in their order. */
export function inOrder(checks: readonly HealthCheck[]): HealthCheck[] {
  return [...checks].sort(
    (a, b) =>
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
      (b.effect ?? 0) - (a.effect ?? 0),
  );
}

/** `origin, distance and 3 more`. @param name writes a subject */
export function listText(subjects: readonly string[], name: (subject: string) => string): string {
  const shown = subjects.slice(0, 3).map(name);
  const more = subjects.length - shown.length;
  if (more > 0) return `${shown.join(', ')} and ${more} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** Checks of one kind, in a few words. */
function kindText(kind: HealthKind, subjects: readonly string[], name: (subject: string) => string): string {
  const listed = listText(subjects, name);
  switch (kind) {
    case 'quality':
      return `the quality fell (${listed})`;
    case 'input drift':
      return `${listed} drifted`;
    case 'prediction drift':
      return `the answers drifted (${listed})`;
    case 'contract':
      return subjects.includes('refused rows') && subjects.length === 1
        ? 'rows are refused'
        : `the contract is broken (${listed})`;
    case 'volume':
      return 'the number of rows is unusual';
    case 'errors':
      return 'requests fail';
    case 'latency':
      return `too slow (${listed})`;
  }
}

/** What is in alarm, in a few words; of what is only watched where nothing is. */
export function troubleText(health: Health, name: (subject: string) => string): string {
  const checks = inOrder(health.checks);
  const alarms = checks.filter(({ state }) => state === 'alarm');
  const told = alarms.length > 0 ? alarms : checks.filter(({ state }) => state === 'watch');
  const kinds = [...new Set(told.map(({ kind }) => kind))];
  return kinds
    .map((kind) =>
      kindText(
        kind,
        told.filter((check) => check.kind === kind).map(({ subject }) => subject),
        name,
      ),
    )
    .join('; ');
}

/** The title: plain text, at most so long. @param open what was in alarm, and is not known to be well again */
export function healthTitle(health: Health, open: readonly string[] = []): string {
  const name = (subject: string): string => clip(subject.replace(/[\p{C}\p{Z}]+/gu, ' '), 40);
  const isKnown = health.checks.some(({ state }) => state === 'ok' || state === 'watch');
  const well =
    open.length > 0 ? `not known to be well again (${listText(open, name)})` : isKnown ? 'healthy' : 'nothing can be said yet';
  return clip(`${health.model}: ${health.healthy ? well : troubleText(health, name)}`, 200);
}

/** `2001-06-04`, with the time where it is not midnight; a dash for what is no moment. Safe anywhere. */
export function momentText(iso: string): string {
  const [, date, time] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}):\d{2}/.exec(iso) ?? [];
  if (date === undefined || time === undefined) return '–';
  return iso.startsWith(`${date}T00:00:00`) ? date : `${date} ${time} UTC`;
}

/** `2001-06-04 … 2001-06-10`: whole days with the last one, else with their times. */
export function windowText({ from, to }: Pick<HealthWindow, 'from' | 'to'>, form: 'long' | 'short' = 'long'): string {
  const isDays = [from, to].every((moment) => /^\d{4}-\d{2}-\d{2}T00:00:00/.test(moment));
  if (form === 'short') return momentText(from).slice(5).replace(' UTC', '');
  if (!isDays) return `${momentText(from)} … ${momentText(to)}`;
  const last = new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
  return last === from.slice(0, 10) ? last : `${from.slice(0, 10)} … ${last}`;
}

/** The same for a table's cell, where it does not break. */
export function momentCell(iso: string): string {
  return momentText(iso).replaceAll('-', '\u2011').replaceAll(' ', '\u00a0');
}

/** `0.31 sd`, or the distance by itself. */
export function effectText({ effect, measure }: Pick<HealthColumn, 'effect' | 'measure'>): string {
  return measure === 'wasserstein' ? `${effect.toFixed(2)} sd` : effect.toFixed(2);
}

export function columnsText(count: number): string {
  return plural(count, 'column');
}

export function subjectText(subject: string): string {
  return code(subject, 50);
}
