import { Random } from '../../core/random.js';
import type { ColumnDistribution, Distribution, LevelDistribution } from '../distribution/distribution.js';
import { testBlocks } from './blocks.js';
import { populationStability } from './distances.js';
import { type Effect, effectOf } from './effect.js';
import { type Grouped, groupsOf, sum } from './groups.js';
import { type TestResult, testRows } from './rows.js';
import { benjaminiHochberg } from './tails.js';

export interface DriftOptions {
  /** Changes below this are never drift, however certain. */
  readonly minEffect: number;
  /** The chance of calling any column drifted where none is. */
  readonly alpha: number;
  readonly seed: number;
}

/** A column held against its reference. */
export interface ColumnDrift {
  readonly name: string;
  readonly effect: Effect;
  /** Of the test that both sides are alike; absent where there is none, and `note` says why. */
  readonly test?: TestResult;
  /** Adjusted for the number of columns (Benjamini and Hochberg). */
  readonly adjustedP?: number;
  /** The effect is large enough and the test certain enough. */
  readonly drifted: boolean;
  /** The population stability index over the groups: the number that people know; it decides nothing. */
  readonly psi: number;
  readonly missing: { readonly reference: number; readonly current: number };
  /** Values of the current rows that the reference does not name, the most frequent first. */
  readonly newValues: readonly { readonly value: string; readonly share: number }[];
  /** Values of the reference that no current row has. */
  readonly goneValues: readonly { readonly value: string; readonly share: number }[];
  readonly grouped: Grouped;
  readonly note?: string;
}

/** Values of fewer current rows are not named. */
const SMALLEST_GROUP = 5;
/** New and gone values below this share are the ordinary coming and going of rare ones. */
const NOTABLE_SHARE = 0.01;
const MOST_NAMED = 10;

/** Separates the draws of the columns from other uses of the seed. */
const STREAM = 7_000;

/**
 * Holds current rows against a reference, column by column. Only a change that is large enough to matter and that chance
 * would hardly make is drift: a fixed threshold alone calls alarm at every small sample, a p-value alone at every large one.
 * Columns that one side lacks are left out.
 * @param reference several, where columns come from different rows: inputs from those that trained, answers from others
 */
export function findDrift(
  reference: Distribution | readonly Distribution[],
  current: Distribution,
  options: DriftOptions,
): ColumnDrift[] {
  const references = 'columns' in reference ? [reference] : reference;
  const pairs = references.flatMap((from) => from.columns.map((before) => ({ from, before })));
  const found = pairs.flatMap(({ from, before }, index) => {
    const after = current.columns.find(({ name }) => name === before.name);
    if (!after || after.kind !== before.kind) return [];
    return [holdAgainst(from, current, [before, after], new Random(options.seed, STREAM + index))];
  });
  const tested = found.filter(({ test }) => test);
  const adjusted = benjaminiHochberg(tested.map(({ test }) => test!.pValue));
  return found.map((column) => {
    const adjustedP = column.test && adjusted[tested.indexOf(column)]!;
    const drifted = adjustedP !== undefined && adjustedP < options.alpha && column.effect.value >= options.minEffect;
    return { ...column, ...(adjustedP !== undefined && { adjustedP }), drifted };
  });
}

function holdAgainst(
  reference: Distribution,
  current: Distribution,
  [before, after]: readonly [ColumnDistribution, ColumnDistribution],
  random: Random,
): ColumnDrift {
  const grouped = groupsOf(before, after);
  const isBlocked = reference.blocks !== undefined || current.blocks !== undefined;
  const test = isBlocked ? testBlocks(reference, current, [before, after], random) : testRows(grouped, random);
  const shares = (counts: readonly number[]): number[] => counts.map((count) => count / Math.max(1, sum(counts)));
  const values = before.kind === 'levels' && after.kind === 'levels' ? valueChanges(before, after) : NO_CHANGES;
  const shareOf = (missing: number, rows: number): number => (rows === 0 ? 0 : missing / rows);
  return {
    name: before.name,
    effect: effectOf(before, after, grouped),
    ...(test ? { test } : { note: noteOf(reference, current, grouped) }),
    drifted: false,
    psi: populationStability(shares(grouped.reference), shares(grouped.current)),
    missing: { reference: shareOf(before.missing, reference.rows), current: shareOf(after.missing, current.rows) },
    ...values,
    grouped,
  };
}

/** Why there is no test. */
function noteOf(reference: Distribution, current: Distribution, grouped: Grouped): string {
  if (reference.rows === 0) return 'the reference has no rows';
  if (current.rows === 0) return 'there are no rows';
  if (grouped.groups.length < 2) {
    return grouped.groups[0]?.kind === 'other' ? 'its values hardly repeat' : 'it does not vary, before and now';
  }
  const unit = current.blocks?.unit ?? reference.blocks?.unit ?? 'day';
  return `there are too few ${unit}s to tell a change from an ordinary ${unit}`;
}

type ValueChanges = Pick<ColumnDrift, 'newValues' | 'goneValues'>;

const NO_CHANGES: ValueChanges = { newValues: [], goneValues: [] };

function valueChanges(before: LevelDistribution, after: LevelDistribution): ValueChanges {
  const rows = (column: LevelDistribution): number => column.levels.reduce((all, { count }) => all + count, column.other.count);
  const [n, m] = [rows(before), rows(after)];
  const known = new Set(before.levels.map(({ value }) => value));
  const present = new Set(after.levels.map(({ value }) => value));
  const notable = (column: LevelDistribution, others: ReadonlySet<string>, all: number) =>
    column.levels
      .filter(({ value, count }) => !others.has(value) && count >= SMALLEST_GROUP && count / all >= NOTABLE_SHARE)
      .slice(0, MOST_NAMED)
      .map(({ value, count }) => ({ value, share: count / all }));
  return {
    // A rare value that the reference counted among the others is not new: no more rows than that had it.
    newValues: notable(after, known, m).filter(({ share }) => share * n > 3 * before.other.most + SMALLEST_GROUP),
    goneValues: notable(before, present, n).filter(({ share }) => share * m >= SMALLEST_GROUP),
  };
}
