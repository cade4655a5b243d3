import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommitStore } from './git.js';

/** Where a workflow or action file comes from: what `$/` means in it. */
export interface Origin {
  /** `owner/name`. */
  readonly slug: string;
  readonly ref: string;
  readonly sha: string;
  /** A file's text, or undefined where there is none. */
  read(path: string): Promise<string | undefined>;
  /** A folder that holds all files. */
  folder(): Promise<string>;
}

/** A checkout on disk, as it stands. */
export function folderOrigin(slug: string, root: string, commit: { readonly ref: string; readonly sha: string }): Origin {
  return {
    slug,
    ...commit,
    read: async (path) => {
      const file = join(root, path);
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    },
    folder: async () => root,
  };
}

/** A commit of a repository; its files are written to `target` when they are first asked for. */
export function commitOrigin(slug: string, store: CommitStore, commit: { ref: string; sha: string }, target: string): Origin {
  let extracted: Promise<void> | undefined;
  return {
    slug,
    ...commit,
    read: (path) => store.file(commit.sha, path),
    folder: async () => {
      extracted ??= store.extract(commit.sha, target);
      await extracted;
      return target;
    },
  };
}
