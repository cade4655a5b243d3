import { createHash } from 'node:crypto';
import { GitHubError, invalidField, notFound } from '../errors.js';
import { textOf } from '../fields.js';
import { paginate } from '../paging.js';
import { type Access, isAllowed } from '../permissions.js';
import { type AssetRecord, loginOf, type ReleaseRecord } from '../state.js';
import { assetObject } from './release-objects.js';
import { existingRelease } from './releases.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';

const MAX_ASSETS = 1000;
const DOWNLOAD_SECONDS = 300;

const read: Access = { level: 'read', anyOf: ['contents'] };
const write: Access = { level: 'write', anyOf: ['contents'] };

function existing(call: Call): { release: ReleaseRecord; asset: AssetRecord } {
  const id = idOf(call, 'asset_id');
  const writes = isAllowed(call.actor, call.record, write);
  for (const release of call.state.releases) {
    if (release.repository.id !== call.record.repository.id || (release.draft && !writes)) continue;
    const asset = release.assets.find((other) => other.id === id);
    if (asset !== undefined) return { release, asset };
  }
  throw notFound();
}

function list(call: Call): Answer {
  const release = existingRelease(call);
  const { items, link } = paginate(release.assets, call.url, call.query);
  return withLink(
    items.map((asset) => assetObject(call, release, asset)),
    link,
  );
}

/** The description, or with `Accept: application/octet-stream` the way to the bytes. */
function get(call: Call): Answer {
  const { release, asset } = existing(call);
  if (!/application\/octet-stream/.test(call.accept)) return { status: 200, body: assetObject(call, release, asset) };
  if (asset.state === 'starter') throw notFound();
  asset.downloads += 1;
  const Location = call.blobs.sign(call.apiUrl, asset.blob, 'r', DOWNLOAD_SECONDS, asset.name);
  return { status: 302, headers: { Location } };
}

function upload(call: Call): Answer {
  const { asset, release } = addAsset(call, call.bytes);
  return { status: 201, body: assetObject(call, release, asset) };
}

/** What an upload that breaks off leaves: an asset of that name without content, if it would have been taken. */
export function leaveStarter(call: Call): void {
  addAsset(call, undefined);
}

function addAsset(call: Call, bytes: Buffer | undefined): { release: ReleaseRecord; asset: AssetRecord } {
  const { state, blobs } = call;
  const release = existingRelease(call);
  if (release.immutable) throw new GitHubError(422, 'Cannot upload assets to an immutable release.');
  const name = assetName(call.query.get('name') ?? '');
  const contentType = call.headers['content-type'] ?? '';
  // GitHub stores no stream whose end it does not know.
  if (call.headers['content-length'] === undefined) throw new GitHubError(400, 'Bad Content-Length');
  if (contentType === '') throw invalid('missing_field', 'content_type');
  assertFree(release, name);
  if (release.assets.length >= MAX_ASSETS) {
    throw invalid('custom', 'file_count', `file_count limited to ${MAX_ASSETS} assets per release`);
  }
  if (bytes?.length === 0) throw new GitHubError(400, 'Bad Content-Length');
  const id = state.nextId('asset');
  const blob = `release-assets/${id}`;
  if (bytes !== undefined) blobs.put(blob, bytes, contentType);
  const now = state.now();
  const asset: AssetRecord = {
    ...{ id, name, label: call.query.get('label') ?? '', state: bytes === undefined ? 'starter' : 'uploaded', contentType },
    size: bytes?.length ?? 0,
    digest: bytes === undefined ? null : `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    ...{ blob, uploader: loginOf(call.actor), downloads: 0, createdAt: now, updatedAt: now },
  };
  release.assets = [...release.assets, asset];
  return { release, asset };
}

function update(call: Call): Answer {
  const { release, asset } = existing(call);
  if (release.immutable) throw new GitHubError(422, 'Cannot edit assets of an immutable release.');
  const given = textOf(call.body, 'name');
  const name = given === undefined ? asset.name : assetName(given);
  if (name !== asset.name) assertFree(release, name);
  asset.name = name;
  asset.label = textOf(call.body, 'label') ?? asset.label;
  asset.updatedAt = call.state.now();
  return { status: 200, body: assetObject(call, release, asset) };
}

function remove(call: Call): Answer {
  const { release, asset } = existing(call);
  if (release.immutable) throw new GitHubError(422, 'Cannot delete asset from an immutable release.');
  release.assets = release.assets.filter((other) => other !== asset);
  call.blobs.delete(asset.blob);
  return { status: 204 };
}

function assertFree(release: ReleaseRecord, name: string): void {
  if (release.assets.some((asset) => asset.name === name)) throw invalid('already_exists', 'name');
}

function invalid(code: string, field: string, message?: string): GitHubError {
  return invalidField({ resource: 'ReleaseAsset', code, field, ...(message === undefined ? {} : { message }) });
}

/**
 * The name that GitHub makes of an asset's: without accents, a dot for each run of characters other than ASCII letters,
 * digits, `-`, `_`, `+` and `@`, no dot at either end, and `default` where only an extension would be left.
 */
export function assetName(given: string): string {
  const plain = given.normalize('NFD').replace(/\p{Mark}/gu, '');
  const named = plain.startsWith('.') ? `default${plain}` : plain;
  const dotted = named.replace(/[^A-Za-z0-9_+@-]+/g, '.').replace(/^\.|\.$/g, '');
  if (dotted === '') throw invalid('missing_field', 'name');
  return dotted !== given && !dotted.includes('.') ? `default.${dotted}` : dotted;
}

const RELEASES = '/repos/{owner}/{repo}/releases';
const ASSET = `${RELEASES}/assets/{asset_id}`;

export const releaseAssetRoutes: readonly Route[] = [
  { method: 'GET', path: `${RELEASES}/{release_id}/assets`, access: read, handle: list },
  { method: 'POST', path: `${RELEASES}/{release_id}/assets`, access: write, upload: true, handle: upload },
  { method: 'GET', path: ASSET, access: read, handle: get },
  { method: 'PATCH', path: ASSET, access: write, handle: update },
  { method: 'DELETE', path: ASSET, access: write, handle: remove },
];
