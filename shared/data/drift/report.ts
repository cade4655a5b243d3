import { formatNumber } from '../../core/format.js';
import type { ColumnRules } from '../../spec/schema.js';
import type { Distribution } from '../distribution/distribution.js';
import { type ColumnDrift, findDrift } from './drift.js';
import { type CountedValues, type DriftMethod, driftByMethod, isDrift, METHOD_FACTS } from './methods.js';
import { driftWords, type GroupShare, groupShares, valueWords } from './shown.js';

/** The data held against a reference: what `validate` writes into `validation.json`. */
export interface DriftReport {
  readonly reference: {
    /** A model's training rows; the profile of data; a data file; the window before. */
    readonly kind: 'model' | 'profile' | 'data' | 'previous';
    readonly shown: string;
    readonly rows: number;
  };
  /** Rows that were held against it. */
  readonly rows: number;
  readonly minEffect: number;
  readonly alpha: number;
  /** Columns that are on both sides; drifted ones first, then by effect. */
  readonly columns: readonly DriftColumn[];
  /** What the columns themselves are: gone, new, of another type. */
  readonly schemaChanges: readonly SchemaChange[];
  readonly notices: readonly string[];
}

export interface DriftColumn {
  readonly name: string;
  /** The column of the data; another than `name` where it is a part of a date. */
  readonly from: string;
  readonly isTarget: boolean;
  readonly drifted: boolean;
  readonly effect: number;
  readonly measure: 'wasserstein' | 'jensen-shannon';
  readonly adjustedP?: number;
  readonly psi: number;
  readonly missing: { readonly reference: number; readonly current: number };
  /** In one line: how far, how certain, what came and went. */
  readonly detail: string;
  /** Of the worst columns only. */
  readonly groups: readonly GroupShare[];
  /** What the contract chose instead of effect and test. */
  readonly method?: { readonly name: DriftMethod; readonly value: number; readonly threshold: number };
  /** Why it was not held against the reference. */
  readonly note?: string;
  /** The method that the contract chose does not take such values. */
  readonly unfit?: true;
}

export interface SchemaChange {
  readonly column: string;
  readonly change: 'gone' | 'new' | 'type';
  readonly detail: string;
}

export const DRIFT_DEFAULTS = { min_effect: 0.1, alpha: 0.05 } as const;

/** Groups are kept of so many columns: a chart of each would be more than anybody reads. */
const MOST_WITH_GROUPS = 20;

/** What the contract says of a column. */
export type DriftRule = NonNullable<ColumnRules['drift']>;

export interface DriftQuestion {
  /** Several, where columns come from different rows. */
  readonly references: readonly Distribution[];
  readonly current: Distribution;
  /** For words, such as `the training rows of churn@v1.0.0`. */
  readonly against: string;
  readonly minEffect: number;
  readonly alpha: number;
  readonly seed: number;
  /** What each watched column is of. */
  readonly sources: ReadonlyMap<string, { readonly from: string; readonly isTarget: boolean }>;
  /** The contract's rule of a column of the data. */
  readonly ruleOf: (from: string) => DriftRule | undefined;
  /** The values of a watched column on both sides; undefined when there are too many. */
  readonly counted: (name: string) => Promise<readonly [CountedValues, CountedValues] | undefined>;
}

/**
 * Holds the data against its reference. Without a method of the contract's a column has drifted when the change is both
 * large enough and more than chance (drift.ts); a named method decides alone, as in the library that it is known from.
 */
export async function driftColumns(question: DriftQuestion): Promise<DriftColumn[]> {
  const { references, current, minEffect, alpha, seed, sources, ruleOf } = question;
  const found = findDrift(references, current, { minEffect, alpha, seed });
  const columns: DriftColumn[] = [];
  for (const column of found) {
    const { from = column.name, isTarget = false } = sources.get(column.name) ?? {};
    columns.push({ ...(await judged(column, ruleOf(from), question)), from, isTarget });
  }
  columns.sort((a, b) => Number(b.drifted) - Number(a.drifted) || b.effect - a.effect || (a.name < b.name ? -1 : 1));
  return columns.map((column, index) => (index < MOST_WITH_GROUPS ? column : { ...column, groups: [] }));
}

type Judged = Omit<DriftColumn, 'from' | 'isTarget'>;

async function judged(column: ColumnDrift, rule: DriftRule | undefined, question: DriftQuestion): Promise<Judged> {
  const { name, effect, adjustedP, psi, missing, note } = column;
  const shown = {
    ...{
      name,
      effect: effect.value,
      measure: effect.measure,
      psi,
      missing,
      groups: groupShares(column).map(withoutInfinities),
    },
    ...(adjustedP !== undefined && { adjustedP }),
  };
  if (rule?.method !== undefined) return { ...shown, ...(await byMethod(column, rule.method, rule.threshold, question)) };
  const drifted =
    adjustedP !== undefined && adjustedP < question.alpha && effect.value >= (rule?.threshold ?? question.minEffect);
  const detail = note === undefined ? driftWords(column, question.against) : `not held against ${question.against}: ${note}`;
  return { ...shown, drifted, detail, ...(note !== undefined && { note }) };
}

/** JSON has no infinities: an end that is missing is one. */
function withoutInfinities({ low, high, ...group }: GroupShare): GroupShare {
  return {
    ...group,
    ...(low !== undefined && Number.isFinite(low) && { low }),
    ...(high !== undefined && Number.isFinite(high) && { high }),
  };
}

async function byMethod(
  column: ColumnDrift,
  method: DriftMethod,
  given: number | undefined,
  { counted, against }: DriftQuestion,
): Promise<Pick<DriftColumn, 'drifted' | 'detail' | 'method' | 'note' | 'unfit'>> {
  const { takes, gives, threshold: usual, title } = METHOD_FACTS[method];
  const cannot = (note: string) => ({ drifted: false, detail: note, note, unfit: true as const });
  const sides = await counted(column.name);
  if (!sides) return cannot(`${method} is for categories, and these are too many different texts`);
  if (sides.some(({ kind }) => !takes.includes(kind))) {
    return cannot(`${method} is for numbers, and these are none; psi, js, chi2 and z take any values`);
  }
  if (sides.some((side) => (side.kind === 'numbers' ? side.values.length : side.counts.size) === 0)) {
    const note = 'one side has no values';
    return { drifted: false, detail: note, note };
  }
  const value = driftByMethod(method, ...sides);
  const threshold = given ?? usual;
  const number = value !== 0 && value < 0.001 ? '< 0.001' : formatNumber(value, 3);
  const words = `${title} ${gives === 'p-value' ? 'p ' : ''}${number} against ${against}, threshold ${formatNumber(threshold)}`;
  return {
    drifted: isDrift(method, value, threshold),
    detail: [words, ...valueWords(column)].join('; '),
    method: { name: method, value, threshold },
  };
}
