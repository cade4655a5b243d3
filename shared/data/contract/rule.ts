import { formatCount, formatNumber, formatShare } from '../../core/format.js';
import type { InParts } from './in-parts.js';

/** One rule of the contract as SQL over the view `source`, and how its numbers are judged. */
export interface CompiledRule {
  readonly column?: string;
  /** The key in the spec. */
  readonly rule: string;
  readonly required: string;
  readonly severity: 'error' | 'warning';
  readonly line?: number;
  /** Aggregate expressions, by a name of their own. */
  readonly aggregates: Readonly<Record<string, string>>;
  /**
   * An aggregate that is TRUE where no row fails, and cheaper than counting those that do: the smallest value is not below the
   * limit. Only where it is not TRUE is `failing` asked for, which else is 0.
   */
  readonly proof?: string;
  /** More of them, which only tell of rows that fail: they are asked for when `failing` is not 0. */
  readonly details?: Readonly<Record<string, string>>;
  readonly judge: (values: Measured) => Judgement;
  /** How the failing rows are found, for a few samples; absent where the rule is not about rows. */
  readonly rows?: FailingRows;
  /** The rule compares each row with the one before it; that gives the number `failing`. */
  readonly order?: RowOrder;
  /** How it is decided where shards see only some of the rows each; absent: it is not. Without aggregates nothing is to be done. */
  readonly inParts?: InParts;
}

/** A row fails when its value stands in `breaks` to that of the row before, in the order of the data. */
export interface RowOrder {
  /** SQL expression of the value; NULL for rows that do not count. */
  readonly value: string;
  readonly breaks: '<' | '<=' | '>' | '>=';
}

/** What the aggregates gave. */
export interface Measured {
  /** A count or another number; NaN where there is none (no rows). */
  number(name: string): number;
  /** A text; undefined where there is none. */
  text(name: string): string | undefined;
}

export interface Judgement {
  readonly passed: boolean;
  readonly found: string;
  readonly failing?: number;
  /** Rows that the rule looked at. */
  readonly considered?: number;
  /** What was measured, where that is not a count of rows: a mean, a number of rows or of values, the newest time. */
  readonly observed?: number | string;
}

export interface FailingRows {
  /** SQL condition of a row that fails. */
  readonly condition: string;
  /** SQL expression of the text that is shown. */
  readonly value: string;
  /** Only the second and later rows with the same values of these expressions, among the rows of `condition`. */
  readonly repeats?: readonly string[];
  /** With `repeats`: the first row of the same values too, where there are others. */
  readonly firstToo?: boolean;
}

/** What all rules of a column or check share. */
export interface RuleContext {
  readonly severity: 'error' | 'warning';
  /** SQL condition of the rows that count; absent: all. */
  readonly scope?: string;
  readonly maxFailing: number;
}

/** The number of rows that count and fulfil a condition. `count_if` is a quarter faster than a filtered `count(*)`. */
export function countWhere(context: RuleContext, condition?: string): string {
  const conditions = [context.scope, condition].filter((one) => one !== undefined);
  return conditions.length === 0 ? 'count(*)' : `coalesce(count_if(${conditions.join(' AND ')}), 0)`;
}

/** Judges `failing` of `considered` rows. `more` is put behind what was found. */
export function judgeRows(
  maxFailing: number,
  more?: (values: Measured) => string | undefined,
): (values: Measured) => Judgement {
  return (values) => {
    const failing = values.number('failing');
    const considered = values.number('considered');
    const passed = failing === 0 || failing / considered <= maxFailing;
    const extra = failing > 0 ? more?.(values) : undefined;
    const part = partText(failing, considered);
    return { passed, failing, considered, found: extra ? `${part}, ${extra}` : part };
  };
}

/** `12 of 1,461 rows (0.8 %)`, `no row`. */
export function partText(part: number, whole: number): string {
  if (part === 0) return 'no row';
  const share = part / whole;
  const text = share < 0.0005 ? '< 0.1 %' : formatShare(share);
  return `${formatCount(part)} of ${formatCount(whole)} ${whole === 1 ? 'row' : 'rows'} (${text})`;
}

/** A share of a spec as it was written: `0.5 %`. */
export function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(12))} %`;
}

/** A number of a spec or of the data, without needless digits. */
export function plainNumber(value: number): string {
  if (!Number.isFinite(value) && !Number.isNaN(value)) return value > 0 ? 'infinity' : '-infinity';
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? formatNumber(value, 0) : formatNumber(value, digits(value));
}

/** `from 1 to 3`, `at least 1`, `at most 3`. */
export function rangeRequired({ min, max }: { min?: number | undefined; max?: number | undefined }): string {
  if (min === undefined) return max === undefined ? 'anything' : `at most ${plainNumber(max)}`;
  return max === undefined ? `at least ${plainNumber(min)}` : `from ${plainNumber(min)} to ${plainNumber(max)}`;
}

/** Whether a number is within bounds; NaN is not. */
export function within(value: number, { min, max }: { min?: number | undefined; max?: number | undefined }): boolean {
  return !Number.isNaN(value) && (min === undefined || value >= min) && (max === undefined || value <= max);
}

/** A rule that the type of the column makes meaningless: it fails, and says why. */
export function notApplicable(base: Omit<CompiledRule, 'aggregates' | 'judge' | 'rows'>, found: string): CompiledRule {
  return { ...base, aggregates: {}, judge: () => ({ passed: false, found }) };
}

/** Decimals enough for four significant digits, at most 12. */
function digits(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(size)) return 0;
  const written = Number(size.toPrecision(4)).toString();
  const point = written.indexOf('.');
  if (written.includes('e')) return size < 1 ? 12 : 0;
  return point < 0 ? 0 : Math.min(12, written.length - point - 1);
}
