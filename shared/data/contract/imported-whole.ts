import { formatCount } from '../../core/format.js';
import { identifier } from '../sql.js';
import type { ColumnSchema, ColumnType } from '../table.js';
import type { Bounds, Statistic, TypeName, WholeTest } from './formats/imported-rule.js';
import type { ContractColumns } from './found-column.js';
import type { NoSql } from './imported-rows.js';
import { COUNTS, type InParts } from './in-parts.js';
import { type Judgement, type Measured, plainNumber } from './rule.js';
import { comparable, microseconds, missingCondition } from './values.js';

/** A test of a column or table as a whole, as aggregates and their judge. */
export interface WholeSql {
  readonly aggregates: Readonly<Record<string, string>>;
  readonly judge: (values: Measured) => Judgement;
  /** How shards decide it together; absent: they do not, unless there is nothing to measure. */
  readonly inParts?: InParts;
}

/** Tests of the table alone, which need no query. @param rows of the table, or of the scope */
export function tableSql(
  test: Extract<WholeTest, { kind: 'columns' | 'column count' }>,
  { columnNames }: ContractColumns,
): WholeSql {
  if (test.kind === 'column count') {
    const observed = columnNames.length;
    return said({ passed: isWithin(observed, test.bounds), found: `${formatCount(observed)} columns`, observed });
  }
  const missing = test.names.filter((name) => !columnNames.includes(name));
  const extra = columnNames.filter((name) => !test.names.includes(name));
  const prefix = test.names.every((name, index) => columnNames[index] === name);
  const passed = {
    ordered: prefix && columnNames.length === test.names.length,
    'in order': isInOrder(test.names, columnNames),
    equal: missing.length === 0 && extra.length === 0,
    contain: missing.length === 0,
    in: extra.length === 0,
  }[test.how];
  const parts = [
    ...(missing.length > 0 && test.how !== 'in' ? [`without ${listText(missing)}`] : []),
    ...(extra.length > 0 && test.how !== 'contain' ? [`also ${listText(extra)}`] : []),
  ];
  const found = passed ? 'these columns' : parts.join('; ') || 'the same columns in another order';
  return said({ passed, found, observed: columnNames.length });
}

/** Whether the names that are there stand in the order of the list. */
function isInOrder(names: readonly string[], columnNames: readonly string[]): boolean {
  const places = names.map((name) => columnNames.indexOf(name)).filter((place) => place >= 0);
  return places.every((place, index) => index === 0 || place > places[index - 1]!);
}

function said(judgement: Judgement): WholeSql {
  return { aggregates: {}, judge: () => judgement };
}

/** @param scope SQL condition of the rows that the rule is about */
export function rowCountSql(bounds: Bounds, scope: string | undefined): WholeSql {
  return {
    aggregates: { rows: scope === undefined ? 'count(*)' : `count(*) FILTER (WHERE ${scope})` },
    judge: (values) => {
      const observed = values.number('rows');
      return {
        passed: isWithin(observed, bounds),
        found: `${formatCount(observed)} ${observed === 1 ? 'row' : 'rows'}`,
        observed,
      };
    },
    inParts: COUNTS,
  };
}

/** Tests of one column that is there. */
export function columnSql(
  test: Exclude<WholeTest, { kind: 'columns' | 'column count' | 'rows' }>,
  column: ColumnSchema,
  { columnNames }: ContractColumns,
  scope: string | undefined,
): WholeSql | NoSql {
  const counts = [...(scope === undefined ? [] : [scope]), `NOT ${missingCondition(column)}`].join(' AND ');
  const name = identifier(column.name);
  switch (test.kind) {
    case 'column':
      return said({ passed: true, found: 'there' });
    case 'position': {
      const at = columnNames.indexOf(column.name);
      return said({ passed: at === test.index, found: `column ${at} (counted from 0)`, observed: at });
    }
    case 'type':
      return typeSql(column, test.types, counts);
    case 'statistic':
      return statisticSql(test.statistic, test.bounds, column, counts);
    case 'quantiles': {
      if (!isNumeric(column.type)) return { reason: `type ${column.type} has no quantiles` };
      const value = `CAST(${name} AS DOUBLE)`;
      const aggregates = Object.fromEntries(
        test.quantiles.map(({ at }, index) => [`q${index}`, quantileSql(value, counts, at, test.how)]),
      );
      return {
        aggregates,
        judge: (values) => {
          const found = test.quantiles.map(({ at, bounds }, index) => {
            const value = values.number(`q${index}`);
            return { at, value, passed: isWithin(value, bounds) || isNear(value, bounds) };
          });
          return {
            passed: found.every(({ passed }) => passed),
            found: found.map(({ at, value }) => `${plainNumber(at)}: ${numberText(value)}`).join(', '),
          };
        },
        ...(test.how === 'linear' && {
          inParts: {
            aggregates: {},
            values: { kind: 'numbers', columns: [column], where: counts, quantiles: test.quantiles.map(({ at }) => at) },
            whole: (_, found) => Object.fromEntries(found!.quantiles.map((value, index) => [`q${index}`, value])),
          },
        }),
      };
    }
    case 'values':
      return valuesSql(test, column, counts);
    case 'most common': {
      const { expression, literals } = comparable(column, test.values);
      const most = `SELECT ${expression} AS v FROM source WHERE ${counts} GROUP BY v QUALIFY count(*) = max(count(*)) OVER ()`;
      const known = literals.length === 0 ? 'FALSE' : `v IN (${literals.join(', ')})`;
      return {
        aggregates: {
          most: `(SELECT count(*) FROM (${most}))`,
          known: `(SELECT count(*) FILTER (WHERE ${known}) FROM (${most}))`,
          shown: `(SELECT CAST(min(v) AS VARCHAR) FROM (${most}))`,
        },
        judge: (values) => {
          const [count, accepted] = [values.number('most'), values.number('known')];
          const passed = test.ties ? accepted > 0 : count === 1 && accepted === 1;
          const found =
            count === 1 ? `the most common is ${values.text('shown')}` : `${formatCount(count)} values are the most common`;
          return { passed, found, ...(count === 1 && { observed: values.text('shown')! }) };
        },
      };
    }
  }
}

