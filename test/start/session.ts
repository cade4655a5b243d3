import { ROOT } from '../docs/action-files.js';
import { startLocalGitHub } from '../github/local-github.js';
import type { LocalGitHub, LocalGitHubInspection, LocalGitHubOptions, PullRequest, Repository } from '../github/types.js';
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
  readonly #onProgress: ((update: RunnerUpdate) => void) | undefined;

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
    return { sha, runs: await this.#run({ name: 'push', ref: `refs/heads/${branch}`, sha, actor: this.repository.owner }) };
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

  close(): Promise<void> {
    return this.github.close();
  }

  #run(event: Parameters<typeof runEvent>[0]['event']): Promise<RunResult[]> {
    return runEvent({
      github: this.github,
      repository: this.repository,
      event,
      project: ROOT,
      secrets: this.secrets,
      ...(this.#onProgress && { onProgress: this.#onProgress }),
    });
  }
}
