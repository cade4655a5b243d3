import { nearest } from '../spec/nearest.js';
import { describe, quote } from './request-error.js';
import type { ServedColumn } from './servable.js';

/** What is wrong with a row's columns, in one line: the column, what was found, what is accepted. */

export function wrongValue(column: ServedColumn, value: unknown): string {
  const accepted = acceptedBy(column);
  const digits =
    column.type === 'integer' && Number.isInteger(value)
      ? ', and one that JSON cannot hold exactly as a text of its digits'
      : '';
  return `column ${quote(column.name)}: found ${describe(value)}; accepted is ${accepted}${digits}`;
}

export function missingColumn(name: string): string {
  return `column ${quote(name)} is missing; send null where its value is not known`;
}

/** How many columns an error lists when it cannot guess which one was meant. */
const MOST_LISTED = 20;

/** Names of requests that are longer are compared with nothing: the comparison's time grows with them. */
const LONGEST_COMPARED = 100;

/** @param suggest looks for the column that was meant, which takes time; for the first ones of a request */
export function unknownColumn(name: string, columns: readonly ServedColumn[], suggest = true): string {
  const names = columns.map((column) => column.name);
  const near = suggest && name.length <= LONGEST_COMPARED ? nearest(name, names) : undefined;
  const meant =
    near === undefined
      ? `; accepted are ${names.slice(0, MOST_LISTED).join(', ')}${names.length > MOST_LISTED ? `, ... (${names.length} in all)` : ''}`
      : `; did you mean ${quote(near)}?`;
  return `column ${quote(name)} is none of the model's${meant}`;
}

function acceptedBy({ type, tensor, width }: ServedColumn): string {
  if (width > 1) return `a list of ${width} numbers`;
  const missing = tensor === 'int32' || tensor === 'bool' ? '' : ' or null';
  switch (type) {
    case 'string':
      return `a text${missing}`;
    case 'integer':
      return `a whole number${missing}`;
    case 'number':
      return `a number${missing}`;
    case 'boolean':
      return missing === '' ? 'true or false' : 'true, false or null';
    case 'date':
      return 'a date such as "2026-01-31" or null';
    case 'timestamp':
      return 'a time such as "2026-01-31T09:30:00Z" or null';
  }
}
