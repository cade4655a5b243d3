import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../../shared/github/client.js';
import { createTagRef } from '../../../shared/github/ref.js';
import { createDraft, publishRelease } from '../../../shared/github/release.js';
import { BOT_SIGNATURE, createTagObject } from '../../../shared/github/tag.js';
import { formatRecord } from '../../../shared/registry/record.js';
import { registerVersion } from '../../../shared/registry/register.js';
import { Registry } from '../../../shared/registry/registry.js';
import { withMark } from '../../../shared/registry/release-mark.js';
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

const PUBLISH = /releases\/\{release_id\}/;
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
    await killedRun('first', 'PATCH', PUBLISH);
    expect([drafts(), await scene.tags()]).toEqual([1, ['churn@v1.0.0']]);
    expect(await (await scene.registry()).latest()).toBeUndefined();
    const { version } = await scene.register('second');
    expect(version.tag).toBe('churn@v1.1.0');
    expect(drafts()).toBe(0);
    expect((await (await scene.registry()).version({ major: 1, minor: 0, patch: 0 }))?.release?.draft).toBe(false);
  });

  test('behind its tag: the same model again becomes that version, which is new to the world', async () => {
    await killedRun('first', 'PATCH', PUBLISH);
    const again = await scene.register('first');
    expect(again).toMatchObject({
      created: true,
      version: { tag: 'churn@v1.0.0', release: { name: 'churn v1.0.0', draft: false } },
    });
    expect((await scene.register('first')).created).toBe(false);
  });

  test('a re-run of the same run knows that its first attempt is over', async () => {
    await killAt('first', 'PATCH', PUBLISH);
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

  test('a tag of a model that became another version meanwhile is taken back, never having been seen', async () => {
    const run = scene.startRun();
    await killAt('first', 'PATCH', PUBLISH, run);
    const { client, repository } = await scene.source();
    const { digest } = (await scene.bundle('first')).manifest;
    const tag = 'churn@v5.0.0';
    const { id } = await createDraft(client, repository, { tag, name: 'twin', body: '' });
    const record = {
      version: 'v5.0.0',
      digest,
      actor: 'ann',
      reason: '',
      id: 'x',
      commit: scene.head,
      release: id,
      sums: digest,
    };
    const sha = await createTagObject(client, repository, {
      ...{ name: tag, commit: scene.head, message: formatRecord({ ...record, storage: 'release' }) },
      tagger: { ...BOT_SIGNATURE, date: new Date().toISOString() },
    });
    await createTagRef(client, repository, tag, sha);
    const body = withMark({ model: MODEL, version: 'v5.0.0', digest }, '');
    await publishRelease(client, repository, id, { tag, name: 'twin', body });
    scene.github.completeRun(run, 'cancelled');
    expect(await scene.register('first')).toMatchObject({ created: false, version: { tag } });
    expect([drafts(), await scene.tags()]).toEqual([0, [tag]]);
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
