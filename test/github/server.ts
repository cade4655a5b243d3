import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { BlobError, TwirpError } from './errors.js';
import { type Faults, faultAnswer } from './faults.js';
import type { Oidc } from './oidc.js';
import { isUpload, type RestApi } from './rest/api.js';
import type { Blobs } from './results/blobs.js';
import { answerTwirp, type Service } from './results/service.js';
import type { Tokens } from './tokens.js';
import type { Fault, LoggedRequest, Violation } from './types.js';

/** JSON bodies; blocks of blobs and assets of releases may be of any size. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

export interface ServerParts {
  readonly rest: RestApi;
  readonly services: Readonly<Record<string, Service>>;
  readonly blobs: Blobs;
  readonly oidc: Oidc;
  readonly tokens: Tokens;
  readonly faults: Faults;
  readonly maxDelayMs: number;
  readonly log: LoggedRequest[];
  readonly violations: Violation[];
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes?: Buffer | undefined;
}

interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

type ServiceKind = 'rest' | 'twirp' | 'blob' | 'oidc';

const PREFIXES: readonly (readonly [string, ServiceKind])[] = [
  ['/twirp/', 'twirp'],
  ['/blobs/', 'blob'],
  ['/oidc/', 'oidc'],
];

/**
 * Listens on a free port of 127.0.0.1: REST at the root, the results services below /twirp/, blobs below /blobs/, the
 * identities of jobs below /oidc/.
 */
export async function listen(parts: ServerParts): Promise<{ origin: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(parts, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}

async function answer(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // The raw target: URL would resolve dot segments that a hostile path relies on.
  const [path = '/', ...rest] = (request.url ?? '/').split('?');
  const search = rest.join('?');
  const incoming: Incoming = {
    method: (request.method ?? 'GET').toUpperCase(),
    path,
    search,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
  };
  const kind = PREFIXES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'rest';
  const fault = parts.faults.take(incoming.method, search === '' ? path : `${path}?${search}`);
  const by = describeSender(parts.tokens, incoming, kind);
  const log = (status: number): void => {
    const shown = search === '' || kind === 'blob' ? path : `${path}?${search}`;
    parts.log.push({ method: incoming.method, path: shown, status, by, ...(fault === undefined ? {} : { fault: fault.kind }) });
  };
  if (fault?.kind === 'drop') {
    log(0);
    request.socket.destroy();
    return;
  }
  let body: Buffer | undefined;
  try {
    const any = kind === 'blob' || isUpload(path);
    body = await readBody(request, any ? Number.POSITIVE_INFINITY : MAX_JSON_BYTES);
  } catch {
    // The client went away in the middle of its request.
    breakUpload(parts, incoming, kind);
    log(0);
    return;
  }
  let reply: Reply;
  try {
    reply = body === undefined ? tooLarge() : await replyTo(parts, incoming, kind, body, fault);
  } catch (error) {
    // A mistake of ours, which nobody may take for an answer of GitHub.
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    parts.violations.push({ side: 'response', operation: `${incoming.method} ${path}`, problems: [message] });
    reply = json(500, kind === 'twirp' ? { code: 'internal', msg: message } : { message });
  }
  if (fault?.kind === 'drop-after') {
    log(0);
    request.socket.destroy();
    return;
  }
  log(reply.status);
  send(response, incoming.method, reply);
}

async function replyTo(
  parts: ServerParts,
  incoming: Incoming,
  kind: ServiceKind,
  body: Buffer,
  fault: Fault | undefined,
): Promise<Reply> {
  if (fault?.kind === 'slow') await wait(Math.min(fault.delayMs ?? 250, parts.maxDelayMs));
  if (fault?.kind === 'status' || fault?.kind === 'rate-limit') {
    const { status, headers, text } = faultAnswer(fault, kind === 'oidc' ? 'rest' : kind);
    if (status >= 500) breakUpload(parts, incoming, kind);
    return { status, headers, bytes: Buffer.from(text, 'utf8') };
  }
  const query = new URLSearchParams(incoming.search);
  if (kind === 'rest') return parts.rest.answer({ ...incoming, query, body });
  if (kind === 'twirp') return twirpReply(parts, incoming, body);
  if (kind === 'oidc') {
    const { method, path, headers } = incoming;
    const answered = parts.oidc.answer({
      method,
      path: path.slice('/oidc'.length),
      query,
      authorization: headers.authorization,
    });
    return json(answered.status, answered.body);
  }
  return blobReply(parts, incoming, query, body);
}

function breakUpload(parts: ServerParts, incoming: Incoming, kind: ServiceKind): void {
  if (kind !== 'rest') return;
  parts.rest.brokenUpload({ ...incoming, query: new URLSearchParams(incoming.search), body: Buffer.alloc(0) });
}

function twirpReply(parts: ServerParts, incoming: Incoming, body: Buffer): Reply {
  try {
    return json(200, answerTwirp(parts.services, parts.tokens, { ...incoming, body }));
  } catch (error) {
    if (!(error instanceof TwirpError)) throw error;
    return json(error.status, { code: error.code, msg: error.message });
  }
}

function blobReply(parts: ServerParts, incoming: Incoming, query: URLSearchParams, body: Buffer): Reply {
  try {
    return parts.blobs.answer(incoming.method, incoming.path.slice('/blobs/'.length), query, incoming.headers, body);
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    const text = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message></Error>`;
    const headers = { 'Content-Type': 'application/xml', 'x-ms-error-code': error.code };
    return { status: error.status, headers, bytes: Buffer.from(text, 'utf8') };
  }
}

/** The whole body; undefined when it is over the limit. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
  }
  return size > limit ? undefined : Buffer.concat(chunks);
}

function send(response: ServerResponse, method: string, reply: Reply): void {
  const bytes = reply.bytes ?? Buffer.alloc(0);
  const bodiless = reply.status === 204 || reply.status === 304;
  response.writeHead(reply.status, {
    ...reply.headers,
    'X-GitHub-Request-Id': Math.random().toString(16).slice(2).toUpperCase(),
    ...(bodiless ? {} : { 'Content-Length': String(bytes.length) }),
  });
  response.end(method === 'HEAD' || bodiless ? undefined : bytes);
}

function describeSender(tokens: Tokens, incoming: Incoming, kind: ServiceKind): string {
  if (kind === 'blob') return 'anonymous';
  if (kind === 'twirp' || kind === 'oidc') {
    const job = tokens.runtimeJob(incoming.headers.authorization);
    return job === undefined ? 'unknown' : `job ${job.job.name}`;
  }
  const actor = tokens.actor(incoming.headers.authorization);
  if (actor === undefined) return 'unknown';
  if (actor.kind === 'anonymous') return 'anonymous';
  return actor.kind === 'job' ? `job ${actor.job.job.name}` : actor.login;
}

function tooLarge(): Reply {
  return json(413, { message: 'Payload Too Large' });
}

function json(status: number, body: unknown): Reply {
  const headers = { 'Content-Type': 'application/json; charset=utf-8' };
  return { status, headers, bytes: Buffer.from(JSON.stringify(body), 'utf8') };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
