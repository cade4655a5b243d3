import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConcurrencyGroups, type ConcurrencyWish } from './concurrency.js';
import { jobOf, openWorkbench, runOnce, type Workbench } from './workbench.js';

const wish = (more: Partial<ConcurrencyWish> = {}): ConcurrencyWish => ({
  ...{ group: 'deploy', cancelInProgress: false, queue: 'single' as const },
  ...more,
});
const HIGHER = "Canceling since a higher priority waiting request for 'deploy' exists";

describe('a concurrency group', () => {
  const never = new AbortController().signal;
  setMaxListeners(0, never);

  it('lets one in at a time; the newest takes the place of the one that waits', async () => {
    const groups = new ConcurrencyGroups();
    const first = await groups.enter(wish(), never);
    const second = groups.enter(wish({ group: 'DEPLOY' }), never);
    const third = groups.enter(wish(), never);
    expect(await second).toEqual({ entered: false, reason: HIGHER });
    if (!first.entered) throw new Error('the first one is not in');
    expect(first.signal.aborted).toBe(false);
    expect((await groups.enter(wish({ group: 'other' }), never)).entered).toBe(true);
    first.leave();
    first.leave();
    const place = await third;
    if (!place.entered) throw new Error('the third one is not in');
    place.leave();
    expect((await groups.enter(wish(), never)).entered).toBe(true);
  });

  it('stops the one that runs where that is asked for, and still waits for its end', async () => {
    const groups = new ConcurrencyGroups();
    const first = await groups.enter(wish(), never);
    let entered = false;
    const second = groups.enter(wish({ cancelInProgress: true }), never).then(() => {
      entered = true;
    });
    if (!first.entered) throw new Error('the first one is not in');
    expect(first.signal.reason).toBe(HIGHER);
    await Promise.resolve();
    expect(entered).toBe(false);
    first.leave();
    await second;
  });

  it('keeps a queue of up to 100 in order, and loses those that give up', async () => {
    const groups = new ConcurrencyGroups();
    const first = await groups.enter(wish(), never);
    const cancel = new AbortController();
    const order: number[] = [];
    const queued = Array.from({ length: 101 }, async (_, index) => {
      const place = await groups.enter(wish({ queue: 'max' }), index === 1 ? cancel.signal : never);
      if (!place.entered) return false;
      order.push(index);
      place.leave();
      return true;
    });
    cancel.abort();
    if (first.entered) first.leave();
    const ends = await Promise.all(queued);
    expect(order).toEqual(Array.from({ length: 100 }, (_, index) => index).filter((index) => index !== 1));
    expect([ends[1], ends[100]]).toEqual([false, false]);
  });
});

const workflow = (concurrency: string) => `
name: Deploy
on: push
concurrency: ${concurrency}
jobs:
  deploy:
    runs-on: x
    steps:
      - run: |
          echo started
          for i in $(seq 400); do [ -f "\${{ vars.GATE }}" ] && exit 0; sleep 0.05; done
          exit 9
`;

/** Pushes one after the other, each when the one before has come as far as it can, while the first one runs. */
async function pushThree(bench: Workbench) {
  const gate = join(bench.root, 'gate');
  const more = { vars: { GATE: gate } };
  const pushes = [bench.push(more)];
  await expect.poll(() => bench.updates.some(({ kind }) => kind === 'log'), { timeout: 10_000 }).toBe(true);
  for (const number of [2, 3]) {
    pushes.push(bench.push(more));
    const arrived = () => bench.updates.filter(({ kind }) => kind === 'run-started').length === number;
    await expect.poll(arrived, { timeout: 10_000 }).toBe(true);
    // The group is asked right after the run was announced.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const person = bench.github.personToken('ann');
  const listed = await fetch(`${bench.github.apiUrl}/repos/acme/models/actions/runs`, {
    headers: { authorization: `token ${person}` },
  });
  const { workflow_runs: runs } = (await listed.json()) as { workflow_runs: { status: string; conclusion: string | null }[] };
  writeFileSync(gate, '');
  const results = (await Promise.all(pushes)).map(([result]) => result!);
  return { results, statuses: runs.map(({ status, conclusion }) => conclusion ?? status).toReversed() };
}

describe('concurrency of workflows', () => {
  it('cancels what waits when something newer comes, and lets what runs go on', async () => {
    const bench = await openWorkbench({ '.github/workflows/deploy.yml': workflow('deploy') });
    try {
      const { results, statuses } = await pushThree(bench);
      expect(statuses).toEqual(['in_progress', 'cancelled', 'pending']);
      expect(results.map(({ conclusion }) => conclusion)).toEqual(['success', 'cancelled', 'success']);
      expect(results[1]).toMatchObject({ jobs: [], error: HIGHER });
    } finally {
      await bench.close();
    }
  });

  it('cancels what runs with cancel-in-progress', async () => {
    const group = '{ group: "deploy", cancel-in-progress: "${{ github.ref_name == \'main\' }}" }';
    const bench = await openWorkbench({ '.github/workflows/deploy.yml': workflow(group) });
    try {
      const { results } = await pushThree(bench);
      expect(results.map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'cancelled', 'success']);
      expect(results[0]).toMatchObject({ error: HIGHER, jobs: [{ conclusion: 'cancelled', error: HIGHER }] });
    } finally {
      await bench.close();
    }
  });
});

describe('concurrency of jobs', () => {
  it('lets one leg at a time into a group, and cancels the legs that wait', async () => {
    const result = await runOnce(`
on: push
jobs:
  a:
    runs-on: x
    strategy: { fail-fast: false, matrix: { leg: [1, 2, 3] } }
    concurrency: one
    steps: [{ run: sleep 0.2 }]
  b:
    runs-on: x
    strategy: { matrix: { leg: [1, 2, 3] } }
    concurrency: { group: two, queue: max }
    steps: [{ run: echo }]
`);
    const ends = (job: string) => [1, 2, 3].map((leg) => jobOf(result, `${job} (${leg})`).conclusion);
    expect(ends('a')).toEqual(['success', 'cancelled', 'success']);
    expect(ends('b')).toEqual(['success', 'success', 'success']);
  });

  it('does not wait for itself: a job, or a called workflow, in the group of its own workflow', async () => {
    const called = 'on: workflow_call\nconcurrency: mine\njobs: { x: { runs-on: x, steps: [{ run: echo }] } }\n';
    const result = await runOnce(
      `
on: push
concurrency: Mine
jobs:
  a: { runs-on: x, concurrency: mine, steps: [{ run: echo }] }
  b: { uses: ./.github/workflows/called.yml }
  c: { runs-on: x, concurrency: { group: z, cancel-in-progress: perhaps }, steps: [{ run: echo }] }
`,
      { files: { '.github/workflows/called.yml': called } },
    );
    const deadlock = (job: string) =>
      `Canceling since a deadlock for concurrency group 'mine' was detected between 'top level workflow' and '${job}'`;
    expect(jobOf(result, 'a')).toMatchObject({ conclusion: 'cancelled', error: deadlock('a') });
    expect(jobOf(result, 'b')).toMatchObject({ conclusion: 'cancelled', error: deadlock('b') });
    expect(jobOf(result, 'c')).toMatchObject({ conclusion: 'failure', error: expect.stringContaining('cancel-in-progress') });
  });
});
