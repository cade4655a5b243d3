import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ColumnProfile, ProfileDocument, ValueProfile } from '../../shared/data/profile/result.js';
import { literal } from '../../shared/data/sql.js';
import { duck, REAL } from '../shared/data/workspace.js';
import { customers, Project, spec } from './project.js';

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec({ data: { path: 'data/*', key: 'id' } }) });
});
afterEach(() => project.remove());

const profileOf = async (path: string) => JSON.parse(await readFile(path, 'utf8')) as ProfileDocument;

async function both(count: number) {
  const whole = await project.run('profile');
  const one = await profileOf(whole.outputs['profile-path']!);
  await rm(join(project.directory, '.mlops-actions/shards'), { recursive: true, force: true });
  const shards = [];
  for (let index = 1; index <= count; index++) shards.push(await project.run('profile', { shard: `${index}/${count}` }));
  // Outside of GitHub a token finds nothing, and the results are those of this machine.
  const outcome = await project.run('profile', { merge: 'true', 'github-token': 'of nobody' });
  return { one, shards, outcome, merged: await profileOf(outcome.outputs['profile-path']!) };
}

/** What has to be the same, whoever counted. */
function exact({ type, missing, numbers, levels, length, errors }: ValueProfile): unknown {
  const close = (value: number) => Number(value.toPrecision(9));
  return {
    ...{ type, missing, length: length && { ...length, mean: close(length.mean) } },
    ...(numbers && {
      ...{ min: numbers.min, max: numbers.max, zeros: numbers.zeros, negative: numbers.negative, infinite: numbers.infinite },
      ...{ mean: close(numbers.mean), sd: numbers.sd && close(numbers.sd) },
    }),
    ...(errors?.levels === undefined && { top: levels?.top, other: levels?.other.count }),
  };
}

/** Estimates lie within what is said of their error, and nothing else differs. */
function holdTogether(merged: readonly ColumnProfile[], whole: readonly ColumnProfile[]): void {
  expect(merged.map(({ name, role }) => [name, role])).toEqual(whole.map(({ name, role }) => [name, role]));
  for (const [at, column] of merged.entries()) {
    const one = whole[at]!;
    const { errors = {}, name } = column;
    expect([name, exact(column)]).toEqual([name, exact(errors.levels === undefined ? one : { ...one, errors: { levels: 1 } })]);
    const { distinct, quantiles = 0 } = errors;
    if (distinct === undefined) expect([name, column.distinct]).toEqual([name, one.distinct]);
    else expect(Math.abs(column.distinct! / one.distinct! - 1), name).toBeLessThan(4 * distinct);
    for (const [index, { value }] of (column.numbers?.quantiles ?? []).entries()) {
      const true_ = one.numbers!.quantiles[index]!.value;
      // Interpolated between two values, each of which may be off.
      const near = Math.max(Math.abs(true_), Math.abs(value)) * quantiles * 2.1 + 1e-9 * Math.abs(true_);
      expect(Math.abs(value - true_), `${name} ${index}`).toBeLessThanOrEqual(near);
    }
  }
}

