import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDatabase, readRows } from '../../../shared/data/duckdb.js';
import { type Union, unionStages } from '../../../shared/data/load.js';
import { loadStages } from '../../../shared/data/stage.js';
import { cleanUp, workspace } from './workspace.js';

cleanUp();

interface Loaded extends Omit<Union, 'isStored'> {
  readonly values: readonly unknown[];
  readonly typed: number;
}

/** Columns, notices and every value of a file, typed on the way or after all texts are there. */
async function loaded(path: string, typed: boolean): Promise<Loaded> {
  const { connection, close } = await openDatabase();
  try {
    const stages = await loadStages(connection, [{ path, display: 'd.csv', format: 'csv' }], { typed });
    const { columns, notices } = await unionStages(connection, stages, 'v');
    const texts = columns.map((_, index) => `CAST(#${index + 1} AS VARCHAR)`).join(', ');
    const values = await readRows(connection, `SELECT ${texts}, __row FROM v`);
    return { columns, notices, values, typed: stages[0]!.typed?.size ?? 0 };
  } finally {
    close();
  }
}

/** What a column mostly holds, and what else may stand in it. */
const COLUMNS: readonly { readonly usual: readonly string[]; readonly odd: readonly string[] }[] = [
  {
    usual: ['0', '12', '-7', '9223372036854775807'],
    odd: ['', ' 5', '+3', '-0', '007', '1_000', '1.5', '1e3', '0x1F', 'NA', '9223372036854775808', '\t1', 'x', ' '],
  },
  {
    usual: ['0.5', '-1.25', '3', '1e3'],
    odd: [
      '',
      '1.50',
      '.5',
      '5.',
      '-0.0',
      '00.5',
      '1_0.5',
      'nan',
      'NaN',
      'inf',
      '-Infinity',
      'iNf',
      '1e999',
      '1.5\t',
      ' 1.5 ',
      '1e',
      '-',
    ],
  },
  { usual: ['true', 'False'], odd: ['', 'TRUE', 't', '1', 'yes', 'NULL', 'tRue'] },
  {
    usual: ['2024-02-29', '1999-12-31'],
    odd: [
      '',
      '2023-02-29',
      '0044-03-15 (BC)',
      '12345-01-01',
      'infinity',
      '2024-1-1',
      '2024-01-01 10:00:00',
      '1582-10-10',
      '0000-01-01',
    ],
  },
  {
    usual: ['2024-02-29 10:00:00', '1999-12-31 23:59:59'],
    odd: [
      ...['', '2024-02-29', '2024-02-29T10:00:00Z', '2024-02-29 10:00:00+02', '2024-02-29 10:00', '2024-02-29 24:00:00'],
      ...[
        '2024-02-29 10:00:00.5',
        '2024-02-29 10:00:00.1234567',
        '2024-02-30 10:00:00',
        '0044-03-15 (BC) 10:00:00',
        'infinity',
      ],
      ...['1500-06-01 12:00:00', '12345-01-01 00:00:00', '2024-02-29 10:00:00 UTC', '2024-02-29  10:00:00'],
    ],
  },
  { usual: ['1/31/2001', '2/28/2001'], odd: ['', '13/1/2001', '2001-01-01'] },
];

describe('CSV that is typed while it is read', () => {
  it('has the types and values of texts that are typed afterwards, whatever comes after the first rows', async () => {
    const directory = workspace();
    const odd = fc.tuple(...COLUMNS.map((column) => fc.array(fc.constantFrom(...column.odd), { maxLength: 2 })));
    let second = 0;
    await fc.assert(
      fc.asyncProperty(odd, fc.boolean(), async (found, early) => {
        const rows = Array.from({ length: 600 }, (_, row) =>
          COLUMNS.map(({ usual }, column) => {
            const at = row - (early ? 20 : 550);
            return found[column]![at] ?? usual[row % usual.length]!;
          }),
        );
        const path = join(directory, 'd.csv');
        const lines = [COLUMNS.map((_, column) => `c${column}`), ...rows].map((cells) => cells.join(','));
        writeFileSync(path, `${lines.join('\n')}\n`);
        const [onTheWay, afterwards] = [await loaded(path, true), await loaded(path, false)];
        expect({ ...onTheWay, typed: 0 }).toEqual(afterwards);
        if (onTheWay.typed < 5) second++;
      }),
      { numRuns: 25 },
    );
    expect(second).toBeGreaterThan(5);
  });

  it('is read as text in those of many columns whose later values say so', async () => {
    const names = Array.from({ length: 150 }, (_, column) => (column === 7 ? '__misfit_0' : `c${column}`));
    const wrong = new Set([0, 61, 62, 149]);
    const rows = Array.from({ length: 700 }, (_, row) =>
      names.map((_, column) => (row === 690 && wrong.has(column) ? 'x' : String(row * column))),
    );
    const path = join(workspace({ 'd.csv': [names, ...rows].map((cells) => cells.join(',')).join('\n') }), 'd.csv');
    const { columns, typed } = await loaded(path, true);
    expect(columns).toEqual(names.map((name, column) => ({ name, type: wrong.has(column) ? 'string' : 'integer' })));
    expect(typed).toBe(146);
  });
});
