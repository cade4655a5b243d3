import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../shared/core/json.js';
import { createTagRef } from '../../../shared/github/ref.js';
import {
  createDraft,
  deleteRelease,
  downloadAsset,
  listAssets,
  listReleases,
  publishRelease,
  releaseOfTag,
  uploadAsset,
} from '../../../shared/github/release.js';
import { openRepository, type RepositoryScene } from './registry-scene.js';
import { complaint } from './scene.js';

const TAG = 'churn@v1.0.0';
const DRAFT = { tag: TAG, name: 'churn (being registered, 1)', body: 'Notes' };

let scene: RepositoryScene;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'release-'));
  scene = await openRepository();
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
  await rm(directory, { recursive: true, force: true });
});

const draft = () => createDraft(scene.writer, scene.at, DRAFT);
const asset = async (content: string, name = 'model.onnx') => {
  const file = join(directory, name);
  await writeFile(file, content);
  return { name, file, contentType: 'application/octet-stream', digest: sha256(content) };
};
const stored = () => scene.github.releases(scene.repository);

test('a draft is seen by writers alone, and once published by everybody', async () => {
  const made = await draft();
  expect(made).toMatchObject({ draft: true, tag: TAG, name: DRAFT.name, body: 'Notes', assets: [] });
  expect(await listReleases(scene.reader, scene.at)).toEqual([]);
  expect(await releaseOfTag(scene.writer, scene.at, TAG)).toBeUndefined();
  await createTagRef(scene.writer, scene.at, TAG, scene.head);
  const published = await publishRelease(scene.writer, scene.at, made.id, { tag: TAG, name: 'churn v1.0.0', body: 'More' });
  expect(published).toMatchObject({ draft: false, name: 'churn v1.0.0', body: 'More' });
  expect(await releaseOfTag(scene.reader, scene.at, TAG)).toEqual(published);
  expect(stored()).toMatchObject([{ latest: false }]);
});

test('releases are listed over all pages', async () => {
  for (let index = 0; index < 105; index++)
    await createDraft(scene.writer, scene.at, { tag: `v${index}`, name: `draft ${index}`, body: '' });
  expect(await listReleases(scene.writer, scene.at)).toHaveLength(105);
});

describe('a creation whose answer is lost', () => {
  const RELEASES = { method: 'POST', path: /\/releases$/ };

  test('makes one draft', async () => {
    scene.github.inject({ match: RELEASES, kind: 'drop-after' });
    const made = await draft();
    expect(stored().map(({ id }) => id)).toEqual([made.id]);
  });

  test('is asked for again where nothing was done', async () => {
    scene.github.inject({ match: RELEASES, kind: 'drop' });
    await draft();
    expect(stored()).toHaveLength(1);
  });
});

describe('an upload', () => {
  const UPLOADS = { method: 'POST', path: /\/uploads\// };

  test('goes to where the release says, and comes back byte for byte', async () => {
    const made = await draft();
    const file = await asset('graph \u0000 of bytes');
    await uploadAsset(scene.writer, scene.at, made, file);
    const [listed] = await listAssets(scene.writer, scene.at, made.id);
    expect(listed).toMatchObject({ name: 'model.onnx', complete: true, digest: file.digest });
    expect(await downloadAsset(scene.writer, scene.at, listed!, join(directory, 'copy'))).toBe(file.digest);
    expect(await readFile(join(directory, 'copy'), 'utf8')).toBe('graph \u0000 of bytes');
  });

  test.each(['drop', 'drop-after', 'status'] as const)('that meets "%s" is there once, and whole', async (kind) => {
    const made = await draft();
    const file = await asset('graph');
    scene.github.inject({ match: UPLOADS, kind });
    await uploadAsset(scene.writer, scene.at, made, file);
    expect(stored()[0]!.assets.map(({ name, state, digest }) => [name, state, digest])).toEqual([
      ['model.onnx', 'uploaded', file.digest],
    ]);
  });

  test('replaces what another upload of that name has left', async () => {
    const made = await draft();
    await uploadAsset(scene.writer, scene.at, made, await asset('first'));
    await uploadAsset(scene.writer, scene.at, made, await asset('second'));
    expect(stored()[0]!.assets.map(({ bytes }) => bytes.toString())).toEqual(['second']);
  });

  test('without the permission names the line', async () => {
    const made = await draft();
    expect(await complaint(uploadAsset(scene.reader, scene.at, made, await asset('graph')))).toContain('Add "contents: write"');
    expect(await complaint(createDraft(scene.reader, scene.at, DRAFT))).toContain('Add "contents: write"');
  });
});

describe('a download', () => {
  test('that is larger than it may be is stopped, and leaves no file', async () => {
    const made = await draft();
    await uploadAsset(scene.writer, scene.at, made, await asset('x'.repeat(100_000)));
    const [listed] = await listAssets(scene.writer, scene.at, made.id);
    const call = downloadAsset(scene.writer, scene.at, listed!, join(directory, 'copy'), 1000);
    expect(await complaint(call)).toBe('model.onnx has more than the 1000 bytes that are accepted.');
    await expect(readFile(join(directory, 'copy'))).rejects.toThrow('ENOENT');
  });

  test('that breaks off is tried again', async () => {
    const made = await draft();
    const file = await asset('graph');
    await uploadAsset(scene.writer, scene.at, made, file);
    const [listed] = await listAssets(scene.writer, scene.at, made.id);
    scene.github.inject({ match: { method: 'GET', path: /release-assets/ }, kind: 'drop' });
    expect(await downloadAsset(scene.writer, scene.at, listed!, join(directory, 'copy'))).toBe(file.digest);
  });
});

test('a release that is gone already is removed without a word', async () => {
  const made = await draft();
  await deleteRelease(scene.writer, scene.at, made.id);
  await deleteRelease(scene.writer, scene.at, made.id);
  expect(stored()).toEqual([]);
});
