import type { DuckDBConnection } from '@duckdb/node-api';
import { formatCount, formatShare } from '../../core/format.js';
import { readRows } from '../duckdb.js';
import type { Everything } from '../row-sample.js';
import { identifier } from '../sql.js';
import { rounded } from './association.js';
import { axis, type Described, isOrdered, readLevels } from './columns.js';
import type { LevelProfile, NumberProfile, Profile, TargetProfile, ValueProfile } from './result.js';
import { findStandIns } from './stand-ins.js';
import { findLater } from './time.js';

/**
 * From the profile of a sample to that of all rows. What one scan counts is counted over all of them; what would have to sort
 * or hash every row (quantiles, histograms, relations, duplicates, the split) stays the sample's, and counts of it are scaled.
 */

type Facts = Omit<Profile, 'findings'>;

/** Texts of so few values in the sample are counted value by value. */
const FEW_LEVELS = 2000;

/** So many different values are counted one by one; of more, those of some hashes are. */
const FEWEST_DISTINCT = 8192;

/** Standard normal quantile of a two-sided probability of 99 %. */
const Z99 = 2.576;

/**
 * @param facts of the sample
 * @param target the target as it was described
 */
export async function ofEverything(
  connection: DuckDBConnection,
  everything: Everything,
  facts: Facts,
  target: Described,
): Promise<Facts> {
  const { from, rows } = everything;
  const { smallestGroup } = facts.limits;
  const place: Place = { connection, from, rows, sampled: facts.rows, smallestGroup };
  const described = facts.columns.map((profile) => ({
    profile,
    column: { sql: identifier(profile.name), type: profile.type },
  }));
  const own = described.findIndex(({ column }) => column.sql === target.sql && column.type === target.type);
  const values = await widened(place, own < 0 ? [...described, { profile: facts.target, column: target }] : described);
  const columns = facts.columns.map((column, index) => ({ ...column, ...values[index]! }));
  const time = columns.find(({ role, type }) => role === 'time' && (type === 'date' || type === 'timestamp'))?.name;
  const scale = rows / facts.rows;
  const suspects = new Set(facts.standIns.map(({ column }) => column));
  const rankError = Z99 * Math.sqrt(0.25 / facts.rows);
  return {
    ...facts,
    rows,
    sample: { rows: facts.rows, rankError: rounded(rankError, 2) },
    target: targetOf(facts.target, values.at(own)!, rows),
    columns,
    ...(facts.duplicates && { duplicates: { ...facts.duplicates, rows: Math.round(facts.duplicates.share * rows) } }),
    ...(facts.split && { split: scaledSplit(facts.split, scale) }),
    ...(time !== undefined && { later: await findLater(connection, columns, time, from) }),
    standIns: await findStandIns(
      connection,
      columns.filter(({ name }) => suspects.has(name)),
      rows,
      from,
    ),
    notices: [
      ...facts.notices,
      `rows, missing values, smallest and largest values, means and deviations are of all ${formatCount(rows)} rows; quantiles, \
histograms, outliers, duplicates, the split and what relates columns are of a sample of ${formatCount(facts.rows)} (with 99 % \
certainty a quantile's rank is within ${formatShare(rankError, 2)}), their counts scaled to all; more than ${formatCount(FEWEST_DISTINCT * 2)} \
different values are estimated, within about 1 %`,
    ],
  };
}

interface Place {
  readonly connection: DuckDBConnection;
  readonly from: string;
  readonly rows: number;
  readonly sampled: number;
  readonly smallestGroup: number;
}

interface Widening {
  /** Of the sample. */
  readonly profile: ValueProfile;
  readonly column: Described;
}

