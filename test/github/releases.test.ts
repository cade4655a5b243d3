import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assetName } from './rest/release-assets.js';
import { type Octokit, openScene, refusal, type Scene } from './scene.js';
import type { Repository } from './types.js';

const TAG = 'flight-delay@v1.0.0';

describe('releases', () => {
  let scene: Scene;
  let directory: string;
  let repository: Repository;
  let bot: Octokit;
  let reader: Octokit;
  let person: Octokit;
  let head: string;
  const at = { owner: 'ann', repo: 'flights' };
  const git = (...parameters: string[]): string =>
    execFileSync('git', ['-C', directory, '-c', 'user.name=ann', '-c', 'user.email=ann@example.org', ...parameters], {
      encoding: 'utf8',
    }).trim();

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'releases-'));
    git('init', '-q', '-b', 'main');
    git('commit', '-q', '--allow-empty', '-m', 'one');
    head = git('rev-parse', 'main');
    scene = await openScene();
    const { github } = scene;
    repository = github.createRepository({ owner: 'ann', name: 'flights', gitDirectory: directory });
    const run = github.startRun({
      ...{ repository, workflowName: 'CD', path: 'cd.yml', event: 'push', headBranch: 'main', headSha: head },
    });
    const job = (level: 'read' | 'write') => github.startJob(run, { name: level, permissions: { contents: level } });
    bot = scene.as(job('write').token);
    reader = scene.as(job('read').token);
    person = scene.as(github.personToken('ann'));
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    expect(scene.github.violations).toEqual([]);
    await scene.github.close();
  });

  const upload = (url: string, name: string, data: Buffer | string, client = bot) =>
    client.request({
      ...{ method: 'POST', url, name, data, label: undefined, headers: { 'content-type': 'application/gzip' } },
    });
  const draft = async (tag: string) =>
    (await bot.rest.repos.createRelease({ ...at, tag_name: tag, target_commitish: head, draft: true })).data;
  const fieldError = (resource: string, code: string, field: string) => ({
    ...{ status: 422, data: { message: 'Validation Failed', errors: [{ resource, code, field }] } },
  });

  it('a draft takes assets, hides from readers, and becomes a release with its tag', async () => {
    const made = await draft(TAG);
    expect(made).toMatchObject({ draft: true, published_at: null, immutable: false });
    expect(made.html_url).toContain('/releases/tag/untagged-');
    const bytes = Buffer.from([31, 139, 8, 0, 255]);
    const asset = await upload(made.upload_url, 'model bundle (1).tar.gz', bytes);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const described = { name: 'model.bundle.1.tar.gz', size: 5, state: 'uploaded', content_type: 'application/gzip', digest };
    expect(asset).toMatchObject({ status: 201, data: described });
    const again = upload(made.upload_url, 'model bundle 1.tar.gz', bytes);
    expect(await refusal(again)).toMatchObject(fieldError('ReleaseAsset', 'already_exists', 'name'));

    expect((await reader.rest.repos.listReleases(at)).data).toEqual([]);
    expect((await refusal(reader.rest.repos.getRelease({ ...at, release_id: made.id }))).status).toBe(404);
    expect((await bot.rest.repos.listReleases(at)).data).toHaveLength(1);
    const hidden = { ...at, asset_id: (asset.data as { id: number }).id };
    expect((await refusal(reader.rest.repos.getReleaseAsset(hidden))).status).toBe(404);
    expect((await refusal(bot.rest.repos.getReleaseByTag({ ...at, tag: TAG }))).status).toBe(404);
    expect(git('tag')).toBe('');

    const published = await bot.rest.repos.updateRelease({ ...at, release_id: made.id, draft: false, make_latest: 'false' });
    expect(published.data).toMatchObject({ draft: false, tag_name: TAG, assets: [{ name: 'model.bundle.1.tar.gz' }] });
    expect(git('rev-parse', TAG)).toBe(head);
    expect((await reader.rest.repos.getReleaseByTag({ ...at, tag: TAG })).data.id).toBe(made.id);
    const octets = { headers: { accept: 'application/octet-stream' } };
    const got = await reader.rest.repos.getReleaseAsset({ ...hidden, ...octets });
    expect(Buffer.from(got.data as unknown as ArrayBuffer)).toEqual(bytes);
    expect(scene.github.releases(repository)).toMatchObject([{ tag: TAG, latest: false, assets: [{ downloads: 1, bytes }] }]);
    const redirect = await fetch(`${scene.github.apiUrl}/repos/ann/flights/releases/assets/${hidden.asset_id}`, {
      ...{ redirect: 'manual', headers: { accept: 'application/octet-stream', 'user-agent': 'test' } },
    });
    expect(redirect.status).toBe(302);
  });

  it('a tag has one published release; drafts may share it', async () => {
    const other = await draft(TAG);
    const publish = bot.rest.repos.updateRelease({ ...at, release_id: other.id, draft: false });
    expect(await refusal(publish)).toMatchObject(fieldError('Release', 'already_exists', 'tag_name'));
    expect((await bot.rest.repos.getRelease({ ...at, release_id: other.id })).data.draft).toBe(true);
    expect((await bot.rest.repos.deleteRelease({ ...at, release_id: other.id })).status).toBe(204);
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => bot.rest.repos.createRelease({ ...at, tag_name: 'race@v1', target_commitish: head })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('an existing tag stays where it is', async () => {
    git('tag', '-a', '-m', 'by hand', 'flight-delay@v2.0.0', head);
    const sha = git('rev-parse', 'flight-delay@v2.0.0');
    const made = await bot.rest.repos.createRelease({ ...at, tag_name: 'flight-delay@v2.0.0', target_commitish: 'main' });
    expect(made.data.created_at).toBe(
      new Date(Number(git('log', '-1', '--format=%ct')) * 1000).toISOString().replace('.000', ''),
    );
    expect(git('rev-parse', 'flight-delay@v2.0.0')).toBe(sha);
  });

  it('latest is the one that was marked, never a prerelease', async () => {
    const latest = async () => (await reader.rest.repos.getLatestRelease(at)).data.tag_name;
    const create = (tag: string, more: object) =>
      bot.rest.repos.createRelease({ ...at, tag_name: tag, target_commitish: head, ...more });
    await create('v1', {});
    expect(await latest()).toBe('v1');
    await create('v2', { make_latest: 'false' });
    await create('v3-rc', { prerelease: true });
    expect(await latest()).toBe('v1');
    const { data } = await create('v4', { make_latest: 'true' });
    expect(await latest()).toBe('v4');
    await bot.rest.repos.deleteRelease({ ...at, release_id: data.id });
    expect(await latest()).not.toBe('v4');
    expect(git('tag', '-l', 'v4')).toBe('v4');
  });

  it('refuses bad tags and targets, and wants contents: write', async () => {
    const create = (client: Octokit, tag: string, target = head) =>
      client.rest.repos.createRelease({ ...at, tag_name: tag, target_commitish: target });
    expect((await refusal(create(bot, 'a b'))).data).toMatchObject({ errors: [{ field: 'tag_name' }, {}] });
    expect(await refusal(create(bot, 'x', 'nowhere'))).toMatchObject(fieldError('Release', 'invalid', 'target_commitish'));
    expect((await refusal(create(reader, 'x'))).status).toBe(403);
    const { upload_url } = await draft('denied');
    expect((await refusal(upload(upload_url, 'x', 'x', reader))).status).toBe(403);
    expect((await refusal(upload(upload_url.replace('/uploads', ''), 'x', 'x'))).status).toBe(404);
    const address = upload_url.replace(/\{.*$/, '?name=x');
    const headers = { authorization: `token ${scene.github.personToken('ann')}`, 'content-type': 'text/plain' };
    const streamed = { method: 'POST', headers, body: new Blob(['x']).stream(), duplex: 'half' } as RequestInit;
    for (const sent of [streamed, { method: 'POST', headers, body: '' }]) {
      expect((await fetch(address, sent)).status).toBe(400);
    }
    const untyped = { method: 'POST', headers: { authorization: headers.authorization }, body: Buffer.from('x') };
    expect((await fetch(address, untyped)).status).toBe(422);
  });

  it('an upload that fails leaves a starter, which blocks the name until it is deleted', async () => {
    const { id, upload_url } = await draft('starter');
    scene.github.inject({ match: { method: 'POST', path: /^\/uploads\// }, kind: 'status', status: 502 });
    expect((await refusal(upload(upload_url, 'a.bin', 'x'))).status).toBe(502);
    const assets = async () => (await bot.rest.repos.listReleaseAssets({ ...at, release_id: id })).data;
    const [starter] = await assets();
    expect(starter).toMatchObject({ name: 'a.bin', state: 'starter', size: 0, digest: null });
    expect(await refusal(upload(upload_url, 'a.bin', 'x'))).toMatchObject(fieldError('ReleaseAsset', 'already_exists', 'name'));
    await bot.rest.repos.deleteReleaseAsset({ ...at, asset_id: starter!.id });
    expect((await upload(upload_url, 'a.bin', 'x')).status).toBe(201);

    const address = new URL(upload_url.replace(/\{.*$/, '?name=cut.bin'));
    const token = scene.github.personToken('ann');
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(address.port), address.hostname, () => {
        const head = [`POST ${address.pathname}${address.search} HTTP/1.1`, `Host: ${address.host}`, 'User-Agent: test'];
        head.push(`Authorization: token ${token}`, 'Content-Type: application/gzip', 'Content-Length: 100');
        socket.write(`${head.join('\r\n')}\r\n\r\nonly this`, () => setTimeout(() => socket.destroy(), 20));
      });
      socket.once('error', reject).once('close', () => resolve());
    });
    await expect
      .poll(async () => (await assets()).map(({ name, state }) => [name, state]))
      .toContainEqual(['cut.bin', 'starter']);
    scene.github.inject({ match: { method: 'POST', path: /^\/uploads\// }, kind: 'drop-after' });
    await refusal(upload(upload_url, 'late.bin', 'x'));
    expect((await assets()).find(({ name }) => name === 'late.bin')?.state).toBe('uploaded');
  });

  it('raises events: those of a job start no workflow, those of a person do', async () => {
    const releases = () => scene.github.events.filter(({ name }) => name === 'release');
    const before = releases().length;
    await draft('events-draft');
    await bot.rest.repos.createRelease({ ...at, tag_name: 'by-job', target_commitish: head });
    await person.rest.repos.createRelease({ ...at, tag_name: 'by-hand', target_commitish: head, prerelease: true });
    const raised = releases().slice(before);
    expect(raised.map(({ action, startsWorkflows }) => [action, startsWorkflows])).toEqual([
      ['created', false],
      ['published', false],
      ['released', false],
      ['created', true],
      ['published', true],
      ['prereleased', true],
    ]);
    expect(raised[0]).toMatchObject({ ref: 'refs/tags/by-job', payload: { release: { tag_name: 'by-job' } } });
  });

  it('deleting the tag makes its release a draft again', async () => {
    const { data } = await bot.rest.repos.createRelease({ ...at, tag_name: 'gone', target_commitish: head });
    await bot.rest.git.deleteRef({ ...at, ref: 'tags/gone' });
    expect((await bot.rest.repos.getRelease({ ...at, release_id: data.id })).data.draft).toBe(true);
  });

  it('an immutable release keeps its assets, its tag and the name of it', async () => {
    const settings = { method: 'PUT', url: '/repos/{owner}/{repo}/immutable-releases', ...at } as const;
    expect((await refusal(bot.request(settings))).status).toBe(403);
    expect((await refusal(person.request({ ...settings, method: 'GET' }))).status).toBe(404);
    await person.request(settings);
    expect((await person.request({ ...settings, method: 'GET' })).data).toEqual({ enabled: true, enforced_by_owner: false });
    const { id, upload_url } = await draft('frozen@v1.0.0');
    const { data: asset } = await upload(upload_url, 'a.bin', 'x');
    const published = await bot.rest.repos.updateRelease({ ...at, release_id: id, draft: false });
    expect(published.data.immutable).toBe(true);
    const asset_id = (asset as { id: number }).id;
    const frozen = async (call: Promise<unknown>, message: string) =>
      expect(await refusal(call)).toMatchObject({ status: 422, data: { message: expect.stringContaining(message) } });
    await frozen(upload(upload_url, 'b.bin', 'x'), 'Cannot upload assets to an immutable release.');
    await frozen(bot.rest.repos.deleteReleaseAsset({ ...at, asset_id }), 'immutable');
    await frozen(bot.rest.repos.updateReleaseAsset({ ...at, asset_id, name: 'c.bin' }), 'immutable');
    await frozen(bot.rest.repos.updateRelease({ ...at, release_id: id, draft: true }), 'Validation Failed');
    await frozen(bot.rest.git.deleteRef({ ...at, ref: 'tags/frozen@v1.0.0' }), 'rule violations');
    await frozen(bot.rest.git.updateRef({ ...at, ref: 'tags/frozen@v1.0.0', sha: head, force: true }), 'rule violations');
    expect((await bot.rest.repos.updateRelease({ ...at, release_id: id, body: 'Notes' })).data.body).toBe('Notes');
    await bot.rest.repos.deleteRelease({ ...at, release_id: id });
    await bot.rest.git.deleteRef({ ...at, ref: 'tags/frozen@v1.0.0' });
    await frozen(bot.rest.git.createRef({ ...at, ref: 'refs/tags/frozen@v1.0.0', sha: head }), 'rule violations');
    const again = bot.rest.repos.createRelease({ ...at, tag_name: 'frozen@v1.0.0', target_commitish: head });
    expect((await refusal(again)).data).toMatchObject({
      errors: [{ message: 'tag_name was used by an immutable release' }, {}],
    });
    await person.request({ ...settings, method: 'DELETE' });
  });
});

describe('releases without a git directory', () => {
  it('have tags all the same', async () => {
    const scene = await openScene();
    const { at, own, as, github, repository } = scene;
    const person = as(github.personToken('ann'));
    const made = await person.rest.repos.createRelease({ ...at, tag_name: 'm@v1', target_commitish: 'deeper' });
    expect(made.data).toMatchObject({ draft: false, target_commitish: 'deeper' });
    expect((await person.rest.git.getRef({ ...at, ref: 'tags/m@v1' })).data.object).toMatchObject({ sha: own.head.sha });
    expect(await github.refs(repository)).toContainEqual({ name: 'refs/tags/m@v1', sha: own.head.sha });
    expect((await person.rest.repos.getLatestRelease(at)).data.id).toBe(made.data.id);
    await github.close();
  });
});

describe('names of assets', () => {
  it.each([
    ['model.onnx', 'model.onnx'],
    ['a b  c.txt', 'a.b.c.txt'],
    ['Übersicht (2).html', 'Ubersicht.2.html'],
    ['.hidden', 'default.hidden'],
    ['日本.txt', 'default.txt'],
    ['flight-delay@v1+x_y.tar.gz', 'flight-delay@v1+x_y.tar.gz'],
    ['a/../b', 'a.b'],
  ])('%s becomes %s', (given, expected) => {
    expect(assetName(given)).toBe(expected);
  });
});
