import type { WatchedColumn } from '../data/distribution-read.js';
import type { Signature } from '../onnx/signature.js';
import type { DatePart } from '../spec/schema.js';
import type { FeaturePlan } from './plan.js';

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
    const parts = features.flatMap((feature) => (feature.kind === 'date_part' && feature.from === name ? [feature] : []));
    if (parts.length === 0) left.push(name);
    for (const feature of parts) {
      if (name === time && CALENDAR.includes(feature.part)) left.push(feature.name);
      else watched.push({ name: feature.name, from: name, type, part: feature.part });
    }
  }
  return { watched, left };
}
