import { decodeCommit, encodeTree, type GitObject, objectId } from './object.js';
import type { ObjectStore, Ref } from './store.js';

/** Commits and branches that nobody created here, but that pull requests and runs speak of. */
export interface Heads {
  readonly commits: ReadonlySet<string>;
  /** The newest commit of a branch, by the branch's name. */
  readonly branches: ReadonlyMap<string, string>;
}

const EMPTY_TREE = encodeTree([]);

/**
 * Objects and refs of a repository that has no git directory. A commit that only pull requests or runs name is a root
 * commit without files.
 */
export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<string, GitObject>([[objectId(EMPTY_TREE), EMPTY_TREE]]);
  readonly #refs = new Map<string, string>();
  readonly #heads: () => Heads;

  constructor(heads: () => Heads) {
    this.#heads = heads;
  }

  read(sha: string): Promise<GitObject | undefined> {
    return Promise.resolve(this.#read(sha));
  }

  write(object: GitObject): Promise<string | undefined> {
    const sha = objectId(object);
    this.#objects.set(sha, object);
    return Promise.resolve(sha);
  }

  refs(): Promise<readonly Ref[]> {
    const branches = [...this.#heads().branches].map(([name, sha]) => [`refs/heads/${name}`, sha] as const);
    const all = new Map([...branches, ...this.#refs]);
    const sorted = [...all].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return Promise.resolve(sorted.map(([name, sha]) => this.#ref(name, sha)));
  }

  ref(name: string): Promise<Ref | undefined> {
    const sha = this.#resolve(name);
    return Promise.resolve(sha === undefined ? undefined : this.#ref(name, sha));
  }

  setRef(name: string, sha: string, previous: string | undefined): Promise<boolean> {
    const allowed = this.#resolve(name) === previous && !this.#blocks(name);
    if (allowed) this.#refs.set(name, sha);
    return Promise.resolve(allowed);
  }

  deleteRef(name: string, previous: string): Promise<boolean> {
    return Promise.resolve(this.#refs.get(name) === previous && this.#refs.delete(name));
  }

  isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    const seen = new Set<string>();
    const open = [descendant];
    for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
      if (sha === ancestor) return Promise.resolve(true);
      const object = seen.has(sha) ? undefined : this.#read(sha);
      seen.add(sha);
      if (object?.kind === 'commit') open.push(...decodeCommit(object.bytes).parents);
    }
    return Promise.resolve(false);
  }

  #read(sha: string): GitObject | undefined {
    const own = this.#objects.get(sha);
    if (own !== undefined || !this.#heads().commits.has(sha)) return own;
    return {
      kind: 'commit',
      bytes: Buffer.from(`tree ${objectId(EMPTY_TREE)}\nauthor x <> 0 +0000\ncommitter x <> 0 +0000\n\n`),
    };
  }

  #resolve(name: string): string | undefined {
    const branch = /^refs\/heads\/(.+)$/.exec(name)?.[1];
    return this.#refs.get(name) ?? (branch === undefined ? undefined : this.#heads().branches.get(branch));
  }

  /** As in a git directory, a name cannot be a ref and the beginning of another's path. */
  #blocks(name: string): boolean {
    return [...this.#refs.keys()].some((other) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`));
  }

  #ref(name: string, sha: string): Ref {
    return { name, sha, kind: this.#read(sha)?.kind ?? 'commit' };
  }
}
