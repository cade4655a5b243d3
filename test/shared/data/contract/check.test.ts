import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../../shared/core/errors.js';
import { normalised } from '../../../../shared/data/column-types.js';
import {
  type ContractData,
  type ContractOptions,
  checkContract,
  contractLookups,
} from '../../../../shared/data/contract/check.js';
import { checkExpression } from '../../../../shared/data/fence.js';
import { openDataset } from '../../../../shared/data/open-dataset.js';
import { identifier, literal } from '../../../../shared/data/sql.js';
import type { ColumnSchema } from '../../../../shared/data/table.js';
import type { RuleResult } from '../../../../shared/data/validation.js';
import { parseSpec } from '../../../../shared/spec/load.js';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { autoload_known_extensions: 'false' });
  connection = await instance.connect();
});

afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const SQL_TYPES = {
  string: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
};
type Cell = string | number | boolean | null;
type Data = Record<string, [type: ColumnSchema['type'], values: Cell[]]>;

async function dataset(data: Data): Promise<ContractData> {
  const columns = Object.entries(data).map(([name, [type]]) => `${identifier(name)} ${SQL_TYPES[type]}`);
  const rows = Math.max(0, ...Object.values(data).map(([, values]) => values.length));
  await connection.run(`CREATE OR REPLACE TABLE stored (__row BIGINT, ${columns.join(', ')})`);
  for (let row = 0; row < rows; row++) {
    const cells = Object.values(data).map(([, values]) => (values[row] === null ? 'NULL' : literal(values[row]!)));
    await connection.run(`INSERT INTO stored VALUES (${[row + 1, ...cells].join(', ')})`);
  }
  // As in a dataset, where NaN and the empty text are missing.
  const values = Object.entries(data).map(
    ([name, [type]]) => `${normalised(identifier(name), SQL_TYPES[type])} AS ${identifier(name)}`,
  );
  await connection.run(`CREATE OR REPLACE VIEW source AS SELECT ${['__row', ...values].join(', ')} FROM stored`);
  return {
    connection,
    rows,
    schema: Object.entries(data).map(([name, [type]]) => ({ name, type })),
    columnNames: Object.keys(data),
    lookups: [],
    checkExpression: (sql, location) => checkExpression(connection, sql, 'source', Object.keys(data), location),
  };
}

const HEAD = 'name: m\ntask: binary\ndata: { path: d.csv }\ntarget: { column: y }\n';
const SIX: Data = {
  id: ['integer', [1, 2, 2, 4, 4, 4]],
  age: ['number', [30, Number.NaN, -5, 200, null, 41.5]],
  city: ['string', ['Bonn', '', 'Köln', "O'Hare", null, 'bonn']],
  when: ['date', ['2024-01-01', '2024-02-01', '2023-12-31', null, '2025-01-01', '2024-06-30']],
  at: ['timestamp', ['2024-01-01 10:00', '2024-01-01 12:00', null, null, '2024-01-01 12:00:01', '2024-01-01 09:00']],
  ok: ['boolean', [true, false, null, true, true, true]],
  code: ['string', ['1', '2', 'x', '4', '5', '']],
};

async function check(contract: string, data: Data = SIX, options: ContractOptions = {}): Promise<RuleResult[]> {
  const loaded = parseSpec(`${HEAD}contract:\n${contract.replace(/^/gm, '  ')}`, 'm.yaml');
  return checkContract(await dataset(data), loaded, options);
}

/** The one result of a contract with one rule. */
async function one(contract: string, data: Data = SIX, options: ContractOptions = {}): Promise<RuleResult> {
  const results = await check(contract, data, options);
  expect(results).toHaveLength(1);
  return results[0]!;
}

const column = (name: string, rules: string): string => `columns: { ${name}: { ${rules} } }`;

