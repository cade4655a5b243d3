import { GitHubError, notFound } from '../errors.js';
import { textOf } from '../fields.js';
import { isRefName, type Ref } from '../objects/store.js';
import type { Access } from '../permissions.js';
import { nodeId, stableNumber } from '../state.js';
import { repositoryUrl } from './repos.js';
import type { Answer, Call, Route } from './route.js';

const ABSENT = '0'.repeat(40);

function refObject(call: Call, { name, sha, kind }: Ref) {
  const git = `${repositoryUrl(call.record.repository, call.apiUrl)}/git`;
  // Letters such as the # of a stage's tag would end the address.
  const path = name.split('/').map(encodeURIComponent).join('/');
  return {
    ref: name,
    node_id: nodeId('REF_', stableNumber(`${call.record.repository.id} ${name}`)),
    url: `${git}/${path}`,
    object: { type: kind, sha, url: `${git}/${kind}s/${sha}` },
  };
}

async function existing(call: Call): Promise<Ref | undefined> {
  const name = `refs/${call.params.ref ?? ''}`;
  return isRefName(name) ? call.record.objects.ref(name) : undefined;
}

async function get(call: Call): Promise<Answer> {
  const found = await existing(call);
  if (found === undefined) throw notFound();
  return { status: 200, body: refObject(call, found) };
}

/** All refs whose names begin so; an empty list where there are none. */
async function listMatching(call: Call): Promise<Answer> {
  const prefix = `refs/${call.params.ref ?? ''}`;
  const found = (await call.record.objects.refs()).filter(({ name }) => name.startsWith(prefix));
  return { status: 200, body: found.map((ref) => refObject(call, ref)) };
}

async function create(call: Call): Promise<Answer> {
  const { objects } = call.record;
  const name = textOf(call.body, 'ref') ?? '';
  const sha = textOf(call.body, 'sha') ?? '';
  if (!isRefName(name)) throw new GitHubError(422, `${name} is not a valid ref name.`);
  if ((await objects.ref(name)) !== undefined) throw alreadyExists();
  await assertTarget(call, name, sha);
  if (call.record.reservedTags.has(name.replace(/^refs\/tags\//, ''))) throw ruleViolation('creations');
  if (!(await objects.setRef(name, sha, undefined))) {
    // Two at once: the other one was first. Else the name is part of another ref's path, or the other way round.
    throw (await objects.ref(name)) === undefined ? new GitHubError(422, 'Reference cannot be created') : alreadyExists();
  }
  raiseCreated(call, name, sha);
  const answer = refObject(call, (await objects.ref(name))!);
  return { status: 201, body: answer, headers: { Location: answer.url } };
}

/** Says that a branch or tag came to be, as a push of it does too. */
export function raiseCreated(call: Call, name: string, sha: string): void {
  const [, kind = '', short = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(name) ?? [];
  if (kind === '') return;
  const { state, record, actor } = call;
  const payload = { ref: short, ref_type: kind === 'tags' ? 'tag' : 'branch', master_branch: record.repository.defaultBranch };
  state.raise('create', undefined, record.repository, actor, { ref: name, payload });
  raisePush(call, name, ABSENT, sha);
}

/** Says that a branch or tag was moved, as a push of it does. */
export function raisePush(call: Call, ref: string, before: string, after: string, forced = false): void {
  if (!/^refs\/(heads|tags)\//.test(ref)) return;
  const payload = { ref, before, after, created: before === ABSENT, deleted: after === ABSENT, forced };
  call.state.raise('push', undefined, call.record.repository, call.actor, { ref, payload });
}

async function update(call: Call): Promise<Answer> {
  const { objects } = call.record;
  const ref = await existing(call);
  if (ref === undefined) throw new GitHubError(422, 'Reference does not exist');
  const sha = textOf(call.body, 'sha') ?? '';
  await assertTarget(call, ref.name, sha);
  assertNotFrozen(call, ref.name, 'updates');
  const forward = await objects.isAncestor(ref.sha, sha);
  if (!forward && call.body.force !== true) throw new GitHubError(422, 'Update is not a fast forward');
  if (!(await objects.setRef(ref.name, sha, ref.sha))) throw new GitHubError(422, 'Reference cannot be updated');
  raisePush(call, ref.name, ref.sha, sha, !forward);
  return { status: 200, body: refObject(call, (await objects.ref(ref.name))!) };
}

async function remove(call: Call): Promise<Answer> {
  const { record, state, actor } = call;
  const ref = await existing(call);
  if (ref === undefined) throw new GitHubError(422, 'Reference does not exist');
  if (ref.name === `refs/heads/${record.repository.defaultBranch}`) {
    throw new GitHubError(422, 'Cannot delete the default branch');
  }
  assertNotFrozen(call, ref.name, 'deletions');
  if (!(await record.objects.deleteRef(ref.name, ref.sha))) throw new GitHubError(422, 'Reference does not exist');
  // A release whose tag goes becomes a draft again.
  const tag = tagOf(ref.name);
  for (const release of state.releases) {
    if (release.repository.id === record.repository.id && release.tag === tag) release.draft = true;
  }
  const [, kind = '', short = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(ref.name) ?? [];
  if (kind !== '') {
    const payload = { ref: short, ref_type: kind === 'tags' ? 'tag' : 'branch' };
    state.raise('delete', undefined, record.repository, actor, { ref: ref.name, payload });
    raisePush(call, ref.name, ref.sha, ABSENT);
  }
  return { status: 204 };
}

/** Throws where the object is unknown, or none that such a ref may name. */
async function assertTarget(call: Call, name: string, sha: string): Promise<void> {
  const object = /^[0-9a-f]{40}$/.test(sha) ? await call.record.objects.read(sha) : undefined;
  if (object === undefined) throw new GitHubError(422, 'Object does not exist');
  if (name.startsWith('refs/heads/') && object.kind !== 'commit') throw new GitHubError(422, 'Object is not a commit');
}

/** The tag of an immutable release stays as it is while the release is there. */
function assertNotFrozen(call: Call, name: string, what: 'updates' | 'deletions'): void {
  const tag = tagOf(name);
  const frozen = call.state.releases.some(
    (release) => release.repository.id === call.record.repository.id && release.immutable && release.tag === tag,
  );
  if (frozen) throw ruleViolation(what);
}

function tagOf(name: string): string | undefined {
  return /^refs\/tags\/(.+)$/.exec(name)?.[1];
}

function ruleViolation(what: 'creations' | 'updates' | 'deletions'): GitHubError {
  const verb = { creations: 'create', updates: 'update', deletions: 'delete' }[what];
  return new GitHubError(422, `Repository rule violations found\n\nCannot ${verb} ref due to ${what} being restricted.\n\n`);
}

function alreadyExists(): GitHubError {
  return new GitHubError(422, 'Reference already exists');
}

const read: Access = { level: 'read', anyOf: ['contents'] };
const write: Access = { level: 'write', anyOf: ['contents'] };
const GIT = '/repos/{owner}/{repo}/git';

export const refRoutes: readonly Route[] = [
  { method: 'GET', path: `${GIT}/ref/{ref}`, access: read, handle: get },
  { method: 'GET', path: `${GIT}/matching-refs/{ref}`, access: read, handle: listMatching },
  { method: 'POST', path: `${GIT}/refs`, access: write, handle: create },
  { method: 'PATCH', path: `${GIT}/refs/{ref}`, access: write, handle: update },
  { method: 'DELETE', path: `${GIT}/refs/{ref}`, access: write, handle: remove },
];
