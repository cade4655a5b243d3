import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../shared/data/duckdb.js';
import type { ProfileDocument } from '../../shared/data/profile/result.js';
import { literal } from '../../shared/data/sql.js';
import type { Validation } from '../../shared/data/validation.js';
import { parseResult } from '../../shared/report/result.js';
import { vegaDataset } from '../projects/sample.js';
import { Project, spec } from './project.js';

/** Data as it comes: whatever is in it, validate and profile tell it in one line each and lose nothing of what they found. */

let project: Project;
afterEach(() => project.remove());

type Cell = string | number | null;

const csv = (header: string, row: (index: number) => readonly Cell[], rows = 60): string =>
  `${header}\n${Array.from({ length: rows }, (_, index) => row(index).join(',')).join('\n')}\n`;

const json = (row: (index: number) => Readonly<Record<string, unknown>>, rows = 60): string =>
  JSON.stringify(Array.from({ length: rows }, (_, index) => row(index)));

async function parquet(sql: string, file: string): Promise<void> {
  const database = await openDatabase();
  await database.connection.run(`COPY (${sql}) TO ${literal(file)} (FORMAT parquet)`);
  database.close();
}

/** JSON holds every name as it is, YAML too. */
const NAMES = ['a"b', "it's", ' ', 'x\ny', '"; DROP TABLE source; --', 'constructor', 'שם 👩‍👩‍👧', '\u202eevil'];

interface Case {
  /** Written into `data.csv` or `data.json`. */
  readonly csv?: string;
  readonly json?: string | Uint8Array;
  /** What stands as `data.parquet`. */
  readonly parquet?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly contract?: Readonly<Record<string, unknown>>;
  /** The rules that fail, with what is found. */
  readonly broken?: readonly (string | RegExp)[];
  /** Findings of profile: kind and column. */
  readonly findings?: readonly string[];
}

