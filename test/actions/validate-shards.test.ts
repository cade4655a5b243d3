import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ShardDocument } from '../../shared/data/shards/document.js';
import type { RuleResult, Validation } from '../../shared/data/validation.js';
import { parseResult } from '../../shared/report/result.js';
import { duck } from '../shared/data/workspace.js';
import { Project, spec } from './project.js';

const CONTRACT = {
  columns: {
    id: { type: 'integer', unique: true, monotone: 'strictly_increasing', distinct: { min: 1 } },
    usage: {
      ...{ type: 'number', missing: { max: 0.01 }, min: -20, max: 20, mean: { min: -1, max: 1 } },
      ...{ quantiles: { 0.1: { max: -20 }, 0.5: { min: -1 } }, where: "plan <> 'pro'" },
    },
    plan: { enum: ['basic', 'plus'], pattern: '[a-z]+', length: { max: 4 }, severity: 'warning', distinct: { max: 2 } },
    day: { type: 'date', min: '2024-01-03', monotone: 'increasing', max_failing: 0.5 },
    churned: { required: true, enum: ['yes', 'no'] },
  },
  rows: { min: 1000, change_max: 0.1 },
  unique: [
    ['plan', 'day'],
    ['id', 'plan'],
  ],
  freshness: { column: 'day', max_age: '30d' },
  references: [{ columns: ['plan'], file: 'plans.csv', to: ['plan'] }],
  checks: [{ name: 'sane', sql: "usage < 15 OR churned = 'no'" }],
};

const HEADER = 'id,usage,plan,day,churned';

/** Some rows, among them every mistake; those of the last file repeat earlier ones. */
function rows(from: number, to: number): string {
  const lines = Array.from({ length: to - from }, (_, at) => {
    const id = from + at;
    const usage = id % 17 === 0 ? '' : String(((id * 7919) % 500) / 10 - 25);
    const day = new Date(Date.UTC(2024, 0, 1 + Math.floor(id / 20))).toISOString().slice(0, 10);
    return [id % 97 === 0 ? id + 3 : id, usage, ['basic', 'plus', 'pro'][id % 3], day, id % 4 === 0 ? 'yes' : 'no'].join(',');
  });
  return `${lines.join('\n')}\n`;
}

const FILES = { 'a.csv': [0, 90], 'b.csv': [90, 100], 'c.csv': [80, 190], 'd.csv': [190, 300], 'e.csv': [300, 320] } as const;

let project: Project;
beforeEach(async () => {
  project = await Project.create({
    'mlops.yaml': spec({ data: { path: 'data/*.csv', key: 'id' }, contract: CONTRACT }),
    'plans.csv': 'plan\nbasic\nplus\n',
  });
  for (const [name, [from, to]] of Object.entries(FILES)) await project.write(`data/${name}`, `${HEADER}\n${rows(from, to)}`);
});
afterEach(() => project.remove());

const resultOf = async (path: string): Promise<Validation> => parseResult(await readFile(path, 'utf8')) as Validation;

async function sharded(count: number, inputs: Readonly<Record<string, string>> = {}) {
  await rm(join(project.directory, '.mlops-actions/shards'), { recursive: true, force: true });
  const shards = [];
  for (let index = 1; index <= count; index++)
    shards.push(await project.run('validate', { ...inputs, shard: `${index}/${count}` }));
  const outcome = await project.run('validate', { ...inputs, merge: 'true' });
  return { shards, outcome, result: await resultOf(outcome.outputs['result-path']!) };
}

async function whole(inputs: Readonly<Record<string, string>> = {}) {
  const outcome = await project.run('validate', inputs);
  return { outcome, result: await resultOf(outcome.outputs['result-path']!) };
}

/** A row that repeats one of another shard is known by its number alone; sums of parts differ in the last digits. */
const numbered = (results: readonly RuleResult[]): unknown =>
  results.map(({ samples, observed, ...result }) => ({
    ...result,
    ...(observed !== undefined && { observed: typeof observed === 'number' ? Number(observed.toPrecision(12)) : observed }),
    ...(samples && { samples: samples.map(({ row, value }) => (result.rule === 'unique' ? row : { row, value })) }),
  }));

