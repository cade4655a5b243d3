import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MISSING_INTEGER } from '../../../shared/core/missing.js';
import { openDataset } from '../../../shared/data/open-dataset.js';
import { fitSplit } from '../../../shared/data/split.js';
import { literal } from '../../../shared/data/sql.js';
import { columnOf } from '../../../shared/data/table.js';
import { cleanUp, duck, everyFormat, locate, open, openCsv, REAL, spec, userError, workspace } from './workspace.js';

cleanUp();

describe('the same rows in any order and format', () => {
  it.each([
    ['penguins', 'penguins.json', { task: 'regression', target: { column: 'Body Mass (g)' } }],
    ['seattle-weather', 'seattle-weather.csv', { task: 'multiclass', target: { column: 'weather' } }],
  ])('of %s have one fingerprint, one split and one table', async (_, file, sections) => {
    const directory = workspace();
    const paths = await everyFormat(join(REAL, file), directory);
    const original = await open(directory, { ...sections, data: { path: join(REAL, file) } });
    const names = original.schema.map(({ name }) => name);
    const expected = {
      fingerprint: original.fingerprint,
      split: await fitSplit(original, original.spec),
      table: await original.table(names),
      labels: await original.labels(),
      ids: await original.rowIds(),
    };
    for (const path of paths) {
      const dataset = await open(directory, { ...sections, data: { path } });
      const found = {
        fingerprint: dataset.fingerprint,
        split: await fitSplit(dataset, dataset.spec),
        table: await dataset.table(names),
        labels: await dataset.labels(),
        ids: await dataset.rowIds(),
      };
      expect(found, path).toEqual(expected);
    }
  });

  it('change the fingerprint when one value, one name or one duplicate does', async () => {
    const texts = ['a,y\n1,0\n2,1\n', 'a,y\n1,0\n3,1\n', 'b,y\n1,0\n2,1\n', 'a,y\n1,0\n2,1\n2,1\n', 'a,y\n1,0\n2,\n'];
    const digests = await Promise.all(texts.map(async (text) => (await openCsv(text)).fingerprint.digest));
    expect(new Set(digests).size).toBe(texts.length);
    expect((await openCsv('y,a\n1,2.0\n0,1.0\n')).fingerprint.digest).toBe(digests[0]);
  });
});

