import { createHash } from 'node:crypto';

export type ObjectKind = 'blob' | 'tree' | 'commit' | 'tag';

/** An object as git keeps it: its kind and, without header, its bytes. */
export interface GitObject {
  readonly kind: ObjectKind;
  readonly bytes: Buffer;
}

export interface Person {
  readonly name: string;
  readonly email: string;
  /** Milliseconds since the epoch; git keeps whole seconds. */
  readonly at: number;
}

export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
}

export interface Tag {
  readonly object: string;
  readonly kind: ObjectKind;
  readonly name: string;
  /** Absent in some tags of old. */
  readonly tagger: Person | undefined;
  readonly message: string;
}

export interface TreeEntry {
  /** Without leading zero, as git keeps it: `100644`, `100755`, `120000`, `160000` or `40000`. */
  readonly mode: string;
  readonly name: string;
  readonly sha: string;
}

export const DIRECTORY_MODE = '40000';
export const SUBMODULE_MODE = '160000';

/** The SHA-1 by which git knows an object. */
export function objectId({ kind, bytes }: GitObject): string {
  return createHash('sha1').update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex');
}

export function encodeCommit({ tree, parents, author, committer, message }: Commit): GitObject {
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${encodePerson(author)}`,
    `committer ${encodePerson(committer)}`,
  ];
  return { kind: 'commit', bytes: Buffer.from(`${lines.join('\n')}\n\n${message}`) };
}

export function decodeCommit(bytes: Buffer): Commit {
  const { headers, message } = split(bytes);
  const committer = decodePerson(one(headers, 'committer') ?? '');
  return {
    tree: one(headers, 'tree') ?? '',
    parents: headers.filter(([name]) => name === 'parent').map(([, value]) => value),
    author: decodePerson(one(headers, 'author') ?? ''),
    committer,
    message,
  };
}

export function encodeTag({ object, kind, name, tagger, message }: Tag): GitObject {
  const lines = [`object ${object}`, `type ${kind}`, `tag ${name}`];
  if (tagger !== undefined) lines.push(`tagger ${encodePerson(tagger)}`);
  return { kind: 'tag', bytes: Buffer.from(`${lines.join('\n')}\n\n${message}`) };
}

export function decodeTag(bytes: Buffer): Tag {
  const { headers, message } = split(bytes);
  const tagger = one(headers, 'tagger');
  return {
    object: one(headers, 'object') ?? '',
    kind: (one(headers, 'type') ?? 'commit') as ObjectKind,
    name: one(headers, 'tag') ?? '',
    tagger: tagger === undefined ? undefined : decodePerson(tagger),
    message,
  };
}

/** The entries in the order that git demands, whatever theirs was. */
export function encodeTree(entries: readonly TreeEntry[]): GitObject {
  // Git compares a directory's name as if a slash ended it.
  const key = ({ mode, name }: TreeEntry): Buffer => Buffer.from(mode === DIRECTORY_MODE ? `${name}/` : name);
  const sorted = entries.toSorted((a, b) => Buffer.compare(key(a), key(b)));
  const parts = sorted.flatMap(({ mode, name, sha }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(sha, 'hex')]);
  return { kind: 'tree', bytes: Buffer.concat(parts) };
}

export function decodeTree(bytes: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    const [mode = '', ...name] = bytes.toString('utf8', at, end).split(' ');
    entries.push({ mode, name: name.join(' '), sha: bytes.toString('hex', end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

/** The kind of object that an entry of this mode names. */
export function kindOfMode(mode: string): 'blob' | 'tree' | 'commit' {
  if (mode === DIRECTORY_MODE) return 'tree';
  return mode === SUBMODULE_MODE ? 'commit' : 'blob';
}

function encodePerson({ name, email, at }: Person): string {
  const clean = (text: string): string => text.replace(/[<>\r\n\0]/g, '').trim();
  return `${clean(name)} <${clean(email)}> ${Math.floor(at / 1000)} +0000`;
}

function decodePerson(text: string): Person {
  const [, name = '', email = '', seconds = '0'] = /^(.*?) ?<([^>]*)> (\d+)/.exec(text) ?? [];
  return { name, email, at: Number(seconds) * 1000 };
}

/** Headers and message; what continues a header (signatures) is left out. */
function split(bytes: Buffer): { headers: readonly (readonly [string, string])[]; message: string } {
  const text = bytes.toString('utf8');
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const headers = head
    .split('\n')
    .filter((line) => !line.startsWith(' '))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
  return { headers, message: end < 0 ? '' : text.slice(end + 2) };
}

function one(headers: readonly (readonly [string, string])[], name: string): string | undefined {
  return headers.find(([header]) => header === name)?.[1];
}
