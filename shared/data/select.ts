import { filled } from '../core/filled.js';
import { type Labels, PARTS, type Part } from './table.js';

/** The labels of the given rows, in their order. */
export function selectLabels(labels: Labels, rows: Uint32Array): Labels {
  if (labels.task === 'regression') {
    const values = new Float64Array(rows.length);
    for (let index = 0; index < rows.length; index++) values[index] = labels.values[rows[index]!]!;
    return { task: labels.task, values };
  }
  const values = new Int32Array(rows.length);
  for (let index = 0; index < rows.length; index++) values[index] = labels.values[rows[index]!]!;
  return { task: labels.task, classes: labels.classes, values };
}

/** The weights of the given rows; undefined stays undefined. */
export function selectWeights(weights: Float64Array | undefined, rows: Uint32Array): Float64Array | undefined {
  return weights && filled(new Float64Array(rows.length), (at) => weights[rows[at]!]!);
}

/** The indices of the rows of a part. */
export function rowsOfPart(parts: Uint8Array, name: Part): Uint32Array {
  const part = PARTS.indexOf(name);
  const rows = new Uint32Array(parts.length);
  let count = 0;
  for (let row = 0; row < parts.length; row++) if (parts[row] === part) rows[count++] = row;
  return rows.slice(0, count);
}
