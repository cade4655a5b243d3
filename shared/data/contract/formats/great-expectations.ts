import { type Problem, UserError } from '../../../core/errors.js';
import { conditionSql } from './ge-condition.js';
import {
  ALL_ROWS,
  type Bounds,
  type IgnoredRows,
  type ImportedContract,
  type ImportedRule,
  type PatternMatch,
  type RowTest,
  type Scalar,
  type Statistic,
  type TypeName,
  type WholeTest,
} from './imported-rule.js';
import { emptyPart, isScalar, type Part } from './part.js';

type Test = RowTest | WholeTest;

/** Reads the arguments of an expectation; undefined when they are not what it takes. */
type Reader = (kwargs: Part) => Test | undefined;

const bounds = (kwargs: Part): Bounds => ({
  min: kwargs.limit('min_value'),
  max: kwargs.limit('max_value'),
  strictMin: kwargs.flag('strict_min'),
  strictMax: kwargs.flag('strict_max'),
});
const statistic =
  (name: Statistic): Reader =>
  (kwargs) => ({ kind: 'statistic', statistic: name, bounds: bounds(kwargs) });
const pattern =
  (key: string, how: PatternMatch, match: 'any' | 'all' | 'none'): Reader =>
  (kwargs) => {
    const patterns = kwargs.texts(key);
    const wanted = kwargs.text('match_on') === 'all' && match === 'any' ? 'all' : match;
    return patterns && { kind: 'pattern', patterns, how, match: wanted };
  };
const order =
  (loose: '<' | '>'): Reader =>
  (kwargs) => ({ kind: 'order', breaks: kwargs.flag('strictly') === true ? `${loose}=` : loose });
const values =
  (how: 'in' | 'contain' | 'equal'): Reader =>
  (kwargs) => {
    const set = kwargs.scalars('value_set');
    return set && { kind: 'values', how, values: set };
  };

const IGNORED: Readonly<Record<string, IgnoredRows>> = {
  both_values_are_missing: 'all missing',
  all_values_are_missing: 'all missing',
  either_value_is_missing: 'any missing',
  any_value_is_missing: 'any missing',
  neither: 'never',
  never: 'never',
};
const ignored = (kwargs: Part): IgnoredRows => IGNORED[kwargs.text('ignore_row_if') ?? ''] ?? 'all missing';

