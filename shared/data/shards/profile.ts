import type { Spec } from '../../spec/schema.js';
import type { StoredType } from '../canonical.js';
import { columnKey } from '../column-names.js';
import type { LabelColumn, Locate } from '../dataset.js';
import { binRange } from '../distribution/bins.js';
import type { ColumnDistribution, LevelDistribution, NumberDistribution } from '../distribution/distribution.js';
import { sealed } from '../distribution/seal.js';
import { rounded } from '../profile/association.js';
import { isOrdered, MOST_LEVELS } from '../profile/columns.js';
import { DEFAULT_LIMITS, findProblems } from '../profile/findings.js';
import { describeNumbers } from '../profile/numbers.js';
import { MOST_CLASSES, rolesOf } from '../profile/profile.js';
import type { ColumnProfile, Profile, TargetProfile, ValueProfile } from '../profile/result.js';
import { HASH_RANGE, TARGET, unitOf } from './describe.js';
import { mergeCounts } from './distributions.js';
import { type ShardDescription, type ShardTarget, SMALLEST_HASHES } from './document.js';
import type { GatheredData, ShardResult } from './gather.js';
import { countTargets } from './target.js';

/**
 * The profile of all rows, from what shards have counted: smallest, largest, means, shares and frequencies as one run
 * over everything would find them, the rest with its error beside it. What needs rows side by side is not in it.
 * @param shards in their order
 * @param problem why the target cannot be trained on
 */
export async function mergeProfile(
  shards: readonly ShardResult[],
  data: GatheredData,
  label: LabelColumn,
  problem: string | undefined,
  { spec, locate }: { readonly spec: Spec; readonly locate: Locate },
): Promise<Profile> {
  const { rows } = data;
  const { smallestGroup } = DEFAULT_LIMITS;
  const counts = mergeCounts(shards)!;
  const distribution = sealed(counts.distribution, smallestGroup);
  const roles = await rolesOf({ ...data, locate, labelColumn: () => Promise.resolve(label) }, spec, label);
  const merged = mergeDescriptions(shards);
  const typeOf = new Map(data.schema.map(({ name, type }) => [name, type]));
  const profileOf = (name: string, type: StoredType): ValueProfile => {
    const at = distribution.columns.findIndex((column) => column.name === name);
    return valueProfile(type, rows, merged.get(name), counts.distribution.columns[at], distribution.columns[at]);
  };
  const columns = data.columnNames.map((name): ColumnProfile => {
    const role = roles.get(columnKey(name)) ?? 'unused';
    return { name, role, ...profileOf(name, typeOf.get(name) ?? 'nested') };
  });
  const own = columns.find(({ name }) => columnKey(name) === columnKey(label.columns[0] ?? ''));
  const isOwn = spec.target.sql === undefined && own !== undefined;
  const targets = shards.flatMap(({ document }) => document.target ?? []);
  const values = spec.task === 'regression' ? profileOf(TARGET, label.type) : classesOf(targets, rows, label.type);
  const target: TargetProfile = {
    ...(isOwn && spec.task === 'regression' ? profileOf(own.name, own.type) : values),
    name: label.name,
    ...(spec.target.sql !== undefined && { sql: spec.target.sql }),
    ...(problem !== undefined && { problem }),
  };
  const facts: Omit<Profile, 'findings'> = {
    ...{ format: 1, kind: 'profile', model: spec.name, task: spec.task, files: data.files, rows, target, columns },
    correlations: { rows: 0, pairs: [] },
    associations: { rows: 0, pairs: [] },
    standIns: [],
    notices: [
      ...data.notices,
      `Merged from ${shards.length} shards. Relations to the target and between columns, repeated rows, stand-ins and the split need rows side by side: they are in the profile of a part of the data.`,
      ...counts.different.map(
        (name) => `\`${name}\` is of numbers in some shards and of texts in others; its values are not shown.`,
      ),
    ],
    limits: DEFAULT_LIMITS,
    shards: shards.length,
    distribution: { ...distribution, columns: distribution.columns.filter(({ name }) => name !== TARGET) },
  };
  return { ...facts, findings: findProblems(facts) };
}

/** The numbers of all shards, by column. */
function mergeDescriptions(shards: readonly ShardResult[]): ReadonlyMap<string, ShardDescription> {
  const merged = new Map<string, ShardDescription>();
  for (const column of shards.flatMap(({ document }) => document.description ?? [])) {
    const known = merged.get(column.name);
    merged.set(column.name, known ? together(known, column) : column);
  }
  return merged;
}

