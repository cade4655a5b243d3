import { notFound } from '../errors.js';
import { paginate } from '../paging.js';
import type { Access } from '../permissions.js';
import { type CacheRecord, timestamp } from '../state.js';
import { type Answer, type Call, idOf, type Route, withLink } from './route.js';

function cacheObject(entry: CacheRecord) {
  return {
    id: entry.id,
    ref: entry.scope,
    key: entry.key,
    version: entry.version,
    last_accessed_at: timestamp(entry.usedAt),
    created_at: timestamp(entry.createdAt),
    size_in_bytes: entry.size ?? 0,
  };
}

function all(call: Call): readonly CacheRecord[] {
  return call.state.caches.filter((entry) => entry.repository.id === call.record.repository.id && entry.size !== undefined);
}

const SORTS = {
  created_at: (entry: CacheRecord) => entry.createdAt,
  last_accessed_at: (entry: CacheRecord) => entry.usedAt,
  size_in_bytes: (entry: CacheRecord) => entry.size ?? 0,
} as const;

function list(call: Call): Answer {
  const { query } = call;
  const prefix = query.get('key') ?? '';
  const ref = query.get('ref');
  const by = SORTS[(query.get('sort') ?? 'last_accessed_at') as keyof typeof SORTS];
  const sign = query.get('direction') === 'asc' ? 1 : -1;
  const found = all(call)
    .filter((entry) => entry.key.startsWith(prefix) && (ref === null || entry.scope === ref))
    .toSorted((a, b) => (by(a) - by(b) || a.id - b.id) * sign);
  const { items, link } = paginate(found, call.url, query);
  return withLink({ total_count: found.length, actions_caches: items.map(cacheObject) }, link);
}

function remove(call: Call, entries: readonly CacheRecord[]): void {
  if (entries.length === 0) throw notFound();
  call.state.caches = call.state.caches.filter((entry) => !entries.includes(entry));
  for (const entry of entries) call.blobs.delete(entry.blob);
}

function removeByKey(call: Call): Answer {
  const ref = call.query.get('ref');
  const entries = all(call).filter((entry) => entry.key === call.query.get('key') && (ref === null || entry.scope === ref));
  remove(call, entries);
  return { status: 200, body: { total_count: entries.length, actions_caches: entries.map(cacheObject) } };
}

function removeById(call: Call): Answer {
  const id = idOf(call, 'cache_id');
  remove(
    call,
    all(call).filter((entry) => entry.id === id),
  );
  return { status: 204 };
}

const write: Access = { level: 'write', anyOf: ['actions'] };
const CACHES = '/repos/{owner}/{repo}/actions/caches';

export const cacheRoutes: readonly Route[] = [
  { method: 'GET', path: CACHES, access: { level: 'read', anyOf: ['actions'] }, handle: list },
  { method: 'DELETE', path: CACHES, access: write, handle: removeByKey },
  { method: 'DELETE', path: `${CACHES}/{cache_id}`, access: write, handle: removeById },
];