/** Every case is held against itself too, and nothing drifts. */
const CASES: Readonly<Record<string, Case>> = {
  'mixed types in a column: the titles of movies': {
    json: readFileSync(vegaDataset('movies.json')),
    spec: { task: 'regression', target: { column: 'IMDB Rating' } },
    contract: { columns: { Title: { type: 'number' } } },
    broken: [
      /^contract Title type: type string; 3,191 of 3,201 rows \(99\.7 %\) cannot be read as number; required: type number$/,
    ],
    findings: ['id-like: Title'],
  },
  'stand-ins for missing values': {
    csv: csv('id,age,city,code,churned', (i) => [i, i % 9 ? 20 + i : -999, i % 7 ? 'Ulm' : 'N/A', i % 8 ? 'x' : '.', i % 2]),
    contract: { columns: { age: { min: 0 }, city: { enum: ['Ulm'] }, code: { pattern: '[a-z]' } } },
    broken: [/^contract age min: 7 of 60 rows/, /^contract city enum: 9 of 60 rows/, /^contract code pattern: 8 of 60 rows/],
    findings: ['stand-in: age', 'stand-in: city', 'stand-in: code'],
  },
  'NaN and infinities in a CSV file': {
    csv: csv('id,x,void,churned', (i) => [i, ['nan', 'inf', '-Infinity'][i] ?? i / 7, 'NaN', i % 2]),
    contract: { columns: { x: { missing: { max: 0 }, min: 0, max: 100, mean: { max: 5 } } } },
    broken: [
      /^contract x missing\.max: 1 of 60 rows/,
      /^contract x min: 1 of 60 rows \(1\.7 %\), smallest -infinity; required: at least 0; the first is data\.csv:4$/,
      /^contract x max: 1 of 60 rows \(1\.7 %\), largest infinity; required: at most 100; the first is data\.csv:3$/,
      'contract x mean: not finite: there are infinite values; required: at most 5',
    ],
    findings: ['infinite: x'],
  },
  'NaN and infinities in a Parquet file': {
    parquet: `SELECT i AS id, CASE i WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN 'inf'::DOUBLE ELSE i / 7 END AS x, 'nan'::DOUBLE AS void,
      CASE i WHEN 3 THEN 'infinity'::TIMESTAMP ELSE TIMESTAMP '2001-01-01' + INTERVAL (i) HOUR END AS at, i % 2 AS churned FROM range(60) t(i)`,
    contract: {
      columns: { x: { max: 100, mean: { max: 5 } }, void: { type: 'number', missing: { max: 0 } }, at: { max: '2002-01-01' } },
    },
    broken: [
      /^contract x max: 1 of 60 rows/,
      /^contract x mean: not finite/,
      /^contract void missing\.max: 60 of 60 rows/,
      /^contract at max: 1 of 60 rows \(1\.7 %\), largest infinity/,
    ],
    findings: ['infinite: x', 'infinite: at', 'all missing: void'],
  },
  'numbers beyond what a computer holds': {
    json: json((i) => ({ id: i, x: i, churned: i % 2 }))
      .replace('"x":7,', '"x":1e400,')
      .replace('"x":8,', '"x":123456789012345678901234567890,'),
    contract: { columns: { x: { max: 100 } } },
    broken: [/^contract x max: 2 of 60 rows \(3\.3 %\), largest infinity/],
    findings: ['infinite: x'],
  },
  'emoji and text from right to left': {
    json: json((i) => ({ id: i, who: i === 1 ? '\u202eevil' : `مرحبا ${i % 3} 👋🏽`, 'e\u0301': i % 5, churned: i % 2 })),
    contract: { columns: { who: { enum: ['مرحبا 0 👋🏽', 'مرحبا 1 👋🏽', 'مرحبا 2 👋🏽'] }, 'e\u0301': { max: 3 } } },
    broken: [/^contract who enum: 1 of 60 rows/, /^contract e\u0301 max: 12 of 60 rows/],
  },
  'a cell of 100,000 characters': {
    csv: csv('id,x,churned', (i) => [i, i === 7 ? 'z'.repeat(100_000) : 'a', i % 2]),
    contract: { columns: { x: { length: { max: 10 }, pattern: 'a+' } } },
    broken: [
      'contract x pattern: 1 of 60 rows (1.7 %); required: matches a+; the first is data.csv:9',
      'contract x length: 1 of 60 rows (1.7 %); required: at most 10 characters; the first is data.csv:9',
    ],
  },
  'names with quotes, blanks, line breaks, SQL, emoji and turned text': {
    json: json((i) => ({ id: i, ...Object.fromEntries(NAMES.map((name, at) => [name, (i + at) % 7])), churned: i % 2 })),
    contract: { columns: Object.fromEntries(NAMES.map((name) => [name, { max: 5, mean: { max: 9 } }])) },
    broken: [
      /^contract "a\\"b" max: \d of 60/,
      /^contract it's max: /,
      /^contract " " max: /,
      /^contract "x\\ny" max: /,
      /^contract "\\"; DROP TABLE source; --" max: /,
      /^contract constructor max: /,
      /^contract שם 👩‍👩‍👧 max: /,
      /^contract \ufffdevil max: /,
    ],
  },
  'a name of 2,000 characters': {
    csv: csv(`id,${'n'.repeat(2000)},churned`, (i) => [i, i % 5, i % 2]),
    contract: { columns: { ['n'.repeat(2000)]: { max: 3 } } },
    broken: [/^contract n{99}… max: 12 of 60 rows/],
  },
  'a constant column': {
    csv: csv('id,c,churned', (i) => [i, 7, i % 2]),
    contract: {
      columns: {
        c: {
          min: 7,
          max: 7,
          mean: { min: 7, max: 7 },
          quantiles: { 0.5: { max: 7 } },
          distinct: { max: 1 },
          monotone: 'increasing',
        },
      },
    },
    findings: ['constant: c'],
  },
  'a column in which all is missing': {
    csv: csv('id,c,churned', (i) => [i, '', i % 2]),
    contract: {
      columns: {
        c: {
          type: 'number',
          min: 0,
          unique: true,
          pattern: 'x',
          monotone: 'increasing',
          missing: { max: 0.5 },
          mean: { min: 1 },
          distinct: { min: 1 },
        },
      },
    },
    broken: [
      /^contract c missing\.max: 60 of 60 rows \(100\.0 %\)/,
      'contract c distinct: 0 different values; required: at least 1 different values',
      'contract c mean: no values; required: at least 1',
    ],
    findings: ['all missing: c'],
  },
  'bytes of zero, a byte-order mark and lines that end as on old Macs': {
    csv: `\ufeff${csv('id,c,churned', (i) => [i, i === 3 ? 'a\0b' : 'c', i % 2])}`.replaceAll('\n', '\r'),
    contract: { columns: { id: { required: true, unique: true }, c: { enum: ['c'] } } },
    broken: [/^contract c enum: 1 of 60 rows/],
  },
};

async function open({ csv, json, parquet: query, spec: changes, contract }: Case): Promise<string> {
  const path = csv === undefined ? (json === undefined ? 'data.parquet' : 'data.json') : 'data.csv';
  const data = { path, ...(changes ? {} : { key: 'id' }) };
  project = await Project.create({ 'mlops.yaml': spec({ data, ...changes, ...(contract && { contract }) }) });
  if (query === undefined) await project.write(path, csv ?? json!);
  else await parquet(query, join(project.directory, path));
  return path;
}

const TURNING = /[\u202a-\u202e\u2066-\u2069]/;

