import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../../../shared/core/random.js';
import { openDataset } from '../../../../shared/data/open-dataset.js';
import { profileDataset } from '../../../../shared/data/profile/profile.js';
import type { Profile } from '../../../../shared/data/profile/result.js';
import { parseSpec } from '../../../../shared/spec/load.js';
import { spec as specText } from '../../../actions/project.js';
import { vegaDataset } from '../../../projects/sample.js';

const golden = JSON.parse(await readFile(new URL('../golden/profile.json', import.meta.url), 'utf8')) as Record<
  'penguins' | 'movies',
  Golden
>;

/** What golden/profile.py writes. */
interface Golden {
  readonly numbers: Readonly<
    Record<
      string,
      {
        readonly missing: number;
        readonly distinct: number;
        readonly mean: number;
        readonly sd: number;
        readonly quantiles: readonly number[];
        readonly outliers: number;
      }
    >
  >;
  readonly pairs: readonly {
    readonly a: string;
    readonly b: string;
    readonly rows: number;
    readonly pearson: number;
    readonly spearman: number;
  }[];
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'profile-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function profileOf(changes: Readonly<Record<string, unknown>>): Promise<Profile> {
  const { spec, locate } = parseSpec(specText(changes), 'mlops.yaml');
  const paths = [spec.data.path].flat();
  const given = paths.some((path) => path.startsWith('/')) && { data: paths };
  const dataset = await openDataset({ spec, directory, locate, ...given });
  try {
    return await profileDataset(dataset, spec);
  } finally {
    dataset.close();
  }
}

async function profileCsv(lines: readonly string[], changes: Readonly<Record<string, unknown>> = {}): Promise<Profile> {
  await writeFile(join(directory, 'data.csv'), `${lines.join('\n')}\n`);
  return profileOf({ data: { path: 'data.csv' }, target: { column: 'y' }, task: 'binary', ...changes });
}

/** Rows of made-up columns. */
function made(rows: number, row: (index: number, random: Random) => readonly (string | number)[]): string[] {
  const random = new Random(7);
  return Array.from({ length: rows }, (_, index) => row(index, random).join(','));
}

const column = (profile: Profile, name: string) => profile.columns.find((item) => item.name === name)!;
const kinds = (profile: Profile) => profile.findings.map(({ kind, column: name }) => (name ? `${kind}: ${name}` : kind));

describe('real data', () => {
  const penguins = {
    data: { path: vegaDataset('penguins.json') },
    task: 'regression',
    target: { column: 'Body Mass (g)' },
  };

  test.each(['penguins', 'movies'] as const)(
    '%s: moments, quantiles and correlations as numpy and scipy give them',
    async (name) => {
      const file = vegaDataset(`${name}.json`);
      const target = name === 'penguins' ? 'Body Mass (g)' : 'IMDB Rating';
      const profile = await profileOf({ data: { path: file }, task: 'regression', target: { column: target } });
      const expected = golden[name];
      const close = (found: number, wanted: number) => expect(found / wanted).toBeCloseTo(1, 8);
      for (const [columnName, wanted] of Object.entries(expected.numbers)) {
        const found = column(profile, columnName);
        expect(found).toMatchObject({ missing: wanted.missing, distinct: wanted.distinct });
        expect(found.numbers!.outliers).toBe(wanted.outliers);
        close(found.numbers!.mean, wanted.mean);
        close(found.numbers!.sd!, wanted.sd);
        const shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
        for (const [index, p] of shares.entries()) {
          const value = found.numbers!.quantiles.find((quantile) => quantile.p === p)!.value;
          expect(value).toBeCloseTo(wanted.quantiles[index]!, 5);
        }
      }
      expect(profile.correlations.pairs.length).toBeGreaterThan(3);
      for (const pair of profile.correlations.pairs) {
        const wanted = expected.pairs.find(({ a, b }) => a === pair.a && b === pair.b)!;
        expect(pair.rows).toBe(wanted.rows);
        expect(pair.pearson).toBeCloseTo(wanted.pearson, 9);
        expect(pair.spearman).toBeCloseTo(wanted.spearman, 9);
      }
    },
  );

  test('the one penguin of sex "." is not named', async () => {
    const profile = await profileOf(penguins);
    const sex = column(profile, 'Sex');
    expect(sex.distinct).toBe(3);
    expect(sex.levels!.top.map(({ value }) => value)).toEqual(['MALE', 'FEMALE']);
    expect(sex.levels!.other).toEqual({ levels: 1, count: 1 });
    expect(sex.relation!.groups.map(({ kind }) => kind)).toEqual(['value', 'value', 'missing']);
  });

  test('birdstrikes: repairs are paid for after the damage, and that is found', async () => {
    const profile = await profileOf({
      data: { path: vegaDataset('birdstrikes.csv') },
      task: 'binary',
      target: { column: 'damaged', sql: `"Effect Amount of damage" <> 'None'` },
    });
    expect(kinds(profile)).toContain('leakage suspect: Cost Repair');
    expect(kinds(profile)).toContain('near-constant: Cost Other');
    expect(column(profile, 'Effect Amount of damage').role).toBe('target source');
    expect(kinds(profile)).not.toContain('leakage suspect: Effect Amount of damage');
    expect(profile.target.classes).toEqual([
      { value: 'false', count: 8939 },
      { value: 'true', count: 1061 },
    ]);
  });

  test('is the same whatever the order of the rows', async () => {
    const lines = made(500, (index, random) => [index % 7, random.normal(), index % 3 ? 'a' : 'b', random.integer(2)]);
    const forward = await profileCsv(['k,x,s,y', ...lines]);
    const backward = await profileCsv(['k,x,s,y', ...lines.toReversed()]);
    expect(JSON.stringify(backward)).toBe(JSON.stringify(forward));
    expect(JSON.parse(JSON.stringify(forward))).toEqual(forward);
  });
});

