/**
 * What a local GitHub is to those who drive it: the workflow runner, `npm start` and the tests. Everything else talks
 * to it over HTTP, as to the real one.
 */

/** `read`, `write` or `none` a scope, as `permissions:` of a workflow writes them (`pull-requests`, `contents`, ...). */
export type Permissions = { readonly [scope: string]: 'read' | 'write' | 'none' };

export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly fullName: string;
  readonly defaultBranch: string;
  /** A bare or ordinary git repository on disk, where it has one: the commits that refs and pull requests name. */
  readonly gitDirectory?: string;
}

export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly head: { readonly ref: string; readonly sha: string; readonly repository: Repository };
  readonly base: { readonly ref: string; readonly sha: string; readonly repository: Repository };
  readonly user: string;
}

export interface Run {
  readonly id: number;
  readonly number: number;
  readonly attempt: number;
  readonly repository: Repository;
  /** `name:` of the workflow, and its file in the repository. */
  readonly workflowName: string;
  readonly path: string;
  readonly event: string;
  readonly headBranch: string;
  readonly headSha: string;
  readonly headRepository: Repository;
  readonly actor: string;
}

/** A job with the credentials that its steps get. */
export interface Job {
  readonly id: number;
  readonly run: Run;
  readonly name: string;
  /** `github.token`: bound to this job's permissions; dead once the job is complete. */
  readonly token: string;
  /** `ACTIONS_RUNTIME_TOKEN`: a JWT for the artifact and cache services. */
  readonly runtimeToken: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_URL`, of a job that was granted `id-token: write`; its token is the runtime token. */
  readonly idTokenUrl?: string;
}

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out';

/** An environment as its settings have it; what is not told stays as it was. */
export interface EnvironmentOptions {
  readonly name: string;
  /** Logins of the people any one of whom has to let a job start. */
  readonly reviewers?: readonly string[];
  readonly preventSelfReview?: boolean;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A job that waits for a reviewer. */
export interface PendingReview {
  readonly run: Run;
  readonly job: string;
  readonly environment: string;
}

/** What became of a job that names an environment, and what it gets there. */
export interface EnvironmentEntry {
  readonly outcome: 'approved' | 'rejected' | 'cancelled';
  readonly secrets: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** Tells GitHub how the job ended, for the deployment that it keeps of it. */
  readonly finish: (conclusion: Conclusion, url: string) => void;
}

export interface LocalGitHub {
  /** `GITHUB_API_URL`. */
  readonly apiUrl: string;
  /** `ACTIONS_RESULTS_URL`, with a trailing slash. */
  readonly resultsUrl: string;

  createRepository(options: {
    owner: string;
    name: string;
    defaultBranch?: string;
    gitDirectory?: string;
    /** The repository that this one is a fork of. */
    forkOf?: Repository;
    /** Public unless told. Others do not see a private one at all, and its reads need scopes too. */
    private?: boolean;
    /** The setting that freezes releases when they are published; off unless told. */
    immutableReleases?: boolean;
  }): Repository;

  openPullRequest(options: {
    title: string;
    user: string;
    head: { ref: string; sha: string; repository: Repository };
    base: { ref: string; sha: string; repository: Repository };
  }): PullRequest;

  /** A push to the pull request's branch. */
  updatePullRequest(pullRequest: PullRequest, sha: string): PullRequest;

  closePullRequest(pullRequest: PullRequest, options?: { merged?: boolean }): void;

  /** A new run of a workflow, `in_progress` unless it is told to be `pending`. */
  startRun(options: {
    repository: Repository;
    workflowName: string;
    path: string;
    event: string;
    headBranch: string;
    headSha: string;
    headRepository?: Repository;
    actor?: string;
    /**
     * `GITHUB_REF`, which decides what of the cache the run sees. Unless told: `refs/pull/N/merge` of the open pull
     * request with this head for `pull_request`, the default branch for `pull_request_target`, else the head branch.
     */
    ref?: string;
    /** A fork's run caused it (`workflow_run`): it may read the cache, and write nothing into it. */
    lowTrust?: boolean;
    /** It waits for its concurrency group; `beginRun` ends that. */
    pending?: boolean;
  }): Run;

  /** Makes a pending run `in_progress`. */
  beginRun(run: Run): void;

  /** A run as the REST API shows it now: `workflow_run` in the payload of the event of that name. */
  describeRun(run: Run): Readonly<Record<string, unknown>>;

  /**
   * Calls a listener for whatever should start workflows from now on: what people do, and dispatches, never anything
   * else that a job's token did.
   * @returns ends it.
   */
  onEvent(listener: (event: CausedEvent) => void): () => void;

  /** The next attempt of a completed run: same id, `in_progress` again. */
  rerun(run: Run): Run;

  /** Jobs that are still running are cancelled with it. */
  completeRun(run: Run, conclusion: Conclusion): void;

  /**
   * A new job of a run. A run whose head repository is a fork gets read permissions at most, whatever is asked for
   * (`pull_request`), as on GitHub.
   */
  startJob(
    run: Run,
    options: {
      name: string;
      permissions: Permissions;
      /** The file that defines the job, where a called workflow does; it stands in the job's identity. */
      workflowRef?: string;
    },
  ): Job;

  completeJob(job: Job, conclusion: Conclusion): void;

  /** Makes an environment, or changes it. One that a job names comes to be by itself, without rules. */
  setEnvironment(repository: Repository, options: EnvironmentOptions): void;

  /**
   * A job that names an environment: waits for a reviewer, where one is required, or for the signal. Then GitHub itself keeps a
   * deployment of it, unless the job says that it does not want one.
   */
  enterEnvironment(
    run: Run,
    options: {
      readonly job: string;
      readonly environment: string;
      readonly deployment: boolean;
      readonly signal: AbortSignal;
    },
  ): Promise<EnvironmentEntry>;

  /** Calls a listener for every job that begins to wait for a reviewer. @returns ends it */
  onPendingReview(listener: (job: PendingReview) => void): () => void;

  /** What a required reviewer decides, as with the button of the run's page. @throws when nobody waits, or they may not */
  review(job: PendingReview, outcome: 'approved' | 'rejected', by: string): void;

  /** A token of a person, with every permission; for what tests do by hand, such as planting a comment. */
  personToken(login: string): string;

  close(): Promise<void>;
}

/** Something that goes wrong on purpose. The first fault that matches a request, and has times left, is used. */
export interface Fault {
  /** `path` is held against path and query, as sent; REST, artifact, cache and blob requests alike. */
  readonly match: { readonly method?: string; readonly path: RegExp };
  /** How many requests it meets; 1 unless told. */
  readonly times?: number;
  /**
   * `status`: that answer, and nothing is done. `rate-limit`: 429 (or `status: 403`) with `Retry-After`. `drop`: the
   * connection is cut before anything is done. `drop-after`: it is cut after everything was done. `slow`: done late.
   */
  readonly kind: 'status' | 'rate-limit' | 'drop' | 'drop-after' | 'slow';
  /** Of `status` (502 unless told) and `rate-limit` (429 unless told). */
  readonly status?: number;
  readonly message?: string;
  /** Seconds, of `rate-limit`; 1 unless told. */
  readonly retryAfter?: number;
  /** Of `slow`; 250 unless told, at most `maxDelayMs` of the server. */
  readonly delayMs?: number;
}

export interface LoggedRequest {
  readonly method: string;
  /** Path and query as sent; signatures of blob addresses are left out. */
  readonly path: string;
  /** Of the answer; 0 where the connection was cut. */
  readonly status: number;
  /** A login, `job <name>`, or `anonymous`. */
  readonly by: string;
  readonly fault?: Fault['kind'];
}

/**
 * Where a request is not what GitHub's OpenAPI description says (then it was answered with 422), or an answer is not, or
 * the server failed (then `close` throws).
 */
export interface Violation {
  readonly side: 'request' | 'response';
  /** Such as `POST /repos/{owner}/{repo}/check-runs`; of an answer, the path as sent. */
  readonly operation: string;
  readonly problems: readonly string[];
}

/** What GitHub would raise as a webhook and, unless the default token of a job caused it, start workflows on. */
export interface CausedEvent {
  /** Such as `issue_comment`, `check_run`, `status`, `create`, `push`, `delete`, `release` or `workflow_dispatch`. */
  readonly name: string;
  readonly action: string | undefined;
  readonly repository: string;
  readonly actor: string;
  /** False for everything that a job's token does, but for `workflow_dispatch` and `repository_dispatch`. */
  readonly startsWorkflows: boolean;
  /** In full, where the event has one: `refs/tags/v1`. */
  readonly ref?: string;
  /** What the event's webhook says beside repository and sender, where that is known. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

interface Comment {
  readonly id: number;
  readonly body: string;
  /** `github-actions[bot]` for a job's token. */
  readonly author: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly url: string;
}

interface Issue {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly state: 'open' | 'closed';
  readonly stateReason: string | null;
  /** `github-actions[bot]` for a job's token. */
  readonly author: string;
  readonly url: string;
}

interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly headSha: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly title: string | null;
  readonly summary: string | null;
  readonly text: string | null;
  readonly annotations: readonly Readonly<Record<string, unknown>>[];
  readonly url: string;
}

interface CommitStatus {
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
}

interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly runId: number;
  readonly jobName: string;
  readonly mimeType: string;
  /** `sha256:<hex>` of the bytes. */
  readonly digest: string;
  readonly bytes: Buffer;
  readonly expiresAt: string;
}

interface CacheEntry {
  readonly key: string;
  readonly version: string;
  /** The ref that it belongs to. */
  readonly scope: string;
  readonly size: number;
}

interface Release {
  readonly id: number;
  readonly tag: string;
  readonly target: string;
  readonly name: string | null;
  readonly body: string | null;
  readonly draft: boolean;
  readonly prerelease: boolean;
  readonly immutable: boolean;
  readonly author: string;
  /** Whether it was marked as the latest one. */
  readonly latest: boolean;
  readonly assets: readonly ReleaseAsset[];
}

interface Deployment {
  readonly id: number;
  readonly ref: string;
  readonly sha: string;
  readonly task: string;
  readonly environment: string;
  readonly payload: unknown;
  readonly description: string | null;
  /** Oldest first; the last one's state is the deployment's. */
  readonly statuses: readonly {
    readonly state: string;
    readonly description: string;
    readonly logUrl: string;
    readonly environmentUrl: string;
  }[];
}

interface ReleaseAsset {
  readonly id: number;
  readonly name: string;
  readonly label: string;
  /** `starter` is what a failed upload leaves. */
  readonly state: 'uploaded' | 'starter';
  readonly contentType: string;
  /** `sha256:<hex>`; null of a starter. */
  readonly digest: string | null;
  readonly bytes: Buffer;
  readonly downloads: number;
}

interface Attestation {
  readonly id: number;
  /** `sha256:<hex>` of what it is about. */
  readonly digests: readonly string[];
  /** Sigstore's. */
  readonly bundle: Readonly<Record<string, unknown>>;
}

/** What tests look at and steer from inside, beside the HTTP interface. */
export interface LocalGitHubInspection {
  /** Of an issue or pull request, oldest first. */
  comments(repository: Repository, number: number): readonly Comment[];
  /** Without pull requests, oldest first. */
  issues(repository: Repository): readonly Issue[];
  /** Those created through the REST API (a job's own check run is not among them), oldest first. */
  checkRuns(repository: Repository, headSha?: string): readonly CheckRun[];
  /** Newest first. */
  statuses(repository: Repository, sha: string): readonly CommitStatus[];
  /** Finished uploads that were not deleted, oldest first. */
  artifacts(repository: Repository, runId?: number): readonly Artifact[];
  cacheEntries(repository: Repository): readonly CacheEntry[];
  pullRequest(repository: Repository, number: number): PullRequest;
  /** Drafts too, oldest first. */
  releases(repository: Repository): readonly Release[];
  /** Oldest first. */
  deployments(repository: Repository): readonly Deployment[];
  /** Oldest first. */
  attestations(repository: Repository): readonly Attestation[];
  /** Every branch and tag in full (`refs/tags/v1`), with the object that it names directly, in the order of the names. */
  refs(repository: Repository): Promise<readonly { readonly name: string; readonly sha: string }[]>;
  readonly requests: readonly LoggedRequest[];
  readonly violations: readonly Violation[];
  readonly events: readonly CausedEvent[];
  inject(fault: Fault): void;
  /** Sets the server's clock forward: for expiry of artifacts and signed addresses, and rate limits. */
  advanceClock(milliseconds: number): void;
}

export interface LocalGitHubOptions {
  readonly faults?: readonly Fault[];
  /** The longest that a `slow` fault waits; 5,000 unless told. */
  readonly maxDelayMs?: number;
  /**
   * Whether requests and answers of the REST API are held against GitHub's OpenAPI description; true unless told.
   * Costs about 0.3 s and 70 MB once a process, at the first REST request, and 0.05 to 0.2 s at the first of each kind.
   */
  readonly checkOpenApi?: boolean;
  /** Called for what should start workflows: never for what a job's token did. */
  readonly onEvent?: (event: CausedEvent) => void;
}
