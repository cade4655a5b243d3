import { UserError } from '../core/errors.js';
import { formatCount } from '../core/format.js';
import { MISSING_INTEGER } from '../core/missing.js';
import { type Column, type ColumnType, columnOf, type IntegerColumn, type StringColumn, type Table } from '../data/table.js';
import type { Feature } from './plan.js';
import { tensorText } from './text.js';

/** Raw columns as transforms read them. */

/**
 * The column, of one of these types.
 * @throws UserError when a column's type does not fit the feature that was fitted on it
 */
export function typedColumn<Type extends ColumnType>(
  feature: Feature,
  name: string,
  table: Table,
  types: readonly Type[],
  expected: string,
): Extract<Column, { readonly type: Type }> {
  const column = columnOf(table, name);
  if (!(types as readonly ColumnType[]).includes(column.type)) {
    throw new UserError(
      `column ${JSON.stringify(name)} is of type ${column.type}, but the feature ${JSON.stringify(feature.name)} was ` +
        `fitted on ${expected}: give the column that type in the data (contract.columns checks it)`,
    );
  }
  return column as Extract<Column, { readonly type: Type }>;
}

/** The column of a feature that was fitted on text. */
export function textColumn(feature: Feature, name: string, table: Table): StringColumn {
  return typedColumn(feature, name, table, ['string'], 'text') as StringColumn;
}

/** The moments of a date or timestamp column. */
export function moments(feature: Feature, name: string, table: Table): BigInt64Array {
  return (typedColumn(feature, name, table, ['date', 'timestamp'], 'a date or timestamp') as IntegerColumn).values;
}

/** Numbers, whole numbers and booleans as 64-bit floats; NaN is missing. */
export function doublesOf(feature: Feature, name: string, table: Table): Float64Array {
  return doubles(typedColumn(feature, name, table, ['number', 'integer', 'boolean'], 'a number or boolean') as Column);
}

/** The same of a column at hand; text has no numbers. */
export function doubles(column: Column): Float64Array {
  switch (column.type) {
    case 'number':
      return column.values;
    case 'boolean':
      return Float64Array.from(column.values);
    case 'string':
      return new Float64Array(column.codes.length).fill(Number.NaN);
    default: {
      const values = new Float64Array(column.values.length);
      for (let row = 0; row < values.length; row++) {
        const value = column.values[row]!;
        values[row] = value === MISSING_INTEGER ? Number.NaN : Number(value);
      }
      return values;
    }
  }
}

/** A text or whole-number column by its categories: `keys[codes[row]]`; the key '' is missing, and keys may repeat. */
export interface Categories {
  readonly codes: Uint32Array;
  readonly keys: readonly string[];
}

/** Texts as the graph sees them, whole numbers as decimal text. */
export function categoriesOf(column: Column): Categories {
  if (column.type === 'string') return { codes: column.codes, keys: column.dictionary.map(tensorText) };
  if (column.type !== 'integer') throw new Error(`a column of type ${column.type} has no categories`);
  const codeOf = new Map<bigint, number>();
  const codes = new Uint32Array(column.values.length);
  for (let row = 0; row < codes.length; row++) {
    const value = column.values[row]!;
    let code = codeOf.get(value);
    if (code === undefined) {
      code = codeOf.size;
      codeOf.set(value, code);
    }
    codes[row] = code;
  }
  return { codes, keys: Array.from(codeOf.keys(), (value) => (value === MISSING_INTEGER ? '' : String(value))) };
}

/** The categories of a feature's column. */
export function categories(feature: Feature, name: string, table: Table): Categories {
  return categoriesOf(typedColumn(feature, name, table, ['string', 'integer'], 'text or whole numbers') as Column);
}

/** Rows a level, levels in the order in which they first stand among the keys; missing is no level. */
export function rowsOfLevels({ codes, keys }: Categories): Map<string, number> {
  const rowsOfCode = new Float64Array(keys.length);
  for (const code of codes) rowsOfCode[code]! += 1;
  const rows = new Map<string, number>();
  for (const [code, level] of keys.entries()) {
    if (level !== '' && rowsOfCode[code]! > 0) rows.set(level, (rows.get(level) ?? 0) + rowsOfCode[code]!);
  }
  return rows;
}

/** Levels that fewer training rows have are rare: they share one index. */
export const MIN_LEVEL_ROWS = 5;

/** The levels with rows enough, most frequent first, ties by text. */
export function frequentLevels(categories: Categories, most: number): string[] {
  return [...rowsOfLevels(categories)]
    .filter(([, rows]) => rows >= MIN_LEVEL_ROWS)
    .sort(([textA, rowsA], [textB, rowsB]) => rowsB - rowsA || (textA < textB ? -1 : 1))
    .slice(0, most)
    .map(([level]) => level);
}

/** Why a transform of categories has nothing to tell of a column: more categories than rows, or hardly any value at all. */
export function noLevels(transform: string, columns: readonly string[], categories: readonly Categories[]): string {
  const rows = formatCount(categories[0]!.codes.length);
  const values = categories.map((each) => formatCount(rowsOfLevels(each).size)).join(' and ');
  return (
    `features.derive: ${transform} of ${columns.map((name) => JSON.stringify(name)).join(' and ')} tells nothing: of ${values} different ` +
    `values in ${rows} training rows none stands in ${MIN_LEVEL_ROWS} or more; leave it out, or derive fewer, larger categories`
  );
}

/** Whether each row of a column is missing. */
export function missingOf(column: Column): Uint8Array {
  if (column.type === 'string') {
    const empty = column.dictionary.map((text) => (tensorText(text) === '' ? 1 : 0));
    return Uint8Array.from(column.codes, (code) => empty[code]!);
  }
  const missing = new Uint8Array(column.values.length);
  for (let row = 0; row < missing.length; row++) {
    const value = column.values[row]!;
    missing[row] = (typeof value === 'bigint' ? value === MISSING_INTEGER : Number.isNaN(value)) ? 1 : 0;
  }
  return missing;
}
