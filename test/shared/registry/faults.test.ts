import { describe, expect, test } from 'vitest';
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
  { title: 'a connection that is cut after the work was done', kind: 'drop-after' },
  { title: 'a 403', kind: 'status', status: 403 },
  { title: 'a 422', kind: 'status', status: 422 },
];

/** Most of a job is waiting, so several scenes share the calls. */
const SCENES = 6;

/** Matches the nth request that it is held against, counted from 0, whatever it is. */
class NthRequest extends RegExp {
  #left: number;

  constructor(nth: number) {
    super('');
    this.#left = nth;
  }

  override [Symbol.search](): number {
    return this.#left-- === 0 ? 0 : -1;
  }
}

interface Outcome {
  readonly registration: Registration;
  readonly promotion: Promotion;
}

/** One run of a job that registers and promotes; the run is over when it is. */
async function job(scene: RegistryScene, model: string, before: () => void = () => {}): Promise<Outcome | Error> {
  const run = scene.startRun();
  const registry = await scene.registry(undefined, run);
  const request = scene.request(await scene.bundle(model), { run: { id: run.id, attempt: 1 } });
  before();
  try {
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

function done(outcome: Outcome | Error): Outcome {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

/** Lets the nth call of a job fail, runs the job again, and looks at what is there. @returns the first job's error */
async function failOnce(scene: RegistryScene, nth: number, fault: Omit<Fault, 'match'>): Promise<Error | undefined> {
  const model = `model ${nth}`;
  const [tags, releases, requests] = [await scene.tags(), scene.releases(), scene.github.requests.length];
  const first = await job(scene, model, () => scene.github.inject({ match: { path: new NthRequest(nth) }, ...fault }));
  const failed = scene.github.requests.slice(requests).filter((request) => request.fault !== undefined);
  expect(failed).toHaveLength(1);
  const { registration } = done(await job(scene, model));

  const where = `${nth}: ${failed[0]!.method} ${failed[0]!.path}`;
  const history = await readHistory(await scene.registry());
  const { version, digest } = registration.version.record;
  expect(
    history.versions.filter((found) => found.digest === digest).map((found) => found.version),
    where,
  ).toEqual([version]);
  expect(
    history.assignments.filter((found) => found.version === version),
    where,
  ).toHaveLength(1);
  expect(await scene.tags(), where).toHaveLength(tags.length + 2);
  const after = scene.releases();
  expect(
    after.filter(({ draft, assets }) => draft || assets.length !== 5),
    where,
  ).toEqual([]);
  expect(after, where).toHaveLength(releases.length + 1);
  return first instanceof Error ? first : undefined;
}

describe.each(KINDS)('$title', ({ title: _title, ...fault }) => {
  test('at any call leaves nothing lost, doubled or half visible', { timeout: 300_000 }, async () => {
    const scenes = await Promise.all(Array.from({ length: SCENES }, () => openRegistry({ github: { checkOpenApi: false } })));
    try {
      await Promise.all(scenes.map(async (scene) => done(await job(scene, 'first'))));
      const before = scenes[0]!.github.requests.length;
      await Promise.all(scenes.map(async (scene) => done(await job(scene, 'second'))));
      const calls = scenes[0]!.github.requests.length - before;
      expect(calls).toBeGreaterThan(20);

      let next = 0;
      const errors: Error[] = [];
      await Promise.all(
        scenes.map(async (scene) => {
          while (next < calls) {
            const error = await failOnce(scene, next++, fault);
            if (error) errors.push(error);
          }
        }),
      );
      // What may pass is tried again within the job; what is refused fails it in one line that says what to do.
      if (fault.status === 403)
        expect(errors.map(({ name }) => name)).toEqual(Array.from({ length: calls }, () => 'UserError'));
      else if (fault.status === 422) expect(errors).toHaveLength(calls);
      else expect(errors).toEqual([]);
    } finally {
      await Promise.all(scenes.map((scene) => scene.close()));
    }
  });
});