describe('files', () => {
  it('are united by name over mixed formats, with the row numbers of the files in order', async () => {
    const directory = workspace({
      'data/b.csv': 'x,y,late\n1,0,\n2,1,5\n',
      'data/deep/er/a.ndjson': '{"y": 1, "x": 2.5}\n{"x": null, "y": 0, "flag": true}\n',
      'data/a.tsv': 'y\tx\n1\t7\n',
      'data/.hidden.csv': 'x,y\nbad,1\n',
    });
    await duck(`COPY (SELECT 9::INTEGER AS x, 1::TINYINT AS y) TO ${literal(join(directory, 'data/z.parquet'))}`);
    const dataset = await open(directory, { data: { path: ['data/z.parquet', 'data/**/*.{csv,tsv,ndjson}', 'data/b.csv'] } });
    expect(dataset.files).toEqual(['data/a.tsv', 'data/b.csv', 'data/deep/er/a.ndjson', 'data/z.parquet']);
    expect(dataset.schema).toEqual([
      { name: 'y', type: 'integer' },
      { name: 'x', type: 'number' },
      { name: 'late', type: 'integer' },
      { name: 'flag', type: 'boolean' },
    ]);
    const rows = await dataset.connection.runAndReadAll('SELECT __row, x, y, late, flag FROM source ORDER BY __row');
    expect(rows.getRowsJS()).toEqual([
      [1n, 7, 1n, null, null],
      [2n, 1, 0n, null, null],
      [3n, 2, 1n, 5n, null],
      [4n, 2.5, 1n, null, null],
      [5n, null, 0n, null, true],
      [6n, 9, 1n, null, null],
    ]);
  });

  it.each([
    ['a missing file', 'none.csv', {}, /none\.csv: no such file/],
    ['a pattern without a match', 'data/*.csv', {}, /no file in .* matches/],
    ['an empty file', 'data.csv', { 'data.csv': '' }, /data\.csv is empty \(0 bytes\)/],
    ['a header without rows', 'data.csv', { 'data.csv': 'a,y\n' }, /data\.csv: the data has no rows/],
    ['an unknown kind', 'data.xlsx', { 'data.xlsx': 'x' }, /accepted are csv, tsv/],
    ['a packed Parquet file', 'data.parquet.gz', { 'data.parquet.gz': 'x' }, /read as \.parquet/],
    ['a directory', 'data', { 'data/a.csv': 'x' }, /is a directory; name its files/],
    ['a remote file', 'https://example.com/a.csv', {}, /only local files/],
    ['a bucket', 's3://bucket/a.csv', {}, /only local files/],
    ['a way out of the directory', '../a.csv', {}, /leads out of the working directory/],
    ['a pattern that leads out', '../*/a.csv', {}, /leads out of the working directory/],
    ['a Git LFS pointer', 'd.csv', { 'd.csv': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n' }, /lfs: true/],
    [
      'a row with too few fields',
      'd.csv',
      { 'd.csv': 'a,b,y\n1,2,3\n4,5\n' },
      /^d\.csv:3: .* has 2 fields where the header has 3/,
    ],
    [
      'a row with too many fields',
      'd.csv',
      { 'd.csv': 'a,y\n1,2\n4,5\n6,7,8\n' },
      /^d\.csv:4: .* has 3 fields where the header has 2/,
    ],
    ['an open quote', 'd.csv', { 'd.csv': 'a,y\n1,"2\n4,5\n' }, /^d\.csv:\d: .*never closed/],
    ['text in another encoding', 'd.csv', { 'd.csv': Buffer.from('a,y\n\xe9,2\n', 'latin1') }, /UTF-8/],
    ['a name that is there twice', 'd.csv', { 'd.csv': 'a,a,y\n1,2,3\n' }, /^d\.csv:1: column "a" is there twice/],
    ['names that differ in case only', 'd.csv', { 'd.csv': 'Sex,sex,y\n1,2,3\n' }, /upper from lower case/],
    [
      'keys that differ in case only',
      'd.json',
      { 'd.json': '[{"C": 1, "c": 2, "y": 0}, {"c": 3, "y": 1}]' },
      /^d\.json: column "c" is there and as "C", and SQL does not tell upper from lower case; rename one of them$/,
    ],
    ['a header of numbers', 'd.csv', { 'd.csv': '1,2\n3,4\n' }, /must name the columns/],
    ['a name of ours', 'd.csv', { 'd.csv': '__row,y\n3,4\n' }, /"__row" is used by this tool/],
    ['broken JSON', 'd.json', { 'd.json': '[{"a": 1}, {"a": ' }, /^d\.json: cannot be read as JSON/],
    ['an empty JSON array', 'd.json', { 'd.json': '[]' }, /^d\.json: the data has no rows$/],
    ['UTF-16 text', 'd.csv', { 'd.csv': Buffer.from('\ufeffa,y\n1,2\n', 'utf16le') }, /d\.csv is UTF-16 text/],
    ['UTF-16 text, high byte first', 'd.csv', { 'd.csv': Buffer.from([0xfe, 0xff, 0, 97]) }, /iconv -f utf-16 -t utf-8/],
    ['an open quote in the header', 'd.csv', { 'd.csv': 'a,"y\n1,2\n4,5\n' }, /^d\.csv:1: the header opens a quote/],
    ['JSON without objects', 'd.json', { 'd.json': '[1, 2]' }, /^d\.json: rows of JSON data are objects/],
    [
      'text that is no Parquet',
      'd.parquet',
      { 'd.parquet': 'hello, this is not Parquet' },
      /^d\.parquet: this is not a whole Parquet file/,
    ],
    ['text that is not gzip', 'd.csv.gz', { 'd.csv.gz': 'a,y\n1,2\n' }, /^d\.csv\.gz: cannot be read/],
  ])('%s is a clear error', async (_, path, files, reason) => {
    const message = await userError(open(workspace(files), { data: { path } }));
    expect(message).toMatch(reason);
    expect(message.split('\n')).toHaveLength(1);
  });

  it('may have keys that end in numbers', async () => {
    const file = '[{"c": 1, "y": 0}, {"c": 3, "c_1": 5, "y": 1}]';
    const dataset = await open(workspace({ 'd.json': file }), { data: { path: 'd.json' } });
    expect(dataset.columnNames).toEqual(['c', 'y', 'c_1']);
  });

  it('a truncated Parquet file is a clear error', async () => {
    const whole = await readFile(join(REAL, 'flights-3m.parquet'));
    const directory = workspace({ 'd.parquet': whole.subarray(0, 100_000) });
    expect(await userError(open(directory, { data: { path: 'd.parquet' } }))).toMatch(
      /^d\.parquet: this is not a whole Parquet file/,
    );
  });

  it('links that lead out are refused, links within are followed', async () => {
    const outside = workspace({ 'secret.csv': 'a,y\n1,2\n' });
    const directory = workspace({ 'store/a.csv': 'a,y\n1,1\n2,0\n' });
    symlinkSync(join(outside, 'secret.csv'), join(directory, 'out.csv'));
    symlinkSync(outside, join(directory, 'folder'));
    symlinkSync(join(directory, 'store/a.csv'), join(directory, 'in.csv'));
    for (const path of ['out.csv', 'folder/secret.csv', 'folder/*.csv']) {
      expect(await userError(open(directory, { data: { path } }))).toMatch(/link to a file outside/);
    }
    expect((await open(directory, { data: { path: 'in.csv' } })).rows).toBe(2);
  });

  it('of a spec stand in the workspace, however they are named', async () => {
    const outside = workspace({ 'secret.csv': 'a,y\n1,1\n' });
    const root = workspace({ 'data.csv': 'a,y\n1,1\n2,0\n', 'models/a/mlops.yaml': '' });
    const directory = join(root, 'models/a');
    const rowsOf = async (path: string, limit?: string): Promise<number> => {
      const dataset = await openDataset({
        spec: spec({ data: { path } }),
        directory,
        locate,
        ...(limit !== undefined && { workspace: limit }),
      });
      dataset.close();
      return dataset.rows;
    };
    expect(await rowsOf('../../data.csv', root)).toBe(2);
    expect(await rowsOf(join(root, '*.csv'), root)).toBe(2);
    for (const path of [join(outside, 'secret.csv'), join(outside, '*.csv'), '/etc/*.csv', '../../../*/secret.csv']) {
      const message = await userError(rowsOf(path, root));
      expect(message).toMatch(/^mlops\.yaml#data\.path: .* leads out of the workspace .* input `data`$/);
    }
    for (const path of ['../../data.csv', join(root, 'data.csv')]) {
      expect(await userError(rowsOf(path))).toMatch(/leads out of the working directory/);
    }
    symlinkSync(join(outside, 'secret.csv'), join(root, 'link.csv'));
    expect(await userError(rowsOf('../../link.csv', root))).toMatch(/link to a file outside/);
  });

  it('may have a header whose quoted names hold line breaks, delimiters and quotes', async () => {
    const dataset = await openCsv('"Body\r\nMass, ""net""","y\n\n(0 or 1)",5" pipe\r\n1.5,0,1\r\n2,1,0\r\n');
    expect(dataset.schema.map(({ name }) => name)).toEqual(['Body Mass, "net"', 'y (0 or 1)', '5" pipe']);
    expect(dataset.rows).toBe(2);
  });

  it('that the workflow names may stand elsewhere', async () => {
    const outside = workspace({ 'a.csv': 'a,y\n1,1\n' });
    const directory = workspace();
    const dataset = await openDataset({ spec: spec(), directory, locate, data: [`../${outside.split('/').at(-1)}/a.csv`] });
    expect(dataset.files).toEqual([join(outside, 'a.csv')]);
    dataset.close();
    dataset.close();
  });
});

describe('types', () => {
  it('of CSV columns are those that every value has', async () => {
    const columns: { [name: string]: [string, string[]] } = {
      whole: ['integer', ['1', '-2', '', '+3']],
      mixed: ['number', ['1', '2.5', '', '1e3']],
      na: ['number', ['1', 'NA', '', '2.5']],
      naWhole: ['integer', ['1', 'NA', 'null', '2']],
      naText: ['string', ['x', 'NA', '', 'y']],
      onlyNa: ['string', ['NA', 'NA', 'NA', 'NA']],
      code: ['string', ['007', '12', '', '1']],
      flag: ['boolean', ['true', 'False', '', 'TRUE']],
      day: ['date', ['2001-02-03', '2001-02-04', '', '1999-12-31']],
      moment: ['timestamp', ['2001-02-03 10:00', '2001-02-04T10:00:00Z', '', '2001-02-04T10:00:00.5+02:00']],
      dayOrMoment: ['timestamp', ['2001-02-03', '2001-02-04 10:00:00', '', '2001-02-04']],
      american: ['date', ['1/31/2001', '2/28/2001', '', '3/4/2001']],
      unclear: ['string', ['1/2/2001', '2/3/2001', '', '3/4/2001']],
      noDate: ['string', ['2001-02-30', '2001-02-03', '', '2001-02-03']],
      huge: ['number', ['99999999999999999999', '1', '', '2']],
      empty: ['string', ['', '', '', '']],
      text: ['string', ['1', 'b', '', '"quoted ""x"", y"']],
      y: ['integer', ['0', '1', '0', '1']],
    };
    const names = Object.keys(columns);
    const lines = [0, 1, 2, 3].map((row) => names.map((name) => columns[name]![1][row]).join(','));
    const dataset = await openCsv(`${names.join(',')}\r\n${lines.join('\r\n')}\r\n`);
    expect(Object.fromEntries(dataset.schema.map(({ name, type }) => [name, type]))).toEqual(
      Object.fromEntries(names.map((name) => [name, columns[name]![0]])),
    );
    expect(dataset.notices.join('\n')).toMatch(/"na" is numeric; 1 values such as "NA" count as missing/);
    expect(dataset.notices.join('\n')).toMatch(/"naWhole" is numeric; 2 values/);
    expect(dataset.notices.join('\n')).toMatch(/"unclear" stays text: its dates fit %m\/%d\/%Y and %d\/%m\/%Y alike/);
    const rows = await dataset.connection.runAndReadAll(
      `SELECT moment::VARCHAR, american::VARCHAR, na, text, "naText" FROM source ORDER BY __row`,
    );
    expect(rows.getRowsJS()).toEqual([
      ['2001-02-03 10:00:00', '2001-01-31', 1, '1', 'x'],
      ['2001-02-04 10:00:00', '2001-02-28', null, 'b', 'NA'],
      [null, null, null, null, null],
      ['2001-02-04 08:00:00.5', '2001-03-04', 2.5, 'quoted "x", y', 'y'],
    ]);
  });

  it('of CSV depend on every row, not on the first ones', async () => {
    const lines = Array.from({ length: 5000 }, (_, row) => `${row},${row % 2}`);
    expect((await openCsv(`a,y\n${lines.join('\n')}\n`)).schema[0]).toEqual({ name: 'a', type: 'integer' });
    expect((await openCsv(`a,y\n${lines.join('\n')}\nlast,1\n`)).schema[0]).toEqual({ name: 'a', type: 'string' });
    expect((await openCsv(`a,y\n${lines.join('\n')}\n0.5,1\n`)).schema[0]).toEqual({ name: 'a', type: 'number' });
  });

  it('of Parquet are mapped to six, nested ones left to SQL', async () => {
    const directory = workspace();
    await duck(
      `CREATE TYPE size AS ENUM ('small', 'large')`,
      `COPY (SELECT 1::TINYINT AS i1, 2::UINTEGER AS i2, 3::UBIGINT AS n1, 1.25::DECIMAL(9, 2) AS n2, 0.1::FLOAT AS n3, 4::HUGEINT AS n4,
        TIME '10:00:00' AS s1, '00000000-0000-0000-0000-00000000000a'::UUID AS s2, 'large'::size AS s3, TRUE AS b,
        DATE '2001-01-01' AS d, TIMESTAMPTZ '2001-01-01 00:00:00+02' AS t1, TIMESTAMP_NS '2001-01-01 00:00:00.123456789' AS t2,
        [1, 2] AS l, {'x': 5, 'y': 'z'} AS st, MAP {'k': 1} AS m, 'ab'::BLOB AS bl, 1 AS y) TO ${literal(join(directory, 'd.parquet'))}`,
    );
    const dataset = await open(directory, { data: { path: 'd.parquet', where: 'st.x = 5' } });
    expect(dataset.schema.map(({ name, type }) => `${name} ${type}`)).toEqual(
      'i1 integer,i2 integer,n1 number,n2 number,n3 number,n4 number,s1 string,s2 string,s3 string,b boolean,d date,t1 timestamp,t2 timestamp,y integer'.split(
        ',',
      ),
    );
    expect(dataset.notices.filter((notice) => notice.includes('cannot be a feature'))).toHaveLength(4);
    const table = await dataset.table(dataset.schema.map(({ name }) => name));
    expect(columnOf(table, 'n3')).toEqual({ type: 'number', values: Float64Array.of(0.1) });
    expect(columnOf(table, 't1')).toEqual({ type: 'timestamp', values: BigInt64Array.of(978_300_000_000_000n) });
    expect(columnOf(table, 't2')).toEqual({ type: 'timestamp', values: BigInt64Array.of(978_307_200_123_456n) });
    expect(columnOf(table, 's3')).toEqual({ type: 'string', codes: Uint32Array.of(1), dictionary: ['', 'large'] });
  });

  it('of mixed JSON values are text, and numbers where all else is missing', async () => {
    const directory = workspace({
      'd.json': JSON.stringify([
        { title: 'Up', score: 1, day: '2001-02-03', quoted: '1', nothing: null, y: 1, list: [1] },
        { title: 300, score: 'NA', day: '2001-02-04', quoted: '2', y: 0 },
        { title: true, score: 2.5, day: null, quoted: '', y: 1, list: [] },
      ]),
    });
    const dataset = await open(directory, { data: { path: 'd.json' } });
    const types = Object.fromEntries(dataset.schema.map(({ name, type }) => [name, type]));
    expect(types).toEqual({ title: 'string', score: 'number', day: 'date', quoted: 'string', nothing: 'string', y: 'integer' });
    const rows = await dataset.connection.runAndReadAll('SELECT title, score FROM source ORDER BY __row');
    expect(rows.getRowsJS()).toEqual([
      ['Up', 1],
      ['300', null],
      ['true', 2.5],
    ]);
  });
});

describe('tables', () => {
  it('hold typed arrays with the missing values of the contracts', async () => {
    const dataset = await openCsv(
      's,i,n,b,d,t,y\na,1,1.5,true,1970-01-02,1970-01-01 00:00:01,1\n,,,,,,0\nb,3,.5,false,1969-12-31,,1\n',
    );
    const table = await dataset.table(dataset.schema.map(({ name }) => name));
    const byI = [...(columnOf(table, 'i') as { values: BigInt64Array }).values];
    const [one, none, three] = [1n, MISSING_INTEGER, 3n].map((value) => byI.indexOf(value));
    const rows = Uint32Array.of(one!, none!, three!);
    const { columns, rows: count } = await dataset.table(['s', 'i', 'n', 'b', 'd', 't'], rows);
    expect(count).toBe(3);
    expect(Object.fromEntries(columns)).toEqual({
      s: { type: 'string', codes: Uint32Array.of(1, 0, 2), dictionary: ['', 'a', 'b'] },
      i: { type: 'integer', values: BigInt64Array.of(1n, MISSING_INTEGER, 3n) },
      n: { type: 'number', values: Float64Array.of(1.5, Number.NaN, 0.5) },
      b: { type: 'boolean', values: Float32Array.of(1, Number.NaN, 0) },
      d: { type: 'date', values: BigInt64Array.of(86_400_000_000n, MISSING_INTEGER, -86_400_000_000n) },
      t: { type: 'timestamp', values: BigInt64Array.of(1_000_000n, MISSING_INTEGER, MISSING_INTEGER) },
    });
  });

  it('keep columns in step over many blocks and many distinct texts', async () => {
    const directory = workspace();
    await duck(
      `COPY (SELECT i, 'text ' || i AS s, i * 0.5 AS n, i % 2 AS y FROM range(120000) t(i)) TO ${literal(join(directory, 'd.parquet'))}`,
    );
    const dataset = await open(directory, { data: { path: 'd.parquet' } });
    const table = await dataset.table(['i', 's', 'n']);
    const [i, s, n] = ['i', 's', 'n'].map((name) => columnOf(table, name)) as unknown as [
      { values: BigInt64Array },
      { codes: Uint32Array; dictionary: string[] },
      { values: Float64Array },
    ];
    expect(new Set(i.values).size).toBe(120_000);
    for (let row = 0; row < 120_000; row++) {
      const value = Number(i.values[row]);
      if (s.dictionary[s.codes[row]!] !== `text ${value}` || n.values[row] !== value / 2) throw new Error(`row ${row} is torn`);
    }
    const values = await dataset.values("s || '!'", { file: 'x' });
    if (values.type !== 'string') throw new Error('no text');
    expect(values.dictionary[values.codes[7]!]).toBe(`text ${i.values[7]}!`);
  });

  it('refuse a column that there is not as a bug of the caller', async () => {
    await expect((await openCsv('a,y\n1,0\n')).table(['b'])).rejects.toThrow(/no column "b"/);
  });
});

describe('wide tables', () => {
  const COLUMNS = 1203;
  const columns = Array.from({ length: COLUMNS }, (_, index) => (index === 7 ? 'y' : `c${index}`));
  // The first ones carry the names that the queries use within.
  const names = columns.map((name, index) => ['r', 'v0', 't1', 'j0', 'V1', 't0'][index] ?? name);
  const text = (row: number, column: number): string => {
    if (column === 7) return String(row % 2);
    return [String(row * column), (row / 8 + column).toFixed(3), row === 1 ? '' : `t${row}`, `2001-02-0${row + 1}`][
      column % 4
    ]!;
  };
  const canonical = (value: string): string => (/^[0-9.]+$/.test(value) ? String(Number(value)) : value);

  it('open in seconds, typed and hashed as the definition says', async () => {
    const rows = [0, 1, 2, 3].map((row) => names.map((_, column) => text(row, column)));
    const dataset = await openCsv(`${names.join(',')}\n${rows.map((row) => row.join(',')).join('\n')}\n`);
    const types = ['integer', 'number', 'string', 'date'] as const;
    expect(dataset.schema).toEqual(
      names.map((name, column) => ({ name, type: column === 7 ? 'integer' : types[column % 4]! })),
    );
    const digestOf = (chosen: readonly string[]) => (row: readonly string[]) => {
      const values = [...chosen].sort().map((name) => canonical(row[names.indexOf(name)]!));
      const content = values.map((value) => (value === '' ? '-' : `${value.length}:${value},`)).join('');
      return createHash('md5').update(content).digest('hex');
    };
    expect(await dataset.rowIds()).toEqual(expect.arrayContaining(rows.map(digestOf(names))));
    const some = names.filter((_, column) => column % 3 !== 0);
    const found = Buffer.from(await dataset.hashes(some))
      .toString('hex')
      .match(/.{32}/g);
    expect(found!.sort()).toEqual(rows.map(digestOf(some)).sort());
  }, 20_000);
});

describe('slow SQL of a spec', () => {
  it('is stopped at its place', async () => {
    const directory = workspace();
    await duck(
      `COPY (SELECT i, i % 2 AS y FROM range(300000) t(i)) TO ${literal(join(directory, 'd.parquet'))} (FORMAT parquet)`,
    );
    let slow = 'CAST(i AS VARCHAR)';
    for (let times = 0; times < 60; times++) slow = `sha256(${slow})`;
    const request = { directory, locate, sqlSeconds: 0.2 };
    const where = spec({ data: { path: 'd.parquet', where: `${slow} > 'a'` } });
    expect(await userError(openDataset({ ...request, spec: where }))).toMatch(
      /^mlops\.yaml#data\.where: SQL ".*it ran for more than 0\.2 seconds and was stopped/,
    );
    const dataset = await openDataset({ ...request, spec: spec({ data: { path: 'd.parquet' } }) });
    const location = locate(['evaluate', 'slices', 0]);
    expect(await userError(dataset.values(slow, location))).toMatch(/^mlops\.yaml#evaluate\.slices\.0: .*was stopped/);
    // The connection is as good as before.
    expect((await dataset.values('i + 1', location)).type).toBe('integer');
    dataset.close();
  });
});

describe('where', () => {
  it('keeps the rows that fulfil it and the row numbers of the file', async () => {
    const dataset = await openCsv('a,y\n1,0\n2,1\n3,0\n', { data: { path: 'data.csv', where: 'A >= 2' } });
    expect(dataset.rows).toBe(2);
    expect(dataset.fingerprint.where).toBe('A >= 2');
    expect((await dataset.connection.runAndReadAll('SELECT __row FROM source ORDER BY 1')).getRowsJS()).toEqual([[2n], [3n]]);
  });

  it.each([
    ['a > 9', /no row fulfils where/],
    ['a + 1', /where is BIGINT, not a condition/],
    ['b > 1', /no column "b"/],
    ['CAST(s AS INTEGER) > 1', /fails on the data: .*x/],
    ["a > 1) OR (SELECT TRUE FROM read_csv('/etc/passwd')", /SQL/],
  ])('%s is an error at its line', async (where, reason) => {
    const message = await userError(openCsv('a,s,y\n1,x,0\n2,y,1\n', { data: { path: 'data.csv', where } }));
    expect(message).toMatch(/^mlops\.yaml#data\.where: /);
    expect(message).toMatch(reason);
  });
});

describe('weights and row ids', () => {
  it('reads weights and refuses wrong ones', async () => {
    const data = { path: 'data.csv', weight: 'w' };
    expect([...(await (await openCsv('w,y\n1,0\n0.5,1\n', { data })).weights())!].sort()).toEqual([0.5, 1]);
    expect(await (await openCsv('w,y\n1,0\n')).weights()).toBeUndefined();
    for (const [text, reason] of [
      ['w,y\n1,0\n-1,1\n,1\n', /missing, negative or infinite in 2 rows/],
      ['w,y\n0,0\n0,1\n', /0 in every row/],
      ['w,y\na,0\nb,1\n', /weight w is string/],
      ['v,y\n1,0\n', /no column "w"; did you mean/],
    ] as const) {
      expect(await userError((await openCsv(text, { data })).weights())).toMatch(reason);
    }
  });

  it('names rows by their key, and repeated rows apart', async () => {
    const keyed = await openCsv('a,b,y\n1,x,0\n2,y|z,1\n2,y|z,0\n', { data: { path: 'data.csv', key: ['a', 'b'] } });
    expect([...(await keyed.rowIds())].sort()).toEqual(['1|x', '2|y\\|z', '2|y\\|z-2']);
    const single = await openCsv('a,y\n1.0,0\n2.5,1\n', { data: { path: 'data.csv', key: 'A' } });
    expect([...(await single.rowIds())].sort()).toEqual(['1', '2.5']);
    const hashed = await openCsv('a,y\n1,0\n1,0\n1,0\n2,0\n');
    const ids = await hashed.rowIds();
    expect(new Set(ids).size).toBe(4);
    expect(ids.filter((id) => /^[0-9a-f]{32}$/.test(id))).toHaveLength(2);
    expect(
      ids
        .map((id) => id.slice(32))
        .filter(Boolean)
        .sort(),
    ).toEqual(['-2', '-3']);
    expect(await hashed.rowIds(Uint32Array.of(3, 0))).toEqual([ids[3], ids[0]]);
  });
});
