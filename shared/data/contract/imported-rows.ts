import { canonicalText } from '../canonical.js';
import type { Lookup } from '../lookup.js';
import { identifier, literal, matchSql } from '../sql.js';
import type { ColumnSchema } from '../table.js';
import type { Bounds, IgnoredRows, Repeats, RowTest } from './formats/imported-rule.js';
import { columnsText } from './found-column.js';
import { COUNTS, type FoundValues, type InParts } from './in-parts.js';
import type { FailingRows, RowOrder } from './rule.js';
import { membership, microseconds, missingCondition, SQL_TYPES, unknownCondition } from './values.js';

/** A test of rows as SQL. Conditions are true or false, never unknown. */
export interface RowSql {
  /** The rows that count. */
  readonly counts: string;
  /** Aggregate of the number that fails; absent where `order` gives it. */
  readonly failing?: string;
  readonly rows?: FailingRows;
  readonly order?: RowOrder;
  /** Patterns and formats that the engine has to accept first: queries that fail when it does not. */
  readonly probes: readonly string[];
  /** How shards decide it together; absent: they do not. */
  readonly inParts?: InParts;
}

/** Why a test means nothing for the columns that it is given; it fails then. */
export interface NoSql {
  readonly reason: string;
}

/** @param scope SQL condition of the rows that the rule is about */
export function rowSql(
  test: RowTest,
  columns: readonly ColumnSchema[],
  scope: string | undefined,
  lookups: readonly Lookup[],
): RowSql | NoSql {
  switch (test.kind) {
    case 'condition':
      throw new Error('conditions go through the fence first');
    case 'reference':
      return plain(present(columns, 'any missing'), unknownCondition(columns, lookups[test.lookup]!), columns, scope);
    case 'own reference':
      return ownReference(columns, test.to, scope);
    case 'unique':
      return unique(columns, scope, test);
    case 'pair':
    case 'pairs':
    case 'total':
    case 'different':
    case 'same':
      return plain(present(columns, test.ignore), severalColumns(test, columns), columns, scope);
    default: {
      const column = columns[0];
      if (!column) return { reason: 'the rule names no column' };
      if (test.kind === 'missing' || test.kind === 'present') {
        const missing = missingCondition(column);
        return plain('TRUE', test.kind === 'missing' ? missing : `NOT ${missing}`, columns, scope);
      }
      return oneColumn(test, column, scope);
    }
  }
}

function plain(
  counts: string,
  fails: string,
  columns: readonly ColumnSchema[],
  scope: string | undefined,
  probes: readonly string[] = [],
): RowSql {
  const considered = scope === undefined ? counts : `${scope} AND ${counts}`;
  const condition = `${considered} AND (${fails})`;
  return {
    counts: considered,
    failing: `coalesce(count_if(${condition}), 0)`,
    rows: { condition, value: columnsText(columns.map(({ name }) => name)) },
    probes,
    inParts: COUNTS,
  };
}

/** Condition: the row counts for a test of several columns. */
function present(columns: readonly ColumnSchema[], ignore: IgnoredRows): string {
  if (ignore === 'never' || columns.length === 0) return 'TRUE';
  const missing = columns.map(missingCondition);
  return ignore === 'all missing' ? `NOT (${missing.join(' AND ')})` : `NOT (${missing.join(' OR ')})`;
}

function ownReference(columns: readonly ColumnSchema[], to: readonly string[], scope: string | undefined): RowSql {
  const equal = columns.map(({ name }, index) => `known.${identifier(to[index]!)} = source.${identifier(name)}`);
  const fails = `NOT EXISTS (SELECT 1 FROM source AS known WHERE ${equal.join(' AND ')})`;
  return notInParts(plain(present(columns, 'any missing'), fails, columns, scope));
}

/** What each row is held against is in the rows of all. */
function notInParts({ inParts: _, ...sql }: RowSql): RowSql {
  return sql;
}

const COUNTED: Readonly<Record<Repeats, string>> = { rows: 'count(*)', repeats: 'count(*) - 1', values: '1' };

