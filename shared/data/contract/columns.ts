import { type Location, messageOf, UserError } from '../../core/errors.js';
import type { ColumnRules } from '../../spec/schema.js';
import { identifier, literal, matchSql } from '../sql.js';
import type { ColumnSchema, ColumnType } from '../table.js';
import { COUNTS, type InParts } from './in-parts.js';
import {
  type CompiledRule,
  countWhere,
  type FailingRows,
  judgeRows,
  type Measured,
  notApplicable,
  partText,
  percentText,
  plainNumber,
  type RuleContext,
  rangeRequired,
  within,
} from './rule.js';
import { membership, microseconds, missingCondition, SQL_TYPES } from './values.js';

/** Runs a query of our own to see whether DuckDB takes it; throws DuckDB's error. */
export type Probe = (sql: string) => Promise<unknown>;

interface ColumnCompiler {
  readonly column: ColumnSchema;
  readonly context: RuleContext;
  readonly locate: (...path: string[]) => Location;
  readonly probe: Probe;
}

/**
 * The rules of a column that is there.
 * @param locate the place in the spec of a key of this column's rules
 * @throws UserError when a pattern or format is none
 */
export async function compileColumnRules(
  column: ColumnSchema,
  rules: ColumnRules,
  context: RuleContext,
  locate: (...path: string[]) => Location,
  probe: Probe,
): Promise<CompiledRule[]> {
  const compiler: ColumnCompiler = { column, context, locate, probe };
  const compiled: (CompiledRule | undefined)[] = [
    rules.required === true
      ? { ...base(compiler, 'required', 'a column'), aggregates: {}, judge: () => ({ passed: true, found: 'there' }) }
      : undefined,
    rules.type && typeRule(compiler, rules.type, rules.format !== undefined),
    rules.missing && missingRule(compiler, rules.missing.max),
    rules.unique ? uniqueRule(compiler) : undefined,
    rules.min === undefined ? undefined : limitRule(compiler, 'min', rules.min),
    rules.max === undefined ? undefined : limitRule(compiler, 'max', rules.max),
    rules.enum && enumRule(compiler, rules.enum),
    rules.pattern === undefined ? undefined : await patternRule(compiler, rules.pattern),
    rules.length && lengthRule(compiler, rules.length),
    rules.format === undefined ? undefined : await formatRule(compiler, rules.format),
    rules.distinct && distinctRule(compiler, rules.distinct),
    rules.mean && statisticRule(compiler, 'mean', rules.mean, (value) => `avg(${value})`),
    ...Object.entries(rules.quantiles ?? {}).map(([quantile, limits]) =>
      statisticRule(compiler, `quantiles.${quantile}`, limits, (value) => `quantile_cont(${value}, ${Number(quantile)})`),
    ),
    rules.monotone && monotoneRule(compiler, rules.monotone),
  ];
  return compiled.filter((rule) => rule !== undefined);
}

function base({ column, context, locate }: ColumnCompiler, rule: string, required: string) {
  const [head, ...rest] = rule.split('.');
  const { line } = locate(head!, ...(rest.length > 0 ? [rest.join('.')] : []));
  return { column: column.name, rule, required, severity: context.severity, ...(line !== undefined && { line }) };
}

/** A rule about rows: those fail that fulfil `failing`, which is not true where the value is missing. */
function rowRule(
  compiler: ColumnCompiler,
  rule: string,
  required: string,
  failing: string,
  { extreme, proof }: { extreme?: { aggregate: string; text: (value: string) => string }; proof?: string } = {},
): CompiledRule {
  const { context } = compiler;
  const more = (values: Measured): string | undefined => {
    const value = values.text('extreme');
    return value === undefined ? undefined : extreme?.text(value);
  };
  return {
    ...base(compiler, rule, allowance(required, context)),
    aggregates: {
      failing: countWhere(context, failing),
      considered: countWhere(context),
    },
    // Of all values, and not only of the rows that count.
    ...(proof !== undefined && context.scope === undefined && { proof: `coalesce(${proof}, TRUE)` }),
    ...(extreme && {
      details: {
        extreme: `CAST(${overScope(context, extreme.aggregate)} AS VARCHAR)`,
      },
    }),
    judge: judgeRows(context.maxFailing, more),
    rows: failingRows(compiler, failing),
    inParts: inPartsOf(rule),
  };
}

function inPartsOf(rule: string): InParts {
  if (rule === 'min' || rule === 'max') return { extremes: { extreme: rule } };
  return rule === 'pattern' || rule === 'length' ? { asText: true } : COUNTS;
}