/** Sums of parts differ in the last digits. */
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, item: unknown) => (typeof item === 'number' ? Number(item.toPrecision(9)) : item));

/** Ages grow while the test runs. */
const ageless = ({ result }: { result: Validation }): readonly RuleResult[] =>
  result.rules.map((rule) => ({ ...rule, found: rule.found.replace(/, [\d,.]+d old/, '') }));

describe('the verdict of merged shards', () => {
  test('is that of one run over everything, with the same numbers, samples and lines', async () => {
    const one = await whole();
    const { shards, outcome, result } = await sharded(3);
    expect(shards.map(({ outputs }) => outputs.passed)).toEqual(['', '', '']);
    expect(shards.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined]);
    expect(numbered(ageless({ result }))).toEqual(numbered(ageless(one)));
    expect(result.rules.filter(({ passed }) => !passed).length).toBeGreaterThan(10);
    expect({ ...result, rules: [], seconds: 0, createdAt: '' }).toEqual({
      ...one.result,
      rules: [],
      seconds: 0,
      createdAt: '',
    });
    expect(outcome.outputs).toMatchObject({ passed: 'false', failures: one.outcome.outputs.failures! });
    expect(outcome.failure).toBe(one.outcome.failure);
    expect(outcome.annotations!.map(({ location }) => location)).toEqual(
      one.outcome.annotations!.map(({ location }) => location),
    );
  });

  test('of Parquet is divided by rows, whatever the files; a filter may leave shards empty', async () => {
    const csv = join(project.directory, 'data/*.csv').replaceAll("'", "''");
    const parts = ['a', 'b', 'c'].map((name) => join(project.directory, `data/${name}.parquet`));
    // The middle file lacks a column, and one has another type in the last.
    const columns = [
      'id, usage, plan, day, churned',
      'id, usage, plan, day',
      'CAST(id AS INTEGER) AS id, usage, plan, day, churned',
    ];
    await duck(
      `CREATE TABLE t AS SELECT row_number() OVER () AS n, * FROM read_csv('${csv}')`,
      ...parts.map(
        (path, at) =>
          `COPY (SELECT ${columns[at]} FROM t WHERE n % 500 >= ${at * 70} AND n % 500 < ${[70, 140, 1000][at]}) TO '${path}' (ROW_GROUP_SIZE 20)`,
      ),
    );
    const changes = { data: { path: 'data/*.parquet', key: 'id', where: 'id < 150' }, contract: CONTRACT };
    await project.write('mlops.yaml', spec(changes));
    const one = await whole();
    const { shards, result } = await sharded(7);
    expect(numbered(ageless({ result }))).toEqual(numbered(ageless(one)));
    expect(shards.map(({ summary }) => /\d+ rows/.exec(summary!)![0])).toContain('0 rows');
    expect({ ...result, rules: [], seconds: 0, createdAt: '' }).toEqual({
      ...one.result,
      rules: [],
      seconds: 0,
      createdAt: '',
    });
  });

  test('holds the counted rows against a profile, as a whole does, and leaves one', async () => {
    const drifting = {
      columns: { usage: { drift: {} }, plan: { drift: { method: 'psi' } } },
      drift: { max_drifted_share: 0.1 },
      rows: { change_max: 0.2 },
    };
    const changes = { data: { path: 'data/*.csv', key: 'id', time: 'day' }, split: { by: 'hash', validation: 0.2, test: 0.3 } };
    await project.write('mlops.yaml', spec({ ...changes, contract: drifting }));
    for (const [at, file] of ['1.csv', '2.csv'].entries()) {
      await project.write(`then/${file}`, `${HEADER}\n${rows(400 * at, 400 * at + 400)}`);
      await project.write(`now/${file}`, `${HEADER}\n${rows(500 * at, 500 * at + 500).replaceAll('basic', 'free')}`);
    }
    const earlier = await sharded(2, { data: 'then/*.csv' });
    expect(earlier.outcome.summary).toContain('the contract has rules about drift, and the input');
    const profile = earlier.outcome.outputs['profile-path']!;
    const one = await whole({ data: 'then/*.csv' });
    const read = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as unknown;
    const merged = await read(profile);
    expect(rounded(merged)).toEqual(rounded(await read(one.outcome.outputs['profile-path']!)));
    await rename(profile, join(project.directory, 'last.json'));

    const now = await whole({ data: 'now/*.csv', reference: 'last.json' });
    const { outcome, result } = await sharded(2, { data: 'now/*.csv', reference: 'last.json' });
    expect(rounded(result.drift)).toEqual(rounded(now.result.drift));
    expect(rounded(result.rules)).toEqual(rounded(now.result.rules));
    expect(result.rules.map(({ rule, passed }) => `${rule} ${passed}`)).toContain('rows.change_max false');
    expect(outcome.outputs.drifted).toBe(now.outcome.outputs.drifted);
    expect(Number(outcome.outputs.drifted)).toBeGreaterThan(0);
  });

  test('names what the shards cannot decide, and never passes it', async () => {
    await project.write('data/e.csv', `${HEADER}\n321,high,basic,2024-01-17,yes\n`);
    // A condition that the type of the column makes impossible fails the job, as it does without shards.
    await project.write('mlops.yaml', spec({ data: { path: 'data/*.csv', key: 'id' }, contract: { ...CONTRACT, checks: [] } }));
    const one = await whole();
    const { result } = await sharded(5);
    const usage = (results: Validation) => results.rules.filter(({ column }) => column === 'usage');
    const [type, ...others] = usage(result);
    expect(type).toEqual({ ...usage(one.result)[0]! });
    for (const { found, passed } of others)
      expect([found, passed]).toEqual([
        expect.stringMatching(
          /^(no row|not decidable in shards: usage is number in shard 1 and string in shard 5, by the values that each sees; Parquet)|^type string: it has no/,
        ),
        found === 'no row',
      ]);
    expect(result.passed).toBe(false);
  });
});

