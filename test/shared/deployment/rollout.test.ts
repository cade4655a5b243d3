import { expect, test } from 'vitest';
import { UserError } from '../../../shared/core/errors.js';
import type { SmokeTest } from '../../../shared/deployment/result.js';
import { rollOut } from '../../../shared/deployment/rollout.js';
import type { Check, Plan, Step, Target } from '../../../shared/deployment/target.js';

const good: Check = { name: 'golden rows', ok: true, detail: 'as they should be' };
const bad: Check = { name: 'golden rows', ok: false, detail: '3 of 64 rows differ' };
const smoke = (checks: readonly Check[]) => async (): Promise<SmokeTest> => ({ rows: 64, checks });

/** A target that notes what is asked of it. */
class NotingTarget implements Target {
  readonly kind = 'service';
  readonly calls: string[] = [];
  readonly #steps: readonly (Step | Error)[];
  readonly #verify: (step: Step) => readonly Check[];

  constructor(steps: readonly (Step | Error)[], verify: (step: Step) => readonly Check[] = () => [good]) {
    this.#steps = steps;
    this.#verify = verify;
  }

  url = (): undefined => undefined;

  plan = async (): Promise<Plan> => ({ unchanged: false, steps: [], notices: [] });

  async *apply(): AsyncIterable<Step> {
    for (const step of this.#steps) {
      if (step instanceof Error) throw step;
      this.calls.push(`apply ${step.name}`);
      yield step;
    }
    this.calls.push('tidy');
  }

  verify = async (step: Step): Promise<readonly Check[]> => {
    this.calls.push(`verify ${step.name}`);
    return this.#verify(step);
  };

  rollback = async () => {
    this.calls.push('rollback');
    return { to: 'v1.0.0', complete: true };
  };
}

const steps = [
  { name: 'loaded', share: 0 },
  { name: '5 %', share: 5 },
  { name: '100 %', share: 100 },
];
const progress = (): void => {};

test('each step is verified before the next is taken, and tidying comes last', async () => {
  const target = new NotingTarget(steps);
  const rollout = await rollOut(target, { smoke: smoke([good]), progress });
  expect(rollout).toMatchObject({ outcome: 'deployed', smoke: { rows: 64 } });
  expect(rollout.steps.map(({ name, checks }) => [name, checks])).toEqual(steps.map(({ name }) => [name, [good]]));
  expect(target.calls).toEqual([
    'apply loaded',
    'verify loaded',
    'apply 5 %',
    'verify 5 %',
    'apply 100 %',
    'verify 100 %',
    'tidy',
  ]);
});

test('a smoke test that fails, or cannot be run, touches nothing', async () => {
  const target = new NotingTarget(steps);
  expect(await rollOut(target, { smoke: smoke([good, bad]), progress })).toMatchObject({
    outcome: 'failed',
    reason: 'the smoke test failed: golden rows: 3 of 64 rows differ',
    smoke: { checks: [good, bad] },
  });
  const broken = () => Promise.reject(new UserError('the data is not there'));
  expect(await rollOut(target, { smoke: broken, progress })).toMatchObject({
    outcome: 'failed',
    reason: 'the smoke test failed: the data is not there',
  });
  expect(target.calls).toEqual([]);
});

test('the first step that does not do ends it and takes everything back', async () => {
  const target = new NotingTarget(steps, ({ share }) => (share === 5 ? [good, bad] : [good]));
  const rollout = await rollOut(target, { smoke: smoke([]), progress });
  expect(rollout).toMatchObject({
    outcome: 'rolled back',
    reason: '5 %: golden rows: 3 of 64 rows differ',
    rollback: { to: 'v1.0.0', complete: true },
  });
  expect(rollout.steps).toHaveLength(2);
  expect(target.calls).toEqual(['apply loaded', 'verify loaded', 'apply 5 %', 'verify 5 %', 'rollback']);
  expect(rollout.bug).toBeUndefined();
});

test('an error in a step does the same, in one line; a bug is kept for who reports it', async () => {
  const mistake = new NotingTarget([steps[0]!, new UserError('the server\nis gone.')]);
  expect(await rollOut(mistake, { progress })).toMatchObject({ outcome: 'rolled back', reason: 'the server is gone' });
  const bug = new TypeError('x is undefined');
  const broken = new NotingTarget([bug]);
  expect(await rollOut(broken, { progress })).toMatchObject({ outcome: 'rolled back', bug });
  expect(broken.calls).toEqual(['rollback']);
});

test('a job that is cancelled takes back what it has done', async () => {
  const cancelled = new AbortController();
  const target = new NotingTarget(steps, ({ share }) => {
    if (share === 5) cancelled.abort();
    return [good];
  });
  const rollout = await rollOut(target, { progress, signal: cancelled.signal });
  expect(rollout).toMatchObject({ outcome: 'rolled back', reason: 'the job was cancelled' });
  expect(rollout.bug).toBeUndefined();
  expect(target.calls.at(-1)).toBe('rollback');
});
