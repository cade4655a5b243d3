import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A user's repository on disk, made for one session of the local GitHub. */
export class GitRepository {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** An empty repository on branch main; what stood there is removed. */
  static async create(directory: string): Promise<GitRepository> {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const repository = new GitRepository(directory);
    await repository.git('init', '--quiet', '--initial-branch=main');
    return repository;
  }

  /** Copies files over those of the work tree; the source's own git folder and installed packages stay out. */
  async add(source: string): Promise<void> {
    const left = new Set(['.git', 'node_modules', '.mlops-actions'].map((name) => join(source, name)));
    await cp(source, this.directory, { recursive: true, filter: (file) => !left.has(file) });
  }

  /** Starts a branch at the present commit and checks it out. */
  async branch(name: string): Promise<void> {
    await this.git('checkout', '--quiet', '-B', name);
  }

  async checkout(name: string): Promise<void> {
    await this.git('checkout', '--quiet', name);
  }

  /** Commits everything. @returns the commit's SHA */
  async commit(message: string): Promise<string> {
    await this.git('add', '--all', '--force', '.');
    await this.git('commit', '--quiet', '--allow-empty', `--message=${message}`);
    return this.git('rev-parse', 'HEAD');
  }

  async git(...args: string[]): Promise<string> {
    // Who commits, and when, is fixed, so that neither the machine's settings nor the clock change a SHA.
    const env = {
      PATH: process.env.PATH,
      HOME: this.directory,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Sample',
      GIT_AUTHOR_EMAIL: 'sample@example.com',
      GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
      GIT_COMMITTER_NAME: 'Sample',
      GIT_COMMITTER_EMAIL: 'sample@example.com',
      GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
    };
    const { stdout } = await run('git', args, { cwd: this.directory, env });
    return stdout.trim();
  }
}