describe('rules of columns', () => {
  it.each<[string, string, boolean, number | undefined, string, (number | undefined)[]]>([
    ['age', 'min: 0', false, 1, '1 of 6 rows (16.7 %), smallest −5', [3]],
    ['age', 'max: 120', false, 1, '1 of 6 rows (16.7 %), largest 200', [4]],
    ['age', 'min: -5, max_failing: 0', true, 0, 'no row', []],
    ['age', 'missing: { max: 0.3 }', false, 2, '2 of 6 rows (33.3 %)', [2, 5]],
    ['age', 'missing: { max: 0.34 }', true, 2, '2 of 6 rows (33.3 %)', []],
    ['city', 'missing: { max: 0 }', false, 2, '2 of 6 rows (33.3 %)', [2, 5]],
    ['id', 'unique: true', false, 3, '3 of 6 rows (50.0 %), that repeat an earlier value', [3, 5, 6]],
    ['age', 'unique: true', true, 0, 'no row', []],
    ['city', 'unique: true', true, 0, 'no row', []],
    ['id', 'max: 3, max_failing: 0.5', true, 3, '3 of 6 rows (50.0 %), largest 4', []],
    ['when', 'min: 2024-01-01', false, 1, '1 of 6 rows (16.7 %), smallest 2023-12-31', [3]],
    ['when', 'max: "2024-12-31"', false, 1, '1 of 6 rows (16.7 %), largest 2025-01-01', [5]],
    ['at', 'max: "2024-01-01T14:00+02:00"', false, 1, '1 of 6 rows (16.7 %), largest 2024-01-01 12:00:01', [5]],
    ['city', 'enum: [Bonn, Köln, "O\'Hare"]', false, 1, '1 of 6 rows (16.7 %)', [6]],
    ['id', 'enum: [1, "2", Bonn]', false, 3, '3 of 6 rows (50.0 %)', [4, 5, 6]],
    ['ok', 'enum: [true]', false, 1, '1 of 6 rows (16.7 %)', [2]],
    ['when', 'enum: [2024-01-01, 2024-02-01, 2023-12-31, 2025-01-01]', false, 1, '1 of 6 rows (16.7 %)', [6]],
    ['city', 'pattern: "[A-Z][a-zöH\']+"', false, 1, '1 of 6 rows (16.7 %)', [6]],
    ['city', 'length: { min: 4, max: 5 }', false, 1, '1 of 6 rows (16.7 %)', [4]],
    ['code', 'format: "%d"', false, 1, '1 of 6 rows (16.7 %)', [3]],
    ['code', 'type: integer', false, 1, 'type string; 1 of 6 rows (16.7 %) cannot be read as integer', [3]],
    ['age', 'type: integer', false, 1, '1 of 6 rows (16.7 %) not whole', [6]],
    ['id', 'type: number', true, undefined, 'type integer', []],
    ['id', 'type: string', false, undefined, 'type integer', []],
    ['when', 'type: timestamp', true, undefined, 'type date', []],
    ['at', 'type: date', false, undefined, 'type timestamp', []],
    ['id', 'required: true', true, undefined, 'there', []],
    ['id', 'distinct: { min: 4 }', false, undefined, '3 different values', []],
    ['city', 'distinct: { min: 4, max: 4 }', true, undefined, '4 different values', []],
    ['id', 'mean: { min: 2.8, max: 2.9 }', true, undefined, '2.833', []],
    ['age', 'quantiles: { 0.5: { max: 35 } }', false, undefined, '35.75', []],
    ['city', 'mean: { min: 1 }', false, undefined, 'type string: it has no mean', []],
    ['city', 'min: 1', false, undefined, 'type string: it has no order', []],
    ['when', 'min: 5', false, undefined, 'type date: min must be a date such as 2024-01-31', []],
    ['id', 'min: low', false, undefined, 'type integer: min must be a number', []],
    ['id', 'unique: true, where: "id <> 4"', false, 1, '1 of 3 rows (33.3 %), that repeat an earlier value', [3]],
    ['id', 'missing: { max: 0 }, where: "age > 100 OR age IS NULL AND FALSE"', true, 0, 'no row', []],
    ['id', 'monotone: increasing', true, 0, 'no row', []],
    ['id', 'monotone: strictly_increasing', false, 3, '3 of 6 rows (50.0 %), out of order', [3, 5, 6]],
    ['age', 'monotone: increasing', false, 2, '2 of 6 rows (33.3 %), out of order', [3, 6]],
    ['age', 'monotone: increasing, where: "age > 0"', false, 1, '1 of 3 rows (33.3 %), out of order', [6]],
    ['age', 'monotone: decreasing, max_failing: 0.2', true, 1, '1 of 6 rows (16.7 %), out of order', []],
    ['at', 'monotone: strictly_decreasing', false, 2, '2 of 6 rows (33.3 %), out of order', [2, 5]],
    ['city', 'monotone: increasing', false, undefined, 'type string: it has no order', []],
    ['age', 'missing: { max: 0.5 }, where: "ok"', true, 1, '1 of 4 rows (25.0 %)', []],
  ])('%s: { %s }', async (name, rules, passed, failing, found, rows) => {
    const result = await one(column(name, rules));
    expect(result).toMatchObject({
      column: name,
      passed,
      found,
      severity: 'error',
      line: 6,
    });
    expect(result.failing).toBe(failing);
    expect((result.samples ?? []).map((sample) => sample.row)).toEqual(rows);
  });

  it('shows the values of failing rows, five at most, long ones cut', async () => {
    const values = ['ok', ...Array.from({ length: 8 }, (_, index) => `${index}${'x'.repeat(100)}`)];
    const result = await one(column('t', 'enum: [ok]'), { t: ['string', values] });
    expect(result.failing).toBe(8);
    expect(result.samples).toEqual([2, 3, 4, 5, 6].map((row) => ({ row, value: `${row - 2}${'x'.repeat(79)}…` })));
  });

  it('an absent column fails once and names the nearest', async () => {
    const result = await one(column('aeg', 'min: 0, max: 3, type: integer'));
    expect(result).toEqual({
      column: 'aeg',
      rule: 'required',
      required: 'a column',
      found: 'no such column; the nearest is age',
      severity: 'error',
      passed: false,
      line: 6,
    });
    expect(await check(column('aeg', 'min: 0, required: false'))).toEqual([]);
    expect(await check(column('other', 'min: 0, severity: warning'))).toMatchObject([
      { found: 'no such column', severity: 'warning' },
    ]);
  });

  it('date held as text by its format counts as a date', async () => {
    const results = await check(column('d', 'type: date, format: "%d.%m.%Y"'), { d: ['string', ['31.01.2024', '31.02.2024']] });
    expect(results.map(({ rule, passed }) => [rule, passed])).toEqual([
      ['type', true],
      ['format', false],
    ]);
  });

  it('whole numbers stored as floating point are integers', async () => {
    expect(await one(column('n', 'type: integer'), { n: ['number', [1, null, 3]] })).toMatchObject({
      passed: true,
      found: 'whole numbers, stored as type number',
    });
  });

  it('names the line of every key', async () => {
    const results = await check(
      'columns:\n  age:\n    missing:\n      max: 0.5\n    min: 0\n  id:\n    unique: true\nrows:\n  min: 3',
    );
    expect(results.map(({ rule, line }) => [rule, line])).toEqual([
      ['missing.max', 9],
      ['min', 10],
      ['unique', 12],
      ['rows.min', 14],
    ]);
  });
});

