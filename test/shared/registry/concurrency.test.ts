import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHistory } from '../../../shared/registry/history.js';
import { promoteVersion } from '../../../shared/registry/promote.js';
import { registerVersion } from '../../../shared/registry/register.js';
import { openRegistry, type RegistryScene } from './scene.js';

const JOBS = 20;
const STAGES = ['staging', 'production'];

let scene: RegistryScene;
beforeEach(async () => {
  scene = await openRegistry({ github: { checkOpenApi: false } });
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

test(`${JOBS} jobs that register and promote at once lose nothing and double nothing`, { timeout: 120_000 }, async () => {
  const bundles = await Promise.all(Array.from({ length: JOBS }, (_, index) => scene.bundle(`model ${index}`)));
  const done = await Promise.all(
    bundles.map(async (bundle) => {
      const registry = await scene.registry();
      const { version, created } = await registerVersion(registry, scene.request(bundle));
      const promotion = await promoteVersion(registry, version, STAGES, { stage: 'staging', actor: 'ann', reason: '' });
      return { version: version.record.version, digest: version.record.digest, created, tag: promotion.tag };
    }),
  );
  // The token of a job has a thousand an hour, and the local GitHub holds to it.
  expect(scene.github.requests.length).toBeLessThan(1000);
  expect(done.every(({ created }) => created)).toBe(true);
  const history = await readHistory(await scene.registry());
  const digests = new Map(history.versions.map(({ version, digest }) => [version, digest]));
  expect(digests.size).toBe(JOBS);
  for (const { version, digest } of done) expect(digests.get(version)).toBe(digest);
  expect(new Set(bundles.map(({ manifest }) => manifest.digest))).toEqual(new Set(digests.values()));

  expect(history.assignments.map(({ version }) => version).sort()).toEqual(done.map(({ version }) => version).sort());
  const counters = history.assignments.map(({ tag }) => Number(tag.split('#')[2]));
  expect(counters).toEqual(Array.from({ length: JOBS }, (_, index) => JOBS - index));
  // GTO puts them in the order of their times, so no two times are the same.
  const times = history.assignments.map(({ at }) => at);
  expect(times).toEqual([...new Set(times)].sort().reverse());
  expect(history.assignments.filter(({ until }) => until === undefined)).toHaveLength(1);

  const releases = scene.releases();
  expect(releases).toHaveLength(JOBS);
  expect(releases.filter(({ draft, assets }) => draft || assets.length !== 5)).toEqual([]);
});

test('one model that many jobs register at once becomes one version', { timeout: 120_000 }, async () => {
  const bundle = await scene.bundle('one');
  const wanted = ['auto', 'major', 'minor', 'patch', 'auto', 'major', 'minor', 'patch'] as const;
  const done = await Promise.all(
    wanted.map(async (version) => registerVersion(await scene.registry(), scene.request(bundle, { version }))),
  );
  expect(new Set(done.map(({ version }) => version.tag)).size).toBe(1);
  expect((await scene.tags()).length).toBe(1);
  expect(scene.releases()).toMatchObject([{ draft: false, tag: done[0]!.version.tag }]);
});