/** Great Expectations and pandas count every row of a value that stands more than once, others all but the first, or the values. */
function unique(
  columns: readonly ColumnSchema[],
  scope: string | undefined,
  test: Extract<RowTest, { kind: 'unique' }>,
): RowSql | NoSql {
  if (columns.length === 0) return { reason: 'the rule names no column' };
  const counting = present(columns, test.missingToo ? 'never' : 'all missing');
  const counts = scope === undefined ? counting : `${scope} AND ${counting}`;
  const names = columns.map(({ name }) => identifier(name));
  const groups = `SELECT ${COUNTED[test.counts ?? 'rows']} AS n FROM source WHERE ${counts} GROUP BY ${names.join(', ')} HAVING count(*) > 1`;
  return {
    counts,
    failing: `(SELECT coalesce(sum(n), 0) FROM (${groups}))`,
    rows: {
      condition: counts,
      value: columnsText(columns.map(({ name }) => name)),
      repeats: names,
      firstToo: test.counts !== 'repeats',
    },
    probes: [],
    inParts: {
      values: { kind: 'keys', columns, where: counts },
      whole: (sums, values) => ({
        ...{ considered: sums.number('considered'), rows: sums.number('rows') },
        failing: countedFrom(values!, test.counts ?? 'rows'),
      }),
    },
  };
}

function countedFrom({ rows, different, repeated }: FoundValues, counts: Repeats): number {
  if (counts === 'values') return repeated;
  return counts === 'repeats' ? rows - different : rows - (different - repeated);
}

function severalColumns(test: Extract<RowTest, { ignore: IgnoredRows }>, columns: readonly ColumnSchema[]): string {
  const names = columns.map(({ name }) => identifier(name));
  switch (test.kind) {
    case 'pair':
      return `(${names[0]} ${test.relation} ${names[1]}) IS NOT TRUE`;
    case 'pairs': {
      const accepted = test.pairs.map((pair) =>
        columns.map((column, index) => membership(column, [pair[index]!])).join(' AND '),
      );
      return `(${accepted.join(' OR ')}) IS NOT TRUE`;
    }
    case 'total':
      return `(${names.map((name) => `CAST(${name} AS DOUBLE)`).join(' + ')} = ${literal(test.total)}) IS NOT TRUE`;
    default: {
      const texts = columns.map(({ name, type }) => `coalesce(${canonicalText(identifier(name), type)}, '')`);
      const different = `len(list_distinct([${texts.join(', ')}]))`;
      return test.kind === 'different' ? `${different} < ${texts.length}` : `${different} > 1`;
    }
  }
}

type OneColumnTest = Exclude<
  RowTest,
  { kind: 'missing' | 'present' | 'unique' | 'reference' | 'own reference' | 'condition' } | { ignore: IgnoredRows }
>;

function oneColumn(test: OneColumnTest, column: ColumnSchema, scope: string | undefined): RowSql | NoSql {
  const { type } = column;
  const name = identifier(column.name);
  const counts = `NOT ${missingCondition(column)}`;
  const considered = scope === undefined ? counts : `${scope} AND ${counts}`;
  const rows = (fails: string, probes: readonly string[] = []) => plain(counts, fails, [column], scope, probes);
  const text = `CAST(${name} AS VARCHAR)`;
  switch (test.kind) {
    case 'range': {
      const fails = outside(column, test.bounds);
      return fails === undefined ? { reason: `type ${type} has no order with the bounds of the rule` } : rows(fails);
    }
    case 'set': {
      const member = membership(column, test.values);
      const fails = test.negate ? member : `NOT ${member}`;
      if (!test.missingFails) return rows(fails);
      return plain('TRUE', `${missingCondition(column)} OR ${fails}`, [column], scope);
    }
    case 'pattern': {
      const matches = test.patterns.map((pattern) => patternSql(text, pattern, test.how));
      const fails =
        test.match === 'none' ? matches.join(' OR ') : `NOT (${matches.join(test.match === 'any' ? ' OR ' : ' AND ')})`;
      return rows(fails, test.how === 'like' ? [] : test.patterns.map((one) => `SELECT ${patternSql("''", one, test.how)}`));
    }
    case 'length':
      return rows(numberOutside(`length(${text})`, test.bounds) ?? 'FALSE');
    case 'readable':
      return readable(test, column, rows);
    case 'json':
      return rows(`NOT json_valid(${text})`);
    case 'order':
      if (type === 'string' || type === 'boolean') return { reason: `type ${type} has no order` };
      return {
        counts: considered,
        order: { value: `CASE WHEN ${considered} THEN ${name} END`, breaks: test.breaks },
        probes: [],
        inParts: COUNTS,
      };
    case 'deviation': {
      if (type !== 'integer' && type !== 'number') return { reason: `type ${type} has no mean` };
      const of = (aggregate: string) => `(SELECT ${aggregate}(CAST(${name} AS DOUBLE)) FROM source WHERE ${considered})`;
      const score = `(CAST(${name} AS DOUBLE) - ${of('avg')}) / nullif(${of('stddev_samp')}, 0)`;
      const size = test.doubleSided
        ? `abs(${score}) >= ${literal(Math.abs(test.threshold))}`
        : `${score} >= ${literal(test.threshold)}`;
      return notInParts(rows(`coalesce(${size}, FALSE)`));
    }
  }
}

