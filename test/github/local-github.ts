import { enterEnvironment, environmentOf, reviewDeployments, setEnvironment } from './environments.js';
import { Faults } from './faults.js';
import { knownHeads } from './heads.js';
import { GitStore } from './objects/git-store.js';
import { MemoryStore } from './objects/memory-store.js';
import { Oidc } from './oidc.js';
import { loadOpenApi } from './openapi.js';
import { grantedPermissions } from './permissions.js';
import { RestApi } from './rest/api.js';
import { checkRunUrl } from './rest/checks.js';
import { commentUrl } from './rest/comments.js';
import { issueUrl } from './rest/issues.js';
import { workflowRun } from './rest/runs.js';
import { artifactService } from './results/artifacts.js';
import { Blobs } from './results/blobs.js';
import { cacheService } from './results/cache.js';
import { listen } from './server.js';
import { type RunRecord, State, timestamp } from './state.js';
import { Tokens } from './tokens.js';
import type {
  Conclusion,
  Job,
  LocalGitHub,
  LocalGitHubInspection,
  LocalGitHubOptions,
  LoggedRequest,
  PullRequest,
  Repository,
  Run,
  Violation,
} from './types.js';

/**
 * A GitHub of one's own on 127.0.0.1: REST API, artifact service, cache service and blob store over real HTTP, with
 * everything in memory. `close` throws when an answer of its own was not what GitHub's OpenAPI description says, or when it
 * failed by itself.
 */
export async function startLocalGitHub(options: LocalGitHubOptions = {}): Promise<LocalGitHub & LocalGitHubInspection> {
  const state = new State();
  if (options.onEvent !== undefined) state.listeners.add(options.onEvent);
  const blobs = new Blobs(() => state.now());
  const tokens = new Tokens(state);
  const faults = new Faults();
  for (const fault of options.faults ?? []) faults.inject(fault);
  const requests: LoggedRequest[] = [];
  const violations: Violation[] = [];
  let origin = '';
  const rest = new RestApi({
    ...{ state, tokens, blobs, apiUrl: () => origin, violations },
    openApi: options.checkOpenApi === false ? undefined : loadOpenApi,
  });
  const server = await listen({
    oidc: new Oidc(state, tokens, () => origin),
    ...{ rest, blobs, tokens, faults, maxDelayMs: options.maxDelayMs ?? 5_000, log: requests, violations },
    services: {
      ArtifactService: artifactService(state, blobs, () => origin),
      CacheService: cacheService(state, blobs, () => origin),
    },
  });
  origin = server.origin;

  return {
    apiUrl: origin,
    resultsUrl: `${origin}/`,
    requests,
    violations,
    events: state.events,
    ...driving(state, tokens, () => origin),
    describeRun: (run) => workflowRun({ state, apiUrl: origin }, state.run(run.id)),
    onEvent(listener) {
      state.listeners.add(listener);
      return () => void state.listeners.delete(listener);
    },
    ...inspection(state, blobs),
    inject: (fault) => faults.inject(fault),
    advanceClock(milliseconds) {
      state.clockOffset += milliseconds;
    },
    async close() {
      await server.close();
      const own = violations.filter((violation) => violation.side === 'response');
      if (own.length > 0) {
        const lines = own.map(({ operation, problems }) => `${operation}: ${problems.join('; ')}`);
        throw new Error(`answers of the local GitHub that GitHub would not give:\n${lines.join('\n')}`);
      }
    },
  };
}

type Driving = Omit<LocalGitHub, 'apiUrl' | 'resultsUrl' | 'close' | 'describeRun' | 'onEvent'>;