function typeSql(column: ColumnSchema, types: readonly TypeName[], counts: string): WholeSql {
  const { type } = column;
  return {
    aggregates: { present: `count(*) FILTER (WHERE ${counts})`, all: 'count(*)' },
    judge: (values) => {
      const hasGaps = values.number('present') < values.number('all');
      const passed = types.some((one) => one === type || one === `${type} ${hasGaps ? 'with' : 'without'} gaps`);
      return { passed, found: `type ${type}`, observed: type };
    },
    inParts: COUNTS,
  };
}

const AGGREGATES: Readonly<Record<Statistic, (name: string, counts: string) => string>> = {
  min: (name, counts) => `min(${name}) FILTER (WHERE ${counts})`,
  max: (name, counts) => `max(${name}) FILTER (WHERE ${counts})`,
  mean: (name, counts) => `avg(CAST(${name} AS DOUBLE)) FILTER (WHERE ${counts})`,
  median: (name, counts) => `quantile_cont(CAST(${name} AS DOUBLE), 0.5) FILTER (WHERE ${counts})`,
  stdev: (name, counts) => `stddev_samp(CAST(${name} AS DOUBLE)) FILTER (WHERE ${counts})`,
  sum: (name, counts) => `sum(CAST(${name} AS DOUBLE)) FILTER (WHERE ${counts})`,
  distinct: (name, counts) => `count(DISTINCT ${name}) FILTER (WHERE ${counts})`,
  'distinct share': (name, counts) =>
    `count(DISTINCT ${name}) FILTER (WHERE ${counts}) / nullif(count(*) FILTER (WHERE ${counts}), 0)`,
  'present share': (_, counts) => `count(*) FILTER (WHERE ${counts}) / nullif(count(*), 0)`,
};
const OF_ANY_TYPE = new Set<Statistic>(['distinct', 'distinct share', 'present share']);

function statisticSql(statistic: Statistic, bounds: Bounds, column: ColumnSchema, counts: string): WholeSql | NoSql {
  const name = identifier(column.name);
  const { type } = column;
  const isExtreme = statistic === 'min' || statistic === 'max';
  if (isExtreme && !isNumeric(type)) return extremeSql(statistic, bounds, column, counts);
  if (!OF_ANY_TYPE.has(statistic) && !isNumeric(type)) return { reason: `type ${type} has no ${statistic}` };
  return {
    aggregates: { value: AGGREGATES[statistic](name, counts) },
    judge: (values) => {
      const value = values.number('value');
      if (Number.isNaN(value)) return { passed: false, found: 'no values' };
      // JSON has no infinities.
      const observed = Number.isFinite(value) && { observed: value };
      return { passed: isWithin(value, bounds), found: numberText(value), ...observed };
    },
    ...inPartsOf(statistic, column, counts),
  };
}

/** Nothing for the standard deviation, whose parts do not add up. */
function inPartsOf(statistic: Statistic, column: ColumnSchema, counts: string): { inParts?: InParts } {
  const name = identifier(column.name);
  const number = `CAST(${name} AS DOUBLE)`;
  const present = `count(*) FILTER (WHERE ${counts})`;
  const values = { columns: [column], where: counts };
  switch (statistic) {
    case 'min':
    case 'max':
      return { inParts: { extremes: { value: statistic } } };
    case 'sum':
      return { inParts: COUNTS };
    case 'mean':
      return {
        inParts: {
          aggregates: { sum: `sum(${number}) FILTER (WHERE ${counts})`, present },
          whole: (sums) => ({ value: sums.number('sum') / sums.number('present') }),
        },
      };
    case 'median':
      return {
        inParts: {
          aggregates: {},
          values: { ...values, kind: 'numbers', quantiles: [0.5] },
          whole: (_, found) => ({ value: found!.quantiles[0]! }),
        },
      };
    case 'distinct':
    case 'distinct share':
      return {
        inParts: {
          aggregates: {},
          values: { ...values, kind: 'keys' },
          whole: (_, found) => ({ value: statistic === 'distinct' ? found!.different : found!.different / found!.rows }),
        },
      };
    case 'present share':
      return {
        inParts: {
          aggregates: { present, all: 'count(*)' },
          whole: (sums) => ({ value: sums.number('present') / sums.number('all') }),
        },
      };
    default:
      return {};
  }
}

