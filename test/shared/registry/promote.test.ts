import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readHistory } from '../../../shared/registry/history.js';
import { planRollback, promoteVersion, rollBack } from '../../../shared/registry/promote.js';
import { recheckGates } from '../../../shared/registry/recheck.js';
import type { RegisteredVersion, Registry } from '../../../shared/registry/registry.js';
import { standingOf } from '../../../shared/registry/standing.js';
import { parseGate } from '../../../shared/spec/gates.js';
import { complaint } from '../github/scene.js';
import { openRegistry, READ, type RegistryScene } from './scene.js';

const STAGES = ['staging', 'production'];

let scene: RegistryScene;
let registry: Registry;
beforeEach(async () => {
  scene = await openRegistry();
  registry = await scene.registry();
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

const register = async (model: string): Promise<RegisteredVersion> => (await scene.register(model)).version;
const promote = (version: RegisteredVersion, stage: string, run = 1) =>
  promoteVersion(registry, version, STAGES, { stage, actor: 'ann', run, reason: 'because' });
const roll = async (stage: string, run: number) => {
  const plan = await planRollback(registry, stage, run);
  return rollBack(registry, plan, { stage, actor: 'ann', run, reason: 'worse' });
};
const shown = ({ version, previous, tag, created }: Awaited<ReturnType<typeof promote>>) => [
  version.record.version,
  previous,
  tag,
  created,
];

test('stages are given in their order, and the counter counts over all of them', async () => {
  const first = await register('first');
  const second = await register('second');
  expect(await complaint(promote(first, 'production'))).toBe(
    'churn v1.0.0 never had the stage staging, which comes before production: promote it to staging first.',
  );
  expect(shown(await promote(first, 'staging'))).toEqual(['v1.0.0', undefined, 'churn#staging#1', true]);
  expect(shown(await promote(first, 'production'))).toEqual(['v1.0.0', undefined, 'churn#production#2', true]);
  expect(shown(await promote(second, 'staging'))).toEqual(['v1.1.0', 'v1.0.0', 'churn#staging#3', true]);
  expect(await complaint(promote(second, 'live'))).toBe('There is no stage "live"; the stages are: staging, production.');
  // What was at staging once may go on, also when staging has another version now.
  expect(shown(await promote(first, 'production'))).toEqual(['v1.0.0', undefined, 'churn#production#2', false]);
  const at = async (stage: string) => (await registry.atStage(stage))?.version?.record.version;
  expect([await at('staging'), await at('production')]).toEqual(['v1.1.0', 'v1.0.0']);
});

test('a rollback is a new assignment; a second one goes further back; the first version stays', async () => {
  for (const name of ['first', 'second', 'third']) await promote(await register(name), 'staging');
  expect(shown(await roll('staging', 7))).toEqual(['v1.1.0', 'v1.2.0', 'churn#staging#4', true]);
  // The same run again: its answer was lost, or somebody has pressed "re-run".
  expect(shown(await roll('staging', 7))).toEqual(['v1.1.0', 'v1.2.0', 'churn#staging#4', false]);
  expect(shown(await roll('staging', 8))).toEqual(['v1.0.0', 'v1.1.0', 'churn#staging#5', true]);
  expect(await complaint(roll('staging', 9))).toContain('v1.0.0 is the first version of churn at staging');
  expect(await complaint(roll('production', 9))).toContain('No version of churn has the stage production');
  const { assignments } = await readHistory(registry);
  expect(assignments.map(({ version, rollback }) => [version, rollback])).toEqual([
    ['v1.0.0', true],
    ['v1.1.0', true],
    ['v1.2.0', false],
    ['v1.1.0', false],
    ['v1.0.0', false],
  ]);
});

test('a rollback stops when the stage has changed meanwhile', async () => {
  for (const name of ['first', 'second']) await promote(await register(name), 'staging');
  const plan = await planRollback(registry, 'staging', 7);
  await promote(await register('third'), 'staging');
  const call = rollBack(registry, plan, { stage: 'staging', actor: 'ann', reason: '' });
  expect(await complaint(call)).toContain('staging went from v1.1.0 to v1.2.0 during the rollback, which was stopped');
});

test('the history tells what had which stage when, and who gave it', async () => {
  const first = await register('first');
  await promote(first, 'staging', 11);
  await promote(await register('second'), 'staging', 12);
  const { versions, assignments } = await readHistory(await scene.registry(READ));
  expect(versions).toMatchObject([
    { version: 'v1.1.0', stages: ['staging'], actor: 'ann', storage: 'release', source: scene.head },
    { version: 'v1.0.0', stages: [], digest: first.record.digest, url: first.release!.url },
  ]);
  expect(assignments).toMatchObject([
    { stage: 'staging', version: 'v1.1.0', actor: 'ann', run: 12, reason: 'because' },
    { stage: 'staging', version: 'v1.0.0', run: 11, until: assignments[0]!.at },
  ]);
  expect('until' in assignments[0]!).toBe(false);
});

test("a stage's tag that does not fit its version counts for nothing", async () => {
  const first = await register('first');
  await promote(first, 'staging');
  const { client } = registry.place;
  const at = { owner: 'acme', repo: 'models' };
  const plant = async (name: string, object: string, message: string): Promise<void> => {
    const { data } = await client.rest.git.createTag({ ...at, tag: name, message, object, type: 'commit' });
    await client.rest.git.createRef({ ...at, ref: `refs/tags/${name}`, sha: data.sha });
  };
  const { digest } = first.record;
  const record = { version: 'v1.0.0', digest, actor: 'mallory', reason: '', rollback: false, id: 'x' };
  await plant('churn#production#2', scene.head, JSON.stringify(record)); // another commit
  await plant('churn#production#3', first.commit, JSON.stringify({ ...record, digest: `sha256:${'0'.repeat(64)}` }));
  await plant('churn#production#4', first.commit, JSON.stringify({ ...record, version: 'v9.0.0' }));
  await plant('churn#production#5', first.commit, 'Assigning stage production');
  await plant('churn#production', first.commit, JSON.stringify(record)); // without a counter
  expect(await registry.atStage('production')).toBeUndefined();
  expect(scene.log.filter((line) => line.includes('churn#production')).length).toBe(5);
  // Their counters are taken all the same.
  expect((await promote(first, 'production')).tag).toBe('churn#production#6');
});

test('without the permission names the line', async () => {
  const first = await register('first');
  registry = await scene.registry(READ);
  expect(await complaint(promote(first, 'staging'))).toContain('Add "contents: write" to the "permissions:" of the job');
});

test('a stage that goes to another while the gates are asked is not overwritten', async () => {
  const [first, second, third] = [await register('first'), await register('second'), await register('third')];
  for (const version of [first, second, third]) await promote(version, 'staging');
  await promote(first, 'production');
  const standing = await standingOf(registry, 'production');
  expect(standing).toMatchObject({ holder: { version: 'v1.0.0' }, live: { digest: first.record.digest } });
  await promote(third, 'production');
  const request = { stage: 'production', actor: 'ann', reason: '' };
  expect(await complaint(promoteVersion(registry, second, STAGES, request, standing))).toBe(
    'production went from v1.0.0 to v1.2.0 while the gates of churn v1.1.0 were asked, so they say nothing of that: ' +
      'run "compare" again, and then this job.',
  );
  expect((await registry.atStage('production'))?.version?.record.version).toBe('v1.2.0');
  // Who has the stage is not undone by what says that it was judged against somebody else.
  expect(shown(await promoteVersion(registry, third, STAGES, request, standing)).at(-1)).toBe(false);
});

describe('gates', () => {
  const lines = (...texts: string[]) => texts.map((text) => ({ text, gate: parseGate(text) }));
  const outcomes = (input: Parameters<typeof recheckGates>[0]) => recheckGates(input).map(({ outcome }) => outcome);

  test('are held against what the version recorded', async () => {
    const bundle = await scene.bundle('first', {}, { auc: 0.75, log_loss: null, brier: Number.NaN });
    const gates = lines('auc >= 0.7', 'auc > 0.75', 'log_loss <= 1', 'brier <= 1', 'rows >= 2', 'size_mb <= 1');
    expect(outcomes({ gates, bundle, isFirst: false })).toEqual([
      'pass',
      'fail',
      'inconclusive',
      'inconclusive',
      'pass',
      'pass',
    ]);
  });

  test('that need rows and a run of the model are not judged, or skipped where there is no champion', async () => {
    const bundle = await scene.bundle('first');
    const gates = lines('latency_p99_ms <= 5', 'auc >= champion - 0.1', 'slice auc >= champion', 'size_mb <= champion');
    expect(outcomes({ gates, bundle, isFirst: false })).toEqual(['not judged', 'not judged', 'not judged', 'not judged']);
    expect(outcomes({ gates, bundle, isFirst: true })).toEqual(['not judged', 'skipped', 'skipped', 'skipped']);
  });
});
