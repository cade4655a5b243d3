import { TwirpError } from '../errors.js';
import { type Fields, isFields } from '../fields.js';
import type { JobRecord } from '../state.js';
import type { Tokens } from '../tokens.js';

/** The methods of one Twirp service. */
export type Service = Readonly<Record<string, (job: JobRecord, body: Fields) => Fields>>;

const PATH = /^\/twirp\/github\.actions\.results\.api\.v1\.(\w+)\/(\w+)$/;

/** Answers a Twirp request in JSON; throws `TwirpError` for everything that is not a success. */
export function answerTwirp(
  services: Readonly<Record<string, Service>>,
  tokens: Tokens,
  request: { method: string; path: string; headers: Readonly<Record<string, string | undefined>>; body: Buffer },
): Fields {
  const route = PATH.exec(request.path);
  const service = route === null || !Object.hasOwn(services, route[1]!) ? undefined : services[route[1]!];
  const method = service === undefined || !Object.hasOwn(service, route![2]!) ? undefined : service[route![2]!];
  if (method === undefined || request.method !== 'POST') {
    throw new TwirpError('bad_route', `no handler for path ${request.path}`);
  }
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) {
    throw new TwirpError('bad_route', 'unexpected Content-Type');
  }
  const job = tokens.runtimeJob(request.headers.authorization);
  if (job === undefined) throw new TwirpError('unauthenticated', 'the runtime token is not valid, or its job is over');
  let body: unknown;
  try {
    body = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new TwirpError('malformed', 'the json request could not be decoded');
  }
  if (!isFields(body)) throw new TwirpError('malformed', 'the json request could not be decoded');
  return method(job, body);
}
