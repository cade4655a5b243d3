import { GitHubError, notFound } from '../errors.js';
import { type Fields, isFields, textOf } from '../fields.js';
import {
  type Commit,
  decodeCommit,
  decodeTag,
  encodeCommit,
  encodeTag,
  type GitObject,
  type ObjectKind,
  type Person,
  type Tag,
} from '../objects/object.js';
import type { Access } from '../permissions.js';
import { APP_LOGIN, loginOf, nodeId, stableNumber, timestamp } from '../state.js';
import { htmlUrl, repositoryUrl } from './repos.js';
import type { Answer, Call, Route } from './route.js';
import { simpleUser } from './users.js';

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

/** The address of an object, such as `.../git/commits/<sha>`. */
export function objectUrl(call: Call, kind: ObjectKind, sha: string): string {
  return `${repositoryUrl(call.record.repository, call.apiUrl)}/git/${kind}s/${sha}`;
}

export function objectNodeId(prefix: string, call: Call, sha: string): string {
  return nodeId(prefix, stableNumber(`${call.record.repository.id} ${sha}`));
}

/** The object of this kind that a path names. */
export async function existingObject(call: Call, kind: ObjectKind, sha: string): Promise<GitObject> {
  const object = /^[0-9a-f]{40}$/.test(sha) ? await call.record.objects.read(sha) : undefined;
  if (object?.kind !== kind) throw notFound();
  return object;
}

/** Keeps an object; a 422 where git does not take it. */
export async function keep(call: Call, object: GitObject): Promise<string> {
  const sha = await call.record.objects.write(object);
  if (sha === undefined) throw new GitHubError(422, `Invalid ${object.kind} object`);
  return sha;
}

function commitObject(call: Call, sha: string, commit: Commit) {
  const html = (commitSha: string): string => `${htmlUrl(call.record.repository)}/commit/${commitSha}`;
  return {
    sha,
    node_id: objectNodeId('C_', call, sha),
    url: objectUrl(call, 'commit', sha),
    html_url: html(sha),
    author: personObject(commit.author),
    committer: personObject(commit.committer),
    tree: { sha: commit.tree, url: objectUrl(call, 'tree', commit.tree) },
    message: commit.message,
    parents: commit.parents.map((parent) => ({
      sha: parent,
      url: objectUrl(call, 'commit', parent),
      html_url: html(parent),
    })),
    verification: UNSIGNED,
  };
}

function personObject({ name, email, at }: Person) {
  return { name, email, date: timestamp(at) };
}

function tagObject(call: Call, sha: string, { object, kind, name, tagger, message }: Tag) {
  return {
    node_id: objectNodeId('TA_', call, sha),
    tag: name,
    sha,
    url: objectUrl(call, 'tag', sha),
    message,
    tagger: personObject(tagger ?? { name: '', email: '', at: 0 }),
    object: { sha: object, type: kind, url: objectUrl(call, kind, object) },
    verification: UNSIGNED,
  };
}

async function getCommit(call: Call): Promise<Answer> {
  const sha = call.params.commit_sha!;
  const { bytes } = await existingObject(call, 'commit', sha);
  return { status: 200, body: commitObject(call, sha, decodeCommit(bytes)) };
}

async function createCommit(call: Call): Promise<Answer> {
  const { body } = call;
  const tree = textOf(body, 'tree') ?? '';
  const { objects } = call.record;
  if ((await objects.read(tree))?.kind !== 'tree') throw new GitHubError(422, 'Tree SHA does not exist');
  const parents = (Array.isArray(body.parents) ? body.parents : []).map(String);
  for (const parent of parents) {
    if ((await objects.read(parent))?.kind !== 'commit') {
      throw new GitHubError(422, 'Parent SHA does not exist or is not a commit object');
    }
  }
  const author = personOf(call, body.author);
  const committer = body.committer === undefined ? author : personOf(call, body.committer);
  const commit: Commit = { tree, parents, author, committer, message: textOf(body, 'message') ?? '' };
  const sha = await keep(call, encodeCommit(commit));
  const answer = commitObject(call, sha, commit);
  return { status: 201, body: answer, headers: { Location: answer.url } };
}

