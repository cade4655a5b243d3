import { createHash } from 'node:crypto';
import { GitHubError } from './errors.js';
import type { Fields } from './fields.js';
import type { ObjectStore } from './objects/store.js';
import type { CausedEvent, Conclusion, Job, PendingReview, Permissions, PullRequest, Repository, Run } from './types.js';

/** Who sends a request. */
export type Actor =
  | { readonly kind: 'job'; readonly job: JobRecord }
  | { readonly kind: 'person'; readonly login: string }
  | { readonly kind: 'anonymous' };

export interface RepositoryRecord {
  readonly repository: Repository;
  readonly private: boolean;
  readonly forkOf: Repository | undefined;
  readonly createdAt: number;
  /** Issues and pull requests share their numbers. */
  lastNumber: number;
  readonly objects: ObjectStore;
  /** A setting: releases that are published while it is on are frozen. */
  immutableReleases: boolean;
  /** The release that was last marked as the latest. */
  latestRelease: number | undefined;
  /** Names of tags that immutable releases had, which nobody may use again. */
  readonly reservedTags: Set<string>;
}

export interface AssetRecord {
  readonly id: number;
  name: string;
  label: string;
  /** `starter` is what an upload that broke off leaves. */
  readonly state: 'uploaded' | 'starter';
  readonly contentType: string;
  readonly size: number;
  /** `sha256:<hex>`; null of a starter. */
  readonly digest: string | null;
  readonly blob: string;
  readonly uploader: string;
  downloads: number;
  readonly createdAt: number;
  updatedAt: number;
}

export interface ReleaseRecord {
  readonly id: number;
  readonly repository: Repository;
  tag: string;
  target: string;
  name: string | null;
  body: string | null;
  draft: boolean;
  prerelease: boolean;
  immutable: boolean;
  readonly author: string;
  /** Of the commit, once there is one. */
  createdAt: number;
  updatedAt: number;
  publishedAt: number | undefined;
  /** Names a draft's page. */
  readonly untagged: string;
  assets: readonly AssetRecord[];
}

export interface PullRequestRecord {
  current: PullRequest;
  readonly id: number;
  state: 'open' | 'closed';
  mergedAt: number | undefined;
  closedAt: number | undefined;
  readonly createdAt: number;
  updatedAt: number;
}

export interface RunRecord {
  current: Run;
  readonly ref: string;
  /** A fork's run caused it. */
  readonly lowTrust: boolean;
  /** `pending` while a concurrency group keeps it waiting. */
  status: 'pending' | 'in_progress' | 'completed';
  conclusion: Conclusion | undefined;
  readonly createdAt: number;
  startedAt: number;
  updatedAt: number;
}

export interface JobRecord {
  readonly job: Job;
  readonly permissions: Permissions;
  /** The file that defines the job, such as `acme/workflows/.github/workflows/cd.yml@refs/tags/v1`. */
  readonly workflowRef: string | undefined;
  conclusion: Conclusion | undefined;
  readonly startedAt: number;
  completedAt: number | undefined;
}

