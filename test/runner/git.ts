import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../shared/core/errors.js';

const execute = promisify(execFile);
const MAX_OUTPUT = 256 * 1024 * 1024;

/** Runs git with nothing of the user's own configuration, and gives what it printed. @throws Error with git's message. */
export async function git(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const environment = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    ...env,
  };
  const options = { cwd, env: environment, maxBuffer: MAX_OUTPUT, encoding: 'utf8' as const };
  const { stdout } = await execute('git', [...SETTINGS, ...args], options);
  return stdout;
}

const SETTINGS = ['-c', 'advice.detachedHead=false', '-c', 'core.autocrlf=false', '-c', 'safe.directory=*', '-c', 'gc.auto=0'];

/**
 * A repository of a run's own that borrows the objects of others, so that merge commits and refs can be made without touching
 * a repository under test.
 */
export class CommitStore {
  readonly directory: string;
  /** Object folders that a checkout borrows from. */
  readonly objects: readonly string[];

  private constructor(directory: string, objects: readonly string[]) {
    this.directory = directory;
    this.objects = objects;
  }

  /** @param sources git directories (or work trees); branches and tags come from the first, as `refs/remotes/origin/*`. */
  static async create(directory: string, sources: readonly string[]): Promise<CommitStore> {
    mkdirSync(directory, { recursive: true });
    await git(directory, ['init', '--quiet', '--bare', '.']);
    const objects: string[] = [];
    for (const source of new Set(sources)) {
      const path = async (name: string): Promise<string> => {
        return resolve(source, (await git(source, ['rev-parse', '--git-path', name])).trim());
      };
      objects.push(await path('objects'));
      const shallow = await path('shallow');
      if (existsSync(shallow)) cpSync(shallow, join(directory, 'shallow'));
    }
    writeFileSync(join(directory, 'objects', 'info', 'alternates'), `${objects.join('\n')}\n`);
    const store = new CommitStore(directory, [...objects, join(directory, 'objects')]);
    if (sources[0] !== undefined) await store.#copyRefs(sources[0]);
    return store;
  }

  async #copyRefs(source: string): Promise<void> {
    const listed = await git(source, ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags']);
    for (const line of listed.split('\n').filter((text) => text !== '')) {
      const space = line.indexOf(' ');
      const name = line.slice(space + 1).replace(/^refs\/heads\//, 'refs/remotes/origin/');
      await git(this.directory, ['update-ref', name, line.slice(0, space)]);
    }
  }

  /** The commit that a branch, tag, full ref or SHA names, if there is one. */
  async commit(ref: string): Promise<string | undefined> {
    const branch = ref.replace(/^refs\/heads\//, '');
    const names = [`refs/remotes/origin/${branch}`, `refs/tags/${ref}`, ref];
    for (const name of names) {
      try {
        return (await git(this.directory, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`])).trim();
      } catch {
        // Not this name: the next one.
      }
    }
    return undefined;
  }

  async setRef(name: string, commit: string): Promise<void> {
    await git(this.directory, ['update-ref', name, commit]);
  }

  /**
   * The commit that GitHub keeps as `refs/pull/N/merge`. The same two commits always give the same one.
   * @throws UserError when they conflict: GitHub then starts no workflow for the pull request.
   */
  async merge(base: string, head: string, title: string): Promise<string> {
    let tree: string;
    try {
      tree = (await git(this.directory, ['merge-tree', '--write-tree', '--no-messages', base, head])).split('\n')[0]!.trim();
    } catch (error) {
      const failure = error as { code?: unknown; stderr?: unknown };
      if (failure.code === 1)
        throw new UserError(`${title} conflicts with its base, so GitHub starts no pull_request workflow; merge or rebase it`);
      throw new UserError(
        `git could not merge ${head} into ${base} (git 2.38 or newer is needed): ${String(failure.stderr ?? '').trim()}`,
      );
    }
    const date = (await git(this.directory, ['show', '--no-patch', '--format=%cI', head])).trim();
    const who = { NAME: 'GitHub', EMAIL: 'noreply@github.com', DATE: date };
    const identity = Object.entries(who).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]);
    const message = `Merge ${head} into ${base}`;
    const args = ['commit-tree', tree, '-p', base, '-p', head, '-m', message];
    return (await git(this.directory, args, Object.fromEntries(identity))).trim();
  }

  /** A file of a commit as text, or undefined where there is none. */
  async file(commit: string, path: string): Promise<string | undefined> {
    try {
      return await git(this.directory, ['show', '--end-of-options', `${commit}:${path}`]);
    } catch {
      return undefined;
    }
  }

  /** The names of the files right in a folder of a commit, sorted. */
  async list(commit: string, folder: string): Promise<string[]> {
    const listed = await git(this.directory, ['ls-tree', '--name-only', '-z', commit, '--', `${folder}/`]);
    return listed
      .split('\0')
      .filter((name) => name !== '')
      .sort();
  }

  /** The files that differ between two commits; undefined where the older one is not known. */
  async changedFiles(older: string, newer: string): Promise<string[] | undefined> {
    if (!(await this.commit(older))) return undefined;
    return (await git(this.directory, ['diff', '--name-only', '-z', older, newer])).split('\0').filter((name) => name !== '');
  }

  async mergeBase(one: string, other: string): Promise<string | undefined> {
    try {
      return (await git(this.directory, ['merge-base', one, other])).trim();
    } catch {
      return undefined;
    }
  }

  /** Writes all files of a commit into a folder, without a repository around them. */
  async extract(commit: string, folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true });
    const index = join(this.directory, `index-${commit}`);
    const place = { GIT_DIR: this.directory, GIT_WORK_TREE: folder, GIT_INDEX_FILE: index };
    await git(folder, ['read-tree', commit], place);
    await git(folder, ['checkout-index', '--all', '--force'], place);
    rmSync(index, { force: true });
  }
}
