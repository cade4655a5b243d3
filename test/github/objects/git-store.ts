import { runGit } from '../git.js';
import type { GitObject, ObjectKind } from './object.js';
import type { ObjectStore, Ref } from './store.js';

const ABSENT = '0'.repeat(40);
const SHA = /^[0-9a-f]{40}$/;

/** Objects and refs of a git directory, so that git and all that reads it see them. */
export class GitStore implements ObjectStore {
  readonly #directory: string;
  /** Objects never change, and each question to git costs a process. Blobs may be large and are left to git. */
  readonly #seen = new Map<string, GitObject>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async read(sha: string): Promise<GitObject | undefined> {
    if (!SHA.test(sha)) return undefined;
    const seen = this.#seen.get(sha);
    if (seen !== undefined) return seen;
    const output = await this.#git(['cat-file', '--batch'], Buffer.from(`${sha}\n`));
    const end = output?.indexOf(10) ?? -1;
    const header = /^[0-9a-f]{40} (blob|tree|commit|tag) (\d+)$/.exec(output?.toString('utf8', 0, end) ?? '');
    if (output === undefined || header === null) return undefined;
    const bytes = output.subarray(end + 1, end + 1 + Number(header[2]));
    return this.#remember(sha, { kind: header[1] as ObjectKind, bytes });
  }

  async write(object: GitObject): Promise<string | undefined> {
    const output = await this.#git(['hash-object', '-t', object.kind, '-w', '--stdin'], object.bytes);
    const sha = output?.toString('utf8').trim();
    if (sha !== undefined) this.#remember(sha, object);
    return sha;
  }

  #remember(sha: string, object: GitObject): GitObject {
    if (object.kind !== 'blob') this.#seen.set(sha, object);
    return object;
  }

  refs(): Promise<readonly Ref[]> {
    return this.#list([]);
  }

  async ref(name: string): Promise<Ref | undefined> {
    return (await this.#list([name])).find((ref) => ref.name === name);
  }

  async setRef(name: string, sha: string, previous: string | undefined): Promise<boolean> {
    return (await this.#git(['update-ref', name, sha, previous ?? ABSENT])) !== undefined;
  }

  async deleteRef(name: string, previous: string): Promise<boolean> {
    return (await this.#git(['update-ref', '-d', name, previous])) !== undefined;
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return (await this.#git(['merge-base', '--is-ancestor', ancestor, descendant])) !== undefined;
  }

  async #list(patterns: readonly string[]): Promise<readonly Ref[]> {
    const format = '--format=%(objectname) %(objecttype) %(refname)';
    const output = await this.#git(['for-each-ref', format, ...patterns]);
    const lines = (output?.toString('utf8') ?? '').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [sha = '', kind = '', ...name] = line.split(' ');
      return { name: name.join(' '), sha, kind: kind as ObjectKind };
    });
  }

  #git(parameters: readonly string[], input?: Buffer): Promise<Buffer | undefined> {
    return runGit(this.#directory, parameters, input);
  }
}
