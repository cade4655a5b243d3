import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '../core/errors.js';
import type { GitHubClient, RepositoryName } from './client.js';
import { type Attempt, attempt, statusOf } from './errors.js';

export interface ReleaseAsset {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  /** `sha256:<hex>`, where GitHub has computed it. */
  readonly digest?: string;
  /** False for what an upload that broke off leaves behind. */
  readonly complete: boolean;
}

export interface Release {
  readonly id: number;
  readonly tag: string;
  readonly name: string;
  readonly body: string;
  readonly draft: boolean;
  readonly url: string;
  /** With a template of its query, as the API gives it; its host is not the API's. */
  readonly uploadUrl: string;
  readonly createdAt: string;
  readonly assets: readonly ReleaseAsset[];
}

type ApiRelease = Awaited<ReturnType<GitHubClient['rest']['repos']['getRelease']>>['data'];

/** GitHub takes files below 2 GiB. */
const LARGEST_ASSET_BYTES = 2 ** 31 - 1;
const TRIES = 3;
const WAIT_MS = 200;

const reading = (what: string): Attempt => ({ what, permission: 'contents: read', fromFork: false });
const writing = (what: string): Attempt => ({
  what,
  permission: 'contents: write',
  fromFork: false,
  invalid: 'A ruleset of the repository may forbid it, or the release was changed meanwhile: run the job again.',
});

/** Every release, newest first; drafts only for a token that may write. */
export async function listReleases(client: GitHubClient, repository: RepositoryName): Promise<readonly Release[]> {
  const releases = await attempt(reading('list the releases'), () =>
    client.paginate(client.rest.repos.listReleases, { ...repository, per_page: 100 }),
  );
  return releases.map(toRelease);
}