const EXPECTATIONS: Readonly<Record<string, Reader>> = {
  expect_column_to_exist: (kwargs) => {
    const index = kwargs.number('column_index');
    return index === undefined ? { kind: 'column' } : { kind: 'position', index };
  },
  expect_column_values_to_not_be_null: () => ({ kind: 'missing' }),
  expect_column_values_to_be_null: () => ({ kind: 'present' }),
  expect_column_values_to_be_unique: () => ({ kind: 'unique' }),
  expect_column_values_to_be_between: (kwargs) => ({ kind: 'range', bounds: bounds(kwargs) }),
  expect_column_values_to_be_in_set: (kwargs) => {
    const set = kwargs.scalars('value_set');
    return set && { kind: 'set', values: set };
  },
  expect_column_values_to_not_be_in_set: (kwargs) => {
    const set = kwargs.scalars('value_set');
    return set && { kind: 'set', values: set, negate: true };
  },
  expect_column_values_to_match_regex: pattern('regex', 'search', 'all'),
  expect_column_values_to_not_match_regex: pattern('regex', 'search', 'none'),
  expect_column_values_to_match_regex_list: pattern('regex_list', 'search', 'any'),
  expect_column_values_to_not_match_regex_list: pattern('regex_list', 'search', 'none'),
  expect_column_values_to_match_like_pattern: pattern('like_pattern', 'like', 'all'),
  expect_column_values_to_not_match_like_pattern: pattern('like_pattern', 'like', 'none'),
  expect_column_values_to_match_like_pattern_list: pattern('like_pattern_list', 'like', 'any'),
  expect_column_values_to_not_match_like_pattern_list: pattern('like_pattern_list', 'like', 'none'),
  expect_column_value_lengths_to_be_between: (kwargs) => ({ kind: 'length', bounds: bounds(kwargs) }),
  expect_column_value_lengths_to_equal: (kwargs) => {
    const value = kwargs.number('value');
    return value === undefined ? undefined : { kind: 'length', bounds: { min: value, max: value } };
  },
  expect_column_values_to_match_strftime_format: (kwargs) => {
    const format = kwargs.text('strftime_format');
    return format === undefined ? undefined : { kind: 'readable', as: 'timestamp', format };
  },
  expect_column_values_to_be_json_parseable: () => ({ kind: 'json' }),
  expect_column_values_to_be_increasing: order('<'),
  expect_column_values_to_be_decreasing: order('>'),
  expect_column_value_z_scores_to_be_less_than: (kwargs) => {
    const threshold = kwargs.number('threshold');
    if (threshold === undefined) return undefined;
    return { kind: 'deviation', threshold, doubleSided: kwargs.flag('double_sided') ?? true };
  },
  expect_column_values_to_be_of_type: (kwargs) => types(kwargs.texts('type_')),
  expect_column_values_to_be_in_type_list: (kwargs) => types(kwargs.texts('type_list')),
  expect_column_min_to_be_between: statistic('min'),
  expect_column_max_to_be_between: statistic('max'),
  expect_column_mean_to_be_between: statistic('mean'),
  expect_column_median_to_be_between: statistic('median'),
  expect_column_stdev_to_be_between: statistic('stdev'),
  expect_column_sum_to_be_between: statistic('sum'),
  expect_column_unique_value_count_to_be_between: statistic('distinct'),
  expect_column_proportion_of_unique_values_to_be_between: statistic('distinct share'),
  expect_column_proportion_of_non_null_values_to_be_between: statistic('present share'),
  expect_column_quantile_values_to_be_between: quantiles,
  expect_column_distinct_values_to_be_in_set: values('in'),
  expect_column_distinct_values_to_contain_set: values('contain'),
  expect_column_distinct_values_to_equal_set: values('equal'),
  expect_column_most_common_value_to_be_in_set: (kwargs) => {
    const set = kwargs.scalars('value_set');
    return set && { kind: 'most common', values: set, ties: kwargs.flag('ties_okay') ?? false };
  },
  expect_column_pair_values_a_to_be_greater_than_b: (kwargs) => ({
    kind: 'pair',
    relation: kwargs.flag('or_equal') === true ? '>=' : '>',
    ignore: ignored(kwargs),
  }),
  expect_column_pair_values_to_be_equal: (kwargs) => ({ kind: 'pair', relation: '=', ignore: ignored(kwargs) }),
  expect_column_pair_values_to_be_in_set: (kwargs) => {
    const pairs = kwargs.list('value_pairs_set').map(pairOf);
    if (pairs.length === 0 || pairs.includes(undefined)) return undefined;
    return { kind: 'pairs', pairs: pairs.filter((pair) => pair !== undefined), ignore: ignored(kwargs) };
  },
  expect_multicolumn_sum_to_equal: (kwargs) => {
    const total = kwargs.number('sum_total');
    return total === undefined ? undefined : { kind: 'total', total, ignore: ignored(kwargs) };
  },
  expect_select_column_values_to_be_unique_within_record: (kwargs) => ({ kind: 'different', ignore: ignored(kwargs) }),
  expect_multicolumn_values_to_be_equal: (kwargs) => ({ kind: 'same', ignore: ignored(kwargs) }),
  expect_compound_columns_to_be_unique: () => ({ kind: 'unique' }),
  expect_table_row_count_to_be_between: (kwargs) => ({ kind: 'rows', bounds: bounds(kwargs) }),
  expect_table_row_count_to_equal: (kwargs) => equalTo('rows', kwargs),
  expect_table_column_count_to_be_between: (kwargs) => ({ kind: 'column count', bounds: bounds(kwargs) }),
  expect_table_column_count_to_equal: (kwargs) => equalTo('column count', kwargs),
  expect_table_columns_to_match_ordered_list: (kwargs) => {
    const names = kwargs.texts('column_list');
    return names && { kind: 'columns', names, how: 'ordered' };
  },
  expect_table_columns_to_match_set: (kwargs) => {
    const names = kwargs.texts('column_set');
    return names && { kind: 'columns', names, how: kwargs.flag('exact_match') === false ? 'contain' : 'equal' };
  },
};

/** Types of pandas, Spark and SQL as ours. */
const TYPES: readonly (readonly [RegExp, readonly TypeName[]])[] = [
  // A column of whole numbers with gaps is floating point to pandas, but for its own types with a capital.
  [/^u?int(8|16|32|64)$/, ['integer without gaps']],
  [/^(u?int(_|8|16|32|64)?|integer(type)?|bigint|smallint|tinyint|long(type)?|shorttype|bytetype)$/i, ['integer']],
  [
    /^(float(_|16|32|64)?|double(_precision|type)?|floattype|decimal(type)?|numeric|real|number)$/,
    ['number', 'integer with gaps'],
  ],
  [/^(str(ing)?(type)?|object_?|varchar|text|char|unicode)$/i, ['string', 'date', 'timestamp', 'boolean with gaps']],
  [/^(bool(ean)?(_|type)?)$/i, ['boolean']],
  [/^(timestamp(type)?|datetime(64)?(\[.*\])?)$/i, ['timestamp', 'date']],
  [/^(date|datetype)$/i, ['date']],
];

