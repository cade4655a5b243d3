import { encodeLevels } from '../nodes.js';
import type { FeatureOf } from '../plan.js';
import { categories, categoriesOf, frequentLevels, noLevels, rowsOfLevels } from '../raw.js';
import { type Derive, single, type Transform } from '../transform.js';

/** Most frequent levels that have a number of their own. */
export const MAX_ENCODED_LEVELS = 10_000;

type EncodedKind = 'frequency_encoding' | 'target_encoding';

/** A category as the number that was fitted for it: both encodings are computed the same way. */
export function encoded<Kind extends EncodedKind>(): Transform<Kind> {
  return single<Kind>({
    values(feature: FeatureOf<EncodedKind>, table) {
      const { codes, keys } = categories(feature, feature.from, table);
      const ofKey = new Map(feature.levels.map((level, index) => [level, feature.values[index]!]));
      ofKey.set('', Number.NaN);
      const ofCode = Float32Array.from(keys, (key) => ofKey.get(key) ?? feature.other);
      return Float32Array.from(codes, (code) => ofCode[code]!);
    },
    nodes: ({ from, levels, values, other }: FeatureOf<EncodedKind>, place) =>
      encodeLevels(place, from, levels, values, Number.NaN, other),
  });
}

export const deriveFrequencyEncoding: Derive = ({ name }, columns, { column, problem }) =>
  columns.map((from) => {
    const known = categoriesOf(column(from));
    const rows = rowsOfLevels(known);
    const levels = frequentLevels(known, MAX_ENCODED_LEVELS);
    if (levels.length === 0) problem(noLevels('frequency_encoding', [from], [known]));
    return {
      name: name ?? `${from}_frequency_encoding`,
      kind: 'frequency_encoding',
      from,
      levels,
      values: levels.map((level) => Math.fround(rows.get(level)! / known.codes.length)),
      other: 0,
    };
  });