/** What happens on GitHub without a request: pushes, pull requests, runs and jobs. */
function driving(state: State, tokens: Tokens, origin: () => string): Driving {
  const pullOf = (pullRequest: PullRequest) => {
    const record = state.pullRequest(pullRequest.base.repository, pullRequest.number);
    if (record === undefined) throw new Error(`this GitHub has no pull request ${pullRequest.number}`);
    return record;
  };

  function completeJob(job: Job, conclusion: Conclusion): void {
    const record = state.jobs.find((other) => other.job.id === job.id);
    if (record === undefined) throw new Error(`this GitHub has no job ${job.id}`);
    if (record.completedAt !== undefined) throw new Error(`the job ${job.name} is complete already`);
    record.conclusion = conclusion;
    record.completedAt = state.now();
  }

  return {
    createRepository({ owner, name, defaultBranch = 'main', gitDirectory, forkOf, ...options }) {
      if (state.repository(owner, name) !== undefined) throw new Error(`${owner}/${name} exists already`);
      const repository: Repository = {
        ...{ id: state.nextId('repository'), owner, name, fullName: `${owner}/${name}`, defaultBranch },
        ...(gitDirectory === undefined ? {} : { gitDirectory }),
      };
      state.repositories.push({
        ...{ repository, private: options.private ?? false, forkOf, createdAt: state.now(), lastNumber: 0 },
        objects: gitDirectory === undefined ? new MemoryStore(() => knownHeads(state, repository)) : new GitStore(gitDirectory),
        immutableReleases: options.immutableReleases ?? false,
        ...{ latestRelease: undefined, reservedTags: new Set<string>() },
      });
      return repository;
    },

    openPullRequest({ title, user, head, base }) {
      const record = state.recordOf(base.repository);
      record.lastNumber += 1;
      const current: PullRequest = { number: record.lastNumber, title, head, base, user };
      const now = state.now();
      state.pullRequests.push({
        ...{ current, id: state.nextId('pullRequest'), state: 'open', createdAt: now, updatedAt: now },
        ...{ mergedAt: undefined, closedAt: undefined },
      });
      return current;
    },

    updatePullRequest(pullRequest, sha) {
      const record = pullOf(pullRequest);
      record.current = { ...record.current, head: { ...record.current.head, sha } };
      record.updatedAt = state.now();
      return record.current;
    },

    closePullRequest(pullRequest, { merged = false } = {}) {
      const record = pullOf(pullRequest);
      record.state = 'closed';
      record.closedAt = record.updatedAt = state.now();
      record.mergedAt = merged ? state.now() : undefined;
    },

    startRun({
      repository,
      headRepository = repository,
      actor = repository.owner,
      ref,
      pending = false,
      lowTrust = false,
      ...rest
    }) {
      const number = 1 + state.runs.filter((run) => sameWorkflow(run, repository, rest.path)).length;
      const current: Run = { ...rest, id: state.nextId('run'), number, attempt: 1, repository, headRepository, actor };
      const now = state.now();
      state.runs.push({
        ...{ current, ref: ref ?? refOf(state, current), status: pending ? 'pending' : 'in_progress', conclusion: undefined },
        ...{ createdAt: now, startedAt: now, updatedAt: now, lowTrust },
      });
      return current;
    },

    beginRun(run) {
      const record = state.run(run.id);
      if (record.status !== 'pending') throw new Error(`the run ${run.id} is not pending`);
      record.status = 'in_progress';
      record.startedAt = record.updatedAt = state.now();
    },

    rerun(run) {
      const record = state.run(run.id);
      if (record.status !== 'completed') throw new Error(`the run ${run.id} is not complete`);
      record.current = { ...record.current, attempt: record.current.attempt + 1 };
      record.status = 'in_progress';
      record.conclusion = undefined;
      record.startedAt = record.updatedAt = state.now();
      return record.current;
    },

    completeRun(run, conclusion) {
      const record = state.run(run.id);
      for (const { job, completedAt } of state.jobs) {
        if (job.run.id === run.id && completedAt === undefined) completeJob(job, 'cancelled');
      }
      record.status = 'completed';
      record.conclusion = conclusion;
      record.updatedAt = state.now();
    },

    startJob(run, { name, permissions: asked, workflowRef }) {
      const { current, status } = state.run(run.id);
      if (status === 'completed') throw new Error(`the run ${run.id} is complete already`);
      const id = state.nextId('job');
      const permissions = grantedPermissions(current, asked);
      const job: Job = {
        ...{ id, run: current, name, token: tokens.forJob(), runtimeToken: tokens.runtimeToken(current, id) },
        ...(permissions['id-token'] === 'write' && { idTokenUrl: `${origin()}/oidc/token?job=${id}` }),
      };
      state.jobs.push({ job, permissions, workflowRef, conclusion: undefined, startedAt: state.now(), completedAt: undefined });
      return job;
    },

    completeJob,
    setEnvironment: (repository, options) => void setEnvironment(state, repository, options),
    enterEnvironment: (run, options) => enterEnvironment(state, run, options),
    onPendingReview(listener) {
      state.waitingListeners.add(listener);
      return () => void state.waitingListeners.delete(listener);
    },
    review({ run, environment }, outcome, by) {
      const id = environmentOf(state, run.repository, environment)?.id;
      reviewDeployments(state, run, { ids: id === undefined ? [] : [id], outcome, by });
    },
    personToken: (login) => tokens.forPerson(login),
  };
}

function sameWorkflow(run: RunRecord, repository: Repository, path: string): boolean {
  return run.current.repository.id === repository.id && run.current.path === path;
}