async function widened(place: Place, columns: readonly Widening[]): Promise<ValueProfile[]> {
  const measured = await measure(place, columns);
  const profiles: ValueProfile[] = [];
  for (const [index, { profile, column }] of columns.entries()) {
    const { present, numbers, length } = measured[index]!;
    const base = { type: profile.type, missing: place.rows - present };
    if (profile.distinct === undefined) {
      profiles.push(base);
    } else if (profile.levels && profile.distinct <= FEW_LEVELS) {
      const { distinct, levels } = await readLevels(place.connection, column, present, place.smallestGroup, place.from);
      profiles.push({ ...base, distinct, levels, ...(length && { length }) });
    } else {
      const infinite = numbers?.infinite ?? 0;
      const value = infinite > 0 ? axis(column) : column.sql;
      const distinct = await countDifferent(place, value, present - infinite, profile.distinct);
      const scale = present / Math.max(1, place.sampled - profile.missing);
      profiles.push({
        ...base,
        distinct,
        ...(profile.numbers && numbers && { numbers: widenedNumbers(profile.numbers, numbers, scale) }),
        ...(profile.levels && { levels: scaledLevels(profile.levels, present, distinct, scale) }),
        ...(length && { length }),
      });
    }
  }
  return profiles;
}

type ExactNumbers = Pick<NumberProfile, 'min' | 'max' | 'mean' | 'sd' | 'infinite' | 'zeros' | 'negative'>;

interface Measured {
  readonly present: number;
  readonly numbers?: ExactNumbers;
  readonly length?: NonNullable<ValueProfile['length']>;
}

/** Columns of one statement. DuckDB's time to plan grows faster than a statement, so wide tables go in batches. */
const BATCH_COLUMNS = 50;

/** One scan over all columns, and one more over those numbers that are not what the sample let expect. */
async function measure({ connection, from }: Place, columns: readonly Widening[]): Promise<Measured[]> {
  const row: Record<string, unknown> = {};
  const ask = async (wanted: readonly Widening[], guarded: boolean): Promise<void> => {
    for (let start = 0; start < wanted.length; start += BATCH_COLUMNS) {
      const batch = wanted.slice(start, start + BATCH_COLUMNS);
      const aggregates = batch.flatMap((column) => aggregatesOf(column, columns.indexOf(column), guarded));
      Object.assign(row, (await readRows(connection, `SELECT ${aggregates.join(',\n')} FROM ${from}`))[0]);
    }
  };
  await ask(columns, false);
  const odd = columns.filter(({ profile }, index) => profile.numbers && isUnexpected(profile.numbers, row, index));
  await ask(odd, true);
  return columns.map(({ profile }, index) => {
    const value = (name: string): number => Number(row[`${name}${index}`]);
    const present = value('n');
    if (profile.type === 'string' && present > 0)
      return { present, length: { min: value('lo'), mean: rounded(value('sum') / present), max: value('hi') } };
    if (!profile.numbers) return { present };
    const count = value('f');
    const shift = value('s') / count;
    const squares = Math.max(0, value('q') - count * shift * shift);
    return {
      present,
      numbers: {
        min: value('lo'),
        max: value('hi'),
        mean: rounded(profile.numbers.mean + shift),
        ...(count > 1 && { sd: rounded(Math.sqrt(squares / (count - 1))) }),
        infinite: present - count,
        zeros: value('z'),
        negative: profile.numbers.negative > 0 || odd.includes(columns[index]!) ? value('neg') : 0,
      },
    };
  });
}

/** @param guarded values that are infinite are left out one by one, and negative ones are counted, whatever the sample has */
function aggregatesOf({ profile, column }: Widening, index: number, guarded: boolean): string[] {
  const present = `count(${column.sql}) AS n${index}`;
  const { numbers, type } = profile;
  if (type === 'string') {
    const length = `length(${column.sql})`;
    return [present, `min(${length}) AS lo${index}`, `max(${length}) AS hi${index}`, `sum(${length}) AS sum${index}`];
  }
  if (!numbers || !isOrdered(type)) return [present];
  const isNumber = type === 'integer' || type === 'number';
  const isPlain = isNumber && !guarded && numbers.infinite === 0;
  const value = isPlain ? `CAST(${column.sql} AS DOUBLE)` : axis(column);
  const end = isPlain ? column.sql : value;
  // About the sample's mean, so that squares lose no digits.
  const centred = `(${value} - CAST('${numbers.mean}' AS DOUBLE))`;
  return [
    present,
    `count(${end}) AS f${index}`,
    `min(${end}) AS lo${index}`,
    `max(${end}) AS hi${index}`,
    `fsum(${centred}) AS s${index}`,
    `fsum(${centred} * ${centred}) AS q${index}`,
    `coalesce(count_if(${value} = 0), 0) AS z${index}`,
    ...(guarded || numbers.negative > 0 ? [`coalesce(count_if(${value} < 0), 0) AS neg${index}`] : []),
  ];
}

