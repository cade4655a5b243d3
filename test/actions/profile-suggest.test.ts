import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openDatabase, readRows } from '../../shared/data/duckdb.js';
import type { ProfileDocument } from '../../shared/data/profile-result.js';
import { literal } from '../../shared/data/sql.js';
import type { Validation } from '../../shared/data/validation.js';
import { vegaDataset } from '../projects/sample.js';
import { Project, spec } from './project.js';

let project: Project;
afterEach(() => project.remove());

type Cell = string | number | null;
type Row = Record<string, Cell>;
type Corrupt = Cell | undefined | ((value: Cell) => Cell);

interface RealSet {
  readonly file: string;
  readonly spec: Readonly<Record<string, unknown>>;
  /** What is done to every n-th row, by the rule that has to notice; undefined: the column goes. */
  readonly corruptions: Readonly<Record<string, readonly [every: number, column: string, value: Corrupt]>>;
}

const SETS: Readonly<Record<string, RealSet>> = {
  flights: {
    file: 'flights-20k.json',
    spec: { data: { path: 'data.json', time: 'date' }, target: { column: 'late', sql: 'delay > 15' } },
    corruptions: {
      'delay min': [50, 'delay', -9000],
      'distance mean': [1, 'distance', (value) => 1.9 * Number(value)],
      'origin pattern': [7, 'origin', (value) => String(value).toLowerCase()],
      'destination missing.max': [3, 'destination', null],
      'date min': [100, 'date', '1970-01-01 00:00'],
    },
  },
  movies: {
    file: 'movies.json',
    spec: { task: 'regression', data: { path: 'data.json' }, target: { column: 'IMDB Rating' } },
    corruptions: {
      'MPAA Rating enum': [9, 'MPAA Rating', 'X-rated'],
      'Running Time min max': [2, 'Running Time min', 9000],
      'Release Date format': [20, 'Release Date', 'yesterday'],
      'IMDB Votes type': [40, 'IMDB Votes', 'many'],
      'Director required': [1, 'Director', undefined],
    },
  },
  birdstrikes: {
    file: 'birdstrikes.csv',
    spec: { data: { path: 'data.json' }, target: { column: 'damaged', sql: `"Effect Amount of damage" <> 'None'` } },
    corruptions: {
      'Wildlife Size enum': [4, 'Wildlife Size', 'Gigantic'],
      'Cost Total $ min': [5, 'Cost Total $', -500_000],
      'Time of day missing.max': [2, 'Time of day', null],
      'Aircraft Make Model length': [90, 'Aircraft Make Model', 'x'.repeat(500)],
    },
  },
  penguins: {
    file: 'penguins.json',
    spec: { task: 'multiclass', data: { path: 'data.json' }, target: { column: 'Species' } },
    corruptions: {
      'Species enum': [3, 'Species', 'Emperor'],
      'Body Mass (g) max': [4, 'Body Mass (g)', 99_000],
      'Beak Length (mm) missing.max': [5, 'Beak Length (mm)', null],
      'Island required': [1, 'Island', undefined],
    },
  },
};

function corrupt(rows: readonly Row[], { corruptions }: RealSet): void {
  for (const [every, column, value] of Object.values(corruptions)) {
    for (const [index, row] of rows.entries()) {
      if (index % every !== 0) continue;
      if (value === undefined) delete row[column];
      else row[column] = typeof value === 'function' ? value(row[column] ?? null) : value;
    }
  }
}

async function rowsOf(file: string): Promise<Row[]> {
  if (file.endsWith('.json')) return JSON.parse(readFileSync(vegaDataset(file), 'utf8')) as Row[];
  const database = await openDatabase();
  try {
    const rows = await readRows(
      database.connection,
      `SELECT * FROM read_csv(${literal(vegaDataset(file))}, all_varchar = true)`,
    );
    const value = (text: unknown) => (/^\d+$/.test(String(text)) ? Number(text) : (text as string | null));
    return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, text]) => [name, value(text)])));
  } finally {
    database.close();
  }
}

