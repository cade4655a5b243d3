import { INT64, textConstant } from '../nodes.js';
import type { Derive, Transform } from '../transform.js';
import { countWords, wordNodes } from '../words.js';

/** Words by hash: every word has a place, whether training saw it or not. Upper and lower case are different words. */
export const hashedTokens: Transform<'hashed_tokens'> = {
  joins: (before, feature) => before.buckets === feature.buckets && before.bucket < feature.bucket,
  values(features, table) {
    const [{ buckets }] = features as [(typeof features)[0]];
    const placeOf = new Map(features.map(({ bucket }, place) => [bucket, place]));
    return countWords(features[0]!, table, features.length, (word) => placeOf.get(murmurHash3(word) % buckets));
  },
  nodes(features, place) {
    const { graph, once } = place;
    const { from, buckets } = features[0]!;
    const of = once(`buckets ${buckets} ${from}`, () => {
      const words = wordNodes(place, from);
      const hash = graph.node('MurmurHash3', [words], { positive: { int: 1 }, seed: { int: 0 } }, { domain: 'com.microsoft' });
      const whole = graph.node('Cast', [hash], { to: { int: INT64 } });
      const count = graph.constant({ type: 'int64', shape: [], values: [BigInt(buckets)] });
      const none = graph.constant({ type: 'int64', shape: [], values: [-1n] });
      const padding = graph.node('Equal', [words, textConstant(graph, '')]);
      return graph.node('Where', [padding, none, graph.node('Mod', [whole, count])]);
    });
    return graph.node('TfIdfVectorizer', [of], {
      mode: { string: 'TF' },
      min_gram_length: { int: 1 },
      max_gram_length: { int: 1 },
      max_skip_count: { int: 0 },
      ngram_counts: { ints: [0] },
      ngram_indexes: { ints: [...features.keys()] },
      pool_int64s: { ints: features.map(({ bucket }) => bucket) },
    });
  },
};

/**
 * MurmurHash3 (x86, 32 bits, seed 0) of a text in UTF-8, as ONNX Runtime and scikit-learn's HashingVectorizer have it.
 * Source: Austin Appleby, MurmurHash3.cpp (public domain).
 * @returns a whole number in [0, 2^32)
 */
export function murmurHash3(text: string): number {
  const bytes = new TextEncoder().encode(text);
  const mixed = (block: number): number => {
    const product = Math.imul(block, 0xcc9e2d51);
    return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
  };
  const blocks = bytes.length >> 2;
  let hash = 0;
  for (let index = 0; index < blocks; index++) {
    const at = index * 4;
    hash ^= mixed(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= blocks * 4; at--) tail = (tail << 8) | bytes[at]!;
  hash ^= mixed(tail);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export const deriveHashedTokens: Derive = ({ name, hashed_tokens: buckets = 1 }, columns) =>
  columns.flatMap((from) =>
    Array.from({ length: buckets }, (_, bucket) => ({
      name: `${name ?? `${from}_hashed_tokens`}_${bucket}`,
      kind: 'hashed_tokens' as const,
      from,
      buckets,
      bucket,
    })),
  );