/** Beyond this a square leaves the range of doubles (columns.ts). */
const LARGEST = 1e150;

function isUnexpected(sample: NumberProfile, row: Record<string, unknown>, index: number): boolean {
  const [low, high] = [Number(row[`lo${index}`]), Number(row[`hi${index}`])];
  return !(Math.abs(low) < LARGEST && Math.abs(high) < LARGEST) || (low < 0 && sample.negative === 0);
}

/**
 * How many different values there are: of few each is counted, of many those that have the smallest hashes. Where none of
 * these stands twice, none of the others is taken to.
 * @param present rows that have a finite value
 * @param sampled different values of the sample
 */
async function countDifferent({ connection, from }: Place, value: string, present: number, sampled: number): Promise<number> {
  const parts = sampled <= 2 * FEWEST_DISTINCT ? 1n : 1n << BigInt(Math.floor(Math.log2(sampled / FEWEST_DISTINCT)));
  const chosen = parts === 1n ? '' : ` WHERE hash(x) < ${(1n << 64n) / parts}`;
  const counts = `SELECT count(x) AS n, count(DISTINCT x) AS d FROM (SELECT ${value} AS x FROM ${from})${chosen}`;
  const [few = {}] = await readRows(connection, counts);
  return parts > 1n && few.n === few.d ? present : Number(few.d) * Number(parts);
}

function widenedNumbers(sample: NumberProfile, exact: ExactNumbers, scale: number): NumberProfile {
  const scaled = (count: number): number => Math.round(count * scale);
  const { histogram, median } = sample;
  return {
    ...sample,
    ...exact,
    outliers: scaled(sample.outliers),
    median: { ...median, rows: scaled(median.rows) },
    histogram: {
      ...histogram,
      counts: histogram.counts.map(scaled),
      below: scaled(histogram.below),
      above: scaled(histogram.above),
    },
  };
}

function scaledLevels({ top }: LevelProfile, present: number, distinct: number, scale: number): LevelProfile {
  const named = top.map(({ value, count }) => ({ value, count: Math.round(count * scale) }));
  const counted = named.reduce((sum, { count }) => sum + count, 0);
  return { top: named, other: { levels: Math.max(0, distinct - named.length), count: Math.max(0, present - counted) } };
}

function targetOf(sample: TargetProfile, values: ValueProfile, rows: number): TargetProfile {
  if (!sample.classes) return { ...sample, ...values, type: sample.type };
  const { length: _, type: __, ...others } = values;
  const exact = new Map(values.levels?.top.map(({ value, count }) => [value, count]));
  const named = sample.classes
    .filter(({ other }) => !other)
    .map(({ value, count }) => ({ value, count: exact.get(value) ?? count }));
  const left = rows - values.missing - named.reduce((sum, { count }) => sum + count, 0);
  const classes = [...named, ...(left > 0 ? [{ value: 'other', count: left, other: true as const }] : [])];
  return { ...sample, ...others, classes };
}

function scaledSplit(split: NonNullable<Facts['split']>, scale: number): NonNullable<Facts['split']> {
  const { counts, leakage } = split;
  const scaled = {
    train: Math.round(counts.train * scale),
    validation: Math.round(counts.validation * scale),
    calibration: Math.round(counts.calibration * scale),
    test: Math.round(counts.test * scale),
  };
  return { ...split, counts: scaled, leakage: { ...leakage, rows: Math.round(leakage.share * scaled.test) } };
}
