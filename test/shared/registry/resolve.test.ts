import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fetchVersion } from '../../../shared/registry/fetch.js';
import { promoteVersion } from '../../../shared/registry/promote.js';
import { Registry } from '../../../shared/registry/registry.js';
import { type ResolveRequest, resolveChampion, resolveModel } from '../../../shared/registry/resolve.js';
import { complaint } from '../github/scene.js';
import { MODEL, openRegistry, READ, type RegistryScene } from './scene.js';

let scene: RegistryScene;
beforeEach(async () => {
  scene = await openRegistry();
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

const request = (changes: Partial<ResolveRequest> = {}): ResolveRequest => ({
  ...{ input: 'model', model: MODEL, directory: scene.directory, branch: 'main' },
  connect: () => scene.source(READ),
  ...changes,
});
const promote = async (model: string, stage: string): Promise<void> => {
  const registry = await scene.registry();
  const { version } = await scene.register(model);
  await promoteVersion(registry, version, [stage], { stage, actor: 'ann', reason: '' });
};
const resolved = async (text: string) => {
  const model = await resolveModel(text, request());
  return model.kind === 'bundle' ? [model.version, model.bundle.manifest.digest] : undefined;
};

describe('a reference', () => {
  test('leads to the verified bundle of a version, the latest one, or one with a stage', async () => {
    const first = (await scene.register('first')).version.record;
    await promote('second', 'production');
    const third = (await scene.register('third')).version.record;
    expect(await resolved('churn@v1.0.0')).toEqual(['v1.0.0', first.digest]);
    expect(await resolved('churn@1.0.0')).toEqual(['v1.0.0', first.digest]);
    expect(await resolved('churn@latest')).toEqual(['v1.2.0', third.digest]);
    expect((await resolved('churn#production'))?.[0]).toBe('v1.1.0');
  });

  test('that leads nowhere says what there is', async () => {
    expect(await complaint(resolved('churn@latest'))).toBe(
      'churn has no version yet in this repository: "register" makes the first one.',
    );
    expect(await complaint(resolved('churn#production'))).toBe(
      'No version of churn has the stage production. "promote" gives one.',
    );
    await promote('first', 'staging');
    expect(await complaint(resolved('churn@v2.0.0'))).toBe('churn has no version v2.0.0; there are: v1.0.0.');
    expect(await complaint(resolved('churn#production'))).toContain('stages that were given: staging');
    expect(await complaint(resolved('other@latest'))).toContain('other has no version yet');
  });

  test.each(['churn@', 'churn@v1', 'churn@1.2', 'churn@newest', 'churn#', 'churn#a b', 'churn@v1.0.0-rc.1', 'run:x'])(
    '%j is refused with the forms that are accepted',
    async (text) => {
      expect(await complaint(resolved(text))).toContain('accepted: model@v1.2.0, model@latest, model#stage, run:<run-id>');
    },
  );

  test('needs GitHub', async () => {
    const call = resolveModel('churn@latest', request({ connect: () => Promise.resolve(undefined) }));
    expect(await complaint(call)).toContain('versions and stages can only be reached in GitHub Actions, with a "github-token"');
  });
});

describe('the champion, by default', () => {
  const champion = async () => {
    const found = await resolveChampion('auto', request());
    return found?.kind === 'bundle' ? [found.version, found.shown] : undefined;
  };

  test('is the version in production, else the latest one, else none', async () => {
    expect(await champion()).toBeUndefined();
    await scene.register('first');
    expect(await champion()).toEqual(['v1.0.0', 'churn@v1.0.0']);
    await promote('second', 'production');
    await scene.register('third');
    expect(await champion()).toEqual(['v1.1.0', 'churn#production']);
  });

  test('is never a version whose release is not published', async () => {
    await scene.register('first');
    await promote('second', 'production');
    const { client } = await scene.source();
    const release = scene.releases().find(({ tag }) => tag === 'churn@v1.1.0')!;
    await client.rest.repos.deleteRelease({ owner: 'acme', repo: 'models', release_id: release.id });
    expect(await champion()).toEqual(['v1.0.0', 'churn@v1.0.0']);
    expect(await complaint(resolved('churn#production'))).toContain('churn#production is v1.1.0, whose release is gone');
  });
});

describe('a version whose assets were changed is not used', () => {
  /** Replaces an asset of the first version. */
  async function replace(name: string, bytes: Buffer): Promise<void> {
    const { client } = await scene.source();
    const { data: release } = await client.rest.repos.getReleaseByTag({ owner: 'acme', repo: 'models', tag: 'churn@v1.0.0' });
    const asset = release.assets.find((candidate) => candidate.name === name)!;
    await client.rest.repos.deleteReleaseAsset({ owner: 'acme', repo: 'models', asset_id: asset.id });
    if (bytes.length === 0) return;
    const url = `${release.upload_url.replace(/\{.*/, '')}?name=${name}`;
    await client.request({ method: 'POST', url, data: bytes, headers: { 'content-type': 'application/octet-stream' } });
  }

  beforeEach(async () => {
    await scene.register('first');
  });

  test('the archive', async () => {
    await replace('churn.tar.gz', gzipSync('another model'));
    expect(await complaint(resolved('churn@v1.0.0'))).toContain(
      'churn.tar.gz of churn@v1.0.0 has been changed since it was registered',
    );
  });

  test('the archive together with SHA256SUMS', async () => {
    await replace('churn.tar.gz', gzipSync('another model'));
    await replace('SHA256SUMS', Buffer.from(`${'0'.repeat(64)}  churn.tar.gz\n`));
    expect(await complaint(resolved('churn@v1.0.0'))).toContain('SHA256SUMS of churn@v1.0.0 has been changed');
  });

  test('an asset that is gone', async () => {
    await replace('churn.tar.gz', Buffer.alloc(0));
    expect(await complaint(resolved('churn@v1.0.0'))).toContain('The release of churn@v1.0.0 has no churn.tar.gz');
  });

  test('a whole other model under a tag that names this one', async () => {
    const registry = new Registry(await scene.source(READ), MODEL);
    const version = (await registry.latest())!;
    const other = { ...version, record: { ...version.record, digest: `sha256:${'7'.repeat(64)}` } };
    const source = await scene.source(READ);
    expect(await complaint(fetchVersion(source, MODEL, other))).toContain('it has been changed, and is not used');
  });
});

test('a path is what it was before', async () => {
  const bundle = await scene.bundle('first');
  expect((await resolveModel(bundle.directory, request())).shown).toBe(bundle.directory);
  await writeFile(join(scene.directory, 'model.onnx'), 'graph');
  expect((await resolveModel('model.onnx', request())).kind).toBe('onnx');
  await rm(join(bundle.directory, 'model.onnx'));
  expect(await complaint(resolveModel(bundle.directory, request()))).toContain('model.onnx is missing');
});
