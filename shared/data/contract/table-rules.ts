import { durationMs } from '../../core/duration.js';
import type { Location } from '../../core/errors.js';
import { formatCount, formatShare } from '../../core/format.js';
import type { Spec } from '../../spec/schema.js';
import type { Lookup } from '../lookup.js';
import { identifier } from '../sql.js';
import type { ColumnSchema } from '../table.js';
import { absence, type ContractColumns, columnNamed, columnsText } from './found-column.js';
import type { OwnCondition } from './measure.js';
import {
  type CompiledRule,
  countWhere,
  judgeRows,
  notApplicable,
  percentText,
  plainNumber,
  type RuleContext,
  rangeRequired,
  within,
} from './rule.js';
import { presentCondition, unknownCondition } from './values.js';

type Contract = Exclude<NonNullable<Spec['contract']>, string>;

/** What the rules of the whole table are compiled for. */
export interface TableRulesRequest {
  readonly columns: ContractColumns;
  readonly rows: number;
  readonly contract: Contract;
  /** The place of a key of the contract. */
  readonly locate: (...path: (string | number)[]) => Location;
  /** The conditions of `contract.checks`, in their order. */
  readonly checks: readonly OwnCondition[];
  /** The files of `contract.references`, in their order. */
  readonly lookups: readonly Lookup[];
  /** Rows of the reference, for `rows.change_max`. */
  readonly referenceRows: number | undefined;
  readonly now: Date;
}

const ALL: RuleContext = { severity: 'error', maxFailing: 0 };

/** The rules of the table, in the order of the spec's documentation. */
export function compileTableRules(request: TableRulesRequest): CompiledRule[] {
  const { contract } = request;
  return [
    ...rowRules(request),
    ...(contract.unique ?? []).map((columns, index) => uniqueRule(request, columns, index)),
    ...(contract.freshness ? [freshnessRule(request, contract.freshness)] : []),
    ...(contract.references ?? []).map((reference, index) => referenceRule(request, reference, index)),
    ...(contract.checks ?? []).map((check, index) => checkRule(request, check, index)),
  ];
}

function lineOf({ locate }: TableRulesRequest, ...path: (string | number)[]): { line?: number } {
  const { line } = locate(...path);
  return line === undefined ? {} : { line };
}

function rowRules(request: TableRulesRequest): CompiledRule[] {
  const { contract, rows, referenceRows } = request;
  const { min, max, change_max: changeMax } = contract.rows ?? {};
  const found = `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`;
  const rule = (key: string, required: string, passed: boolean, more = ''): CompiledRule => ({
    rule: `rows.${key}`,
    required,
    severity: 'error',
    ...lineOf(request, 'rows', key),
    aggregates: {},
    judge: () => ({ passed, found: found + more, observed: rows }),
  });
  const rules: CompiledRule[] = [];
  if (min !== undefined) rules.push(rule('min', `${rangeRequired({ min })} rows`, within(rows, { min })));
  if (max !== undefined) rules.push(rule('max', `${rangeRequired({ max })} rows`, within(rows, { max })));
  if (changeMax !== undefined) {
    const required = `at most ${percentText(changeMax)} more or fewer rows than the reference`;
    if (referenceRows === undefined) {
      rules.push(rule('change_max', required, true, '; no reference was given to compare with'));
    } else {
      const change = referenceRows === 0 ? (rows === 0 ? 0 : Number.POSITIVE_INFINITY) : rows / referenceRows - 1;
      const size = Number.isFinite(change) ? `${formatShare(Math.abs(change))} ${change < 0 ? 'fewer' : 'more'} than` : 'after';
      rules.push(
        rule('change_max', required, Math.abs(change) <= changeMax, `, ${size} the ${formatCount(referenceRows)} before`),
      );
    }
  }
  return rules;
}

function uniqueRule(request: TableRulesRequest, columns: readonly string[], index: number): CompiledRule {
  const base = {
    rule: 'unique',
    required: `no values of ${columns.join(', ')} twice`,
    severity: 'error',
    ...lineOf(request, 'unique', index),
  } as const;
  const absent = columns.find((name) => !columnNamed(request.columns, name));
  if (absent !== undefined) return notApplicable(base, `${absent}: ${absence(request.columns, absent)}`);
  const quoted = columns.map(identifier);
  const found = columns.map((name) => columnNamed(request.columns, name)!);
  return {
    ...base,
    aggregates: { failing: `count(*) - count(DISTINCT row(${quoted.join(', ')}))`, considered: countWhere(ALL) },
    judge: judgeRows(0, () => 'that repeat earlier values'),
    rows: { condition: 'TRUE', value: columnsText(columns), repeats: quoted },
    inParts: {
      aggregates: { considered: countWhere(ALL) },
      values: { kind: 'keys', columns: found, where: 'TRUE' },
      whole: (sums, values) => ({ considered: sums.number('considered'), failing: values!.rows - values!.different }),
    },
  };
}

