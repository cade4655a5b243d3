import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AttestationOutcome, attestFiles } from '../../../shared/github/attestation.js';
import { createClient } from '../../../shared/github/client.js';
import { startLocalGitHub } from '../../github/local-github.js';
import { sha } from '../../github/scene.js';
import { type LocalSigstore, startSigstore } from '../../github/sigstore.js';
import type { LocalGitHub, LocalGitHubInspection, Permissions, Repository } from '../../github/types.js';

/** What the bundle in dist/ does with a public repository is in test/workflows/attestation.test.ts. */

const WRITE: Permissions = { contents: 'write', attestations: 'write', 'id-token': 'write' };
const FILES = [{ name: 'model.onnx', digest: `sha256:${'a'.repeat(64)}` }];
const before = { ...process.env };

let github: LocalGitHub & LocalGitHubInspection;
let sigstore: LocalSigstore;
beforeAll(async () => {
  sigstore = await startSigstore();
  github = await startLocalGitHub();
  // The library takes these from the process.
  Object.assign(process.env, {
    ...sigstore.environment(github),
    ...{ GITHUB_API_URL: github.apiUrl, GITHUB_SERVER_URL: 'https://github.com' },
  });
  await import('../../github/redirect.mjs');
});
afterAll(async () => {
  process.env = before;
  expect(github.violations).toEqual([]);
  await github.close();
  await sigstore.close();
});

let count = 0;
let repository: Repository;
beforeEach(() => {
  repository = github.createRepository({ owner: 'acme', name: `models-${++count}`, private: count === 1 });
});

async function attest(
  permissions: Permissions = WRITE,
  changes: { files?: typeof FILES; event?: string } = {},
): Promise<AttestationOutcome> {
  const run = github.startRun({
    ...{ repository, workflowName: 'CD', path: '.github/workflows/cd.yml', event: changes.event ?? 'push', headBranch: 'main' },
    headSha: sha('main'),
  });
  const job = github.startJob(run, { name: 'register', permissions });
  Object.assign(process.env, {
    ...{ GITHUB_REPOSITORY: repository.fullName, ACTIONS_ID_TOKEN_REQUEST_TOKEN: job.runtimeToken },
    ACTIONS_ID_TOKEN_REQUEST_URL: job.idTokenUrl ?? '',
  });
  const client = await createClient({ token: job.token, apiUrl: github.apiUrl, log: () => {} });
  return attestFiles(
    client,
    { owner: 'acme', repo: repository.name },
    {
      ...{
        files: changes.files ?? FILES,
        token: job.token,
        hasIdToken: job.idTokenUrl !== undefined,
        serverUrl: 'https://github.com',
      },
    },
  );
}

describe('attestFiles', () => {
  test("a private repository's stay out of the public log, and need a plan", async () => {
    expect(await attest()).toEqual({
      problem: expect.stringMatching(
        /^GitHub does not keep it \(Failed to persist attestation: Feature not available for the acme organization\..*\); private repositories need a plan/,
      ),
    });
    expect(sigstore.requests).toEqual(['/fulcio/api/v2/signingCert', '/timestamp/api/v1/timestamp']);
  });

  test('what has one is not attested again, whatever the job may do', async () => {
    const first = await attest();
    expect(first).toEqual({ url: expect.stringMatching(/\/attestations\/\d+$/) });
    const asked = sigstore.requests.length;
    expect(await attest({ contents: 'write', attestations: 'read' })).toEqual({
      url: `https://github.com/${repository.fullName}/attestations`,
    });
    expect(sigstore.requests.length).toBe(asked);
    expect(github.attestations(repository)).toMatchObject([{ digests: [FILES[0]!.digest] }]);
  });

  test('without digests, or without an identity, says so', async () => {
    expect(await attest(WRITE, { files: [] })).toEqual({ problem: 'GitHub names no digest of the files' });
    expect(await attest({ contents: 'write' })).toEqual({ problem: expect.stringContaining('add "id-token: write"') });
    expect(github.attestations(repository)).toEqual([]);
  });

  test('an identity that GitHub does not give is a reason as well', async () => {
    github.inject({ match: { path: /^\/oidc\/token/ }, kind: 'status', status: 403, message: 'no identity today' });
    expect(await attest()).toEqual({
      problem: expect.stringMatching(/^it could not be signed \(.*\); run the job again for it$/),
    });
  });
});

describe('the local GitHub', () => {
  const ask = (url: string, authorization: string) => fetch(`${url}&audience=me`, { headers: { authorization } });

  test('gives an identity to jobs with id-token: write alone', async () => {
    const run = github.startRun({
      ...{ repository, workflowName: 'CD', path: 'cd.yml', event: 'push', headBranch: 'main', headSha: sha('main') },
    });
    const job = github.startJob(run, { name: 'a', permissions: WRITE });
    const answer = (await (await ask(job.idTokenUrl!, `bearer ${job.runtimeToken}`)).json()) as { value: string };
    const claims = JSON.parse(Buffer.from(answer.value.split('.')[1]!, 'base64url').toString());
    expect(claims).toMatchObject({ aud: 'me', sub: `repo:${repository.fullName}:ref:refs/heads/main`, run_id: String(run.id) });
    const other = github.startJob(run, { name: 'b', permissions: { contents: 'write' } });
    expect(other.idTokenUrl).toBeUndefined();
    expect((await ask(job.idTokenUrl!, `bearer ${other.runtimeToken}`)).status).toBe(403);
    expect((await ask(job.idTokenUrl!, 'bearer x.y.z')).status).toBe(401);
  });

  test("never to a fork's pull request", () => {
    const fork = github.createRepository({ owner: `mallory-${count}`, name: 'models', forkOf: repository });
    const run = github.startRun({
      ...{ repository, workflowName: 'CI', path: 'ci.yml', event: 'pull_request', headBranch: 'x', headSha: sha('x') },
      headRepository: fork,
    });
    expect(github.startJob(run, { name: 'a', permissions: WRITE }).idTokenUrl).toBeUndefined();
  });
});