/** The smallest or largest of dates and texts. */
function extremeSql(statistic: 'min' | 'max', bounds: Bounds, column: ColumnSchema, counts: string): WholeSql | NoSql {
  const name = identifier(column.name);
  const isText = column.type === 'string';
  const asNumber = (bound: number | string | undefined) =>
    bound === undefined ? undefined : typeof bound === 'string' ? Number(microseconds(bound) ?? Number.NaN) : Number.NaN;
  const limits = isText ? bounds : { ...bounds, min: asNumber(bounds.min), max: asNumber(bounds.max) };
  const given = [limits.min, limits.max].filter((bound) => bound !== undefined);
  if (column.type === 'boolean' || given.some((bound) => (isText ? typeof bound !== 'string' : Number.isNaN(bound))))
    return { reason: `type ${column.type} has no order with the bounds of the rule` };
  return {
    aggregates: {
      shown: `CAST(${statistic}(${name}) FILTER (WHERE ${counts}) AS VARCHAR)`,
      ...(!isText && { value: `epoch_us(${statistic}(${name}) FILTER (WHERE ${counts}))` }),
    },
    judge: (values) => {
      const shown = values.text('shown');
      if (shown === undefined) return { passed: false, found: 'no values' };
      return { passed: isWithin(isText ? shown : values.number('value'), limits), found: shown, observed: shown };
    },
    ...(!isText && { inParts: { extremes: { shown: statistic, value: statistic } } }),
  };
}

/** `nearest` takes the value whose place in the order is the nearest, a half to the even one, as pandas does. */
function quantileSql(value: string, counts: string, at: number, how: 'nearest' | 'linear'): string {
  if (how === 'linear') return `quantile_cont(${value}, ${at}) FILTER (WHERE ${counts})`;
  const ordered = `SELECT ${value} AS v, row_number() OVER (ORDER BY ${value}) - 1 AS place, count(*) OVER () - 1 AS last FROM source WHERE ${counts}`;
  return `(SELECT any_value(v) FROM (${ordered}) WHERE place = round_even(last * ${at}, 0))`;
}

function valuesSql({ how, values }: Extract<WholeTest, { kind: 'values' }>, column: ColumnSchema, counts: string): WholeSql {
  const { expression, literals } = comparable(column, values);
  const listed = new Set(values.map(String)).size;
  const member = literals.length === 0 ? 'FALSE' : `${expression} IN (${literals.join(', ')})`;
  return {
    aggregates: {
      known: `count(DISTINCT ${expression}) FILTER (WHERE ${counts} AND ${member})`,
      other: `count(DISTINCT ${expression}) FILTER (WHERE ${counts} AND NOT (${member}))`,
      shown: `CAST(min(${expression}) FILTER (WHERE ${counts} AND NOT (${member})) AS VARCHAR)`,
    },
    judge: (measured) => {
      const [known, other] = [measured.number('known'), measured.number('other')];
      const parts = [
        ...(how !== 'in' && known < listed
          ? [`${formatCount(listed - known)} of the ${formatCount(listed)} values are not there`]
          : []),
        ...(how !== 'contain' && other > 0 ? [`${formatCount(other)} other values, such as ${measured.text('shown')}`] : []),
      ];
      return {
        passed: parts.length === 0,
        found: parts.join('; ') || `${formatCount(known)} of these values`,
        observed: known + other,
      };
    },
  };
}

function isNumeric(type: ColumnType): boolean {
  return type === 'integer' || type === 'number';
}

function isWithin(value: number | string, { min, max, strictMin, strictMax }: Bounds): boolean {
  if (typeof value === 'number' && Number.isNaN(value)) return false;
  const above = min === undefined || value > min || (!strictMin && value === min);
  return above && (max === undefined || value < max || (!strictMax && value === max));
}

/** Great Expectations lets a quantile be beyond a bound by 1e-4 of it. */
function isNear(value: number, { min, max }: Bounds): boolean {
  return [min, max].some((bound) => typeof bound === 'number' && Math.abs(value - bound) <= 1e-8 + 1e-4 * Math.abs(bound));
}

function numberText(value: number): string {
  return Number.isNaN(value) ? 'no values' : plainNumber(value);
}

function listText(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${formatCount(names.length - 5)} more` : ''}`;
}
