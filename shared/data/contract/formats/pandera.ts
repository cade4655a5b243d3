import { type Problem, UserError } from '../../../core/errors.js';
import type { ColumnType } from '../../table.js';
import {
  ALL_ROWS,
  type Bounds,
  type ImportedContract,
  type ImportedRule,
  type RowTest,
  type WholeTest,
} from './imported-rule.js';
import type { Part } from './part.js';
import { typesNamed } from './type-names.js';

/** Keys of a column that are no checks. */
const COLUMN_KEYS = new Set([
  ...['title', 'description', 'dtype', 'nullable', 'checks', 'name', 'unique', 'coerce', 'required', 'regex', 'default'],
  ...['report_duplicates', 'drop_invalid_rows', 'metadata', 'alias', 'version', 'schema_type'],
]);
/** Keys of the schema that say nothing of the data. */
const FRAME_KEYS = new Set([
  ...['schema_type', 'api', 'version', 'columns', 'name', 'title', 'description', 'metadata', 'coerce', 'dtype'],
  ...['strict', 'ordered', 'unique', 'report_duplicates', 'unique_column_names', 'add_missing_columns', 'drop_invalid_rows'],
]);

interface Check {
  readonly name: string;
  readonly part: Part;
  /** Its arguments; a single one is `value`. */
  readonly value: (key: string) => unknown;
  readonly isWarning: boolean;
}

const number = (value: unknown): number | string | undefined =>
  typeof value === 'number' || typeof value === 'string' ? value : undefined;
const scalars = (value: unknown): (string | number | boolean)[] | undefined =>
  Array.isArray(value) && value.every((item) => ['string', 'number', 'boolean'].includes(typeof item)) ? value : undefined;

type Reader = (value: Check['value']) => RowTest | WholeTest | undefined;
const range =
  (boundsOf: (limit: number | string) => Bounds): Reader =>
  (value) => {
    const limit = number(value('value') ?? value('min_value') ?? value('max_value'));
    return limit === undefined ? undefined : { kind: 'range', bounds: boundsOf(limit) };
  };
const pattern =
  (how: 'search' | 'start', form: (text: string) => string = (text) => text): Reader =>
  (value) => {
    const text = value('value') ?? value('pattern') ?? value('string');
    return typeof text === 'string' ? { kind: 'pattern', patterns: [form(text)], how, match: 'all' } : undefined;
  };
const set =
  (negate: boolean): Reader =>
  (value) => {
    const one = value('value') ?? value('allowed_values') ?? value('forbidden_values') ?? value('values');
    const values = scalars(Array.isArray(one) ? one : [one]);
    return values && { kind: 'set', values, negate };
  };
const quoted = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');

/** The checks that pandera has built in. */
const CHECKS: Readonly<Record<string, Reader>> = {
  equal_to: set(false),
  not_equal_to: set(true),
  greater_than: range((min) => ({ min, strictMin: true })),
  greater_than_or_equal_to: range((min) => ({ min })),
  less_than: range((max) => ({ max, strictMax: true })),
  less_than_or_equal_to: range((max) => ({ max })),
  in_range: (value) => ({
    kind: 'range',
    bounds: {
      min: number(value('min_value')),
      max: number(value('max_value')),
      strictMin: value('include_min') === false,
      strictMax: value('include_max') === false,
    },
  }),
  isin: set(false),
  notin: set(true),
  str_matches: pattern('start'),
  str_contains: pattern('search'),
  str_startswith: pattern('start', quoted),
  str_endswith: pattern('search', (text) => `${quoted(text)}$`),
  str_length: (value) => {
    const exact = number(value('exact_value') ?? value('value'));
    const bounds =
      exact === undefined ? { min: number(value('min_value')), max: number(value('max_value')) } : { min: exact, max: exact };
    return { kind: 'length', bounds };
  },
  unique_values_eq: (value) => {
    const values = scalars(value('values') ?? value('value'));
    return values && { kind: 'values', how: 'equal', values };
  },
};
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ eq: 'equal_to', ne: 'not_equal_to', gt: 'greater_than', ge: 'greater_than_or_equal_to' },
  ...{ lt: 'less_than', le: 'less_than_or_equal_to', between: 'in_range' },
};

/**
 * A schema as pandera writes it (`to_yaml`): of 0.2x with `checks`, and of later ones with the checks beside the other keys.
 * @throws UserError when it is no schema of a data frame
 */
