import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkContract } from '../../../../shared/data/contract/check.js';
import { openDatabase } from '../../../../shared/data/duckdb.js';
import { openDataset } from '../../../../shared/data/open-dataset.js';
import { profileDataset } from '../../../../shared/data/profile/profile.js';
import type { Profile } from '../../../../shared/data/profile/result.js';
import { suggestContract } from '../../../../shared/data/suggest.js';
import { renderSuggestedContract } from '../../../../shared/report/suggested-contract.js';
import { parseSpec } from '../../../../shared/spec/load.js';
import { spec as specText } from '../../../actions/project.js';

const ROWS = 30_000;
const SAMPLE = { above: 15_000, rows: 10_000 };

/** 1,000 rows stand twice; six amounts are infinite, and one text stands in two rows. */
const TABLE = `SELECT i AS id, TIMESTAMP '2025-01-01' + to_minutes(i) AS "at", TIMESTAMP '2025-01-01' + to_minutes(i + (i % 7 = 0)::INTEGER) AS "after",
    CASE WHEN i IN (5, 6, 7) THEN 'inf'::DOUBLE WHEN i % 10 > 0 THEN (hash(i, 1) % 100000) / 100 - 300 END AS amount,
    CASE WHEN hash(i, 2) % 50 = 0 THEN -999 ELSE hash(i, 2) % 90 END::BIGINT AS age,
    ['red', 'green', 'blue'][1 + (hash(i, 3) % 3)::BIGINT] AS colour, 'text ' || hash(i, 4) % 40000 AS note,
    CASE WHEN i = 17 THEN 'rare' WHEN hash(i, 5) % 100 = 0 THEN 'N/A' ELSE 'kind ' || hash(i, 5) % 9 END AS kind,
    hash(i, 6) % 4 = 0 AS y
  FROM (SELECT CASE WHEN range < ${ROWS - 1000} THEN range ELSE range - ${ROWS - 1000} END::BIGINT AS i FROM range(${ROWS}))`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'profile-sample-'));
  const { connection, close } = await openDatabase();
  try {
    await connection.run(`CREATE TABLE t AS ${TABLE}`);
    await connection.run(`COPY t TO '${join(directory, 'data.parquet')}' (FORMAT parquet)`);
    await connection.run(`COPY (FROM t ORDER BY hash(id, 7)) TO '${join(directory, 'shuffled.parquet')}' (FORMAT parquet)`);
    await connection.run(`COPY t TO '${join(directory, 'data.csv')}' (FORMAT csv)`);
    await connection.run(`COPY (SELECT colour, kind, y FROM t) TO '${join(directory, 'alike.parquet')}' (FORMAT parquet)`);
  } finally {
    close();
  }
});
afterAll(() => rm(directory, { recursive: true }));

async function profileOf(file: string, isSampled = true, changes: Readonly<Record<string, unknown>> = {}): Promise<Profile> {
  const text = specText({ data: { path: file, time: 'at' }, target: { column: 'y' }, ...changes });
  const { spec, locate } = parseSpec(text, 'mlops.yaml');
  const dataset = await openDataset({ spec, directory, locate, ...(isSampled && { sample: SAMPLE }) });
  try {
    return await profileDataset(dataset, spec);
  } finally {
    dataset.close();
  }
}