describe('rules of the table', () => {
  it('number of rows', async () => {
    expect(await check('rows: { min: 7, max: 10 }')).toEqual([
      {
        rule: 'rows.min',
        required: 'at least 7 rows',
        found: '6 rows',
        severity: 'error',
        passed: false,
        observed: 6,
        line: 6,
      },
      { rule: 'rows.max', required: 'at most 10 rows', found: '6 rows', severity: 'error', passed: true, observed: 6, line: 6 },
    ]);
  });

  it.each([
    [12, true, '6 rows, 50.0 % fewer than the 12 before'],
    [13, false, '6 rows, 53.8 % fewer than the 13 before'],
    [4, true, '6 rows, 50.0 % more than the 4 before'],
    [3, false, '6 rows, 100.0 % more than the 3 before'],
    [0, false, '6 rows, after the 0 before'],
    [undefined, true, '6 rows; no reference was given to compare with'],
  ])('number of rows against the %s of the reference', async (referenceRows, passed, found) => {
    const result = await one('rows: { change_max: 0.5 }', SIX, { referenceRows });
    expect(result).toMatchObject({
      rule: 'rows.change_max',
      required: 'at most 50 % more or fewer rows than the reference',
      passed,
      found,
    });
  });

  it.each([
    ['at', '2h', '2024-01-01T14:00:01Z', true, 'the newest is 2024-01-01 12:00:01, 2h old'],
    ['at', '2h', '2024-01-01T14:00:02Z', false, 'the newest is 2024-01-01 12:00:01, 2h old'],
    ['when', '7d', '2024-02-20T00:00:00Z', false, 'the newest is 2024-02-01, 19d old'],
    ['when', '7d', '2023-01-01T00:00:00Z', false, 'no time up to now'],
    ['id', '7d', '2023-01-01T00:00:00Z', false, 'type integer: only a date or timestamp has an age'],
    ['whn', '7d', '2023-01-01T00:00:00Z', false, 'no such column; the nearest is when'],
  ])('how old the newest %s is, at most %s, on %s', async (name, maxAge, now, passed, found) => {
    const result = await one(`freshness: { column: ${name}, max_age: ${maxAge} }`, SIX, { now: new Date(now) });
    expect(result).toMatchObject({
      column: name,
      rule: 'freshness',
      required: `the newest row at most ${maxAge} old`,
      passed,
      found,
    });
  });

  it('values that stand in another file, by one column or several, of the same type or another', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mlops-references-'));
    try {
      writeFileSync(join(directory, 'd.csv'), 'y,plan,code\n0,basic,1\n1,pro,2\n0,,3\n1,plus,4\n1,gold,\n');
      writeFileSync(join(directory, 'plans.csv'), 'name,number\nbasic,1\npro,2\npro,2\nplus,5\n,3\n');
      writeFileSync(join(directory, 'codes.json'), '[{"c":"1"},{"c":"2"},{"c":"x"}]');
      const loaded = parseSpec(
        `${HEAD}contract:
  references:
    - { columns: [plan], file: plans.csv, to: [Name] }
    - { columns: [plan, code], file: plans.csv, to: [name, number] }
    - { columns: [code], file: codes.json, to: [c] }
    - { columns: [pla], file: plans.csv, to: [name] }
`,
        'm.yaml',
      );
      const lookups = contractLookups(loaded);
      const real = await openDataset({ spec: loaded.spec, directory, locate: loaded.locate, lookups });
      try {
        const results = await checkContract(real, loaded);
        expect(results.map(({ passed, found, line }) => [passed, found, line])).toEqual([
          [false, '1 of 5 rows (20.0 %), with values that plans.csv does not have', 7],
          [false, '1 of 5 rows (20.0 %), with values that plans.csv does not have', 8],
          [false, '2 of 5 rows (40.0 %), with values that codes.json does not have', 9],
          [false, 'pla: no such column; the nearest is plan', 10],
        ]);
        expect(results.map(({ samples = [] }) => samples)).toEqual([
          [{ row: 5, value: 'gold' }],
          [{ row: 4, value: 'plus, 4' }],
          [
            { row: 3, value: '3' },
            { row: 4, value: '4' },
          ],
          [],
        ]);
      } finally {
        real.close();
      }
      const wrong = (file: string, to: string) =>
        parseSpec(`${HEAD}contract:\n  references: [{ columns: [plan], file: ${file}, to: [${to}] }]\n`, 'm.yaml');
      for (const [bad, message] of [
        [wrong('plans.csv', 'nam'), 'm.yaml:6:41: plans.csv has no column "nam"; did you mean "name"?'],
        [wrong('absent.csv', 'name'), `m.yaml:6:41: absent.csv: no such file in ${directory}`],
        [wrong('../elsewhere.csv', 'name'), 'm.yaml:6:41: ../elsewhere.csv leads out of the working directory'],
      ] as const) {
        const opened = openDataset({ spec: bad.spec, directory, locate: bad.locate, lookups: contractLookups(bad) });
        await expect(opened).rejects.toThrow(message);
      }
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('as many columns of the file as of the data', () => {
    expect(() => parseSpec(`${HEAD}contract: { references: [{ columns: [a, b], file: f.csv, to: [a] }] }\n`, 'm.yaml')).toThrow(
      'contract.references[0].to: found 1 column for the 2 of columns; one each is needed',
    );
  });

  it('unique over several columns', async () => {
    const result = await one('unique: [[id, ok]]');
    expect(result).toMatchObject({ passed: false, failing: 2, found: '2 of 6 rows (33.3 %), that repeat earlier values' });
    expect(result.samples).toEqual([
      { row: 5, value: '4, true' },
      { row: 6, value: '4, true' },
    ]);
    expect(await one('unique: [[id, city]]')).toMatchObject({ passed: true, failing: 0 });
    expect(await one('unique: [[idd]]')).toMatchObject({ passed: false, found: 'idd: no such column; the nearest is id' });
  });

  it('checks of the user; the unknown does not fail', async () => {
    const result = await one('checks: [{ name: age is sane, sql: "age < 100", severity: warning }]');
    expect(result).toMatchObject({
      rule: 'checks.age is sane',
      required: 'age < 100',
      severity: 'warning',
      passed: false,
      failing: 1,
    });
    expect(result.samples).toEqual([{ row: 4, value: '200.0' }]);
    expect(await one('checks: [{ name: c, sql: "age < 100", max_failing: 0.4 }]')).toMatchObject({
      passed: true,
      required: 'age < 100, but for 40 % of the rows',
    });
  });

  it('no rows at all', async () => {
    const results = await check(
      `${column('n', 'min: 0, missing: { max: 0 }, unique: true, mean: { min: 0 }, distinct: { min: 1 }')}\nrows: { min: 1 }`,
      {
        n: ['number', []],
      },
    );
    expect(results.map(({ rule, passed, found }) => [rule, passed, found])).toEqual([
      ['missing.max', true, 'no row'],
      ['unique', true, 'no row'],
      ['min', true, 'no row'],
      ['distinct', false, '0 different values'],
      ['mean', false, 'no values'],
      ['rows.min', false, '0 rows'],
    ]);
  });

  it('no contract, no results', async () => {
    expect(await checkContract(await dataset(SIX), parseSpec(HEAD, 'm.yaml'))).toEqual([]);
  });
});

describe('what cannot be run is the mistake of the spec', () => {
  it.each([
    [column('city', 'pattern: "(?=x)"'), 'm.yaml:6:31: contract.columns.city.pattern: not a regular expression'],
    [column('code', 'format: "%Q"'), 'm.yaml:6:30: contract.columns.code.format: not a strftime format'],
    ['checks: [{ name: c, sql: "agge > 3" }]', 'm.yaml:6:28: SQL "agge > 3": there is no column "agge"'],
    ['checks: [{ name: a, sql: ok }, { name: c, sql: city }]', 'm.yaml:6:50: SQL "city" is VARCHAR, not a condition'],
    [
      'checks: [{ name: a, sql: ok }, { name: c, sql: "CAST(city AS INTEGER) > 3" }]',
      'm.yaml:6:50: SQL "CAST(city AS INTEGER) > 3" fails on the data:',
    ],
    [column('id', 'min: 1, where: "nope = 1"'), 'm.yaml:6:35: SQL "nope = 1": there is no column "nope"'],
    ['checks: [{ name: c, sql: "1; DROP TABLE source" }]', 'm.yaml:6:28: SQL "1; DROP TABLE source": '],
  ])('%s', async (contract, message) => {
    const failure = await check(contract).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as UserError).message).toContain(message);
    expect((failure as UserError).message.split('\n')).toHaveLength(1);
  });
});

