import type { Bounds, ImportedRule, RowTest, WholeTest } from './formats/imported-rule.js';
import { percentText, plainNumber } from './rule.js';

/** What an imported rule requires, for people. */
export function requiredText({ test, allow, columns }: ImportedRule): string {
  const text = testText(test, columns);
  if (!('mostly' in allow)) {
    const unit = allow.unit === 'rows' ? 'rows' : '% of the rows';
    return `${text}: ${boundsText(allow.failing)} ${unit} that fail`;
  }
  return allow.mostly < 1 ? `${text}, in ${percentText(allow.mostly)} of the rows` : text;
}

function testText(test: RowTest | WholeTest, columns: readonly string[]): string {
  const several = columns.join(', ');
  switch (test.kind) {
    case 'missing':
      return 'nothing missing';
    case 'present':
      return 'no value';
    case 'unique':
      return columns.length > 1 ? `no values of ${several} twice` : 'no value twice';
    case 'range':
      return boundsText(test.bounds);
    case 'set':
      return `${test.negate ? 'none of' : 'one of'}: ${listText(test.values)}`;
    case 'pattern': {
      const patterns = listText(test.patterns, test.match === 'any' ? ' or ' : ' and ');
      return test.match === 'none' ? `does not match ${patterns}` : `matches ${patterns}`;
    }
    case 'length':
      return `${boundsText(test.bounds)} characters`;
    case 'readable':
      return test.format === undefined ? `type ${test.as}` : `dates written as ${test.format}`;
    case 'json':
      return 'JSON';
    case 'order':
      return `${{ '<': 'increasing', '<=': 'strictly increasing', '>': 'decreasing', '>=': 'strictly decreasing' }[test.breaks]} from row to row`;
    case 'deviation':
      return `less than ${plainNumber(test.threshold)} standard deviations from the mean`;
    case 'pair':
      return `${columns[0]} ${test.relation} ${columns[1]}`;
    case 'pairs':
      return `${several} one of ${test.pairs.length} pairs`;
    case 'total':
      return `the sum of ${several} is ${plainNumber(test.total)}`;
    case 'different':
      return `${several} all different in a row`;
    case 'same':
      return `${several} all the same in a row`;
    case 'condition':
      return test.sql;
    case 'reference':
      return `${several} among the values of another file`;
    case 'column':
      return 'a column';
    case 'position':
      return `column ${test.index} (counted from 0)`;
    case 'type':
      return `type ${test.shown}`;
    case 'statistic':
      return `${{ distinct: 'different values', 'distinct share': 'share of different values', 'present share': 'share that is not missing' }[test.statistic as string] ?? test.statistic} ${boundsText(test.bounds)}`;
    case 'quantiles':
      return test.quantiles.map(({ at, bounds }) => `${plainNumber(at)}: ${boundsText(bounds)}`).join(', ');
    case 'values':
      return `values ${{ in: 'are among', contain: 'are at least', equal: 'are exactly' }[test.how]}: ${listText(test.values)}`;
    case 'most common':
      return `the most common value is one of: ${listText(test.values)}`;
    case 'columns':
      return `the columns ${{ ordered: 'in this order:', 'ordered prefix': 'begin with', equal: 'are exactly', contain: 'are at least', in: 'are among' }[test.how]} ${listText(test.names)}`;
    case 'column count':
      return `${boundsText(test.bounds)} columns`;
    case 'rows':
      return `${boundsText(test.bounds)} rows`;
  }
}

function boundsText({ min, max, strictMin, strictMax }: Bounds): string {
  const shown = (bound: number | string): string => (typeof bound === 'number' ? plainNumber(bound) : bound);
  if (min !== undefined && min === max) return `exactly ${shown(min)}`;
  if (min !== undefined && max !== undefined && !strictMin && !strictMax) return `from ${shown(min)} to ${shown(max)}`;
  const parts = [
    ...(min === undefined ? [] : [`${strictMin ? 'more than' : 'at least'} ${shown(min)}`]),
    ...(max === undefined ? [] : [`${strictMax ? 'less than' : 'at most'} ${shown(max)}`]),
  ];
  return parts.join(' and ') || 'anything';
}

function listText(values: readonly (string | number | boolean)[], between = ', '): string {
  return `${values.slice(0, 10).join(between)}${values.length > 10 ? ` and ${values.length - 10} more` : ''}`;
}
