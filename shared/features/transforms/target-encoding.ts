import { Random } from '../../core/random.js';
import type { Labels, Table } from '../../data/table.js';
import type { FeatureOf } from '../plan.js';
import { type Categories, categories, categoriesOf, frequentLevels, noLevels } from '../raw.js';
import type { Derive } from '../transform.js';
import { MAX_ENCODED_LEVELS } from './frequency-encoding.js';

/** Folds of the training rows: each is encoded by the targets of the others. */
const FOLDS = 5;

/** Separates the folds' random numbers from other uses of the seed. */
const STREAM = 0x7e;

/**
 * A column of means for a number or two classes, else one a class. Every level is drawn towards the mean of all rows by
 * empirical Bayes, as much as the spread within the level asks for: with n rows, mean m and variance v of a level, and
 * mean M and variance V of all rows, the value is λ·m + (1 - λ)·M with λ = V·n / (V·n + v).
 * Source: Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes" (2001), as scikit-learn's
 * TargetEncoder(smooth="auto") has it.
 */
export const deriveTargetEncoding: Derive = ({ name }, columns, { column, labels, weights, problem }) => {
  if (!labels) {
    problem('features.derive: target_encoding needs the labels of the training rows');
    return [];
  }
  return columns.flatMap((from) => {
    const known = categoriesOf(column(from));
    const levels = frequentLevels(known, MAX_ENCODED_LEVELS);
    if (levels.length === 0) problem(noLevels('target_encoding', [from], [known]));
    const groups = groupsOf(known, levels);
    return targetsOf(labels).map(({ suffix, ofClass, target }) => {
      const sums = new Sums(levels.length + 1);
      for (let row = 0; row < target.length; row++) sums.add(groups[row]!, target[row]!, weights?.[row] ?? 1);
      const values = sums.encodings();
      return {
        name: `${name ?? `${from}_target_encoding`}${suffix}`,
        kind: 'target_encoding' as const,
        from,
        levels,
        values: [...values.subarray(0, levels.length)],
        other: values[levels.length]!,
        ...(ofClass !== undefined && { ofClass }),
      };
    });
  });
};

/**
 * The encoding of the training rows themselves, each by the targets of the other folds alone: a row that saw its own
 * target would make the feature look far better in training than it is.
 */
export function outOfFold(
  feature: FeatureOf<'target_encoding'>,
  table: Table,
  labels: Labels,
  weights: Float64Array | undefined,
  seed: number,
): Float32Array {
  const groups = groupsOf(categories(feature, feature.from, table), feature.levels);
  const { target } = targetsOf(labels).find(({ ofClass }) => ofClass === feature.ofClass)!;
  const random = new Random(seed, STREAM);
  const fold = Uint8Array.from({ length: table.rows }, () => random.integer(FOLDS));
  const others = Array.from({ length: FOLDS }, () => new Sums(feature.levels.length + 1));
  for (let row = 0; row < target.length; row++) {
    for (const [index, sums] of others.entries()) {
      if (index !== fold[row]) sums.add(groups[row]!, target[row]!, weights?.[row] ?? 1);
    }
  }
  const encodings = others.map((sums) => sums.encodings());
  return Float32Array.from(groups, (group, row) => (group < 0 ? Number.NaN : encodings[fold[row]!]![group]!));
}

/** The index of each row's level, one more for rare levels, −1 for missing. */
function groupsOf({ codes, keys }: Categories, levels: readonly string[]): Int32Array {
  const indexOf = new Map<string, number>(levels.map((level, index) => [level, index]));
  indexOf.set('', -1);
  const groupOfCode = keys.map((key) => indexOf.get(key) ?? levels.length);
  return Int32Array.from(codes, (code) => groupOfCode[code]!);
}

interface Target {
  readonly suffix: string;
  readonly ofClass?: string;
  readonly target: Float64Array;
}

/** What is averaged: the value, the positive class's indicator, or an indicator a class. */
function targetsOf(labels: Labels): Target[] {
  if (labels.task === 'regression') return [{ suffix: '', target: labels.values }];
  const indicator = (index: number): Float64Array => Float64Array.from(labels.values, (value) => (value === index ? 1 : 0));
  if (labels.classes.length === 2) return [{ suffix: '', target: indicator(1) }];
  return labels.classes.map((ofClass, index) => ({ suffix: `_${ofClass}`, ofClass, target: indicator(index) }));
}

/** Weight, mean and squared deviations of groups and of all rows, row by row (Welford's way, with weights). */
class Sums {
  readonly #weight: Float64Array;
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  readonly #all: number;

  constructor(groups: number) {
    // The last place is that of all rows.
    this.#all = groups;
    this.#weight = new Float64Array(groups + 1);
    this.#mean = new Float64Array(groups + 1);
    this.#squares = new Float64Array(groups + 1);
  }

  add(group: number, value: number, weight: number): void {
    if (weight <= 0) return;
    this.#count(this.#all, value, weight);
    if (group >= 0) this.#count(group, value, weight);
  }

  #count(at: number, value: number, weight: number): void {
    const total = this.#weight[at]! + weight;
    const delta = value - this.#mean[at]!;
    this.#weight[at] = total;
    this.#mean[at]! += (delta * weight) / total;
    this.#squares[at]! += weight * delta * (value - this.#mean[at]!);
  }

  /** In 32 bits, which is what the graph keeps; a group without rows has the mean of all. */
  encodings(): Float32Array {
    const prior = this.#mean[this.#all]!;
    const spread = this.#weight[this.#all]! > 0 ? this.#squares[this.#all]! / this.#weight[this.#all]! : 0;
    return Float32Array.from({ length: this.#all }, (_, group) => {
      const rows = this.#weight[group]!;
      if (rows === 0) return prior;
      const pull = spread * rows + this.#squares[group]! / rows;
      const share = pull > 0 ? (spread * rows) / pull : 0;
      return share * this.#mean[group]! + (1 - share) * prior;
    });
  }
}
