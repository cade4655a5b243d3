import { expect, test } from 'vitest';
import { featureText } from '../../../shared/evaluation/feature-text.js';
import type { Feature } from '../../../shared/features/plan.js';

const CASES: readonly (readonly [Feature, string])[] = [
  [{ name: 'a', kind: 'numeric', from: 'a' }, 'numeric'],
  [{ name: 'a', kind: 'categorical', from: 'b', levels: ['x'] }, 'categorical, from b'],
  [{ name: 'a', kind: 'date_part', from: 'at', part: 'hour' }, 'hour of at'],
  [{ name: 'a', kind: 'cyclic', from: 'at', part: 'hour', wave: 'cos' }, 'cosine of the hour of at'],
  [{ name: 'a', kind: 'days_since', from: 'at', origin: '978307200000000' }, 'days of at since 2001-01-01'],
  [{ name: 'a', kind: 'days_since', from: 'at', origin: '978310800000000' }, 'days of at since 2001-01-01T01:00:00.000Z'],
  [{ name: 'a', kind: 'days_between', from: ['at', 'born'] }, 'days of at since born'],
  [{ name: 'a', kind: 'log', from: 'x' }, 'log(1 + x)'],
  [{ name: 'a', kind: 'clip', from: 'x', min: 0, max: 3 }, 'x held at 0 and above, at 3 and below'],
  [{ name: 'a', kind: 'clip', from: 'x', max: 3 }, 'x held at 3 and below'],
  [{ name: 'a', kind: 'bins', from: 'x', edges: [1, 2] }, 'bin of x, edges 1, 2'],
  [{ name: 'a', kind: 'bins', from: 'x', edges: [1, 2], widths: 4 }, 'bin of x, 4 of one width'],
  [{ name: 'a', kind: 'bins', from: 'x', edges: [1, 2], quantiles: 4 }, 'bin of x, 4 with equally many rows'],
  [{ name: 'a', kind: 'ratio', from: ['x', 'y'] }, 'x / y'],
  [{ name: 'a', kind: 'difference', from: ['x', 'y'] }, 'x - y'],
  [{ name: 'a', kind: 'product', from: ['x', 'y', 'z'] }, 'x × y × z'],
  [{ name: 'a', kind: 'crossed', from: ['s', 't'], levels: [['u', 'v']] }, 's and t joined'],
  [{ name: 'a', kind: 'length', from: 's' }, 'length of s'],
  [{ name: 'a', kind: 'hashed_tokens', from: 's', buckets: 8, bucket: 3 }, 'words of s, bucket 3 of 8'],
  [{ name: 'a', kind: 'tfidf', from: 's', word: 'late', spellings: ['Late'], weight: 2 }, 'TF-IDF of late in s'],
  [{ name: 'a', kind: 'target_encoding', from: 's', levels: ['u'], values: [1], other: 0 }, 'mean target of s'],
  [
    { name: 'a', kind: 'target_encoding', from: 's', levels: ['u'], values: [1], other: 0, ofClass: 'sun' },
    'share of sun of s',
  ],
  [{ name: 'a', kind: 'frequency_encoding', from: 's', levels: ['u'], values: [1], other: 0 }, 'frequency of s'],
  [{ name: 'a', kind: 'missing', from: 'x' }, 'x is missing'],
  [{ name: 'a', kind: 'one_hot', from: 's', level: 'u' }, 's is u'],
];

test.each(CASES)('%j is told without what was fitted', (feature, text) => {
  expect(featureText(feature)).toBe(text);
});
