import { columnOf } from '../../data/table.js';
import { toFloat32 } from '../nodes.js';
import { missingOf } from '../raw.js';
import { type Derive, single } from '../transform.js';

/** Whether a column is missing. */
export const missing = single<'missing'>({
  values: ({ from }, table) => Float32Array.from(missingOf(columnOf(table, from))),
  nodes: ({ from }, place) => toFloat32(place.graph, place.missing(from)),
});

export const deriveMissing: Derive = ({ name }, columns) =>
  columns.map((from) => ({ name: name ?? `${from}_missing`, kind: 'missing', from }));
