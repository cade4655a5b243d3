import { createHash, timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import { formatBytes } from '../core/format.js';
import {
  ADMIN_PATHS,
  BUNDLE_CONTENT_TYPE,
  BUNDLE_HASH_HEADER,
  bundleHashSchema,
  type ModelsResponse,
  modelNameSchema,
  trafficRequestSchema,
  versionNameSchema,
} from './admin-api.js';
import { readBody } from './body.js';
import { jsonOf } from './protocols/protocol.js';
import { quote, RequestError } from './request-error.js';
import type { Serving } from './serving.js';

/** An archive of a bundle may have so many bytes. */
const LARGEST_ARCHIVE = 512 * 2 ** 20;

/** An upload from which nothing comes for so long is given up. */
const STALLED_MS = 30_000;

/** Errors of a connection that ends before the body does. */
const BROKEN: readonly string[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'];

const LARGEST_JSON = 256 * 1024;
const LARGEST_DISCARDED = 64 * 2 ** 20;

/** The admin API: versions and shares, for whoever has the token. */
export function addAdminRoutes(app: FastifyInstance, serving: Serving): void {
  const { store, settings } = serving;
  const isAllowed = settings.token === undefined ? undefined : tokenCheck(settings.token);
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null));
    // Before anything of the request is looked at.
    scope.addHook('onRequest', async (request, reply) => {
      if (!isAllowed) throw new RequestError(404, 'the admin API is off: start the server with MLOPS_SERVER_TOKEN');
      if (isAllowed(request.headers.authorization)) return;
      void reply.header('www-authenticate', 'Bearer');
      // A body is read and thrown away, so that its sender sees the answer; a huge one of a stranger is not worth it.
      if (Number(request.headers['content-length'] ?? 0) > LARGEST_DISCARDED) void reply.header('connection', 'close');
      request.raw.resume();
      throw new RequestError(401, 'accepted is the header "authorization: Bearer <MLOPS_SERVER_TOKEN>"');
    });

    scope.get(ADMIN_PATHS.models, (): ModelsResponse => ({ models: [...store.states()] }));

    scope.put<{ Params: { name: string; version: string } }>(
      ADMIN_PATHS.version(':name', ':version'),
      async (request, reply) => {
        const name = checked(modelNameSchema, request.params.name, "a model's name, as in its spec");
        const version = checked(versionNameSchema, request.params.version, 'a version such as v1.2.0');
        const { headers } = request.raw;
        const expected = checked(
          bundleHashSchema,
          headers[BUNDLE_HASH_HEADER],
          `the archive's sha256 as 64 hex digits in the header ${BUNDLE_HASH_HEADER}`,
        );
        if (headers['content-type'] !== BUNDLE_CONTENT_TYPE) {
          throw new RequestError(
            415,
            `found content-type ${quote(headers['content-type'] ?? 'none')}; accepted is ${BUNDLE_CONTENT_TYPE}`,
          );
        }
        const archive = await store.newArchive();
        try {
          const found = await receive(request.raw, archive);
          if (found !== expected.toLowerCase()) {
            throw new RequestError(
              422,
              `the archive's sha256 is ${found}, the header ${BUNDLE_HASH_HEADER} says ${expected.toLowerCase()}`,
            );
          }
          const { isNew, ...state } = await store.put(name, version, archive, found);
          if (isNew)
            serving.log(`Version ${version} of ${name} is loaded (${state.digest}), with ${state.share} % of the traffic`);
          return await reply.code(isNew ? 201 : 200).send(state);
        } finally {
          await rm(archive, { force: true });
        }
      },
    );

    scope.post<{ Params: { name: string } }>(ADMIN_PATHS.traffic(':name'), async (request) => {
      const body = await new Promise<Buffer>((resolve, reject) => {
        readBody(request.raw, { limit: LARGEST_JSON, ms: settings.bodyMs }, (error, bytes) =>
          error ? reject(error) : resolve(bytes),
        );
      });
      const { shares } = checked(
        trafficRequestSchema,
        jsonOf(body),
        '{"shares": {"<version>": <per cent>, ...}} with 100 in all',
      );
      const state = await store.setShares(request.params.name, new Map(Object.entries(shares)));
      const text = state.versions.map(({ version, share }) => `${version} ${share} %`).join(', ');
      serving.log(`The traffic of ${state.name}: ${text}`);
      return state;
    });

    scope.delete<{ Params: { name: string; version: string } }>(
      ADMIN_PATHS.version(':name', ':version'),
      async (request, reply) => {
        const { name, version } = request.params;
        await store.remove(name, version);
        serving.log(`Version ${version} of ${name} is gone`);
        return noContent(reply);
      },
    );
  });
}

function noContent(reply: FastifyReply): FastifyReply {
  return reply.code(204).send();
}

/** Compares in a time that depends neither on where the texts differ nor on their lengths. */
function tokenCheck(token: string): (header: string | undefined) => boolean {
  const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digestOf(token);
  return (header) => {
    const [, found = ''] = /^Bearer (.*)$/i.exec(header ?? '') ?? [];
    return timingSafeEqual(digestOf(found), expected) && found !== '';
  };
}

function checked<Output>(schema: z.ZodType<Output>, value: unknown, accepted: string): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue && issue.path.length > 0 ? ` (${issue.path.join('.')}: ${issue.message})` : '';
  const found = typeof value === 'string' ? `found ${quote(value)}; ` : '';
  throw new RequestError(400, `${found}accepted is ${accepted}${place}`);
}

/**
 * Writes a body to a file as it comes.
 * @returns its sha256, hex
 * @throws RequestError 413 when it is too large, 408 when it stops coming
 */
async function receive(request: IncomingMessage, file: string): Promise<string> {
  const tooLarge = new RequestError(413, `the archive is larger than ${formatBytes(LARGEST_ARCHIVE)}`);
  if (Number(request.headers['content-length']) > LARGEST_ARCHIVE) {
    request.resume();
    throw tooLarge;
  }
  const hash = createHash('sha256');
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), STALLED_MS);
  let bytes = 0;
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      timer.refresh();
      bytes += chunk.byteLength;
      hash.update(chunk);
      done(bytes > LARGEST_ARCHIVE ? tooLarge : null, chunk);
    },
  });
  try {
    await pipeline(request, measured, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal: stalled.signal });
  } catch (error) {
    if (stalled.signal.aborted) throw new RequestError(408, 'the archive did not arrive in time', { cause: error });
    const { code } = error as NodeJS.ErrnoException;
    if (!BROKEN.includes(code ?? '')) throw error;
    throw new RequestError(499, 'the client closed the connection', { cause: error });
  } finally {
    clearTimeout(timer);
  }
  return hash.digest('hex');
}
