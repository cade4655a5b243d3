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
}

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped' | 'timed_out';

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
  }): Repository;

  openPullRequest(options: {
    title: string;
    user: string;
    head: { ref: string; sha: string; repository: Repository };
    base: { ref: string; sha: string; repository: Repository };
  }): PullRequest;

  /** A push to the pull request's branch. */
  updatePullRequest(pullRequest: PullRequest, sha: string): PullRequest;

  /** A new run of a workflow, `in_progress`. */
  startRun(options: {
    repository: Repository;
    workflowName: string;
    path: string;
    event: string;
    headBranch: string;
    headSha: string;
    headRepository?: Repository;
    actor?: string;
  }): Run;

  completeRun(run: Run, conclusion: Conclusion): void;

  /**
   * A new job of a run. A run whose head repository is a fork gets read permissions at most, whatever is asked for
   * (`pull_request`), as on GitHub.
   */
  startJob(run: Run, options: { name: string; permissions: Permissions }): Job;

  completeJob(job: Job, conclusion: Conclusion): void;

  /** A token of a person, with every permission; for what tests do by hand, such as planting a comment. */
  personToken(login: string): string;

  close(): Promise<void>;
}
