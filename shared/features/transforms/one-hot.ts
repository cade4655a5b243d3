import { toFloat32 } from '../nodes.js';
import { categories, categoriesOf, frequentLevels, noLevels } from '../raw.js';
import type { Derive, Transform } from '../transform.js';

/** Most frequent levels that get a column. */
const MAX_COLUMNS = 254;

/** A column a level. */
export const oneHot: Transform<'one_hot'> = {
  joins: () => true,
  values(features, table) {
    const { codes, keys } = categories(features[0]!, features[0]!.from, table);
    return features.map(({ level }) => {
      const hot = Float32Array.from(keys, (key) => (key === level ? 1 : 0));
      return Float32Array.from(codes, (code) => hot[code]!);
    });
  },
  nodes(features, { graph, input }) {
    const { name, tensor } = input(features[0]!.from);
    const shape = [1, features.length];
    const levels = features.map(({ level }) => level);
    const row =
      tensor === 'string'
        ? graph.constant({ type: 'string', shape, values: levels }, 'levels')
        : graph.constant({ type: 'int64', shape, values: levels.map((level) => BigInt(level)) }, 'levels');
    return toFloat32(graph, graph.node('Equal', [name, row]));
  },
};

export const deriveOneHot: Derive = ({ name }, columns, { column, problem }) =>
  columns.flatMap((from) => {
    const known = categoriesOf(column(from));
    const levels = frequentLevels(known, MAX_COLUMNS);
    if (levels.length === 0) problem(noLevels('one_hot', [from], [known]));
    return levels.map((level) => ({
      name: `${name ?? `${from}_one_hot`}_${level}`,
      kind: 'one_hot' as const,
      from,
      level,
    }));
  });
