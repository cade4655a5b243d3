import { formatCompact, formatCount, formatNumber, formatShare } from '../../core/format.js';
import type {
  ColumnProfile,
  Histogram,
  Profile,
  Relation,
  RelationGroup,
  TargetProfile,
  ValueProfile,
} from '../../data/profile/result.js';

/** How a profile's values are said, in the summary and on the page alike. Plain text: what prints it escapes it. */

type ValueType = ValueProfile['type'];

const MICROSECONDS_A_DAY = 86_400e6;

/** A number of a column, or a date of one, as short as it can be said. */
export function valueText(type: ValueType, value: number): string {
  if (type !== 'date' && type !== 'timestamp')
    return type === 'integer' && Math.abs(value) < 1e6 ? wholeText(value) : shortNumber(value);
  const instant = new Date(value / 1000);
  if (Number.isNaN(instant.getTime())) return shortNumber(value);
  const [day = '', clock = ''] = instant.toISOString().split('T');
  const isMidnight = type === 'date' || value % MICROSECONDS_A_DAY === 0;
  return isMidnight ? day : `${day} ${clock.slice(0, 5)}`;
}

function wholeText(value: number): string {
  if (!Number.isInteger(value)) return formatCompact(value);
  // No comma in what may be a year.
  return Math.abs(value) < 10_000 ? String(value).replace('-', '−') : formatNumber(value, 0);
}

/** `61.2k`, `1.5M`: for axes and narrow tables. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  for (const [unit, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const) {
    const scale = letter === 'k' ? 1e3 : unit;
    if (size >= unit && size < 1e12) return `${formatCompact(Number((value / scale).toPrecision(3)))}${letter}`;
  }
  return formatCompact(value);
}

/** `10 … 20`, of a bin. */
export function binText(type: ValueType, { from, step }: Histogram, index: number): string {
  const low = Number((from + index * step).toPrecision(12));
  if (type === 'integer' && step === 1) return valueText(type, low);
  return `${valueText(type, low)} … ${valueText(type, Number((low + step).toPrecision(12)))}`;
}

/** A group of a relation. */
export function groupText(type: ValueType, group: RelationGroup): string {
  if (group.kind === 'missing') return 'missing';
  if (group.kind === 'other') return 'other';
  if (group.kind === 'value') return group.value!;
  if (group.low === group.high) return valueText(type, group.low!);
  return `${valueText(type, group.low!)} … ${valueText(type, group.high!)}`;
}

/** The strongest relations, without columns that are the target's own sources. */
export function strongestRelations(profile: Profile): (ColumnProfile & { readonly relation: Relation })[] {
  return profile.columns
    .filter((column): column is ColumnProfile & { readonly relation: Relation } => column.relation !== undefined)
    .filter(({ role, relation }) => role !== 'target source' && role !== 'key' && relation.strength > 0)
    .sort((a, b) => b.relation.strength - a.relation.strength);
}

/** The share of missing cells over all columns. */
export function missingShare({ columns, rows }: Profile): number {
  const missing = columns.reduce((sum, column) => sum + column.missing, 0);
  return columns.length === 0 ? 0 : missing / (columns.length * rows);
}

/** `0.4 %`, but `< 0.1 %` for a little, `0` for nothing. */
export function shareText(share: number): string {
  if (share === 0) return '0';
  return share < 0.0005 ? '< 0.1 %' : formatShare(share);
}

/** How many different values a column has; `≈` where that is an estimate. */
export function distinctText({ distinct, errors }: ValueProfile): string {
  if (distinct === undefined) return '';
  return `${errors?.distinct === undefined ? '' : '≈ '}${formatCount(distinct)}`;
}

/** What the strength of a relation is a share of. */
export function methodText(profile: Profile): string {
  return profile.task === 'regression'
    ? `the share of ${profile.target.name}'s variance that a column alone explains (correlation ratio, adjusted for its groups)`
    : `the share of ${profile.target.name}'s entropy that a column alone takes away (uncertainty coefficient, less its bias)`;
}

/** A column's values in one line: `mean 12, sd 3, 0 … 40`. */
export function describeValues(column: ValueProfile): string {
  const { type, numbers, levels, length } = column;
  if (numbers) {
    const write = (value: number): string => valueText(type, value);
    const ends = `${write(numbers.min)} … ${write(numbers.max)}`;
    if (type === 'date' || type === 'timestamp') return ends;
    return `${ends}, mean ${shortNumber(numbers.mean)}${numbers.sd === undefined ? '' : `, sd ${shortNumber(numbers.sd)}`}`;
  }
  const first = levels?.top[0];
  if (first) return `${distinctText(column)} values, most often ${first.value}`;
  return length ? `${distinctText(column)} values of ${length.min} to ${length.max} characters` : '';
}

/** Two classes, of which the last is the positive one. */
export function isBinary({ classes }: TargetProfile): boolean {
  return classes?.length === 2 && !classes[1]!.other;
}

/** One colour a class, in the order of the target's classes; `other` is the grey one. */
export function classColor(index: number, isOther: boolean): string {
  return isOther ? 'var(--other)' : `var(--class-${(index % 8) + 1})`;
}
