import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../shared/core/random.js';
import { readSmallZip } from '../../shared/runner/zip.js';
import { trialsOf } from '../../shared/tuning/study.js';
import { readLog, type StudyEvent } from '../../shared/tuning/study-log.js';
import { ROOT } from '../docs/action-files.js';
import type { Job, Run } from '../github/types.js';
import { openRegistry, READ, type RegistryScene } from '../shared/registry/scene.js';
import { customers, spec } from './project.js';
import { RegistryJob } from './registry-job.js';

/**
 * The jobs of a study as processes with the bundle in dist/, one in five of which is killed for good at a random moment. What
 * the logs on GitHub say must then be what the study says: no finished trial lost, none counted twice.
 */

const TRIALS = 8;
const JOBS = 4;
const MODEL = 'churn';
const SPEC = {
  train: { algorithm: 'gbdt', params: { num_iterations: 30 } },
  tune: {
    ...{ metric: 'log_loss', trials: TRIALS, rounds: 1, jobs: JOBS, sampler: 'random' },
    space: { num_leaves: { low: 2, high: 31, log: true }, learning_rate: { low: 0.02, high: 0.5, log: true } },
  },
};
/** A job that is killed later than this has ended before. */
const LONGEST_LIFE_MS = 1800;

let scene: RegistryScene;
let workspace: string;
beforeAll(async () => {
  scene = await openRegistry({ github: { checkOpenApi: false } });
  workspace = await mkdtemp(join(scene.directory, 'checkout-'));
  await writeFile(join(workspace, 'mlops.yaml'), spec({ name: MODEL, ...SPEC }));
  await writeFile(join(workspace, 'data.csv'), customers({ rows: 200 }));
});
afterAll(() => scene.close());

/** Runs one pack in a job of its own. @returns whether the job came to its end */
async function train(run: Run, trials: string, killAfterMs: number | undefined): Promise<boolean> {
  const job: Job = scene.github.startJob(run, { name: `trials ${Math.random()}`, permissions: READ });
  const folder = await mkdtemp(join(scene.directory, 'job-'));
  await cp(workspace, folder, { recursive: true });
  const child = spawn(process.execPath, [join(ROOT, 'dist/train.js')], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      ...{ PATH: process.env.PATH, HOME: folder, RUNNER_TEMP: folder, GITHUB_WORKSPACE: folder, GITHUB_ACTIONS: 'true' },
      ...{ GITHUB_REPOSITORY: 'acme/models', GITHUB_REPOSITORY_ID: String(scene.repository.id), GITHUB_EVENT_NAME: 'push' },
      ...{ GITHUB_RUN_ID: String(run.id), GITHUB_RUN_ATTEMPT: '1', GITHUB_REF: 'refs/heads/main', GITHUB_SHA: scene.head },
      ...{ GITHUB_API_URL: scene.github.apiUrl, GITHUB_SERVER_URL: 'https://github.com' },
      ...{ ACTIONS_RUNTIME_TOKEN: job.runtimeToken, ACTIONS_RESULTS_URL: scene.github.resultsUrl },
      ...{ INPUT_SPEC: 'mlops.yaml', 'INPUT_WORKING-DIRECTORY': '.', 'INPUT_GITHUB-TOKEN': job.token, INPUT_TRIALS: trials },
      ...{ INPUT_CHAMPION: 'none', INPUT_OUTPUT: 'bundle' },
    },
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const killer = new AbortController();
  if (killAfterMs !== undefined)
    void wait(killAfterMs, undefined, { signal: killer.signal }).then(
      () => child.kill('SIGKILL'),
      () => {},
    );
  const code = await ended;
  killer.abort();
  scene.github.completeJob(job, code === 0 ? 'success' : 'failure');
  return code === 0;
}

/** What the artifacts of the study's jobs hold, as anybody could read them. */
async function uploadedEvents(studyId: string): Promise<readonly StudyEvent[]> {
  const events: StudyEvent[] = [];
  for (const { name, bytes } of scene.github.artifacts(scene.repository)) {
    if (!/-r\d+-j[1-9]\d*-a\d+/.test(name)) continue;
    const files = await readSmallZip(bytes, name, { files: 1, bytes: 1e6 });
    for (const text of files.values()) events.push(...readLog(text.toString(), studyId).events);
  }
  return events;
}

describe('killing 20 % of the jobs at random moments', () => {
  const killed: number[] = [];

  test.each(Array.from({ length: 10 }, (_, seed) => seed))('seed %i', { timeout: 120_000 }, async (seed) => {
    const random = new Random(seed);
    const study = `seed-${seed}`;
    let kills = 0;
    let studyId = '';
    // A later run takes up what the ones before have left.
    for (let runs = 0, done = false; !done; runs++) {
      expect(runs).toBeLessThan(10);
      scene.github.advanceClock(60 * 60 * 1000);
      const run = scene.startRun();
      const planner = await RegistryJob.open(scene, MODEL, { run, spec: SPEC, permissions: READ });
      await cp(workspace, planner.workspace, { recursive: true });
      const { outputs } = await planner.step('tune-plan', { study });
      studyId = /Study (\S+):/.exec(planner.log.join('\n'))![1]!;
      done = outputs.done === 'true';
      const { include } = JSON.parse(outputs.matrix!) as { include: { trials: string }[] };
      await Promise.all(
        include.map(async ({ trials }) => {
          const deadly = random.uniform() < 0.2 ? random.uniform() * LONGEST_LIFE_MS : undefined;
          if (!(await train(run, trials, deadly))) kills++;
        }),
      );
      scene.github.completeRun(run, 'success');
    }
    killed.push(kills);

    const selector = await RegistryJob.open(scene, MODEL, { spec: SPEC, permissions: READ });
    await cp(workspace, selector.workspace, { recursive: true });
    const selected = await selector.step('tune-select', { study });
    expect(selected.failure).toBeUndefined();
    expect(await readdir(join(selector.workspace, '.mlops-actions'))).toContain('study.jsonl');
    const log = await readFile(join(selector.workspace, '.mlops-actions/study.jsonl'), 'utf8');
    const trials = trialsOf(readLog(log, studyId).events);
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: TRIALS }, (_, index) => index + 1));
    expect(trials.filter(({ state }) => state !== 'finished')).toEqual([]);
    const finished = (await uploadedEvents(studyId)).filter(({ event }) => event === 'finished');
    expect(new Set(finished.map(({ trial }) => trial)).size).toBe(TRIALS);
    for (const event of finished)
      if (event.event === 'finished')
        expect(trials[event.trial - 1]).toMatchObject({ value: event.value, params: event.params });
    expect(selected.summary).toContain(`${TRIALS} trials by random`);
  });

  test('happens here', () => {
    expect(killed.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(3);
  });
});
