import { UserError } from '../core/errors.js';
import { selectLabels } from '../data/select.js';
import type { Column, Labels, Table } from '../data/table.js';

/** Rows with what is to be predicted of them. */
export interface LabelledRows {
  readonly table: Table;
  readonly labels: Labels;
  /** Row weights, 0 or more, of any mean; absent: all rows count the same. */
  readonly weights?: Float64Array;
}

/**
 * The rows whose label is there, with weights of mean 1.
 * @param part the part's name, for messages
 * @returns the rows, and how many were left out
 * @throws UserError when a weight is missing, negative or infinite, or all are 0
 */
export function keepLabelled(rows: LabelledRows, part: string): { readonly rows: LabelledRows; readonly dropped: number } {
  const { labels, table } = rows;
  const kept: number[] = [];
  for (let row = 0; row < table.rows; row++) {
    const value = labels.values[row]!;
    if (labels.task === 'regression' ? Number.isFinite(value) : value >= 0) kept.push(row);
  }
  const index = Uint32Array.from(kept);
  const all = index.length === table.rows;
  const picked = {
    table: all ? table : selectRows(table, index),
    labels: all ? labels : selectLabels(labels, index),
    ...(rows.weights && { weights: withMeanOne(rows.weights, index, part) }),
  };
  return { rows: picked, dropped: table.rows - index.length };
}

/**
 * Some of the weights, with mean 1.
 * @param place the key of the spec that they come from, for messages
 * @throws UserError when a weight is missing, negative or infinite, or all are 0
 */
export function withMeanOne(weights: Float64Array, index: Uint32Array, part: string, place = 'data.weight'): Float64Array {
  let sum = 0;
  for (const row of index) {
    const weight = weights[row]!;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new UserError(`${place}: row ${row + 1} of the ${part} part weighs ${weight}; accepted are numbers of 0 and above`);
    }
    sum += weight;
  }
  if (index.length > 0 && sum === 0)
    throw new UserError(`${place}: all rows of the ${part} part weigh 0; at least one must count`);
  return Float64Array.from(index, (row) => (weights[row]! * index.length) / sum);
}

/** Some of the rows, in this order. */
export function selectLabelled({ table, labels, weights }: LabelledRows, index: Uint32Array): LabelledRows {
  return {
    table: selectRows(table, index),
    labels: selectLabels(labels, index),
    ...(weights && { weights: Float64Array.from(index, (row) => weights[row]!) }),
  };
}

/** The table with only these rows, in this order. */
function selectRows(table: Table, index: Uint32Array): Table {
  const columns = Array.from(table.columns, ([name, column]) => [name, selectValues(column, index)] as const);
  return { rows: index.length, columns: new Map(columns) };
}

function selectValues(column: Column, index: Uint32Array): Column {
  switch (column.type) {
    case 'string':
      return { ...column, codes: Uint32Array.from(index, (row) => column.codes[row]!) };
    case 'number':
      return { ...column, values: Float64Array.from(index, (row) => column.values[row]!) };
    case 'boolean':
      return { ...column, values: Float32Array.from(index, (row) => column.values[row]!) };
    default: {
      const values = new BigInt64Array(index.length);
      for (let row = 0; row < index.length; row++) values[row] = column.values[index[row]!]!;
      return { ...column, values };
    }
  }
}