/** The published release of a tag; undefined when there is none. */
export async function releaseOfTag(
  client: GitHubClient,
  repository: RepositoryName,
  tag: string,
): Promise<Release | undefined> {
  return attempt(reading(`read the release of ${tag}`), async () => {
    try {
      const { data } = await client.rest.repos.getReleaseByTag({ ...repository, tag });
      return toRelease(data);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  });
}

/**
 * Makes a draft, which only those see who may write.
 * @param draft.name unique: a draft whose answer was lost is found again by it
 */
export async function createDraft(
  client: GitHubClient,
  repository: RepositoryName,
  draft: { readonly tag: string; readonly name: string; readonly body: string },
): Promise<Release> {
  return attempt(writing('create a draft release'), async () => {
    for (let tried = 1; ; tried++) {
      try {
        const { data } = await client.rest.repos.createRelease({
          ...repository,
          tag_name: draft.tag,
          name: draft.name,
          body: draft.body,
          draft: true,
          // Sent again, it would make a second draft.
          request: { retries: 0 },
        });
        return toRelease(data);
      } catch (error) {
        if (!isPassing(error)) throw error;
        const found = (await listReleases(client, repository)).find(
          ({ name, draft: isDraft }) => isDraft && name === draft.name,
        );
        if (found) return found;
        if (tried === TRIES) throw error;
        await setTimeout(tried * WAIT_MS);
      }
    }
  });
}

/** Makes a draft visible as the release of a tag that exists, and never as the repository's latest release. */
export async function publishRelease(
  client: GitHubClient,
  repository: RepositoryName,
  id: number,
  release: { readonly tag: string; readonly name: string; readonly body: string },
): Promise<Release> {
  const { data } = await attempt(writing(`publish the release ${release.tag}`), () =>
    client.rest.repos.updateRelease({
      ...repository,
      release_id: id,
      tag_name: release.tag,
      name: release.name,
      body: release.body,
      draft: false,
      make_latest: 'false',
    }),
  );
  return toRelease(data);
}

/** Removes a release; one that is gone already is no error. */
export async function deleteRelease(client: GitHubClient, repository: RepositoryName, id: number): Promise<void> {
  await attempt(writing(`remove release ${id}`), async () => {
    try {
      await client.rest.repos.deleteRelease({ ...repository, release_id: id });
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  });
}

/** A file that becomes an asset. */
export interface AssetFile {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly contentType: string;
  /** `sha256:<hex>` of its bytes. */
  readonly digest: string;
}

/** Uploads a file to a draft; what a broken upload of that name has left is replaced. */
export async function uploadAsset(
  client: GitHubClient,
  repository: RepositoryName,
  release: Release,
  asset: AssetFile,
): Promise<void> {
  const { size } = await stat(asset.file);
  if (size > LARGEST_ASSET_BYTES)
    throw new UserError(`${asset.name} has ${size} bytes, and a release takes files below 2 GiB: use "storage: artifact".`);
  const data = await readFile(asset.file);
  await attempt(writing(`upload ${asset.name}`), async () => {
    for (let tried = 1; ; tried++) {
      try {
        // Octokit's own method has github.com's host built in; the address that the release names is right everywhere.
        await client.request({
          method: 'POST',
          url: `${release.uploadUrl.replace(/\{.*\}$/, '')}?name=${encodeURIComponent(asset.name)}`,
          // The length is fetch's to say: told twice, Node 24 refuses the request.
          headers: { 'content-type': asset.contentType },
          data,
          request: { retries: 0 },
        });
        return;
      } catch (error) {
        const status = statusOf(error);
        const isTaken = status === 422;
        if (!isPassing(error) && !isTaken) throw error;
        const found = (await listAssets(client, repository, release.id)).find(({ name }) => name === asset.name);
        if (found?.complete && found.digest === asset.digest) return;
        if (found) await client.rest.repos.deleteReleaseAsset({ ...repository, asset_id: found.id });
        if (tried === TRIES || (isTaken && !found)) throw error;
        await setTimeout(tried * WAIT_MS);
      }
    }
  });
}

/** The assets of a release, a draft too. */
export async function listAssets(
  client: GitHubClient,
  repository: RepositoryName,
  releaseId: number,
): Promise<readonly ReleaseAsset[]> {
  const assets = await attempt(reading(`list the assets of release ${releaseId}`), () =>
    client.paginate(client.rest.repos.listReleaseAssets, { ...repository, release_id: releaseId, per_page: 100 }),
  );
  return assets.map(toAsset);
}

/**
 * Downloads an asset to a file.
 * @param limit the largest number of bytes that is accepted
 * @returns `sha256:<hex>` of what arrived
 * @throws UserError when it is larger
 */
export async function downloadAsset(
  client: GitHubClient,
  repository: RepositoryName,
  asset: ReleaseAsset,
  file: string,
  limit = LARGEST_ASSET_BYTES,
): Promise<string> {
  return attempt(reading(`download ${asset.name}`), async () => {
    for (let tried = 1; ; tried++) {
      try {
        const { data } = await client.request('GET /repos/{owner}/{repo}/releases/assets/{asset_id}', {
          ...repository,
          asset_id: asset.id,
          headers: { accept: 'application/octet-stream' },
          request: { parseSuccessResponseBody: false },
        });
        return await saveBody(data, asset.name, file, limit);
      } catch (error) {
        // The client has tried again what failed before the body; a body that breaks off is for us.
        if (error instanceof UserError || statusOf(error) !== undefined || tried === TRIES) throw error;
        await setTimeout(tried * WAIT_MS);
      }
    }
  });
}

async function saveBody(body: unknown, name: string, file: string, limit: number): Promise<string> {
  if (!(body instanceof ReadableStream)) throw new Error(`the answer for ${name} has no body`);
  const hash = createHash('sha256');
  let bytes = 0;
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      hash.update(chunk);
      done(bytes > limit ? new UserError(`${name} has more than the ${limit} bytes that are accepted.`) : null, chunk);
    },
  });
  try {
    await pipeline(Readable.fromWeb(body), measured, createWriteStream(file));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return `sha256:${hash.digest('hex')}`;
}

/** No answer, or one that says that the next may be another. */
function isPassing(error: unknown): boolean {
  if (error instanceof UserError) return false;
  const status = statusOf(error);
  return status === undefined || status >= 500;
}

function toRelease(release: ApiRelease): Release {
  return {
    id: release.id,
    tag: release.tag_name,
    name: release.name ?? '',
    body: release.body ?? '',
    draft: release.draft,
    url: release.html_url,
    uploadUrl: release.upload_url,
    createdAt: release.created_at,
    assets: release.assets.map(toAsset),
  };
}

function toAsset(asset: ApiRelease['assets'][number]): ReleaseAsset {
  return {
    id: asset.id,
    name: asset.name,
    bytes: asset.size,
    ...(asset.digest && { digest: asset.digest }),
    complete: asset.state === 'uploaded',
  };
}
