import { decodeTag, type GitObject, type ObjectKind } from './object.js';

export interface Ref {
  /** In full, such as `refs/heads/main`. */
  readonly name: string;
  readonly sha: string;
  /** Of what it names directly: an annotated tag's is `tag`. */
  readonly kind: ObjectKind;
}

/** A repository's objects and refs: a git directory's, or kept in memory. */
export interface ObjectStore {
  read(sha: string): Promise<GitObject | undefined>;
  /** The id of the object, which is kept from now on; undefined where git does not take it. */
  write(object: GitObject): Promise<string | undefined>;
  /** In the order of their names. */
  refs(): Promise<readonly Ref[]>;
  ref(name: string): Promise<Ref | undefined>;
  /** Sets a ref that still names `previous` (undefined: that does not exist yet); false where it does not, or cannot be. */
  setRef(name: string, sha: string, previous: string | undefined): Promise<boolean>;
  deleteRef(name: string, previous: string): Promise<boolean>;
  /** Whether a commit is the other one or an ancestor of it. */
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
}

/** Whether git takes this text as the full name of a ref. */
export function isRefName(name: string): boolean {
  if (!/^refs\/[^/]+\/./.test(name) || name.endsWith('.') || name.includes('..') || name.includes('@{')) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what git forbids here.
  if (/[\u0000- \u007f~^:?*[\\]/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

/** The commit that an object is or, through annotated tags, leads to. */
export async function peelToCommit(store: ObjectStore, sha: string): Promise<string | undefined> {
  const object = await store.read(sha);
  if (object?.kind === 'commit') return sha;
  return object?.kind === 'tag' ? peelToCommit(store, decodeTag(object.bytes).object) : undefined;
}
