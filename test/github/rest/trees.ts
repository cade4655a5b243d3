import { GitHubError, notFound } from '../errors.js';
import { type Fields, isFields, textOf } from '../fields.js';
import { DIRECTORY_MODE, decodeCommit, decodeTree, encodeTree, kindOfMode, type TreeEntry } from '../objects/object.js';
import type { ObjectStore } from '../objects/store.js';
import type { Access } from '../permissions.js';
import { existingObject, keep, objectUrl } from './git-data.js';
import { findCommit } from './repos.js';
import type { Answer, Call, Route } from './route.js';

/** A change to one path of a tree: another object, or (undefined) none. */
interface Change {
  readonly path: readonly string[];
  readonly entry: { readonly mode: string; readonly sha: string } | undefined;
}

async function treeObject(call: Call, sha: string, recursive: boolean) {
  const root = decodeTree((await existingObject(call, 'tree', sha)).bytes);
  const tree = await listEntries(call, root, '', recursive);
  return { sha, url: objectUrl(call, 'tree', sha), tree, truncated: false };
}

async function listEntries(call: Call, entries: readonly TreeEntry[], prefix: string, recursive: boolean): Promise<unknown[]> {
  const { objects } = call.record;
  const listed: unknown[] = [];
  for (const { mode, name, sha } of entries) {
    const kind = kindOfMode(mode);
    const object = kind === 'commit' ? undefined : await objects.read(sha);
    const common = { path: prefix + name, mode: mode.padStart(6, '0'), type: kind, sha };
    if (kind === 'commit') listed.push(common);
    else if (kind === 'blob') {
      listed.push({ ...common, size: object?.bytes.length ?? 0, url: objectUrl(call, 'blob', sha) });
    } else {
      listed.push({ ...common, url: objectUrl(call, 'tree', sha) });
      const below = recursive && object !== undefined ? decodeTree(object.bytes) : [];
      listed.push(...(await listEntries(call, below, `${prefix}${name}/`, recursive)));
    }
  }
  return listed;
}

/** `tree_sha` may also be a commit, or a ref. */
async function get(call: Call): Promise<Answer> {
  const sha = (await treeOf(call.record.objects, call.params.tree_sha!)) ?? (await treeOfRef(call, call.params.tree_sha!));
  if (sha === undefined) throw notFound();
  return { status: 200, body: await treeObject(call, sha, call.query.has('recursive')) };
}

async function treeOfRef(call: Call, ref: string): Promise<string | undefined> {
  const commit = await findCommit(call, ref);
  return commit === undefined ? undefined : treeOf(call.record.objects, commit);
}

/** The tree that an id names, itself or as a commit's. */
async function treeOf(objects: ObjectStore, sha: string): Promise<string | undefined> {
  const object = /^[0-9a-f]{40}$/.test(sha) ? await objects.read(sha) : undefined;
  if (object?.kind === 'commit') return decodeCommit(object.bytes).tree;
  return object?.kind === 'tree' ? sha : undefined;
}

async function create(call: Call): Promise<Answer> {
  const given = textOf(call.body, 'base_tree');
  const base = given === undefined ? undefined : await treeOf(call.record.objects, given);
  if (given !== undefined && base === undefined) throw new GitHubError(422, 'base_tree is not a valid tree oid');
  const entries = (Array.isArray(call.body.tree) ? call.body.tree : []).filter(isFields);
  if (entries.length === 0) throw new GitHubError(422, 'Invalid tree info');
  const changes: Change[] = [];
  for (const entry of entries) changes.push(await changeOf(call, entry));
  const sha = await write(call, base, changes);
  const body = await treeObject(call, sha ?? (await keep(call, encodeTree([]))), false);
  return { status: 201, body, headers: { Location: body.url } };
}

async function changeOf(call: Call, given: Fields): Promise<Change> {
  const path = (textOf(given, 'path') ?? '').split('/');
  if (path.some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')) {
    throw new GitHubError(422, 'tree.path contains a malformed path component');
  }
  const content = textOf(given, 'content');
  if (content !== undefined && given.sha !== undefined)
    throw new GitHubError(422, 'Must supply tree.sha or tree.content, not both');
  if (given.sha === null) return { path, entry: undefined };
  const mode = (textOf(given, 'mode') ?? '').replace(/^0/, '');
  if (mode === '') throw new GitHubError(422, 'Must supply a valid tree.mode');
  if (content !== undefined) {
    if (kindOfMode(mode) !== 'blob') throw new GitHubError(422, 'tree.content is only for blobs');
    return { path, entry: { mode, sha: await keep(call, { kind: 'blob', bytes: Buffer.from(content) }) } };
  }
  const sha = textOf(given, 'sha');
  if (sha === undefined) throw new GitHubError(422, 'Must supply tree.sha or tree.content');
  const kind = kindOfMode(mode);
  if (kind !== 'commit' && (await call.record.objects.read(sha))?.kind !== kind) {
    throw new GitHubError(422, `tree.sha ${sha} is not a valid ${kind}`);
  }
  return { path, entry: { mode, sha } };
}

/** Writes what the changes make of a tree, from the bottom up; undefined where nothing is left in it. */
async function write(call: Call, base: string | undefined, changes: readonly Change[]): Promise<string | undefined> {
  const old = base === undefined ? undefined : await call.record.objects.read(base);
  const entries = new Map((old === undefined ? [] : decodeTree(old.bytes)).map((entry) => [entry.name, entry]));
  const below = new Map<string, Change[]>();
  for (const { path, entry } of changes) {
    const [name, ...rest] = path as [string, ...string[]];
    if (rest.length > 0) below.set(name, [...(below.get(name) ?? []), { path: rest, entry }]);
    else if (entry === undefined) entries.delete(name);
    else entries.set(name, { name, ...entry });
  }
  for (const [name, inner] of below) {
    const existing = entries.get(name);
    const sha = await write(call, existing?.mode === DIRECTORY_MODE ? existing.sha : undefined, inner);
    if (sha === undefined) entries.delete(name);
    else entries.set(name, { name, mode: DIRECTORY_MODE, sha });
  }
  return entries.size === 0 ? undefined : keep(call, encodeTree([...entries.values()]));
}

const read: Access = { level: 'read', anyOf: ['contents'] };
const TREES = '/repos/{owner}/{repo}/git/trees';

export const treeRoutes: readonly Route[] = [
  { method: 'GET', path: `${TREES}/{tree_sha}`, access: read, handle: get },
  { method: 'POST', path: TREES, access: { level: 'write', anyOf: ['contents'] }, handle: create },
];
