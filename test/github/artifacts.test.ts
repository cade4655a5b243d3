import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DefaultArtifactClient } from '@actions/artifact';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openScene, READ, raw, refusal, type Scene } from './scene.js';
import { jobBackendId, runBackendId } from './tokens.js';
import type { Job } from './types.js';

describe('artifacts, through the client of the toolkit', () => {
  let scene: Scene;
  let client: DefaultArtifactClient;
  let directory: string;
  let first: Job;

  /** From now on the client is a step of this job. */
  const actAs = (job: Job): void => {
    process.env.ACTIONS_RUNTIME_TOKEN = job.runtimeToken;
  };
  const file = (name: string, content: string | Buffer): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
  const twirp = async (job: Job, method: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> => {
    const ids = { workflow_run_backend_id: runBackendId(job.run), workflow_job_run_backend_id: jobBackendId(job) };
    const answer = await raw(scene.github, `/twirp/github.actions.results.api.v1.ArtifactService/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${job.runtimeToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...ids, ...body }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  beforeAll(async () => {
    // The toolkit talks to the runner on stdout.
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    delete process.env.GITHUB_API_URL;
    scene = await openScene();
    directory = mkdtempSync(join(tmpdir(), 'local-github-'));
    process.env.ACTIONS_RESULTS_URL = scene.github.resultsUrl;
    process.env.GITHUB_WORKSPACE = directory;
    delete process.env.GITHUB_SERVER_URL;
    // Read on import, so the address has to be known before.
    client = new (await import('@actions/artifact')).DefaultArtifactClient();
    first = scene.job({ ...READ, actions: 'write' });
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    rmSync(directory, { recursive: true, force: true });
    expect(scene.github.violations).toEqual([]);
    await scene.github.close();
  });

  it('go up, are listed, come down and are deleted in the same run', async () => {
    const { github, repository, run } = scene;
    actAs(first);
    const uploaded = await client.uploadArtifact('model', [file('model.txt', 'weights')], directory, { retentionDays: 7 });
    const stored = github.artifacts(repository, run.id)[0]!;
    expect(stored).toMatchObject({ name: 'model', id: uploaded.id, digest: `sha256:${uploaded.digest}`, jobName: 'judge' });
    expect(createHash('sha256').update(stored.bytes).digest('hex')).toBe(uploaded.digest);
    expect(Math.round((Date.parse(stored.expiresAt) - Date.now()) / 86_400_000)).toBe(7);

    actAs(scene.job(READ, 'report'));
    expect((await client.listArtifacts()).artifacts.map(({ name }) => name)).toEqual(['model']);
    const { artifact } = await client.getArtifact('model');
    const path = join(directory, 'down');
    const down = await client.downloadArtifact(artifact.id, { path, expectedHash: stored.digest });
    expect(down.digestMismatch).toBe(false);
    expect(readFileSync(join(path, 'model.txt'), 'utf8')).toBe('weights');
    await client.deleteArtifact('model');
    expect(github.artifacts(repository)).toEqual([]);
    await expect(client.getArtifact('model')).rejects.toThrow('not found');
  });

  it('of 20 MB arrive whole although their blocks do not arrive in order', async () => {
    actAs(first);
    const bytes = randomBytes(20 * 1024 * 1024);
    // The first block is stored after others.
    scene.github.inject({ match: { method: 'PUT', path: /comp=block&/ }, kind: 'slow', delayMs: 1_500 });
    await client.uploadArtifact('large', [file('large.bin', bytes)], directory, { compressionLevel: 0 });
    const puts = scene.github.requests.filter(({ method, status }) => method === 'PUT' && status === 201);
    expect(puts.length).toBeGreaterThan(3);
    expect(puts.findIndex(({ fault }) => fault === 'slow')).toBeGreaterThan(0);
    const { artifact } = await client.getArtifact('large');
    const path = join(directory, 'large');
    await client.downloadArtifact(artifact.id, { path });
    expect(readFileSync(join(path, 'large.bin')).equals(bytes)).toBe(true);
  });

  it('keep their type and name when they are not archives', async () => {
    actAs(first);
    const source = file('größe 1.json', '{"auc":0.7}');
    const { id } = await client.uploadArtifact('ignored', [source], directory, { skipArchive: true });
    expect(scene.github.artifacts(scene.repository).at(-1)).toMatchObject({
      name: 'größe 1.json',
      mimeType: 'application/json',
    });
    const path = join(directory, 'raw');
    await client.downloadArtifact(id!, { path });
    expect(readFileSync(join(path, 'größe 1.json'), 'utf8')).toBe('{"auc":0.7}');
  });

  it('have names that are unique in an attempt of a run', async () => {
    const { github, repository, own } = scene;
    const run = github.startRun({
      ...{ repository, workflowName: 'Train', path: '.github/workflows/train.yml', event: 'push' },
      ...{ headBranch: 'main', headSha: own.base.sha },
    });
    actAs(github.startJob(run, { name: 'a', permissions: {} }));
    const source = file('x.txt', 'x');
    await client.uploadArtifact('model', [source], directory);
    actAs(github.startJob(run, { name: 'b', permissions: {} }));
    await expect(client.uploadArtifact('model', [source], directory)).rejects.toThrow(
      /\(409\) Conflict: an artifact with this name already exists/,
    );
    github.completeRun(run, 'failure');
    actAs(github.startJob(github.rerun(run), { name: 'a', permissions: {} }));
    const again = await client.uploadArtifact('model', [source], directory);
    expect((await client.getArtifact('model')).artifact.id).toBe(again.id);
    expect(github.artifacts(repository, run.id)).toHaveLength(2);
  });

  it('of another run are found, fetched and deleted by a token that may', async () => {
    const { github, repository, own, at, as, job } = scene;
    const main = github.startRun({
      ...{ repository, workflowName: 'Model CI', path: '.github/workflows/model-ci.yml', event: 'push' },
      ...{ headBranch: 'main', headSha: own.base.sha },
    });
    const trainer = github.startJob(main, { name: 'train', permissions: {} });
    actAs(trainer);
    await client.uploadArtifact('candidate', [file('bundle.txt', 'bundle')], directory);
    github.completeJob(trainer, 'success');

    const reader = job({ actions: 'read' });
    actAs(reader);
    await expect(client.getArtifact('candidate')).rejects.toThrow('not found');
    const findBy = (token: string) => ({
      findBy: { token, workflowRunId: main.id, repositoryOwner: 'acme', repositoryName: 'models' },
    });
    expect((await client.listArtifacts(findBy(reader.token))).artifacts.map(({ name }) => name)).toEqual(['candidate']);
    const { artifact } = await client.getArtifact('candidate', findBy(reader.token));
    const path = join(directory, 'other');
    await client.downloadArtifact(artifact.id, { path, ...findBy(reader.token) });
    expect(readFileSync(join(path, 'bundle.txt'), 'utf8')).toBe('bundle');
    await expect(client.downloadArtifact(artifact.id, { path, ...findBy(job({}).token) })).rejects.toThrow('not accessible');

    const named = await as(reader.token).rest.actions.listArtifactsForRepo({ ...at, name: 'candidate' });
    expect(named.data.artifacts).toMatchObject([{ workflow_run: { id: main.id, head_branch: 'main' }, expired: false }]);
    expect((await refusal(client.deleteArtifact('candidate', findBy(reader.token)))).status).toBe(403);
    await client.deleteArtifact('candidate', findBy(job({ actions: 'write' }).token));
    const gone = as(reader.token).rest.actions.getArtifact({ ...at, artifact_id: artifact.id });
    expect((await refusal(gone)).status).toBe(404);
  });

  it('that were not finished, or expired, are not there', async () => {
    const own = await openScene({ checkOpenApi: false });
    const other = scene;
    scene = own;
    try {
      const job = own.job({ actions: 'read' });
      expect((await twirp(job, 'CreateArtifact', { name: 'open', version: 7, mime_type: 'application/zip' })).status).toBe(200);
      expect((await twirp(job, 'ListArtifacts', {})).body).toEqual({ artifacts: [] });
      expect((await twirp(job, 'FinalizeArtifact', { name: 'open', size: '0' })).status).toBe(404);

      const made = await twirp(job, 'CreateArtifact', { name: 'old', version: 7, mime_type: 'application/zip' });
      const url = String(made.body.signed_upload_url);
      const put = (query: string, body: string) => fetch(`${url}${query}`, { method: 'PUT', body });
      expect((await put('&comp=block&blockid=YQ%3D%3D', 'abc')).status).toBe(201);
      expect((await put('&comp=blocklist', '<BlockList><Latest>Yg==</Latest></BlockList>')).status).toBe(400);
      expect((await put('&comp=blocklist', '<BlockList><Latest>YQ==</Latest></BlockList>')).status).toBe(201);
      const wrong = { name: 'old', size: '3', hash: `sha256:${'0'.repeat(64)}` };
      expect((await twirp(job, 'FinalizeArtifact', wrong)).body).toMatchObject({ code: 'invalid_argument' });
      expect((await twirp(job, 'FinalizeArtifact', { name: 'old', size: '4' })).status).toBe(400);
      expect((await twirp(job, 'FinalizeArtifact', { name: 'old', size: '3' })).status).toBe(200);
      expect((await put('&comp=blocklist', '<BlockList></BlockList>')).status).toBe(409);
      expect((await fetch(url)).status).toBe(403);
      expect((await fetch(url.replace('sig=', 'sig=0'), { method: 'PUT' })).status).toBe(403);

      const [artifact] = own.github.artifacts(own.repository);
      own.github.advanceClock(91 * 86_400_000);
      const bot = own.as(own.job({ actions: 'read' }).token);
      const listed = await bot.rest.actions.listArtifactsForRepo(own.at);
      expect(listed.data.artifacts).toMatchObject([{ name: 'old', expired: true }]);
      const download = { ...own.at, artifact_id: artifact!.id, archive_format: 'zip' };
      expect((await refusal(bot.rest.actions.downloadArtifact(download))).status).toBe(410);
      expect((await put('', 'x')).status).toBe(403);
    } finally {
      scene = other;
      await own.github.close();
    }
  });

  it('are not taken from a dead job, for another job, with a bad name, or beyond 500', async () => {
    const { github, job } = scene;
    const dead = job({}, 'dead');
    github.completeJob(dead, 'success');
    expect((await twirp(dead, 'ListArtifacts', {})).status).toBe(401);
    const [mine, theirs] = [job({}, 'mine'), job({}, 'theirs')];
    const others = { workflow_job_run_backend_id: jobBackendId(theirs) };
    expect((await twirp(mine, 'CreateArtifact', { name: 'x', ...others })).body.code).toBe('permission_denied');
    const forged = { ...mine, runtimeToken: `${mine.runtimeToken.split('.').slice(0, 2).join('.')}.x` };
    expect((await twirp(forged, 'ListArtifacts', {})).status).toBe(401);
    for (const name of ['', '../up', 'a/b', 'a:b', 'a\nb', 5]) {
      expect((await twirp(mine, 'CreateArtifact', { name })).body.code, String(name)).toBe('invalid_argument');
    }
    const type = { name: 'x', mime_type: 'application/x-7z-compressed' };
    expect((await twirp(mine, 'CreateArtifact', type)).status).toBe(400);
    const many = Array.from({ length: 500 }, (_, index) => twirp(mine, 'CreateArtifact', { name: `many-${index}` }));
    expect(new Set((await Promise.all(many)).map(({ status }) => status))).toEqual(new Set([200]));
    expect((await twirp(mine, 'CreateArtifact', { name: 'one more' })).body.msg).toContain('500');
  });
});