function types(names: readonly string[] | undefined): Test | undefined {
  if (!names || names.length === 0) return undefined;
  const known = names.map((name) => TYPES.find(([form]) => form.test(name))?.[1]);
  if (known.every((one) => one === undefined)) return undefined;
  return { kind: 'type', types: [...new Set(known.flatMap((one) => one ?? []))], shown: names.join(' or ') };
}

function equalTo(kind: 'rows' | 'column count', kwargs: Part): Test | undefined {
  const value = kwargs.number('value');
  return value === undefined ? undefined : { kind, bounds: { min: value, max: value } };
}

function quantiles(kwargs: Part): Test | undefined {
  const ranges = kwargs.get('quantile_ranges');
  const at = ranges?.scalars('quantiles') ?? [];
  const limits = ranges?.list('value_ranges') ?? [];
  const error = kwargs.get('allow_relative_error')?.value ?? false;
  if (at.length === 0 || at.length !== limits.length || (error !== false && error !== 'linear' && error !== 'nearest'))
    return undefined;
  const bound = (part: Part, index: number): number | undefined => {
    const value = part.get(index)?.value;
    return typeof value === 'number' ? value : undefined;
  };
  return {
    kind: 'quantiles',
    how: error === 'linear' ? 'linear' : 'nearest',
    quantiles: at.map((share, index) => ({
      at: Number(share),
      bounds: { min: bound(limits[index]!, 0), max: bound(limits[index]!, 1) },
    })),
  };
}

function pairOf(pair: Part): Scalar[] | undefined {
  const known = pair.items().map(({ value }) => value);
  return known.length === 2 && known.every(isScalar) ? known : undefined;
}

const EMPTY = emptyPart();
const CRITICAL = /^(critical|error)$/i;

/**
 * A suite as `great_expectations` exports it: the JSON of 1.x (`type`, `severity`) and that of 0.x (`expectation_type`).
 * @throws UserError when it is no suite
 */
export function readGreatExpectations(suite: Part, file: string): ImportedContract {
  const rules: ImportedRule[] = [];
  const unsupported: Problem[] = [];
  if (!Array.isArray(suite.get('expectations')?.value))
    throw new UserError({ message: 'no list of expectations in this suite', location: { file, line: 1 } });
  for (const expectation of suite.list('expectations')) {
    const name = expectation.text('type') ?? expectation.text('expectation_type');
    if (name === undefined) {
      unsupported.push(expectation.unsupported('an expectation without a type'));
      continue;
    }
    const kwargs = expectation.get('kwargs') ?? EMPTY;
    const read = Object.hasOwn(EXPECTATIONS, name) ? EXPECTATIONS[name] : undefined;
    const test = read?.(kwargs);
    const scope = kwargs.get('row_condition');
    const where = scope === undefined ? undefined : conditionSql(scope.value);
    if (!test || (scope && where === undefined)) {
      const why = !read
        ? undefined
        : !test
          ? 'has arguments that are not understood here'
          : 'has a row condition that is not understood here';
      unsupported.push(expectation.unsupported(name, why));
      continue;
    }
    const severity = expectation.text('severity');
    const columns = ['column', 'column_A', 'column_B'].flatMap((key) => kwargs.text(key) ?? []);
    rules.push({
      name,
      columns: columns.length > 0 ? columns : (kwargs.texts('column_list') ?? []),
      test,
      allow: { mostly: kwargs.number('mostly') ?? 1 },
      severity: severity === undefined || CRITICAL.test(severity) ? 'error' : 'warning',
      where,
      location: expectation.location,
      origin: expectation.value,
    });
  }
  return { file, format: 'Great Expectations suite', rules: rules.map(tableRule), lookups: [], unsupported };
}

/** The lists of columns that rules of the table compare with are no columns that they need. */
function tableRule(rule: ImportedRule): ImportedRule {
  return rule.test.kind === 'columns' ? { ...rule, columns: [], allow: ALL_ROWS } : rule;
}
