import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { openDatabase, readRows } from '../../shared/data/duckdb.js';
import { literal } from '../../shared/data/sql.js';
import { vegaDataset } from '../projects/sample.js';
import { Project, spec } from './project.js';
import { broken, suggest } from './suggested.js';

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

test.each(Object.entries(SETS))('of %s passes on its data, and fails on a corrupted copy', async (_, { file, ...real }) => {
  const rows = await rowsOf(file);
  project = await Project.create({ 'mlops.yaml': spec(real.spec), 'data.json': JSON.stringify(rows) });
  const { contract } = await suggest(project);
  await project.write('mlops.yaml', spec({ ...real.spec, contract }));
  expect(await broken(project)).toEqual([]);
  corrupt(rows, { file, ...real });
  await project.write('data.json', JSON.stringify(rows));
  const found = await broken(project);
  for (const name of Object.keys(real.corruptions)) expect(found, `${name} among ${found.join('; ')}`).toContain(name);
  await project.write('data.json', JSON.stringify(rows.slice(0, rows.length / 10)));
  expect(await broken(project)).toContain('rows.min');
});