function failingRows({ column, context }: ColumnCompiler, condition: string): FailingRows {
  return { condition: scoped(context, condition), value: `CAST(${identifier(column.name)} AS VARCHAR)` };
}

function scoped({ scope }: RuleContext, condition: string): string {
  return scope === undefined ? condition : `${scope} AND ${condition}`;
}

/** An aggregate, which leaves missing values out by itself, over the rows that count. */
function overScope({ scope }: RuleContext, aggregate: string): string {
  return scope === undefined ? aggregate : `${aggregate} FILTER (WHERE ${scope})`;
}

function allowance(required: string, { maxFailing }: RuleContext): string {
  return maxFailing > 0 ? `${required}, but for ${percentText(maxFailing)} of the rows` : required;
}

function typeRule(compiler: ColumnCompiler, wanted: ColumnType, hasFormat: boolean): CompiledRule {
  const { column, context } = compiler;
  const { type } = column;
  const required = `type ${wanted}`;
  const fits =
    type === wanted ||
    (wanted === 'number' && type === 'integer') ||
    (wanted === 'timestamp' && type === 'date') ||
    // Dates held as text: the format's own rule reads them.
    (hasFormat && type === 'string' && (wanted === 'date' || wanted === 'timestamp'));
  const plain = base(compiler, 'type', required);
  if (fits) return { ...plain, aggregates: {}, judge: () => ({ passed: true, found: `type ${type}` }) };
  const name = identifier(column.name);
  if (wanted === 'integer' && type === 'number') {
    // Whole numbers with gaps are often stored as floating point; what counts is the values.
    const rule = rowRule(compiler, 'type', required, `CAST(${name} AS DOUBLE) <> floor(CAST(${name} AS DOUBLE))`);
    return { ...rule, judge: nameType(rule.judge, 'whole numbers, stored as type number', 'not whole') };
  }
  if (type !== 'string' || wanted === 'string') return notApplicable(plain, `type ${type}`);
  const unreadable = `${name} IS NOT NULL AND TRY_CAST(CAST(${name} AS VARCHAR) AS ${SQL_TYPES[wanted]}) IS NULL`;
  const rule = rowRule({ ...compiler, context: { ...context, maxFailing: 0 } }, 'type', required, unreadable);
  const judge = (values: Measured) => {
    const failing = values.number('failing');
    if (values.number('present') === 0) return { passed: true, found: 'no values' };
    const detail =
      failing > 0
        ? `${partText(failing, values.number('considered'))} cannot be read as ${wanted}`
        : `each can be read as ${wanted}`;
    return { passed: false, found: `type string; ${detail}`, ...(failing > 0 && { failing }) };
  };
  return { ...rule, aggregates: { ...rule.aggregates, present: presentRows(compiler) }, judge };
}

function presentRows({ column, context }: ColumnCompiler): string {
  return countWhere(context, `NOT ${missingCondition(column)}`);
}

/** A rule that the column's type makes meaningless; but a column without any value is text for want of another type. */
function meaningless(compiler: ColumnCompiler, rule: string, required: string, why: string, ofNone: boolean): CompiledRule {
  const plain = base(compiler, rule, required);
  const found = `type ${compiler.column.type}: ${why}`;
  if (compiler.column.type !== 'string') return notApplicable(plain, found);
  return {
    ...plain,
    aggregates: { present: presentRows(compiler) },
    judge: (values) => (values.number('present') === 0 ? { passed: ofNone, found: 'no values' } : { passed: false, found }),
    inParts: COUNTS,
  };
}

function nameType(judge: CompiledRule['judge'], passing: string, failing: string): CompiledRule['judge'] {
  return (values) => {
    const result = judge(values);
    return { ...result, found: result.failing === 0 ? passing : `${result.found} ${failing}` };
  };
}

function missingRule(compiler: ColumnCompiler, max: number): CompiledRule {
  const { column, context } = compiler;
  const condition = missingCondition(column);
  return {
    ...base(compiler, 'missing.max', max === 0 ? 'nothing missing' : `at most ${percentText(max)} missing`),
    aggregates: {
      // Counting what is there looks at no value.
      failing: context.scope === undefined ? `count(*) - count(${identifier(column.name)})` : countWhere(context, condition),
      considered: countWhere(context),
    },
    judge: judgeRows(max),
    rows: { ...failingRows(compiler, condition), value: "'(missing)'" },
    inParts: COUNTS,
  };
}

