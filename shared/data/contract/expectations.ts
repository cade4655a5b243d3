import type { Spec } from '../../spec/schema.js';
import type { RuleResult } from '../validation.js';

/** An expectation of Great Expectations: its name and its arguments. */
export interface Expectation {
  readonly type: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly description?: string;
}

type Contract = Exclude<NonNullable<Spec['contract']>, string>;

/**
 * Each rule of a contract as the expectation that says the same, in the order of the results.
 */
export function expectationsOf(contract: Contract, results: readonly RuleResult[]): Expectation[] {
  let keys = 0;
  return results.map((result) => {
    const { column, rule } = result;
    if (column !== undefined) {
      const rules = contract.columns?.[column] ?? {};
      const limits = { ...(rules.max_failing !== undefined && { mostly: 1 - rules.max_failing }) };
      return columnExpectation(column, rule, rules, limits) ?? ownExpectation(result);
    }
    if (rule === 'rows.min') return { type: ROW_COUNT, kwargs: { min_value: contract.rows?.min } };
    if (rule === 'rows.max') return { type: ROW_COUNT, kwargs: { max_value: contract.rows?.max } };
    if (rule === 'unique') {
      const [first, ...more] = contract.unique?.[keys++] ?? [];
      return more.length === 0
        ? { type: 'expect_column_values_to_be_unique', kwargs: { column: first } }
        : { type: 'expect_compound_columns_to_be_unique', kwargs: { column_list: [first, ...more] } };
    }
    return ownExpectation(result);
  });
}

const ROW_COUNT = 'expect_table_row_count_to_be_between';

/**
 * A rule that Great Expectations has no expectation for: as its query for unexpected rows, which is the user's own
 * condition where the rule is one. Its pages show the description.
 */
export function ownExpectation({ column, rule, required }: RuleResult): Expectation {
  const condition = rule.startsWith('checks.') ? ` WHERE NOT (${required})` : '';
  return {
    type: 'unexpected_rows_expectation',
    kwargs: { unexpected_rows_query: `SELECT * FROM {batch}${condition}` },
    description: `${column === undefined ? '' : `${column} `}${rule}: ${required}`,
  };
}

function columnExpectation(
  column: string,
  rule: string,
  rules: NonNullable<Contract['columns']>[string],
  mostly: { mostly?: number },
): Expectation | undefined {
  const expect = (type: string, kwargs: Record<string, unknown> = {}): Expectation => ({
    type: `expect_column_${type}`,
    kwargs: { column, ...kwargs },
  });
  const range = (limits: { min?: unknown; max?: unknown } | undefined) => ({
    min_value: limits?.min ?? null,
    max_value: limits?.max ?? null,
  });
  switch (rule) {
    case 'required':
      return expect('to_exist');
    case 'type':
      return expect('values_to_be_of_type', { type_: rules.type });
    case 'missing.max':
      return expect('values_to_not_be_null', { mostly: 1 - (rules.missing?.max ?? 0) });
    case 'unique':
      return expect('values_to_be_unique', mostly);
    case 'min':
      return expect('values_to_be_between', { min_value: rules.min, ...mostly });
    case 'max':
      return expect('values_to_be_between', { max_value: rules.max, ...mostly });
    case 'enum':
      return expect('values_to_be_in_set', { value_set: rules.enum, ...mostly });
    case 'pattern':
      return expect('values_to_match_regex', { regex: `^(?:${rules.pattern})$`, ...mostly });
    case 'length':
      return expect('value_lengths_to_be_between', { ...range(rules.length), ...mostly });
    case 'format':
      return expect('values_to_match_strftime_format', { strftime_format: rules.format, ...mostly });
    case 'distinct':
      return expect('unique_value_count_to_be_between', range(rules.distinct));
    case 'mean':
      return expect('mean_to_be_between', range(rules.mean));
    case 'monotone': {
      const way = rules.monotone?.endsWith('decreasing') ? 'decreasing' : 'increasing';
      return expect(`values_to_be_${way}`, { strictly: rules.monotone?.startsWith('strictly') ?? false, ...mostly });
    }
    default: {
      const quantile = /^quantiles\.(.+)$/.exec(rule)?.[1];
      if (quantile === undefined) return undefined;
      const { min_value: low, max_value: high } = range(rules.quantiles?.[quantile]);
      return expect('quantile_values_to_be_between', {
        quantile_ranges: { quantiles: [Number(quantile)], value_ranges: [[low, high]] },
      });
    }
  }
}

/**
 * The results in the form of a validation of Great Expectations, which its data docs and the tools around it read:
 * `validation.gx.json`.
 * @param expectations of the results, in their order
 * @param about what the data is called, and when it was looked at
 */
export function gxValidation(
  results: readonly RuleResult[],
  expectations: readonly unknown[],
  about: { readonly suite: string; readonly rows: number; readonly tool: string; readonly createdAt: string },
): object {
  const successful = results.filter(({ passed }) => passed).length;
  return {
    success: results.every(({ passed }) => passed),
    results: results.map((result, index) => ({
      success: result.passed,
      expectation_config: {
        meta: {},
        ...(expectations[index] as object),
        severity: result.severity === 'error' ? 'critical' : 'warning',
      },
      result: resultOf(result, expectations[index]),
      meta: { found: result.found, ...(result.line !== undefined && { line: result.line }) },
      exception_info: { raised_exception: false, exception_traceback: null, exception_message: null },
    })),
    suite_name: about.suite,
    suite_parameters: {},
    statistics: {
      evaluated_expectations: results.length,
      successful_expectations: successful,
      unsuccessful_expectations: results.length - successful,
      success_percent: results.length === 0 ? null : (100 * successful) / results.length,
    },
    meta: {
      great_expectations_version: 'none',
      run_id: { run_name: about.suite, run_time: about.createdAt },
      tool: about.tool,
      rows: about.rows,
    },
    id: null,
  };
}

function resultOf({ failing, considered, observed, samples = [] }: RuleResult, expectation: unknown): object {
  if (failing === undefined || considered === undefined) {
    if (observed === undefined) return {};
    const { quantile_ranges: ranges } = (expectation as Expectation).kwargs as { quantile_ranges?: { quantiles?: unknown } };
    return { observed_value: ranges ? { quantiles: ranges.quantiles, values: [observed] } : observed };
  }
  return {
    element_count: considered,
    unexpected_count: failing,
    unexpected_percent: considered === 0 ? null : (100 * failing) / considered,
    partial_unexpected_list: samples.map(({ value }) => value),
    partial_unexpected_index_list: samples.flatMap(({ row }) => (row === undefined ? [] : [row - 1])),
  };
}
