import { randomBytes } from 'node:crypto';
import { type FieldError, GitHubError, invalidField, notFound } from '../errors.js';
import { textOf } from '../fields.js';
import { decodeCommit } from '../objects/object.js';
import { isRefName, peelToCommit } from '../objects/store.js';
import { paginate } from '../paging.js';
import { type Access, isAllowed } from '../permissions.js';
import { loginOf, nodeId, type ReleaseRecord, timestamp } from '../state.js';
import { raiseCreated } from './refs.js';
import { assetObject } from './release-objects.js';
import { findCommit, htmlUrl, repositoryUrl } from './repos.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';
import { simpleUser } from './users.js';

const read: Access = { level: 'read', anyOf: ['contents'] };
const write: Access = { level: 'write', anyOf: ['contents'] };

function releaseObject(call: Call, release: ReleaseRecord) {
  const url = `${repositoryUrl(release.repository, call.apiUrl)}/releases/${release.id}`;
  const repository = `${repositoryUrl(release.repository, call.apiUrl)}`;
  const tag = encodeURIComponent(release.tag);
  return {
    url,
    assets_url: `${url}/assets`,
    upload_url: `${call.apiUrl}/uploads${url.slice(call.apiUrl.length)}/assets{?name,label}`,
    html_url: `${htmlUrl(release.repository)}/releases/tag/${release.draft ? release.untagged : tag}`,
    id: release.id,
    author: simpleUser(release.author, call.apiUrl),
    node_id: nodeId('RE_', release.id),
    tag_name: release.tag,
    target_commitish: release.target,
    name: release.name,
    draft: release.draft,
    immutable: release.immutable,
    prerelease: release.prerelease,
    created_at: timestamp(release.createdAt),
    updated_at: timestamp(release.updatedAt),
    published_at: release.publishedAt === undefined ? null : timestamp(release.publishedAt),
    assets: release.assets.map((asset) => assetObject(call, release, asset)),
    tarball_url: release.draft ? null : `${repository}/tarball/${tag}`,
    zipball_url: release.draft ? null : `${repository}/zipball/${tag}`,
    body: release.body,
  };
}

/** The repository's releases that the sender may see, newest first: drafts only with write access. */
function visible(call: Call): readonly ReleaseRecord[] {
  const writes = isAllowed(call.actor, call.record, write);
  return call.state.releases
    .filter((release) => release.repository.id === call.record.repository.id && (writes || !release.draft))
    .toReversed();
}

/** The release that a path names. */
export function existingRelease(call: Call): ReleaseRecord {
  const id = idOf(call, 'release_id');
  const found = visible(call).find((release) => release.id === id);
  if (found === undefined) throw notFound();
  return found;
}

function answer(call: Call, release: ReleaseRecord | undefined): Answer {
  if (release === undefined) throw notFound();
  return { status: 200, body: releaseObject(call, release) };
}

function list(call: Call): Answer {
  const { items, link } = paginate(visible(call), call.url, call.query);
  return withLink(
    items.map((release) => releaseObject(call, release)),
    link,
  );
}

/** Of the tag, published. */
function byTag(call: Call): Answer {
  const found = visible(call).find((release) => !release.draft && release.tag === call.params.tag);
  return answer(call, found);
}

/** The one that was marked; while none is, the newest full release by the date of its commit. */
function latest(call: Call): Answer {
  const full = visible(call).filter((release) => !release.draft && !release.prerelease);
  const marked = full.find((release) => release.id === call.record.latestRelease);
  return answer(call, marked ?? full.toSorted((a, b) => b.createdAt - a.createdAt)[0]);
}

