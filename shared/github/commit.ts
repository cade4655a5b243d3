import type { GitHubClient, RepositoryName } from './client.js';
import { attempt, statusOf } from './errors.js';
import type { Signature } from './tag.js';

export interface NewCommit {
  /** The commit that it stands on; its files stay. */
  readonly parent: string;
  /** Texts by their path in the repository, added or replaced. */
  readonly files: Readonly<Record<string, string>>;
  readonly message: string;
  readonly author: Signature;
}

/**
 * Makes a commit that no branch names: it lives by the tag that will point to it. The same content gives the same commit,
 * so that a request may be sent twice.
 * @returns its SHA
 */
export async function createCommit(client: GitHubClient, repository: RepositoryName, commit: NewCommit): Promise<string> {
  const details = {
    what: `write a commit on ${commit.parent}`,
    permission: 'contents: write',
    fromFork: false,
    invalid: 'Is that commit in this repository?',
  };
  return attempt(details, async () => {
    const { data: parent } = await client.rest.git.getCommit({ ...repository, commit_sha: commit.parent });
    const { data: tree } = await client.rest.git.createTree({
      ...repository,
      base_tree: parent.tree.sha,
      tree: Object.entries(commit.files).map(([path, content]) => ({ path, content, mode: '100644', type: 'blob' })),
    });
    const { data } = await client.rest.git.createCommit({
      ...repository,
      message: commit.message,
      tree: tree.sha,
      parents: [commit.parent],
      author: commit.author,
      committer: commit.author,
    });
    return data.sha;
  });
}

/** Whether the repository has this commit. */
export async function hasCommit(client: GitHubClient, repository: RepositoryName, sha: string): Promise<boolean> {
  return attempt({ what: `read commit ${sha}`, permission: 'contents: read', fromFork: false }, async () => {
    try {
      await client.rest.git.getCommit({ ...repository, commit_sha: sha });
      return true;
    } catch (error) {
      if (statusOf(error) === 404 || statusOf(error) === 422) return false;
      throw error;
    }
  });
}

/** A file's text at a commit; undefined when there is none. */
export async function readFileAt(
  client: GitHubClient,
  repository: RepositoryName,
  commit: string,
  path: string,
): Promise<string | undefined> {
  return attempt({ what: `read ${path} at ${commit}`, permission: 'contents: read', fromFork: false }, async () => {
    try {
      const { data } = await client.rest.repos.getContent({
        ...repository,
        path,
        ref: commit,
        // Raw, because JSON answers leave out what is larger than 1 MB.
        mediaType: { format: 'raw' },
      });
      // Octokit's types know the JSON answer only.
      const raw: unknown = data;
      return typeof raw === 'string' ? raw : undefined;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  });
}