describe.each(Object.entries(CASES))('%s', (_, given) => {
  test('validate', async () => {
    const path = await open(given);
    const { broken = [] } = given;
    const { annotations = [], outputs, summary, failure } = await project.run('validate', { reference: path });
    const failing = annotations.filter(({ level }) => level === 'error').map(({ message }) => message);
    expect(failing).toEqual(broken.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))));
    for (const { message } of annotations) expect(message).toMatch(/^[^\n\r]{1,400}$/);
    expect(outputs).toMatchObject({ passed: String(broken.length === 0), failures: String(broken.length), drifted: '0' });
    expect(failure ?? '').toBe(broken.length === 0 ? '' : failure);
    // What is written is what the report action reads, whatever was in the data.
    const result = parseResult(await readFile(outputs['result-path']!, 'utf8')) as Validation;
    expect(result.rules.filter(({ passed }) => !passed)).toHaveLength(broken.length);
    expect(result.drift!.columns.filter(({ drifted }) => drifted)).toEqual([]);
    expect(summary!.length).toBeLessThan(20_000);
    expect(summary).not.toMatch(TURNING);
    expect(await readFile(outputs['report-path']!, 'utf8')).not.toMatch(TURNING);
  });

  test('profile, with a contract that the data keeps', async () => {
    await open(given);
    const { annotations = [], outputs, summary, failure } = await project.run('profile', { suggest: 'true' });
    expect(failure).toBeUndefined();
    for (const { message } of annotations) expect(message).toMatch(/^[^\n\r]{1,2500}$/);
    const { findings, rows } = JSON.parse(await readFile(outputs['profile-path']!, 'utf8')) as ProfileDocument;
    expect(findings.map(({ kind, column }) => `${kind}: ${column}`)).toEqual(
      expect.arrayContaining([...(given.findings ?? [])]),
    );
    expect(rows).toBe(given.json instanceof Uint8Array ? 3201 : 60);
    expect(summary).not.toMatch(TURNING);
    const page = await readFile(outputs['report-path']!, 'utf8');
    expect(page).not.toMatch(TURNING);
    expect(page.length).toBeLessThan(500_000);
    const suggested = await readFile(outputs['contract-path']!, 'utf8');
    const { contract: _, ...rest } = given;
    await open(rest).then(() =>
      project.write('mlops.yaml', `${readFileSync(join(project.directory, 'mlops.yaml'), 'utf8')}${suggested}`),
    );
    const held = await project.run('validate');
    expect(held.annotations!.filter(({ message }) => message.startsWith('contract '))).toEqual([]);
  });
});

const GOOD = csv('id,x,churned', (i) => [i, i, i % 2]);

/** Files that cannot be read, by what is said of them. */
const UNREADABLE: Readonly<
  Record<string, readonly [files: Readonly<Record<string, string | Uint8Array>>, path: string, said: RegExp]>
> = {
  'a CSV file of many is ragged': [
    { 'd/a.csv': GOOD, 'd/b.csv': `${GOOD}1,2\n`, 'd/c.csv': GOOD },
    'd/*.csv',
    /^d\/b\.csv:62: this row has 2 fields where the header has 3/,
  ],
  'a CSV file of many is no text': [
    { 'd/a.csv': GOOD, 'd/b.csv': Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 255, 254, 10, 13) },
    'd/*.csv',
    /^d\/b\.csv:1: the text is not UTF-8/,
  ],
  'a JSON file of many is cut off': [
    {
      'd/a.json': '[{"id":1,"churned":1}]',
      'd/b.json': '[{"id":1,"churned":1}, {"id": ',
      'd/c.json': '[{"id":3,"churned":0}]',
    },
    'd/*.json',
    /^d\/b\.json: cannot be read as JSON: [^/]*"d\/b\.json"/,
  ],
  'a line of many files is no JSON': [
    { 'd/a.ndjson': '{"id":1,"churned":1}\n', 'd/a.ndjson2.ndjson': '{"id":1,"churned":1}\nno\n', 'd/c.ndjson': '{"id":3}\n' },
    'd/*.ndjson',
    /^d\/a\.ndjson2\.ndjson: cannot be read as JSON: [^/]*"d\/a\.ndjson2\.ndjson"/,
  ],
  'a packed file of many is cut off': [
    { 'd/a.csv': GOOD, 'd/b.csv.gz': gzipSync(GOOD).subarray(0, -20) },
    'd/*',
    /^d\/b\.csv\.gz: the packed file is not whole \(cut off, or damaged inside\): pack and upload it again$/,
  ],
  'a file of many is empty': [
    { 'd/a.csv': GOOD, 'd/b.csv': '' },
    'd/*.csv',
    /^mlops\.yaml:5:9: d\/b\.csv is empty \(0 bytes\)/,
  ],
  'a file of many is no Parquet': [
    { 'd/b.parquet': 'PAR1, and no more' },
    'd/*.parquet',
    /^d\/b\.parquet: this is not a whole Parquet file/,
  ],
  'a file has a name full of signs': [
    { "d/a 'b' [1] {x};#.csv": 'id,x,churned\n1,2\n' },
    'd/*.csv',
    /^d\/a 'b' \[1\] \{x\};#\.csv:2: this row/,
  ],
  'a row is longer than any row': [
    { 'data.csv': csv('id,x,churned', (i) => [i, i === 7 ? 'z'.repeat(2_500_000) : 'a', i % 2]) },
    'data.csv',
    /^data\.csv:9: this row is longer than the 2,000,000 bytes that are read of one/,
  ],
  'a name is longer than any name': [
    { 'data.csv': csv(`id,${'n'.repeat(2001)},churned`, (i) => [i, i, i % 2]) },
    'data.csv',
    /^data\.csv: the name of a column has 2,001 characters \("n{40}" …\); at most 2,000 are accepted/,
  ],
  'a directory': [{ 'd/a.csv': GOOD }, 'd', /^mlops\.yaml:5:9: d is a directory; name its files, for example d\/\*\.parquet$/],
  'a directory that is called like a file': [
    { 'data.csv/a.csv': GOOD },
    'data.csv',
    /^mlops\.yaml:5:9: data\.csv is a directory/,
  ],
  'zero rows': [{ 'data.csv': 'id,x,churned\n' }, 'data.csv', /^data\.csv: the data has no rows$/],
  'zero rows of JSON': [{ 'data.json': '[]' }, 'data.json', /^data\.json: the data has no rows$/],
};

