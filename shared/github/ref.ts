import { setTimeout } from 'node:timers/promises';
import type { GitHubClient, RepositoryName } from './client.js';
import { attempt, statusOf } from './errors.js';

/** A tag's ref and the object that it names directly. */
export interface TagRef {
  /** Without `refs/tags/`. */
  readonly name: string;
  readonly sha: string;
  /** False for a lightweight tag, which names a commit itself. */
  readonly annotated: boolean;
}

const READ = { permission: 'contents: read', fromFork: false } as const;
const TRIES = 3;
const WAIT_MS = 200;

/** Every tag whose name begins so, in the order of the names. */
export async function listTags(client: GitHubClient, repository: RepositoryName, prefix: string): Promise<readonly TagRef[]> {
  const refs = await attempt({ what: `list the tags ${prefix}*`, ...READ }, () =>
    client.paginate(client.rest.git.listMatchingRefs, { ...repository, ref: `tags/${prefix}` }),
  );
  return refs.map(({ ref, object }) => ({
    name: ref.replace(/^refs\/tags\//, ''),
    sha: object.sha,
    annotated: object.type === 'tag',
  }));
}

/**
 * Creates a tag's ref, which GitHub refuses when there is one of that name: the compare-and-swap of all writers.
 * @param sha the object, which no other writer can have made: an answer that was lost is told by it from another's success
 * @returns whether the ref names the object now; false when another was first
 */
export async function createTagRef(
  client: GitHubClient,
  repository: RepositoryName,
  name: string,
  sha: string,
): Promise<boolean> {
  const details = {
    what: `create the tag ${name}`,
    permission: 'contents: write',
    fromFork: false,
    invalid: 'A ruleset or an immutable release may forbid tags of this name: allow them under Settings, Rules.',
  };
  return attempt(details, async () => {
    for (let tried = 1; ; tried++) {
      try {
        // Sent again, it would be refused for the ref that it has made itself: the ref is looked at instead.
        await client.rest.git.createRef({ ...repository, ref: `refs/tags/${name}`, sha, request: { retries: 0 } });
        return true;
      } catch (error) {
        const status = statusOf(error);
        if (status !== undefined && status < 500 && status !== 422) throw error;
        const found = await readTagRef(client, repository, name);
        if (found) return found.sha === sha;
        if (status === 422 || tried === TRIES) throw error;
        await setTimeout(tried * WAIT_MS);
      }
    }
  });
}

/** The ref of a tag; undefined when there is none. */
export async function readTagRef(client: GitHubClient, repository: RepositoryName, name: string): Promise<TagRef | undefined> {
  return attempt({ what: `read the tag ${name}`, ...READ }, async () => {
    try {
      const { data } = await client.rest.git.getRef({ ...repository, ref: `tags/${name}` });
      return { name, sha: data.object.sha, annotated: data.object.type === 'tag' };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  });
}

/** Removes a tag's ref; one that is gone already is no error. */
export async function deleteTagRef(client: GitHubClient, repository: RepositoryName, name: string): Promise<void> {
  const details = { what: `remove the tag ${name}`, permission: 'contents: write', fromFork: false };
  await attempt(details, async () => {
    try {
      await client.rest.git.deleteRef({ ...repository, ref: `tags/${name}` });
    } catch (error) {
      // GitHub says 422 of a ref that does not exist.
      if (statusOf(error) !== 404 && statusOf(error) !== 422) throw error;
    }
  });
}