describe('hostile names and values are only names and values', () => {
  it('a column and an enum full of SQL', async () => {
    const name = 'a"; DROP TABLE source; --';
    const value = "'); DROP TABLE source; --";
    const contract = `columns:\n  ${JSON.stringify(name)}:\n    enum: [${JSON.stringify(value)}]\n    unique: true\n    length: { min: 1 }`;
    const results = await check(contract, { [name]: ['string', [value, 'other', 'other']] });
    expect(results.map(({ rule, failing }) => [rule, failing])).toEqual([
      ['unique', 1],
      ['enum', 2],
      ['length', 0],
    ]);
  });

  it('enum counts what JavaScript counts, for any texts', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 }).filter((value) => value !== '' && !value.includes('\0'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 5 }),
        fc.array(fc.option(text), { maxLength: 8 }),
        async (accepted, values) => {
          const spec = parseSpec(HEAD, 'm.yaml', {
            overrides: [{ path: ['contract'], value: { columns: { t: { enum: accepted } } } }],
          });
          const [result] = await checkContract(await dataset({ t: ['string', values] }), spec);
          expect(result!.failing).toBe(values.filter((value) => value !== null && !accepted.includes(value)).length);
        },
      ),
      { numRuns: 40, seed: 7 },
    );
  });
});

