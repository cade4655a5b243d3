import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkContract } from '../../../../shared/data/contract/check.js';
import { parseContract } from '../../../../shared/data/contract/formats/read.js';
import { checkImported } from '../../../../shared/data/contract/imported.js';
import { literal } from '../../../../shared/data/sql.js';
import { parseSpec } from '../../../../shared/spec/load.js';
import { cleanUp, duck, REAL, workspace } from '../workspace.js';
import { comparable, look, ofContract, ofSpec, sharded } from './sharded.js';

cleanUp();

const HEAD = 'name: m\ntask: binary\ndata: { path: d.csv }\ntarget: { column: y }\n';
describe('rules decided from shards', () => {
  test('may find columns without a value, whole numbers among others, and columns that other files lack', async () => {
    const directory = workspace();
    const contract = `${HEAD}contract:
  columns:
    n: { type: number, min: 2, unique: true, monotone: increasing, mean: { max: 1 }, quantiles: { 0.5: { max: 1 } }, distinct: { max: 2 } }
    w: { type: integer, max: 5 }
    only: { min: 1, missing: { max: 0.2 }, monotone: increasing, distinct: { max: 1 } }
    late: { enum: [a], pattern: a }
`;
    const loaded = parseSpec(contract, 'm.yaml');
    const files = [
      'n,w,only,y\n1,1,,0\n3,2,,1\n',
      'n,w,only,y\n2.5,7,,1\n,,,0\n',
      'n,w,only,late,y\n3,9,5,a,0\n4,1.5,4,b,1\n1,,5,,1\n',
    ].map((text, at) => {
      const file = join(directory, `${at}.csv`);
      writeFileSync(file, text);
      return file;
    });
    const whole = await look(files, loaded, (dataset) => checkContract(dataset, loaded));
    const { results, data } = await sharded(files, loaded, 3, ofSpec(loaded));
    expect(data.schema).toEqual([
      { name: 'n', type: 'number' },
      { name: 'w', type: 'number' },
      { name: 'only', type: 'integer' },
      { name: 'y', type: 'integer' },
      { name: 'late', type: 'string' },
    ]);
    // A whole number is shown as its shard has it.
    const plain = (results: unknown): unknown =>
      JSON.parse(JSON.stringify(results).replaceAll('.0"', '"').replaceAll('.0 after', ' after'));
    expect(plain(comparable(results))).toEqual(plain(comparable(whole)));
    expect(results.filter(({ passed }) => !passed).length).toBeGreaterThan(8);
  });
});

test('infinite values are found as they are in one run', async () => {
  const file = join(workspace(), 'x.parquet');
  await duck(
    `COPY (SELECT * FROM (VALUES (1.5::DOUBLE, 'inf'::DOUBLE, 1), (-3, 2, 0), ('-inf'::DOUBLE, 7, 1), (4, '-inf'::DOUBLE, 0)) AS t(a, b, y)) TO ${literal(file)}`,
  );
  const rules = 'min: 0, max: 3, mean: { min: 0 }, distinct: { max: 1 }, missing: { max: 0 }';
  const loaded = parseSpec(`${HEAD}contract:\n  columns:\n    a: { ${rules} }\n    b: { ${rules} }\n`, 'm.yaml');
  const whole = await look([file], loaded, (dataset) => checkContract(dataset, loaded));
  const { results } = await sharded([file], loaded, 2, ofSpec(loaded));
  expect(results).toEqual(whole);
  expect(results.map(({ found }) => found).join()).toContain('infinite');
});

/** Suites that the real Great Expectations exported; contract/golden/great-expectations.py made them. */
const golden = JSON.parse(
  readFileSync(new URL('../contract/golden/great-expectations.json', import.meta.url), 'utf8'),
) as Record<'movies' | 'birdstrikes', { readonly suite: unknown }>;

test.each([
  [
    ...(['movies', 'movies.json', 'read_json'] as const),
    [
      ...['distinct_values_to_be_in_set', 'distinct_values_to_contain_set', 'distinct_values_to_equal_set'],
      ...[
        'most_common_value_to_be_in_set',
        'quantile_values_to_be_between',
        'stdev_to_be_between',
        'value_z_scores_to_be_less_than',
      ],
    ],
  ],
  [...(['birdstrikes', 'birdstrikes.csv', 'read_csv'] as const), ['most_common_value_to_be_in_set']],
] as const)(
  'a suite of Great Expectations on %s has the same verdicts, but for rules that need all rows',
  async (name, source, reader, needAll) => {
    const file = join(workspace(), `${name}.parquet`);
    await duck(`COPY (SELECT * FROM ${reader}(${literal(REAL + source)})) TO ${literal(file)} (ROW_GROUP_SIZE 2048)`);
    const loaded = parseSpec(HEAD, 'm.yaml');
    const contract = parseContract(JSON.stringify(golden[name].suite, null, 2), 'suite.json');
    const { results: whole } = await look([file], loaded, (dataset) => checkImported(dataset, contract));
    const { results } = await sharded([file], loaded, 3, ofContract(contract));
    const isDecided = (at: number): boolean => !results[at]!.found.startsWith('not decidable in shards');
    const undecided = new Set(results.flatMap(({ rule, passed }, at) => (isDecided(at) ? [] : [`${rule}: ${passed}`])));
    expect([...undecided].sort()).toEqual(needAll.map((rule) => `expect_column_${rule}: false`));
    expect(comparable(results.filter((_, at) => isDecided(at)))).toEqual(comparable(whole.filter((_, at) => isDecided(at))));
    expect(results.filter((_, at) => isDecided(at)).length / results.length).toBeGreaterThan(0.7);
  },
);