/** The newest time that is not in the future: one wrong row far ahead must not hide that nothing new comes. */
function freshnessRule(request: TableRulesRequest, freshness: NonNullable<Contract['freshness']>): CompiledRule {
  const { column: name, max_age: maxAge } = freshness;
  const base = {
    column: name,
    rule: 'freshness',
    required: `the newest row at most ${maxAge} old`,
    severity: 'error',
    ...lineOf(request, 'freshness'),
  } as const;
  const column = columnNamed(request.columns, name);
  if (!column) return notApplicable(base, absence(request.columns, name));
  if (column.type !== 'date' && column.type !== 'timestamp')
    return notApplicable(base, `type ${column.type}: only a date or timestamp has an age`);
  const now = request.now.getTime();
  const instant = identifier(column.name);
  const past = (time: string): string => `${time} < make_timestamp(${(now + 1) * 1000})`;
  const milliseconds = (time: string): string => `epoch_ms(CAST(${time} AS TIMESTAMP))`;
  return {
    ...base,
    // Mostly the newest time is the newest up to now: only where it is not, the others are asked for.
    aggregates: {
      newest: `CASE WHEN ${past(`max(${instant})`)} THEN ${milliseconds(`max(${instant})`)} END`,
      failing: `CASE WHEN ${past(`max(${instant})`)} THEN 0 ELSE count(${instant}) END`,
    },
    details: { newest: milliseconds(`max(${instant}) FILTER (WHERE ${past(instant)})`) },
    judge: (values) => {
      const newest = values.number('newest');
      if (Number.isNaN(newest)) return { passed: false, found: 'no time up to now' };
      const age = now - newest;
      const observed = new Date(newest)
        .toISOString()
        .replace(/(T00:00:00)?\.000Z$|Z$/, '')
        .replace('T', ' ');
      return { passed: age <= durationMs(maxAge), found: `the newest is ${observed}, ${ageText(age)} old`, observed };
    },
    inParts: { extremes: { newest: 'max' } },
  };
}

function ageText(milliseconds: number): string {
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const) {
    if (milliseconds >= 2 * length) return `${plainNumber(Math.floor((milliseconds / length) * 10) / 10)}${unit}`;
  }
  return `${Math.floor(milliseconds / 1000)}s`;
}

/** As a foreign key of SQL: a row with a missing value in the key refers to nothing, and does not fail. */
function referenceRule(
  request: TableRulesRequest,
  { columns, file, to }: NonNullable<Contract['references']>[number],
  index: number,
): CompiledRule {
  const base = {
    ...(columns.length === 1 && { column: columns[0]! }),
    rule: 'references',
    required: `${columns.join(', ')} among ${to.join(', ')} of ${file}`,
    severity: 'error',
    ...lineOf(request, 'references', index),
  } as const;
  const found = columns.map((name) => columnNamed(request.columns, name));
  const absent = columns.find((_, at) => !found[at]);
  if (absent !== undefined) return notApplicable(base, `${absent}: ${absence(request.columns, absent)}`);
  const key = found as ColumnSchema[];
  const condition = `${presentCondition(key)} AND ${unknownCondition(key, request.lookups[index]!)}`;
  return {
    ...base,
    aggregates: { failing: countWhere(ALL, condition), considered: countWhere(ALL) },
    judge: judgeRows(0, () => `with values that ${file} does not have`),
    rows: { condition, value: columnsText(found.map((column) => column!.name)) },
    inParts: { columns },
  };
}

function checkRule(request: TableRulesRequest, check: NonNullable<Contract['checks']>[number], index: number): CompiledRule {
  const { severity = 'error', max_failing: maxFailing = 0, name, sql } = check;
  // As in a CHECK of SQL: what is unknown, since a value is missing, does not fail.
  const own = request.checks[index]!;
  const condition = `(NOT ${own.sql})`;
  return {
    rule: `checks.${name}`,
    required: maxFailing > 0 ? `${sql}, but for ${percentText(maxFailing)} of the rows` : sql,
    severity,
    ...lineOf(request, 'checks', index, 'sql'),
    aggregates: { failing: countWhere(ALL, condition), considered: countWhere(ALL) },
    judge: judgeRows(maxFailing),
    rows: { condition, value: columnsText(own.columns.slice(0, 4)) },
    inParts: { reads: own.columns },
  };
}
