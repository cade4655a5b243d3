import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readBundle } from '../../shared/bundle/read.js';
import type { DerivedFeature } from '../../shared/spec/schema.js';
import { customers, Project, spec } from './project.js';

/** `features` of a spec, all the way: from a file through validate and train to a bundle that evaluate judges. */

const HEADER = 'id,joined,seen,usage,bills,plan,region,note,churned';
const NOTES = ['Good service', 'too slow, TOO dear', '', 'slow', 'asked for help… twice'];

/** Who stays depends on usage a bill and on the note. */
const data = customers({
  header: HEADER,
  row: (id, random) => {
    const usage = Math.round(random.uniform() * 900) / 10;
    const bills = random.integer(8);
    const note = NOTES[random.integer(NOTES.length)]!;
    const stays = (bills > 0 ? usage / bills : 0) - (note.includes('slow') ? 8 : 0) + random.normal() * 4 > 6;
    return [
      ...[id, `2023-0${1 + (id % 9)}-1${id % 10}`, `2024-01-${10 + (id % 20)} 1${id % 10}:30:00`],
      ...[
        id % 17 === 0 ? '' : usage,
        bills,
        ['basic', 'pro', 'max'][id % 3]!,
        `r${random.integer(30)}`,
        `"${note}"`,
        stays ? 'no' : 'yes',
      ],
    ];
  },
});

const DERIVE: readonly DerivedFeature[] = [
  { from: 'seen', parts: ['weekday', 'is_weekend'] },
  { from: 'seen', cyclic: ['hour'] },
  { from: 'SEEN', since: 'joined', name: 'days_with_us' },
  { from: 'joined', since: '2023-01-01' },
  { from: ['usage', 'bills'], log: true },
  { from: 'usage', clip: { max: 60 } },
  { from: 'usage', bins: 6 },
  { from: 'bills', bins: [1, 3, 5], name: 'bills_band' },
  { from: 'usage', quantile_bins: 10 },
  { from: ['usage', 'bills'], ratio: true },
  { from: ['usage', 'bills'], difference: true },
  { from: ['usage', 'bills'], interaction: true },
  { from: ['plan', 'bills'], interaction: true },
  { from: 'note', length: true },
  { from: 'note', hashed_tokens: 8 },
  { from: 'note', tfidf: 5 },
  { from: ['plan', 'region'], target_encoding: true },
  { from: 'region', frequency_encoding: true },
  { from: ['usage', 'note'], missing: true },
  { from: 'plan', one_hot: true },
];

let project: Project;
afterEach(() => project.remove());

const create = async (features: Readonly<Record<string, unknown>>): Promise<void> => {
  project = await Project.create({
    'mlops.yaml': spec({ data: { path: 'data.csv', key: 'id' }, features, contract: { rows: { min: 100 } } }),
    'data.csv': data,
  });
};

test('every transform goes into the bundle, and the bundle is judged from raw columns', async () => {
  await create({ exclude: ['note', 'region'], derive: DERIVE });
  expect((await project.run('validate')).failure).toBeUndefined();
  const trained = await project.run('train', { output: 'bundle', champion: 'none' });
  const { manifest } = await readBundle(join(project.directory, 'bundle'), 'the bundle');
  expect(new Set(manifest.features.features.map(({ kind }) => kind)).size).toBe(20);
  expect(manifest.signature.inputs.map(({ name }) => name).sort()).toEqual(
    ['bills', 'joined', 'note', 'plan', 'region', 'seen', 'usage'].sort(),
  );
  const importance = JSON.parse(await readFile(join(project.directory, 'bundle/importance.json'), 'utf8')) as {
    feature: string;
  }[];
  expect(importance.slice(0, 8).map(({ feature }) => feature)).toContain('usage_bills_ratio');
  expect(trained.summary).toContain('usage_bills_ratio');

  const evaluated = await project.run('evaluate', { model: 'bundle', 'fail-on': 'never' });
  const metrics = JSON.parse(await readFile(evaluated.outputs['metrics-path']!, 'utf8')) as Record<string, number>;
  const recorded = JSON.parse(await readFile(join(project.directory, 'bundle/metrics.json'), 'utf8')) as Record<string, number>;
  expect(metrics.auc).toBeCloseTo(recorded.auc!, 6);
  expect(metrics.auc).toBeGreaterThan(0.85);
});

test('what select drops is named with its reason and its cost, in the summary, the card and the manifest', async () => {
  await create({
    derive: [
      { from: 'usage', clip: { min: -1 }, name: 'same_usage' },
      { from: 'usage', missing: true },
      { from: ['usage', 'bills'], ratio: true },
    ],
    select: { max: 4, correlation_max: 0.95, method: 'permutation' },
  });
  const { summary } = await project.run('train', { output: 'bundle', champion: 'none' });
  const { manifest } = await readBundle(join(project.directory, 'bundle'), 'the bundle');
  const { selection } = manifest.training;
  expect(selection).toMatchObject({ method: 'permutation', offered: 8, validation: { metric: 'log_loss' } });
  expect(selection!.dropped).toContainEqual({ feature: 'same_usage', reason: 'duplicate', of: 'usage' });
  expect(manifest.features.features.map(({ name }) => name)).toContain('usage_bills_ratio');
  expect(manifest.features.features.length).toBe(4);
  expect(summary).toMatch(
    /<b>Selection<\/b>: 4 of 8 features kept, log loss on the validation rows 0\.\d+ with all, 0\.\d+ with these/i,
  );
  expect(summary).toMatch(/`same_usage` +\| the values of `usage`/);
  expect(await readFile(join(project.directory, 'bundle/README.md'), 'utf8')).toContain('4 of 8 features kept');
  const judged = await project.run('evaluate', { model: 'bundle', 'fail-on': 'never' });
  expect(judged.failure).toBeUndefined();
});

test('a transform of the wrong column is told at its line, before anything is trained', async () => {
  await create({ derive: [{ from: 'plan', log: true }] });
  const message = 'features.derive: log needs a number or boolean, but column "plan" is of type string';
  expect((await project.run('validate')).failure).toContain(message);
  expect(await project.complaint('train')).toMatch(/^mlops\.yaml:\d+:\d+: features\.derive: log needs a number/);
});