function together(a: ShardDescription, b: ShardDescription): ShardDescription {
  const ends = [a, b].filter(({ min }) => min !== undefined);
  const hashes = [...new Set([...a.hashes, ...b.hashes])].sort((x, y) => x - y).slice(0, SMALLEST_HASHES);
  const characters = (a.characters ?? 0) + (b.characters ?? 0);
  return {
    name: a.name,
    present: a.present + b.present,
    ...(ends.length > 0 && {
      min: Math.min(...ends.map(({ min }) => min!)),
      max: Math.max(...ends.map(({ max }) => max!)),
    }),
    ...{ zeros: a.zeros + b.zeros, negative: a.negative + b.negative, infinite: a.infinite + b.infinite },
    ...((a.characters ?? b.characters) !== undefined && { characters }),
    hashes,
  };
}

/** @returns the number, and its relative standard error */
export function differentValues(hashes: readonly number[]): { readonly distinct: number; readonly error: number } {
  const kept = hashes.length;
  if (kept < SMALLEST_HASHES) return { distinct: kept, error: 0 };
  return {
    distinct: Math.round(((kept - 1) * HASH_RANGE) / hashes.at(-1)!),
    error: rounded(1 / Math.sqrt(kept - 2), 2),
  };
}

function valueProfile(
  type: StoredType,
  rows: number,
  found: ShardDescription | undefined,
  counted: ColumnDistribution | undefined,
  named: ColumnDistribution | undefined,
): ValueProfile {
  if (type === 'nested' || !found) return { type, missing: type === 'nested' ? 0 : rows };
  const { distinct, error } = differentValues(found.hashes);
  const base = { type, missing: rows - found.present, distinct };
  const distinctError = error > 0 && { distinct: error };
  if (isOrdered(type)) {
    if (counted?.kind !== 'numbers' || found.min === undefined)
      return { ...base, ...(distinctError && { errors: distinctError }) };
    const { numbers, error: width } = numbersOf(type, counted, found);
    const errors = { ...distinctError, ...(width > 0 && { quantiles: width }) };
    return { ...base, numbers, ...(Object.keys(errors).length > 0 && { errors }) };
  }
  const isText = type === 'string' && found.characters !== undefined && found.present > 0;
  const length = isText && { length: { min: found.min!, mean: rounded(found.characters! / found.present), max: found.max! } };
  if (counted?.kind !== 'levels' || named?.kind !== 'levels')
    return { ...base, ...length, ...(distinctError && { errors: distinctError }) };
  const levels = levelsOf(named, distinct);
  // Beyond so many names a shard has counted values together.
  const missed = counted.other.levels > 0 ? counted.other.most : 0;
  const errors = { ...distinctError, ...(missed > 0 && { levels: missed }) };
  return { ...base, levels, ...length, ...(Object.keys(errors).length > 0 && { errors }) };
}

/** Numbers stand in the middle of their bins; whole ones that have a bin of their own stand where they are. */
function numbersOf(type: StoredType, { resolution, keys, counts, moments }: NumberDistribution, found: ShardDescription) {
  const [min, max] = [found.min!, found.max!];
  const unit = unitOf(type);
  let error = 0;
  const values = keys.map((key) => {
    const { low, high } = binRange(key, resolution);
    const whole = key > 0 ? Math.ceil(low) : Math.floor(high);
    const isAlone =
      (type === 'integer' || type === 'date') &&
      (key > 0 ? whole < high && whole + 1 >= high : whole > low && whole - 1 <= low);
    if (key === 0 || isAlone) return key === 0 ? 0 : whole * unit;
    error = 2 ** -(resolution + 1);
    return Math.min(max, Math.max(min, ((low + high) / 2) * unit));
  });
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const about = describeNumbers(
    type,
    { values: Float64Array.from(values), counts: Float64Array.from(counts), rows },
    found.infinite,
  );
  const isOne = min === max;
  return {
    error: isOne ? 0 : error,
    numbers: {
      ...about,
      ...{ min, max, mean: moments.mean * unit, zeros: found.zeros, negative: found.negative },
      ...(moments.count > 1 && { sd: rounded(Math.sqrt(moments.squares / (moments.count - 1)) * unit) }),
      // How many rows have one value is known where a bin holds no others.
      median: { ...about.median, rows: isOne || error === 0 ? about.median.rows : 0 },
    },
  };
}

function levelsOf({ levels, other }: LevelDistribution, distinct: number) {
  const top = levels.slice(0, MOST_LEVELS).map(({ value, count }) => ({ value, count }));
  const rest = levels.slice(MOST_LEVELS).reduce((sum, { count }) => sum + count, other.count);
  return { top, other: { levels: Math.max(0, distinct - top.length), count: rest } };
}

function classesOf(targets: readonly ShardTarget[], rows: number, type: StoredType) {
  const counts = countTargets(targets);
  const present = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const sorted = [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  const named = sorted.filter(({ count }) => count >= DEFAULT_LIMITS.smallestGroup).slice(0, MOST_CLASSES);
  const left = present - named.reduce((sum, { count }) => sum + count, 0);
  const classes = [...named, ...(left > 0 ? [{ value: 'other', count: left, other: true as const }] : [])];
  return { type, missing: rows - present, distinct: counts.size, classes };
}
