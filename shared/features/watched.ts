import type { WatchedColumn } from '../data/distribution/watched-column.js';
import type { Signature } from '../onnx/signature.js';
import type { DatePart } from '../spec/schema.js';
import type { Feature, FeaturePlan } from './plan.js';

/** A raw column as it is watched; see WatchedColumn for the SQL that belongs to it. */
export interface WatchedInput extends Omit<WatchedColumn, 'sql'> {
  /** The raw column. */
  readonly from: string;
}

/** Parts of the event's time that are the calendar's: next month they are others, and nothing has drifted. */
const CALENDAR: readonly DatePart[] = ['year', 'quarter', 'month', 'day'];

/**
 * What is watched of the rows that a model is asked about: each raw column that it takes, and of dates the parts that its
 * features are made of.
 * @param time the column with the time of the event
 * @returns also the names of what is left out: parts of the calendar, and dates that no part is taken of
 */
export function watchedInputs(
  { inputs }: Pick<Signature, 'inputs'>,
  { features }: FeaturePlan,
  time: string | undefined,
): { readonly watched: readonly WatchedInput[]; readonly left: readonly string[] } {
  const watched: WatchedInput[] = [];
  const left: string[] = [];
  for (const { name, column: type } of inputs) {
    if (type !== 'date' && type !== 'timestamp') {
      watched.push({ name, from: name, type });
      continue;
    }
    const parts = partsOf(name, features);
    if (parts.size === 0) left.push(name);
    for (const [part, called] of parts) {
      if (name === time && CALENDAR.includes(part)) left.push(called);
      else watched.push({ name: called, from: name, type, part });
    }
  }
  return { watched, left };
}

/** The parts of a date that features are made of, each once, and what it is called: as its feature where it is one. */
function partsOf(column: string, features: readonly Feature[]): Map<DatePart, string> {
  const parts = new Map<DatePart, string>();
  for (const feature of features) {
    if (feature.from !== column) continue;
    if (feature.kind === 'date_part') parts.set(feature.part, feature.name);
    else if (feature.kind === 'cyclic' && !parts.has(feature.part)) parts.set(feature.part, `${column}_${feature.part}`);
  }
  return parts;
}
