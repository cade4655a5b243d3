import { ROOT } from '../docs/action-files.js';
import { startLocalGitHub } from '../github/local-github.js';
import type { LocalGitHub, LocalGitHubInspection, LocalGitHubOptions, PullRequest, Repository } from '../github/types.js';
import { type Follower, followGitHub } from '../runner/follow.js';
import type { RunnerUpdate, RunResult } from '../runner/result.js';
import { runEvent } from '../runner/runner.js';
import { GitRepository } from './repository.js';

export interface SessionOptions {
  /** Where the user's repository is made. */
  readonly directory: string;
  readonly name: string;
  readonly owner?: string;
  readonly onProgress?: (update: RunnerUpdate) => void;
  readonly github?: LocalGitHubOptions;
}

/** A user's repository on a local GitHub whose events run workflows: what `npm start` shows and the workflow tests drive. */
export class Session {
  readonly git: GitRepository;
  readonly github: LocalGitHub & LocalGitHubInspection;
  readonly repository: Repository;
  /** The repository's secrets, of the runs that start from now on. */
  secrets: Readonly<Record<string, string>> = {};
  /** The repository's variables, of the runs that start from now on. */
  variables: Readonly<Record<string, string>> = {};
  readonly #onProgress: ((update: RunnerUpdate) => void) | undefined;
  readonly #follower: Follower;
  /** What each branch named when it was last pushed. */
  readonly #pushed = new Map<string, string>();

  private constructor(
    git: GitRepository,
    github: LocalGitHub & LocalGitHubInspection,
    repository: Repository,
    onProgress: ((update: RunnerUpdate) => void) | undefined,
  ) {
    this.git = git;
    this.github = github;
    this.repository = repository;
    this.#onProgress = onProgress;
    this.#follower = followGitHub({ github, repository, ...this.#runner() });
  }

  static async start(options: SessionOptions): Promise<Session> {
    const git = await GitRepository.create(options.directory);
    const github = await startLocalGitHub(options.github);
    const repository = github.createRepository({
      owner: options.owner ?? 'you',
      name: options.name,
      gitDirectory: git.directory,
    });
    return new Session(git, github, repository, options.onProgress);
  }

  /** Commits the work tree to the checked-out branch, pushes it, and runs what that starts. */
  async push(message: string, branch = 'main'): Promise<{ sha: string; runs: RunResult[] }> {
    const sha = await this.git.commit(message);
    const before = this.#pushed.get(branch);
    this.#pushed.set(branch, sha);
    const event = { name: 'push', ref: `refs/heads/${branch}`, sha, actor: this.repository.owner } as const;
    return { sha, runs: await this.#run({ ...event, ...(before !== undefined && { before }) }) };
  }

  /** Opens a pull request of a branch's commit into main, and runs what that starts. */
  async openPullRequest(
    title: string,
    branch: string,
    sha: string,
    head: Repository = this.repository,
  ): Promise<{ pullRequest: PullRequest; runs: RunResult[] }> {
    const base = await this.git.git('rev-parse', 'main');
    const pullRequest = this.github.openPullRequest({
      title,
      user: head.owner,
      head: { ref: branch, sha, repository: head },
      base: { ref: 'main', sha: base, repository: this.repository },
    });
    return { pullRequest, runs: await this.#run({ name: 'pull_request', action: 'opened', pullRequest }) };
  }

  /** A further commit of a pull request, and the runs that it starts. */
  async updatePullRequest(pullRequest: PullRequest, sha: string): Promise<{ pullRequest: PullRequest; runs: RunResult[] }> {
    const before = pullRequest.head.sha;
    const updated = this.github.updatePullRequest(pullRequest, sha);
    return {
      pullRequest: updated,
      runs: await this.#run({ name: 'pull_request', action: 'synchronize', pullRequest: updated, before }),
    };
  }

  /** Merges a pull request as a person does, leaves its base checked out, and runs what the push to the base starts. */
  async merge({ number, base, head }: PullRequest): Promise<{ sha: string; runs: RunResult[] }> {
    const path = `pulls/${number}/merge`;
    const { sha } = (await this.#request('PUT', path, { merge_method: 'squash', sha: head.sha })) as { sha: string };
    const runs = await this.#follower.settled();
    this.#pushed.set(base.ref, sha);
    await this.git.git('checkout', '--quiet', '--force', base.ref);
    await this.git.git('reset', '--quiet', '--hard');
    return { sha, runs };
  }

  /** Starts a workflow by hand on main, and runs it. @param workflow the name of its file */
  async dispatch(workflow: string, inputs: Readonly<Record<string, string>> = {}): Promise<RunResult[]> {
    await this.#request('POST', `actions/workflows/${workflow}/dispatches`, { ref: 'main', inputs });
    return this.#follower.settled();
  }

  /** The time of a cron expression has come, as the workflows of main write it. */
  schedule(cron: string): Promise<RunResult[]> {
    return this.#run({ name: 'schedule', cron });
  }

  /** What requests that others have sent to the API have started since, run to its end. */
  settled(): Promise<RunResult[]> {
    return this.#follower.settled();
  }

  close(): Promise<void> {
    this.#follower.stop();
    return this.github.close();
  }

  /** Runs what an event starts, then what that has started by requests of its own. */
  async #run(event: Parameters<typeof runEvent>[0]['event']): Promise<RunResult[]> {
    const runs = await runEvent({ github: this.github, repository: this.repository, event, ...this.#runner() });
    return [...runs, ...(await this.#follower.settled())];
  }

  #runner() {
    return {
      project: ROOT,
      secrets: this.secrets,
      vars: this.variables,
      ...(this.#onProgress && { onProgress: this.#onProgress }),
    };
  }

  async #request(method: 'POST' | 'PUT', path: string, body: object): Promise<unknown> {
    const { owner, fullName } = this.repository;
    const answer = await fetch(`${this.github.apiUrl}/repos/${fullName}/${path}`, {
      ...{ method, body: JSON.stringify(body) },
      headers: { authorization: `token ${this.github.personToken(owner)}`, 'content-type': 'application/json' },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}