describe('with a real dataset', () => {
  it('Seattle weather: rows are counted in the order of the file', async () => {
    const contract = `contract:
  rows: { min: 1000, max: 2000 }
  unique: [[date]]
  checks: [{ name: order, sql: temp_min <= temp_max }]
  columns:
    Date: { type: date, unique: true, min: 2012-01-01, max: 2015-12-31 }
    weather: { enum: [sun, rain, fog, drizzle], length: { max: 7 } }
    temp_max: { type: number, min: -1 }
    precipitation: { missing: { max: 0 }, mean: { min: 3, max: 3.1 }, quantiles: { 0.5: { max: 0 } } }
    wnd: { type: number }
`;
    const head = 'name: m\ntask: multiclass\ndata: { path: seattle-weather.csv }\ntarget: { column: weather }\n';
    const loaded = parseSpec(head + contract, 'm.yaml');
    const directory = fileURLToPath(new URL('../../../../node_modules/vega-datasets/data', import.meta.url));
    const real = await openDataset({ spec: loaded.spec, directory, locate: loaded.locate });
    try {
      const results = await checkContract(real, loaded);
      expect(results.filter(({ passed }) => !passed).map(({ column, rule, found }) => [column, rule, found])).toEqual([
        ['weather', 'enum', '26 of 1,461 rows (1.8 %)'],
        ['temp_max', 'min', '2 of 1,461 rows (0.1 %), smallest −1.6'],
        ['wnd', 'required', 'no such column; the nearest is wind'],
      ]);
      const lines = readFileSync(join(directory, 'seattle-weather.csv'), 'utf8').trim().split('\n').slice(1);
      const snow = lines.flatMap((line, index) => (line.endsWith(',snow') ? [{ row: index + 1, value: 'snow' }] : []));
      expect(results.find(({ rule }) => rule === 'enum')!.samples).toEqual(snow.slice(0, 5));
    } finally {
      real.close();
    }
  });
});
