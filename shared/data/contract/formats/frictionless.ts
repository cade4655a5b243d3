import { basename, posix } from 'node:path';
import { type Problem, UserError } from '../../../core/errors.js';
import type { ColumnType } from '../../table.js';
import {
  ALL_ROWS,
  type ImportedContract,
  type ImportedLookup,
  type ImportedRule,
  type RowTest,
  type WholeTest,
} from './imported-rule.js';
import type { Part } from './part.js';

const TYPES: Readonly<Record<string, ColumnType>> = {
  ...{ string: 'string', any: 'string', integer: 'integer', year: 'integer', number: 'number' },
  ...{ boolean: 'boolean', date: 'date', datetime: 'timestamp' },
};

/** What is kept together while a schema is read. */
class Reading {
  readonly rules: ImportedRule[] = [];
  readonly lookups: ImportedLookup[] = [];
  readonly unsupported: Problem[] = [];

  add(name: string, part: Part, columns: readonly string[], test: RowTest | WholeTest): void {
    // That a field is not there is fieldsMatch's to say.
    this.rules.push({ name, columns, test, allow: ALL_ROWS, severity: 'error', optional: true, location: part.location });
  }
}

/**
 * A Table Schema, or a Data Package with one, of Frictionless (specs v1 and v2).
 * @param dataFiles say which resource of a package is meant
 * @throws UserError when no schema of it is meant
 */
export function readFrictionless(contract: Part, file: string, dataFiles: readonly string[]): ImportedContract {
  const resource = contract.has('resources') ? chosen(contract, file, dataFiles) : undefined;
  const schema = resource ? resource.get('schema') : contract;
  if (!schema || typeof schema.value !== 'object')
    throw new UserError({
      message: 'this resource has no schema of its own; name the file of the schema as the contract instead',
      location: (resource ?? contract).location,
    });
  const reading = new Reading();
  const fields = schema.list('fields');
  const names = fields.flatMap((field) => field.text('name') ?? []);
  const match = schema.texts('fieldsMatch')?.[0] ?? 'exact';
  const how = ({ exact: 'ordered', equal: 'equal', subset: 'contain', superset: 'in' } as const)[match];
  if (how)
    reading.add('fieldsMatch', schema.get('fieldsMatch') ?? schema.get('fields') ?? schema, [], {
      kind: 'columns',
      names,
      how,
    });
  else reading.unsupported.push(schema.get('fieldsMatch')!.unsupported(`fieldsMatch ${match}`));
  const gaps = (schema.scalars('missingValues') ?? ['']).filter((value) => value !== '');
  if (gaps.length > 0)
    reading.unsupported.push(
      schema
        .get('missingValues')!
        .unsupported(`missingValues ${gaps.join(', ')}`, 'are values here, but for "NA" and the like in columns of numbers'),
    );
  for (const field of fields) fieldRules(field, reading);
  const key = schema.texts('primaryKey');
  if (key && key.length > 0) {
    const part = schema.get('primaryKey')!;
    for (const name of key) reading.add('primaryKey', part, [name], { kind: 'missing' });
    reading.add('primaryKey', part, key, { kind: 'unique', counts: 'repeats' });
  }
  for (const part of schema.list('uniqueKeys')) {
    const columns = part.items().flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
    reading.add('uniqueKeys', part, columns, { kind: 'unique', counts: 'repeats' });
  }
  for (const part of schema.list('foreignKeys')) foreignKey(part, contract, reading);
  const { rules, lookups, unsupported } = reading;
  return { file, format: 'Frictionless Table Schema', rules, lookups, unsupported };
}

function chosen(contract: Part, file: string, dataFiles: readonly string[]): Part {
  const resources = contract.list('resources');
  if (resources.length === 1) return resources[0]!;
  const names = new Set(dataFiles.map((path) => basename(path)));
  const fitting = resources.filter((resource) => (resource.texts('path') ?? []).some((path) => names.has(basename(path))));
  if (fitting.length === 1) return fitting[0]!;
  const known = resources.map((resource) => resource.texts('path')?.[0] ?? resource.text('name') ?? '?').join(', ');
  throw new UserError({
    message: `this package has ${resources.length} resources (${known}), and ${fitting.length === 0 ? 'none' : 'more than one'} has the name of a data file`,
    location: { file, line: contract.get('resources')?.location.line ?? 1 },
  });
}

