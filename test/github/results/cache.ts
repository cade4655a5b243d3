import { createHash } from 'node:crypto';
import { TwirpError } from '../errors.js';
import { type Fields, textOf } from '../fields.js';
import type { CacheRecord, JobRecord, State } from '../state.js';
import type { Blobs } from './blobs.js';
import { cacheScopes } from './scopes.js';
import type { Service } from './service.js';

const SIGNED_SECONDS = 3_600;
const MAX_KEY_LENGTH = 512;
const MAX_KEYS = 10;

/** Service `github.actions.results.api.v1.CacheService`. */
export function cacheService(state: State, blobs: Blobs, origin: () => string): Service {
  return {
    GetCacheEntryDownloadURL(job, body) {
      const key = cacheKey(body.key);
      const restoreKeys = (Array.isArray(body.restore_keys) ? body.restore_keys : []).map(cacheKey);
      if (restoreKeys.length + 1 > MAX_KEYS) throw new TwirpError('invalid_argument', `at most ${MAX_KEYS} keys`);
      const found = lookUp(state, job, key, restoreKeys, textOf(body, 'version') ?? '');
      if (found === undefined) return { ok: false };
      found.usedAt = state.now();
      const url = blobs.sign(origin(), found.blob, 'r', SIGNED_SECONDS);
      return { ok: true, signed_download_url: url, matched_key: found.key };
    },

    CreateCacheEntry(job, body) {
      const entry = { repository: job.job.run.repository, key: cacheKey(body.key), version: versionOf(body) };
      const scope = cacheScopes(state, job.job.run).write;
      if (scope === undefined) return { ok: false, message: `cache write denied: ${job.job.run.event} runs may only read` };
      if (find(state, job, entry.key, entry.version, scope) !== undefined) {
        throw new TwirpError('already_exists', 'cache entry with the same key, version, and scope already exists');
      }
      const id = state.nextId('cache');
      const blob = `actions-cache/${createHash('sha256').update(`cache ${id}`).digest('hex')}`;
      blobs.create(blob);
      const now = state.now();
      state.caches.push({ ...entry, id, scope, blob, createdAt: now, usedAt: now, size: undefined });
      return { ok: true, signed_upload_url: blobs.sign(origin(), blob, 'w', SIGNED_SECONDS), message: '' };
    },

    FinalizeCacheEntryUpload(job, body) {
      const scope = cacheScopes(state, job.job.run).write ?? '';
      const entry = find(state, job, cacheKey(body.key), versionOf(body), scope);
      if (entry === undefined || entry.size !== undefined) {
        throw new TwirpError('not_found', 'no upload of this cache entry is under way');
      }
      const content = blobs.content(entry.blob);
      if (content === undefined || String(content.length) !== String(body.size_bytes ?? '0')) {
        throw new TwirpError(
          'invalid_argument',
          `size_bytes is ${String(body.size_bytes)}, ${content?.length ?? 0} bytes were uploaded`,
        );
      }
      blobs.seal(entry.blob);
      entry.size = content.length;
      return { ok: true, entry_id: String(entry.id), message: '' };
    },
  };
}

/** In each scope in turn: the key itself, what begins with it, then what begins with each restore key; newest first. */
function lookUp(
  state: State,
  job: JobRecord,
  key: string,
  restoreKeys: readonly string[],
  version: string,
): CacheRecord | undefined {
  for (const scope of cacheScopes(state, job.job.run).read) {
    const candidates = state.caches
      .filter((entry) => entry.repository.id === job.job.run.repository.id && entry.size !== undefined)
      .filter((entry) => entry.scope === scope && entry.version === version)
      .reverse();
    const exact = candidates.find((entry) => entry.key === key);
    if (exact !== undefined) return exact;
    for (const prefix of [key, ...restoreKeys]) {
      const partial = candidates.find((entry) => entry.key.startsWith(prefix));
      if (partial !== undefined) return partial;
    }
  }
  return undefined;
}

function find(state: State, job: JobRecord, key: string, version: string, scope: string): CacheRecord | undefined {
  return state.caches.find(
    (entry) =>
      entry.repository.id === job.job.run.repository.id &&
      entry.key === key &&
      entry.version === version &&
      entry.scope === scope,
  );
}

function cacheKey(key: unknown): string {
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH || key.includes(',')) {
    throw new TwirpError('invalid_argument', 'a key has 1 to 512 characters and no comma');
  }
  return key;
}

function versionOf(body: Fields): string {
  const version = textOf(body, 'version') ?? '';
  if (!/^[0-9a-f]{64}$/.test(version)) throw new TwirpError('invalid_argument', 'version is not a SHA-256 in hex');
  return version;
}
