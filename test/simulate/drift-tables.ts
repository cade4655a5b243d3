import type { Random } from '../../shared/core/random.js';
import { type ArrayColumn, distributionOf } from '../../shared/data/distribution/arrays.js';
import type { Distribution } from '../../shared/data/distribution/distribution.js';

/** Made-up tables of twenty mixed columns, whose rows are independent or come in days that differ. */

const DAY_MS = 86_400_000;

export interface TableShape {
  /** Rows of each day; one entry without a day for independent rows. */
  readonly days: readonly number[];
  readonly isDated: boolean;
  /** Day of the first row. */
  readonly firstDay?: number;
  /** How much days differ: 0 is not at all; the standard deviation of a day's shift, in those of a row. */
  readonly dayEffect: number;
  /** Shift of the first column, in standard deviations. */
  readonly shift?: number;
}

type Draw = (random: Random, day: number) => number;

const gauss = (random: Random): number => random.normal();
const poisson = (random: Random, mean: number): number => {
  let count = 0;
  for (let left = random.uniform(); left > Math.exp(-mean); left *= random.uniform()) count++;
  return count;
};

/** Numbers of all kinds of shape; `day` is the shift of the row's day. */
const NUMBERS: readonly Draw[] = [
  (random, day) => gauss(random) + day,
  (random, day) => 300 + 5 * (gauss(random) + day),
  (random, day) => Math.exp(gauss(random) + day),
  (random, day) => (gauss(random) + day) / Math.sqrt(Math.max(1e-3, (gauss(random) ** 2 + gauss(random) ** 2) / 2)),
  (random, day) => Math.round(10 * (gauss(random) + day)) / 10,
  (random, day) => poisson(random, Math.exp(0.5 * day)),
  (random, day) => (random.uniform() < 1 / (1 + Math.exp(2 - day)) ? Math.exp(gauss(random)) : 0),
  (random, day) => (random.uniform() < 0.15 ? Number.NaN : random.uniform() + day),
  (random, day) => Math.floor(2001 + 20 * random.uniform() + 3 * day),
  (random, day) => (random.uniform() < 0.02 ? -999 : 50 + 10 * (gauss(random) + day)),
];

/** Values with odds that days change. */
const LEVELS: readonly { readonly size: number; readonly weight: (level: number) => number; readonly missing?: number }[] = [
  { size: 2, weight: () => 1 },
  { size: 2, weight: (level) => (level === 0 ? 20 : 1) },
  { size: 5, weight: (level) => 1 / (level + 1) },
  { size: 12, weight: () => 1 },
  { size: 20, weight: (level) => 1 / (level + 1) ** 2 },
  { size: 60, weight: (level) => 1 / (level + 1) },
  { size: 200, weight: () => 1 },
  { size: 2000, weight: (level) => 1 / (level + 1) },
  { size: 7, weight: (level) => 1 / (level + 1), missing: 0.3 },
];

/** One value a day: such a column has as many independent values as days. */
const DAILY_LEVELS = 4;

export function makeTable(random: Random, shape: TableShape): Distribution {
  const rows = shape.days.reduce((sum, count) => sum + count, 0);
  const dayOf = new Int32Array(rows);
  let start = 0;
  for (const [day, count] of shape.days.entries()) {
    dayOf.fill(day, start, start + count);
    start += count;
  }
  const columns: ArrayColumn[] = [];
  for (const [index, draw] of NUMBERS.entries()) {
    const shifts = shape.days.map(() => shape.dayEffect * gauss(random));
    const moved = index === 0 ? (shape.shift ?? 0) : 0;
    const values = Float64Array.from(dayOf, (day) => draw(random, shifts[day]!) + moved);
    columns.push({ name: `number ${index}`, kind: 'numbers', values });
  }
  for (const [index, { size, weight, missing = 0 }] of LEVELS.entries()) {
    const ends = shape.days.map(() => cumulative(size, (level) => weight(level) * Math.exp(shape.dayEffect * gauss(random))));
    const values = Int32Array.from(dayOf, (day) => (random.uniform() < missing ? -1 : pick(ends[day]!, random.uniform())));
    columns.push({ name: `values ${index}`, kind: 'levels', values, names: Array.from({ length: size }, (_, at) => `v${at}`) });
  }
  const daily = shape.days.map(() => random.integer(DAILY_LEVELS));
  const isDaily = shape.dayEffect > 0;
  columns.push({
    ...{ name: 'daily', kind: 'levels', names: ['sun', 'rain', 'fog', 'snow'] },
    values: Int32Array.from(dayOf, (day) => (isDaily ? daily[day]! : random.integer(DAILY_LEVELS))),
  });
  const times = Float64Array.from(dayOf, (day) => ((shape.firstDay ?? 11_000) + day) * DAY_MS);
  return distributionOf(columns, rows, shape.isDated ? { values: times, unit: 'day' } : undefined);
}

function cumulative(size: number, weight: (level: number) => number): Float64Array {
  const ends = new Float64Array(size);
  let total = 0;
  for (let level = 0; level < size; level++) {
    total += weight(level);
    ends[level] = total;
  }
  return ends.map((end) => end / total);
}

function pick(ends: Float64Array, at: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
