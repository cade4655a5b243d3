import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../shared/data/dataset.js';
import { assignParts, fitSplit } from '../../../shared/data/split.js';
import type { SplitRule } from '../../../shared/data/split-rule.js';
import { PARTS } from '../../../shared/data/table.js';
import { cleanUp, open, openCsv, REAL, userError, workspace } from './workspace.js';

cleanUp();

/** The part of each row, by its id in column `id`. */
async function partsById(dataset: Dataset, parts: Uint8Array): Promise<Map<string, string>> {
  const ids = await dataset.values('CAST(id AS VARCHAR)', { file: 'test' });
  if (ids.type !== 'string') throw new Error('no text');
  return new Map(Array.from(parts, (part, row) => [ids.dictionary[ids.codes[row]!]!, PARTS[part]!]));
}

/** Rows `id,x,y` from a deterministic recipe. */
function rows(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => {
    const id = from + index;
    return `${id},${(id * 7919) % 101},${id % 10 === 0 ? 'rare' : id % 3 === 0 ? 'some' : 'many'}`;
  });
}
const csv = (lines: readonly string[], header = 'id,x,y'): string => `${header}\n${lines.join('\n')}\n`;
const MULTICLASS = { task: 'multiclass' };
const SHARES = { validation: 0.15, calibration: 0.05, test: 0.2 };