function uniqueRule(compiler: ColumnCompiler): CompiledRule {
  const { column, context } = compiler;
  const present = `NOT ${missingCondition(column)}`;
  const name = identifier(column.name);
  return {
    ...base(compiler, 'unique', allowance('no value twice', context)),
    aggregates: {
      failing: `${overScope(context, `count(${name})`)} - ${overScope(context, `count(DISTINCT ${name})`)}`,
      considered: countWhere(context),
    },
    judge: judgeRows(context.maxFailing, () => 'that repeat an earlier value'),
    rows: { ...failingRows(compiler, present), repeats: [name] },
    inParts: {
      aggregates: { considered: countWhere(context) },
      values: { kind: 'keys', columns: [column], where: scoped(context, present) },
      whole: (sums, values) => ({ considered: sums.number('considered'), failing: values!.rows - values!.different }),
    },
  };
}

function limitRule(compiler: ColumnCompiler, key: 'min' | 'max', limit: number | string): CompiledRule {
  const { column } = compiler;
  const name = identifier(column.name);
  const [sign, holds] = key === 'min' ? ['<', '>='] : ['>', '<='];
  const word = key === 'min' ? 'at least' : 'at most';
  const extremeWord = key === 'min' ? 'smallest' : 'largest';
  const isInstant = column.type === 'date' || column.type === 'timestamp';
  const extreme = {
    aggregate: `${key}(${name})`,
    // The engine writes "inf" and JavaScript "Infinity".
    text: (value: string) => `${extremeWord} ${isInstant ? value : plainNumber(Number(value.replace(/inf$/, 'Infinity')))}`,
  };
  const required = `${word} ${typeof limit === 'number' ? plainNumber(limit) : limit}`;
  if (isInstant) {
    const instant = typeof limit === 'string' ? microseconds(limit) : undefined;
    if (instant === undefined) {
      return notApplicable(base(compiler, key, required), `type ${column.type}: ${key} must be a date such as 2024-01-31`);
    }
    const proof = `${extreme.aggregate} ${holds} make_timestamp(${instant})`;
    // Not by epoch_us: the infinite instants have none, and would pass.
    return rowRule(compiler, key, required, `${name} ${sign} make_timestamp(${instant})`, { extreme, proof });
  }
  const number = typeof limit === 'number' ? limit : limit.trim() === '' ? Number.NaN : Number(limit);
  if (column.type === 'string' || column.type === 'boolean')
    return meaningless(compiler, key, required, 'it has no order', true);
  if (!Number.isFinite(number))
    return notApplicable(base(compiler, key, required), `type ${column.type}: ${key} must be a number`);
  const proof = `${extreme.aggregate} ${holds} ${literal(number)}`;
  return rowRule(compiler, key, required, `${name} ${sign} ${literal(number)}`, { extreme, proof });
}

function enumRule(compiler: ColumnCompiler, values: readonly (string | number | boolean)[]): CompiledRule {
  const { column } = compiler;
  const shown = values.slice(0, 10).join(', ');
  const required = `one of: ${shown}${values.length > 10 ? `, and ${values.length - 10} more` : ''}`;
  return rowRule(compiler, 'enum', required, `NOT ${membership(column, values)}`);
}

async function patternRule(compiler: ColumnCompiler, pattern: string): Promise<CompiledRule> {
  await probed(
    compiler,
    'pattern',
    `SELECT regexp_full_match('', ${literal(pattern)})`,
    'not a regular expression (RE2 has no look-around)',
  );
  const text = `CAST(${identifier(compiler.column.name)} AS VARCHAR)`;
  return rowRule(compiler, 'pattern', `matches ${pattern}`, `NOT ${matchSql(text, pattern)}`);
}

async function formatRule(compiler: ColumnCompiler, format: string): Promise<CompiledRule> {
  const { column } = compiler;
  const required = `dates written as ${format}`;
  await probed(compiler, 'format', `SELECT try_strptime('', ${literal(format)})`, 'not a strftime format, such as %Y-%m-%d');
  if (column.type !== 'string')
    return notApplicable(base(compiler, 'format', required), `type ${column.type}: format is for dates held as text`);
  const text = `CAST(${identifier(column.name)} AS VARCHAR)`;
  return rowRule(compiler, 'format', required, `${text} IS NOT NULL AND try_strptime(${text}, ${literal(format)}) IS NULL`);
}

async function probed({ column, locate, probe }: ColumnCompiler, key: string, sql: string, problem: string): Promise<void> {
  try {
    await probe(sql);
  } catch (error) {
    const reason = messageOf(error).split('\n')[0];
    const message = `contract.columns.${column.name}.${key}: ${problem}: ${reason}`;
    throw new UserError({ message, location: locate(key) }, { cause: error });
  }
}

interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

function lengthRule(compiler: ColumnCompiler, limits: Limits): CompiledRule {
  const length = `length(CAST(${identifier(compiler.column.name)} AS VARCHAR))`;
  const bounds = [
    ...(limits.min === undefined ? [] : [`${length} < ${limits.min}`]),
    ...(limits.max === undefined ? [] : [`${length} > ${limits.max}`]),
  ];
  const failing = bounds.length === 0 ? 'FALSE' : `(${bounds.join(' OR ')})`;
  return rowRule(compiler, 'length', `${rangeRequired(limits)} characters`, failing);
}

function distinctRule(compiler: ColumnCompiler, limits: Limits): CompiledRule {
  const { column, context } = compiler;
  return {
    ...base(compiler, 'distinct', `${rangeRequired(limits)} different values`),
    aggregates: { value: overScope(context, `count(DISTINCT ${identifier(column.name)})`) },
    judge: (values) => {
      const value = values.number('value');
      const found = `${plainNumber(value)} different ${value === 1 ? 'value' : 'values'}`;
      return { passed: within(value, limits), found, observed: value };
    },
    inParts: {
      aggregates: {},
      values: { kind: 'keys', columns: [column], where: scoped(context, `NOT ${missingCondition(column)}`) },
      whole: (_, values) => ({ value: values!.different }),
    },
  };
}

/** Of parts a mean is known by sums and counts, a quantile by how many rows have each value. */
function statisticInParts(column: ColumnSchema, value: string, where: string, rule: string): InParts {
  const [kind, quantile] = /^(\w+)(?:\.(.+))?$/.exec(rule)!.slice(1);
  if (kind === 'quantiles') {
    return {
      aggregates: {},
      values: { kind: 'numbers', columns: [column], where, quantiles: [Number(quantile)] },
      whole: (_, values): Record<string, number> => (values!.rows > 0 ? { value: values!.quantiles[0]! } : {}),
    };
  }
  return {
    aggregates: { sum: `sum(${value}) FILTER (WHERE ${where})`, count: `count(${value}) FILTER (WHERE ${where})` },
    whole: (sums): Record<string, number> =>
      sums.number('count') > 0 ? { value: sums.number('sum') / sums.number('count') } : {},
  };
}

function statisticRule(
  compiler: ColumnCompiler,
  rule: string,
  limits: Limits,
  aggregate: (value: string) => string,
): CompiledRule {
  const { column, context } = compiler;
  const plain = base(compiler, rule, rangeRequired(limits));
  if (column.type !== 'integer' && column.type !== 'number')
    return meaningless(compiler, rule, plain.required, `it has no ${rule.split('.')[0]}`, false);
  const present = scoped(context, `NOT ${missingCondition(column)}`);
  const value = `CAST(${identifier(column.name)} AS DOUBLE)`;
  return {
    ...plain,
    aggregates: { value: overScope(context, aggregate(value)) },
    judge: (values) => {
      const value = values.number('value');
      if (!Number.isFinite(value)) {
        // No number of JSON; where values of both infinities are, their mean is none either.
        const isThere = values.text('value') !== undefined;
        return { passed: false, found: isThere ? 'not finite: there are infinite values' : 'no values' };
      }
      return { passed: within(value, limits), found: plainNumber(value), observed: value };
    },
    inParts: statisticInParts(column, value, present, rule),
  };
}

const BREAKS = {
  increasing: '<',
  strictly_increasing: '<=',
  decreasing: '>',
  strictly_decreasing: '>=',
} as const;

/** Each value against the last one before it that is not missing and counts. */
function monotoneRule(compiler: ColumnCompiler, order: keyof typeof BREAKS): CompiledRule {
  const { column, context } = compiler;
  const required = `${order.replace('_', ' ')} from row to row`;
  if (column.type === 'string' || column.type === 'boolean')
    return meaningless(compiler, 'monotone', required, 'it has no order', true);
  const name = identifier(column.name);
  const counts = scoped(context, `NOT ${missingCondition(column)}`);
  return {
    ...base(compiler, 'monotone', allowance(required, context)),
    aggregates: { considered: countWhere(context) },
    order: { value: `CASE WHEN ${counts} THEN ${name} END`, breaks: BREAKS[order] },
    judge: judgeRows(context.maxFailing, () => 'out of order'),
    inParts: COUNTS,
  };
}