describe('the profile of many rows', () => {
  let whole: Profile;
  let sampled: Profile;
  beforeAll(async () => {
    whole = await profileOf('data.parquet', false);
    sampled = await profileOf('data.parquet');
  });
  const pairs = () => whole.columns.map((column, index) => ({ exact: column, found: sampled.columns[index]! }));

  test('counts, ends, moments, texts of few values, later dates and stand-ins are those of all rows', () => {
    expect(whole.sample).toBeUndefined();
    expect(sampled.sample!.rows).toBeGreaterThan(9_500);
    expect(sampled.sample!.rankError).toBeCloseTo(2.576 * Math.sqrt(0.25 / sampled.sample!.rows), 3);
    expect(sampled).toMatchObject({ rows: ROWS, later: whole.later, standIns: whole.standIns });
    expect(sampled.target.classes).toEqual(whole.target.classes);
    for (const { exact, found } of pairs()) {
      expect(found).toMatchObject({ name: exact.name, type: exact.type, role: exact.role, missing: exact.missing });
      expect(found.length).toEqual(exact.length);
      if (exact.levels && exact.distinct! < 100) expect(found.levels).toEqual(exact.levels);
      if (!exact.numbers) continue;
      const { min, max, infinite, zeros, negative } = exact.numbers;
      expect(found.numbers).toMatchObject({ min, max, infinite, zeros, negative });
      expect(found.numbers!.mean / exact.numbers.mean).toBeCloseTo(1, 8);
      expect(found.numbers!.sd! / exact.numbers.sd!).toBeCloseTo(1, 8);
    }
    expect(sampled.columns.find(({ name }) => name === 'amount')!.numbers!.infinite).toBe(6);
    expect(sampled.standIns.map(({ column }) => column).sort()).toEqual(['age', 'kind']);
  });

  test('what is sampled is near, by the error that it states', () => {
    const { rankError } = sampled.sample!;
    for (const { exact, found } of pairs()) {
      expect(Math.abs(found.distinct! / exact.distinct! - 1)).toBeLessThan(0.05);
      if (!exact.numbers || exact.name === 'amount') continue;
      const quantile = (p: number) => exact.numbers!.quantiles.find((one) => one.p === p)!.value;
      const median = found.numbers!.quantiles.find(({ p }) => p === 0.5)!.value;
      expect(rankError).toBeLessThan(0.05);
      expect(median).toBeGreaterThanOrEqual(quantile(0.45));
      expect(median).toBeLessThanOrEqual(quantile(0.55));
      const { counts, below, above } = found.numbers!.histogram;
      const all = counts.reduce((sum, count) => sum + count, below + above);
      expect(Math.abs(all / (ROWS - exact.missing) - 1)).toBeLessThan(0.001);
    }
    expect(sampled.duplicates!.share).toBeCloseTo(whole.duplicates!.share, 2);
    expect(whole.duplicates!.rows).toBe(1000);
    expect(sampled.split!.counts.train / whole.split!.counts.train).toBeCloseTo(1, 1);
    expect(sampled.findings.map(({ kind, column }) => `${kind} ${column}`)).toEqual(
      whole.findings.map(({ kind, column }) => `${kind} ${column}`),
    );
  });

  test('depends neither on the order of the rows nor on the format of the files', async () => {
    const facts = ({ files: _, ...others }: Profile) => others;
    expect(facts(await profileOf('shuffled.parquet'))).toEqual(facts(sampled));
    expect(facts(await profileOf('data.csv'))).toEqual(facts(sampled));
  });

  test('is of the rows that data.where lets through', async () => {
    const data = { path: 'data.parquet', time: 'at', where: "colour <> 'blue'" };
    const [exact, found] = [await profileOf('', false, { data }), await profileOf('', true, { data })];
    expect(found.sample!.rows).toBeGreaterThan(9_500);
    expect(found.rows).toBe(exact.rows);
    expect(found.columns.map(({ missing }) => missing)).toEqual(exact.columns.map(({ missing }) => missing));
  });

  test('a contract that is suggested from it is one that all rows keep', async () => {
    const head = { data: { path: 'data.parquet', time: 'at' }, target: { column: 'y' } };
    const { spec, locate } = parseSpec(specText(head), 'mlops.yaml');
    const dataset = await openDataset({ spec, directory, locate, sample: SAMPLE });
    try {
      const profile = await profileDataset(dataset, spec);
      const suggested = await suggestContract(dataset.connection, profile, [], dataset.everything!.from);
      const rules = suggested.columns.find(({ name }) => name === 'note')!.rules;
      expect(rules.map(({ key }) => key)).not.toContain('unique');
      const loaded = parseSpec(`${specText(head)}\n${renderSuggestedContract(suggested, 'm')}`, 'mlops.yaml');
      const all = await openDataset({ ...loaded, directory, inFileOrder: true });
      try {
        const results = await checkContract(all, loaded);
        expect(results.length).toBeGreaterThan(20);
        expect(results.filter(({ passed }) => !passed)).toEqual([]);
      } finally {
        all.close();
      }
    } finally {
      dataset.close();
    }
  });

  test('rows that are mostly equal are all looked at', async () => {
    const data = { path: 'alike.parquet' };
    expect(await profileOf('', true, { data })).toEqual(await profileOf('', false, { data }));
  });
});