export interface EnvironmentRecord {
  readonly id: number;
  readonly repository: Repository;
  readonly name: string;
  /** Logins of people, any one of whom lets a job start; nobody has to where there are none. */
  readonly reviewers: readonly string[];
  readonly preventSelfReview: boolean;
  readonly secrets: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A job that a reviewer has to let start. */
export interface WaitingJob {
  readonly id: number;
  readonly run: Run;
  readonly name: string;
  readonly environment: EnvironmentRecord;
  readonly since: number;
  readonly decide: (outcome: 'approved' | 'rejected') => void;
}

export interface CommentRecord {
  readonly id: number;
  readonly repository: Repository;
  readonly issue: number;
  body: string;
  readonly login: string;
  readonly byApp: boolean;
  readonly createdAt: number;
  updatedAt: number;
}

export interface IssueRecord {
  readonly id: number;
  readonly repository: Repository;
  readonly number: number;
  title: string;
  body: string | null;
  labels: readonly string[];
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'duplicate' | 'reopened' | null;
  readonly login: string;
  readonly byApp: boolean;
  closedBy: string | undefined;
  closedAt: number | undefined;
  readonly createdAt: number;
  updatedAt: number;
}

export interface CheckRunRecord {
  readonly id: number;
  readonly repository: Repository;
  readonly headSha: string;
  name: string;
  externalId: string;
  detailsUrl: string | undefined;
  status: string;
  conclusion: string | null;
  startedAt: string;
  completedAt: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: readonly Fields[];
}

export interface StatusRecord {
  readonly id: number;
  readonly repository: Repository;
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
  readonly createdAt: number;
}

export interface ArtifactRecord {
  readonly id: number;
  readonly job: JobRecord;
  readonly run: Run;
  readonly name: string;
  readonly mimeType: string;
  readonly blob: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Set when the upload is finished; only then is it listed. */
  finished: { readonly size: number; readonly digest: string; readonly at: number } | undefined;
}

export interface CacheRecord {
  readonly id: number;
  readonly repository: Repository;
  readonly key: string;
  readonly version: string;
  readonly scope: string;
  readonly blob: string;
  readonly createdAt: number;
  usedAt: number;
  /** Bytes; undefined until the upload is finished. */
  size: number | undefined;
}

export interface DeploymentStatusRecord {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly logUrl: string;
  readonly environmentUrl: string;
  readonly creator: string;
  readonly createdAt: number;
}

export interface DeploymentRecord {
  readonly id: number;
  readonly repository: Repository;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly payload: Fields | string;
  readonly environment: string;
  readonly description: string | null;
  readonly creator: string;
  readonly transient: boolean;
  readonly production: boolean;
  readonly createdAt: number;
  /** Oldest first. */
  readonly statuses: DeploymentStatusRecord[];
}

export interface AttestationRecord {
  readonly id: number;
  readonly repository: Repository;
  /** Sigstore's. */
  readonly bundle: Fields;
  /** `sha256:<hex>` of what it is about. */
  readonly digests: readonly string[];
  readonly initiator: string;
}

/** The kinds of thing with an id, each from a number of its own, so that an id of one kind is none of another. */
const FIRST_ID = {
  repository: 900_000_001,
  pullRequest: 2_500_000_001,
  run: 17_000_000_001,
  // A job's check run has the job's id, as on GitHub, so both count together.
  job: 49_000_000_001,
  comment: 3_200_000_001,
  issue: 3_600_000_001,
  status: 36_000_000_001,
  artifact: 4_400_000_001,
  cache: 7_000_001,
  release: 290_000_001,
  asset: 350_000_001,
  environment: 8_100_000_001,
  deployment: 2_900_000_001,
  deploymentStatus: 4_100_000_001,
  attestation: 5_000_001,
} as const;

/** What a job's token may start workflows with, although nothing else that it does starts any. */
const DISPATCHES = new Set(['workflow_dispatch', 'repository_dispatch']);

/** What is known of an event beside who did what where. */
type EventDetails = Pick<CausedEvent, 'ref' | 'payload'>;

/** Everything that this GitHub knows. Lists are in the order in which things came to be. */
export class State {
  readonly repositories: RepositoryRecord[] = [];
  readonly pullRequests: PullRequestRecord[] = [];
  readonly runs: RunRecord[] = [];
  readonly jobs: JobRecord[] = [];
  readonly comments: CommentRecord[] = [];
  readonly issues: IssueRecord[] = [];
  readonly checkRuns: CheckRunRecord[] = [];
  readonly statuses: StatusRecord[] = [];
  artifacts: ArtifactRecord[] = [];
  caches: CacheRecord[] = [];
  releases: ReleaseRecord[] = [];
  readonly environments: EnvironmentRecord[] = [];
  readonly waitingJobs: WaitingJob[] = [];
  deployments: DeploymentRecord[] = [];
  readonly attestations: AttestationRecord[] = [];
  readonly events: CausedEvent[] = [];
  clockOffset = 0;
  /** Told of what should start workflows. */
  readonly listeners = new Set<(event: CausedEvent) => void>();
  /** Told of jobs that wait for a reviewer. */
  readonly waitingListeners = new Set<(job: PendingReview) => void>();
  readonly #ids = new Map<string, number>();

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.clockOffset;
  }

  nextId(kind: keyof typeof FIRST_ID): number {
    const id = this.#ids.get(kind) ?? FIRST_ID[kind];
    this.#ids.set(kind, id + 1);
    return id;
  }

  repository(owner: string, name: string): RepositoryRecord | undefined {
    const wanted = `${owner}/${name}`.toLowerCase();
    return this.repositories.find((record) => record.repository.fullName.toLowerCase() === wanted);
  }

  recordOf(repository: Repository): RepositoryRecord {
    const found = this.repositories.find((record) => record.repository.id === repository.id);
    if (found === undefined) throw new Error(`this GitHub has no repository ${repository.fullName}`);
    return found;
  }

  pullRequest(repository: Repository, number: number): PullRequestRecord | undefined {
    return this.pullRequests.find(
      (record) => record.current.base.repository.id === repository.id && record.current.number === number,
    );
  }

  issue(repository: Repository, number: number): IssueRecord | undefined {
    return this.issues.find((record) => record.repository.id === repository.id && record.number === number);
  }

  run(id: number): RunRecord {
    const found = this.runs.find((record) => record.current.id === id);
    if (found === undefined) throw new Error(`this GitHub has no run ${id}`);
    return found;
  }

  /** Records what happened; what a person did may start workflows, what a job's token did may not, except dispatches. */
  raise(name: string, action: string | undefined, repository: Repository, actor: Actor, details: EventDetails = {}): void {
    const event: CausedEvent = {
      name,
      action,
      repository: repository.fullName,
      actor: loginOf(actor),
      startsWorkflows: actor.kind === 'person' || DISPATCHES.has(name),
      ...details,
    };
    this.events.push(event);
    if (event.startsWorkflows) for (const listener of this.listeners) listener(event);
  }
}

export const APP_LOGIN = 'github-actions[bot]';

export function loginOf(actor: Actor): string {
  if (actor.kind === 'anonymous') throw new GitHubError(401, 'Requires authentication');
  return actor.kind === 'job' ? APP_LOGIN : actor.login;
}

/** What the API says of a run's status: `waiting` while all that is left of it waits for reviewers. */
export function statusOf(state: State, { current, status }: RunRecord): RunRecord['status'] | 'waiting' {
  if (status !== 'in_progress' || !state.waitingJobs.some((job) => job.run.id === current.id)) return status;
  const active = state.jobs.some(({ job, completedAt }) => job.run.id === current.id && completedAt === undefined);
  return active ? status : 'waiting';
}

/** Whether a run brings in code of another repository. */
export function isForkRun(run: Run): boolean {
  return run.headRepository.id !== run.repository.id;
}

/** GitHub's time stamps: ISO 8601 in UTC, without fractions. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A whole number below 2^31 that is always the same for the same text; for ids that nothing else gives out. */
export function stableNumber(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) >>> 1;
}

/** The opaque id that GitHub gives a thing beside its number. */
export function nodeId(kind: string, id: number): string {
  return Buffer.from(`${kind}${id}`).toString('base64url');
}
