import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../../shared/bundle/manifest.js';
import { type Bundle, readBundle } from '../../../shared/bundle/read.js';
import { writeBundle } from '../../../shared/bundle/write.js';
import { createClient } from '../../../shared/github/client.js';
import type { CandidateSource } from '../../../shared/registry/candidate.js';
import { type Registration, type RegistrationRequest, registerVersion } from '../../../shared/registry/register.js';
import { Registry } from '../../../shared/registry/registry.js';
import { modelBom } from '../../../shared/report/bom.js';
import { renderModelCard } from '../../../shared/report/model-card.js';
import { startLocalGitHub } from '../../github/local-github.js';
import { sha } from '../../github/scene.js';
import type { LocalGitHubOptions, Permissions, Repository, Run } from '../../github/types.js';

export const MODEL = 'churn';
export const WRITE: Permissions = { contents: 'write', actions: 'read' };
export const READ: Permissions = { contents: 'read', actions: 'read' };

export interface SceneOptions {
  readonly github?: LocalGitHubOptions;
  readonly immutableReleases?: boolean;
  readonly private?: boolean;
  /** A real git repository instead of one in memory. */
  readonly git?: boolean;
}

/** A repository on a local GitHub with a running push to main, and jobs that work on its registry. */
export async function openRegistry(options: SceneOptions = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'registry-'));
  const github = await startLocalGitHub(options.github);
  process.env.GITHUB_API_URL ??= github.apiUrl;
  const gitDirectory = options.git ? makeGitRepository(join(directory, 'git')) : undefined;
  const repository = github.createRepository({
    ...{ owner: 'acme', name: 'models', immutableReleases: options.immutableReleases ?? false },
    private: options.private ?? false,
    ...(gitDirectory !== undefined && { gitDirectory }),
  });
  const head = gitDirectory === undefined ? sha('main') : git(gitDirectory, 'rev-parse', 'HEAD');
  const log: string[] = [];
  let made = 0;
  const startRun = (changes: { event?: string; branch?: string; head?: Repository } = {}): Run =>
    github.startRun({
      ...{ repository, workflowName: 'CD', path: 'cd.yml', event: changes.event ?? 'push', headSha: head, actor: 'ann' },
      ...{ headBranch: changes.branch ?? 'main', headRepository: changes.head ?? repository },
    });
  const run = startRun();

  /** A job's access, as `connectCandidates` gives it. */
  async function source(permissions: Permissions = WRITE, of: Run = run): Promise<CandidateSource> {
    const { token } = github.startJob(of, { name: `job ${++made}`, permissions });
    return {
      client: await createClient({ token, apiUrl: github.apiUrl, log: (line) => log.push(line), retryAfterBase: 2 }),
      repository: { owner: 'acme', repo: 'models' },
      log: (line) => log.push(line),
      artifacts: { available: false, upload: unexpected, download: unexpected },
      token,
      directory: join(directory, `job-${made}`),
      ownRunId: of.id,
    };
  }
  const registry = async (permissions: Permissions = WRITE, of: Run = run) =>
    new Registry(await source(permissions, of), MODEL);

  async function bundle(model: string, changes: Partial<Manifest> = {}, metrics = METRICS): Promise<Bundle> {
    const folder = join(directory, `bundle-${++made}`);
    await makeBundle(folder, model, { commit: head, ...changes }, metrics);
    return readBundle(folder, folder);
  }

  function request(of: Bundle, changes: Partial<RegistrationRequest> = {}): RegistrationRequest {
    return {
      ...{ directory: of.directory, manifest: of.manifest, version: 'auto', storage: { kind: 'release' }, publish: [] },
      ...{ source: head, actor: 'ann', run: { id: run.id, attempt: run.attempt } },
      workDirectory: join(directory, `work-${++made}`),
      texts: { card: renderModelCard(of.manifest, of.metrics, {}), bom: JSON.stringify(modelBom(of.manifest)) },
      notes: (version) => `Version ${version}`,
      ...changes,
    };
  }

  return {
    ...{ github, repository, directory, gitDirectory, head, run, log, startRun, source, registry, bundle, request },
    /** Registers a model by its text, in a job of its own. */
    async register(model: string, changes: Partial<RegistrationRequest> = {}): Promise<Registration> {
      return registerVersion(await registry(), request(await bundle(model), changes));
    },
    releases: () => github.releases(repository),
    tags: async () =>
      (await github.refs(repository))
        .map(({ name }) => name)
        .filter((name) => name.startsWith('refs/tags/'))
        .map((name) => name.slice('refs/tags/'.length)),
    async close(): Promise<void> {
      await github.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type RegistryScene = Awaited<ReturnType<typeof openRegistry>>;

const unexpected = (): Promise<never> => Promise.reject(new Error('no artifact is expected here'));

export function git(directory: string, ...args: string[]): string {
  return execFileSync('git', ['-C', directory, '-c', 'user.name=ann', '-c', 'user.email=ann@example.org', ...args], {
    encoding: 'utf8',
  }).trim();
}

function makeGitRepository(directory: string): string {
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', directory]);
  git(directory, 'commit', '--quiet', '--allow-empty', '--message=The source commit');
  return directory;
}

export const METRICS: Readonly<Record<string, number | null>> = { auc: 0.75, log_loss: 0.5 };

const MANIFEST: Omit<Manifest, 'digest' | 'files'> = {
  format: 1,
  name: MODEL,
  task: 'binary',
  signature: {
    inputs: [{ name: 'age', column: 'integer', tensor: 'int64' }],
    outputs: [{ name: 'label', tensor: 'string', shape: ['N'] }],
  },
  classes: ['no', 'yes'],
  target: { column: 'churned', positive: 'yes' },
  algorithm: 'gbdt',
  params: { num_leaves: 31 },
  features: { features: [{ name: 'age', kind: 'numeric', from: 'age' }] },
  seed: 42,
  threshold: 0.5,
  data: { digest: `sha256:${'0'.repeat(64)}`, rows: 10, schema: [{ name: 'age', type: 'integer' }] },
  split: {
    by: 'hash',
    columns: ['age'],
    shares: { validation: 0.1, calibration: 0, test: 0.2 },
    cuts: { '*': { test: 0.2, validation: 0.3, calibration: 0.3 } },
  },
  training: {
    rows: { train: 7, validation: 1, calibration: 0, test: 2 },
    seconds: 1.5,
    iterations: 10,
    finishedAt: '2026-01-01T00:00:00.000Z',
  },
  tool: { name: 'mlops-actions', version: '1.0.0' },
};

/** A bundle whose graph is any text: the registry never runs it. */
export function makeBundle(
  directory: string,
  model: string,
  changes: Partial<Manifest> = {},
  metrics: Readonly<Record<string, number | null>> = METRICS,
): Promise<Manifest> {
  return writeBundle(directory, {
    manifest: { ...MANIFEST, ...changes },
    // Without any text there is no model, as where a command leaves predictions alone.
    ...(model !== '' && { model: Buffer.from(model) }),
    metrics,
    importance: [{ feature: 'age', importance: 1 }],
    writePredictions: (file) => writeFile(file, 'rows of people'),
    render: ({ digest }) => ({ card: `# ${digest}`, bom: '{}' }),
  });
}
