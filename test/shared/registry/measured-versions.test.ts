import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measuredVersions } from '../../../shared/registry/measured-versions.js';
import { registerVersion } from '../../../shared/registry/register.js';
import { METRICS, openRegistry, READ, type RegistryScene } from './scene.js';

let scene: RegistryScene;

async function register(graph: string, metrics: Readonly<Record<string, number | null>>, version: 'minor' | 'auto' = 'auto') {
  const bundle = await scene.bundle(graph, {}, metrics);
  return registerVersion(await scene.registry(), scene.request(bundle, { version }));
}

describe('what the registry remembers of the figures', () => {
  beforeAll(async () => {
    scene = await openRegistry({ git: true });
    await register('one', METRICS);
  });
  afterAll(() => scene.close());

  test('one version alone is no history, and costs no request for its figures', async () => {
    expect(await measuredVersions(await scene.registry(READ))).toEqual([]);
  });

  test('is read from the registry commits, by a token that may only read, and without a bundle', async () => {
    await register('two', { auc: 0.76, log_loss: null }, 'minor');
    await register('three', { auc: 0.77 }, 'minor');
    const found = await measuredVersions(await scene.registry(READ));
    expect(found.map(({ version, metrics }) => [version, metrics])).toEqual([
      ['v1.2.0', { auc: 0.77 }],
      ['v1.1.0', { auc: 0.76 }],
      ['v1.0.0', { auc: 0.75, log_loss: 0.5 }],
    ]);
    expect(found.map(({ manifest }) => manifest.training.rows.test)).toEqual([2, 2, 2]);
    expect(found.every(({ at }) => !Number.isNaN(Date.parse(at)))).toBe(true);
  });

  test('a version whose release is gone is not shown', async () => {
    const [newest] = scene.releases();
    const before = await measuredVersions(await scene.registry(READ));
    const { client, repository } = await scene.source();
    await client.rest.repos.deleteRelease({ ...repository, release_id: newest!.id });
    expect(await measuredVersions(await scene.registry(READ))).toHaveLength(before.length - 1);
  });
});
