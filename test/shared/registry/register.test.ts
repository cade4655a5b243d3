import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withoutFiles } from '../../../shared/bundle/pack.js';
import { registerVersion } from '../../../shared/registry/register.js';
import { parseSums } from '../../../shared/registry/release-files.js';
import { complaint } from '../github/scene.js';
import { openRegistry, READ, type RegistryScene } from './scene.js';

let scene: RegistryScene;
beforeEach(async () => {
  scene = await openRegistry({ git: true });
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

const drafts = () => scene.releases().filter(({ draft }) => draft);
/** What was asked of GitHub to change, in order. */
const writes = () =>
  scene.github.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.replace(/^.*\/models\//, '').replace(/\d{6,}/, 'N')}`);

describe('a registration', () => {
  test('goes from draft, assets, commit and tag object to ref and publication, and leaves nothing else', async () => {
    const { version, created, why } = await scene.register('first');
    expect({ created, why, tag: version.tag }).toEqual({ created: true, why: 'the first version', tag: 'churn@v1.0.0' });
    expect(writes()).toEqual([
      'POST releases',
      ...['README.md', 'bom.json', 'churn.tar.gz', 'model.onnx', 'SHA256SUMS'].map(
        (name) => `POST releases/N/assets?name=${name}`,
      ),
      'POST git/trees',
      'POST git/commits',
      'POST git/tags',
      'POST git/refs',
      'PATCH releases/N',
    ]);
    expect(await scene.tags()).toEqual(['churn@v1.0.0']);
    expect(scene.releases()).toMatchObject([
      { tag: 'churn@v1.0.0', name: 'churn v1.0.0', draft: false, prerelease: false, latest: false },
    ]);
  });

  test('SHA256SUMS names every other asset, and the tag names SHA256SUMS', async () => {
    const { version } = await scene.register('first');
    const assets = new Map(scene.releases()[0]!.assets.map(({ name, bytes }) => [name, bytes]));
    const sums = parseSums(assets.get('SHA256SUMS')!.toString());
    expect([...sums.keys()].sort()).toEqual([...assets.keys()].filter((name) => name !== 'SHA256SUMS').sort());
    const digest = (name: string) => `sha256:${createHash('sha256').update(assets.get(name)!).digest('hex')}`;
    for (const [name, expected] of sums) expect(digest(name)).toBe(expected);
    expect(version.record).toMatchObject({ storage: 'release', sums: digest('SHA256SUMS'), actor: 'ann', run: scene.run.id });
    expect(assets.get('README.md')!.toString()).toContain('# churn');
    expect(JSON.parse(assets.get('bom.json')!.toString())).toMatchObject({ bomFormat: 'CycloneDX' });
  });

  test('the registry commit stands on the source commit and adds what describes the model', async () => {
    const { version } = await scene.register('first');
    const { client } = await scene.source(READ);
    const at = { owner: 'acme', repo: 'models' };
    const { data: commit } = await client.rest.git.getCommit({ ...at, commit_sha: version.commit });
    expect(commit.parents.map(({ sha }) => sha)).toEqual([scene.head]);
    const { data: tree } = await client.rest.git.getTree({ ...at, tree_sha: version.commit, recursive: 'true' });
    expect(tree.tree.filter(({ type }) => type === 'blob').map(({ path }) => path)).toEqual([
      '.mlops/churn/README.md',
      '.mlops/churn/manifest.json',
      '.mlops/churn/metrics.json',
      '.mlops/churn/params.yaml',
    ]);
  });

  test('counts on: patch for data, minor for params, major for the signature', async () => {
    await scene.register('first');
    const data = { digest: `sha256:${'1'.repeat(64)}`, rows: 11, schema: [{ name: 'age', type: 'integer' }] } as const;
    const register = async (model: string, changes: Parameters<RegistryScene['bundle']>[1]) => {
      const { version, why } = await registerVersion(await scene.registry(), scene.request(await scene.bundle(model, changes)));
      return `${version.record.version} ${why}`;
    };
    expect(await register('second', { data })).toBe('v1.0.1 patch: only the data changed since v1.0.0');
    expect(await register('third', { data, params: { num_leaves: 63 } })).toBe('v1.1.0 minor: param changed since v1.0.1');
    const signature = {
      inputs: [{ name: 'age', column: 'number', tensor: 'float64' }],
      outputs: [{ name: 'label', tensor: 'string', shape: ['N'] }],
    } as const;
    expect(await register('fourth', { signature })).toBe('v2.0.0 major: the signature changed since v1.1.0');
  });

  test('takes the number that is asked for, once', async () => {
    await scene.register('first', { version: { major: 3, minor: 1, patch: 4 } });
    expect((await scene.register('second', { version: 'patch' })).version.tag).toBe('churn@v3.1.5');
    expect((await scene.register('third', { version: 'minor' })).version.tag).toBe('churn@v3.2.0');
    expect((await scene.register('fourth', { version: 'major' })).version.tag).toBe('churn@v4.0.0');
    expect(await complaint(scene.register('fifth', { version: { major: 3, minor: 2, patch: 0 } }))).toBe(
      'Version v3.2.0 of churn exists already, with another model. Versions are never replaced: choose another number, or "auto".',
    );
    expect(drafts()).toEqual([]);
  });

  test('of a model that is a version already finds that version', async () => {
    await scene.register('first');
    await scene.register('second');
    const before = writes().length;
    const again = await scene.register('first', { version: 'major' });
    expect(again).toMatchObject({ created: false, version: { tag: 'churn@v1.0.0', release: { draft: false } } });
    expect(writes()).toHaveLength(before);
  });

  test('publishes rows of people only when it is told to', async () => {
    const of = await scene.bundle('first');
    const request = scene.request(of, { manifest: withoutFiles(of.manifest, ['predictions.parquet']) });
    const { version } = await registerVersion(await scene.registry(), request);
    expect(version.release!.assets.map(({ name }) => name)).not.toContain('predictions.parquet');
    const told = scene.request(await scene.bundle('second'), { publish: ['predictions.parquet'] });
    const { version: second } = await registerVersion(await scene.registry(), told);
    expect(second.release!.assets.map(({ name }) => name)).toContain('predictions.parquet');
  });

  test('in the artifact of a run makes a tag that names the run, and no release', async () => {
    const { version } = await scene.register('first', { storage: { kind: 'artifact', run: 77 } });
    expect(version.record).toMatchObject({ storage: 'artifact', candidate: 77 });
    expect(scene.releases()).toEqual([]);
    expect((await scene.register('first')).created).toBe(false);
  });

  test('works where releases are immutable', async () => {
    const frozen = await openRegistry({ git: true, immutableReleases: true });
    try {
      await frozen.register('first');
      await frozen.register('second');
      expect(frozen.releases()).toMatchObject([
        { tag: 'churn@v1.0.0', immutable: true },
        { tag: 'churn@v1.0.1', immutable: true },
      ]);
    } finally {
      await frozen.close();
    }
  });

  test('without the permission names the line', async () => {
    const call = registerVersion(await scene.registry(READ), scene.request(await scene.bundle('first')));
    expect(await complaint(call)).toContain('Add "contents: write" to the "permissions:" of the job');
    expect([await scene.tags(), scene.releases()]).toEqual([[], []]);
  });
});

describe('tags that are not ours', () => {
  test('keep their numbers, and are passed over with a line in the log', async () => {
    const { client } = await scene.source();
    const at = { owner: 'acme', repo: 'models' };
    const tag = async (name: string, message?: string): Promise<void> => {
      const sha =
        message === undefined
          ? scene.head
          : (await client.rest.git.createTag({ ...at, tag: name, message, object: scene.head, type: 'commit' })).data.sha;
      await client.rest.git.createRef({ ...at, ref: `refs/tags/${name}`, sha });
    };
    await tag('churn@v1.0.0'); // lightweight
    await tag('churn@v1.1.0', 'Registering artifact churn'); // by another tool
    await tag('churn@v2', '{}');
    await tag('churn@v1.2.0-rc.1', '{}');
    await tag('churn@v1.1.0!', '{}');
    await tag('churn-other@v9.0.0', '{}');
    const { version } = await scene.register('first');
    expect(version.tag).toBe('churn@v2.0.0');
    const lines = scene.log.filter((line) => line.includes('is passed over'));
    expect(lines).toContain('The tag churn@v1.0.0 is passed over: it is a lightweight tag, without a message.');
    expect(lines).toContain('The tag churn@v1.1.0 is passed over: its message is not what "register" writes.');
    for (const name of ['churn@v2', 'churn@v1.2.0-rc.1', 'churn@v1.1.0!'])
      expect(lines.filter((line) => line.includes(`The tag ${name} is`))).toHaveLength(1);
  });
});
