import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTagRef, deleteTagRef, listTags, readTagRef } from '../../../shared/github/ref.js';
import { createTagObject, readTagObject } from '../../../shared/github/tag.js';
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

const NAME = 'churn#production#3';
const REFS = { method: 'POST', path: /git\/refs$/ };
const object = (message: string, name = NAME) =>
  createTagObject(scene.writer, scene.at, {
    ...{ name, message, commit: scene.head },
    tagger: { name: 'ann', email: 'ann@example.org', date: '2026-01-01T00:00:00Z' },
  });

test('a tag is created once, and read with its message', async () => {
  const sha = await object('first');
  expect(await createTagRef(scene.writer, scene.at, NAME, sha)).toBe(true);
  expect(await createTagRef(scene.writer, scene.at, NAME, await object('second'))).toBe(false);
  expect(await readTagRef(scene.reader, scene.at, NAME)).toEqual({ name: NAME, sha, annotated: true });
  expect(await readTagObject(scene.reader, scene.at, sha)).toEqual({
    ...{ name: NAME, message: expect.stringMatching(/^first\n?$/), taggedAt: '2026-01-01T00:00:00Z' },
    target: { sha: scene.head, type: 'commit' },
  });
});

test('tags are listed by how they begin, lightweight ones as such', async () => {
  await createTagRef(scene.writer, scene.at, 'churn@v1.0.0', await object('one', 'churn@v1.0.0'));
  await createTagRef(scene.writer, scene.at, 'churn@v2.0.0', scene.head);
  await createTagRef(scene.writer, scene.at, 'churn-eu@v1.0.0', scene.head);
  const listed = await listTags(scene.reader, scene.at, 'churn@');
  expect(listed.map(({ name, annotated }) => [name, annotated])).toEqual([
    ['churn@v1.0.0', true],
    ['churn@v2.0.0', false],
  ]);
  expect(await listTags(scene.reader, scene.at, 'none#')).toEqual([]);
});

test('what is not there reads as nothing, and is removed without a word', async () => {
  expect(await readTagRef(scene.reader, scene.at, NAME)).toBeUndefined();
  expect(await readTagObject(scene.reader, scene.at, 'a'.repeat(40))).toBeUndefined();
  await deleteTagRef(scene.writer, scene.at, NAME);
  await createTagRef(scene.writer, scene.at, NAME, await object('one'));
  await deleteTagRef(scene.writer, scene.at, NAME);
  expect(await readTagRef(scene.reader, scene.at, NAME)).toBeUndefined();
});

describe('the answer to a creation that is lost', () => {
  test('is a success when the ref names our object', async () => {
    scene.github.inject({ match: REFS, kind: 'drop-after' });
    expect(await createTagRef(scene.writer, scene.at, NAME, await object('ours'))).toBe(true);
  });

  test('is a refusal when it names another', async () => {
    await createTagRef(scene.writer, scene.at, NAME, await object('theirs'));
    scene.github.inject({ match: REFS, kind: 'drop' });
    expect(await createTagRef(scene.writer, scene.at, NAME, await object('ours'))).toBe(false);
  });

  test('is asked for again when there is none', async () => {
    scene.github.inject({ match: REFS, kind: 'status', status: 502, times: 2 });
    expect(await createTagRef(scene.writer, scene.at, NAME, await object('ours'))).toBe(true);
  });
});

test('a ruleset that forbids the tag is told from a tag that is there', async () => {
  scene.github.inject({ match: REFS, kind: 'status', status: 422, message: 'Repository rule violations found' });
  expect(await complaint(createTagRef(scene.writer, scene.at, NAME, await object('ours')))).toContain(
    'allow them under Settings, Rules',
  );
});

test('a missing permission names the line, and a rate limit is none', async () => {
  expect(await complaint(createTagRef(scene.reader, scene.at, NAME, scene.head))).toContain('Add "contents: write"');
  scene.github.inject({
    ...{
      match: { path: /matching-refs/ },
      kind: 'status',
      status: 403,
      message: 'API rate limit exceeded for installation ID 1.',
    },
  });
  expect(await complaint(listTags(scene.reader, scene.at, 'churn@'))).toContain("GitHub's rate limit is used up");
});
