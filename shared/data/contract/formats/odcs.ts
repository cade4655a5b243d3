import { basename } from 'node:path';
import { UserError } from '../../../core/errors.js';
import type { ColumnType } from '../../table.js';
import type { ImportedContract, RowTest, WholeTest } from './imported-rule.js';
import { qualityRule, TableRules } from './odcs-quality.js';
import type { Part } from './part.js';

const TYPES: Readonly<Record<string, ColumnType>> = {
  ...{ string: 'string', integer: 'integer', number: 'number', boolean: 'boolean', date: 'date', timestamp: 'timestamp' },
};

/**
 * A contract of the Open Data Contract Standard, 3.x.
 * @param dataFiles say which table of several is meant
 * @throws UserError when no table of it is meant
 */
export function readOdcs(contract: Part, file: string, dataFiles: readonly string[]): ImportedContract {
  const version = contract.text('apiVersion') ?? '';
  if (!/^v?3\./.test(version)) {
    const message = `apiVersion ${JSON.stringify(version)} of this ODCS contract is not read; accepted: v3.0 and later of v3`;
    throw new UserError({ message, location: (contract.get('apiVersion') ?? contract).location });
  }
  const table = chosen(contract, file, dataFiles);
  const reading = new TableRules(file);
  const properties = table.list('properties');
  for (const property of properties) propertyRules(property, reading);
  const key = properties
    .filter((property) => property.flag('primaryKey') === true)
    .toSorted((a, b) => (a.number('primaryKeyPosition') ?? 0) - (b.number('primaryKeyPosition') ?? 0));
  if (key.length > 0) {
    const part = key[0]!.get('primaryKey')!;
    for (const property of key) reading.add('primaryKey', property.get('primaryKey')!, [nameOf(property)], { kind: 'missing' });
    reading.add('primaryKey', part, key.map(nameOf), { kind: 'unique' });
  }
  for (const quality of table.list('quality')) qualityRule(quality, [], reading);
  for (const part of [table, ...properties].flatMap((one) => one.list('relationships')))
    reading.unsupported.push(
      part.unsupported(
        `relationship to ${part.texts('to')?.join(', ') ?? '?'}`,
        'is not checked here: the contract names no file of the other table',
      ),
    );
  for (const part of contract.list('slaProperties'))
    reading.unsupported.push(part.unsupported(`slaProperties ${part.text('property') ?? '?'}`));
  return { file, format: 'ODCS contract', rules: reading.rules, lookups: [], unsupported: reading.unsupported };
}

function chosen(contract: Part, file: string, dataFiles: readonly string[]): Part {
  const tables = contract.list('schema');
  if (tables.length === 1) return tables[0]!;
  const stems = new Set(dataFiles.map((path) => basename(path).replace(/\..*$/, '').toLowerCase()));
  const fitting = tables.filter((table) =>
    ['name', 'physicalName'].some((key) => stems.has((table.text(key) ?? '').toLowerCase())),
  );
  if (fitting.length === 1) return fitting[0]!;
  const known = tables.map((table) => table.text('name') ?? '?').join(', ');
  throw new UserError({
    message: `this contract has ${tables.length} tables${known ? ` (${known})` : ''}, and ${fitting.length === 0 ? 'none' : 'more than one'} has the name of a data file`,
    location: { file, line: contract.get('schema')?.location.line ?? 1 },
  });
}

function nameOf(property: Part): string {
  return property.text('physicalName') ?? property.text('name') ?? '';
}

function propertyRules(property: Part, reading: TableRules): void {
  const name = nameOf(property);
  if (name === '') {
    reading.unsupported.push(property.unsupported('a property without a name'));
    return;
  }
  const add = (rule: string, part: Part, test: RowTest | WholeTest): void => reading.add(rule, part, [name], test);
  add('name', property, { kind: 'column' });
  const type = property.text('logicalType');
  const options = property.get('logicalTypeOptions');
  if (type !== undefined) {
    const part = property.get('logicalType')!;
    const as = TYPES[type];
    if (!as) reading.unsupported.push(part.unsupported(`logicalType ${type} of ${name}`));
    else add('logicalType', part, { kind: 'readable', as });
  }
  if (property.flag('required') === true) add('required', property.get('required')!, { kind: 'missing' });
  if (property.flag('unique') === true) add('unique', property.get('unique')!, { kind: 'unique' });
  for (const option of options?.items() ?? []) {
    const test = optionTest(option, options!);
    if (test) add(`logicalTypeOptions.${option.key}`, option, test);
    else if (test === undefined) reading.unsupported.push(option.unsupported(`logicalTypeOptions.${option.key} of ${name}`));
  }
  const values = property
    .list('enum')
    .flatMap((item) => item.limit('value') ?? (item.flag('value') as boolean | undefined) ?? []);
  if (values.length > 0) add('enum', property.get('enum')!, { kind: 'set', values });
  for (const quality of property.list('quality')) qualityRule(quality, [name], reading);
}

/** Null where the option asks for nothing by itself, undefined where it is not known. */
function optionTest(option: Part, options: Part): RowTest | null | undefined {
  const { key, value } = option;
  const limit = options.limit(key);
  switch (key) {
    case 'minLength':
      return typeof limit === 'number' ? { kind: 'length', bounds: { min: limit } } : undefined;
    case 'maxLength':
      return typeof limit === 'number' ? { kind: 'length', bounds: { max: limit } } : undefined;
    case 'pattern':
      return typeof value === 'string' ? { kind: 'pattern', patterns: [value], how: 'search', match: 'all' } : undefined;
    case 'minimum':
      return limit === undefined
        ? undefined
        : { kind: 'range', bounds: { min: limit, strictMin: options.flag('exclusiveMinimum') === true } };
    case 'maximum':
      return limit === undefined
        ? undefined
        : { kind: 'range', bounds: { max: limit, strictMax: options.flag('exclusiveMaximum') === true } };
    case 'exclusiveMinimum':
      return typeof value === 'boolean'
        ? null
        : limit === undefined
          ? undefined
          : { kind: 'range', bounds: { min: limit, strictMin: true } };
    case 'exclusiveMaximum':
      return typeof value === 'boolean'
        ? null
        : limit === undefined
          ? undefined
          : { kind: 'range', bounds: { max: limit, strictMax: true } };
    case 'timezone':
    case 'defaultTimezone':
      return null;
    default:
      return undefined;
  }
}