describe('a profile merged from shards', () => {
  test('says of each column what one look at everything says, within the errors that it states', async () => {
    const file = join(project.directory, 'data/movies.parquet');
    await project.write('data/.keep', '');
    await duck(
      `COPY (SELECT row_number() OVER () AS id, * EXCLUDE ("Release Date"), try_strptime("Release Date", '%b %d %Y')::DATE AS released FROM read_json(${literal(`${REAL}movies.json`)})) TO ${literal(file)} (ROW_GROUP_SIZE 2048)`,
    );
    await project.write(
      'mlops.yaml',
      spec({
        data: { path: 'data/*.parquet', key: 'id', time: 'released' },
        task: 'regression',
        target: { column: 'IMDB Rating' },
      }),
    );
    const { one, shards, outcome, merged } = await both(3);
    holdTogether(merged.columns, one.columns);
    expect(merged.columns.filter(({ errors }) => errors?.distinct !== undefined).length).toBeGreaterThan(2);
    expect(merged.columns.filter(({ errors }) => errors === undefined).length).toBeGreaterThan(4);
    expect([merged.rows, merged.shards, merged.duplicates, merged.split]).toEqual([one.rows, 3, undefined, undefined]);
    expect(merged.target).toMatchObject({ name: 'IMDB Rating', missing: one.target.missing });
    expect(merged.target.numbers!.mean).toBeCloseTo(one.target.numbers!.mean, 8);
    // The counts can be added to others, and name no value of few rows.
    expect(merged.distribution!.columns.map(({ name }) => name)).toEqual(merged.columns.map(({ name }) => name));
    const named = merged.distribution!.columns.flatMap((column) => (column.kind === 'levels' ? column.levels : []));
    expect(Math.min(...named.map(({ count }) => count))).toBeGreaterThanOrEqual(5);

    expect(shards[0]!.outputs).toMatchObject({
      'report-path': '',
      'contract-path': '',
      artifact: 'churn-profile-shard-1-of-3-a1',
    });
    expect(outcome.outputs.artifact).toBe('churn-profile');
    expect(outcome.summary).toContain('Merged from 3 shards. Relations to the target');
    expect(outcome.summary).toContain('≈');
    expect(outcome.summary).not.toContain('row twice');
    const page = await readFile(outcome.outputs['report-path']!, 'utf8');
    expect(page).toContain('Merged from 3 shards');
    expect(page).toContain('not counted');
  });

  test('has the classes of the target, and what is wrong with it, from files of text', async () => {
    const [header, ...rows] = customers().trim().split('\n');
    for (const [at, name] of ['a', 'b', 'c'].entries())
      await project.write(`data/${name}.csv`, `${header}\n${rows.slice(at * 200, at * 200 + 200).join('\n')}\n`);
    const { one, merged } = await both(2);
    holdTogether(merged.columns, one.columns);
    const byName = ({ classes }: ProfileDocument['target']) => [...classes!].sort((a, b) => (a.value < b.value ? -1 : 1));
    expect(byName(merged.target)).toEqual(byName(one.target));
    await project.write('mlops.yaml', spec({ data: { path: 'data/*', key: 'id', where: 'id < 150' } }));
    const filtered = await both(3);
    expect(filtered.shards.map(({ summary }) => /\d+ rows/.exec(summary!)![0])).toEqual(['150 rows', '0 rows', '0 rows']);
    holdTogether(filtered.merged.columns, filtered.one.columns);
    await project.write('mlops.yaml', spec({ data: { path: 'data/*', key: 'id' }, target: { column: 'plan' } }));
    const wrong = await both(3);
    expect(wrong.merged.target.problem).toBe(wrong.one.target.problem);
    expect(wrong.merged.findings[0]).toEqual(wrong.one.findings[0]);
  });

  test('refuses what shards cannot do, and shards of something else', async () => {
    await project.write('data/a.csv', customers({ rows: 50 }));
    expect(await project.complaint('profile', { shard: '1/1', suggest: 'true' })).toContain('Input "suggest" is true');
    expect(await project.complaint('profile', { shard: '1/1', merge: 'true' })).toContain('are of different steps');
    expect(await project.complaint('profile', { shard: '2' })).toContain('Input "shard" is "2"; accepted: i/n');
    await project.run('validate', { shard: '1/1' });
    expect(await project.complaint('profile', { merge: 'true' })).toContain('there is no result of a shard');
    await project.run('profile', { shard: '1/1' });
    await project.write('mlops.yaml', spec({ data: { path: 'data/*', key: 'id', where: 'id > 3' } }));
    expect(await project.complaint('profile', { merge: 'true' })).toContain('is of another spec or contract than this job');
  });
});