function readable(
  { as, format }: Extract<RowTest, { kind: 'readable' }>,
  column: ColumnSchema,
  rows: (fails: string, probes?: readonly string[]) => RowSql,
): RowSql | NoSql {
  const name = identifier(column.name);
  // What a file had as text and the columns now have as dates or numbers is written as text again.
  const text = canonicalText(name, column.type);
  if (format !== undefined) {
    return rows(`try_strptime(${text}, ${literal(format)}) IS NULL`, [`SELECT try_strptime('', ${literal(format)})`]);
  }
  if (as === 'string' || as === column.type) return rows('FALSE');
  if ((as === 'number' && column.type === 'integer') || (as === 'timestamp' && column.type === 'date')) return rows('FALSE');
  if (as === 'integer' && column.type === 'number') return rows(`CAST(${name} AS DOUBLE) <> floor(CAST(${name} AS DOUBLE))`);
  if (as === 'date' && column.type === 'timestamp') return rows(`date_trunc('day', ${name}) <> ${name}`);
  // The engine reads "yes" and "t" too.
  if (as === 'boolean') return rows(`lower(${text}) NOT IN ('true', 'false', '1', '0')`);
  return rows(`TRY_CAST(${text} AS ${SQL_TYPES[as]}) IS NULL`);
}

function patternSql(text: string, pattern: string, how: 'search' | 'start' | 'full' | 'like'): string {
  switch (how) {
    case 'search':
      return `regexp_matches(${text}, ${literal(pattern)})`;
    case 'start':
      return `regexp_matches(${text}, ${literal(`^(?:${pattern})`)})`;
    case 'full':
      return matchSql(text, pattern);
    case 'like':
      return `(${text} LIKE ${literal(pattern)})`;
  }
}

/** Condition: the value is beyond the bounds; undefined when it cannot be compared with them. */
export function outside(column: ColumnSchema, bounds: Bounds): string | undefined {
  const name = identifier(column.name);
  switch (column.type) {
    case 'integer':
    case 'number': {
      const numbers = [bounds.min, bounds.max].map((bound) => (bound === undefined ? undefined : Number(bound)));
      if (numbers.some((bound) => Number.isNaN(bound))) return undefined;
      return numberOutside(name, { ...bounds, min: numbers[0], max: numbers[1] }) ?? 'FALSE';
    }
    case 'date':
    case 'timestamp':
    case 'string': {
      const isText = column.type === 'string';
      const value = isText ? `CAST(${name} AS VARCHAR)` : name;
      const parts: string[] = [];
      for (const [bound, sign, strict] of [
        [bounds.min, '<', bounds.strictMin],
        [bounds.max, '>', bounds.strictMax],
      ] as const) {
        if (bound === undefined) continue;
        if (typeof bound !== 'string') return undefined;
        const instant = microseconds(bound);
        if (!isText && instant === undefined) return undefined;
        // Not by epoch_us: the infinite instants have none, and would pass.
        const limit = isText ? literal(bound) : `make_timestamp(${instant})`;
        parts.push(`${value} ${sign}${strict ? '=' : ''} ${limit}`);
      }
      return parts.join(' OR ') || 'FALSE';
    }
    default:
      return undefined;
  }
}

function numberOutside(value: string, { min, max, strictMin, strictMax }: Bounds): string | undefined {
  const parts = [
    ...(min === undefined ? [] : [`${value} ${strictMin ? '<=' : '<'} ${literal(Number(min))}`]),
    ...(max === undefined ? [] : [`${value} ${strictMax ? '>=' : '>'} ${literal(Number(max))}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(' OR ');
}
