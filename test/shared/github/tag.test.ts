import { afterEach, beforeEach, expect, test } from 'vitest';
import { BOT_SIGNATURE, createTagObject, readTagObject } from '../../../shared/github/tag.js';
import { openRepository, type RepositoryScene } from './registry-scene.js';
import { complaint } from './scene.js';

let scene: RepositoryScene;
beforeEach(async () => {
  scene = await openRepository();
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.github.close();
});

const tag = (changes: { commit?: string; message?: string } = {}) => ({
  ...{ name: 'churn@v1.0.0', message: '{"a":1}\n', commit: scene.head },
  tagger: { ...BOT_SIGNATURE, date: '2026-01-01T00:00:00.900Z' },
  ...changes,
});

test('the same content is the same object, and another message another', async () => {
  const sha = await createTagObject(scene.writer, scene.at, tag());
  expect(await createTagObject(scene.writer, scene.at, tag())).toBe(sha);
  expect(await createTagObject(scene.writer, scene.at, tag({ message: '{"a":2}\n' }))).not.toBe(sha);
  expect((await readTagObject(scene.reader, scene.at, sha))?.taggedAt).toBe('2026-01-01T00:00:00Z');
});

test('a commit that is not there is a line that says so', async () => {
  const call = createTagObject(scene.writer, scene.at, tag({ commit: 'f'.repeat(40) }));
  expect(await complaint(call)).toContain(`Is commit ${'f'.repeat(40)} in this repository?`);
});

test('a missing permission names the line', async () => {
  expect(await complaint(createTagObject(scene.reader, scene.at, tag()))).toContain('Add "contents: write"');
});