async function suggest(inputs: Readonly<Record<string, string>> = {}) {
  const { outputs } = await project.run('profile', { suggest: 'true', ...inputs });
  const text = await readFile(outputs['contract-path']!, 'utf8');
  const profile = JSON.parse(await readFile(outputs['profile-path']!, 'utf8')) as ProfileDocument;
  return { text, contract: (parse(text) as { contract: Record<string, unknown> }).contract, profile };
}

async function broken(): Promise<string[]> {
  const { outputs } = await project.run('validate', { 'fail-on': 'never' });
  const { rules } = JSON.parse(await readFile(outputs['result-path']!, 'utf8')) as Validation;
  expect(rules.length).toBeGreaterThan(5);
  return rules.filter(({ passed }) => !passed).map(({ column, rule }) => (column === undefined ? rule : `${column} ${rule}`));
}

describe('a suggested contract', () => {
  test.each(Object.entries(SETS))('of %s passes on its data, and fails on a corrupted copy', async (_, { file, ...real }) => {
    const rows = await rowsOf(file);
    project = await Project.create({ 'mlops.yaml': spec(real.spec), 'data.json': JSON.stringify(rows) });
    const { contract } = await suggest();
    await project.write('mlops.yaml', spec({ ...real.spec, contract }));
    expect(await broken()).toEqual([]);
    corrupt(rows, { file, ...real });
    await project.write('data.json', JSON.stringify(rows));
    const found = await broken();
    for (const name of Object.keys(real.corruptions)) expect(found, `${name} among ${found.join('; ')}`).toContain(name);
    await project.write('data.json', JSON.stringify(rows.slice(0, rows.length / 10)));
    expect(await broken()).toContain('rows.min');
  });

  test('says beside each rule what was seen', async () => {
    project = await Project.create({
      'mlops.yaml': spec(SETS.penguins!.spec),
      'data.json': JSON.stringify(await rowsOf('penguins.json')),
    });
    const { text, profile } = await suggest();
    expect(text).toMatchInlineSnapshot(`
      "# A contract that the data of churn keeps, with slack; read it, change what you know better, and put it
      # into mlops.yaml. "validate" holds the data against it.

      contract:
        # seen: 344 rows
        rows: { min: 100 }
        columns:
          Species:
            type: string
            # seen: none missing
            missing: { max: 0 }
            # seen: these 3
            enum: [ Adelie, Gentoo, Chinstrap ]
          Island:
            type: string
            # seen: none missing
            missing: { max: 0 }
            # seen: these 3
            enum: [ Biscoe, Dream, Torgersen ]
          Beak Length (mm):
            type: number
            # seen: 2 missing (0.6 %)
            missing: { max: 0.02 }
            # seen: 32.1 to 59.6
            min: 29
            # seen: 32.1 to 59.6
            max: 63
            # seen: 43.92, give or take half a standard deviation (5.46)
            mean: { min: 41, max: 47 }
          Beak Depth (mm):
            type: number
            # seen: 2 missing (0.6 %)
            missing: { max: 0.02 }
            # seen: 13.1 to 21.5
            min: 12.2
            # seen: 13.1 to 21.5
            max: 22.4
            # seen: 17.15, give or take half a standard deviation (1.975)
            mean: { min: 16.1, max: 18.2 }
          Flipper Length (mm):
            type: integer
            # seen: 2 missing (0.6 %)
            missing: { max: 0.02 }
            # seen: 172 to 231
            min: 166
            # seen: 172 to 231
            max: 237
            # seen: 200.9, give or take half a standard deviation (14.06)
            mean: { min: 193, max: 208 }
          Body Mass (g):
            type: integer
            # seen: 2 missing (0.6 %)
            missing: { max: 0.02 }
            # seen: 2700 to 6300
            min: 2300
            # seen: 2700 to 6300
            max: 6700
            # seen: 4,202, give or take half a standard deviation (802)
            mean: { min: 3800, max: 4700 }
          Sex:
            type: string
            # seen: 10 missing (2.9 %)
            missing: { max: 0.05 }
            # seen: these 2
            enum: [ MALE, FEMALE ]
            # seen: "." in 1 of 344 rows, which looks like a missing value; make it one, and remove this line
            max_failing: 0.006
      "
    `);
    expect(profile.findings.filter(({ kind }) => kind === 'stand-in').map(({ message }) => message)).toEqual([
      '`Sex` is "." in 1 row: it looks like a missing value, and is read as one like any other.',
    ]);
  });

  test('takes ".", "N/A" and -999 for missing values, and bounds the others', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => {
      const age = index % 40 === 0 ? -999 : 20 + (index % 50);
      const city = index % 25 === 0 ? 'N/A' : ['Ulm', 'Bonn', 'Kiel'][index % 3];
      return `${index},${age},${city},${index % 4 === 0 ? 'yes' : 'no'}`;
    });
    project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': `id,age,city,churned\n${lines.join('\n')}\n` });
    const { contract, text, profile } = await suggest();
    expect(profile.standIns).toEqual([
      { column: 'age', value: -999, rows: 5, rest: { low: 20, high: 69 } },
      { column: 'city', value: 'N/A', rows: 8 },
    ]);
    expect(contract).toMatchObject({
      rows: { min: 100 },
      columns: {
        id: { type: 'integer', unique: true, min: 0 },
        age: { min: 15, max: 74, max_failing: 0.039 },
        city: { enum: ['Bonn', 'Kiel', 'Ulm'], max_failing: 0.061 },
        churned: { enum: ['no', 'yes'] },
      },
    });
    expect(text).toContain(
      '# seen: -999 in 5 of 200 rows, which looks like a missing value; make it one, and remove this line',
    );
    await project.write('mlops.yaml', spec({ contract }));
    expect(await broken()).toEqual([]);
  });

  test('stands up to what data may be', async () => {
    const odd = 'a "b" # c: SELECT 1; --';
    const rows = Array.from({ length: 60 }, (_, index) => ({
      id: index,
      [odd]: index === 3 ? 'x'.repeat(100_000) : `${'مرحبا 👋'} ${index % 7}`,
      empty: null,
      same: 1,
      mixed: index % 2 === 0 ? index : `n${index}`,
      huge: index === 5 ? 1e300 : index / 7,
      list: [1, 2],
      churned: index % 3 === 0 ? 'yes' : 'no',
    }));
    const odds = { data: { path: 'data.json', key: 'id' } };
    project = await Project.create({ 'mlops.yaml': spec(odds), 'data.json': JSON.stringify(rows) });
    const { contract } = await suggest();
    await project.write('mlops.yaml', spec({ ...odds, contract }));
    expect(await broken()).toEqual([]);
    expect(Object.keys(contract.columns as object)).toContain(odd);
    await project.write('data.json', JSON.stringify(rows.slice(0, 1)));
    const one = await suggest();
    await project.write('mlops.yaml', spec({ ...odds, contract: one.contract }));
    expect(await broken()).toEqual([]);
  });

  test('is written only when it is asked for, and goes into the artifact', async () => {
    project = await Project.create({
      'mlops.yaml': spec(SETS.penguins!.spec),
      'data.json': JSON.stringify(await rowsOf('penguins.json')),
    });
    expect((await project.run('profile')).outputs['contract-path']).toBe('');
    expect(project.uploads[0]!.files).toHaveLength(2);
    const file = join(project.directory, '.mlops-actions/contract.yaml');
    expect((await project.run('profile', { suggest: 'true' })).outputs['contract-path']).toBe(file);
    expect(project.uploads[1]!.files).toContain(file);
  });
});