async function create(call: Call): Promise<Answer> {
  const { state, body, record } = call;
  const now = state.now();
  const release: ReleaseRecord = {
    ...{ id: state.nextId('release'), repository: record.repository, tag: textOf(body, 'tag_name') ?? '' },
    ...{ target: textOf(body, 'target_commitish') ?? record.repository.defaultBranch, name: null, body: null },
    ...{ draft: true, prerelease: false, immutable: false, author: loginOf(call.actor), createdAt: now, updatedAt: now },
    ...{ publishedAt: undefined, untagged: `untagged-${randomBytes(10).toString('hex')}`, assets: [] },
  };
  assertTagName(call, release.tag);
  await assertTarget(call, release.target);
  describe(release, call);
  if (body.draft !== true) await publish(call, release);
  state.releases.push(release);
  markLatest(call, release, body.draft !== true);
  if (!release.draft) raise(call, release, ['created', 'published', release.prerelease ? 'prereleased' : 'released']);
  const object = releaseObject(call, release);
  return { status: 201, body: object, headers: { Location: object.url } };
}

async function update(call: Call): Promise<Answer> {
  const release = existingRelease(call);
  const { body, state } = call;
  const tag = textOf(body, 'tag_name') ?? release.tag;
  const target = textOf(body, 'target_commitish') ?? release.target;
  if (release.immutable && (tag !== release.tag || target !== release.target || body.draft === true)) {
    throw invalidRelease('tag_name', 'tag_name cannot be changed when release is immutable');
  }
  if (tag !== release.tag) assertTagName(call, tag);
  if (target !== release.target) await assertTarget(call, target);
  const before = { ...release };
  const publishes = release.draft && body.draft === false;
  const moves = !release.draft && tag !== release.tag;
  Object.assign(release, { tag, target });
  describe(release, call);
  try {
    if (publishes || moves) await publish(call, release);
  } catch (error) {
    Object.assign(release, before);
    throw error;
  }
  if (body.draft === true) release.draft = true;
  release.updatedAt = state.now();
  markLatest(call, release, publishes);
  if (publishes) raise(call, release, ['created', 'published', release.prerelease ? 'prereleased' : 'released']);
  else if (body.draft === true && !before.draft) raise(call, release, ['unpublished']);
  else if (!release.draft) raise(call, release, ['edited']);
  return answer(call, release);
}

/** A draft goes without a trace; an immutable release leaves its tag's name behind, which nobody may use again. */
function remove(call: Call): Answer {
  const release = existingRelease(call);
  const { state, record, blobs } = call;
  state.releases = state.releases.filter((other) => other !== release);
  for (const { blob } of release.assets) blobs.delete(blob);
  if (release.immutable) record.reservedTags.add(release.tag);
  if (record.latestRelease === release.id) record.latestRelease = undefined;
  if (!release.draft) raise(call, release, ['deleted']);
  return { status: 204 };
}

/** Takes over what is given of the fields that change nothing but what is read. */
function describe(release: ReleaseRecord, { body }: Call): void {
  release.name = textOf(body, 'name') ?? release.name;
  release.body = textOf(body, 'body') ?? release.body;
  if (typeof body.prerelease === 'boolean') release.prerelease = body.prerelease;
}

/** Makes a release visible; a tag that is not there yet is created, lightweight, at the target. */
async function publish(call: Call, release: ReleaseRecord): Promise<void> {
  const { record, state } = call;
  const { objects } = record;
  assertFree(call, release);
  const name = `refs/tags/${release.tag}`;
  if ((await objects.ref(name)) === undefined) {
    if (record.reservedTags.has(release.tag)) {
      throw invalidRelease('tag_name', 'tag_name was used by an immutable release', true);
    }
    const commit = await findCommit(call, release.target);
    if (commit === undefined) throw invalidTarget();
    if (await objects.setRef(name, commit, undefined)) raiseCreated(call, name, commit);
  }
  const ref = await objects.ref(name);
  const commit = ref === undefined ? undefined : await peelToCommit(objects, ref.sha);
  if (commit === undefined) throw invalidRelease('tag_name', 'tag_name is not a valid tag', true);
  const object = await objects.read(commit);
  // Another request may have published the same tag meanwhile.
  assertFree(call, release);
  release.draft = false;
  release.publishedAt ??= state.now();
  release.immutable = record.immutableReleases;
  if (object?.kind === 'commit') release.createdAt = decodeCommit(object.bytes).committer.at || release.createdAt;
}

