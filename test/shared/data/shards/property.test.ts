import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkContract } from '../../../../shared/data/contract/check.js';
import { literal } from '../../../../shared/data/sql.js';
import { parseSpec } from '../../../../shared/spec/load.js';
import { cleanUp, duck, workspace } from '../workspace.js';
import { comparable, look, ofSpec, sharded } from './sharded.js';

cleanUp();

const HEAD = 'name: m\ntask: binary\ndata: { path: d.csv }\ntarget: { column: y }\n';
const EVERY = `${HEAD}contract:
  rows: { min: 3, max: 20 }
  unique: [[i, s], [d], [b, i]]
  freshness: { column: d, max_age: 1d }
  checks: [{ name: c, sql: x < i OR s IS NULL, max_failing: 0.2 }]
  columns:
    i: { type: integer, unique: true, monotone: increasing, distinct: { max: 4 }, min: -2, max: 3, mean: { max: 0 }, max_failing: 0.1 }
    x: { type: number, unique: true, monotone: strictly_decreasing, missing: { max: 0.1 }, quantiles: { 0: { min: 0 }, 0.25: { min: 0 }, 0.9: { max: 1 } }, distinct: { max: 3 }, where: i <> 1 }
    s: { enum: [a, b], pattern: "[a-c]", length: { max: 1 }, unique: true, distinct: { min: 9 }, severity: warning }
    d: { min: 2020-01-02, monotone: decreasing, unique: true, format: "%Y" }
    b: { enum: [true], missing: { max: 0 } }
    t: { unique: true, monotone: strictly_increasing, max: "2020-01-01 12:00" }
`;

const nullable = <T>(values: fc.Arbitrary<T>) => fc.option(values, { freq: 5 });
const rowsOf = fc.array(
  fc.record({
    i: nullable(fc.oneof(fc.integer({ min: -3, max: 4 }), fc.constantFrom(2 ** 53, -(2 ** 53)))),
    x: nullable(
      fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.constantFrom(0, -0, 0.1)),
    ),
    s: nullable(fc.constantFrom('a', 'b', 'c', '', 'ä', 'a,1:b', '-', '😀')),
    d: nullable(fc.integer({ min: 0, max: 5 })),
    b: nullable(fc.boolean()),
    t: nullable(fc.integer({ min: 0, max: 1_000 })),
  }),
  { minLength: 1, maxLength: 40 },
);

test('rules are decided from shards as over all rows, however these are divided into files and shards', async () => {
  const loaded = parseSpec(EVERY, 'm.yaml');
  const wanted = fc.record({
    rows: rowsOf,
    cuts: fc.array(fc.nat(40), { maxLength: 3 }),
    count: fc.integer({ min: 1, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(wanted, async ({ rows, cuts, count }) => {
      const directory = workspace();
      const number = (value: number | null): string =>
        value === null ? 'NULL' : Object.is(value, -0) ? "'-0.0'" : `'${value}'`;
      const values = rows.map(
        ({ i, x, s, d, b, t }, row) =>
          `(${row}, ${number(i)}::BIGINT, ${number(x)}::DOUBLE, ${s === null ? 'NULL' : literal(s)}, DATE '2020-01-01' + ${number(d)}::INTEGER, ${b}, TIMESTAMP '2020-01-01' + INTERVAL (${number(t)}::INTEGER) minute, 1)`,
      );
      const ends = [...new Set([0, ...cuts.map((cut) => Math.min(cut, rows.length)), rows.length])].sort((a, b) => a - b);
      const files = ends.slice(1).map((_, at) => join(directory, `${at}.parquet`));
      await duck(
        `CREATE TABLE r AS SELECT * FROM (VALUES ${values.join(', ')}) AS v(n, i, x, s, d, b, t, y)`,
        ...files.map(
          (file, at) =>
            `COPY (SELECT * EXCLUDE n FROM r WHERE n >= ${ends[at]} AND n < ${ends[at + 1]} ORDER BY n) TO ${literal(file)}`,
        ),
      );
      const whole = await look(files, loaded, (dataset) => checkContract(dataset, loaded, { now: new Date(0) }));
      const { results } = await sharded(files, loaded, Math.min(count, rows.length), ofSpec(loaded));
      expect(comparable(results)).toEqual(comparable(whole));
    }),
    { numRuns: 15 },
  );
}, 300_000);
