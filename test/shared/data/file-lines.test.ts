import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRows } from '../../../shared/data/duckdb.js';
import { fileLines } from '../../../shared/data/file-lines.js';
import { openDataset } from '../../../shared/data/open-dataset.js';
import { cleanUp, locate, spec, workspace } from './workspace.js';

cleanUp();

const source = (directory: string, name: string) =>
  ({ path: join(directory, name), display: name, format: name.includes('.tsv') ? 'tsv' : 'csv' }) as const;

const quoted = (value: string, delimiter: string): string =>
  /["\r\n]/.test(value) || value.includes(delimiter) ? `"${value.replaceAll('"', '""')}"` : value;

describe('the lines of rows in CSV files', () => {
  it('are those where the rows begin, through several files, packed ones too', async () => {
    const directory = workspace({
      'a.csv': 'id,"a\nname"\n1,x\n\n2,"two\nlines"\r\n3,"a ""quoted"" one"\n',
      'b.csv': 'id,n\n4,5" pipe\n5,y',
      'd.tsv': 'id\tn\n7\t"a\n\nb"\n8\t,"\n9\tz\n',
    });
    writeFileSync(join(directory, 'c.csv.gz'), gzipSync('id;n\n6;z\n'));
    const files = ['a.csv', 'b.csv', 'c.csv.gz', 'd.tsv'].map((name) => source(directory, name));
    const lines = await fileLines(files, [9, 1, 2, 3, 3, 4, 5, 6, 7, 8, 10]);
    expect([...lines].sort(([a], [b]) => a - b).map(([row, { file, line }]) => `${row} ${file}:${line}`)).toEqual([
      ...['1 a.csv:3', '2 a.csv:5', '3 a.csv:7', '4 b.csv:2', '5 b.csv:3', '6 c.csv.gz:2'],
      ...['7 d.tsv:2', '8 d.tsv:5', '9 d.tsv:6'],
    ]);
  });

  it('are none where a file of another kind counts too', async () => {
    const directory = workspace({ 'a.csv': 'a\n1\n' });
    expect(await fileLines([source(directory, 'a.csv'), { path: 'b', display: 'b', format: 'parquet' }], [1])).toEqual(
      new Map(),
    );
  });

  it('are those of the rows that the engine reads, whatever the values hold', async () => {
    const value = fc.string({ unit: fc.constantFrom('a', '"', '\n', ',', ' ', ';', 'é'), maxLength: 5 });
    const directory = workspace();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 12 }), async (rows) => {
        // The last column says which line the row begins on.
        let line = 2;
        const records = rows.map(([a, b]) => {
          const record = `r,${quoted(a, ',')},${quoted(b, ',')},${line}\n`;
          line += record.split('\n').length - 1;
          return record;
        });
        writeFileSync(join(directory, 'p.csv'), `k,a,b,line\n${records.join('')}`);
        const request = { spec: spec({ data: { path: 'p.csv' } }), directory, locate, inFileOrder: true };
        const dataset = await openDataset(request);
        const read = await readRows(dataset.connection, 'SELECT __row, line FROM source ORDER BY __row').finally(() =>
          dataset.close(),
        );
        const lines = await fileLines(
          [source(directory, 'p.csv')],
          read.map((row) => Number(row.__row)),
        );
        expect(read.map((row) => lines.get(Number(row.__row))?.line)).toEqual(read.map((row) => Number(row.line)));
      }),
      { numRuns: 25, seed: 3 },
    );
  });
});
