import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Comparison } from '../../shared/evaluation/comparison.js';
import { customers, Project, spec } from './project.js';

/** Held-out rows and predictions that say little or nothing: the judgement says so instead of a number. */

let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
});
afterEach(() => project.remove());

async function comparison(): Promise<Comparison> {
  return JSON.parse(await readFile(join(project.directory, '.mlops-actions/comparison.json'), 'utf8')) as Comparison;
}

const metric = ({ metrics }: Comparison, name: string) => metrics.find((one) => one.name === name)!;

/** Customers of 600 days, whose last ones stay or leave as `of` says. */
function dated(of: (id: number, churned: string) => string): string {
  const lines = customers().trim().split('\n').slice(1);
  const days = lines.map((line, id) => {
    const [, usage, plan, churned] = line.split(',');
    return `${id},${new Date(id * 86_400_000).toISOString().slice(0, 10)},${usage},${plan},${of(id, churned!)}`;
  });
  return `${['id,day,usage,plan,churned', ...days].join('\n')}\n`;
}

const BY_TIME = {
  data: { path: 'data.csv', key: 'id', time: 'day' },
  split: { by: 'time', validation: 0.2, test: 0.2 },
  features: { use: ['usage', 'plan'] },
};

describe('held-out rows', () => {
  test('without a positive one: no AUC, no verdict, and what has no interval says why', async () => {
    await project.write('mlops.yaml', spec({ ...BY_TIME, gates: ['auc >= 0.6', 'log_loss <= champion + 0.1'] }));
    await project.write(
      'data.csv',
      dated((id, churned) => (id >= 480 ? 'no' : churned)),
    );
    await project.run('train', { output: 'champion' });
    await project.run('train');
    await project.run('compare', { champion: 'none' });
    const first = await comparison();
    expect(metric(first, 'auc')).toMatchObject({ candidate: null, note: 'no interval: all rows are of one class' });
    expect(metric(first, 'f1').note).toContain('of one class');
    expect(metric(first, 'log_loss').candidate).toBeGreaterThan(0);
    expect(first.gates[0]).toMatchObject({ outcome: 'inconclusive', note: 'no interval: all rows are of one class' });
    await project.write('mlops.yaml', spec({ ...BY_TIME, train: { algorithm: 'baseline' } }));
    await project.run('train');
    const outcome = await project.run('compare', { champion: 'champion' });
    expect(await comparison()).toMatchObject({ verdict: 'no evidence', reason: 'no interval: all rows are of one class' });
    expect(outcome.summary).toContain('all rows are of one class');
  });

  test('with classes that the model has never seen: they are left out and counted', async () => {
    await project.run('train', { output: 'champion' });
    await project.run('train');
    const lines = customers().trim().split('\n');
    await project.write(
      'data.csv',
      `${lines.map((line, at) => (at % 5 === 0 && at > 0 ? line.replace(/,\w+$/, ',paused') : line)).join('\n')}\n`,
    );
    const outcome = await project.run('compare', { champion: 'champion' });
    const { rows, classes } = await comparison();
    expect(rows.unlabelled).toBeGreaterThan(20);
    expect(rows.used + rows.unlabelled).toBe(rows.test);
    expect(classes!.map(({ name }) => name)).toEqual(['no', 'yes']);
    expect(outcome.summary).toContain(`${rows.unlabelled}`);
  });

  test('with no known class at all: one line at the target', async () => {
    await project.run('train');
    await project.write('data.csv', customers().replace(/,(yes|no)\n/g, ',$1!\n'));
    expect(await project.complaint('compare', { champion: 'none' })).toMatch(
      /^mlops\.yaml:\d+:\d+: none of the \d+ test rows has a label, so nothing can be judged/,
    );
  });

  test('of which three make a slice: it is left out and counted', async () => {
    const few = { name: 'few', sql: 'id < 10' };
    await project.write(
      'mlops.yaml',
      spec({ evaluate: { bootstrap: 200, slices: [few, { ...few, name: 'counted', min_rows: 1 }] } }),
    );
    await project.run('train', { output: 'champion' });
    await project.write(
      'mlops.yaml',
      spec({
        evaluate: { bootstrap: 200, slices: [few, { ...few, name: 'counted', min_rows: 1 }] },
        train: { algorithm: 'baseline' },
      }),
    );
    await project.run('train');
    await project.run('compare', { champion: 'champion' });
    const { slices: found, slicesLeftOut } = await comparison();
    expect(slicesLeftOut).toBe(1);
    expect(found).toHaveLength(1);
    expect(found[0]!.rows).toBeLessThan(10);
    expect(found[0]!.slice).toBe('counted');
    expect(found[0]).not.toHaveProperty('sign');
    expect(found[0]!.note).toMatch(/rows are too few/);
  });
});

describe('predictions', () => {
  test('that are the same for every row: the AUC is a half and correlation is none', async () => {
    await project.run('train', { output: 'champion' });
    const lines = customers().trim().split('\n').slice(1);
    await project.write('same.csv', `id,score\n${lines.map((line) => `${line.split(',')[0]},0.3`).join('\n')}\n`);
    await project.write('mlops.yaml', spec({ evaluate: { bootstrap: 200, metrics: ['auc', 'mcc', 'brier', 'f1'] } }));
    const outcome = await project.run('compare', { candidate: 'same.csv', champion: 'champion' });
    const judged = await comparison();
    expect(judged.verdict).toBe('worse');
    const { candidate, candidateInterval } = metric(judged, 'auc');
    expect(candidate).toBe(0.5);
    expect(candidateInterval!.high - candidateInterval!.low).toBeLessThan(1e-12);
    expect(metric(judged, 'mcc')).toMatchObject({
      candidate: 0,
      note: expect.stringContaining('decides for a class in no row'),
    });
    expect(outcome.failure).toBeUndefined();
  });

  test('that are NaN on some rows: the other model is not judged against them', async () => {
    await project.run('train', { output: 'champion' });
    const lines = customers().trim().split('\n').slice(1);
    const scores = lines.map((line, at) => `${line.split(',')[0]},${at % 3 === 0 ? 'NaN' : '0.4'}`);
    await project.write('nan.csv', `id,score\n${scores.join('\n')}\n`);
    await project.write('mlops.yaml', spec({ gates: ['auc >= 0.5'] }));
    const outcome = await project.run('compare', { candidate: 'nan.csv', champion: 'champion' });
    expect((await comparison()).reason).toMatch(/the candidate gives no number for \d+ of 180 rows/);
    expect(outcome.failure).toContain('auc >= 0.5');
  });

  test.each([
    ['without a key, by the hashes of the rows', { path: 'data.csv' }],
    ['of a key that is repeated, by their order', { path: 'data.csv', key: 'id' }],
  ])('find their rows %s', async (_, data) => {
    await project.write(
      'data.csv',
      customers().replace(/^\d+/gm, (id) => String(Math.floor(Number(id) / 2))),
    );
    await project.write('mlops.yaml', spec({ data }));
    await project.run('train');
    const outcome = await project.run('compare', {
      ...{ candidate: '.mlops-actions/bundle/predictions.parquet', champion: '.mlops-actions/bundle' },
    });
    expect(outcome.outputs.verdict).toBe('identical');
  });
});
