import type { StoredType } from '../canonical.js';
import type { Histogram } from './result.js';

/** Where the bars of a histogram begin and end. */

const MICROSECONDS = 1e6;
const DAY = 86_400 * MICROSECONDS;

/** About this many bins; integers and calendars decide the rest. */
const BINS = 28;

/** Tails longer than this many times the span between the 1 % and 99 % quantiles are cut. */
const LONGEST_TAIL = 0.35;

/** A step that still divides: below it doubles lose their digits. */
const SMALLEST_STEP = 1e-300;

/** Bins of a histogram without its counts. */
export type Bins = Pick<Histogram, 'from' | 'step'> & { readonly count: number };

export interface Extent {
  readonly min: number;
  readonly max: number;
  /** The 1 % and 99 % quantiles. */
  readonly low: number;
  readonly high: number;
}

/** Round bins over the bulk of the values: whole numbers for integers, whole minutes, hours or days for dates. */
export function chooseBins(type: StoredType, { min, max, low, high }: Extent): Bins {
  const tail = LONGEST_TAIL * (high - low);
  // With half of a column in one value the quantiles may coincide; then there is no bulk to cut to.
  const from = high > low && min < low - tail ? low : min;
  const to = high > low && max > high + tail ? high : max;
  const isTime = type === 'date' || type === 'timestamp';
  const step = isTime
    ? timeStep(to - from, type)
    : type === 'integer'
      ? Math.max(1, roundStep(to - from))
      : roundStep(to - from);
  const size = Math.max(Math.abs(from), Math.abs(to));
  // Neighbouring doubles: a step that the values cannot hold would give edges that are equal.
  if (!(step > Math.max(size * 1e-12, SMALLEST_STEP))) {
    return { from: min, step: size > 0 ? Math.max(size * 1e-6, SMALLEST_STEP) : 1, count: 1 };
  }
  const unit = isTime ? Math.min(step, DAY) : step;
  const start = tidy(Math.floor(from / unit) * unit);
  return { from: start, step, count: Math.max(1, Math.floor((to - start) / step + 1e-9) + 1) };
}

function roundStep(span: number): number {
  if (!(span > 0)) return 1;
  const raw = span / BINS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const leading = raw / power;
  return tidy((leading <= 1 ? 1 : leading <= 2 ? 2 : leading <= 5 ? 5 : 10) * power);
}

const TIME_STEPS = [
  ...[1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600].map((seconds) => seconds * MICROSECONDS),
  ...[1, 2, 7, 14, 30, 91, 182, 365].map((days) => days * DAY),
];

function timeStep(span: number, type: StoredType): number {
  const steps = type === 'date' ? TIME_STEPS.filter((step) => step >= DAY) : TIME_STEPS;
  const raw = span / BINS;
  return steps.find((step) => step >= raw) ?? Math.ceil(raw / (365 * DAY)) * 365 * DAY;
}

function tidy(value: number): number {
  return Number(value.toPrecision(15));
}
