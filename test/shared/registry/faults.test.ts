import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readHistory } from '../../../shared/registry/history.js';
import { type Promotion, promoteVersion } from '../../../shared/registry/promote.js';
import { type Registration, registerVersion } from '../../../shared/registry/register.js';
import type { Fault } from '../../github/types.js';
import { openRegistry, type RegistryScene } from './scene.js';

/**
 * Every call to GitHub that registering and promoting makes goes wrong once, in every way. The job may fail; the next run
 * of it must leave exactly one version of the model, whole, and one assignment.
 */

const KINDS: readonly (Omit<Fault, 'match'> & { readonly title: string })[] = [
  { title: 'a 502', kind: 'status', status: 502 },
  { title: 'a cut connection after the work was done', kind: 'drop-after' },
  { title: 'a 403', kind: 'status', status: 403 },
  { title: 'a 422', kind: 'status', status: 422 },
];

let scene: RegistryScene;
beforeEach(async () => {
  scene = await openRegistry({ github: { checkOpenApi: false } });
});
afterEach(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

type Outcome = { readonly registration: Registration; readonly promotion: Promotion };

/** One run of a job that registers and promotes; the run is over when it is. */
async function job(model: string): Promise<Outcome | Error> {
  const run = scene.startRun();
  const registry = await scene.registry(undefined, run);
  try {
    const request = scene.request(await scene.bundle(model), { run: { id: run.id, attempt: 1 } });
    const registration = await registerVersion(registry, request);
    const promotion = await promoteVersion(registry, registration.version, ['staging'], {
      ...{ stage: 'staging', actor: 'ann', run: run.id, reason: '' },
    });
    scene.github.completeRun(run, 'success');
    return { registration, promotion };
  } catch (error) {
    scene.github.completeRun(run, 'failure');
    if (!(error instanceof Error)) throw error;
    return error;
  }
}

const ok = (outcome: Outcome | Error): Outcome => {
  if (outcome instanceof Error) throw outcome;
  return outcome;
};

const isCall = ({ method, path }: { method: string; path: string }) => ({ method, path });

describe.each(KINDS)('$title', ({ title: _title, ...fault }) => {
  test('at any call leaves nothing lost, doubled or half visible', { timeout: 120_000 }, async () => {
    ok(await job('first'));
    const before = scene.github.requests.length;
    ok(await job('pattern'));
    const calls = scene.github.requests.slice(before).map(isCall);
    expect(calls.length).toBeGreaterThan(20);

    let survived = 0;
    for (const [index, call] of calls.entries()) {
      // The same call of the next job: its number in the model's own sequence, not its address, which has ids in it.
      const pattern = patternOf(call.path);
      const nth = calls
        .slice(0, index)
        .filter((other) => other.method === call.method && patternOf(other.path) === pattern).length;
      const model = `${fault.kind} ${fault.status ?? ''} ${index}`;
      let seen = 0;
      const path = new RegExp(pattern);
      // Faults take the first request that matches; earlier ones of the same form are let through by slow ones.
      if (nth > 0) scene.github.inject({ match: { method: call.method, path }, kind: 'slow', delayMs: 0, times: nth });
      scene.github.inject({ match: { method: call.method, path }, ...fault });
      const faulty = await job(model);
      seen = scene.github.requests.filter((request) => request.fault === fault.kind).length;
      expect(seen, `${call.method} ${call.path}`).toBeGreaterThan(index);
      if (!(faulty instanceof Error)) survived++;
      else expect(faulty.name, faulty.stack ?? '').toBe('UserError');
      const { registration } = ok(await job(model));

      const history = await readHistory(await scene.registry());
      const versions = history.versions.filter(({ digest }) => digest === registration.version.record.digest);
      expect(
        versions.map(({ version }) => version),
        `${call.method} ${call.path}`,
      ).toEqual([registration.version.record.version]);
      expect(history.assignments.filter(({ version }) => version === versions[0]!.version)).toHaveLength(1);
      expect(await scene.tags(), `${call.method} ${call.path}`).toHaveLength(2 * (index + 3));
      const releases = scene.releases();
      expect(
        releases.filter(({ draft, assets }) => draft || assets.length !== 5),
        `${call.method} ${call.path}`,
      ).toEqual([]);
      expect(releases, `${call.method} ${call.path}`).toHaveLength(index + 3);
    }
    // What may pass is tried again within the job; what is refused fails it.
    if (fault.status === 502 || fault.kind === 'drop-after') expect(survived).toBe(calls.length);
    else expect(survived).toBeLessThan(calls.length);
  });
});

/** An address without the numbers that differ from run to run, as a pattern. */
function patternOf(path: string): string {
  return `${path
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/[0-9a-f]{40}/g, '[0-9a-f]{40}')
    .replace(/\d{6,}/g, '\\d+')
    .replace(/v\d+\\\.\d+\\\.\d+/g, 'v[\\d.]+')}$`;
}