describe('split by hash', () => {
  it('is the MD5 of the canonical text, computed here by node:crypto', async () => {
    const dataset = await openCsv(csv(rows(300)), { ...MULTICLASS, split: { stratify: false } });
    const { rule, parts } = await fitSplit(dataset, dataset.spec);
    expect(rule).toEqual({
      by: 'hash',
      columns: ['id', 'x', 'y'],
      shares: { validation: 0.1, calibration: 0, test: 0.2 },
      cuts: { '*': { test: 0.2, validation: 0.3, calibration: 0.3 } },
    });
    const found = await partsById(dataset, parts);
    for (const line of rows(300)) {
      const text = line
        .split(',')
        .map((value) => `${Buffer.byteLength(value)}:${value},`)
        .join('');
      const u = Number(createHash('md5').update(text).digest().readBigUInt64BE(0) >> 11n) / 2 ** 53;
      expect(found.get(line.split(',')[0]!)).toBe(u < 0.2 ? 'test' : u < 0.3 ? 'validation' : 'train');
    }
  });

  it('has a golden vector', async () => {
    // Parts by Python: u = (int(hashlib.md5(b'%d:%s,' % (len(k), k)).hexdigest()[:16], 16) >> 11) / 2**53 of the keys.
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const dataset = await openCsv(csv(keys.map((key, index) => `${key},${index},${index % 2}`)), {
      data: { path: 'data.csv', key: 'id' },
      split: { stratify: false, validation: 0.3, test: 0.3 },
    });
    const { parts } = await fitSplit(dataset, dataset.spec);
    expect(Object.fromEntries([...(await partsById(dataset, parts))].sort())).toEqual({
      a: 'train',
      b: 'train',
      c: 'validation',
      d: 'test',
      e: 'validation',
      f: 'train',
      g: 'validation',
      h: 'test',
    });
  });

  it('gives every class its share in every part', async () => {
    const dataset = await openCsv(csv(rows(1000)), { ...MULTICLASS, split: SHARES });
    const { rule, parts, counts } = await fitSplit(dataset, dataset.spec);
    if (rule.by !== 'hash') throw new Error('not by hash');
    expect(Object.keys(rule.cuts).sort()).toEqual(['*', 'many', 'rare', 'some']);
    expect(counts).toEqual({ train: 600, validation: 150, calibration: 50, test: 200 });
    const labels = await dataset.labelText();
    for (const [name, total] of [
      ['rare', 100],
      ['some', 300],
      ['many', 600],
    ] as const) {
      const code = labels.dictionary.indexOf(name);
      const found = PARTS.map((_, part) => parts.filter((value, row) => value === part && labels.codes[row] === code).length);
      for (const [part, share] of [0.6, 0.15, 0.05, 0.2].entries()) {
        expect(Math.abs(found[part]! - share * total)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('gives a class of four rows one in each of four parts, and leaves one row of a smaller class to train', async () => {
    const lines = [...rows(200), ...[1000, 1001, 1002, 1003].map((id) => `${id},1,tiny`), '2000,1,single'];
    const dataset = await openCsv(csv(lines), { ...MULTICLASS, split: SHARES });
    const { parts } = await fitSplit(dataset, dataset.spec);
    const found = await partsById(dataset, parts);
    expect(['1000', '1001', '1002', '1003'].map((id) => found.get(id)).sort()).toEqual([...PARTS].sort());
    expect(found.get('2000')).toBe('train');
  });

  it('with a frozen rule moves no row when rows, columns and classes are added', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 40, max: 120 }), fc.integer({ min: 1, max: 200 }), async (before, added) => {
        const first = await openCsv(csv(rows(before)), { ...MULTICLASS, split: SHARES });
        const { rule, parts } = await fitSplit(first, first.spec);
        const more = [...rows(added, 5000).reverse(), '9000,1,new class', '9001,2,new class', ...rows(before)];
        const second = await openCsv(
          csv(
            more.map((line) => `${line},extra`),
            'id,x,y,z',
          ),
          { ...MULTICLASS, split: SHARES },
        );
        const again = await fitSplit(second, second.spec, { frozen: rule });
        const found = await partsById(second, again.parts);
        for (const [id, part] of await partsById(first, parts)) expect(found.get(id)).toBe(part);
        if (again.rule.by !== 'hash' || rule.by !== 'hash') throw new Error('not by hash');
        expect(again.rule.columns).toEqual(['id', 'x', 'y']);
        expect(again.rule.cuts).toMatchObject(rule.cuts);
        expect(again.rule.cuts).toHaveProperty('new class');
        expect(await assignParts(first, again.rule)).toEqual(parts);
      }),
      { numRuns: 8 },
    );
  });

  it('starts anew when shares or columns mean another split', async () => {
    const dataset = await openCsv(csv(rows(200)), { ...MULTICLASS, split: SHARES });
    const { rule } = await fitSplit(dataset, dataset.spec);
    const other = await openCsv(csv(rows(200)), { ...MULTICLASS, split: { ...SHARES, hash_columns: ['id'] } });
    expect((await fitSplit(other, other.spec, { frozen: rule })).rule).toMatchObject({ columns: ['id'] });
    const fewer = await openCsv(
      csv(
        rows(200).map((line) => line.replace(/,\d+,/, ',')),
        'id,y',
      ),
      { ...MULTICLASS, split: SHARES },
    );
    const split = await fitSplit(fewer, fewer.spec, { frozen: rule });
    expect(split.rule).toMatchObject({ columns: ['id', 'y'] });
    expect(split.notices.join()).toMatch(/used column "x"/);
    expect(await userError(assignParts(fewer, rule))).toMatch(/needs column "x", which the data in data\.csv does not have/);
  });

  it('never divides the rows of one key, though their classes differ', async () => {
    const lines = Array.from({ length: 400 }, (_, row) => `${row % 100},${row},${row % 7 === 0 ? 1 : 0}`);
    const dataset = await openCsv(csv(lines), { data: { path: 'data.csv', key: 'id' } });
    const { rule, parts, notices } = await fitSplit(dataset, dataset.spec);
    expect(Object.keys(rule.by === 'hash' ? rule.cuts : {})).toEqual(['*']);
    expect(notices.join()).toMatch(/same id have different classes/);
    const ids = await dataset.values('id', { file: 'test' });
    if (ids.type !== 'integer') throw new Error('no integers');
    expect(new Set(Array.from(parts, (part, row) => `${ids.values[row]}:${part}`)).size).toBe(100);
  });

  it('counts test rows that stand again elsewhere, the key aside', async () => {
    const lines = Array.from({ length: 500 }, (_, row) => `${row},${row % 20},${row % 2}`);
    const dataset = await openCsv(csv(lines), { data: { path: 'data.csv', key: 'id' } });
    const split = await fitSplit(dataset, dataset.spec);
    expect(split.leakage).toEqual({ rows: split.counts.test, share: 1 });
    const whole = await openCsv(csv(lines.map((line) => line.replace(/^\d+/, '1'))));
    expect((await fitSplit(whole, whole.spec)).leakage).toEqual({ rows: 0, share: 0 });
  });
});

