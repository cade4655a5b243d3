import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCommit, hasCommit, readFileAt } from '../../../shared/github/commit.js';
import { BOT_SIGNATURE } from '../../../shared/github/tag.js';
import { openRegistry, READ, type RegistryScene, WRITE } from '../registry/scene.js';
import { complaint } from './scene.js';

let scene: RegistryScene;
beforeEach(async () => {
  scene = await openRegistry({ git: true });
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

const author = { ...BOT_SIGNATURE, date: '2026-01-01T00:00:00Z' };
const commit = (files: Record<string, string>, parent = scene.head) => ({ parent, files, message: 'Register churn', author });

test('a commit adds its files to those of its parent, and no branch moves', async () => {
  const { client, repository } = await scene.source(WRITE);
  const first = await createCommit(client, repository, commit({ '.mlops/churn/manifest.json': '{}\n' }));
  const second = await createCommit(client, repository, commit({ '.mlops/churn/README.md': '# Größe\n' }, first));
  expect(await readFileAt(client, repository, second, '.mlops/churn/manifest.json')).toBe('{}\n');
  expect(await readFileAt(client, repository, second, '.mlops/churn/README.md')).toBe('# Größe\n');
  expect(await readFileAt(client, repository, first, '.mlops/churn/README.md')).toBeUndefined();
  expect((await scene.github.refs(scene.repository)).map(({ name }) => name)).toEqual(['refs/heads/main']);
});

test('a file of more than a megabyte is read whole', async () => {
  const { client, repository } = await scene.source(WRITE);
  const text = 'x'.repeat(1_500_000);
  const sha = await createCommit(client, repository, commit({ 'large.txt': text }));
  expect(await readFileAt(client, repository, sha, 'large.txt')).toBe(text);
});

test('a commit that is not there is known as such', async () => {
  const { client, repository } = await scene.source(WRITE);
  expect(await hasCommit(client, repository, scene.head)).toBe(true);
  expect(await hasCommit(client, repository, 'f'.repeat(40))).toBe(false);
  expect(await complaint(createCommit(client, repository, commit({ a: 'b' }, 'f'.repeat(40))))).toContain('404');
});

test('a missing permission names the line', async () => {
  const { client, repository } = await scene.source(READ);
  expect(await complaint(createCommit(client, repository, commit({ a: 'b' })))).toContain('Add "contents: write"');
});