/** The person that a request names; unless it does, the one who sends it, now. */
function personOf(call: Call, given: unknown): Person {
  const login = loginOf(call.actor);
  const fields: Fields = isFields(given) ? given : {};
  const { id } = simpleUser(login, call.apiUrl);
  const date = Date.parse(textOf(fields, 'date') ?? '');
  return {
    name: textOf(fields, 'name') ?? login,
    email: textOf(fields, 'email') ?? `${id}+${login === APP_LOGIN ? APP_LOGIN : login}@users.noreply.github.com`,
    // Git keeps whole seconds.
    at: Math.floor((Number.isNaN(date) ? call.state.now() : date) / 1000) * 1000,
  };
}

async function getTag(call: Call): Promise<Answer> {
  const sha = call.params.tag_sha!;
  const { bytes } = await existingObject(call, 'tag', sha);
  return { status: 200, body: tagObject(call, sha, decodeTag(bytes)) };
}

/** A tag object alone: nobody sees it as a tag before a ref names it. */
async function createTag(call: Call): Promise<Answer> {
  const { body } = call;
  const object = textOf(body, 'object') ?? '';
  const kind = textOf(body, 'type') as ObjectKind;
  const known = /^[0-9a-f]{40}$/.test(object) ? await call.record.objects.read(object) : undefined;
  if (known?.kind !== kind) throw new GitHubError(422, `Invalid object: ${object} is no ${kind} here`);
  const tag: Tag = {
    ...{ object, kind, name: textOf(body, 'tag') ?? '', tagger: personOf(call, body.tagger) },
    message: textOf(body, 'message') ?? '',
  };
  const sha = await keep(call, encodeTag(tag));
  const answer = tagObject(call, sha, tag);
  return { status: 201, body: answer, headers: { Location: answer.url } };
}

async function getBlob(call: Call): Promise<Answer> {
  const sha = call.params.file_sha!;
  const { bytes } = await existingObject(call, 'blob', sha);
  if (/application\/vnd\.github(\.v3)?\.raw/.test(call.accept)) {
    return { status: 200, raw: { bytes, contentType: 'application/vnd.github.raw+json; charset=utf-8' } };
  }
  return {
    status: 200,
    body: {
      sha,
      node_id: objectNodeId('B_', call, sha),
      size: bytes.length,
      url: objectUrl(call, 'blob', sha),
      content: bytes.toString('base64').replace(/.{60}/g, '$&\n'),
      encoding: 'base64',
    },
  };
}

async function createBlob(call: Call): Promise<Answer> {
  const content = textOf(call.body, 'content') ?? '';
  const encoding = textOf(call.body, 'encoding') ?? 'utf-8';
  if (encoding !== 'utf-8' && encoding !== 'base64') throw new GitHubError(422, `Invalid encoding: ${encoding}`);
  const sha = await keep(call, { kind: 'blob', bytes: Buffer.from(content, encoding) });
  const url = objectUrl(call, 'blob', sha);
  return { status: 201, body: { sha, url }, headers: { Location: url } };
}

const read: Access = { level: 'read', anyOf: ['contents'] };
const write: Access = { level: 'write', anyOf: ['contents'] };
const GIT = '/repos/{owner}/{repo}/git';

export const gitDataRoutes: readonly Route[] = [
  { method: 'GET', path: `${GIT}/commits/{commit_sha}`, access: read, handle: getCommit },
  { method: 'POST', path: `${GIT}/commits`, access: write, handle: createCommit },
  { method: 'GET', path: `${GIT}/tags/{tag_sha}`, access: read, handle: getTag },
  { method: 'POST', path: `${GIT}/tags`, access: write, handle: createTag },
  { method: 'GET', path: `${GIT}/blobs/{file_sha}`, access: read, handle: getBlob },
  { method: 'POST', path: `${GIT}/blobs`, access: write, handle: createBlob },
];
