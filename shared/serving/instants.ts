/**
 * Dates and times as text: ISO 8601 as the data's own reader takes it (shared/data/text-types.ts), plus an offset after
 * a time without seconds. Without an offset it is UTC; digits beyond microseconds are cut off.
 */

/** Whole seconds since 1970-01-01 UTC and the microseconds after them. Apart, since together they exceed a double. */
export interface Instant {
  readonly seconds: number;
  readonly micros: number;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d{2})(?::?(\d{2}))?)?)?$/;

const SECONDS_A_DAY = 86_400;

/** No clock is further from UTC: an offset beyond it is a mistake. */
const LARGEST_OFFSET_HOURS = 15;

/** @returns undefined for what is no date or time, also for days that no month has */
export function parseInstant(text: string): Instant | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    sign,
    offsetHour = '0',
    offsetMinute = '0',
  ] = match;
  const days = daysSince1970(Number(year), Number(month), Number(day));
  const clock = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  if (days === undefined || Number(minute) > 59 || Number(second) > 59 || clock > SECONDS_A_DAY) return undefined;
  if (clock === SECONDS_A_DAY && Number(fraction) > 0) return undefined;
  if (Number(offsetHour) > LARGEST_OFFSET_HOURS || Number(offsetMinute) > 59) return undefined;
  const offset = (Number(offsetHour) * 3600 + Number(offsetMinute) * 60) * (sign === '-' ? -1 : 1);
  return { seconds: days * SECONDS_A_DAY + clock - offset, micros: Number(fraction.slice(0, 6).padEnd(6, '0')) };
}

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days of the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
function daysSince1970(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1) return undefined;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > DAYS_OF_MONTH[month - 1]! + (month === 2 && isLeap ? 1 : 0)) return undefined;
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
