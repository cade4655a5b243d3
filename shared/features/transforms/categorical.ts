import { encodeLevels } from '../nodes.js';
import { textColumn } from '../raw.js';
import { tensorText } from '../text.js';
import { single } from '../transform.js';

/** A text as the index of its level. */
export const categorical = single<'categorical'>({
  levels: (feature) => feature.levels.length + 1,
  values(feature, table) {
    const { codes, dictionary } = textColumn(feature, feature.from, table);
    const indexOf = new Map<string, number>(feature.levels.map((level, index) => [level, index]));
    indexOf.set('', Number.NaN);
    const indexOfCode = Float32Array.from(dictionary, (text) => indexOf.get(tensorText(text)) ?? feature.levels.length);
    return Float32Array.from(codes, (code) => indexOfCode[code]!);
  },
  nodes: ({ from, levels }, place) => encodeLevels(place, from, levels, [...levels.keys()], Number.NaN, levels.length),
});
