import { datePartOf } from '../calendar.js';
import { nanWhere } from '../nodes.js';
import { moments } from '../raw.js';
import { type Derive, single } from '../transform.js';

/** Parts of a date or timestamp, UTC. */
export const datePart = single<'date_part'>({
  values: (feature, table) => datePartOf(feature.part, moments(feature, feature.from, table)),
  nodes: ({ from, part }, { graph, missing, calendar }) => {
    const value = calendar(from)(part);
    return nanWhere(graph, missing(from), value);
  },
});

export const deriveParts: Derive = ({ name, parts = [] }, columns) =>
  columns.flatMap((from) =>
    parts.map((part) => ({
      name: name !== undefined && parts.length === 1 ? name : `${name ?? from}_${part}`,
      kind: 'date_part' as const,
      from,
      part,
    })),
  );
