import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ArtifactStore, createArtifactStore } from '../../../shared/runner/artifacts.js';
import { readEnvironment } from '../../../shared/runner/environment.js';
import { openScene, READ, type Scene } from '../../github/scene.js';
import { complaint } from '../github/scene.js';

let scene: Scene;
let folder: string;
let store: ArtifactStore;
let token: string;
beforeAll(async () => {
  scene = await openScene({ checkOpenApi: false });
  folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  await writeFile(join(folder, 'model.txt'), 'weights');
  const job = scene.job(READ);
  token = job.token;
  process.env.ACTIONS_RUNTIME_TOKEN = job.runtimeToken;
  process.env.ACTIONS_RESULTS_URL = scene.github.resultsUrl;
  store = createArtifactStore(readEnvironment({ ...process.env, GITHUB_REPOSITORY: 'acme/models' }));
});
afterAll(async () => {
  await scene.github.close();
  await rm(folder, { recursive: true, force: true });
});

const download = async (digest: string | undefined, options?: { packed: boolean }): Promise<string> => {
  const directory = await mkdtemp(join(folder, 'down-'));
  const { id, name, runId } = scene.github.artifacts(scene.repository)[0]!;
  await store.download({ id, name, runId, ...(digest !== undefined && { digest }) }, directory, token, options);
  return directory;
};

test('what goes up comes down, whole or as the zip that it is', async () => {
  expect(store.available).toBe(true);
  const { digest } = await store.upload('model', [join(folder, 'model.txt')], folder);
  expect(scene.github.artifacts(scene.repository)).toMatchObject([{ name: 'model', digest }]);
  expect(await readFile(join(await download(digest), 'model.txt'), 'utf8')).toBe('weights');
  const packed = await download(digest, { packed: true });
  const [zip, ...others] = await readdir(packed);
  expect(others).toEqual([]);
  expect((await readFile(join(packed, zip!))).subarray(0, 2).toString()).toBe('PK');
});

test('bytes that are not those of the digest are refused', async () => {
  for (const options of [{ packed: false }, { packed: true }])
    expect(await complaint(download(`sha256:${'0'.repeat(64)}`, options))).toMatch(
      /^Artifact "model" of run \d+ is damaged: its bytes do not have the digest sha256:0{64} that was recorded\. Run the job that made it again\.$/,
    );
});

test('a name that the run has already is told with its remedy', async () => {
  expect(await complaint(store.upload('model', [join(folder, 'model.txt')], folder))).toBe(
    'Artifact "model" exists already in this run: two jobs of one run make the same model. Give the specs different names.',
  );
});

test('outside of GitHub Actions nothing can be downloaded', async () => {
  const local = createArtifactStore(readEnvironment({}));
  expect(local.available).toBe(false);
  expect(await complaint(local.download({ id: 1, name: 'model', runId: 1 }, folder, 'token'))).toContain(
    'GITHUB_REPOSITORY is not set',
  );
});
