import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRegistry, READ, type RegistryScene, WRITE } from '../shared/registry/scene.js';
import type { JobOptions } from './registry-job.js';
import { RetrainingScene } from './retraining-scene.js';

/** `retrain` with `ask`: the one issue in which a version waits for somebody's yes. */

let scene: RegistryScene;
beforeAll(async () => {
  scene = await openRegistry();
});
afterAll(async () => {
  expect(scene.github.violations).toEqual([]);
  await scene.close();
});

let count = 0;
let model: string;
const of = (): RetrainingScene => new RetrainingScene(scene, model);
beforeEach(() => {
  // The token of a job has a thousand requests an hour.
  scene.github.advanceClock(60 * 60 * 1000);
  model = `model-${++count}`;
});

describe('retrain that asks', () => {
  const ASK = { contents: 'read', actions: 'read', issues: 'write' } as const;
  const issues = () => scene.github.issues(scene.repository).filter(({ title }) => title.startsWith(`${model} `));
  const workflowFile = { environment: { workflowFile: 'retrain.yml' } };
  const asking = async (version: string, options: JobOptions = {}) =>
    (await of().open({ permissions: ASK, ...workflowFile, ...options })).step('retrain', { ask: `${model}@${version}` });
  test('keeps one issue: opened, brought up to the newer version, closed when it has its answer', async () => {
    await of().live('first');
    await of().register('second');
    const outcome = await asking('v1.1.0');
    const [issue, ...others] = issues();
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      title: `${model} v1.1.0: shall it go to production?`,
      state: 'open',
      labels: ['mlops-promotion'],
    });
    expect(issue!.body).toContain('https://github.com/acme/models/actions/workflows/retrain.yml');
    expect(issue!.body).toContain(`gh workflow run retrain.yml -f promote=${model}@v1.1.0`);
    expect(outcome.outputs).toMatchObject({ retrain: 'false', 'issue-number': String(issue!.number), 'issue-url': issue!.url });
    expect(outcome.summary).toContain('To say no, close this issue');
    await asking('v1.1.0');
    expect(issues()).toEqual([issue]);

    await of().register('third');
    await asking('latest');
    expect(issues()).toMatchObject([
      { number: issue!.number, title: `${model} v1.2.0: shall it go to production?`, state: 'open' },
    ]);
    const promoter = await of().open({ event: 'workflow_dispatch', permissions: WRITE });
    await promoter.step('promote', { model: `${model}@v1.2.0`, through: 'true' });
    const answered = await asking('v1.2.0');
    expect(issues()).toMatchObject([{ number: issue!.number, state: 'closed' }]);
    expect(answered.summary).toContain('has the stage');
    // A run that comes again finds the answer.
    await asking('v1.2.0');
    expect(issues().length).toBe(1);
  });

  test('takes a closed issue for a no to that version, and asks again for another', async () => {
    await of().live('first');
    await of().register('second');
    await asking('v1.1.0');
    const { number } = issues()[0]!;
    const close = await fetch(`${scene.github.apiUrl}/repos/acme/models/issues/${number}`, {
      ...{ method: 'PATCH', headers: { authorization: `token ${scene.github.personToken('ann')}` } },
      body: JSON.stringify({ state: 'closed', state_reason: 'not_planned' }),
    });
    expect(close.status).toBe(200);
    await asking('v1.1.0');
    expect(issues()).toMatchObject([{ number, state: 'closed' }]);
    await of().register('third');
    await asking('v1.2.0');
    expect(issues()).toMatchObject([{ number, state: 'open', title: `${model} v1.2.0: shall it go to production?` }]);
  });

  test('by many runs at once, and with lost answers, asks once', async () => {
    await of().live('first');
    await of().register('second');
    scene.github.inject({ match: { method: 'POST', path: /\/issues$/ }, kind: 'drop-after', times: 2 });
    await Promise.all(Array.from({ length: 4 }, () => asking('v1.1.0')));
    expect(issues().filter(({ state }) => state === 'open').length).toBe(1);
  });

  test('touches no issue but those of its author', async () => {
    await of().live('first');
    await of().register('second');
    const planted = await fetch(`${scene.github.apiUrl}/repos/acme/models/issues`, {
      ...{ method: 'POST', headers: { authorization: `token ${scene.github.personToken('ann')}` } },
      body: JSON.stringify({
        ...{ title: `${model} is fine`, labels: ['mlops-promotion'] },
        body: `<!-- mlops-actions promotion: ${model} -->\nMine`,
      }),
    });
    expect(planted.status).toBe(201);
    await asking('v1.1.0');
    expect(issues().map(({ author, title }) => [author, title])).toEqual([
      ['ann', `${model} is fine`],
      ['github-actions[bot]', `${model} v1.1.0: shall it go to production?`],
    ]);
    const other = await of().open({ permissions: ASK, ...workflowFile });
    await other.step('retrain', { ask: `${model}@v1.1.0`, author: 'ann' });
    expect(issues()[0]!.title).toBe(`${model} v1.1.0: shall it go to production?`);
  });

  test('says nothing of a version that has the stage already', async () => {
    await of().live('first');
    const outcome = await asking('v1.0.0');
    expect(outcome.outputs).toMatchObject({ 'issue-number': '', 'issue-url': '' });
    expect(issues()).toEqual([]);
  });

  test('says what it lacks', async () => {
    await of().live('first');
    const job = await of().open({ permissions: READ });
    await of().register('second');
    expect(await job.complaint('retrain', { ask: `${model}@v1.1.0` })).toContain('Add "issues: write" to the "permissions:"');
    expect(await job.complaint('retrain', { ask: 'v1.1.0' })).toBe(
      `Input "ask" is "v1.1.0", which is no version of ${model}; accepted: ${model}@v1.2.0, ${model}@latest.`,
    );
    expect(await job.complaint('retrain', { ask: `${model}@v9.0.0` })).toContain('has no version v9.0.0');
  });
});
