import { z } from 'zod';
import { canonicalJson, type Json } from '../core/json.js';

/**
 * A study is a set of lines, each a JSON object: what happened to a trial, and where. Files of lines are joined by
 * joining the sets, so neither their order nor a file that comes twice changes anything.
 */

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const origin = {
  v: z.literal(1),
  /** The study's name and the digest of what makes its values comparable: `default-3f2a91c07b6e`. */
  study: z.string(),
  run: z.int(),
  attempt: z.int(),
  round: z.int(),
  /** 0: the plan. */
  job: z.int(),
  trial: z.int().min(1),
  params: z.record(z.string(), scalar),
  /** ISO 8601. */
  at: z.string(),
};

const eventSchema = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('proposed'), ...origin }),
  z.strictObject({ event: z.literal('started'), ...origin }),
  z.strictObject({
    event: z.literal('finished'),
    ...origin,
    value: z.number(),
    seconds: z.number().min(0),
    /** Digest of the rows that were trained and scored on. */
    rows: z.string(),
  }),
  z.strictObject({ event: z.literal('failed'), ...origin, reason: z.string(), seconds: z.number().min(0) }),
]);

export type StudyEvent = z.output<typeof eventSchema>;
type Told<Event> = Event extends unknown ? Omit<Event, 'v' | 'study' | 'run' | 'attempt' | 'round' | 'job' | 'at'> : never;
/** What happened, without where and when. */
export type TrialEvent = Told<StudyEvent>;

/** A line of a log, with its line feed. */
export function eventLine(event: StudyEvent): string {
  return `${canonicalJson(event as unknown as Json)}\n`;
}

/** The first line of a log that holds all others: the artifacts that need not be read again. */
const mergedSchema = z.strictObject({ v: z.literal(1), merged: z.array(z.int()) });

/** The line that says which artifacts a log contains. */
export function mergedLine(artifacts: readonly number[]): string {
  return `${canonicalJson({ v: 1, merged: [...artifacts] })}\n`;
}

export interface ReadLog {
  readonly events: readonly StudyEvent[];
  /** Other studies that the file holds. */
  readonly others: readonly string[];
  /** Ids of artifacts whose lines are all in this log. */
  readonly merged: readonly number[];
}

/**
 * The events of one study in a log file. Lines that are torn (a job died while it wrote) or of another study are left out.
 */
export function readLog(text: string, study: string): ReadLog {
  const events: StudyEvent[] = [];
  const others = new Set<string>();
  const artifacts: number[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const value = parseJson(line);
    const parsed = eventSchema.safeParse(value);
    if (!parsed.success) artifacts.push(...(mergedSchema.safeParse(value).data?.merged ?? []));
    else if (parsed.data.study === study) events.push(parsed.data);
    else others.add(parsed.data.study);
  }
  return { events, others: [...others].sort(), merged: artifacts };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The union of logs, each event once, in an order that depends on the events alone. */
export function mergeLogs(logs: Iterable<readonly StudyEvent[]>): readonly StudyEvent[] {
  const lines = new Map<string, StudyEvent>();
  for (const log of logs) for (const event of log) lines.set(eventLine(event), event);
  return [...lines].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, event]) => event);
}