test('a target whose SQL fails on the rows of a shard is said at its line, as it is without shards', async () => {
  await project.write('data/e.csv', `${HEADER}\n321,1,basic,2024-01-17,yes\n`);
  const sql = 'CAST(plan AS INTEGER) > 1';
  await project.write('mlops.yaml', spec({ data: { path: 'data/*.csv' }, target: { column: 'big', sql }, contract: {} }));
  const one = await whole();
  const { outcome } = await sharded(2);
  expect(one.outcome.failure).toContain(`SQL "${sql}" fails on the data: Conversion Error`);
  expect(outcome.failure).toBe(one.outcome.failure);
  expect(outcome.annotations).toEqual(one.outcome.annotations);
});

describe('what a user gets wrong with shards', () => {
  const line = async (inputs: Readonly<Record<string, string>>): Promise<string> => {
    const message = await project.complaint('validate', inputs);
    expect(message).not.toContain('\n');
    return message;
  };
  const folder = (index: number, count: number) =>
    join(project.directory, `.mlops-actions/shards/churn-validation-shard-${index}-of-${count}-a1`);
  const change = async (at: number, edit: (document: ShardDocument) => object): Promise<void> => {
    const file = join(folder(at, 2), 'shard.json');
    await writeFile(file, JSON.stringify(edit(JSON.parse(await readFile(file, 'utf8')) as ShardDocument)));
  };
  const two = async (): Promise<void> => {
    for (const index of [1, 2]) await project.run('validate', { shard: `${index}/2` });
  };

  test.each([
    ['0/3', '"0/3"'],
    ['4/3', '"4/3"'],
    ['1/257', '"1/257"'],
    ['one', '"one"'],
    ['1/3; rm', '"1/3; rm"'],
  ])('shard: %s', async (shard, shown) => {
    expect(await line({ shard })).toBe(
      `Input "shard" is ${shown}; accepted: i/n, the i-th of n shards, from 1/1 to 256/256, such as 3/8.`,
    );
  });

  test('both inputs, more shards than files, a reference that every shard would read, no shard at all', async () => {
    expect(await line({ shard: '1/2', merge: 'true' })).toContain('Inputs "shard" and "merge" are of different steps');
    expect(await line({ shard: '1/6' })).toBe(
      'Input "shard" is 1/6, and there are 5 files: CSV and JSON go to the shards file by file; use at most 5 shards, or Parquet, which is divided by rows.',
    );
    expect(await line({ shard: '1/2', data: 'data/a.csv' })).toContain('data/a.csv is one file');
    for (const reference of ['data/a.csv', 'previous'])
      expect(await line({ shard: '1/2', reference })).toContain(
        `Input "reference" is "${reference}", which every shard would have to read whole`,
      );
    expect(await line({ merge: 'true' })).toContain('there is no result of a shard');
  });

  test('a shard that is missing, twice, of another division, spec, commit, version or of other files', async () => {
    await two();
    await rename(folder(2, 2), folder(2, 2).replace('-a1', '-kept'));
    expect(await line({ merge: 'true' })).toBe(
      'Shard 2 of 2 is missing: nothing is decided without; run the failed job again, then this one.',
    );
    await cp(folder(1, 2), folder(2, 2), { recursive: true });
    expect(await line({ merge: 'true' })).toMatch(
      /1-of-2-a1 and churn-validation-shard-2-of-2-a1 both are shard 1\/2: give each/,
    );
    await rm(folder(2, 2), { recursive: true });
    await project.run('validate', { shard: '2/3' });
    expect(await line({ merge: 'true' })).toContain(
      'is shard 1/2 and churn-validation-shard-2-of-3-a1 is shard 2/3: all jobs divide',
    );
    await rm(folder(2, 3), { recursive: true });
    await rename(folder(2, 2).replace('-a1', '-kept'), folder(2, 2));
    const good = await readFile(join(folder(2, 2), 'shard.json'), 'utf8');
    const shown = 'churn-validation-shard-2-of-2-a1';
    await change(2, (document) => ({ ...document, tool: 'mlops-actions 9.9.9' }));
    expect(await line({ merge: 'true' })).toContain(
      `${shown} is of another version of this tool than this job (mlops-actions 9.9.9, and`,
    );
    await writeFile(join(folder(2, 2), 'shard.json'), good);
    await change(2, (document) => ({ ...document, data: { ...document.data, digest: 'sha256:0' } }));
    expect(await line({ merge: 'true' })).toContain('are of different files, or one has changed in between');
    await writeFile(join(folder(2, 2), 'shard.json'), good);
    await project.write('mlops.yaml', spec({ data: { path: 'data/*.csv', key: 'id' }, contract: { rows: { min: 1 } } }));
    expect(await line({ merge: 'true' })).toContain(
      'is of another spec or contract than this job: run the jobs of all shards again.',
    );
  });

  test('what is no result of a shard, or not the one that it says', async () => {
    await two();
    const shown = 'churn-validation-shard-2-of-2-a1';
    const file = join(folder(2, 2), 'shard.json');
    const good = await readFile(file, 'utf8');
    for (const [text, told] of [
      ['', 'it is not JSON'],
      ['[]', 'it has format none'],
      ['{"format":2}', 'it has format 2, and this version reads format 1'],
      [good.replace('"rows":', '"rows":-'), 'is wrong'],
      [good.replace('"rules":', '"verdict":1,"rules":'), 'is wrong'],
    ] as const) {
      await writeFile(file, text);
      const message = await line({ merge: 'true' });
      expect(message).toContain(`${shown} is no result of a shard: `);
      expect(message).toContain(told);
    }
    await writeFile(file, good);
    const values = join(folder(2, 2), 'values.parquet');
    await cp(join(folder(1, 2), 'values.parquet'), values);
    expect(await line({ merge: 'true' })).toContain(`${shown} has no values.parquet, or another one than its result names`);
    await rm(values);
    expect(await line({ merge: 'true' })).toContain(`${shown} has no values.parquet`);
    await rm(file);
    expect(await line({ merge: 'true' })).toBe(`${shown} has no shard.json: run the job of this shard again.`);
    expect(await readdir(folder(2, 2))).toEqual([]);
  });
});