export function readPandera(schema: Part, file: string): ImportedContract {
  const columns = schema.get('columns');
  if (!columns || columns.keys().length === 0)
    throw new UserError({ message: 'no columns in this pandera schema', location: { file, line: 1 } });
  const rules: ImportedRule[] = [];
  const unsupported: Problem[] = [];
  const frameCoerces = schema.flag('coerce') === true;
  for (const column of columns.items()) columnRules(column, frameCoerces, rules, unsupported);
  const plain = columns.items().filter((column) => column.flag('regex') !== true);
  const names = plain.map(({ key }) => key);
  const add = (name: string, part: Part, test: RowTest | WholeTest, of: readonly string[] = []) =>
    rules.push({ name, columns: of, test, allow: ALL_ROWS, severity: 'error', location: part.location });
  const strict = schema.get('strict');
  if (strict?.value === true) {
    if (plain.length < columns.items().length)
      unsupported.push(strict.unsupported('strict', 'is not checked where columns are named by patterns'));
    else add('strict', strict, { kind: 'columns', names, how: 'in' });
  }
  const ordered = schema.get('ordered');
  if (ordered?.value === true) add('ordered', ordered, { kind: 'columns', names, how: 'in order' });
  const unique = schema.texts('unique');
  if (unique && unique.length > 0) add('unique', schema.get('unique')!, { kind: 'unique', missingToo: true }, unique);
  if (schema.has('dtype')) unsupported.push(schema.get('dtype')!.unsupported('dtype of the whole frame'));
  for (const part of schema.items()) {
    if (FRAME_KEYS.has(part.key) || (Array.isArray(part.value) && part.value.length === 0)) continue;
    const why = part.key === 'index' ? 'is not checked here: a file has no index' : undefined;
    if (part.key !== 'checks') unsupported.push(part.unsupported(part.key, why));
    else
      for (const check of part.items()) unsupported.push(check.unsupported(`the check ${checkName(check)} of the whole frame`));
  }
  return { file, format: 'pandera schema', rules, lookups: [], unsupported };
}

function columnRules(column: Part, frameCoerces: boolean, rules: ImportedRule[], unsupported: Problem[]): void {
  const name = column.key;
  const optional = column.flag('required') === false;
  const add = (rule: string, part: Part, test: RowTest | WholeTest, isWarning = false): void => {
    rules.push({
      // That a column is not there is one rule's to say.
      ...{ name: rule, columns: [name], test, allow: ALL_ROWS, optional: test.kind !== 'column' },
      ...{ severity: isWarning ? 'warning' : 'error', location: part.location },
      ...(column.flag('regex') === true && { columnPattern: true }),
    });
  };
  if (!optional) add('required', column, { kind: 'column' });
  const dtype = column.text('dtype');
  if (dtype !== undefined) {
    const part = column.get('dtype')!;
    const types = typesNamed([dtype.replace(/^string\[.*\]$/, 'string')]);
    const coerces = frameCoerces || column.flag('coerce') === true;
    if (!types) unsupported.push(part.unsupported(`dtype ${dtype} of ${name}`));
    else if (coerces) add('dtype', part, { kind: 'readable', as: asType(types[0]!) });
    else add('dtype', part, { kind: 'type', types, shown: dtype });
  }
  if (column.flag('nullable') !== true) add('nullable', column.get('nullable') ?? column, { kind: 'missing' });
  if (column.flag('unique') === true) add('unique', column.get('unique')!, { kind: 'unique', missingToo: true });
  for (const { name: own, part, value, isWarning } of checksOf(column)) {
    const known = OTHER_NAMES[own] ?? own;
    const test = Object.hasOwn(CHECKS, known) ? CHECKS[known]!(value) : undefined;
    if (test) add(own, part, test, isWarning);
    else unsupported.push(part.unsupported(`the check ${own} of ${name}`));
  }
}

function asType(type: string): ColumnType {
  return type.split(' ')[0] as ColumnType;
}

function checksOf(column: Part): Check[] {
  const checks = column.get('checks');
  const listed = checks ? checks.items() : column.items().filter(({ key }) => !COLUMN_KEYS.has(key));
  return listed.map((part) => {
    const isMapping = part.keys().length > 0;
    const options = part.get('options');
    return {
      name: checkName(part),
      part,
      value: (key) => (isMapping ? part.get(key)?.value : key === 'value' ? part.value : undefined),
      isWarning: part.flag('raise_warning') === true || options?.flag('raise_warning') === true,
    };
  });
}

/** A check of a list says its name in its options; others are called by their key. */
function checkName(part: Part): string {
  return part.get('options')?.text('check_name') ?? part.key;
}
