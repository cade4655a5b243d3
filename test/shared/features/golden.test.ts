import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Labels, Table } from '../../../shared/data/table.js';
import { fitFeatures } from '../../../shared/features/fit.js';
import { buildMatrix } from '../../../shared/features/matrix.js';
import { murmurHash3 } from '../../../shared/features/transforms/hashed-tokens.js';
import type { DerivedFeature } from '../../../shared/spec/schema.js';
import { schemaOf, tableOf } from './tables.js';

/** Against scikit-learn's encoders; golden/encoders.py wrote what is expected. */

interface Golden {
  readonly levels: readonly string[];
  readonly targets: Readonly<
    Record<'number' | 'two' | 'three', { readonly target: readonly number[]; readonly encoded: readonly (readonly number[])[] }>
  >;
  readonly texts: readonly string[];
  readonly tfidf: Readonly<Record<string, readonly number[]>>;
  readonly murmurhash3_32: Readonly<Record<string, number>>;
}

const golden = JSON.parse(await readFile(new URL('golden/encoders.json', import.meta.url), 'utf8')) as Golden;

function columns(item: DerivedFeature, train: Table, asked: Table, labels?: Labels): { name: string; values: number[] }[] {
  const plan = fitFeatures({
    ...{ schema: schemaOf(train), use: [], derive: [item], train, task: labels?.task ?? 'binary' },
    ...(labels && { labels }),
  });
  return buildMatrix(plan, asked).columns.map(({ name, values }) => ({ name, values: [...values] }));
}

const LABELS: Readonly<Record<'number' | 'two' | 'three', (target: readonly number[]) => Labels>> = {
  number: (target) => ({ task: 'regression', values: Float64Array.from(target) }),
  two: (target) => ({ task: 'binary', classes: ['0', '1'], values: Int32Array.from(target) }),
  three: (target) => ({ task: 'multiclass', classes: ['0', '1', '2'], values: Int32Array.from(target) }),
};

test.each(['number', 'two', 'three'] as const)('target encoding of %s is that of TargetEncoder(smooth="auto")', (name) => {
  const { target, encoded } = golden.targets[name];
  const train = tableOf({ s: ['string', golden.levels] });
  const asked = tableOf({ s: ['string', ['a', 'b', 'c', 'd']] });
  const found = columns({ from: 's', target_encoding: true }, train, asked, LABELS[name](target));
  for (const [column, { values }] of found.entries()) {
    const expected = encoded.map((row) => row[column]!);
    expect(Math.max(...values.map((value, row) => Math.abs(value / expected[row]! - 1)))).toBeLessThan(1e-6);
  }
  expect(found).toHaveLength(encoded[0]!.length);
});

test('TF-IDF is that of TfidfVectorizer(norm=None)', () => {
  const table = tableOf({ s: ['string', golden.texts] });
  const found = columns({ from: 's', tfidf: 100, name: 't' }, table, table);
  expect(found.map(({ name }) => name).sort()).toEqual(
    Object.keys(golden.tfidf)
      .map((word) => `t_${word}`)
      .sort(),
  );
  for (const { name, values } of found) {
    const expected = golden.tfidf[name.slice(2)]!;
    expect(Math.max(...values.map((value, row) => Math.abs(value - expected[row]!)))).toBeLessThan(1e-6);
  }
});

test('the hash is that of HashingVectorizer', () => {
  for (const [text, hash] of Object.entries(golden.murmurhash3_32)) expect([text, murmurHash3(text)]).toEqual([text, hash]);
});
