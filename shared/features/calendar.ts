import { MISSING_INTEGER } from '../core/missing.js';
import type { DatePart } from '../spec/schema.js';

export const MICROSECONDS_A_DAY = 86_400_000_000;

/** Days since 1970-01-01 (the floor, so also right before 1970) and microseconds since that day began. */
interface Moment {
  readonly days: number;
  readonly time: number;
}

/**
 * The part of every moment as a 32-bit float; NaN where the moment is missing.
 * @param moments microseconds since 1970-01-01 UTC, any 64-bit value
 */
export function datePartOf(part: DatePart, moments: BigInt64Array): Float32Array {
  const values = new Float32Array(moments.length);
  const read = READERS[part];
  for (let row = 0; row < moments.length; row++) {
    const moment = moments[row]!;
    values[row] = moment === MISSING_INTEGER ? Number.NaN : read(divide(moment));
  }
  return values;
}

const READERS: Readonly<Record<DatePart, (moment: Moment) => number>> = {
  year: ({ days }) => civil(days).year,
  quarter: ({ days }) => Math.floor((civil(days).month + 2) / 3),
  month: ({ days }) => civil(days).month,
  day: ({ days }) => civil(days).day,
  weekday: ({ days }) => weekday(days),
  is_weekend: ({ days }) => (weekday(days) >= 5 ? 1 : 0),
  hour: ({ time }) => Math.floor(time / 3_600_000_000),
  minute: ({ time }) => Math.floor(time / 60_000_000) % 60,
};

function divide(moment: bigint): Moment {
  const near = Number(moment);
  if (Number.isSafeInteger(near)) {
    const days = Math.floor(near / MICROSECONDS_A_DAY);
    return { days, time: near - days * MICROSECONDS_A_DAY };
  }
  const day = BigInt(MICROSECONDS_A_DAY);
  const time = ((moment % day) + day) % day;
  return { days: Number((moment - time) / day), time: Number(time) };
}

/** 0 is Monday; 1970-01-01 was a Thursday. */
function weekday(days: number): number {
  return (((days + 3) % 7) + 7) % 7;
}

/**
 * The date in the proleptic Gregorian calendar, in whole-number arithmetic that the graph repeats step by step.
 * Years are counted from March, so that the leap day is the last of its year. Source: Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
 */
function civil(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