describe('what looks wrong', () => {
  test('columns that hold the answer, ids, constants, copies and gaps', async () => {
    const lines = made(600, (index, random) => {
      const y = random.integer(2);
      const noise = random.normal();
      return [
        `u${index}`,
        index,
        y === 1 ? 'late' : 'early',
        y + noise / 10,
        7,
        index < 597 ? 0 : 1,
        noise,
        2 * noise,
        index % 2 ? '' : 3,
        '',
        y,
      ];
    });
    const profile = await profileCsv(['name,number,word,score,same,nearly,noise,twice,gaps,void,y', ...lines]);
    expect(kinds(profile).sort()).toEqual(
      [
        'all missing: void',
        'constant: gaps',
        'constant: same',
        'id-like: name',
        'id-like: number',
        'leakage suspect: score',
        'leakage suspect: word',
        'missing: gaps',
        'near-constant: nearly',
        'same as another: twice',
      ].sort(),
    );
    expect(profile.findings[0]!.level).toBe('error');
    expect(column(profile, 'noise').relation!.strength).toBeLessThan(0.03);
    expect(column(profile, 'word').relation).toMatchObject({ auc: 1, rows: 600 });
  });

  test('rows of the test part that were trained on, and repeated rows', async () => {
    const lines = made(100, (index, random) => [index, random.normal(), random.integer(2)]);
    const again = lines.map((line, index) => line.replace(/^\d+/, String(index + 1000)));
    const changes = { data: { path: 'data.csv', key: 'id' } };
    const profile = await profileCsv(['id,x,y', ...lines, ...again], changes);
    expect(kinds(profile)).toContain('test rows seen');
    expect(profile.split!.leakage.rows).toBeGreaterThan(10);
    expect((await profileCsv(['id,x,y', ...lines, ...lines.slice(0, 10)], changes)).duplicates!.rows).toBe(10);
  });

  test('dates after the event, and rows that are learned from although they are later', async () => {
    const day = (index: number): string => new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10);
    const lines = made(100, (index, random) => [index, day(index), day(index + (index % 4)), random.integer(2)]);
    const data = { path: 'data.csv', key: 'id', time: 'opened' };
    const derive = [{ from: 'closed', parts: ['weekday'] }];
    const told = async (changes: object) => {
      const { findings } = await profileCsv(['id,opened,closed,y', ...lines], { data, ...changes });
      return findings.flatMap(({ kind, level, message }) => (kind === 'time travel' ? [`${level}: ${message}`] : []));
    };
    expect(await told({ features: { derive } })).toEqual([
      'error: `closed` is later than the event (`opened`) in 75 rows (75.0 %): what happened afterwards is not known when the prediction is made, and features are derived from it.',
      'note: Rows are divided at random, so the model learns from rows that are later than those that judge it. `split: { by: time }` judges it on what comes after, by `opened`.',
    ]);
    expect(await told({ split: { by: 'time', test: 0.3 } })).toEqual([expect.stringMatching(/^note: `closed` is later/)]);
  });

  test('a key that is an id is as it should be', async () => {
    const lines = made(100, (index, random) => [index, random.normal(), random.integer(2)]);
    const profile = await profileCsv(['id,x,y', ...lines], { data: { path: 'data.csv', key: 'id' } });
    expect(kinds(profile)).toEqual([]);
    expect(column(profile, 'id').role).toBe('key');
  });

  test('a target that cannot be learned is a finding, not the end', async () => {
    const constant = await profileCsv(['x,y', ...made(50, (index) => [index / 3, 'a'])]);
    expect(constant.target.problem).toContain('in every row that has one');
    expect(constant.findings[0]).toMatchObject({ kind: 'target', level: 'error' });
    const three = await profileCsv(['x,y', ...made(60, (index) => [index / 3, index % 3])]);
    expect(three.target.problem).toContain('task binary needs two classes');
    expect(three.target.classes).toHaveLength(3);
    const text = await profileCsv(['x,y', ...made(60, (index) => [index / 3, `v${index % 3}`])], { task: 'regression' });
    expect(text.target.problem).toContain('needs a numeric target');
    expect(column(text, 'x').relation).toBeUndefined();
  });

  test('a split that cannot be made is a finding', async () => {
    const profile = await profileCsv(['x,y', ...made(60, (index) => [`day ${index}`, index % 2])], {
      data: { path: 'data.csv', time: 'x' },
      split: { by: 'time' },
    });
    expect(profile.findings).toContainEqual(expect.objectContaining({ kind: 'split', level: 'error' }));
    expect(profile.split).toBeUndefined();
  });

  test('a column that the spec names and the data lacks is a mistake of the spec', async () => {
    await expect(profileCsv(['x,y', '1,0', '2,1'], { target: { column: 'z' } })).rejects.toThrow('there is no column "z"');
  });

  test.each(['binary', 'regression'])('an expression of the target that fails on a value is one too: %s', async (task) => {
    const sql = task === 'binary' ? 'CAST(x AS INTEGER) > 1' : 'CAST(x AS INTEGER)';
    await expect(profileCsv(['x,y', 'a,0', '2,1'], { task, target: { column: 'z', sql } })).rejects.toThrow(
      /^mlops\.yaml:\d+:\d+: SQL "CAST\(x AS INTEGER\).*" fails on the data: Conversion Error/,
    );
  });
});