/** Throws where another published release has the tag. */
function assertFree(call: Call, release: ReleaseRecord): void {
  const taken = call.state.releases.some(
    (other) => other !== release && other.repository.id === release.repository.id && !other.draft && other.tag === release.tag,
  );
  if (taken) throw invalidField({ resource: 'Release', code: 'already_exists', field: 'tag_name' });
}

function markLatest(call: Call, release: ReleaseRecord, published: boolean): void {
  const asked = textOf(call.body, 'make_latest') ?? (published ? 'true' : undefined);
  if (asked === undefined || release.draft || release.prerelease) return;
  if (asked === 'true') call.record.latestRelease = release.id;
  // The mark goes, and the rule by date decides again.
  else if (asked === 'legacy' || call.record.latestRelease === release.id) call.record.latestRelease = undefined;
}

function raise(call: Call, release: ReleaseRecord, actions: readonly string[]): void {
  const payload = { release: releaseObject(call, release) };
  for (const action of actions) {
    call.state.raise('release', action, release.repository, call.actor, { ref: `refs/tags/${release.tag}`, payload });
  }
}

function assertTagName(call: Call, tag: string): void {
  if (!isRefName(`refs/tags/${tag}`) || /^[0-9a-f]{40}$/.test(tag)) {
    throw invalidRelease('tag_name', 'tag_name is not well-formed', call.body.draft !== true);
  }
}

async function assertTarget(call: Call, target: string): Promise<void> {
  // The default branch of an empty repository is right, too, as long as nothing is published.
  if (target === call.record.repository.defaultBranch) return;
  if ((await findCommit(call, target)) === undefined) throw invalidTarget();
}

function invalidTarget(): GitHubError {
  return invalidField({ resource: 'Release', code: 'invalid', field: 'target_commitish' });
}

function invalidRelease(field: string, message: string, published = false): GitHubError {
  const errors: FieldError[] = [{ resource: 'Release', code: 'custom', field, message }];
  if (published) errors.push({ resource: 'Release', code: 'custom', message: 'Published releases must have a valid tag' });
  return new GitHubError(422, 'Validation Failed', errors);
}

function immutability(call: Call): Answer {
  if (!call.record.immutableReleases) throw notFound();
  return { status: 200, body: { enabled: true, enforced_by_owner: false } };
}

function setImmutability(call: Call, enabled: boolean): Answer {
  call.record.immutableReleases = enabled;
  return { status: 204 };
}

const RELEASES = '/repos/{owner}/{repo}/releases';
const IMMUTABLE = '/repos/{owner}/{repo}/immutable-releases';
/** A job's token has no such scope, whatever its `permissions:`. */
const administration = (level: Access['level']): Access => ({ level, anyOf: ['administration'], evenIfPublic: true });

export const releaseRoutes: readonly Route[] = [
  { method: 'GET', path: RELEASES, access: read, handle: list },
  { method: 'POST', path: RELEASES, access: write, handle: create },
  { method: 'GET', path: `${RELEASES}/latest`, access: read, handle: latest },
  { method: 'GET', path: `${RELEASES}/tags/{tag}`, access: read, handle: byTag },
  {
    method: 'GET',
    path: `${RELEASES}/{release_id}`,
    access: read,
    handle: (call) => answer(call, existingRelease(call)),
  },
  { method: 'PATCH', path: `${RELEASES}/{release_id}`, access: write, handle: update },
  { method: 'DELETE', path: `${RELEASES}/{release_id}`, access: write, handle: remove },
  { method: 'GET', path: IMMUTABLE, access: administration('read'), handle: immutability },
  { method: 'PUT', path: IMMUTABLE, access: administration('write'), handle: (call) => setImmutability(call, true) },
  { method: 'DELETE', path: IMMUTABLE, access: administration('write'), handle: (call) => setImmutability(call, false) },
];
