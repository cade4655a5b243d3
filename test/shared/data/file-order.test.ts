import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import { checkContract } from '../../../shared/data/contract/check.js';
import type { Dataset } from '../../../shared/data/dataset.js';
import { readRows } from '../../../shared/data/duckdb.js';
import { openDataset } from '../../../shared/data/open-dataset.js';
import { literal } from '../../../shared/data/sql.js';
import { parseSpec } from '../../../shared/spec/load.js';
import { cleanUp, duck, everyFormat, REAL, workspace } from './workspace.js';

cleanUp();

const loaded = parseSpec(
  `name: m
task: multiclass
data: { path: d.csv, where: wind > 1 }
target: { column: weather }
contract:
  unique: [[date]]
  columns:
    weather: { enum: [sun, rain, fog, drizzle] }
    temp_max: { min: 0, monotone: increasing, max_failing: 0.01 }
    date: { type: date, unique: true, min: 2012-02-01 }
  checks: [{ name: order, sql: temp_min <= temp_max - 1 }]
`,
  'm.yaml',
);

async function looked<T>(files: readonly string[], inFileOrder: boolean, look: (dataset: Dataset) => Promise<T>): Promise<T> {
  const dataset = await openDataset({ ...loaded, directory: '/', data: files, inFileOrder });
  try {
    return await look(dataset);
  } finally {
    dataset.close();
  }
}

describe('rows in the order of their files', () => {
  it('break a contract as the sorted ones do, in every format, with the same numbers', async () => {
    const directory = workspace();
    for (const file of await everyFormat(join(REAL, 'seattle-weather.csv'), directory)) {
      const [inOrder, sorted] = await Promise.all(
        [true, false].map((order) => looked([file], order, (dataset) => checkContract(dataset, loaded))),
      );
      expect(inOrder).toEqual(sorted);
      expect(inOrder!.filter(({ passed }) => !passed).length).toBeGreaterThan(3);
    }
  });

  it('are numbered through several Parquet files, and mixed with others', async () => {
    const directory = workspace();
    const paths = ['a.parquet', 'b.parquet', 'c.csv', 'd.parquet'].map((name) => join(directory, name));
    await duck(
      ...paths.map((path, index) => {
        const rows = `SELECT ${index} * 10 + range AS n, 2 AS wind, 'x' AS weather FROM range(${index + 2})`;
        return `COPY (${rows}) TO ${literal(path)}`;
      }),
    );
    for (const files of [paths.slice(0, 2), paths]) {
      const rows = await looked(files, true, ({ connection }) =>
        readRows(connection, 'SELECT n, __row FROM source ORDER BY __row'),
      );
      const expected = files.flatMap((_, index) => Array.from({ length: index + 2 }, (_, at) => index * 10 + at));
      expect(rows.map(({ n }) => Number(n))).toEqual(expected);
      expect(rows.map((row) => Number(row.__row))).toEqual(expected.map((_, index) => index + 1));
    }
  });

  it('stay behind the fence: the files that are read in place, and no others', async () => {
    const directory = workspace();
    const [mine, other] = ['mine.parquet', 'other.parquet'].map((name) => join(directory, name)) as [string, string];
    for (const path of [mine, other]) await duck(`COPY (SELECT 2 AS wind, 'x' AS weather) TO ${literal(path)}`);
    await looked([mine], true, async ({ connection }) => {
      await expect(readRows(connection, `FROM read_parquet(${literal(other)})`)).rejects.toThrow('Permission Error');
      await expect(readRows(connection, `FROM read_csv('/etc/passwd')`)).rejects.toThrow('Permission Error');
      await expect(connection.run(`COPY (SELECT 1) TO ${literal(join(directory, 'new.csv'))}`)).rejects.toThrow(
        'Permission Error',
      );
      await expect(connection.run("SET allowed_paths = ['/etc/passwd']")).rejects.toThrow('locked');
    });
  });

  it('have names of the engine as columns of their own', async () => {
    const directory = workspace();
    const file = join(directory, 'names.parquet');
    await duck(`COPY (SELECT 2 AS wind, 'x' AS weather, 'y' AS file_index, 7 AS file_row_number) TO ${literal(file)}`);
    const rows = await looked([file], true, ({ connection }) => readRows(connection, 'FROM source'));
    expect(rows).toMatchObject([{ file_index: 'y', __row: '1' }]);
  });

  it('of a file that is damaged inside name the file', async () => {
    const directory = workspace();
    const [good, bad] = ['good.parquet', 'bad.parquet'].map((name) => join(directory, name)) as [string, string];
    for (const path of [good, bad]) {
      await duck(
        `COPY (SELECT 2 AS wind, 'x' || hash(range) AS weather FROM range(20000)) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
      );
    }
    const bytes = readFileSync(bad);
    bytes.fill(0xff, 200, bytes.length - 2000);
    writeFileSync(bad, bytes);
    const broken = parseSpec(
      'name: m\ntask: binary\ndata: { path: d }\ntarget: { column: y }\ncontract: { unique: [[weather]] }',
      'm',
    );
    const filtered = parseSpec(
      'name: m\ntask: binary\ndata: { path: d, where: length(weather) > 1 }\ntarget: { column: y }\n',
      'm',
    );
    const failureOf = (spec: typeof loaded): Promise<unknown> =>
      openDataset({ ...spec, directory: '/', data: [good, bad], inFileOrder: true }).then(
        async (dataset) => {
          const error = await checkContract(dataset, spec).catch((thrown: unknown) => dataset.blame(thrown));
          dataset.close();
          return error;
        },
        (thrown: unknown) => thrown,
      );
    for (const failure of [await failureOf(broken), await failureOf(filtered)]) {
      expect(failure).toBeInstanceOf(UserError);
      expect((failure as UserError).message).toMatch(/bad\.parquet: this is not a whole Parquet file/);
    }
  });
});