describe.each(['validate', 'profile'])('%s says in one line that', (action) => {
  test.each(Object.entries(UNREADABLE))('%s', async (_, [files, path, said]) => {
    project = await Project.create({ 'mlops.yaml': spec({ data: { path, key: 'id' } }), ...files });
    if (path.endsWith('.parquet')) await parquet('SELECT 1 AS id, 2 AS churned', join(project.directory, 'd/a.parquet'));
    const message = await project.complaint(action);
    expect(message).toMatch(said);
    expect(message).toMatch(/^[^\n\r]{1,400}$/);
    expect(message).not.toContain(project.directory);
  });

  test('pages of a Parquet file of many are damaged, and which', async () => {
    project = await Project.create({
      'mlops.yaml': spec({ data: { path: 'd/*.parquet', key: 'id' }, contract: { columns: { id: { min: 0 } } } }),
    });
    mkdirSync(join(project.directory, 'd'));
    const [a, b] = ['a', 'b'].map((name) => join(project.directory, 'd', `${name}.parquet`));
    for (const file of [a!, b!]) await parquet('SELECT i * 7919 % 10007 AS id, i % 2 AS churned FROM range(60000) t(i)', file);
    writeFileSync(b!, readFileSync(b!).fill(255, 20, 60_000));
    expect(await project.complaint(action)).toMatch(/^d\/b\.parquet: this is not a whole Parquet file/);
  });

  test('rows of a Parquet file are none', async () => {
    project = await Project.create({ 'mlops.yaml': spec({ data: { path: 'data.parquet' } }) });
    await parquet('SELECT 1 AS id, 2 AS churned WHERE FALSE', join(project.directory, 'data.parquet'));
    expect(await project.complaint(action)).toBe('data.parquet: the data has no rows');
  });

  test('one row has nothing to learn, but its rules hold', async () => {
    const contract = { columns: { c: { min: 0, mean: { min: 1 }, quantiles: { 0.5: { max: 2 } }, unique: true } } };
    project = await Project.create({ 'mlops.yaml': spec({ contract }), 'data.csv': 'id,c,churned\n1,2,1\n' });
    const { annotations = [], outputs } = await project.run(action);
    const why = 'target churned is "1" in every row that has one; there is nothing to learn';
    expect(annotations.map(({ message }) => message)).toContain(why);
    expect(outputs[action === 'validate' ? 'result-path' : 'profile-path']).toMatch(/\.json$/);
    if (action === 'validate') expect(outputs).toMatchObject({ passed: 'true', failures: '0' });
  });

  test('links that go round are followed once', async () => {
    project = await Project.create({ 'mlops.yaml': spec({ data: { path: 'd/**/*.csv', key: 'id' } }), 'd/a.csv': GOOD });
    symlinkSync(join(project.directory, 'd'), join(project.directory, 'd/loop'));
    const { outputs } = await project.run(action);
    const file = outputs[action === 'validate' ? 'result-path' : 'profile-path']!;
    expect((JSON.parse(await readFile(file, 'utf8')) as { rows: number }).rows).toBe(60);
  });
});
