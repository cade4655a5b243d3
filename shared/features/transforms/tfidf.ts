import type { StringColumn } from '../../data/table.js';
import type { Derive, Transform } from '../transform.js';
import { countWords, wordNodes, wordsOf } from '../words.js';

/**
 * Words by name: count · weight, the weight being ln((1 + n) / (1 + rows with the word)) + 1 as scikit-learn's
 * TfidfVectorizer(norm=None) has it. Upper and lower case are one word. The graph knows no Unicode case rules, so what is
 * one word are all the spellings that the training rows have of it.
 */
export const tfidf: Transform<'tfidf'> = {
  joins: () => true,
  values(features, table) {
    const placeOf = new Map(features.flatMap(({ spellings }, place) => spellings.map((spelling) => [spelling, place])));
    const columns = countWords(features[0]!, table, features.length, (word) => placeOf.get(word));
    return columns.map((counts, place) => counts.map((count) => count * features[place]!.weight));
  },
  nodes(features, place) {
    const pool = features.flatMap(({ spellings, weight }, index) => spellings.map((spelling) => ({ spelling, weight, index })));
    return place.graph.node('TfIdfVectorizer', [wordNodes(place, features[0]!.from)], {
      mode: { string: 'TFIDF' },
      min_gram_length: { int: 1 },
      max_gram_length: { int: 1 },
      max_skip_count: { int: 0 },
      ngram_counts: { ints: [0] },
      ngram_indexes: { ints: pool.map(({ index }) => index) },
      pool_strings: { strings: pool.map(({ spelling }) => spelling) },
      weights: { floats: pool.map(({ weight }) => weight) },
    });
  },
};

export const deriveTfidf: Derive = ({ name, tfidf: most = 1 }, columns, { column, problem }) =>
  columns.flatMap((from) => {
    const words = frequentWords(column(from) as StringColumn, most);
    if (words.length === 0)
      problem(`features.derive: tfidf of ${JSON.stringify(from)} tells nothing: no training row has a word`);
    return words.map(({ word, spellings, weight }) => ({
      name: `${name ?? `${from}_tfidf`}_${word}`,
      kind: 'tfidf' as const,
      from,
      word,
      spellings,
      weight,
    }));
  });

/** The words that the most rows have, ties by text. */
function frequentWords(
  { codes, dictionary }: StringColumn,
  most: number,
): { readonly word: string; readonly spellings: string[]; readonly weight: number }[] {
  const rowsOfCode = new Float64Array(dictionary.length);
  for (const code of codes) rowsOfCode[code]! += 1;
  const words = new Map<string, { rows: number; spellings: Set<string> }>();
  for (const [code, text] of dictionary.entries()) {
    if (rowsOfCode[code] === 0) continue;
    const inText = new Set<string>();
    for (const spelling of wordsOf(text)) {
      const word = spelling.toLowerCase();
      const known = words.get(word) ?? { rows: 0, spellings: new Set() };
      words.set(word, known);
      known.spellings.add(spelling);
      if (!inText.has(word)) known.rows += rowsOfCode[code]!;
      inText.add(word);
    }
  }
  return [...words]
    .sort(([a, { rows: rowsA }], [b, { rows: rowsB }]) => rowsB - rowsA || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([word, { rows, spellings }]) => ({
      word,
      spellings: [...spellings].sort(),
      weight: Math.fround(Math.log((1 + codes.length) / (1 + rows)) + 1),
    }));
}