/** `GITHUB_REF` of a run that nobody told it. */
function refOf(state: State, run: Run): string {
  if (run.event === 'pull_request') {
    const pullRequest = state.pullRequests.findLast(
      ({ current }) =>
        current.base.repository.id === run.repository.id &&
        current.head.repository.id === run.headRepository.id &&
        current.head.ref === run.headBranch,
    );
    if (pullRequest !== undefined) return `refs/pull/${pullRequest.current.number}/merge`;
  }
  const branch = run.event === 'pull_request_target' ? run.repository.defaultBranch : run.headBranch;
  return `refs/heads/${branch}`;
}

type Inspection = Omit<LocalGitHubInspection, 'requests' | 'violations' | 'events' | 'inject' | 'advanceClock'>;

function inspection(state: State, blobs: Blobs): Inspection {
  return {
    comments: (repository, number) =>
      state.comments
        .filter((comment) => comment.repository.id === repository.id && comment.issue === number)
        .map((comment) => ({
          id: comment.id,
          body: comment.body,
          author: comment.login,
          createdAt: timestamp(comment.createdAt),
          updatedAt: timestamp(comment.updatedAt),
          url: commentUrl(comment, state.issue(repository, number) ? 'issues' : 'pull'),
        })),

    issues: (repository) =>
      state.issues
        .filter((issue) => issue.repository.id === repository.id)
        .map((issue) => ({
          ...{ number: issue.number, title: issue.title, body: issue.body ?? '', labels: issue.labels, state: issue.state },
          ...{ stateReason: issue.stateReason, author: issue.login, url: issueUrl(issue) },
        })),

    checkRuns: (repository, headSha) =>
      state.checkRuns
        .filter((check) => check.repository.id === repository.id && check.headSha === (headSha ?? check.headSha))
        .map((check) => ({
          ...{ id: check.id, name: check.name, headSha: check.headSha, status: check.status, conclusion: check.conclusion },
          ...{ title: check.title, summary: check.summary, text: check.text, annotations: check.annotations },
          url: checkRunUrl(check),
        })),

    statuses: (repository, sha) =>
      state.statuses
        .filter((status) => status.repository.id === repository.id && status.sha === sha)
        .map(({ context, state: value, description, targetUrl }) => ({ sha, context, state: value, description, targetUrl }))
        .toReversed(),

    artifacts: (repository, runId) =>
      state.artifacts
        .filter(({ run }) => run.repository.id === repository.id && run.id === (runId ?? run.id))
        .flatMap(({ finished, blob, ...artifact }) => {
          const bytes = blobs.content(blob);
          if (finished === undefined || bytes === undefined) return [];
          return [
            {
              ...{ id: artifact.id, name: artifact.name, runId: artifact.run.id, jobName: artifact.job.job.name },
              ...{ mimeType: artifact.mimeType, digest: finished.digest, bytes },
              expiresAt: timestamp(artifact.expiresAt),
            },
          ];
        }),

    cacheEntries: (repository) =>
      state.caches
        .filter((entry) => entry.repository.id === repository.id)
        .flatMap(({ key, version, scope, size }) => (size === undefined ? [] : [{ key, version, scope, size }])),

    releases: (repository) =>
      state.releases
        .filter((release) => release.repository.id === repository.id)
        .map(({ id, tag, target, name, body, draft, prerelease, immutable, author, assets }) => ({
          ...{ id, tag, target, name, body, draft, prerelease, immutable, author },
          latest: state.recordOf(repository).latestRelease === id,
          assets: assets.map(({ blob, ...asset }) => ({
            ...{ id: asset.id, name: asset.name, label: asset.label, state: asset.state, contentType: asset.contentType },
            ...{ digest: asset.digest, bytes: blobs.content(blob) ?? Buffer.alloc(0), downloads: asset.downloads },
          })),
        })),

    deployments: (repository) =>
      state.deployments
        .filter((deployment) => deployment.repository.id === repository.id)
        .map(({ id, ref, sha, task, environment, payload, description, statuses }) => ({
          ...{ id, ref, sha, task, environment, payload, description },
          statuses: statuses.map(({ state: value, description: text, logUrl, environmentUrl }) => ({
            ...{ state: value, description: text, logUrl, environmentUrl },
          })),
        })),

    attestations: (repository) =>
      state.attestations
        .filter((attestation) => attestation.repository.id === repository.id)
        .map(({ id, digests, bundle }) => ({ id, digests, bundle })),

    refs: async (repository) => (await state.recordOf(repository).objects.refs()).map(({ name, sha }) => ({ name, sha })),

    pullRequest(repository, number) {
      const record = state.pullRequest(repository, number);
      if (record === undefined) throw new Error(`${repository.fullName} has no pull request ${number}`);
      return record.current;
    },
  };
}
