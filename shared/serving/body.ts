import type { IncomingMessage } from 'node:http';
import { formatBytes } from '../core/format.js';
import { quote, RequestError } from './request-error.js';

const EMPTY = Buffer.alloc(0);

/**
 * Reads the body of a request. Calls back once, and never throws.
 * @param limit bytes
 * @param ms that it may take
 */
export function readBody(
  request: IncomingMessage,
  { limit, ms }: { readonly limit: number; readonly ms: number },
  done: (error: RequestError | undefined, body: Buffer) => void,
): void {
  const refusal = refuseUnread(request, limit);
  if (refusal) {
    request.resume();
    done(refusal, EMPTY);
    return;
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let bytes = 0;
  let isOver = false;
  const finish = (error: RequestError | undefined): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    // What still comes is thrown away, and without this the connection would wait for its reader.
    if (error) request.resume();
    done(error, more ? Buffer.concat(more, bytes) : (first ?? EMPTY));
  };
  const timer = setTimeout(() => finish(new RequestError(408, 'the body did not arrive in time')), ms);
  request.on('data', (chunk: Buffer) => {
    if (isOver) return;
    bytes += chunk.byteLength;
    if (bytes > limit) finish(tooLarge(limit));
    else if (!first) first = chunk;
    else {
      more ??= [first];
      more.push(chunk);
    }
  });
  request.on('end', () => finish(undefined));
  // A client that went away; nobody reads the answer, but who waits for one must be told.
  const lose = (): void => {
    if (!isOver) finish(new RequestError(499, 'the client closed the connection'));
  };
  request.on('close', lose);
  request.on('error', lose);
}

/** What the headers alone are refused for. */
function refuseUnread({ headers }: IncomingMessage, limit: number): RequestError | undefined {
  if (Number(headers['content-length']) > limit) return tooLarge(limit);
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return undefined;
  return new RequestError(415, `found content-encoding ${quote(encoding)}; accepted is a body that is not packed`);
}

function tooLarge(limit: number): RequestError {
  return new RequestError(413, `the body is larger than ${formatBytes(limit)}; send fewer rows a request`);
}