function fieldRules(field: Part, reading: Reading): void {
  const name = field.text('name');
  if (name === undefined) {
    reading.unsupported.push(field.unsupported('a field without a name'));
    return;
  }
  const add = (rule: string, part: Part, test: RowTest | WholeTest): void => reading.add(rule, part, [name], test);
  const type = field.text('type') ?? 'string';
  const format = field.text('format') ?? 'default';
  const as = TYPES[type];
  const typePart = field.get('type') ?? field;
  const flags = [...(field.scalars('trueValues') ?? []), ...(field.scalars('falseValues') ?? [])];
  if (!as) reading.unsupported.push(typePart.unsupported(`type ${type} of ${name}`));
  else if (as === 'boolean' && flags.length > 0) add('type', typePart, { kind: 'set', values: flags });
  else if (format === 'default' || format === 'any') add('type', typePart, { kind: 'readable', as });
  else if ((as === 'date' || as === 'timestamp') && format.includes('%'))
    add('type', field.get('format')!, { kind: 'readable', as, format });
  else {
    add('type', typePart, { kind: 'readable', as });
    reading.unsupported.push(field.get('format')!.unsupported(`format ${format} of ${name}`));
  }
  for (const constraint of field.get('constraints')?.items() ?? []) {
    const test = constraintTest(constraint, field.get('constraints')!);
    if (test) add(constraint.key, constraint, test);
    else if (test === undefined) reading.unsupported.push(constraint.unsupported(`constraint ${constraint.key} of ${name}`));
  }
}

/** Null where the constraint asks for nothing, undefined where it is not known. */
function constraintTest(part: Part, constraints: Part): RowTest | null | undefined {
  const { key, value } = part;
  const limit = constraints.limit(key);
  switch (key) {
    case 'required':
      return value === true ? { kind: 'missing' } : null;
    case 'unique':
      return value === true ? { kind: 'unique', counts: 'repeats' } : null;
    case 'minimum':
      return limit === undefined ? undefined : { kind: 'range', bounds: { min: limit } };
    case 'maximum':
      return limit === undefined ? undefined : { kind: 'range', bounds: { max: limit } };
    case 'exclusiveMinimum':
      return limit === undefined ? undefined : { kind: 'range', bounds: { min: limit, strictMin: true } };
    case 'exclusiveMaximum':
      return limit === undefined ? undefined : { kind: 'range', bounds: { max: limit, strictMax: true } };
    case 'minLength':
      return typeof limit === 'number' ? { kind: 'length', bounds: { min: limit } } : undefined;
    case 'maxLength':
      return typeof limit === 'number' ? { kind: 'length', bounds: { max: limit } } : undefined;
    case 'pattern':
      return typeof value === 'string' ? { kind: 'pattern', patterns: [value], how: 'full', match: 'all' } : undefined;
    case 'enum': {
      const values = constraints.scalars('enum');
      return values && { kind: 'set', values };
    }
    default:
      return undefined;
  }
}

function foreignKey(part: Part, contract: Part, reading: Reading): void {
  const reference = part.get('reference');
  const columns = part.texts('fields') ?? [];
  const to = reference?.texts('fields') ?? [];
  const name = `foreign key of ${columns.join(', ')}`;
  if (!reference || columns.length === 0 || columns.length !== to.length) {
    reading.unsupported.push(part.unsupported(name, 'has other numbers of fields on its two sides'));
    return;
  }
  const resource = reference.text('resource') ?? '';
  if (resource === '') {
    reading.add('foreignKeys', part, columns, { kind: 'own reference', to });
    return;
  }
  const other = contract.list('resources').find((one) => one.text('name') === resource);
  const path = other?.texts('path')?.[0];
  if (path === undefined || /^[a-z]+:\/\//i.test(path)) {
    reading.unsupported.push(part.unsupported(name, `refers to the resource ${resource}, of which there is no file here`));
    return;
  }
  reading.lookups.push({ path: posix.normalize(path), to, location: part.location });
  reading.add('foreignKeys', part, columns, { kind: 'reference', lookup: reading.lookups.length - 1 });
}
