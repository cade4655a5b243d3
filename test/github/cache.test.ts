import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { restoreCache, saveCache } from '@actions/cache';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openScene, refusal, type Scene } from './scene.js';
import type { Job } from './types.js';

describe('the cache, through the client of the toolkit', () => {
  let scene: Scene;
  let cache: { restoreCache: typeof restoreCache; saveCache: typeof saveCache };
  let directory: string;
  let jobs: Record<'main' | 'own' | 'fork' | 'target', Job>;
  const before = process.cwd();

  const save = (job: Job, key: string, content: string): Promise<number> => {
    process.env.ACTIONS_RUNTIME_TOKEN = job.runtimeToken;
    writeFileSync(join(directory, 'cached.txt'), content);
    return cache.saveCache(['cached.txt'], key);
  };
  /** The key that was hit and what came of it. */
  const restore = async (job: Job, key: string, restoreKeys: string[] = []): Promise<[string, string] | undefined> => {
    process.env.ACTIONS_RUNTIME_TOKEN = job.runtimeToken;
    rmSync(join(directory, 'cached.txt'), { force: true });
    const hit = await cache.restoreCache(['cached.txt'], key, restoreKeys);
    return hit === undefined ? undefined : [hit, readFileSync(join(directory, 'cached.txt'), 'utf8')];
  };

  beforeAll(async () => {
    // The toolkit talks to the runner on stdout.
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    scene = await openScene();
    directory = mkdtempSync(join(tmpdir(), 'local-github-'));
    Object.assign(process.env, {
      ...{ ACTIONS_RESULTS_URL: scene.github.resultsUrl, ACTIONS_CACHE_SERVICE_V2: 'True' },
      ...{ GITHUB_WORKSPACE: directory, RUNNER_TEMP: directory },
    });
    delete process.env.GITHUB_SERVER_URL;
    process.chdir(directory);
    cache = await import('@actions/cache');
    const { github, repository, own, foreign, runOf, run } = scene;
    const common = { repository, workflowName: 'CI', path: '.github/workflows/ci.yml', headSha: own.base.sha };
    const push = github.startRun({ ...common, event: 'push', headBranch: 'main' });
    const target = github.startRun({ ...common, event: 'pull_request_target', headBranch: 'deeper' });
    const job = (of: typeof run): Job => github.startJob(of, { name: 'x', permissions: {} });
    jobs = { main: job(push), own: job(run), fork: job(runOf(foreign)), target: job(target) };
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    process.chdir(before);
    rmSync(directory, { recursive: true, force: true });
    await scene.github.close();
  });

  it('misses, saves, hits exactly, and never overwrites', async () => {
    const { main } = jobs;
    expect(await restore(main, 'native-1')).toBeUndefined();
    expect(await save(main, 'native-1', 'one')).toBeGreaterThan(0);
    expect(await restore(main, 'native-1')).toEqual(['native-1', 'one']);
    expect(await save(main, 'native-1', 'two')).toBe(-1);
    expect(await restore(main, 'native-1')).toEqual(['native-1', 'one']);
    expect(await restore(main, 'native-2')).toBeUndefined();
    expect(await save(main, 'native-10', 'ten')).toBeGreaterThan(0);
    expect(await restore(main, 'native-2', ['native-'])).toEqual(['native-10', 'ten']);
  });

  it('shows main to pull requests, and their own entries to themselves only', async () => {
    const { main, own, fork } = jobs;
    expect(await restore(own, 'native-1')).toEqual(['native-1', 'one']);
    await save(own, 'native-1', 'from the pull request');
    expect(await restore(own, 'native-1')).toEqual(['native-1', 'from the pull request']);
    expect(await restore(main, 'native-1')).toEqual(['native-1', 'one']);
    await save(own, 'private-1', 'x');
    expect(await restore(fork, 'private-1')).toBeUndefined();
    expect(await restore(fork, 'native-1')).toEqual(['native-1', 'one']);
    const scopes = scene.github.cacheEntries(scene.repository).map(({ key, scope }) => `${key} ${scope}`);
    expect(scopes).toEqual([
      ...['native-1 refs/heads/main', 'native-10 refs/heads/main'],
      ...['native-1 refs/pull/1/merge', 'private-1 refs/pull/1/merge'],
    ]);
  });

  it('can be read but not written by events that anyone can cause', async () => {
    expect(await restore(jobs.target, 'native-1')).toEqual(['native-1', 'one']);
    expect(await save(jobs.target, 'poison', 'x')).toBe(-1);
    expect(await restore(jobs.main, 'poison')).toBeUndefined();
  });

  it('is listed and deleted by REST', async () => {
    const { as, at, job, github } = scene;
    const bot = as(job({ actions: 'write' }).token);
    const listed = await bot.rest.actions.getActionsCacheList({ ...at, ref: 'refs/heads/main', sort: 'created_at' });
    expect(listed.data.actions_caches.map(({ key }) => key)).toEqual(['native-10', 'native-1']);
    await bot.rest.actions.deleteActionsCacheById({ ...at, cache_id: listed.data.actions_caches[0]!.id! });
    const deleted = await bot.rest.actions.deleteActionsCacheByKey({ ...at, key: 'native-1' });
    expect(deleted.data.total_count).toBe(2);
    expect((await refusal(bot.rest.actions.deleteActionsCacheByKey({ ...at, key: 'native-1' }))).status).toBe(404);
    expect(github.cacheEntries(scene.repository).map(({ key }) => key)).toEqual(['private-1']);
    expect(await restore(jobs.main, 'native-1')).toBeUndefined();
    expect(github.violations).toEqual([]);
  });
});
