import type { GitHubClient, RepositoryName } from './client.js';
import { attempt, statusOf } from './errors.js';

/** Who wrote a commit or a tag, and when. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601; git keeps whole seconds. */
  readonly date: string;
}

/** The name under which a job's own token writes commits and tags. */
export const BOT_SIGNATURE = {
  name: 'github-actions[bot]',
  email: '41898282+github-actions[bot]@users.noreply.github.com',
} as const;

/** An annotated tag's object. */
export interface TagObject {
  readonly name: string;
  readonly message: string;
  /** The object that it names. */
  readonly target: { readonly sha: string; readonly type: string };
  readonly taggedAt: string;
}

/** Reads a tag object, which never changes. @returns undefined when there is none */
export async function readTagObject(
  client: GitHubClient,
  repository: RepositoryName,
  sha: string,
): Promise<TagObject | undefined> {
  const details = { what: `read the tag object ${sha}`, permission: 'contents: read', fromFork: false };
  return attempt(details, async () => {
    try {
      const { data } = await client.rest.git.getTag({ ...repository, tag_sha: sha });
      return {
        name: data.tag,
        message: data.message,
        target: { sha: data.object.sha, type: data.object.type },
        taggedAt: data.tagger.date,
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  });
}

/** Makes an annotated tag's object on a commit; nobody sees it as a tag before a ref names it. @returns its SHA */
export async function createTagObject(
  client: GitHubClient,
  repository: RepositoryName,
  tag: { readonly name: string; readonly message: string; readonly commit: string; readonly tagger: Signature },
): Promise<string> {
  const details = {
    what: `write the tag ${tag.name}`,
    permission: 'contents: write',
    fromFork: false,
    invalid: `Is commit ${tag.commit} in this repository?`,
  };
  const { data } = await attempt(details, () =>
    client.rest.git.createTag({
      ...repository,
      tag: tag.name,
      message: tag.message,
      object: tag.commit,
      type: 'commit',
      tagger: tag.tagger,
    }),
  );
  return data.sha;
}
