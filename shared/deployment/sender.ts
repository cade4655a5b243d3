import { messageOf, UserError } from '../core/errors.js';

/** A request to something that serves a model. */
export interface ServiceRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Begins with `/`; relative to the service's address. */
  readonly path: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly text: string;
}

/** Sends one request. @throws UserError when there is no answer */
export type Sender = (request: ServiceRequest) => Promise<ServiceAnswer>;

const TIMEOUT_MS = 30_000;

/** No answer to what is asked here is longer. */
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * The address of a service, checked and without a slash at its end.
 * @param origin what it comes from, for messages: `deploy.url`, `input "url"`
 */
export function serviceAddress(text: string, origin: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new UserError(`${origin} is ${JSON.stringify(text)}; accepted: an address such as https://models.example.org.`);
  if (url.username !== '' || url.password !== '')
    throw new UserError(
      `${origin} holds a user or a password: take them out; the token of the service is the input "service-token".`,
    );
  if (url.search !== '' || url.hash !== '')
    throw new UserError(
      `${origin} is ${JSON.stringify(text)}: leave out what stands behind "${url.search === '' ? '#' : '?'}".`,
    );
  return url.href.replace(/\/+$/, '');
}

/** Whether what is sent there could be read on the way. */
export function isOpen(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$|\.(svc|local|internal)$/.test(hostname);
}

/** Sends to an address by HTTP. A redirect is not followed: a token that is sent along would go elsewhere. */
export function httpSender(address: string): Sender {
  return async ({ method, path, body, headers, timeoutMs = TIMEOUT_MS }) => {
    let response: Response;
    try {
      response = await fetch(address + path, {
        ...{ method, redirect: 'manual' as const, signal: AbortSignal.timeout(timeoutMs) },
        ...(headers && { headers }),
        ...(body !== undefined && { body }),
      });
    } catch (error) {
      throw noAnswer(address, error, timeoutMs);
    }
    if (response.status >= 300 && response.status < 400) {
      const where = response.headers.get('location') ?? 'nowhere';
      throw new UserError(`${address} sends on to ${where} (${response.status}): give the address that answers itself.`);
    }
    try {
      return { status: response.status, text: await readLimited(response, address) };
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw noAnswer(address, error, timeoutMs);
    }
  };
}

function noAnswer(address: string, error: unknown, timeoutMs: number): UserError {
  if (error instanceof Error && error.name === 'TimeoutError')
    return new UserError(
      `${address} did not answer within ${timeoutMs / 1000} s: is the service well, and does a firewall let this runner in?`,
      {
        cause: error,
      },
    );
  const cause = error instanceof Error ? error.cause : undefined;
  const reason =
    cause !== null && typeof cause === 'object' && 'code' in cause ? String(cause.code) : messageOf(cause ?? error);
  return new UserError(`${address} cannot be reached (${reason}): is the service up, and is its address right?`, {
    cause: error,
  });
}

async function readLimited(response: Response, address: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > MOST_BYTES)
      throw new UserError(`${address} answers with more than ${MOST_BYTES} bytes: this is no model server.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What a service says of a mistake: its own one line, else the beginning of what it sent. */
export function errorText({ status, text }: ServiceAnswer): string {
  const plain = (line: string): string => line.replace(/\s+/g, ' ').trim().slice(0, 300);
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed !== null && typeof parsed === 'object' && 'error' in parsed && typeof parsed.error === 'string')
      return `${status}: ${plain(parsed.error)}`;
  } catch {
    // A proxy's page, say.
  }
  return text.trim() === '' ? String(status) : `${status}: ${plain(text.replace(/<[^>]*>/g, ' '))}`;
}
