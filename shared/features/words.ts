import type { Table } from '../data/table.js';
import { textConstant } from './nodes.js';
import type { Feature } from './plan.js';
import { textColumn } from './raw.js';
import { tensorText } from './text.js';
import type { FeatureNodes } from './transform.js';

/**
 * What stands between words: ASCII but letters and digits, the punctuation and spaces of Latin-1, general punctuation and
 * CJK punctuation. Listed by code point and not by Unicode property, whose tables differ from one library to the next.
 */
const BETWEEN = [
  ['0000', '002f'],
  ['003a', '0040'],
  ['005b', '0060'],
  ['007b', '00bf'],
  ['2000', '206f'],
  ['3000', '303f'],
] as const;

const WORD = new RegExp(`[^${BETWEEN.map(([from, to]) => `\\u${from}-\\u${to}`).join('')}]+`, 'gu');

/** The same expression as the graph's tokenizer (RE2) writes it. */
const WORD_RE2 = `[^${BETWEEN.map(([from, to]) => `\\x{${from}}-\\x{${to}}`).join('')}]+`;

/** The words of a text, in order, as they are spelt there. */
export function wordsOf(text: string): string[] {
  return tensorText(text).match(WORD) ?? [];
}

/** The words of every row's text, as a string tensor [N, T] filled up with empty texts; T is never 0. */
export function wordNodes(place: FeatureNodes, column: string): string {
  return place.once(`words ${column}`, () => tokens(place, column, { tokenexp: { string: WORD_RE2 } }));
}

/**
 * Tokens of a string tensor [N, 1], as one [N, T] filled up with empty texts; at least one empty text ends every row.
 * ONNX has no operator that cuts texts by a pattern, so this is one of ONNX Runtime's own.
 */
export function tokens(
  { graph }: FeatureNodes,
  text: string,
  how: { readonly tokenexp: { readonly string: string } } | { readonly separators: { readonly strings: readonly string[] } },
): string {
  const cut = graph.node(
    'Tokenizer',
    [text],
    { mark: { int: 0 }, mincharnum: { int: 1 }, pad_value: { string: '' }, ...how },
    { domain: 'com.microsoft' },
  );
  const axis = graph.constant({ type: 'int64', shape: [1], values: [1n] });
  // No token in the whole batch makes a tensor of no columns, which few operators take: an empty text follows always.
  const end = graph.node('Expand', [textConstant(graph, ''), graph.node('Shape', [text])]);
  return graph.node('Concat', [graph.node('Squeeze', [cut, axis]), end], { axis: { int: 1 } });
}

/** For each row the number of every wanted word: one pass over the distinct texts, then one over the rows a word. */
export function countWords(
  feature: Feature & { readonly from: string },
  table: Table,
  width: number,
  placeOf: (word: string) => number | undefined,
): Float32Array[] {
  const { codes, dictionary } = textColumn(feature, feature.from, table);
  const counts = dictionary.map((text) => {
    const places = new Map<number, number>();
    for (const word of wordsOf(text)) {
      const place = placeOf(word);
      if (place !== undefined) places.set(place, (places.get(place) ?? 0) + 1);
    }
    return places;
  });
  const columns = Array.from({ length: width }, () => new Float32Array(codes.length));
  for (let row = 0; row < codes.length; row++) {
    for (const [place, count] of counts[codes[row]!]!) columns[place]![row] = count;
  }
  return columns;
}
