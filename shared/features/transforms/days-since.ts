import { MISSING_INTEGER } from '../../core/missing.js';
import { momentOf } from '../../spec/transforms.js';
import { MICROSECONDS_A_DAY } from '../calendar.js';
import { float64, nanWhere, toFloat32, toFloat64 } from '../nodes.js';
import { moments } from '../raw.js';
import { type Derive, type FeatureNodes, single } from '../transform.js';

/** Days since a moment that is the same for all rows. */
export const daysSince = single<'days_since'>({
  values(feature, table) {
    const origin = Number(feature.origin);
    return Float32Array.from(moments(feature, feature.from, table), (moment) => days(moment, origin));
  },
  nodes: ({ from, origin }, place) =>
    nanWhere(
      place.graph,
      place.missing(from),
      dayNodes(place, toFloat64(place.graph, from), float64(place.graph, Number(origin))),
    ),
});

/** Days between two moments of a row. */
export const daysBetween = single<'days_between'>({
  values(feature, table) {
    const [later, earlier] = feature.from.map((name) => moments(feature, name, table));
    const values = new Float32Array(table.rows);
    for (let row = 0; row < values.length; row++) {
      const since = earlier![row]!;
      values[row] = since === MISSING_INTEGER ? Number.NaN : days(later![row]!, Number(since));
    }
    return values;
  },
  nodes({ from }, place) {
    const { graph, missing } = place;
    const [later, earlier] = from;
    const value = dayNodes(place, toFloat64(graph, later!), toFloat64(graph, earlier!));
    return nanWhere(graph, graph.node('Or', [missing(later!), missing(earlier!)]), value);
  },
});

/** Both moments are rounded to 64-bit floats first, which is exact for 285 years around 1970. */
function days(moment: bigint, since: number): number {
  return moment === MISSING_INTEGER ? Number.NaN : (Number(moment) - since) / MICROSECONDS_A_DAY;
}

function dayNodes({ graph }: FeatureNodes, moment: string, since: string): string {
  const difference = graph.node('Sub', [moment, since]);
  return toFloat32(graph, graph.node('Div', [difference, float64(graph, MICROSECONDS_A_DAY)]));
}

export const deriveSince: Derive = ({ name, since = '' }, columns, { typeOf, problem }) => {
  const named = (from: string): string => name ?? `${from}_since`;
  const type = typeOf(since);
  if (type === 'date' || type === 'timestamp') {
    return columns.map((from) => ({ name: named(from), kind: 'days_between' as const, from: [from, since] }));
  }
  const origin = type === undefined ? momentOf(since) : undefined;
  if (origin === undefined) {
    problem(
      `features.derive: since is ${JSON.stringify(since)}; accepted are a date such as 2001-01-31 or 2001-01-31T12:00:00, ` +
        'or the name of a date or timestamp column',
    );
    return [];
  }
  return columns.map((from) => ({ name: named(from), kind: 'days_since' as const, from, origin: String(origin) }));
};