describe('awkward data', () => {
  test("columns that are named as our own SQL's are", async () => {
    const lines = made(200, (_, random) => [random.integer(5), random.normal(), `v${random.integer(4)}`, random.integer(2)]);
    const plain = ['one', 'two', 'three', 'four'];
    for (const names of [
      ['x', 'k', 'n', 'y'],
      ['y', 'x', 'g', 'k'],
      ['n', 'value', 'levels', 'x'],
      ['ss', 's', 'x', 'source'],
    ]) {
      for (const [task, target] of [
        ['binary', 3],
        ['regression', 1],
        ['multiclass', 2],
      ] as const) {
        const valuesOf = async (header: readonly string[]) => {
          const changes = { task, target: { column: header[target]! }, split: { by: 'hash', hash_columns: [header[1]!] } };
          const { columns } = await profileCsv([header.join(','), ...lines], changes);
          return columns.map(({ name: _, ...values }) => values);
        };
        expect(await valuesOf(names), names.join()).toEqual(await valuesOf(plain));
      }
    }
  });

  test('one row, infinities, giants, tiny steps and times beyond the calendar', async () => {
    expect((await profileCsv(['x,y', '1,0'])).rows).toBe(1);
    const lines = made(40, (index) => [
      index === 0 ? 'inf' : index === 1 ? '1e300' : index === 2 ? '-1e149' : index / 7,
      index < 20 ? 5e-324 : 1e-310,
      index === 3 ? '9999-12-31 23:59:59' : `2001-01-0${(index % 9) + 1} 10:00:00`,
      index % 2,
    ]);
    const profile = await profileCsv(['big,small,time,y', ...lines]);
    expect(column(profile, 'big').numbers).toMatchObject({ infinite: 2, min: -1e149 });
    expect(kinds(profile)).toContain('infinite: big');
    expect(column(profile, 'small').numbers!.histogram.counts.reduce((sum, count) => sum + count)).toBe(40);
    expect(column(profile, 'time').type).toBe('timestamp');
    expect(JSON.stringify(profile)).not.toContain('null');
  });

  test('hostile names and values, SQL and quotes in them, and a cell of 100,000 characters', async () => {
    const names = [`a"b'c`, '"; DROP TABLE source; --', ' ', 'x\ny', '名前', '__proto__'];
    const rows = Array.from({ length: 60 }, (_, index) => {
      const values = ['z'.repeat(index === 0 ? 100_000 : 3), `it's "${index % 2}"`, index, 'x', '\u202e', index % 4];
      return JSON.stringify(Object.fromEntries([...names.map((name, at) => [name, values[at]]), ['y', index % 2]]));
    });
    await writeFile(join(directory, 'data.ndjson'), rows.join('\n'));
    const profile = await profileOf({ data: { path: 'data.ndjson' }, target: { column: 'y' }, task: 'binary' });
    expect(profile.columns).toHaveLength(7);
    expect(column(profile, names[0]!).length).toMatchObject({ min: 3, max: 100_000 });
    expect(
      column(profile, names[1]!)
        .levels!.top.map(({ value }) => value)
        .sort(),
    ).toEqual([`it's "0"`, `it's "1"`]);
    expect(column(profile, '__proto__').relation!.strength).toBeGreaterThanOrEqual(0);
  });
});
