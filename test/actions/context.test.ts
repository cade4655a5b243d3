import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Manifest } from '../../shared/bundle/manifest.js';
import { readBundle } from '../../shared/bundle/read.js';
import { customers, Project, spec } from './project.js';

/** What `train` says of the columns that come with a row and are no features. */

async function manifestOf(data: Readonly<Record<string, unknown>>, header: string): Promise<Manifest> {
  const day = (id: number): string => `2024-01-${String(1 + (id % 28)).padStart(2, '0')}`;
  const project = await Project.create({
    'mlops.yaml': spec({ data: { path: 'data.csv', ...data }, features: { exclude: ['day'] } }),
    'data.csv': customers({
      header,
      row: (id, random) => [id, day(id), Math.round(random.normal() * 100), id % 2 === 0 ? 'yes' : 'no'],
    }),
  });
  try {
    await project.run('train', { output: 'bundle', champion: 'none' });
    return (await readBundle(join(project.directory, 'bundle'), 'the bundle')).manifest;
  } finally {
    await project.remove();
  }
}

test('the manifest names key and event time as the data spells them', async () => {
  expect((await manifestOf({ key: 'id', time: 'day' }, 'ID,Day,usage,churned')).context).toEqual({ key: ['ID'], time: 'Day' });
  expect((await manifestOf({}, 'id,day,usage,churned')).context).toEqual({ key: [] });
});

test('the context is no part of the digest, and older bundles have none', async () => {
  const [withKey, without] = [await manifestOf({ key: ['id', 'day'] }, 'id,day,usage,churned'), await readOlder()];
  expect(withKey.context).toEqual({ key: ['id', 'day'] });
  expect(without.context).toBeUndefined();
});

/** A bundle without `context` still reads: its digest does not cover it. */
async function readOlder(): Promise<Manifest> {
  const project = await Project.create({ 'mlops.yaml': spec(), 'data.csv': customers() });
  try {
    await project.run('train', { output: 'bundle', champion: 'none' });
    const file = join(project.directory, 'bundle/manifest.json');
    const { context, ...older } = JSON.parse(await readFile(file, 'utf8')) as Manifest;
    expect(context).toEqual({ key: ['id'] });
    await project.write('bundle/manifest.json', JSON.stringify(older));
    return (await readBundle(join(project.directory, 'bundle'), 'the bundle')).manifest;
  } finally {
    await project.remove();
  }
}
