import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { planRollback, promoteVersion, rollBack } from '../../shared/registry/promote.js';
import type { RegisteredVersion } from '../../shared/registry/registry.js';
import { git, openRegistry, type RegistryScene } from '../shared/registry/scene.js';
import { findTool, jsonOf } from './tool.js';

/** The real GTO reads, in a real git repository, what our registration and promotion have written there. */

const gto = findTool('gto');
const STAGES = ['staging', 'production'];

describe.skipIf(gto.skip)(gto.title, () => {
  let scene: RegistryScene;
  let first: RegisteredVersion;
  let second: RegisteredVersion;
  beforeAll(async () => {
    scene = await openRegistry({ git: true });
    // All within one second, of which git keeps no parts.
    vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] });
    // Two registrations at one source commit, which GTO by itself does not allow.
    first = (await scene.register('first')).version;
    second = (await scene.register('second')).version;
    expect(first.record.commit).toBe(second.record.commit);
    const registry = await scene.registry();
    const promote = (version: RegisteredVersion, stage: string) =>
      promoteVersion(registry, version, STAGES, { stage, actor: 'ann', run: 1, reason: 'because' });
    await promote(first, 'staging');
    await promote(first, 'production');
    await promote(second, 'staging');
    await promote(second, 'production');
    const plan = await planRollback(registry, 'production', 2);
    await rollBack(registry, plan, { stage: 'production', actor: 'ann', run: 2, reason: 'worse' });
    vi.useRealTimers();
  }, 60_000);
  afterAll(() => scene.close());

  const ask = (...args: string[]) => jsonOf('gto', args, scene.gitDirectory!);

  test('shows the latest version and what has which stage', async () => {
    expect(await ask('show', '--json')).toEqual({
      churn: { version: 'v1.0.1', stage: { staging: 'v1.0.1', production: 'v1.0.0' }, registered: true, active: true },
    });
  });

  test('resolves our references as we do', async () => {
    const shown = async (reference: string) => {
      const [found] = (await ask('show', reference, '--json')) as { version: string; commit_hexsha: string }[];
      return [found!.version, found!.commit_hexsha];
    };
    expect(await shown('churn@latest')).toEqual(['v1.0.1', second.commit]);
    expect(await shown('churn#staging')).toEqual(['v1.0.1', second.commit]);
    expect(await shown('churn#production')).toEqual(['v1.0.0', first.commit]);
  });

  test('tells the history in the order in which it happened', async () => {
    const events = (await ask('history', '--json')) as { event: string; version: string; stage: string | null; ref: string }[];
    expect(events.map(({ event, version, stage, ref }) => [event, version, stage, ref]).reverse()).toEqual([
      ['registration', 'v1.0.0', null, 'churn@v1.0.0'],
      ['registration', 'v1.0.1', null, 'churn@v1.0.1'],
      ['assignment', 'v1.0.0', 'staging', 'churn#staging#1'],
      ['assignment', 'v1.0.0', 'production', 'churn#production#2'],
      ['assignment', 'v1.0.1', 'staging', 'churn#staging#3'],
      ['assignment', 'v1.0.1', 'production', 'churn#production#4'],
      ['assignment', 'v1.0.0', 'production', 'churn#production#5'],
    ]);
  });

  test('counts on from our tags, and we from its', { timeout: 60_000 }, async () => {
    const env = ['-c', 'user.name=ann', '-c', 'user.email=ann@example.org'];
    git(scene.gitDirectory!, ...env, 'tag', '-a', 'churn#canary#6', '-m', 'Assigning stage canary', second.commit);
    const tag = await promoteVersion(await scene.registry(), first, STAGES, { stage: 'staging', actor: 'ann', reason: '' });
    expect(tag.tag).toBe('churn#staging#7');
    expect(await ask('show', '--json')).toMatchObject({ churn: { stage: { staging: 'v1.0.0', canary: 'v1.0.1' } } });
  });
});