describe('split by time', () => {
  const day = (index: number): string => new Date(Date.UTC(2001, 0, 1 + index)).toISOString().slice(0, 10);
  const sections = { data: { path: 'data.csv', time: 'day' }, split: { by: 'time', ...SHARES } };
  const timed = (lines: readonly string[]) => openCsv(csv(lines, 'id,day,y'), sections);

  it('puts the latest rows into test and never divides an instant', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 30, maxLength: 120 }), async (days) => {
        fc.pre(new Set(days).size >= 4);
        const dataset = await timed(days.map((value, id) => `${id},${day(value)},${id % 2}`));
        const { parts, counts } = await fitSplit(dataset, dataset.spec);
        const found = await partsById(dataset, parts);
        const partOfDay = new Map<number, Set<string>>();
        days.forEach((value, id) => {
          partOfDay.set(value, (partOfDay.get(value) ?? new Set()).add(found.get(String(id))!));
        });
        const ordered = [...partOfDay].sort(([a], [b]) => a - b).map(([, names]) => [...names]);
        expect(ordered.every((names) => names.length === 1)).toBe(true);
        const order = ordered.map(([name]) => PARTS.indexOf(name as (typeof PARTS)[number]));
        expect(order).toEqual([...order].sort());
        expect(Object.values(counts).every((count) => count > 0)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('writes boundaries in microseconds, and gives rows without a time to train', async () => {
    const lines = [...Array.from({ length: 10 }, (_, id) => `${id},${day(id)},${id % 2}`), '10,,1'];
    const dataset = await openCsv(csv(lines, 'id,day,y'), { ...sections, split: { by: 'time', validation: 0.1, test: 0.2 } });
    const { rule, parts } = await fitSplit(dataset, dataset.spec);
    const micros = (index: number): string => `${Date.UTC(2001, 0, 1 + index)}000`;
    expect(rule).toMatchObject({
      column: 'day',
      boundaries: { validation: micros(7), calibration: micros(8), test: micros(8) },
    });
    const found = await partsById(dataset, parts);
    expect(['6', '7', '8', '9', '10'].map((id) => found.get(id))).toEqual(['train', 'validation', 'test', 'test', 'train']);
  });

  it('keeps frozen boundaries when later rows come', async () => {
    const lines = Array.from({ length: 50 }, (_, id) => `${id},${day(id)},${id % 2}`);
    const first = await timed(lines);
    const { rule } = await fitSplit(first, first.spec);
    const second = await timed([...lines, `50,${day(50)},1`]);
    const again = await fitSplit(second, second.spec, { frozen: rule });
    expect(again.rule).toEqual(rule);
    expect((await partsById(second, again.parts)).get('50')).toBe('test');
  });

  it.each([
    ['too few instants', ['1,2001-01-01,0', '2,2001-01-01,1', '3,2001-01-02,1'], /leaves .* empty .*too few different times/],
    ['text that is no time', ['1,soon,0', '2,later,1'], /time day is text/],
    ['no time at all', ['1,,0', '2,,1'], /time day is (text|missing)/],
  ])('%s is a clear error', async (_, lines, reason) => {
    const dataset = await timed(lines);
    expect(await userError(fitSplit(dataset, dataset.spec))).toMatch(reason);
  });

  it('needs data.time', async () => {
    const dataset = await openCsv(csv(rows(10)), { split: { by: 'time' } });
    expect(await userError(fitSplit(dataset, dataset.spec))).toMatch(/^mlops\.yaml#split\.by: .*needs data\.time/);
  });
});

describe('split by group', () => {
  it('keeps groups whole and every part filled', async () => {
    const lines = Array.from({ length: 300 }, (_, row) => `${row},g${row % 12},${row % 2}`);
    const sections = { split: { by: { group: 'X' }, ...SHARES } };
    const dataset = await openCsv(csv(lines), sections);
    const { rule, parts, counts } = await fitSplit(dataset, dataset.spec);
    const found = await partsById(dataset, parts);
    const groups = new Set(lines.map((line) => `${line.split(',')[1]}:${found.get(line.split(',')[0]!)}`));
    expect(groups.size).toBe(12);
    expect(Object.values(counts).every((count) => count > 0)).toBe(true);
    const more = await openCsv(csv([...lines, ...lines.map((line) => `9000${line.replace('g', 'h')}`)]), sections);
    const again = await fitSplit(more, more.spec, { frozen: rule });
    const moved = await partsById(more, again.parts);
    for (const [id, part] of found) expect(moved.get(id)).toBe(part);
  });

  it('of too few groups is a clear error', async () => {
    const dataset = await openCsv(csv(['1,a,0', '2,a,1', '3,b,0']), { split: { by: { group: 'x' } } });
    expect(await userError(fitSplit(dataset, dataset.spec))).toMatch(/by group leaves .* empty .*too few groups/);
  });
});

describe('any split', () => {
  it('with an empty part says the counts', async () => {
    const dataset = await openCsv(csv(['1,2,0', '2,3,1']), { split: { validation: 0.3, test: 0.3, stratify: false } });
    expect(await userError(fitSplit(dataset, dataset.spec))).toMatch(
      /^mlops\.yaml#split: the split by hash leaves [a-z ]+ empty \(train \d, validation \d, calibration \d, test \d rows\)/,
    );
  });

  it('by hash of rows that are mostly equal says so', async () => {
    const lines = Array.from({ length: 60 }, (_, row) => `${row % 2},7,${row % 2}`);
    const shares = { validation: 0.3, test: 0.3, stratify: false };
    const plain = await openCsv(csv(lines), { split: shares });
    expect(await userError(fitSplit(plain, plain.spec))).toMatch(
      /empty .*; the 60 rows have only 2 different contents, and equal ones share a hash and so a part; data\.key is missing/,
    );
    const keyed = await openCsv(csv(lines), { data: { path: 'data.csv', key: 'x' }, split: shares });
    expect(await userError(fitSplit(keyed, keyed.spec))).toMatch(/only 1 different values of data\.key, .* tells rows apart$/);
    const hashed = await openCsv(csv(lines), { split: { ...shares, hash_columns: ['x'] } });
    expect(await userError(fitSplit(hashed, hashed.spec))).toMatch(/only 1 different values of split\.hash_columns/);
  });

  it('must leave rows to train', async () => {
    const dataset = await openCsv(csv(rows(10)), { split: { validation: 0.5, test: 0.5 } });
    expect(await userError(fitSplit(dataset, dataset.spec))).toMatch(
      /test 0\.5, validation 0\.5 and calibration 0 add up to 1;/,
    );
  });

  it('of a file is unchanged by another file beside it', async () => {
    const directory = workspace({ 'data.csv': csv(rows(150)) });
    const first = await open(directory, { ...MULTICLASS, data: { path: '*.csv' } });
    const { rule, parts } = await fitSplit(first, first.spec);
    writeFileSync(join(directory, 'a-before.csv'), csv(rows(90, 700)));
    const second = await open(directory, { ...MULTICLASS, data: { path: '*.csv' } });
    const found = await partsById(second, await assignParts(second, rule));
    for (const [id, part] of await partsById(first, parts)) expect(found.get(id)).toBe(part);
  });

  it('of seattle-weather has the shares of each class', async () => {
    const dataset = await open(workspace(), {
      ...MULTICLASS,
      data: { path: join(REAL, 'seattle-weather.csv') },
      target: { column: 'weather' },
    });
    const { counts, rule } = await fitSplit(dataset, dataset.spec);
    expect(counts).toEqual({ train: 1023, validation: 146, calibration: 0, test: 292 });
    expect(await assignParts(dataset, JSON.parse(JSON.stringify(rule)) as SplitRule)).toEqual(
      (await fitSplit(dataset, dataset.spec)).parts,
    );
  });
});
