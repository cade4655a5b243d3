import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../../shared/github/client.js';
import { registerVersion } from '../../../shared/registry/register.js';
import { Registry } from '../../../shared/registry/registry.js';
import type { Run } from '../../github/types.js';
import { MODEL, openRegistry, type RegistryScene } from './scene.js';

let scene: RegistryScene;
beforeEach(async () => {
  scene = await openRegistry();
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

/** A job that is killed at a call to GitHub: from then on, none of its calls arrives. */
async function killAt(model: string, method: string, path: RegExp, run: Run = scene.run): Promise<void> {
  const source = await scene.source(undefined, run);
  const client = await createClient({ token: source.token, apiUrl: scene.github.apiUrl, log: () => {} });
  let dead = false;
  client.hook.before('request', (options) => {
    dead ||= options.method === method && path.test(options.url);
    if (dead) throw new Error('killed');
  });
  const request = scene.request(await scene.bundle(model), { run: { id: run.id, attempt: run.attempt } });
  await expect(registerVersion(new Registry({ ...source, client }, MODEL), request)).rejects.toThrow('killed');
}

const PUBLISH = [/^PATCH$/.source, /releases\/\{release_id\}/] as const;
const drafts = () => scene.releases().filter(({ draft }) => draft).length;

/** A run of its own, over by now. */
async function killedRun(model: string, method: string, path: RegExp): Promise<void> {
  const run = scene.startRun();
  await killAt(model, method, path, run);
  scene.github.completeRun(run, 'cancelled');
}

describe('what a killed job has left', () => {
  test('before its tag: the draft is removed by the next registration of any model', async () => {
    await killedRun('first', 'POST', /git\/refs/);
    expect([drafts(), await scene.tags()]).toEqual([1, []]);
    await scene.register('second');
    expect([drafts(), await scene.tags()]).toEqual([0, ['churn@v1.0.0']]);
  });

  test('behind its tag: the version is published by the next registration of any model', async () => {
    await killedRun('first', 'PATCH', PUBLISH[1]);
    expect([drafts(), await scene.tags()]).toEqual([1, ['churn@v1.0.0']]);
    expect(await (await scene.registry()).latest()).toBeUndefined();
    const { version } = await scene.register('second');
    expect(version.tag).toBe('churn@v2.0.0');
    expect(drafts()).toBe(0);
    expect((await (await scene.registry()).version({ major: 1, minor: 0, patch: 0 }))?.release?.draft).toBe(false);
  });

  test('behind its tag: the same model again becomes that version, which is new to the world', async () => {
    await killedRun('first', 'PATCH', PUBLISH[1]);
    const again = await scene.register('first');
    expect(again).toMatchObject({
      created: true,
      version: { tag: 'churn@v1.0.0', release: { name: 'churn v1.0.0', draft: false } },
    });
    expect((await scene.register('first')).created).toBe(false);
  });

  test('a re-run of the same run knows that its first attempt is over', async () => {
    await killAt('first', 'PATCH', PUBLISH[1]);
    const again = await scene.register('first', { run: { id: scene.run.id, attempt: 2 } });
    expect(again).toMatchObject({ created: true, version: { tag: 'churn@v1.0.0' } });
  });

  test('a draft whose run goes on is left alone, until it is an hour old', async () => {
    await killAt('first', 'POST', /git\/refs/);
    await scene.register('second');
    expect(drafts()).toBe(1);
    scene.github.advanceClock(-2 * 60 * 60 * 1000);
    await killAt('third', 'POST', /git\/refs/);
    scene.github.advanceClock(2 * 60 * 60 * 1000);
    expect(drafts()).toBe(2);
    await scene.register('fourth');
    expect(drafts()).toBe(1);
  });

  test('drafts and releases of others are left alone', async () => {
    const { client } = await scene.source();
    const at = { owner: 'acme', repo: 'models' };
    await client.rest.repos.createRelease({ ...at, tag_name: 'v1', name: 'theirs', body: 'Notes', draft: true });
    const mark = '<!-- mlops-actions: {"model":"other","version":"v1.0.0","digest":"x","run":1} -->';
    await client.rest.repos.createRelease({ ...at, tag_name: 'other@v1.0.0', name: 'other', body: mark, draft: true });
    const broken = '<!-- mlops-actions: {"model":"churn" -->';
    await client.rest.repos.createRelease({ ...at, tag_name: 'v2', name: 'broken', body: broken, draft: true });
    await scene.register('first');
    expect(drafts()).toBe(3);
  });
});
