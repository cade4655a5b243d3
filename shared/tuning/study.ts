import { canonicalJson, type Json, sha256 } from '../core/json.js';
import type { Better } from '../spec/metrics.js';
import type { Observation } from './sampler.js';
import { type ParamSet, paramsKey } from './space.js';
import { mergeLogs, type StudyEvent } from './study-log.js';

/** What is known of one trial. */
export interface Trial {
  readonly number: number;
  readonly params: ParamSet;
  readonly state: 'open' | 'finished' | 'failed';
  /** Of a finished one: the metric on the validation rows. */
  readonly value?: number;
  /** Of a finished one: digest of the rows. */
  readonly rows?: string;
  /** Of a failed one. */
  readonly reason?: string;
  /** Time of all its tries that ended. */
  readonly seconds: number;
  /** How often a plan has given it to a job. */
  readonly proposals: number;
  /** The first round that proposed it, and when. */
  readonly round: number;
}

/**
 * A trial that was given to so many jobs and has no result counts as failed: it may be what kills them. Plans are counted,
 * not starts, since a job that dies with its machine leaves no log.
 */
export const MOST_PROPOSALS = 3;

/** A study's name: it becomes part of the names of artifacts. */
export const STUDY_NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

/**
 * The identity of a study: its name, and a digest of everything that its values depend on. Another space, model or data
 * makes another study.
 */
export function studyId(name: string, content: Json): string {
  return `${name}-${sha256(canonicalJson(content)).slice('sha256:'.length, 'sha256:'.length + 12)}`;
}

/**
 * The trials of a study, by number. A trial that finished several times counts once; of different results the first by
 * time counts, and a result counts more than a failure. The order and repetition of events change nothing.
 */
export function trialsOf(events: readonly StudyEvent[]): readonly Trial[] {
  // A number belongs to one point. Two plans that could not see each other may both have used it: both points stay.
  const byPoint = new Map<string, StudyEvent[]>();
  for (const event of mergeLogs([events])) {
    const key = `${event.trial} ${paramsKey(event.params)}`;
    byPoint.set(key, [...(byPoint.get(key) ?? []), event]);
  }
  return [...byPoint.values()]
    .map(trialOf)
    .sort((a, b) => a.number - b.number || (paramsKey(a.params) < paramsKey(b.params) ? -1 : 1));
}

function trialOf(events: readonly StudyEvent[]): Trial {
  const first = events[0]!;
  const inTime = events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const finished = inTime.find((event) => event.event === 'finished');
  const failed = inTime.find((event) => event.event === 'failed');
  const proposals = new Set(
    inTime.filter(({ event }) => event === 'proposed').map(({ run, attempt, round }) => [run, attempt, round].join(' ')),
  ).size;
  const base = {
    number: first.trial,
    params: first.params,
    seconds: inTime.reduce((sum, event) => sum + ('seconds' in event ? event.seconds : 0), 0),
    proposals,
    round: inTime[0]!.round,
  };
  if (finished) return { ...base, state: 'finished', value: finished.value, rows: finished.rows };
  if (failed) return { ...base, state: 'failed', reason: failed.reason };
  if (proposals >= MOST_PROPOSALS)
    return { ...base, state: 'failed', reason: `${proposals} jobs ended before the trial had a result` };
  return { ...base, state: 'open' };
}

/** The trials as samplers see them. */
export function observationsOf(trials: readonly Trial[]): readonly Observation[] {
  return trials.map(({ params, state, value }) => ({
    params,
    ...(value !== undefined && { value }),
    ...(state === 'open' && { pending: true }),
  }));
}

/** The finished trials, the best first; of equal values the one with the lower number. */
export function ranked(trials: readonly Trial[], better: Better): readonly (Trial & { readonly value: number })[] {
  const sign = better === 'higher' ? -1 : 1;
  return trials
    .filter((trial): trial is Trial & { readonly value: number } => trial.value !== undefined)
    .sort((a, b) => sign * (a.value - b.value) || a.number - b.number);
}

/**
 * The finished trials that were trained and scored on the same rows: those of the rows that most trials have (of as many,
 * the ones with the latest trial), and how many others there are, whose values say nothing beside theirs.
 */
export function sameRows(trials: readonly Trial[]): { readonly trials: readonly Trial[]; readonly others: number } {
  const groups = new Map<string, Trial[]>();
  for (const trial of trials) {
    if (trial.rows !== undefined) groups.set(trial.rows, [...(groups.get(trial.rows) ?? []), trial]);
  }
  const [largest] = [...groups.values()].sort((a, b) => b.length - a.length || b.at(-1)!.number - a.at(-1)!.number);
  const kept = trials.filter((trial) => trial.rows === undefined || trial.rows === largest?.[0]?.rows);
  return { trials: kept, others: trials.length - kept.length };
}
